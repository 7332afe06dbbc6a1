import { native } from "../core/native";
import { number } from "../core/pythonText";
import type { Tensor } from "../core/tensor";
import { Optimizer, type ParamGroup, type Params } from "./optimizer";
import { atLeast, flag, hint, type OptionsOf, off, pair } from "./options";
import { decayConstants, like, pointwiseStep } from "./pointwise";
import { withLr } from "./sgd";

const specs = {
	lr: atLeast(0, 1e-2),
	etas: pair([0.5, 1.2], "two factors, one between 0 and 1 and one above 1", (a, b) => a > 0 && a < 1 && b > 1),
	stepSizes: pair([1e-6, 50], "the least and the greatest step", (least, most) => least <= most, number),
	foreach: hint,
	maximize: flag(false),
	differentiable: off,
	capturable: flag(false),
};

type Group = OptionsOf<typeof specs>;

export interface RpropOptions {
	/** The first step. Default 0.01. */
	lr?: number;
	/** Factors of a step when the sign turns, and when it stays. Default [0.5, 1.2]. */
	etas?: readonly [number, number];
	/** The least and the greatest step. Default [1e-6, 50]. */
	stepSizes?: readonly [number, number];
	/** Go up instead of down. Default false. */
	maximize?: boolean;
	foreach?: boolean | null;
	/** PyTorch's option for captured steps; here every step can be captured, with or without. Default false. */
	capturable?: boolean;
	differentiable?: false;
}

/** Steps of a size of each element's own, which grows while the gradient keeps its sign (Riedmiller and Braun, 1993). */
export class Rprop extends Optimizer<typeof specs> {
	constructor(params: Params<Group>, options?: RpropOptions);
	constructor(params: Params<Group>, lr: number, options?: Omit<RpropOptions, "lr">);
	constructor(params: Params<Group>, ...rest: [RpropOptions?] | [number, RpropOptions?]) {
		super(specs, params, withLr(rest));
	}

	update(group: ParamGroup<Group>, params: readonly Tensor[]): void {
		const { lr, etas, stepSizes } = group;
		const start = (param: Tensor) => ({ prev: like(param), stepSize: like(param, lr) });
		const constants = [...decayConstants(group), ...etas, ...stepSizes];
		pointwiseStep(this, native.rpropStep, params, start, () => constants);
	}
}
