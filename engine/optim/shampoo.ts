import { float64 } from "../core/dtype";
import { native } from "../core/native";
import { number } from "../core/pythonText";
import { type Tensor, wrap } from "../core/tensor";
import { Optimizer, type ParamGroup, type Params, written } from "./optimizer";
import { atLeast, flag, integer, type OptionsOf, within } from "./options";
import { like } from "./pointwise";
import { withLr } from "./sgd";

const specs = {
	lr: atLeast(0, 0.1),
	momentum: within(0, 1, 0, number),
	weightDecay: atLeast(0, 0, number),
	eps: atLeast(0, 1e-4),
	updateFreq: integer(1, 1),
	maximize: flag(false),
};

type Group = OptionsOf<typeof specs>;

export interface ShampooOptions {
	/** Learning rate. Default 0.1. */
	lr?: number;
	/** Decay rate of the mean of preconditioned gradients that the step takes. Default 0: the gradient itself. */
	momentum?: number;
	/** Added to the gradient as this factor times the parameter: L2 regularisation. Default 0. */
	weightDecay?: number;
	/** What the preconditioners begin with, times the identity. Default 1e-4. */
	eps?: number;
	/** Steps between two computations of the inverse roots, the expensive part. Default 1. */
	updateFreq?: number;
	/** Go up instead of down. Default false. */
	maximize?: boolean;
}

interface State {
	step: number;
	momentumBuffer?: Tensor;
	/** One for every dimension: ε·1 plus the sum of the gradient's products with itself along the others. */
	preconditioners: Tensor[];
	/** Their −1/(2k)-th powers, k the number of dimensions. */
	roots: Tensor[];
}

/**
 * Shampoo (Gupta, Koren and Singer, 2018): every dimension i of a gradient G of order k is multiplied by Lᵢ^(−1/2k), where
 * Lᵢ sums G·Gᵀ along that dimension over all steps. A matrix becomes L^(−1/4) G R^(−1/4). The roots are computed in
 * float64 by a coupled Newton iteration, of matrix products alone.
 */
export class Shampoo extends Optimizer<typeof specs> {
	constructor(params: Params<ShampooOptions>, options?: ShampooOptions);
	constructor(params: Params<ShampooOptions>, lr: number, options?: Omit<ShampooOptions, "lr">);
	constructor(params: Params<ShampooOptions>, ...rest: [ShampooOptions?] | [number, ShampooOptions?]) {
		super(specs, params as Params<Group>, withLr(rest));
	}

	update(group: ParamGroup<Group>, params: readonly Tensor[]): void {
		for (const param of params) {
			const grad = this.#gradient(group, param);
			const state = this._stateOf<State>(param);
			if (state.step === undefined) Object.assign(state, start(param, group.eps));
			const ready = state as State;
			let direction = precondition(grad, ready, group.updateFreq);
			if (group.momentum > 0) {
				ready.momentumBuffer ??= like(param);
				ready.momentumBuffer.mul_(group.momentum).add_(direction, { alpha: 1 - group.momentum });
				direction = ready.momentumBuffer;
			}
			ready.step++;
			native.sub(param.handle, direction.handle, group.lr, param.handle);
		}
		written(params);
	}

	#gradient({ maximize, weightDecay }: Group, param: Tensor): Tensor {
		const grad = maximize ? param.grad!.neg() : param.grad!;
		return weightDecay === 0 ? grad : grad.add(param, { alpha: weightDecay });
	}
}

/** On the device of `like`. */
function identity(size: number, like: Tensor): Tensor {
	return wrap(native.eye(size, size, float64.code, like.handle));
}

function start(param: Tensor, eps: number): State {
	const preconditioners = param.shape.map((size) => identity(size, param).mul(eps));
	return { step: 0, preconditioners, roots: [] };
}

function precondition(grad: Tensor, state: State, updateFreq: number): Tensor {
	const order = grad.ndim;
	if (order === 0) return grad;
	let result = grad.to(float64);
	const whole = result;
	for (let dim = 0; dim < order; dim++) {
		const size = grad.size(dim);
		const along = (tensor: Tensor) => tensor.transpose(0, dim).reshape(size, -1);
		const rows = along(whole);
		state.preconditioners[dim]!.add_(rows.matmul(rows.t()));
		if (state.step % updateFreq === 0) state.roots[dim] = inverseRoot(state.preconditioners[dim]!, 2 * order);
		const shape = result.transpose(0, dim).shape;
		result = state.roots[dim]!.matmul(along(result)).reshape(shape).transpose(0, dim);
	}
	return result.to(grad.dtype);
}

/**
 * A^(−1/p) of a symmetric positive definite matrix: Mₖ = A·Xₖᵖ goes to the identity, Xₖ to the root
 * (Guo and Higham, 2006).
 */
export function inverseRoot(matrix: Tensor, p: number): Tensor {
	const size = matrix.size(0);
	const one = identity(size, matrix);
	// The spectral norm is at most the largest row sum.
	const norm = matrix.abs().sum(1).max().item();
	const scale = (1 + p) / (2 * norm);
	let m = matrix.mul(scale);
	let root = one.mul(scale ** (1 / p));
	let error = Infinity;
	for (let iteration = 0; iteration < 100; iteration++) {
		const factor = one.mul(1 + 1 / p).sub(m, { alpha: 1 / p });
		const next = power(factor, p).matmul(m);
		const left = next.sub(one).abs().max().item();
		// Rounding keeps it from getting any better.
		if (!(left < error)) break;
		root = root.matmul(factor);
		m = next;
		error = left;
		if (error < 1e-14) break;
	}
	if (!(error < 1e-3)) {
		throw new RangeError(
			`[Shampoo] the inverse root of a preconditioner of size ${size} did not converge (error ${error}): a larger eps may help`,
		);
	}
	return root;
}

function power(matrix: Tensor, exponent: number): Tensor {
	let result: Tensor | null = null;
	let square = matrix;
	for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
		if (rest % 2 === 1) result = result === null ? square : result.matmul(square);
		if (rest > 1) square = square.matmul(square);
	}
	return result!;
}
