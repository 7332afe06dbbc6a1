import { noGrad } from "../../core/gradMode";
import { anything, nullable, quoted, signature, tensor } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { onesLike } from "../../ops";
import { Module } from "../modules";
import { parametersToVector } from "./convertParameters";
import { tensorNamed } from "./parametrize";
import { BasePruningMethod, prune, pruningOf, remaining } from "./pruningMethod";
import {
	CustomFromMask,
	Identity,
	L1Unstructured,
	LnStructured,
	RandomStructured,
	RandomUnstructured,
} from "./pruningMethods";
import { getTensor, recomputedIn, stopRecomputing } from "./recomputed";

/*
 * Setting weights to zero for good. `weight` becomes the product of the parameter `weightOrig` and the buffer `weightMask`
 * (keys `weight_orig`, `weight_mask`), made anew before every forward pass. Amounts are parts (0.3) or counts (10); a
 * whole number is a count, so 1 is one weight and not all of them.
 */

export { BasePruningMethod, PruningContainer, type PruningType } from "./pruningMethod";
export * from "./pruningMethods";

const target = {
	module: anything<Module>("a module", (value) => value instanceof Module),
	name: anything<string>("a parameter's name", (value) => typeof value === "string"),
};
const amount = anything<number>("a number", (value) => typeof value === "number");
const dim = anything<number>("an integer", (value) => Number.isInteger(value));
const order = anything<number | "fro">('a number or "fro"', (value) => typeof value === "number" || value === "fro");
const importanceScores = nullable(tensor());

/** Prunes nothing: for a mask of one's own later. */
export function identity<M extends Module>(module: M, name: string): M {
	prune(module, name, new Identity());
	return module;
}

const randomArguments = signature("randomUnstructured", { ...target, amount });

/** Prunes elements at random. */
export function randomUnstructured<M extends Module>(module: M, name: string, amount: number): M;
export function randomUnstructured<M extends Module>(module: M, name: string, options: { amount: number }): M;
export function randomUnstructured<M extends Module>(module: M, options: { name: string; amount: number }): M;
export function randomUnstructured(...args: unknown[]): Module {
	const given = randomArguments(args);
	prune(given.module, given.name, new RandomUnstructured(given.amount));
	return given.module;
}

export interface ImportanceOptions {
	/** Which elements are important, in the parameter's shape. Default: the parameter itself. */
	importanceScores?: Tensor | null;
}

const l1Arguments = signature("l1Unstructured", { ...target, amount, importanceScores });

/** Prunes the elements with the smallest absolute values. */
export function l1Unstructured<M extends Module>(
	module: M,
	name: string,
	amount: number,
	options?: ImportanceOptions,
): M;
export function l1Unstructured<M extends Module>(
	module: M,
	name: string,
	options: ImportanceOptions & { amount: number },
): M;
export function l1Unstructured<M extends Module>(
	module: M,
	options: ImportanceOptions & { name: string; amount: number },
): M;
export function l1Unstructured(...args: unknown[]): Module {
	const given = l1Arguments(args);
	prune(given.module, given.name, new L1Unstructured(given.amount), given.importanceScores);
	return given.module;
}

const structuredArguments = signature("randomStructured", { ...target, amount, dim });

/** Prunes whole channels along `dim` at random. */
export function randomStructured<M extends Module>(module: M, name: string, amount: number, dim: number): M;
export function randomStructured<M extends Module>(
	module: M,
	name: string,
	options: { amount: number; dim: number },
): M;
export function randomStructured<M extends Module>(
	module: M,
	name: string,
	amount: number,
	options: { dim: number },
): M;
export function randomStructured<M extends Module>(
	module: M,
	options: { name: string; amount: number; dim: number },
): M;
export function randomStructured(...args: unknown[]): Module {
	const given = structuredArguments(args);
	prune(given.module, given.name, new RandomStructured(given.amount, given.dim));
	return given.module;
}

export interface LnStructuredOptions extends ImportanceOptions {
	/** The order of the norm. */
	n: number | "fro";
	/** The dimension whose channels are pruned. */
	dim: number;
}

const lnArguments = signature("lnStructured", { ...target, amount, n: order, dim, importanceScores });

/** Prunes the whole channels along `dim` with the smallest Lₙ norms. */
export function lnStructured<M extends Module>(
	module: M,
	name: string,
	amount: number,
	n: number | "fro",
	dim: number,
	options?: ImportanceOptions,
): M;
export function lnStructured<M extends Module>(
	module: M,
	name: string,
	amount: number,
	options: LnStructuredOptions,
): M;
export function lnStructured<M extends Module>(
	module: M,
	name: string,
	options: LnStructuredOptions & { amount: number },
): M;
export function lnStructured<M extends Module>(
	module: M,
	options: LnStructuredOptions & { name: string; amount: number },
): M;
export function lnStructured(...args: unknown[]): Module {
	const given = lnArguments(args);
	const method = new LnStructured(given.amount, given.n, given.dim);
	prune(given.module, given.name, method, given.importanceScores);
	return given.module;
}

/** Prunes by a mask (1: stays) of the parameter's shape. */
export function customFromMask<M extends Module>(module: M, name: string, mask: Tensor): M {
	prune(module, name, new CustomFromMask(mask));
	return module;
}

export interface GlobalOptions {
	amount: number;
	/** By module and name; where there is none, the parameter itself says what is important. */
	importanceScores?: ReadonlyMap<Module, Record<string, Tensor>>;
}

/** Prunes several parameters together, as if they were one: `amount` is of all their elements. */
export function globalUnstructured(
	parameters: Iterable<readonly [module: Module, name: string]>,
	pruningMethod: typeof L1Unstructured | typeof RandomUnstructured,
	options: GlobalOptions,
): void {
	if (typeof (parameters as Iterable<unknown> | null)?.[Symbol.iterator] !== "function") {
		throw new TypeError(`[globalUnstructured] parameters must be pairs of module and name, got ${quoted(parameters)}`);
	}
	const method = new pruningMethod(options.amount);
	if (!(method instanceof BasePruningMethod) || method.pruningType !== "unstructured") {
		throw new TypeError(
			`[globalUnstructured] only unstructured pruning methods are supported, got ${quoted(pruningMethod)}`,
		);
	}
	const targets = Array.from(parameters, ([module, name]) => {
		const { property, tensor } = tensorNamed(module, name);
		const weight = tensor as Tensor;
		const scores = options.importanceScores?.get(module)?.[name] ?? weight;
		const mask = pruningOf(module, property) ? getTensor(module, `${property}Mask`) : onesLike(weight);
		return { module, property, weight, scores, mask };
	});
	noGrad(() => {
		const scores = parametersToVector(targets.map((target) => target.scores.detach()));
		const mask = remaining(method, scores, parametersToVector(targets.map((target) => target.mask)));
		let at = 0;
		for (const { module, property, weight } of targets) {
			const size = weight.numel();
			customFromMask(module, property, mask.narrow(0, at, size).view(weight.shape));
			at += size;
		}
	});
}

/** Makes the pruned tensor an ordinary parameter again, with its zeros. */
export function remove<M extends Module>(module: M, name: string): M {
	const { property } = tensorNamed(module, name);
	const method = pruningOf(module, property);
	if (!method) {
		throw new Error(`[remove] parameter '${name}' of module ${module} has to be pruned before pruning can be removed`);
	}
	method.remove(module);
	stopRecomputing(module, method);
	return module;
}

/** Whether a module, or one inside it, is pruned. */
export function isPruned(module: Module): boolean {
	return module.modules().some((inner) => recomputedIn(inner, "pruning").length > 0);
}
