import type { Derivative } from "../../autograd/node";
import { record, tracked } from "../../autograd/record";
import { shapeText } from "../../core/arguments";
import { autocastState } from "../../core/autocast";
import { gradMode } from "../../core/gradMode";
import { type Handle, native } from "../../core/native";
import { quoted } from "../../core/signature";
import { Tensor, wrap } from "../../core/tensor";
import { raised } from "../../ops/castPolicy";
import { gradientsOf } from "../../ops/composite";
import { checkConstant, type Reduction, type ReductionOptions, reductionCode } from "./reduction";

/* Losses of classes. Class scores stand in dimension 1: `[N, C]`, `[N, C, d₁, …]`, or `[C]` for a single case. */

export interface NllLossOptions extends ReductionOptions {
	/** One factor per class, `[C]`. */
	weight?: Tensor | null;
	/** Cases with this target count for nothing. Default −100. */
	ignoreIndex?: number;
}

export interface CrossEntropyOptions extends NllLossOptions {
	/** The part of a target's probability that is spread over all classes: 0 (default) to 1. */
	labelSmoothing?: number;
}

interface Attributes {
	reduction: Reduction;
	code: number;
	ignoreIndex: number;
	labelSmoothing: number;
	/** What the mean divides by. */
	totalWeight: Handle;
	/** The addon's by-product for cross-entropy's derivative. */
	logProbs?: Handle;
}

function checkTensors(op: string, input: Tensor, target: Tensor): void {
	if (!(input instanceof Tensor)) throw new TypeError(`[${op}] input must be a tensor, got ${quoted(input)}`);
	if (!(target instanceof Tensor)) throw new TypeError(`[${op}] target must be a tensor, got ${quoted(target)}`);
	if (input.ndim === 0) throw new RangeError(`[${op}] input must have at least one dimension, the classes`);
}

const handleOf = (tensor: Tensor | null) => (tensor === null ? null : tensor.handle);

const classDim = (input: Tensor) => (input.ndim === 1 ? 0 : 1);

/** A vector over the classes, shaped to be multiplied with class scores. */
function alongClasses(weight: Tensor, scores: Tensor): Tensor {
	return weight.reshape([-1, ...new Array<number>(Math.max(scores.ndim - 2, 0)).fill(1)]);
}

/** Factor of every case: its class's weight, 0 where it is ignored; the class to look up, 0 where ignored. */
function caseWeights(scores: Tensor, target: Tensor, weight: Tensor | null, ignoreIndex: number) {
	const ignored = target.eq(ignoreIndex);
	const index = target.maskedFill(ignored, 0);
	const present = ignored.logicalNot().to(scores.dtype);
	const factor =
		weight === null ? present : weight.indexSelect(0, index.reshape(-1)).reshape(target.shape).mul(present);
	return { index, factor, present };
}

function nllFormula(scores: Tensor, target: Tensor, weight: Tensor | null, reduction: Reduction, ignoreIndex: number) {
	const dim = classDim(scores);
	const { index, factor } = caseWeights(scores, target, weight, ignoreIndex);
	const picked = scores.gather(dim, index.unsqueeze(dim)).squeeze(dim);
	// An ignored case counts for nothing even where its score is infinite.
	const losses = picked.maskedFill(factor.eq(0), 0).mul(factor).neg();
	if (reduction === "none") return losses;
	return reduction === "sum" ? losses.sum() : losses.sum().div(factor.sum());
}

/** The loss in single operations. */
function crossEntropyFormula(input: Tensor, target: Tensor, weight: Tensor | null, options: Attributes): Tensor {
	const { reduction, ignoreIndex, labelSmoothing } = options;
	const dim = classDim(input);
	const classes = input.size(dim);
	const scores = input.logSoftmax(dim);
	const weighted = weight === null ? scores : scores.mul(alongClasses(weight, scores));
	if (target.isFloatingPoint()) {
		const smooth = labelSmoothing > 0 ? target.mul(1 - labelSmoothing).add(labelSmoothing / classes) : target;
		const losses = weighted.mul(smooth);
		if (reduction === "none") return losses.sum(dim).neg();
		return reduction === "sum"
			? losses.sum().neg()
			: losses
					.sum()
					.neg()
					.div(input.numel() / classes);
	}
	const nll = nllFormula(scores, target, weight, reduction, ignoreIndex);
	if (labelSmoothing === 0) return nll;
	const { factor, present } = caseWeights(scores, target, weight, ignoreIndex);
	const spread = weighted.sum(dim).neg().mul(present);
	const smooth = reduction === "none" ? spread : reduction === "sum" ? spread.sum() : spread.sum().div(factor.sum());
	return nll.mul(1 - labelSmoothing).add(smooth.mul(labelSmoothing / classes));
}

/**
 * Cross-entropy of class scores (logits) and targets.
 *
 * @param input `[N, C]`, `[N, C, d₁, …]` or `[C]`
 * @param target class indices (int64) of the input's shape without C, or probabilities of the input's shape
 * @returns a number for "mean" (weighted, over what is not ignored) and "sum", one loss per case for "none"
 */
export function crossEntropy(input: Tensor, target: Tensor, options: CrossEntropyOptions = {}): Tensor {
	if (autocastState.active) return raised(crossEntropy, input, target, options);
	const op = "crossEntropy";
	checkTensors(op, input, target);
	const { weight = null, reduction = "mean", ignoreIndex = -100, labelSmoothing = 0 } = options;
	checkConstant("crossEntropy", "weight", weight);
	const code = reductionCode(op, reduction);
	if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
		throw new RangeError(`[${op}] labelSmoothing must be between 0.0 and 1.0, got ${quoted(labelSmoothing)}`);
	}
	const probabilities = target.isFloatingPoint();
	if (probabilities && `${target.shape}` !== `${input.shape}`) {
		throw new RangeError(
			`[${op}] a floating point target holds probabilities and must have the input's shape ${shapeText(input.shape)}, got ${shapeText(target.shape)}: class indices are int64, as target.long() makes them`,
		);
	}
	const [loss, logProbs, totalWeight] = native.crossEntropy(
		input.handle,
		target.handle,
		handleOf(weight),
		code,
		ignoreIndex,
		labelSmoothing,
	);
	const out = wrap(loss);
	if (!tracked(input, target)) return out;
	const attributes: Attributes = { reduction, code, ignoreIndex, labelSmoothing, logProbs, totalWeight };
	return record(
		out,
		derivativeOf(input, probabilities, attributes),
		[input, target],
		[input, target, weight],
		attributes,
	);
}

/** PyTorch shows the last of the operations that it takes. */
function derivativeOf(input: Tensor, probabilities: boolean, { labelSmoothing, code }: Attributes): Derivative {
	if (probabilities) return code === 1 ? probabilityMeanBackward : probabilityBackward;
	if (labelSmoothing > 0) return smoothBackward;
	if (input.ndim <= 2) return classesBackward;
	return input.ndim === 3 && code === 0 ? classes1dBackward : classes2dBackward;
}

const classesBackward: Derivative = {
	name: "NllLossBackward0",
	backward(node, grad) {
		const input = node.saved(0);
		const target = node.saved(1);
		const weight = node.savedTensors[2] ? node.saved(2) : null;
		const attributes = node.attributes as Attributes;
		if (gradMode.enabled || node.needs(1)) {
			const formula = (x: Tensor, t: Tensor) => crossEntropyFormula(x, t, weight, attributes);
			return gradientsOf(formula, [input, target], grad);
		}
		const { logProbs, code, ignoreIndex, labelSmoothing, totalWeight } = attributes;
		return [
			wrap(
				native.crossEntropyBackward(
					grad.handle,
					logProbs!,
					target.handle,
					handleOf(weight),
					code,
					ignoreIndex,
					labelSmoothing,
					totalWeight,
				),
			),
		];
	},
};
const classes1dBackward: Derivative = { ...classesBackward, name: "ViewBackward0" };
const classes2dBackward: Derivative = { ...classesBackward, name: "NllLoss2DBackward0" };
const smoothBackward: Derivative = { ...classesBackward, name: "AddBackward0" };
const probabilityBackward: Derivative = { ...classesBackward, name: "NegBackward0" };
const probabilityMeanBackward: Derivative = { ...classesBackward, name: "DivBackward1" };

/**
 * The negative log-likelihood of targets.
 *
 * @param input log-probabilities, `[N, C]`, `[N, C, d₁, …]` or `[C]`
 * @param target class indices (int64) of the input's shape without C
 */
export function nllLoss(input: Tensor, target: Tensor, options: NllLossOptions = {}): Tensor {
	if (autocastState.active) return raised(nllLoss, input, target, options);
	const op = "nllLoss";
	checkTensors(op, input, target);
	const { weight = null, reduction = "mean", ignoreIndex = -100 } = options;
	checkConstant("nllLoss", "weight", weight);
	const code = reductionCode(op, reduction);
	const [loss, totalWeight] = native.nllLoss(input.handle, target.handle, handleOf(weight), code, ignoreIndex);
	const out = wrap(loss);
	if (!tracked(input)) return out;
	const attributes: Attributes = { reduction, code, ignoreIndex, labelSmoothing: 0, totalWeight };
	const derivative = input.ndim <= 2 ? nllBackward : input.ndim === 3 && code === 0 ? nll1dBackward : nll2dBackward;
	return record(out, derivative, [input], [input, target, weight], attributes);
}

const nllBackward: Derivative = {
	name: "NllLossBackward0",
	backward(node, grad) {
		const input = node.saved(0);
		const target = node.saved(1);
		const weight = node.savedTensors[2] ? node.saved(2) : null;
		const { code, reduction, ignoreIndex, totalWeight } = node.attributes as Attributes;
		if (gradMode.enabled) {
			return gradientsOf((x: Tensor) => nllFormula(x, target, weight, reduction, ignoreIndex), [input], grad);
		}
		const result = native.nllLossBackward(
			grad.handle,
			input.handle,
			target.handle,
			handleOf(weight),
			code,
			ignoreIndex,
			totalWeight,
		);
		return [wrap(result)];
	},
};
const nll1dBackward: Derivative = { ...nllBackward, name: "ViewBackward0" };
const nll2dBackward: Derivative = { ...nllBackward, name: "NllLoss2DBackward0" };
