import type { Derivative } from "../autograd/node";
import { record, tracked } from "../autograd/record";
import { describe, shapeText } from "../core/arguments";
import { namedTuple } from "../core/namedTuple";
import { native } from "../core/native";
import { type Scalar, Tensor, wrap } from "../core/tensor";
import { cloneFor } from "./copy";
import { arange, full, type TensorOptions } from "./create";
import { multiDot } from "./linalg";
import { asMethods, asProperties } from "./methods";

/* PyTorch's older and shorter names, and small functions of few lines. */

/** A tensor of no dimensions. */
export function scalarTensor(value: Scalar, options: TensorOptions = {}): Tensor {
	return full([], value, options);
}

/** `start`, `start + step`, … up to and including `end`, in the default dtype: the older form of `arange`. */
export function range(start: number, end: number, step = 1, options: TensorOptions = {}): Tensor {
	const count = Math.floor((end - start) / step) + 1;
	return arange(0, Math.max(count, 0), { dtype: full([], 0.5, options).dtype, device: options.device })
		.mul(step)
		.add(start);
}

/** The product of matrices, in the order that takes the fewest multiplications. */
export function chainMatmul(...matrices: Tensor[]): Tensor {
	return matrices.length === 1 ? matrices[0]! : multiDot(matrices);
}

/** A copy with every element `value`. */
export function fill(x: Tensor, value: Tensor | Scalar): Tensor {
	return cloneFor(x, value).fill_(value);
}

/** `split` into pieces of these sizes. */
export function splitWithSizes(x: Tensor, splitSizes: readonly number[], dim = 0): Tensor[] {
	return x.split(splitSizes, dim);
}

export interface MantissaAndExponent {
	readonly mantissa: Tensor;
	readonly exponent: Tensor;
	readonly 0: Tensor;
	readonly 1: Tensor;
	readonly length: 2;
	[Symbol.iterator](): IterableIterator<Tensor>;
}

/** x = mantissa · 2^exponent, ½ ≤ |mantissa| < 1; the exponent is int32. */
export function frexp(x: Tensor): MantissaAndExponent {
	if (!x.isFloatingPoint()) throw new TypeError(`[frexp] only supports floating-point dtypes, got ${x.dtype}`);
	const exponents = native.toNumbers(x.handle).map(exponentOf);
	const exponent = wrap(native.fromNumbers(exponents, x.shape, 3, x.handle));
	// In two steps: the power itself may lie outside of the dtype.
	const half = exponent.div(2, { roundingMode: "trunc" });
	const source = x.detach().double();
	const out = source.ldexp(half.neg()).ldexp(half.sub(exponent)).to(x.dtype);
	const mantissa = tracked(x) ? record(out, frexpBackward, [x], [exponent]) : out;
	return namedTuple("frexp", ["mantissa", "exponent"], [mantissa, exponent]);
}

const frexpBackward: Derivative = {
	name: "FrexpBackward0",
	backward: (node, grad) => [grad.div(node.saved(0).to(grad.dtype).exp2())],
};

function exponentOf(value: number): number {
	if (value === 0 || !Number.isFinite(value)) return 0;
	let exponent = Math.max(-1022, Math.floor(Math.log2(Math.abs(value))) + 1);
	let rest = Math.abs(value) / 2 ** exponent;
	for (; rest < 0.5; rest *= 2) exponent--;
	for (; rest >= 1; rest /= 2) exponent++;
	return exponent;
}

/** A copy with `source` put (or, with `accumulate`, added) at places counted through the whole tensor. */
function put_<T extends Tensor>(
	x: T,
	index: Tensor,
	source: Tensor,
	accumulate: boolean | { accumulate?: boolean } = false,
): T {
	const adds = typeof accumulate === "object" ? (accumulate.accumulate ?? false) : accumulate;
	if (index.numel() !== source.numel()) {
		throw new RangeError(
			`[put_] expected as many indices as elements of source, got ${shapeText(index.shape)} and ${shapeText(source.shape)}`,
		);
	}
	const flat = x.isContiguous() ? x.view(-1) : null;
	const values = source.reshape(-1);
	if (flat) flat.indexPut_([index.reshape(-1)], values, adds);
	else
		x.copy_(
			x
				.reshape(-1)
				.indexPut([index.reshape(-1)], values, adds)
				.reshape(x.shape),
		);
	return x;
}

/** A copy with `source` put at places counted through the whole tensor. */
export function put(
	x: Tensor,
	index: Tensor,
	source: Tensor,
	accumulate: boolean | { accumulate?: boolean } = false,
): Tensor {
	return put_(cloneFor(x, index, source), index, source, accumulate);
}

const tensorOf = (op: string, x: Tensor): Tensor => {
	if (!(x instanceof Tensor)) throw new TypeError(`[${op}] expected a tensor, got ${describe(x)}`);
	return x;
};

/** Whether the dtype has negative numbers. */
export const isSigned = (x: Tensor): boolean => tensorOf("isSigned", x).isSigned();
/** Whether the elements are complex numbers: there are none here. */
export const isComplex = (x: Tensor): boolean => tensorOf("isComplex", x).isComplex();
/** Whether the tensor was made in inference mode. */
export const isInference = (x: Tensor): boolean => tensorOf("isInference", x).isInference();
/** Whether both have one shape. */
export const isSameSize = (x: Tensor, other: Tensor): boolean => tensorOf("isSameSize", x).isSameSize(other);
/** Matrices transposed: the numbers are real. */
export const adjoint = (x: Tensor): Tensor => x.mT;

declare module "../core/tensor" {
	interface Tensor {
		/** `split` into pieces of these sizes. */
		splitWithSizes(splitSizes: readonly number[], dim?: number): Tensor[];
		/** x = mantissa · 2^exponent, ½ ≤ |mantissa| < 1. */
		frexp(): MantissaAndExponent;
		/** A copy with `source` put at places counted through the whole tensor. */
		put(index: Tensor, source: Tensor, accumulate?: boolean | { accumulate?: boolean }): Tensor;
		put_(index: Tensor, source: Tensor, accumulate?: boolean | { accumulate?: boolean }): this;
		/** Matrices transposed: the numbers are real. */
		adjoint(): Tensor;
		/** As `mT`. */
		readonly mH: Tensor;
		/** As `T`, of matrices. */
		readonly H: Tensor;
	}
}

asMethods({ splitWithSizes, frexp, put, put_, adjoint });
asProperties({ mH: (x) => x.mT, H: (x) => x.t() });
