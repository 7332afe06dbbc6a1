import { native } from "../core/native";
import { number } from "../core/pythonText";
import type { Tensor } from "../core/tensor";
import { Optimizer, type ParamGroup, type Params } from "./optimizer";
import { atLeast, flag, hint, type OptionsOf, off, within } from "./options";
import { decayConstants, like, pointwiseStep } from "./pointwise";
import { withLr } from "./sgd";

const specs = {
	lr: atLeast(0, 1),
	rho: within(0, 1 + Number.EPSILON, 0.9),
	eps: atLeast(0, 1e-6),
	weightDecay: atLeast(0, 0, number),
	maximize: flag(false),
	capturable: flag(false),
	foreach: hint,
	differentiable: off,
};

type Group = OptionsOf<typeof specs>;

export interface AdadeltaOptions {
	/** Learning rate. Default 1. */
	lr?: number;
	/** Decay rate of both mean squares. Default 0.9. */
	rho?: number;
	/** Added to the denominator. Default 1e-6. */
	eps?: number;
	/** Added to the gradient as this factor times the parameter: L2 regularisation. Default 0. */
	weightDecay?: number;
	/** Go up instead of down. Default false. */
	maximize?: boolean;
	foreach?: boolean | null;
	/** PyTorch's option for captured steps; here every step can be captured, with or without. Default false. */
	capturable?: boolean;
	differentiable?: false;
}

/** Steps scaled by the ratio of mean squares of earlier steps and gradients (Zeiler, 2012). */
export class Adadelta extends Optimizer<typeof specs> {
	constructor(params: Params<Group>, options?: AdadeltaOptions);
	constructor(params: Params<Group>, lr: number, options?: Omit<AdadeltaOptions, "lr">);
	constructor(params: Params<Group>, ...rest: [AdadeltaOptions?] | [number, AdadeltaOptions?]) {
		super(specs, params, withLr(rest));
	}

	update(group: ParamGroup<Group>, params: readonly Tensor[]): void {
		const { lr, rho, eps } = group;
		const start = (param: Tensor) => ({ squareAvg: like(param), accDelta: like(param) });
		const constants = [...decayConstants(group), lr, rho, 1 - rho, eps];
		pointwiseStep(this, native.adadeltaStep, params, start, () => constants);
	}
}
