import type { Derivative } from "../autograd/node";
import { inPlace, inPlaceResult, record, tracked, wrote } from "../autograd/record";
import { describe } from "../core/arguments";
import type { Handle } from "../core/native";
import { Tensor, wrap } from "../core/tensor";

/** A pointwise function of one tensor and of parameters `P`. */
export interface Pointwise<P> {
	/** The graph node's name. */
	readonly node: string;
	readonly forward: (x: Handle, parameters: P, out?: Handle) => Handle;
	/** What the derivative is computed from. */
	readonly saves: "input" | "result" | "nothing";
	/**
	 * The input's gradient in recorded ops, so that it can be differentiated again. Used on every backward pass where
	 * there is no `fused`, else only where the pass itself is recorded.
	 */
	readonly slope: (grad: Tensor, saved: Tensor, parameters: P) => Tensor;
	/** The same by one kernel. */
	readonly fused?: (grad: Handle, saved: Handle, parameters: P) => Handle;
}

/** The function and its in-place form. */
export function pointwise<P>(
	name: string,
	op: Pointwise<P>,
): { apply: (x: Tensor, parameters: P) => Tensor; applyInPlace: <T extends Tensor>(x: T, parameters: P) => T } {
	const { node: nodeName, forward, saves, slope, fused } = op;
	const derivative: Derivative = {
		name: nodeName,
		backward(node, grad) {
			const saved = saves === "nothing" ? grad : node.saved(0);
			const parameters = node.attributes as P;
			if (fused === undefined || tracked(grad, saved)) return [slope(grad, saved, parameters)];
			return [wrap(fused(grad.handle, saved.handle, parameters))];
		},
	};
	const inPlaceName = `${name}_`;
	return {
		apply(x, parameters) {
			if (!(x instanceof Tensor)) throw new TypeError(`[${name}] expected a tensor, got ${describe(x)}`);
			const out = wrap(forward(x.handle, parameters));
			if (!tracked(x)) return out;
			return record(out, derivative, [x], saves === "input" ? [x] : saves === "result" ? [out] : none, parameters);
		},
		applyInPlace(x, parameters) {
			const write = () => forward(x.handle, parameters, x.handle);
			if (wrote(inPlaceName, x, null, write)) return x;
			if (saves === "result") return inPlaceResult(inPlaceName, x, write, derivative, parameters);
			const saved = saves === "input" ? () => [x] : undefined;
			return inPlace(inPlaceName, x, [], write, derivative, saved, parameters);
		},
	};
}

const none: readonly Tensor[] = [];
