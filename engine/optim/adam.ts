import { native } from "../core/native";
import { number } from "../core/pythonText";
import type { Tensor } from "../core/tensor";
import { Optimizer, type ParamGroup, type Params } from "./optimizer";
import { atLeast, betas, flag, hint, type OptionsOf, off } from "./options";
import { decayConstants, like, pointwiseStep } from "./pointwise";
import { withLr } from "./sgd";

const specs = {
	lr: atLeast(0, 1e-3),
	betas: betas(),
	eps: atLeast(0, 1e-8),
	weightDecay: atLeast(0, 0, number),
	amsgrad: flag(false),
	maximize: flag(false),
	foreach: hint,
	capturable: flag(false),
	differentiable: off,
	fused: hint,
	decoupledWeightDecay: flag(false),
};

type Group = OptionsOf<typeof specs>;

/** What Adam and AdamW have in common. */
export interface AdamBaseOptions {
	/** Learning rate. Default 0.001. */
	lr?: number;
	/** Decay rates of the mean gradient and of its mean square. Default [0.9, 0.999]. */
	betas?: readonly [number, number];
	/** Added to the denominator. Default 1e-8. */
	eps?: number;
	/** Divide by the largest mean square so far (Reddi et al., 2018). Default false. */
	amsgrad?: boolean;
	/** Go up instead of down. Default false. */
	maximize?: boolean;
	foreach?: boolean | null;
	/** PyTorch's option for captured steps; here every step can be captured, with or without. Default false. */
	capturable?: boolean;
	differentiable?: false;
	fused?: boolean | null;
}

export interface AdamOptions extends AdamBaseOptions {
	/** Added to the gradient as this factor times the parameter: L2 regularisation. Default 0. */
	weightDecay?: number;
	/** Shrink the parameter by lr·weightDecay instead: AdamW. Default false. */
	decoupledWeightDecay?: boolean;
}

/**
 * m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², p ← p − lr·m̂ / (√v̂ + eps) with m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ)
 * (Kingma and Ba, 2015).
 */
export class Adam extends Optimizer<typeof specs> {
	constructor(params: Params<Group>, options?: AdamOptions);
	constructor(params: Params<Group>, lr: number, options?: Omit<AdamOptions, "lr">);
	constructor(params: Params<Group>, ...rest: [AdamOptions?] | [number, AdamOptions?]) {
		super(specs, params, withLr(rest));
	}

	update(group: ParamGroup<Group>, params: readonly Tensor[]): void {
		const { lr, eps, amsgrad } = group;
		const [beta1, beta2] = group.betas;
		const start = (param: Tensor): Record<string, Tensor> => ({
			expAvg: like(param),
			expAvgSq: like(param),
			...(amsgrad && { maxExpAvgSq: like(param) }),
		});
		pointwiseStep(this, amsgrad ? native.adamMaxStep : native.adamStep, params, start, (step) => [
			...decayConstants(group),
			1 - beta1,
			beta2,
			1 - beta2,
			Math.sqrt(1 - beta2 ** step),
			eps,
			-lr / (1 - beta1 ** step),
		]);
	}
}
