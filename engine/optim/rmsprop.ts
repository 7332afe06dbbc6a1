import { native } from "../core/native";
import { number } from "../core/pythonText";
import type { Tensor } from "../core/tensor";
import { Optimizer, type ParamGroup, type Params } from "./optimizer";
import { atLeast, flag, hint, type OptionsOf, off } from "./options";
import { decayConstants, like, pointwiseStep } from "./pointwise";
import { withLr } from "./sgd";

const kernels = {
	falsefalse: native.rmspropStep,
	truefalse: native.rmspropMomentumStep,
	falsetrue: native.rmspropCenteredStep,
	truetrue: native.rmspropCenteredMomentumStep,
};

const specs = {
	lr: atLeast(0, 1e-2),
	momentum: atLeast(0, 0, number),
	alpha: atLeast(0, 0.99),
	eps: atLeast(0, 1e-8),
	centered: flag(false),
	weightDecay: atLeast(0, 0, number),
	capturable: flag(false),
	foreach: hint,
	maximize: flag(false),
	differentiable: off,
};

type Group = OptionsOf<typeof specs>;

export interface RMSpropOptions {
	/** Learning rate. Default 0.01. */
	lr?: number;
	/** Decay rate of the mean square. Default 0.99. */
	alpha?: number;
	/** Added to the denominator. Default 1e-8. */
	eps?: number;
	/** Added to the gradient as this factor times the parameter: L2 regularisation. Default 0. */
	weightDecay?: number;
	/** Factor on the sum of earlier steps. Default 0. */
	momentum?: number;
	/** Divide by the standard deviation of the gradient. Default false. */
	centered?: boolean;
	/** Go up instead of down. Default false. */
	maximize?: boolean;
	foreach?: boolean | null;
	/** PyTorch's option for captured steps; here every step can be captured, with or without. Default false. */
	capturable?: boolean;
	differentiable?: false;
}

/**
 * Gradients divided by the root of their decaying mean square (Hinton, 2012); centered: by the root of their variance.
 */
export class RMSprop extends Optimizer<typeof specs> {
	constructor(params: Params<Group>, options?: RMSpropOptions);
	constructor(params: Params<Group>, lr: number, options?: Omit<RMSpropOptions, "lr">);
	constructor(params: Params<Group>, ...rest: [RMSpropOptions?] | [number, RMSpropOptions?]) {
		super(specs, params, withLr(rest));
	}

	update(group: ParamGroup<Group>, params: readonly Tensor[]): void {
		const { lr, momentum, alpha, eps, centered } = group;
		const start = (param: Tensor) => ({
			squareAvg: like(param),
			...(momentum > 0 && { momentumBuffer: like(param) }),
			...(centered && { gradAvg: like(param) }),
		});
		const constants = [...decayConstants(group), alpha, 1 - alpha, eps, momentum, lr];
		pointwiseStep<Record<string, Tensor>>(this, kernels[`${momentum > 0}${centered}`], params, start, () => constants);
	}
}
