import { shapeText } from "../../core/arguments";
import { anything, choice, flag, integer, nullable, real, signature, tensor } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import * as F from "../functional/losses";
import type { Reduction, ReductionOptions } from "../functional/reduction";
import { PairwiseDistance } from "./distance";
import { Module } from "./module";

/* Loss functions as modules: `criterion(output, target)`. */

const reduction = choice(["mean", "sum", "none"] as const, "mean");

/** A loss with one option, the reduction. */
abstract class Loss extends Module {
	readonly reduction: Reduction;

	constructor(reduction: Reduction) {
		super();
		this.reduction = reduction;
	}
}

/** A loss with a factor per class or element, which is part of its state. */
abstract class WeightedLoss extends Loss {
	declare weight: Tensor | null;

	constructor(reduction: Reduction, weight: Tensor | null) {
		super(reduction);
		this.registerBuffer("weight", weight);
	}
}

const l1Arguments = signature("L1Loss", { reduction });

/** |input − target| */
export class L1Loss extends Loss {
	constructor(options?: ReductionOptions);
	constructor(...args: unknown[]) {
		super(l1Arguments(args).reduction);
	}

	forward(input: Tensor, target: Tensor): Tensor {
		return F.l1Loss(input, target, { reduction: this.reduction });
	}
}

const mseArguments = signature("MSELoss", { reduction });

/** (input − target)² */
export class MSELoss extends Loss {
	constructor(options?: ReductionOptions);
	constructor(...args: unknown[]) {
		super(mseArguments(args).reduction);
	}

	forward(input: Tensor, target: Tensor): Tensor {
		return F.mseLoss(input, target, { reduction: this.reduction });
	}
}

export interface SmoothL1LossOptions extends ReductionOptions {
	/** Where the square ends and the line begins. Default 1. */
	beta?: number;
}

const smoothL1Arguments = signature("SmoothL1Loss", { reduction, beta: real(1) });

/** d²/(2·beta) where d = |input − target| is below beta, else d − beta/2 */
export class SmoothL1Loss extends Loss {
	readonly beta: number;

	constructor(options?: SmoothL1LossOptions);
	constructor(...args: unknown[]) {
		const { reduction, beta } = smoothL1Arguments(args);
		super(reduction);
		this.beta = beta;
	}

	forward(input: Tensor, target: Tensor): Tensor {
		return F.smoothL1Loss(input, target, { reduction: this.reduction, beta: this.beta });
	}
}

export interface HuberLossOptions extends ReductionOptions {
	/** Where the square ends and the line begins. Default 1. */
	delta?: number;
}

const huberArguments = signature("HuberLoss", { reduction, delta: real(1) });

/** d²/2 where d = |input − target| is below delta, else delta·(d − delta/2) */
export class HuberLoss extends Loss {
	readonly delta: number;

	constructor(options?: HuberLossOptions);
	constructor(...args: unknown[]) {
		const { reduction, delta } = huberArguments(args);
		super(reduction);
		this.delta = delta;
	}

	forward(input: Tensor, target: Tensor): Tensor {
		return F.huberLoss(input, target, { reduction: this.reduction, delta: this.delta });
	}
}

const crossEntropyArguments = signature("CrossEntropyLoss", {
	weight: nullable(tensor()),
	ignoreIndex: integer(-100),
	reduction,
	labelSmoothing: real(0),
});

/**
 * Cross-entropy of class scores (logits) `[N, C]`, `[N, C, d₁, …]` or `[C]` and targets: class indices (int64) of the
 * shape without C, or probabilities of the whole shape.
 */
export class CrossEntropyLoss extends WeightedLoss {
	readonly ignoreIndex: number;
	readonly labelSmoothing: number;

	constructor(options?: F.CrossEntropyOptions);
	constructor(weight: Tensor | null, options?: Omit<F.CrossEntropyOptions, "weight">);
	constructor(...args: unknown[]) {
		const { weight, ignoreIndex, reduction, labelSmoothing } = crossEntropyArguments(args);
		super(reduction, weight);
		this.ignoreIndex = ignoreIndex;
		this.labelSmoothing = labelSmoothing;
	}

	forward(input: Tensor, target: Tensor): Tensor {
		return F.crossEntropy(input, target, this);
	}
}

const nllArguments = signature("NLLLoss", { weight: nullable(tensor()), ignoreIndex: integer(-100), reduction });

/** Negative log-likelihood of class indices under log-probabilities. Shapes as for CrossEntropyLoss. */
export class NLLLoss extends WeightedLoss {
	readonly ignoreIndex: number;

	constructor(options?: F.NllLossOptions);
	constructor(weight: Tensor | null, options?: Omit<F.NllLossOptions, "weight">);
	constructor(...args: unknown[]) {
		const { weight, ignoreIndex, reduction } = nllArguments(args);
		super(reduction, weight);
		this.ignoreIndex = ignoreIndex;
	}

	forward(input: Tensor, target: Tensor): Tensor {
		return F.nllLoss(input, target, this);
	}
}

const bceArguments = signature("BCELoss", { weight: nullable(tensor()), reduction });

/** Binary cross-entropy of probabilities and targets of the same shape, from 0 to 1. */
export class BCELoss extends WeightedLoss {
	constructor(options?: F.BinaryCrossEntropyOptions);
	constructor(weight: Tensor | null, options?: ReductionOptions);
	constructor(...args: unknown[]) {
		const { weight, reduction } = bceArguments(args);
		super(reduction, weight);
	}

	forward(input: Tensor, target: Tensor): Tensor {
		return F.binaryCrossEntropy(input, target, this);
	}
}

const bceLogitsArguments = signature("BCEWithLogitsLoss", {
	weight: nullable(tensor()),
	reduction,
	posWeight: nullable(tensor()),
});

/** Binary cross-entropy of logits: sigmoid and loss in one, without overflow. */
export class BCEWithLogitsLoss extends WeightedLoss {
	declare posWeight: Tensor | null;

	constructor(options?: F.BinaryCrossEntropyWithLogitsOptions);
	constructor(weight: Tensor | null, options?: Omit<F.BinaryCrossEntropyWithLogitsOptions, "weight">);
	constructor(...args: unknown[]) {
		const { weight, reduction, posWeight } = bceLogitsArguments(args);
		super(reduction, weight);
		this.registerBuffer("posWeight", posWeight);
	}

	forward(input: Tensor, target: Tensor): Tensor {
		return F.binaryCrossEntropyWithLogits(input, target, this);
	}
}

const klDivArguments = signature("KLDivLoss", {
	reduction: choice(["mean", "sum", "none", "batchmean"] as const, "mean"),
	logTarget: flag(false),
});

/** Kullback-Leibler divergence of log-probabilities from a target distribution. */
export class KLDivLoss extends Module {
	readonly reduction: NonNullable<F.KlDivOptions["reduction"]>;
	readonly logTarget: boolean;

	constructor(options?: F.KlDivOptions);
	constructor(...args: unknown[]) {
		super();
		const { reduction, logTarget } = klDivArguments(args);
		this.reduction = reduction;
		this.logTarget = logTarget;
	}

	forward(input: Tensor, target: Tensor): Tensor {
		return F.klDiv(input, target, this);
	}
}

const poissonArguments = signature("PoissonNLLLoss", {
	logInput: flag(true),
	full: flag(false),
	eps: real(1e-8),
	reduction,
});

/** exp(input) − target·input: targets drawn from a Poisson distribution. */
export class PoissonNLLLoss extends Loss {
	readonly logInput: boolean;
	readonly full: boolean;
	readonly eps: number;

	constructor(options?: F.PoissonNllLossOptions);
	constructor(...args: unknown[]) {
		const { logInput, full, eps, reduction } = poissonArguments(args);
		super(reduction);
		this.logInput = logInput;
		this.full = full;
		this.eps = eps;
	}

	forward(logInput: Tensor, target: Tensor): Tensor {
		return F.poissonNllLoss(logInput, target, this);
	}
}

const gaussianArguments = signature("GaussianNLLLoss", { full: flag(false), eps: real(1e-6), reduction });

/** (ln var + (input − target)² / var) / 2: targets drawn from normal distributions. */
export class GaussianNLLLoss extends Loss {
	readonly full: boolean;
	readonly eps: number;

	constructor(options?: F.GaussianNllLossOptions);
	constructor(...args: unknown[]) {
		const { full, eps, reduction } = gaussianArguments(args);
		super(reduction);
		this.full = full;
		this.eps = eps;
	}

	forward(input: Tensor, target: Tensor, variance: Tensor | number): Tensor {
		return F.gaussianNllLoss(input, target, variance, this);
	}
}

export interface MarginOptions extends ReductionOptions {
	margin?: number;
}

const hingeArguments = signature("HingeEmbeddingLoss", { margin: real(1), reduction });

/** input where the target is 1, max(0, margin − input) where it is −1 (margin 1 by default) */
export class HingeEmbeddingLoss extends Loss {
	readonly margin: number;

	constructor(options?: MarginOptions);
	constructor(margin: number, options?: ReductionOptions);
	constructor(...args: unknown[]) {
		const { margin, reduction } = hingeArguments(args);
		super(reduction);
		this.margin = margin;
	}

	forward(input: Tensor, target: Tensor): Tensor {
		return F.hingeEmbeddingLoss(input, target, this);
	}
}

const softMarginArguments = signature("SoftMarginLoss", { reduction });

/** ln(1 + e^(−target·input)), targets 1 or −1 */
export class SoftMarginLoss extends Loss {
	constructor(options?: ReductionOptions);
	constructor(...args: unknown[]) {
		super(softMarginArguments(args).reduction);
	}

	forward(input: Tensor, target: Tensor): Tensor {
		return F.softMarginLoss(input, target, this);
	}
}

const multilabelSoftArguments = signature("MultiLabelSoftMarginLoss", { weight: nullable(tensor()), reduction });

/** Binary cross-entropy from logits, averaged over the classes; targets 0 or 1. */
export class MultiLabelSoftMarginLoss extends WeightedLoss {
	constructor(options?: F.MultilabelSoftMarginLossOptions);
	constructor(weight: Tensor | null, options?: ReductionOptions);
	constructor(...args: unknown[]) {
		const { weight, reduction } = multilabelSoftArguments(args);
		super(reduction, weight);
	}

	forward(input: Tensor, target: Tensor): Tensor {
		return F.multilabelSoftMarginLoss(input, target, this);
	}
}

const multilabelArguments = signature("MultiLabelMarginLoss", { reduction });

/** Multi-class hinge loss; a target lists the right classes, then −1. */
export class MultiLabelMarginLoss extends Loss {
	constructor(options?: ReductionOptions);
	constructor(...args: unknown[]) {
		super(multilabelArguments(args).reduction);
	}

	forward(input: Tensor, target: Tensor): Tensor {
		return F.multilabelMarginLoss(input, target, this);
	}
}

const multiMarginArguments = signature("MultiMarginLoss", {
	p: anything<1 | 2>("1 or 2", (value) => value === 1 || value === 2, 1),
	margin: real(1),
	weight: nullable(tensor()),
	reduction,
});

/** Σ max(0, margin − x[target] + x[i])ᵖ over the other classes i, divided by the number of classes. */
export class MultiMarginLoss extends WeightedLoss {
	readonly p: 1 | 2;
	readonly margin: number;

	constructor(options?: F.MultiMarginLossOptions);
	constructor(...args: unknown[]) {
		const { p, margin, weight, reduction } = multiMarginArguments(args);
		if (weight !== null && weight.ndim !== 1) {
			throw new RangeError(`[MultiMarginLoss] weight must have one dimension, got shape ${shapeText(weight.shape)}`);
		}
		super(reduction, weight);
		this.p = p;
		this.margin = margin;
	}

	forward(input: Tensor, target: Tensor): Tensor {
		return F.multiMarginLoss(input, target, this);
	}
}

const cosineArguments = signature("CosineEmbeddingLoss", { margin: real(0), reduction });

/** 1 − cos(x₁, x₂) where the target is 1, max(0, cos(x₁, x₂) − margin) where it is −1 (margin 0 by default) */
export class CosineEmbeddingLoss extends Loss {
	readonly margin: number;

	constructor(options?: MarginOptions);
	constructor(margin: number, options?: ReductionOptions);
	constructor(...args: unknown[]) {
		const { margin, reduction } = cosineArguments(args);
		super(reduction);
		this.margin = margin;
	}

	forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
		return F.cosineEmbeddingLoss(input1, input2, target, this);
	}
}

const rankingArguments = signature("MarginRankingLoss", { margin: real(0), reduction });

/** max(0, −target·(input1 − input2) + margin) (margin 0 by default) */
export class MarginRankingLoss extends Loss {
	readonly margin: number;

	constructor(options?: MarginOptions);
	constructor(margin: number, options?: ReductionOptions);
	constructor(...args: unknown[]) {
		const { margin, reduction } = rankingArguments(args);
		super(reduction);
		this.margin = margin;
	}

	forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
		return F.marginRankingLoss(input1, input2, target, this);
	}
}

const tripletArguments = signature("TripletMarginLoss", {
	margin: real(1),
	p: real(2),
	eps: real(1e-6),
	swap: flag(false),
	reduction,
});

/** max(0, d(anchor, positive) − d(anchor, negative) + margin) */
export class TripletMarginLoss extends Loss {
	readonly margin: number;
	readonly p: number;
	readonly eps: number;
	readonly swap: boolean;

	constructor(options?: F.TripletMarginLossOptions);
	constructor(margin: number, options?: Omit<F.TripletMarginLossOptions, "margin">);
	constructor(...args: unknown[]) {
		const { margin, p, eps, swap, reduction } = tripletArguments(args);
		if (!(margin > 0)) throw new RangeError(`[TripletMarginLoss] margin must be greater than 0, got ${margin}`);
		super(reduction);
		this.margin = margin;
		this.p = p;
		this.eps = eps;
		this.swap = swap;
	}

	forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
		return F.tripletMarginLoss(anchor, positive, negative, this);
	}
}

type Distance = (a: Tensor, b: Tensor) => Tensor;

const tripletDistanceArguments = signature("TripletMarginWithDistanceLoss", {
	distanceFunction: nullable(anything<Distance>("a function of two tensors", (value) => typeof value === "function")),
	margin: real(1),
	swap: flag(false),
	reduction,
});

/** TripletMarginLoss with a distance of one's own. */
export class TripletMarginWithDistanceLoss extends Loss {
	readonly distanceFunction: Distance;
	readonly margin: number;
	readonly swap: boolean;

	constructor(options?: F.TripletMarginWithDistanceLossOptions);
	constructor(...args: unknown[]) {
		const { distanceFunction, margin, swap, reduction } = tripletDistanceArguments(args);
		if (!(margin > 0))
			throw new RangeError(`[TripletMarginWithDistanceLoss] margin must be greater than 0, got ${margin}`);
		super(reduction);
		this.distanceFunction = distanceFunction ?? new PairwiseDistance();
		this.margin = margin;
		this.swap = swap;
	}

	forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
		return F.tripletMarginWithDistanceLoss(anchor, positive, negative, this);
	}
}
