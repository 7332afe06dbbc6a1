import type { Tensor } from "../../core/tensor";
import type { Module } from "../modules";

/*
 * Tensors that a module computes anew before every forward pass: the way of weight normalisation and pruning before there
 * were parametrizations. The tensor is a plain property; what it is computed from are parameters and buffers beside it.
 */

export interface Recomputed {
	readonly kind: "weightNorm" | "spectralNorm" | "pruning";
	readonly property: string;
	/** Of any module: copies share the hook. */
	compute(module: Module): Tensor;
}

interface Hook {
	(module: Module): void;
	recomputed?: Recomputed;
}

/** Computes the tensor before every forward pass, and now. */
export function recompute(module: Module, recomputed: Recomputed, options: { now?: boolean } = {}): void {
	const hook: Hook = (target) => setTensor(target, recomputed.property, recomputed.compute(target));
	hook.recomputed = recomputed;
	if (options.now ?? true) hook(module);
	module.registerForwardPreHook(hook);
}

/** What a module recomputes, of one kind. */
export function recomputedIn<R extends Recomputed>(module: Module, kind: R["kind"]): R[] {
	const hooks = (module._state.hooks?.pre ?? []) as Hook[];
	return hooks.flatMap(({ recomputed }) => (recomputed?.kind === kind ? (recomputed as R) : []));
}

export function stopRecomputing(module: Module, recomputed: Recomputed): void {
	const hooks = module._state.hooks!.pre as Hook[];
	hooks.splice(
		hooks.findIndex((hook) => hook.recomputed === recomputed),
		1,
	);
}

export function setTensor(module: Module, property: string, tensor: Tensor): void {
	(module as unknown as Record<string, Tensor>)[property] = tensor;
}

export function getTensor(module: Module, property: string): Tensor {
	return (module as unknown as Record<string, Tensor>)[property]!;
}

/** Takes properties away, whether parameters, buffers or plain tensors. */
export function removeTensors(module: Module, ...properties: string[]): void {
	for (const property of properties) {
		delete (module as unknown as Record<string, unknown>)[property];
		module._state.buffers.delete(property);
	}
}
