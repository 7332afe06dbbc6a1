import { native } from "../core/native";
import { number } from "../core/pythonText";
import type { Tensor } from "../core/tensor";
import { Optimizer, type ParamGroup, type Params } from "./optimizer";
import { atLeast, betas, flag, hint, type OptionsOf, off } from "./options";
import { decayConstants, like, pointwiseStep } from "./pointwise";
import { withLr } from "./sgd";

const specs = {
	lr: atLeast(0, 2e-3),
	betas: betas(),
	eps: atLeast(0, 1e-8),
	weightDecay: atLeast(0, 0, number),
	foreach: hint,
	maximize: flag(false),
	differentiable: off,
	capturable: flag(false),
};

type Group = OptionsOf<typeof specs>;

export interface AdamaxOptions {
	/** Learning rate. Default 0.002. */
	lr?: number;
	/** Decay rates of the mean gradient and of its mean square. Default [0.9, 0.999]. */
	betas?: readonly [number, number];
	/** Added to the denominator. Default 1e-8. */
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

/** Adam with the decaying largest gradient in place of the root mean square (Kingma and Ba, 2015). */
export class Adamax extends Optimizer<typeof specs> {
	constructor(params: Params<Group>, options?: AdamaxOptions);
	constructor(params: Params<Group>, lr: number, options?: Omit<AdamaxOptions, "lr">);
	constructor(params: Params<Group>, ...rest: [AdamaxOptions?] | [number, AdamaxOptions?]) {
		super(specs, params, withLr(rest));
	}

	update(group: ParamGroup<Group>, params: readonly Tensor[]): void {
		const { lr, eps } = group;
		const [beta1, beta2] = group.betas;
		const start = (param: Tensor) => ({ expAvg: like(param), expInf: like(param) });
		pointwiseStep(this, native.adamaxStep, params, start, (step) => [
			...decayConstants(group),
			1 - beta1,
			beta2,
			eps,
			-lr / (1 - beta1 ** step),
		]);
	}
}
