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
	maximize: flag(false),
	foreach: hint,
	capturable: flag(false),
	decoupledWeightDecay: flag(false),
	differentiable: off,
};

type Group = OptionsOf<typeof specs>;

export interface RAdamOptions {
	/** Learning rate. Default 0.001. */
	lr?: number;
	/** Decay rates of the mean gradient and of its mean square. Default [0.9, 0.999]. */
	betas?: readonly [number, number];
	/** Added to the denominator. Default 1e-8. */
	eps?: number;
	/** Added to the gradient as this factor times the parameter: L2 regularisation. Default 0. */
	weightDecay?: number;
	/** Shrink the parameter by lr·weightDecay instead (decoupled decay). Default false. */
	decoupledWeightDecay?: boolean;
	/** Go up instead of down. Default false. */
	maximize?: boolean;
	foreach?: boolean | null;
	/** PyTorch's option for captured steps; here every step can be captured, with or without. Default false. */
	capturable?: boolean;
	differentiable?: false;
}

/** Adam that trusts its variance only when enough steps were taken (Liu et al., 2020). */
export class RAdam extends Optimizer<typeof specs> {
	constructor(params: Params<Group>, options?: RAdamOptions);
	constructor(params: Params<Group>, lr: number, options?: Omit<RAdamOptions, "lr">);
	constructor(params: Params<Group>, ...rest: [RAdamOptions?] | [number, RAdamOptions?]) {
		super(specs, params, withLr(rest));
	}

	update(group: ParamGroup<Group>, params: readonly Tensor[]): void {
		const { lr, eps } = group;
		const [beta1, beta2] = group.betas;
		const start = (param: Tensor) => ({ expAvg: like(param), expAvgSq: like(param) });
		const rhoInf = 2 / (1 - beta2) - 1;
		pointwiseStep(this, native.radamStep, params, start, (step) => {
			const bias2 = 1 - beta2 ** step;
			const rho = rhoInf - (2 * step * beta2 ** step) / bias2;
			const rectified = rho > 5 ? Math.sqrt(((rho - 4) * (rho - 2) * rhoInf) / ((rhoInf - 4) * (rhoInf - 2) * rho)) : 0;
			const bias1 = 1 - beta1 ** step;
			return [...decayConstants(group), 1 - beta1, beta2, 1 - beta2, bias1, lr, eps, Math.sqrt(bias2), rectified];
		});
	}
}
