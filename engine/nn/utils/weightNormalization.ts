import type { Tensor } from "../../core/tensor";
import { composite } from "../../ops/composite";

/* A tensor as its direction and its length along one dimension (Salimans and Kingma, 2016). */

/** The norms over all dimensions but `dim` (−1: over all), in a shape that broadcasts. */
export function normExceptDim(x: Tensor, dim: number): Tensor {
	if (dim === -1) return x.norm();
	const dims = x.shape.flatMap((_, i) => (i === dim ? [] : [i]));
	return dims.length === 0 ? x.abs() : x.square().sum(dims, true).sqrt();
}

const fused = composite("WeightNormInterfaceBackward0", (dim: number, v: Tensor, g: Tensor) => scaled(dim, v, g));

function scaled(dim: number, v: Tensor, g: Tensor): Tensor {
	return v.mul(g.div(normExceptDim(v, dim)));
}

/** g·v / ‖v‖. PyTorch has one operation for it where `dim` is the first or the last. */
export function weightNormed(v: Tensor, g: Tensor, dim: number): Tensor {
	return dim === 0 || dim === v.ndim - 1 ? fused(dim, v, g) : scaled(dim, v, g);
}

/** `dim` counted from the front; null, and −1 as in PyTorch, is the norm of the whole. */
export function normalizedDim(op: string, x: Tensor, dim: number | null): number {
	if (dim === null || dim === -1) return -1;
	if (!(Number.isInteger(dim) && dim >= -x.ndim && dim < x.ndim)) {
		throw new RangeError(`[${op}] dim must be an integer from ${-x.ndim} to ${x.ndim - 1} or null, got ${dim}`);
	}
	return dim < 0 ? dim + x.ndim : dim;
}
