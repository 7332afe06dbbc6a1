import type { Derivative } from "../../autograd/node";
import { record, tracked } from "../../autograd/record";
import { bind } from "../../core/arguments";
import { autocastState } from "../../core/autocast";
import { int64 } from "../../core/dtype";
import { type Handle, native } from "../../core/native";
import { quoted } from "../../core/signature";
import { Tensor, wrap } from "../../core/tensor";
import { where } from "../../ops";
import { raisedOnHost } from "../../ops/castPolicy";
import { type Reduction, type ReductionOptions, reductionCode } from "./reduction";

/** Lengths of sequences: one for each sample. */
export type SampleLengths = number | readonly number[] | Tensor;

export interface CtcLossOptions extends ReductionOptions {
	/** The class that stands for no label. Default 0. */
	blank?: number;
	/** Losses that are infinite, since a target does not fit into its input, count as 0, and so do their gradients. Default false. */
	zeroInfinity?: boolean;
}

export type CtcArguments =
	| [
			logProbs: Tensor,
			targets: Tensor,
			inputLengths: SampleLengths,
			targetLengths: SampleLengths,
			options?: CtcLossOptions,
	  ]
	| [
			options: CtcLossOptions & {
				logProbs: Tensor;
				targets: Tensor;
				inputLengths: SampleLengths;
				targetLengths: SampleLengths;
			},
	  ];

interface Attributes {
	targets: Handle;
	inputLengths: Handle;
	targetLengths: Handle;
	losses: Handle;
	states: Handle;
	blank: number;
	zeroInfinity: boolean;
}

const op = "ctcLoss";

function lengthsOf(name: string, lengths: unknown): Tensor {
	if (lengths instanceof Tensor) return lengths.ndim === 0 ? lengths.reshape(1) : lengths;
	const list = typeof lengths === "number" ? [lengths] : lengths;
	if (!Array.isArray(list) || !list.every(Number.isInteger)) {
		throw new TypeError(`[${op}] ${name} must be whole numbers or a tensor of them, got ${quoted(lengths)}`);
	}
	return wrap(native.fromNumbers(Float64Array.from(list as number[]), [list.length], int64.code));
}

/**
 * Connectionist temporal classification (Graves et al., 2006): −ln of the probability that a sequence of outputs spells the
 * target, over all ways in which its labels may be repeated and parted by blanks.
 *
 * @param logProbs `[T, N, C]` or `[T, C]`: log-probabilities, as `logSoftmax` makes them. The gradient, as PyTorch's, is
 *   that with respect to what went into the softmax, and can itself not be differentiated.
 * @param targets int64 `[N, S]`, or the labels of all samples behind each other
 * @param inputLengths how many steps of each sample count
 * @param targetLengths how many labels each sample has
 * @returns "mean" (default): each loss divided by its target's length, and the mean of these; "none": `[N]`
 */
export function ctcLoss(...args: CtcArguments): Tensor {
	if (autocastState.active) return raisedOnHost(ctcLoss, ...args);
	const given = bind<
		Required<CtcLossOptions> & {
			logProbs: Tensor;
			targets: Tensor;
			inputLengths: SampleLengths;
			targetLengths: SampleLengths;
		}
	>(op, args, ["logProbs", "targets", "inputLengths", "targetLengths", "blank", "reduction", "zeroInfinity"]);
	const { logProbs, targets, blank = 0, reduction = "mean", zeroInfinity = false } = given;
	reductionCode(op, reduction);
	for (const [name, tensor] of Object.entries({ logProbs, targets })) {
		if (!(tensor instanceof Tensor)) throw new TypeError(`[${op}] ${name} must be a tensor, got ${quoted(tensor)}`);
	}
	if (logProbs!.ndim !== 2 && logProbs!.ndim !== 3) {
		throw new RangeError(`[${op}] logProbs must have shape [T, N, C] or [T, C], got [${logProbs!.shape}]`);
	}
	const batched = logProbs!.ndim === 3;
	const scores = batched ? logProbs! : logProbs!.unsqueeze(1);
	const targetLengths = lengthsOf("targetLengths", given.targetLengths);
	const losses = samples(scores, targets!, lengthsOf("inputLengths", given.inputLengths), targetLengths, {
		blank,
		zeroInfinity,
	});
	return reducedOf(batched ? losses : losses.squeeze(0), batched ? targetLengths : targetLengths.squeeze(0), reduction);
}

/** Before it is reduced, each loss is divided by its target's length. */
function reducedOf(losses: Tensor, lengths: Tensor, reduction: Reduction): Tensor {
	if (reduction === "none") return losses;
	return reduction === "sum" ? losses.sum() : losses.div(lengths.clamp({ min: 1 }).to(losses)).mean();
}

function samples(
	logProbs: Tensor,
	targets: Tensor,
	inputLengths: Tensor,
	targetLengths: Tensor,
	{ blank, zeroInfinity }: { blank: number; zeroInfinity: boolean },
): Tensor {
	const labels = targets.isFloatingPoint() ? targets.long() : targets;
	const lengths = [inputLengths.handle, targetLengths.handle] as const;
	const [losses, states] = native.ctcLoss(logProbs.handle, labels.handle, ...lengths, blank);
	let out = wrap(losses);
	if (tracked(logProbs)) {
		const attributes: Attributes = {
			targets: labels.handle,
			inputLengths: lengths[0],
			targetLengths: lengths[1],
			losses,
			states,
			blank,
			zeroInfinity,
		};
		out = record(out, ctcBackward, [logProbs], [logProbs], attributes);
	}
	return zeroInfinity ? where(out.eq(Number.POSITIVE_INFINITY), 0, out) : out;
}

const ctcBackward: Derivative = {
	name: "CtcLossBackward0",
	backward(node, grad) {
		const { targets, inputLengths, targetLengths, losses, states, blank, zeroInfinity } = node.attributes as Attributes;
		const logProbs = node.saved(0);
		const out = wrap(
			native.ctcLossBackward(
				grad.handle,
				logProbs.handle,
				targets,
				inputLengths,
				targetLengths,
				losses,
				states,
				blank,
				zeroInfinity,
			),
		);
		return [tracked(grad, logProbs) ? record(out, twice, [grad, logProbs]) : out];
	},
};

const twice: Derivative = {
	name: "CtcLossBackwardBackward0",
	backward() {
		throw new Error("[ctcLoss] the derivative of its gradient is not implemented");
	},
};
