import { record, tracked } from "../autograd/record";
import { shapeText } from "../core/arguments";
import { autocastState } from "../core/autocast";
import { type Handle, native } from "../core/native";
import { type Tensor, wrap } from "../core/tensor";
import { summedTo } from "./broadcast";
import { raised, raisedOnCards } from "./castPolicy";
import { composite, fused } from "./composite";
import { triuIndices } from "./create";
import { vectorNorm } from "./norm";

/* Distances of points. */

export interface CdistOptions {
	/** Accepted as PyTorch does, where it chooses a faster and less exact way; distances are exact here. */
	computeMode?: "use_mm_for_euclid_dist_if_necessary" | "use_mm_for_euclid_dist" | "donot_use_mm_for_euclid_dist";
}

/** p-norm distances of the rows of `a` and the rows of `b`: [..., n, d] and [..., m, d] give [..., n, m]. */
export function cdist(
	a: Tensor,
	b: Tensor,
	p: number | ({ p?: number } & CdistOptions) = 2,
	_options?: CdistOptions,
): Tensor {
	if (autocastState.active) return raised(cdist, a, b, p);
	const order = typeof p === "number" ? p : (p.p ?? 2);
	if (a.ndim < 2 || b.ndim < 2 || a.size(-1) !== b.size(-1)) {
		throw new RangeError(
			`[cdist] expects [..., n, d] and [..., m, d], got shapes ${shapeText(a.shape)} and ${shapeText(b.shape)}`,
		);
	}
	if (!(order >= 0)) throw new RangeError(`[cdist] only supports non-negative p values, got ${order}`);
	return between(order, a, b);
}

/** The op in single operations, for derivatives of its derivative. */
const apart = (p: number, a: Tensor, b: Tensor) => vectorNorm(a.unsqueeze(-2).sub(b.unsqueeze(-3)), p, [-1], false);

const derivative = fused<number>({
	name: "CdistBackward0",
	formula: apart,
	backward(node, grad, p) {
		const [a, b] = [node.saved(0), node.saved(1)];
		const distances = native.cdist(a.handle, b.handle, p);
		const of = (g: Handle, x: Tensor, y: Tensor, d: Handle) =>
			summedTo(wrap(native.cdistBackward(g, x.handle, y.handle, d, p)), x);
		const turned = (x: Handle) => native.transpose(x, -2, -1);
		return [
			node.needs(0) ? of(grad.handle, a, b, distances) : null,
			node.needs(1) ? of(turned(grad.handle), b, a, turned(distances)) : null,
		];
	},
});

function between(p: number, a: Tensor, b: Tensor): Tensor {
	const out = wrap(native.cdist(a.handle, b.handle, p));
	return tracked(a, b) ? record(out, derivative, [a, b], [a, b], p) : out;
}

/** Distances of every two rows of [n, d], each pair once: n·(n − 1)/2 numbers, row after row. */
export function pdist(x: Tensor, p = 2): Tensor {
	if (autocastState.active) return raisedOnCards(pdist, x, p);
	if (x.ndim !== 2) throw new RangeError(`[pdist] expects a matrix, got shape ${shapeText(x.shape)}`);
	return within(p, x);
}

const within = composite("PdistBackward0", (p: number, x: Tensor) => {
	const n = x.size(0);
	const [first, second] = triuIndices(n, n, 1).to(x.device).unbind(0) as [Tensor, Tensor];
	return between(p, x, x)
		.reshape(n * n)
		.indexSelect(0, first.mul(n).add(second));
});
