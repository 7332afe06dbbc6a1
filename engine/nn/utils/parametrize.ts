import { within } from "../../core/block";
import { noGrad } from "../../core/gradMode";
import { quoted } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { Module, ModuleDict } from "../modules";
import { propertyOf } from "../modules/names";
import { Parameter } from "../parameter";
import { checkResult, hasRightInverse, ParametrizationList, setData } from "./parametrizationList";

/*
 * A module's tensor as a function of others, computed whenever it is read: `layer.weight` stays what the layer uses, and
 * what is learned stands in `layer.parametrizations.weight`.
 */

export { ParametrizationList, type RightInverse } from "./parametrizationList";

type Class = new (...args: never[]) => Module;

declare module "../modules/module" {
	interface Module {
		/** Of a parametrized module (`isParametrized`): the parametrizations of its tensors, by name; else not there. */
		parametrizations: ModuleDict<Record<string, ParametrizationList>>;
	}
}

function dictOf(module: Module): ModuleDict | undefined {
	return (module as unknown as { parametrizations?: ModuleDict }).parametrizations;
}

function setDict(module: Module, parametrizations: ModuleDict): void {
	(module as unknown as { parametrizations: ModuleDict }).parametrizations = parametrizations;
}

/** Results while `cached()` is on. */
const cache = { depth: 0, results: new Map<ParametrizationList, Tensor>() };

/** Computes every parametrized tensor only once while `body` runs; without a body, for the rest of a `using` block. */
export function cached<T>(body: () => T): T;
export function cached(): Disposable;
export function cached<T>(body?: () => T): T | Disposable {
	cache.depth++;
	const block = {
		[Symbol.dispose]() {
			if (--cache.depth === 0) cache.results.clear();
		},
	};
	return body ? within("cached", block, body) : block;
}

function listOf(module: Module, key: string): ParametrizationList | undefined {
	const all = dictOf(module);
	return all instanceof ModuleDict && all.has(key) ? (all.get(key) as ParametrizationList) : undefined;
}

/** Whether a module has parametrizations, or one of this tensor. */
export function isParametrized(module: Module, tensorName?: string): boolean {
	const all = dictOf(module);
	if (!(all instanceof ModuleDict)) return false;
	return tensorName === undefined ? all.length > 0 : all.has(module._keyOf(tensorName));
}

/** The class that a module had before it was parametrized. */
export function typeBeforeParametrizations(module: Module): Class {
	const own = module.constructor as Class;
	return isParametrized(module) ? (Object.getPrototypeOf(own) as Class) : own;
}

/** The property with this name here or in PyTorch. It is not read: a parametrization may count how often it is. */
function propertyNamed(module: Module, name: string): string {
	return name in module ? name : propertyOf(name);
}

/** @internal A module's parameter or buffer by its name here or in PyTorch. */
export function tensorNamed(module: Module, name: string): { property: string; tensor: unknown } {
	const property = propertyNamed(module, name);
	return { property, tensor: (module as unknown as Record<string, unknown>)[property] };
}

/**
 * Makes a tensor of a module the result of `parametrization`, a module whose `forward` maps the original to it. Where
 * there is one already, the new one is applied to its result. A `rightInverse` of the parametrization gives the original
 * to begin with, and makes `module.weight = value` possible.
 *
 * Key of the original in `stateDict()`: `parametrizations.weight.original`.
 */
export function registerParametrization<M extends Module>(
	module: M,
	tensorName: string,
	parametrization: Module,
	options: { /** Shape and dtype may change, and nothing is tried out. Default false. */ unsafe?: boolean } = {},
): M {
	const unsafe = options.unsafe ?? false;
	if (!(parametrization instanceof Module)) {
		throw new TypeError(`[registerParametrization] parametrization must be a module, got ${quoted(parametrization)}`);
	}
	parametrization.train(module.training);
	const property = propertyNamed(module, tensorName);
	const key = module._keyOf(property);
	const present = listOf(module, key);
	const tensor = present && unsafe ? null : tensorNamed(module, tensorName).tensor;
	if (present) {
		if (!unsafe) check(parametrization, tensor as Tensor);
		present.append(parametrization);
		present.unsafe ||= unsafe;
	} else if (tensor instanceof Parameter || module._buffers().some(([, , name]) => name === property)) {
		const list = new ParametrizationList([parametrization], tensor as Tensor, { unsafe });
		delete (module as unknown as Record<string, unknown>)[property];
		module._state.buffers.delete(property);
		if (!isParametrized(module)) inject(module);
		exposeIn(module, property, key);
		dictOf(module)!.set(key, list);
	} else {
		throw new Error(
			`[registerParametrization] module '${module}' does not have a parameter, a buffer, or a parametrized element with name '${tensorName}'`,
		);
	}
	return module;
}

/** A further parametrization must map the tensor's space to itself, forth and back. */
function check(parametrization: Module, tensor: Tensor): void {
	const made = parametrization(tensor);
	checkResult(parametrization, made, tensor, "a parametrization");
	if (hasRightInverse(parametrization)) {
		checkResult(parametrization, parametrization.rightInverse(made), tensor, "rightInverse");
	}
}

/** A class of the module's own, which has the accessors: `ParametrizedLinear`. */
function inject(module: Module): void {
	const base = module.constructor as Class;
	abstract class Own extends (base as new (...args: any[]) => Module) {}
	const own = Own as unknown as Class;
	Object.defineProperty(own, "name", { value: `Parametrized${base.name}` });
	Object.setPrototypeOf(module, own.prototype);
	setDict(module, new ModuleDict());
}

function exposeIn(module: Module, property: string, key: string): void {
	Object.defineProperty(Object.getPrototypeOf(module), property, {
		configurable: true,
		get(this: Module) {
			const list = listOf(this, key)!;
			if (cache.depth === 0) return list();
			const known = cache.results.get(list);
			if (known !== undefined) return known;
			const result = list();
			cache.results.set(list, result);
			return result;
		},
		set(this: Module, value: Tensor) {
			listOf(this, key)!.rightInverse(value);
		},
	});
}

/**
 * Makes a parametrized tensor a parameter (or buffer) again: with the value that it has, or with
 * `{leaveParametrized: false}` the original one.
 */
export function removeParametrizations<M extends Module>(
	module: M,
	tensorName: string,
	options: { leaveParametrized?: boolean } = {},
): M {
	const leave = options.leaveParametrized ?? true;
	const property = propertyNamed(module, tensorName);
	const key = module._keyOf(property);
	const list = listOf(module, key);
	if (!list)
		throw new Error(`[removeParametrizations] module ${module} does not have a parametrization on ${tensorName}`);
	let tensor = list.original;
	if (tensor !== undefined) {
		if (leave) noGrad(() => setData(tensor!, list()));
	} else {
		if (!leave) {
			throw new Error(
				"[removeParametrizations] cannot leave unparametrized (leaveParametrized: false) a tensor that is parametrized in terms of several tensors",
			);
		}
		const value = list();
		tensor = value.requiresGrad ? new Parameter(value.detach()) : value;
	}
	const parametrizations = dictOf(module)!;
	parametrizations.pop(key);
	if (!(tensor instanceof Parameter)) module._state.buffers.set(property, true);
	// An own property hides the accessor, which copies of the module may still use.
	Object.defineProperty(module, property, { value: tensor, writable: true, enumerable: true, configurable: true });
	if (parametrizations.length === 0) {
		const before = Object.getPrototypeOf(Object.getPrototypeOf(module)) as object;
		delete (module as unknown as { parametrizations?: ModuleDict }).parametrizations;
		Object.setPrototypeOf(module, before);
	}
	return module;
}
