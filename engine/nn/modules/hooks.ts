import type { Derivative, Gradient } from "../../autograd/node";
import { anyTracked, recordAll } from "../../autograd/record";
import { native } from "../../core/native";
import { profiling, spanKind, spanned } from "../../core/profiling";
import { Tensor } from "../../core/tensor";
import type { Module } from "./module";

/* What runs around a module's forward and in the backward pass through it. */

/** Sees (and may replace, by returning them) a module's arguments before its forward. */
export type ForwardPreHook = (module: any, args: any[]) => unknown;
/** Sees (and may replace, by returning it) what a module's forward returned. */
export type ForwardHook = (module: any, args: any[], output: any) => unknown;
type HookResult = readonly Gradient[] | Tensor | undefined | null | void;
/** Sees (and may replace, by returning it) the gradient of a module's inputs. */
export type BackwardHook = (module: any, gradInput: readonly Gradient[], gradOutput: readonly Gradient[]) => HookResult;
/** Sees (and may replace, by returning it) the gradient of a module's outputs. */
export type BackwardPreHook = (module: any, gradOutput: readonly Gradient[]) => HookResult;

/** What a registration returns: `remove()` takes the hook away again; a `using` block does so at its end. */
export interface RemovableHandle extends Disposable {
	remove(): void;
}

export interface Hooks {
	pre: ForwardPreHook[];
	forward: ForwardHook[];
	/** Those of `forward` that also run when forward threw. */
	always: Set<ForwardHook>;
	backwardPre: BackwardPreHook[];
	backward: BackwardHook[];
}

export function noHooks(): Hooks {
	return { pre: [], forward: [], always: new Set(), backwardPre: [], backward: [] };
}

export function copyHooks(hooks: Hooks): Hooks {
	return {
		pre: [...hooks.pre],
		forward: [...hooks.forward],
		always: new Set(hooks.always),
		backwardPre: [...hooks.backwardPre],
		backward: [...hooks.backward],
	};
}

/** Adds a hook and returns the way to remove it. */
export function addHook<T>(list: T[], hook: T, prepend = false): RemovableHandle {
	if (typeof hook !== "function") throw new TypeError(`[registerHook] expected a function, got ${String(hook)}`);
	if (prepend) list.unshift(hook);
	else list.push(hook);
	const remove = () => {
		const at = list.indexOf(hook);
		if (at >= 0) list.splice(at, 1);
	};
	return { remove, [Symbol.dispose]: remove };
}

/** Hooks of all modules; run before a module's own. */
const everywhere = noHooks();

export function anyGlobalHook(): boolean {
	return (
		everywhere.pre.length + everywhere.forward.length + everywhere.backward.length + everywhere.backwardPre.length > 0
	);
}

/** Runs before every module's forward. For debugging and profiling: this is global state. */
export function registerModuleForwardPreHook(hook: ForwardPreHook): RemovableHandle {
	return addHook(everywhere.pre, hook);
}

/** Runs after every module's forward. For debugging and profiling: this is global state. */
export function registerModuleForwardHook(hook: ForwardHook): RemovableHandle {
	return addHook(everywhere.forward, hook);
}

/** Runs when the gradient of every module's inputs is known. For debugging and profiling: this is global state. */
export function registerModuleFullBackwardHook(hook: BackwardHook): RemovableHandle {
	return addHook(everywhere.backward, hook);
}

/** Runs before the gradient of every module's inputs is computed. For debugging and profiling: this is global state. */
export function registerModuleFullBackwardPreHook(hook: BackwardPreHook): RemovableHandle {
	return addHook(everywhere.backwardPre, hook);
}

/** Whether a call of a module is more than its forward, beside hooks of its own. */
export function callsWatched(): boolean {
	return profiling.modules || anyGlobalHook();
}

/** Instances of a class that a profile has seen, by which PyTorch tells them apart: `nn.Module: Linear_1`. */
const seen = new WeakMap<object, { numbers: WeakMap<Module, number>; next: number }>();

function titleOf(module: Module): string {
	let known = seen.get(module.constructor);
	if (known === undefined) {
		known = { numbers: new WeakMap(), next: 0 };
		seen.set(module.constructor, known);
	}
	let number = known.numbers.get(module);
	if (number === undefined) {
		number = known.next++;
		known.numbers.set(module, number);
	}
	return `nn.Module: ${module.constructor.name}_${number}`;
}

/** A module's call where there are hooks, or a profile of modules. */
export function callWithHooks(module: Module, own: Hooks | null, args: unknown[]): unknown {
	if (!profiling.modules) return runWithHooks(module, own, args);
	return spanned(titleOf(module), spanKind.module, () => runWithHooks(module, own, args));
}

function runWithHooks(module: Module, own: Hooks | null, args: unknown[]): unknown {
	const mine = own ?? noHooks();
	const after = [...everywhere.forward, ...mine.forward];
	const ran = new Set<ForwardHook>();
	let result: unknown;
	try {
		for (const hook of [...everywhere.pre, ...mine.pre]) {
			const replaced = hook(module, args);
			if (replaced === undefined || replaced === null) continue;
			args = Array.isArray(replaced) ? replaced : [replaced];
		}
		const watch = watchBackward(module, mine);
		if (watch) args = watch.input(args);
		result = module.forward(...args);
		for (const hook of after) {
			ran.add(hook);
			result = hook(module, args, result) ?? result;
		}
		if (watch) result = watch.output(result);
		return result;
	} catch (error) {
		for (const hook of after) if (mine.always.has(hook) && !ran.has(hook)) hook(module, args, result);
		throw error;
	}
}

const identityBackward: Derivative = {
	name: "BackwardHookFunctionBackward",
	callsUser: true,
	backward: (node, _grad, grads) => (node.attributes as (grads: readonly Gradient[]) => readonly Gradient[])(grads),
};

/** The same tensors as results of one node, at which `through` sees all their gradients together. */
function identity(tensors: readonly Tensor[], through: (grads: readonly Gradient[]) => readonly Gradient[]): Tensor[] {
	const out = tensors.map((tensor) => new Tensor(native.alias(tensor.handle), tensor._version));
	return recordAll(out, identityBackward, tensors, [], through);
}

/** Puts tensors back at their places among the values of a call; null elsewhere. */
function packed<T>(places: readonly number[], values: readonly T[], size: number): (T | null)[] {
	const out = new Array<T | null>(size).fill(null);
	places.forEach((place, i) => {
		out[place] = values[i] ?? null;
	});
	return out;
}

function differentiable(values: readonly unknown[]): number[] {
	return values.flatMap((value, i) => (value instanceof Tensor && value.requiresGrad ? [i] : []));
}

/** Lets the inputs and outputs of one call run through nodes that call the backward hooks. */
function watchBackward(module: Module, own: Hooks) {
	const pre = [...everywhere.backwardPre, ...own.backwardPre];
	const full = [...everywhere.backward, ...own.backward];
	if (pre.length + full.length === 0) return null;
	let gradOutput: readonly Gradient[] | null = null;
	let inputs = 0;
	let watched = false;

	const runFull = (gradInput: readonly Gradient[]): readonly Gradient[] => {
		if (gradOutput === null) {
			throw new Error(
				`[${module.constructor.name}] a backward hook got the gradient of the inputs before that of the outputs: ` +
					"the gradient reached the module's input without passing through its output",
			);
		}
		const seen = gradOutput;
		gradOutput = null;
		return full.reduce((grads, hook) => replaced("gradInput", hook(module, grads, seen), grads), gradInput);
	};

	return {
		input(args: unknown[]): unknown[] {
			inputs = args.length;
			const places = differentiable(args);
			const tensors = places.map((i) => args[i] as Tensor);
			if (!anyTracked(tensors)) return args;
			watched = true;
			const through = identity(tensors, (grads) => {
				const grad = runFull(packed(places, grads, inputs));
				return places.map((i) => grad[i] ?? null);
			});
			const out = [...args];
			places.forEach((place, i) => {
				out[place] = through[i];
			});
			return out;
		},
		output(result: unknown): unknown {
			const list = Array.isArray(result) ? [...(result as unknown[])] : [result];
			const places = differentiable(list);
			const tensors = places.map((i) => list[i] as Tensor);
			if (!anyTracked(tensors)) return result;
			const through = identity(tensors, (grads) => {
				let grad: readonly Gradient[] = packed(places, grads, list.length);
				for (const hook of pre) grad = replaced("gradOutput", hook(module, grad), grad);
				gradOutput = grad;
				if (!watched) runFull(new Array<Gradient>(inputs).fill(null));
				return places.map((i) => grad[i] ?? null);
			});
			places.forEach((place, i) => {
				list[place] = through[i];
			});
			return Array.isArray(result) ? list : list[0];
		},
	};
}

function replaced(what: string, returned: HookResult, grads: readonly Gradient[]): readonly Gradient[] {
	if (returned === undefined || returned === null) return grads;
	const list = returned instanceof Tensor ? [returned] : returned;
	if (list.length !== grads.length) {
		throw new Error(
			`[backward hook] must return as many gradients as ${what} has: expected ${grads.length}, got ${list.length}`,
		);
	}
	return list;
}
