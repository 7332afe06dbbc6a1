import { shapeText } from "../../core/arguments";
import { autocastState } from "../../core/autocast";
import { native } from "../../core/native";
import { type Tensor, wrap } from "../../core/tensor";
import { raised } from "../../ops/castPolicy";
import { composite } from "../../ops/composite";
import { logsigmoid } from "./activation";
import { pairwiseDistance } from "./distance";
import {
	checkConstant,
	checkSameRank,
	type Reduction,
	type ReductionOptions,
	reduced,
	reductionCode,
} from "./reduction";

/* Losses that ask for a margin between right and wrong. */

const zero = (loss: Tensor) => loss.clampMin(0);

/** `input` where the target is 1, max(0, margin − input) where it is −1 (margin 1 by default) */
export function hingeEmbeddingLoss(
	input: Tensor,
	target: Tensor,
	options: ReductionOptions & { margin?: number } = {},
): Tensor {
	if (autocastState.active) return raised(hingeEmbeddingLoss, input, target, options);
	const { reduction = "mean", margin = 1 } = options;
	const far = zero(input.neg().add(margin)).maskedFill(target.eq(1), 0);
	const near = input.maskedFill(target.eq(-1), 0);
	return reduced("hingeEmbeddingLoss", far.add(near), reduction);
}

const softMarginOp = composite<Reduction>("SoftMarginLossBackward0", (reduction, input: Tensor, target: Tensor) =>
	reduced("softMarginLoss", target.neg().mul(input).exp().log1p(), reduction),
);

/** ln(1 + e^(−target·input)), targets 1 or −1 */
export function softMarginLoss(input: Tensor, target: Tensor, options: ReductionOptions = {}): Tensor {
	if (autocastState.active) return raised(softMarginLoss, input, target, options);
	const { reduction = "mean" } = options;
	reductionCode("softMarginLoss", reduction);
	checkConstant("softMarginLoss", "target", target);
	return softMarginOp(reduction, input, target);
}

export interface MultilabelSoftMarginLossOptions extends ReductionOptions {
	/** One factor per class. */
	weight?: Tensor | null;
}

/** Binary cross-entropy from logits, averaged over the classes (the input's last dimension); targets 0 or 1. */
export function multilabelSoftMarginLoss(
	input: Tensor,
	target: Tensor,
	options: MultilabelSoftMarginLossOptions = {},
): Tensor {
	const { reduction = "mean", weight = null } = options;
	const positive = target.mul(logsigmoid(input));
	const negative = target.neg().add(1).mul(logsigmoid(input.neg()));
	const losses = positive.add(negative).neg();
	const each = (weight === null ? losses : losses.mul(weight)).sum(input.ndim - 1).div(input.size(-1));
	return reduced("multilabelSoftMarginLoss", each, reduction);
}

export interface MultiMarginLossOptions extends ReductionOptions {
	/** Power of a violation: 1 (default) or 2. */
	p?: 1 | 2;
	/** Default 1. */
	margin?: number;
	/** One factor per class. */
	weight?: Tensor | null;
}

const multiMarginOp = composite<Required<Omit<MultiMarginLossOptions, "weight">>>(
	"MultiMarginLossBackward0",
	({ p, margin, reduction }, input: Tensor, target: Tensor, weight: Tensor | null) => {
		const classes = input.size(-1);
		const right = input.gather(-1, target.unsqueeze(-1));
		let violations = zero(input.sub(right).add(margin));
		if (p === 2) violations = violations.square();
		if (weight !== null) violations = violations.mul(weight.indexSelect(0, target.reshape(-1)).reshape(right.shape));
		const others = violations.maskedFill(wrap(native.oneHot(target.handle, classes)).to(input).eq(1), 0);
		return reduced("multiMarginLoss", others.sum(-1).div(classes), reduction);
	},
);

/** Σ max(0, margin − x[target] + x[i])ᵖ over the other classes i, divided by the number of classes. */
export function multiMarginLoss(input: Tensor, target: Tensor, options: MultiMarginLossOptions = {}): Tensor {
	if (autocastState.active) return raised(multiMarginLoss, input, target, options);
	const { p = 1, margin = 1, weight = null, reduction = "mean" } = options;
	reductionCode("multiMarginLoss", reduction);
	checkConstant("multiMarginLoss", "weight", weight);
	if (p !== 1 && p !== 2) throw new RangeError(`[multiMarginLoss] only p == 1 and p == 2 supported, got ${p}`);
	return multiMarginOp({ p, margin, reduction }, input, target, weight);
}

const multilabelMarginOp = composite<Reduction>(
	"MultilabelMarginLossBackward0",
	(reduction, input: Tensor, target: Tensor) => {
		// Targets are classes up to the first −1.
		const listed = wrap(native.cumprod(native.ge(target.handle, 0), -1, 4)).eq(1);
		const index = target.maskedFill(listed.logicalNot(), 0);
		const isTarget = wrap(native.full(input.shape, 0, input.dtype.code, input.handle));
		native.scatterAdd_(isTarget.handle, -1, index.handle, listed.to(input).handle);
		const right = input.gather(-1, index);
		// [N, targets, classes]
		const violations = zero(input.unsqueeze(-2).sub(right.unsqueeze(-1)).add(1));
		const counted = violations.mul(listed.unsqueeze(-1).to(input)).maskedFill(isTarget.unsqueeze(-2).gt(0), 0);
		return reduced("multilabelMarginLoss", counted.sum([-2, -1]).div(input.size(-1)), reduction);
	},
);

/** Multi-class hinge loss; `target` lists the right classes of each case, then −1. */
export function multilabelMarginLoss(input: Tensor, target: Tensor, options: ReductionOptions = {}): Tensor {
	if (autocastState.active) return raised(multilabelMarginLoss, input, target, options);
	const { reduction = "mean" } = options;
	reductionCode("multilabelMarginLoss", reduction);
	if (`${input.shape}` !== `${target.shape}`) {
		throw new RangeError(
			`[multilabelMarginLoss] target must have the input's shape ${shapeText(input.shape)}, got ${shapeText(target.shape)}`,
		);
	}
	return multilabelMarginOp(reduction, input, target);
}

/** 1 − cos(x₁, x₂) where the target is 1, max(0, cos(x₁, x₂) − margin) where it is −1 */
export function cosineEmbeddingLoss(
	input1: Tensor,
	input2: Tensor,
	target: Tensor,
	options: ReductionOptions & { margin?: number } = {},
): Tensor {
	if (autocastState.active) return raised(cosineEmbeddingLoss, input1, input2, target, options);
	const { reduction = "mean", margin = 0 } = options;
	checkSameRank("cosineEmbeddingLoss", { input1, input2 });
	if (target.ndim !== input1.ndim - 1) {
		throw new RangeError(
			`[cosineEmbeddingLoss] target must have one dimension less than the inputs ${shapeText(input1.shape)}, got ${shapeText(target.shape)}`,
		);
	}
	// As PyTorch: eps is under the root, on the product of the squares.
	const eps = 1e-12;
	const product = input1.mul(input2).sum(-1);
	const squares = input1.square().sum(-1).add(eps).mul(input2.square().sum(-1).add(eps));
	const cosine = product.div(squares.sqrt());
	const near = cosine.neg().add(1).maskedFill(target.eq(1).logicalNot(), 0);
	const far = zero(cosine.sub(margin)).maskedFill(target.eq(-1).logicalNot(), 0);
	return reduced("cosineEmbeddingLoss", near.add(far), reduction);
}

/** max(0, −target·(input1 − input2) + margin), targets 1 or −1 */
export function marginRankingLoss(
	input1: Tensor,
	input2: Tensor,
	target: Tensor,
	options: ReductionOptions & { margin?: number } = {},
): Tensor {
	if (autocastState.active) return raised(marginRankingLoss, input1, input2, target, options);
	const { reduction = "mean", margin = 0 } = options;
	checkSameRank("marginRankingLoss", { input1, input2, target });
	return reduced("marginRankingLoss", zero(target.neg().mul(input1.sub(input2)).add(margin)), reduction);
}

export interface TripletMarginLossOptions extends ReductionOptions {
	/** Default 1. */
	margin?: number;
	/** Degree of the distance. Default 2. */
	p?: number;
	/** Added to the difference. Default 1e-6. */
	eps?: number;
	/** Take the distance from the positive to the negative where it is smaller. Default false. */
	swap?: boolean;
}

/** max(0, d(anchor, positive) − d(anchor, negative) + margin) */
export function tripletMarginLoss(
	anchor: Tensor,
	positive: Tensor,
	negative: Tensor,
	options: TripletMarginLossOptions = {},
): Tensor {
	if (autocastState.active) return raised(tripletMarginLoss, anchor, positive, negative, options);
	const { p = 2, eps = 1e-6, ...rest } = options;
	checkSameRank("tripletMarginLoss", { anchor, positive, negative });
	const distanceFunction = (a: Tensor, b: Tensor) => pairwiseDistance(a, b, { p, eps });
	return tripletMarginWithDistanceLoss(anchor, positive, negative, { ...rest, distanceFunction });
}

export interface TripletMarginWithDistanceLossOptions extends ReductionOptions {
	/** Default: `pairwiseDistance`. */
	distanceFunction?: ((a: Tensor, b: Tensor) => Tensor) | null;
	/** Default 1. */
	margin?: number;
	/** Take the distance from the positive to the negative where it is smaller. Default false. */
	swap?: boolean;
}

/** `tripletMarginLoss` with a distance of one's own. */
export function tripletMarginWithDistanceLoss(
	anchor: Tensor,
	positive: Tensor,
	negative: Tensor,
	options: TripletMarginWithDistanceLossOptions = {},
): Tensor {
	const { margin = 1, swap = false, reduction = "mean" } = options;
	const distance = options.distanceFunction ?? pairwiseDistance;
	if (!(margin > 0)) throw new RangeError(`[tripletMarginLoss] margin must be greater than 0, got ${margin}`);
	const near = distance(anchor, positive);
	let far = distance(anchor, negative);
	if (swap) far = far.minimum(distance(positive, negative));
	return reduced("tripletMarginLoss", zero(near.sub(far).add(margin)), reduction);
}
