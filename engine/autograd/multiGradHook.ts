import { quoted } from "../core/signature";
import type { Tensor } from "../core/tensor";
import { currentPass } from "./backward";
import { type Gradient, gradientEdge } from "./node";

/** Called in a pass when the gradients of all the tensors that take part in it are known: null for those that do not. */
export type MultiGradHook = (grads: readonly Gradient[]) => void;

/**
 * `torch.autograd.graph.register_multi_grad_hook`: `hook(grads)` runs once in every pass, when the gradients of all these tensors
 * that the pass computes are there; null stands for the others. With `{mode: "any"}` it runs with the first of them alone.
 */
export function registerMultiGradHook(
	tensors: readonly Tensor[],
	hook: MultiGradHook,
	options?: { mode?: "all" },
): { remove(): void };
export function registerMultiGradHook(
	tensors: readonly Tensor[],
	hook: (grad: Tensor) => void,
	options: { mode: "any" },
): { remove(): void };
export function registerMultiGradHook(
	tensors: readonly Tensor[],
	hook: MultiGradHook | ((grad: Tensor) => void),
	{ mode = "all" }: { mode?: "all" | "any" } = {},
): { remove(): void } {
	if (mode !== "all" && mode !== "any") {
		throw new RangeError(`[registerMultiGradHook] mode must be "all" or "any", got ${quoted(mode)}`);
	}
	// Passes by what identifies them; one that was broken off takes its entry along.
	const passes = new WeakMap<object, { grads: Gradient[]; left: number }>();
	const inPass = (grad: Tensor, place: number) => {
		const pass = currentPass()!;
		let seen = passes.get(pass);
		if (seen === undefined) {
			const left = tensors.filter((tensor) => pass.executes(gradientEdge(tensor))).length;
			seen = { grads: tensors.map(() => null), left };
			passes.set(pass, seen);
			if (mode === "any") (hook as (grad: Tensor) => void)(grad);
		}
		seen.grads[place] = grad;
		if (--seen.left === 0 && mode === "all") (hook as MultiGradHook)(seen.grads);
	};
	const watched = mode === "any" ? tensors.filter((tensor) => tensor.requiresGrad) : tensors;
	const handles = watched.map((tensor, place) => tensor.registerHook((grad) => inPass(grad, place)));
	return {
		remove() {
			for (const handle of handles) handle.remove();
		},
	};
}
