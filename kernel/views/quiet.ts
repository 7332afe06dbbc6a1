import { noGrad } from "../../engine/core/gradMode";
import type { ModuleLike } from "./engine";

/**
 * Runs `body` so that looking changes nothing: without gradients, each module in the mode that `training` gives it
 * (default: evaluation), and afterwards in its own again, with the random numbers where they were.
 */
export function quietly<T>(
	model: ModuleLike,
	body: () => T,
	training: (module: ModuleLike) => boolean = () => false,
): T {
	return keepingModes(model, () => keepingRandomNumbers(() => noGrad(body), model), training);
}

/** Runs `body` with each module in the mode that `training` gives it. */
export function keepingModes<T>(model: ModuleLike, body: () => T, training: (module: ModuleLike) => boolean): T {
	const modules = modulesOf(model);
	const before = modules.map((module) => module.training);
	const set = (module: ModuleLike, mode: boolean) => {
		(module as { training: boolean }).training = mode;
	};
	try {
		for (const module of modules) set(module, training(module));
		return body();
	} finally {
		for (const [i, module] of modules.entries()) set(module, before[i]!);
	}
}

/**
 * Runs `body`; random numbers drawn afterwards are those that would have been drawn without it, also on the cards where
 * the model's parameters are.
 */
export function keepingRandomNumbers<T>(body: () => T, model?: ModuleLike): T {
	const { defaultGenerator } = require("../../engine/core/generator") as typeof import("../../engine/core/generator");
	const { cuda } = require("../../engine") as typeof import("../../engine");
	const state = defaultGenerator.getState();
	const cards = (model ? cardsOf(model) : []).map((card) => [card, cuda.getRngState(card)] as const);
	try {
		return body();
	} finally {
		defaultGenerator.setState(state);
		for (const [card, own] of cards) cuda.setRngState(own, card);
	}
}

function cardsOf(model: ModuleLike): number[] {
	const places = [...model.namedParameters()].map(
		([, parameter]) => /^cuda:(\d+)$/.exec(String(parameter.device))?.[1],
	);
	return [...new Set(places)].flatMap((index) => (index === undefined ? [] : [Number(index)]));
}

/** A module and all inside it, each once. */
export function modulesOf(model: ModuleLike): ModuleLike[] {
	return [...new Set([...model.namedModules()].map(([, module]) => module))];
}

/** Modules without modules inside them, with their names. */
export function leavesOf(model: ModuleLike): [name: string, module: ModuleLike][] {
	return [...model.namedModules()]
		.filter(([, module]) => [...module.namedModules()].length === 1)
		.map(([name, module]) => [name, module]);
}

/** Calls a model as its user does: with one argument, or with a list of them. */
export function call(model: ModuleLike, input: unknown): unknown {
	return (model as unknown as (...args: unknown[]) => unknown)(...(Array.isArray(input) ? input : [input]));
}

/** The name of a module's class. */
export function kindOf(module: object): string {
	return module.constructor.name;
}
