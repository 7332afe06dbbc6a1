import { number } from "../core/pythonText";
import type { Tensor } from "../core/tensor";
import { Optimizer, type ParamGroup, type Params } from "./optimizer";
import { atLeast, flag, hint, type OptionsOf, off, real } from "./options";
import { like } from "./pointwise";
import { withLr } from "./sgd";

const specs = {
	lr: atLeast(0, 1e-2),
	lambd: atLeast(0, 1e-4),
	alpha: atLeast(0, 0.75),
	t0: real(1e6),
	weightDecay: atLeast(0, 0, number),
	foreach: hint,
	maximize: flag(false),
	differentiable: off,
	capturable: off,
};

type Group = OptionsOf<typeof specs>;

export interface ASGDOptions {
	/** Learning rate. Default 0.01. */
	lr?: number;
	/** Decay. Default 1e-4. */
	lambd?: number;
	/** Power of the learning rate's fall. Default 0.75. */
	alpha?: number;
	/** Steps before averaging begins. Default 1e6. */
	t0?: number;
	/** Added to the gradient as this factor times the parameter: L2 regularisation. Default 0. */
	weightDecay?: number;
	/** Go up instead of down. Default false. */
	maximize?: boolean;
	foreach?: boolean | null;
	capturable?: false;
	differentiable?: false;
}

interface State {
	step: number;
	/** The learning rate now: lr / (1 + lambd·lr·step)^alpha. */
	eta: number;
	/** The weight of a new value in the average. */
	mu: number;
	/** The average of the parameter. */
	ax: Tensor;
}

/** Averaged stochastic gradient descent (Polyak and Juditsky, 1992); the averages are in `state`, under `ax`. */
export class ASGD extends Optimizer<typeof specs> {
	constructor(params: Params<Group>, options?: ASGDOptions);
	constructor(params: Params<Group>, lr: number, options?: Omit<ASGDOptions, "lr">);
	constructor(params: Params<Group>, ...rest: [ASGDOptions?] | [number, ASGDOptions?]) {
		super(specs, params, withLr(rest));
	}

	update(group: ParamGroup<Group>, params: readonly Tensor[]): void {
		const { lr, lambd, alpha, t0, weightDecay, maximize } = group;
		for (const param of params) {
			const state = this._stateOf<State>(param) as State;
			// PyTorch holds these numbers in float32.
			if (state.step === undefined) Object.assign(state, { step: 0, eta: Math.fround(lr), mu: 1, ax: like(param) });
			state.step++;
			let grad = maximize ? param.grad!.neg() : param.grad!;
			if (weightDecay !== 0) grad = grad.add(param, { alpha: weightDecay });
			param.mul_(1 - lambd * state.eta).add_(grad, { alpha: -state.eta });
			if (state.mu === 1) state.ax.copy_(param);
			else state.ax.add_(param.sub(state.ax).mul_(state.mu));
			state.eta = Math.fround(lr / (1 + lambd * lr * state.step) ** alpha);
			state.mu = Math.fround(1 / Math.max(1, state.step - t0));
		}
	}

	/** @internal */
	override _countsInTensors(property: string): boolean {
		return ["step", "eta", "mu"].includes(property);
	}
}
