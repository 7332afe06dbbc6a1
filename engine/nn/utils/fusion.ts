import { noGrad } from "../../core/gradMode";
import type { Tensor } from "../../core/tensor";
import type { BatchNorm1d } from "../modules/batchnorm";
import type { Linear } from "../modules/linear";
import { Parameter } from "../parameter";

/* A batch normalisation folded into the layer before it: in evaluation both together are one layer. */

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
	return noGrad(() => {
		const inverse = bnRunningVar.add(bnEps).rsqrt();
		const scale = bnWeight === null ? inverse : bnWeight.mul(inverse);
		const centred = linearBias === null ? bnRunningMean.neg() : linearBias.sub(bnRunningMean);
		const shifted = centred.mul(scale);
		const requiresGrad = linearWeight.requiresGrad;
		return [
			new Parameter(linearWeight.mul(scale.unsqueeze(-1)), { requiresGrad }),
			new Parameter(bnBias === null ? shifted : shifted.add(bnBias), { requiresGrad }),
		];
	});
}

/** One linear layer that gives what `bn(linear(x))` gives; both must be in evaluation mode. They are left as they are. */
export function fuseLinearBnEval(linear: Linear, bn: BatchNorm1d): Linear {
	if (linear.training || bn.training)
		throw new Error("[fuseLinearBnEval] fusion only for eval: call eval() on both first");
	if (bn.runningMean === null || bn.runningVar === null) {
		throw new Error("[fuseLinearBnEval] the normalisation has no running statistics to fold in");
	}
	if (linear.outFeatures !== bn.numFeatures && bn.numFeatures !== 1) {
		throw new RangeError(
			`[fuseLinearBnEval] linear.outFeatures must match bn.numFeatures, got ${linear.outFeatures} and ${bn.numFeatures}`,
		);
	}
	const fused = linear.clone();
	[fused.weight, fused.bias] = fuseLinearBnWeights(
		linear.weight,
		linear.bias,
		bn.runningMean,
		bn.runningVar,
		bn.eps,
		bn.weight,
		bn.bias,
	);
	return fused;
}
