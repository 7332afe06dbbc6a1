import { autocastState } from "../../core/autocast";
import { noGrad } from "../../core/gradMode";
import type { Tensor } from "../../core/tensor";
import { broadcastTensors } from "../../ops";
import { raisedOnCards } from "../../ops/castPolicy";
import { normAlong } from "../../ops/norm";

/** |x₁ − x₂ + eps|ₚ along the last dimension (p 2, eps 1e-6 by default) */
export function pairwiseDistance(
	x1: Tensor,
	x2: Tensor,
	options: { p?: number; eps?: number; keepdim?: boolean } = {},
): Tensor {
	const { p = 2, eps = 1e-6, keepdim = false } = options;
	return normAlong(x1.sub(x2).add(eps), p, -1, keepdim);
}

/** x₁·x₂ / (max(|x₁|, eps) · max(|x₂|, eps)) along `dim` (1, eps 1e-8 by default) */
export function cosineSimilarity(x1: Tensor, x2: Tensor, options: { dim?: number; eps?: number } = {}): Tensor {
	if (autocastState.active) return raisedOnCards(cosineSimilarity, x1, x2, options);
	const { dim = 1, eps = 1e-8 } = options;
	// As PyTorch: the bound is on the length alone, its gradient is that of the unbounded one.
	const unit = (x: Tensor) => {
		const length = x.norm(2, dim, true).clone();
		noGrad(() => length.clampMin_(eps));
		return x.div(length);
	};
	const [a, b] = broadcastTensors(x1, x2) as [Tensor, Tensor];
	return unit(a).mul(unit(b)).sum(dim);
}

/** x divided by its p-norm along `dim`, or by eps where that is larger (p 2, dim 1, eps 1e-12 by default) */
export function normalize(input: Tensor, options: { p?: number; dim?: number | number[]; eps?: number } = {}): Tensor {
	const { p = 2, dim = 1, eps = 1e-12 } = options;
	return input.div(input.norm(p, dim, true).clamp({ min: eps }).expandAs(input));
}
