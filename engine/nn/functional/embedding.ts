import type { Derivative } from "../../autograd/node";
import { record, tracked } from "../../autograd/record";
import { noGrad } from "../../core/gradMode";
import { native } from "../../core/native";
import { quoted } from "../../core/signature";
import { Tensor, wrap } from "../../core/tensor";
import { embeddingLookup } from "../../ops/gather";

export interface EmbeddingOptions {
	/** A row whose gradient is 0. Negative ones count from the end. */
	paddingIdx?: number | null;
	/** Rows with a larger norm are scaled down to it, in place, when they are looked up. */
	maxNorm?: number | null;
	/** The p of that norm. Default 2. */
	normType?: number;
	/** Divide gradients by how often a row was looked up. Default false. */
	scaleGradByFreq?: boolean;
}

/**
 * Rows of a table.
 *
 * @param input indices (int64 or int32) of any shape
 * @param weight `[rows, dim]`
 * @returns `[…, dim]`
 */
export function embedding(input: Tensor, weight: Tensor, options: EmbeddingOptions = {}): Tensor {
	const { paddingIdx = null, maxNorm = null, normType = 2, scaleGradByFreq = false } = options;
	if (!(input instanceof Tensor)) throw new TypeError(`[embedding] input must be a tensor, got ${quoted(input)}`);
	const rows = weight.size(0);
	if (paddingIdx !== null && !(paddingIdx >= -rows && paddingIdx < rows)) {
		throw new RangeError(`[embedding] paddingIdx must be within the ${rows} rows, got ${paddingIdx}`);
	}
	if (maxNorm !== null) renormalize(weight, input, maxNorm, normType);
	const padding = paddingIdx === null ? -1 : paddingIdx < 0 ? paddingIdx + rows : paddingIdx;
	const out = embeddingLookup(weight, input, padding);
	if (!scaleGradByFreq || !tracked(weight)) return out;
	return record(wrap(native.alias(out.handle)), byFrequencyBackward, [out], [frequency(input, rows)]);
}

/** A row's gradient is divided by how often it was looked up. */
const byFrequencyBackward: Derivative = {
	name: "EmbeddingBackward0",
	backward: (node, grad) => [grad.div(node.saved(0).unsqueeze(-1))],
};

/** How often each looked-up row occurs among all that are. */
function frequency(index: Tensor, rows: number): Tensor {
	const flat = index.reshape(-1).long();
	const counts = native.bincount(flat.handle, rows);
	return wrap(native.indexSelect(counts, 0, flat.handle)).reshape(index.shape);
}

/** @internal Scales looked-up rows down to a norm, in place. */
export function renormalize(weight: Tensor, index: Tensor, maxNorm: number, normType: number): void {
	noGrad(() => {
		const [used] = native.unique(index.reshape(-1).long().handle);
		const rows = wrap(native.indexSelect(weight.handle, 0, used));
		const norms = rows.norm(normType, 1, true);
		// Only rows beyond the norm are touched.
		const scale = wrap(
			native.where(native.gt(norms.handle, maxNorm), norms.add(1e-7).reciprocal().mul(maxNorm).handle, 1),
		);
		native.indexPut_(weight.handle, [used], rows.mul(scale).handle, false);
		weight._version.count++;
	});
}
