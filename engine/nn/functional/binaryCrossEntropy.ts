import { shapeText } from "../../core/arguments";
import { autocastState } from "../../core/autocast";
import { native } from "../../core/native";
import { quoted } from "../../core/signature";
import { Tensor } from "../../core/tensor";
import { raised } from "../../ops/castPolicy";
import { composite } from "../../ops/composite";
import { logsigmoid } from "./activation";
import { checkConstant, type Reduction, type ReductionOptions, reduced, reductionCode } from "./reduction";

/* Losses of yes-or-no targets. */

export interface BinaryCrossEntropyOptions extends ReductionOptions {
	/** A factor for every element (broadcast). */
	weight?: Tensor | null;
}

const bceOp = composite<{ reduction: Reduction }>(
	"BinaryCrossEntropyBackward0",
	({ reduction }, p: Tensor, target: Tensor, weight: Tensor | null) => {
		// Logarithms are cut off at −100, so that no loss is infinite.
		const logP = p.log().clamp({ min: -100 });
		const logQ = p.neg().log1p().clamp({ min: -100 });
		const losses = target.sub(1).mul(logQ).sub(target.mul(logP));
		return reduced("binaryCrossEntropy", weight === null ? losses : losses.mul(weight), reduction);
	},
	(node, grad, { reduction }) => {
		const p = node.saved(0);
		const target = node.saved(1);
		const weight = node.savedTensors[2] ? node.saved(2) : null;
		const each = perCase(grad, p, reduction, weight);
		const spread = p.mul(p.neg().add(1)).clamp({ min: 1e-12 });
		return [
			node.needs(0) ? each.mul(p.sub(target)).div(spread) : null,
			node.needs(1)
				? each.mul(
						p
							.neg()
							.log1p()
							.clamp({ min: -100 })
							.sub(p.log().clamp({ min: -100 })),
					)
				: null,
		];
	},
);

/** The gradient of every element's loss. */
function perCase(grad: Tensor, input: Tensor, reduction: Reduction, weight: Tensor | null): Tensor {
	const each = reduction === "mean" ? grad.div(input.numel()) : grad;
	return weight === null ? each : each.mul(weight);
}

function checkBinary(op: string, input: Tensor, target: Tensor): void {
	if (!(input instanceof Tensor)) throw new TypeError(`[${op}] input must be a tensor, got ${quoted(input)}`);
	if (!(target instanceof Tensor)) throw new TypeError(`[${op}] target must be a tensor, got ${quoted(target)}`);
	if (`${target.shape}` !== `${input.shape}`) {
		throw new RangeError(
			`[${op}] target size ${shapeText(target.shape)} must be the same as input size ${shapeText(input.shape)}`,
		);
	}
}

/** −(t ln p + (1 − t) ln(1 − p)) of probabilities `input` and targets of the same shape, from 0 to 1. */
export function binaryCrossEntropy(input: Tensor, target: Tensor, options: BinaryCrossEntropyOptions = {}): Tensor {
	if (autocastState.active && autocastState.enabled.cuda && input.device.type === "cuda") {
		throw new Error(
			"[binaryCrossEntropy] unsafe to autocast: a sigmoid's result in half precision may be 0 or 1. Combine the two layers by binaryCrossEntropyWithLogits or nn.BCEWithLogitsLoss, which are safe",
		);
	}
	if (autocastState.active) return raised(binaryCrossEntropy, input, target, options);
	const { reduction = "mean", weight = null } = options;
	reductionCode("binaryCrossEntropy", reduction);
	checkBinary("binaryCrossEntropy", input, target);
	const outside = native.any(native.logicalOr(native.lt(input.handle, 0), native.gt(input.handle, 1)), null, false);
	if (native.item(outside) !== 0) {
		throw new RangeError("[binaryCrossEntropy] all elements of input should be between 0 and 1");
	}
	checkConstant("binaryCrossEntropy", "weight", weight);
	return bceOp({ reduction }, input, target, weight);
}

export interface BinaryCrossEntropyWithLogitsOptions extends BinaryCrossEntropyOptions {
	/** A factor for the positive part of every element's loss (broadcast): for rare positives. */
	posWeight?: Tensor | null;
}

const bceLogitsOp = composite<{ reduction: Reduction }>(
	"BinaryCrossEntropyWithLogitsBackward0",
	({ reduction }, x: Tensor, target: Tensor, weight: Tensor | null, posWeight: Tensor | null) => {
		const logP = logsigmoid(x);
		let losses: Tensor;
		if (posWeight === null) losses = target.neg().add(1).mul(x).sub(logP);
		else losses = target.neg().add(1).mul(x).sub(posWeight.sub(1).mul(target).add(1).mul(logP));
		return reduced("binaryCrossEntropyWithLogits", weight === null ? losses : losses.mul(weight), reduction);
	},
	(node, grad, { reduction }) => {
		const x = node.saved(0);
		const target = node.saved(1);
		const weight = node.savedTensors[2] ? node.saved(2) : null;
		const posWeight = node.savedTensors[3] ? node.saved(3) : null;
		const each = perCase(grad, x, reduction, weight);
		const p = x.sigmoid();
		const positive = posWeight === null ? null : target.mul(posWeight);
		const slope = positive === null ? p.sub(target) : positive.add(1).sub(target).mul(p).sub(positive);
		return [
			node.needs(0) ? each.mul(slope) : null,
			node.needs(1)
				? each.mul(posWeight === null ? x.neg() : logsigmoid(x.neg()).sub(posWeight.mul(logsigmoid(x))))
				: null,
		];
	},
);

/** Binary cross-entropy of sigmoid(input), computed from the logits: no overflow. Shapes as there. */
export function binaryCrossEntropyWithLogits(
	input: Tensor,
	target: Tensor,
	options: BinaryCrossEntropyWithLogitsOptions = {},
): Tensor {
	if (autocastState.active) return raised(binaryCrossEntropyWithLogits, input, target, options);
	const { reduction = "mean", weight = null, posWeight = null } = options;
	reductionCode("binaryCrossEntropyWithLogits", reduction);
	checkBinary("binaryCrossEntropyWithLogits", input, target);
	checkConstant("binaryCrossEntropyWithLogits", "weight", weight);
	checkConstant("binaryCrossEntropyWithLogits", "posWeight", posWeight);
	return bceLogitsOp({ reduction }, input, target, weight, posWeight);
}
