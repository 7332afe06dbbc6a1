import { native } from "../core/native";
import { number } from "../core/pythonText";
import type { Tensor } from "../core/tensor";
import { Optimizer, type ParamGroup, type Params } from "./optimizer";
import { atLeast, flag, hint, type OptionsOf, off } from "./options";
import { decayConstants, like, pointwiseStep } from "./pointwise";
import { withLr } from "./sgd";

const specs = {
	lr: atLeast(0, 1e-2),
	lrDecay: atLeast(0, 0, number),
	eps: atLeast(0, 1e-10),
	weightDecay: atLeast(0, 0, number),
	initialAccumulatorValue: atLeast(0, 0, number),
	foreach: hint,
	maximize: flag(false),
	differentiable: off,
	fused: hint,
};

type Group = OptionsOf<typeof specs>;

export interface AdagradOptions {
	/** Learning rate. Default 0.01. */
	lr?: number;
	/** The rate is divided by 1 + step·lrDecay. Default 0. */
	lrDecay?: number;
	/** Added to the gradient as this factor times the parameter: L2 regularisation. Default 0. */
	weightDecay?: number;
	/** What the sum of squares begins with. Default 0. */
	initialAccumulatorValue?: number;
	/** Added to the denominator. Default 1e-10. */
	eps?: number;
	/** Go up instead of down. Default false. */
	maximize?: boolean;
	foreach?: boolean | null;
	differentiable?: false;
	fused?: boolean | null;
}

/** Gradients divided by the root of the sum of their squares (Duchi et al., 2011). */
export class Adagrad extends Optimizer<typeof specs> {
	constructor(params: Params<Group>, options?: AdagradOptions);
	constructor(params: Params<Group>, lr: number, options?: Omit<AdagradOptions, "lr">);
	constructor(params: Params<Group>, ...rest: [AdagradOptions?] | [number, AdagradOptions?]) {
		super(specs, params, withLr(rest));
		for (const group of this.paramGroups) {
			for (const param of group.params) Object.assign(this._stateOf(param), { step: 0, ...start(param, group) });
		}
	}

	update(group: ParamGroup<Group>, params: readonly Tensor[]): void {
		const { lr, lrDecay, eps } = group;
		pointwiseStep(
			this,
			native.adagradStep,
			params,
			(param) => start(param, group),
			(step) => [...decayConstants(group), lr / (1 + (step - 1) * lrDecay), eps],
		);
	}
}

function start(param: Tensor, { initialAccumulatorValue }: Group) {
	return { sum: like(param, initialAccumulatorValue) };
}
