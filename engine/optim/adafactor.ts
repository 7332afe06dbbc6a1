import { finfo } from "../core/limits";
import { native } from "../core/native";
import { float } from "../core/pythonText";
import { type Tensor, wrap } from "../core/tensor";
import { Optimizer, type ParamGroup, type Params } from "./optimizer";
import { atLeast, flag, hint, type OptionSpec, type OptionsOf } from "./options";
import { like } from "./pointwise";
import { withLr } from "./sgd";

const eps: OptionSpec<readonly [number | null, number]> = {
	default: [null, 1e-3],
	expected: "two numbers of at least 0, the first or null for the dtype's own",
	accepts: (value) =>
		Array.isArray(value) && value.length === 2 && (value[0] === null || value[0] >= 0) && (value[1] as number) >= 0,
	text: ([first, second]: [number | null, number]) => `(${first === null ? "None" : float(first)}, ${float(second)})`,
};

const atMostZero: OptionSpec<number> = {
	default: -0.8,
	expected: "a number of at most 0",
	accepts: (value) => typeof value === "number" && value <= 0,
	text: float,
};

const specs = {
	lr: atLeast(0, 1e-2),
	beta2Decay: atMostZero,
	eps,
	d: atLeast(1, 1),
	weightDecay: atLeast(0, 0),
	foreach: hint,
	maximize: flag(false),
};

type Group = OptionsOf<typeof specs>;

export interface AdafactorOptions {
	/** The greatest relative step. Default 0.01. */
	lr?: number;
	/** Power of the step's number in the weight of a new square. Default −0.8. */
	beta2Decay?: number;
	/** Bounds from below: of squares (null: the dtype's eps), and of a parameter's size. Default [null, 1e-3]. */
	eps?: readonly [number | null, number];
	/** Bound of an update's root mean square. Default 1. */
	d?: number;
	/** Decoupled: the parameter shrinks by lr times this. Default 0. */
	weightDecay?: number;
	/** Go up instead of down. Default false. */
	maximize?: boolean;
	foreach?: boolean | null;
}

interface State {
	step: number;
	rowVar?: Tensor;
	colVar?: Tensor;
	variance?: Tensor;
}

/** Adam's second moments by rows and columns alone, with steps in proportion to the parameters (Shazeer and Stern, 2018). */
export class Adafactor extends Optimizer<typeof specs> {
	constructor(params: Params<Group>, options?: AdafactorOptions);
	constructor(params: Params<Group>, lr: number, options?: Omit<AdafactorOptions, "lr">);
	constructor(params: Params<Group>, ...rest: [AdafactorOptions?] | [number, AdafactorOptions?]) {
		super(specs, params, withLr(rest));
	}

	update(group: ParamGroup<Group>, params: readonly Tensor[]): void {
		const { lr, beta2Decay, d, weightDecay, maximize } = group;
		for (const param of params) {
			const grad = maximize ? param.grad!.neg() : param.grad!;
			const state = this._stateOf<State>(param) as State;
			if (state.step === undefined) Object.assign(state, start(grad));
			state.step++;
			const least = group.eps[0] ?? finfo(param.dtype).eps;
			const size = rootMeanSquare(param);
			const alpha = Math.max(group.eps[1], size) * Math.min(lr, 1 / Math.sqrt(state.step));
			if (weightDecay !== 0) param.mul_(1 - lr * weightDecay);
			const squares = remembered(state, grad, state.step ** beta2Decay, least);
			const update = squares
				.clamp_({ min: least * least })
				.rsqrt_()
				.mul_(grad);
			param.add_(update, { alpha: -alpha / Math.max(1, rootMeanSquare(update) / d) });
		}
	}
}

function start(grad: Tensor): State {
	if (grad.ndim <= 1) return { step: 0, variance: like(grad) };
	const zeros = (dim: number) => wrap(native.full(grad.shape.with(dim, 1), 0, grad.dtype.code, grad.handle));
	return { step: 0, rowVar: zeros(-1), colVar: zeros(-2) };
}

/** The mean of squares of each element, of a matrix by its row's and its column's. */
function remembered(state: State, grad: Tensor, weight: number, least: number): Tensor {
	if (state.variance) return state.variance.lerp_(grad.mul(grad), weight).clone();
	const [rows, columns] = [state.rowVar!, state.colVar!];
	const mean = (dim: number) => grad.norm(2, dim, true).square_().div_(grad.size(dim));
	rows.lerp_(mean(-1), weight);
	columns.lerp_(mean(-2), weight);
	return rows.matmul(columns).div_(rows.mean(-2, true).clamp_({ min: least }));
}

function rootMeanSquare(x: Tensor): number {
	return x.norm(2).item() / Math.sqrt(x.numel());
}
