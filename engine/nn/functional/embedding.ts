import type { Derivative } from "../../autograd/node";
import { record, tracked } from "../../autograd/record";
import { gradMode, noGrad } from "../../core/gradMode";
import { native } from "../../core/native";
import { quoted } from "../../core/signature";
import { Tensor, wrap } from "../../core/tensor";

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
	const out = wrap(native.embedding(weight.handle, input.handle));
	if (!tracked(weight)) return out;
	const padding = paddingIdx === null ? -1 : paddingIdx < 0 ? paddingIdx + rows : paddingIdx;
	return record(out, embeddingBackward, [weight], [input], { rows, padding, scaleGradByFreq });
}

interface Attributes {
	rows: number;
	padding: number;
	scaleGradByFreq: boolean;
}

const embeddingBackward: Derivative = {
	name: "EmbeddingBackward0",
	backward(node, grad) {
		const { rows, padding, scaleGradByFreq } = node.attributes as Attributes;
		const index = node.saved(0);
		const scaled = scaleGradByFreq ? grad.div(frequency(index, rows).unsqueeze(-1)) : grad;
		if (gradMode.enabled) return [recorded(scaled, index, rows, padding)];
		return [wrap(native.embeddingBackward(scaled.handle, index.handle, rows, padding))];
	},
};

function recorded(grad: Tensor, index: Tensor, rows: number, padding: number): Tensor {
	const flat = index.reshape(-1);
	let values = grad.reshape(-1, grad.size(-1));
	if (padding >= 0) values = values.maskedFill(flat.eq(padding).unsqueeze(-1), 0);
	return wrap(native.full([rows, grad.size(-1)], 0, grad.dtype.code)).indexAdd(0, flat.long(), values);
}

/** How often each looked-up row occurs among all that are. */
function frequency(index: Tensor, rows: number): Tensor {
	const flat = index.reshape(-1).long();
	const counts = native.bincount(flat.handle, rows);
	return wrap(native.indexSelect(counts, 0, flat.handle)).reshape(index.shape);
}

function renormalize(weight: Tensor, index: Tensor, maxNorm: number, normType: number): void {
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
