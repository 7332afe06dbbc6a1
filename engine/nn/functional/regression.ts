import type { Gradient, Node } from "../../autograd/node";
import { shapeText } from "../../core/arguments";
import { autocastState } from "../../core/autocast";
import { native } from "../../core/native";
import { type Tensor, wrap } from "../../core/tensor";
import { summedTo } from "../../ops/broadcast";
import { raised } from "../../ops/castPolicy";
import { composite } from "../../ops/composite";
import { broadcastShapes } from "../../ops/view";
import { type Reduction, type ReductionOptions, reduced, reductionCode, warnOfSizes } from "./reduction";

/* Losses of numbers against numbers. Input and target have one shape; others are broadcast, with a warning. */

export interface WeightedOptions extends ReductionOptions {
	/** A factor for every element, of the input's shape; the mean is then the weighted one. */
	weight?: Tensor | null;
}

function weighted(op: string, losses: Tensor, input: Tensor, options: WeightedOptions): Tensor {
	const { reduction = "mean", weight = null } = options;
	if (weight === null) return reduced(op, losses, reduction);
	if (`${weight.shape}` !== `${input.shape}`) {
		throw new RangeError(
			`[${op}] weights and input must have the same size, got ${shapeText(weight.shape)} and ${shapeText(input.shape)}`,
		);
	}
	const each = losses.mul(weight);
	return reduction === "mean" ? each.sum().div(weight.sum()) : reduced(op, each, reduction);
}

/** |input − target| */
export function l1Loss(input: Tensor, target: Tensor, options: WeightedOptions = {}): Tensor {
	if (autocastState.active) return raised(l1Loss, input, target, options);
	reductionCode("l1Loss", options.reduction ?? "mean");
	warnOfSizes(input, target);
	return weighted("l1Loss", input.sub(target).abs(), input, options);
}

const mseOp = composite<Reduction>(
	"MseLossBackward0",
	(reduction, input: Tensor, target: Tensor) => reduced("mseLoss", input.sub(target).square(), reduction),
	(node, grad, reduction) => slopes(node, grad, reduction, Number.POSITIVE_INFINITY, 2),
	(reduction, input: Tensor, target: Tensor) => {
		const losses = inOnePass(input, target)
			? wrap(native.squaredDifference(input.handle, target.handle))
			: input.sub(target).square();
		return reduced("mseLoss", losses, reduction);
	},
);

/** Whether one pass computes the numbers of several, which round to a half type after each. */
function inOnePass(input: Tensor, target: Tensor): boolean {
	return [input, target].every((x) => x.isFloatingPoint() && x.elementSize() >= 4);
}

/** input − target, at most `edge` to either side, times `scale` (and the mean's share): for the input, and against it for the target. */
function slopes(node: Node, grad: Tensor, reduction: Reduction, edge: number, scale: number): Gradient[] {
	const [input, target] = [node.saved(0), node.saved(1)];
	const slope = (share: number) => wrap(native.scaledDifference(grad.handle, input.handle, target.handle, edge, share));
	const elements = broadcastShapes(input.shape, target.shape).reduce((count, size) => count * size, 1);
	const share = reduction === "mean" ? scale / elements : scale;
	return [node.needs(0) ? summedTo(slope(share), input) : null, node.needs(1) ? summedTo(slope(-share), target) : null];
}

/** (input − target)² */
export function mseLoss(input: Tensor, target: Tensor, options: WeightedOptions = {}): Tensor {
	if (autocastState.active) return raised(mseLoss, input, target, options);
	const { reduction = "mean", weight = null } = options;
	reductionCode("mseLoss", reduction);
	warnOfSizes(input, target);
	if (weight !== null) return weighted("mseLoss", input.sub(target).square(), input, options);
	return mseOp(reduction, input, target);
}

const smoothL1Op = composite<{ reduction: Reduction; beta: number }>(
	"SmoothL1LossBackward0",
	({ reduction, beta }, input: Tensor, target: Tensor) => {
		const distance = input.sub(target).abs();
		return reduced("smoothL1Loss", bowl(distance, beta).div(beta), reduction);
	},
	(node, grad, { reduction, beta }) => slopes(node, grad, reduction, beta, 1 / beta),
	({ reduction, beta }, input: Tensor, target: Tensor) =>
		reduced("smoothL1Loss", bowlOf(input, target, beta, 1, beta), reduction),
);

const huberOp = composite<{ reduction: Reduction; delta: number }>(
	"HuberLossBackward0",
	({ reduction, delta }, input: Tensor, target: Tensor) =>
		reduced("huberLoss", bowl(input.sub(target).abs(), delta), reduction),
	(node, grad, { reduction, delta }) => slopes(node, grad, reduction, delta, 1),
	({ reduction, delta }, input: Tensor, target: Tensor) =>
		reduced("huberLoss", bowlOf(input, target, delta, delta, 1), reduction),
);

/** d²/2 up to `edge`, then the tangent: edge·(d − edge/2). */
function bowl(distance: Tensor, edge: number): Tensor {
	if (edge === Number.POSITIVE_INFINITY) return distance.square().mul(0.5);
	const inside = distance.clamp({ max: edge });
	// inside² / 2 + edge·(d − inside): the second part is 0 up to the edge.
	return inside.square().mul(0.5).add(distance.sub(inside), { alpha: edge });
}

/** `bowl` over `divisor`, with a tangent of the slope `edge / divisor`. */
function bowlOf(input: Tensor, target: Tensor, edge: number, slope: number, divisor: number): Tensor {
	if (inOnePass(input, target)) return wrap(native.bowl(input.handle, target.handle, edge, slope, divisor));
	return bowl(input.sub(target).abs(), edge).div(divisor);
}

/** d²/(2·beta) where d = |input − target| is below beta (1 by default), else d − beta/2 */
export function smoothL1Loss(
	input: Tensor,
	target: Tensor,
	options: ReductionOptions & { beta?: number } = {},
): Tensor {
	if (autocastState.active) return raised(smoothL1Loss, input, target, options);
	const { reduction = "mean", beta = 1 } = options;
	reductionCode("smoothL1Loss", reduction);
	if (!(beta >= 0)) throw new RangeError(`[smoothL1Loss] does not support negative values for beta, got ${beta}`);
	if (beta === 0) return l1Loss(input, target, { reduction });
	warnOfSizes(input, target);
	return smoothL1Op({ reduction, beta }, input, target);
}

/** d²/2 where d = |input − target| is below delta (1 by default), else delta·(d − delta/2) */
export function huberLoss(input: Tensor, target: Tensor, options: WeightedOptions & { delta?: number } = {}): Tensor {
	if (autocastState.active) return raised(huberLoss, input, target, options);
	const { reduction = "mean", delta = 1, weight = null } = options;
	reductionCode("huberLoss", reduction);
	if (!(delta > 0)) throw new RangeError(`[huberLoss] does not support non-positive values for delta, got ${delta}`);
	warnOfSizes(input, target);
	if (weight === null) return huberOp({ reduction, delta }, input, target);
	if (`${weight.shape}` !== `${input.shape}`) {
		throw new RangeError(
			`[huberLoss] weights and input must have the same size, got ${shapeText(weight.shape)} and ${shapeText(input.shape)}`,
		);
	}
	return reduced("huberLoss", huberOp({ reduction: "none", delta }, input, target).mul(weight), reduction);
}

export interface KlDivOptions {
	/** "mean" (default), "sum", "none", or "batchmean": the sum over the batch size, as the divergence is defined. */
	reduction?: Reduction | "batchmean";
	/** The target holds log-probabilities too. Default false. */
	logTarget?: boolean;
}

/** Kullback-Leibler divergence of log-probabilities `input` from probabilities `target`: t·(ln t − input). */
export function klDiv(input: Tensor, target: Tensor, options: KlDivOptions = {}): Tensor {
	if (autocastState.active) return raised(klDiv, input, target, options);
	const { reduction = "mean", logTarget = false } = options;
	const batchmean = reduction === "batchmean";
	if (!batchmean) reductionCode("klDiv", reduction);
	const losses = logTarget ? target.exp().mul(target.sub(input)) : target.xlogy(target).sub(target.mul(input));
	if (!batchmean) return reduced("klDiv", losses, reduction);
	return input.ndim === 0 ? losses.sum() : losses.sum().div(input.size(0));
}

export interface PoissonNllLossOptions extends ReductionOptions {
	/** The input is the logarithm of the rate. Default true. */
	logInput?: boolean;
	/** Add Stirling's approximation of ln(target!). Default false. */
	full?: boolean;
	/** Added to the rate inside the logarithm where `logInput` is false. Default 1e-8. */
	eps?: number;
}

/** exp(input) − target·input, or input − target·ln(input + eps) where the input is no logarithm. */
export function poissonNllLoss(input: Tensor, target: Tensor, options: PoissonNllLossOptions = {}): Tensor {
	if (autocastState.active) return raised(poissonNllLoss, input, target, options);
	const { reduction = "mean", logInput = true, full = false, eps = 1e-8 } = options;
	let losses = logInput ? input.exp().sub(target.mul(input)) : input.sub(target.mul(input.add(eps).log()));
	if (full) {
		const stirling = target
			.mul(target.log())
			.sub(target)
			.add(
				target
					.mul(2 * Math.PI)
					.log()
					.mul(0.5),
			);
		losses = losses.add(stirling.maskedFill(target.le(1), 0));
	}
	return reduced("poissonNllLoss", losses, reduction);
}

export interface GaussianNllLossOptions extends ReductionOptions {
	/** Add the constant ln(2π)/2. Default false. */
	full?: boolean;
	/** Least variance. Default 1e-6. */
	eps?: number;
}

/** (ln var + (input − target)² / var) / 2; `var` has the input's shape, or one value per row. */
export function gaussianNllLoss(
	input: Tensor,
	target: Tensor,
	variance: Tensor | number,
	options: GaussianNllLossOptions = {},
): Tensor {
	const { reduction = "mean", full = false, eps = 1e-6 } = options;
	let spread =
		typeof variance === "number" ? wrap(native.full(input.shape, variance, input.dtype.code, input.handle)) : variance;
	if (native.item(native.any(native.lt(spread.handle, 0), null, false)) !== 0) {
		throw new RangeError("[gaussianNllLoss] var has negative entry/entries");
	}
	if (`${spread.shape}` !== `${input.shape}`) {
		if (`${spread.shape}` === `${input.shape.slice(0, -1)}`) spread = spread.unsqueeze(-1);
		else if (!(spread.ndim === input.ndim && spread.shape.every((size, i) => size === 1 || size === input.size(i)))) {
			throw new RangeError(
				`[gaussianNllLoss] var is of incorrect size: ${shapeText(spread.shape)} for input ${shapeText(input.shape)}`,
			);
		}
	}
	// The clamp is outside the graph: a variance below eps keeps its gradient.
	const clamped = spread.add(spread.detach().clamp({ min: eps }).sub(spread.detach()));
	let losses = clamped.log().add(input.sub(target).square().div(clamped)).mul(0.5);
	if (full) losses = losses.add(0.5 * Math.log(2 * Math.PI));
	return reduced("gaussianNllLoss", losses, reduction);
}
