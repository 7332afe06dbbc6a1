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
	momentumDecay: atLeast(0, 4e-3),
	decoupledWeightDecay: flag(false),
	maximize: flag(false),
	foreach: hint,
	capturable: flag(false),
	differentiable: off,
};

type Group = OptionsOf<typeof specs>;

export interface NAdamOptions {
	/** Learning rate. Default 0.002. */
	lr?: number;
	/** Decay rates of the mean gradient and of its mean square. Default [0.9, 0.999]. */
	betas?: readonly [number, number];
	/** Added to the denominator. Default 1e-8. */
	eps?: number;
	/** Added to the gradient as this factor times the parameter: L2 regularisation. Default 0. */
	weightDecay?: number;
	/** How fast the momentum rises to β₁. Default 0.004. */
	momentumDecay?: number;
	/** Shrink the parameter by lr·weightDecay instead. Default false. */
	decoupledWeightDecay?: boolean;
	/** Go up instead of down. Default false. */
	maximize?: boolean;
	foreach?: boolean | null;
	/** PyTorch's option for captured steps; here every step can be captured, with or without. Default false. */
	capturable?: boolean;
	differentiable?: false;
}

/** Adam with Nesterov's momentum (Dozat, 2016). */
export class NAdam extends Optimizer<typeof specs> {
	constructor(params: Params<Group>, options?: NAdamOptions);
	constructor(params: Params<Group>, lr: number, options?: Omit<NAdamOptions, "lr">);
	constructor(params: Params<Group>, ...rest: [NAdamOptions?] | [number, NAdamOptions?]) {
		super(specs, params, withLr(rest));
	}

	/** @internal */
	override _countsInTensors(property: string): boolean {
		return property === "step" || property === "muProduct";
	}

	update(group: ParamGroup<Group>, params: readonly Tensor[]): void {
		const { lr, eps, momentumDecay } = group;
		const [beta1, beta2] = group.betas;
		const momentum = (step: number) => beta1 * (1 - 0.5 * 0.96 ** (step * momentumDecay));
		// The product of all momenta so far, as PyTorch keeps it: in float32.
		for (const param of params) {
			const state = this._stateOf<{ step: number; muProduct: number }>(param);
			state.muProduct = Math.fround((state.muProduct ?? 1) * Math.fround(momentum((state.step ?? 0) + 1)));
		}
		const start = (param: Tensor): Record<string, Tensor> => ({ expAvg: like(param), expAvgSq: like(param) });
		pointwiseStep(this, native.nadamStep, params, start, (step, state) => {
			const now = momentum(step);
			const next = momentum(step + 1);
			const product = (state as unknown as { muProduct: number }).muProduct;
			return [
				...decayConstants(group),
				1 - beta1,
				beta2,
				1 - beta2,
				1 - beta2 ** step,
				eps,
				(-lr * (1 - now)) / (1 - product),
				(-lr * next) / (1 - product * next),
			];
		});
	}
}
