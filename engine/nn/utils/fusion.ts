import { noGrad } from "../../core/gradMode";
import type { Tensor } from "../../core/tensor";
import type { BatchNorm1d, BatchNorm2d, BatchNorm3d } from "../modules/batchnorm";
import type { Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d } from "../modules/conv";
import type { Linear } from "../modules/linear";
import type { Module } from "../modules/module";
import { Parameter } from "../parameter";

type Conv = Conv1d | Conv2d | Conv3d;
type ConvTranspose = ConvTranspose1d | ConvTranspose2d | ConvTranspose3d;
type Norm = BatchNorm1d | BatchNorm2d | BatchNorm3d;

/* A batch normalisation folded into the layer before it: in evaluation both together are one layer. */

/**
 * Weight and bias that do alone what weight, bias and the normalisation's statistics and parameters do in evaluation; `per`
 * brings a factor for each of the weight's outputs to where those are in it.
 */
function folded(
	weight: Tensor,
	bias: Tensor | null,
	bnRunningMean: Tensor,
	bnRunningVar: Tensor,
	bnEps: number,
	bnWeight: Tensor | null,
	bnBias: Tensor | null,
	per: (factors: Tensor) => Tensor,
): [weight: Parameter, bias: Parameter] {
	return noGrad(() => {
		const inverse = bnRunningVar.add(bnEps).rsqrt();
		const scale = bnWeight === null ? inverse : bnWeight.mul(inverse);
		const centred = bias === null ? bnRunningMean.neg() : bias.sub(bnRunningMean);
		const shifted = centred.mul(scale);
		const requiresGrad = weight.requiresGrad;
		return [
			new Parameter(weight.mul(per(scale)), { requiresGrad }),
			new Parameter(bnBias === null ? shifted : shifted.add(bnBias), { requiresGrad }),
		];
	});
}

/**
 * Weight and bias of the linear layer that does what one of weight `[out, in]` and bias followed by a batch normalisation
 * does in evaluation.
 */
export function fuseLinearBnWeights(
	linearWeight: Tensor,
	linearBias: Tensor | null,
	bnRunningMean: Tensor,
	bnRunningVar: Tensor,
	bnEps: number,
	bnWeight: Tensor | null,
	bnBias: Tensor | null,
): [weight: Parameter, bias: Parameter] {
	const per = (factors: Tensor) => factors.unsqueeze(-1);
	return folded(linearWeight, linearBias, bnRunningMean, bnRunningVar, bnEps, bnWeight, bnBias, per);
}

/**
 * Weight and bias of the convolution that does what one of weight `[out, in / groups, …]` and bias followed by a batch
 * normalisation does in evaluation. `transpose`: the weight is a transposed convolution's, `[in, out, …]`.
 */
export function fuseConvBnWeights(
	convWeight: Tensor,
	convBias: Tensor | null,
	bnRunningMean: Tensor,
	bnRunningVar: Tensor,
	bnEps: number,
	bnWeight: Tensor | null,
	bnBias: Tensor | null,
	transpose = false,
): [weight: Parameter, bias: Parameter] {
	const shape = convWeight.shape.map((_, dim) => (dim === (transpose ? 1 : 0) ? -1 : 1));
	const per = (factors: Tensor) => factors.reshape(shape);
	return folded(convWeight, convBias, bnRunningMean, bnRunningVar, bnEps, bnWeight, bnBias, per);
}

function statistics(op: string, layer: Module, bn: Norm): { mean: Tensor; variance: Tensor } {
	if (layer.training || bn.training) throw new Error(`[${op}] fusion only for eval: call eval() on both first`);
	if (bn.runningMean === null || bn.runningVar === null) {
		throw new Error(`[${op}] the normalisation has no running statistics to fold in`);
	}
	return { mean: bn.runningMean, variance: bn.runningVar };
}

/** One linear layer that gives what `bn(linear(x))` gives; both must be in evaluation mode. They are left as they are. */
export function fuseLinearBnEval(linear: Linear, bn: BatchNorm1d): Linear {
	const { mean, variance } = statistics("fuseLinearBnEval", linear, bn);
	if (linear.outFeatures !== bn.numFeatures && bn.numFeatures !== 1) {
		throw new RangeError(
			`[fuseLinearBnEval] linear.outFeatures must match bn.numFeatures, got ${linear.outFeatures} and ${bn.numFeatures}`,
		);
	}
	const fused = linear.clone();
	[fused.weight, fused.bias] = fuseLinearBnWeights(
		linear.weight,
		linear.bias,
		mean,
		variance,
		bn.eps,
		bn.weight,
		bn.bias,
	);
	return fused;
}

/**
 * One convolution that gives what `bn(conv(x))` gives; both must be in evaluation mode. They are left as they are.
 * `transpose`: `conv` is a transposed one (without groups).
 */
export function fuseConvBnEval<C extends Conv>(conv: C, bn: Norm, transpose?: false): C;
export function fuseConvBnEval<C extends ConvTranspose>(conv: C, bn: Norm, transpose: true): C;
export function fuseConvBnEval(conv: Conv | ConvTranspose, bn: Norm, transpose = false): Conv | ConvTranspose {
	const { mean, variance } = statistics("fuseConvBnEval", conv, bn);
	if (conv.outChannels !== bn.numFeatures) {
		throw new RangeError(
			`[fuseConvBnEval] conv.outChannels must match bn.numFeatures, got ${conv.outChannels} and ${bn.numFeatures}`,
		);
	}
	if (transpose && conv.groups !== 1) {
		throw new RangeError(`[fuseConvBnEval] a transposed convolution must have groups=1, got ${conv.groups}`);
	}
	const fused = conv.clone();
	const { weight, bias } = conv;
	[fused.weight, fused.bias] = fuseConvBnWeights(weight, bias, mean, variance, bn.eps, bn.weight, bn.bias, transpose);
	return fused;
}
