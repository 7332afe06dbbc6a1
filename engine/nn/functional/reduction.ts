import { shapeText } from "../../core/arguments";
import { gradMode } from "../../core/gradMode";
import { quoted } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { warn } from "../../core/warn";

/** What becomes of the losses of a batch: their mean, their sum, or themselves. */
export type Reduction = "mean" | "sum" | "none";

export interface ReductionOptions {
	/** "mean" (default), "sum" or "none". */
	reduction?: Reduction;
}

const codes = { none: 0, mean: 1, sum: 2 };

/** The addon's number of a reduction. */
export function reductionCode(op: string, reduction: Reduction): number {
	const code = Object.hasOwn(codes, reduction) ? codes[reduction] : undefined;
	if (code === undefined) {
		throw new RangeError(`[${op}] ${quoted(reduction)} is not a valid value for reduction: "mean", "sum" or "none"`);
	}
	return code;
}

export function reduced(op: string, loss: Tensor, reduction: Reduction): Tensor {
	const code = reductionCode(op, reduction);
	return code === 0 ? loss : code === 1 ? loss.mean() : loss.sum();
}

/** Losses of pairs broadcast, which is rarely what was meant. */
export function warnOfSizes(input: Tensor, target: Tensor): void {
	if (`${input.shape}` === `${target.shape}`) return;
	warn(
		`Using a target size (torch.Size([${target.shape.join(", ")}])) that is different to the input size ` +
			`(torch.Size([${input.shape.join(", ")}])). This will likely lead to incorrect results due to broadcasting. ` +
			"Please ensure they have the same size.",
	);
}

/** Refuses a gradient that a loss could not give. */
export function checkConstant(op: string, name: string, value: Tensor | null): void {
	if (gradMode.enabled && value?.requiresGrad) {
		throw new Error(`[${op}] is not differentiable with respect to ${name}, which must not require a gradient`);
	}
}

/** Refuses tensors of different numbers of dimensions, which would be broadcast. */
export function checkSameRank(op: string, tensors: Record<string, Tensor>): void {
	const ranks = new Set(Object.values(tensors).map((x) => x.ndim));
	if (ranks.size < 2) return;
	const given = Object.entries(tensors).map(([name, x]) => `${name} ${shapeText(x.shape)}`);
	throw new RangeError(`[${op}] expected the same number of dimensions in all, got ${given.join(", ")}`);
}
