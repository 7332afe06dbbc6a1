import { choice, flag, integer, signature } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { type CtcLossOptions, ctcLoss, type SampleLengths } from "../functional/ctc";
import type { Reduction } from "../functional/reduction";
import { Module } from "./module";

const ctcArguments = signature("CTCLoss", {
	blank: integer(0),
	reduction: choice(["mean", "sum", "none"] as const, "mean"),
	zeroInfinity: flag(false),
});

/**
 * Connectionist temporal classification (Graves et al., 2006): −ln of the probability that a sequence of outputs spells the
 * target, over all ways in which its labels may be repeated and parted by blanks.
 *
 * Shape: log-probabilities `[T, N, C]` or `[T, C]`, targets `[N, S]` or all labels behind each other, and a length of each
 * input and target, to a number ("mean", each loss first divided by its target's length, or "sum") or `[N]`.
 */
export class CTCLoss extends Module {
	readonly blank: number;
	readonly reduction: Reduction;
	readonly zeroInfinity: boolean;

	constructor(options?: CtcLossOptions);
	constructor(blank: number, options?: Omit<CtcLossOptions, "blank">);
	constructor(...args: unknown[]) {
		super();
		const { blank, reduction, zeroInfinity } = ctcArguments(args);
		this.blank = blank;
		this.reduction = reduction;
		this.zeroInfinity = zeroInfinity;
	}

	forward(logProbs: Tensor, targets: Tensor, inputLengths: SampleLengths, targetLengths: SampleLengths): Tensor {
		const { blank, reduction, zeroInfinity } = this;
		return ctcLoss(logProbs, targets, inputLengths, targetLengths, { blank, reduction, zeroInfinity });
	}
}
