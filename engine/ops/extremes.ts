import type { Derivative } from "../autograd/node";
import { record, recordAll, tracked } from "../autograd/record";
import { bind, integer, isOptions, wrapDim } from "../core/arguments";
import { namedTuple, type ValuesAndIndices, valuesAndIndices } from "../core/namedTuple";
import { type Handle, native } from "../core/native";
import { Tensor, wrap } from "../core/tensor";
import { maximum, minimum } from "./binary";
import { asMethods, methods } from "./methods";
import { type ReduceArguments, type Reduced, reduceArguments, restored } from "./reduce";

/* Largest, smallest, middle and most frequent elements, and where they are. */

export interface DimOptions {
	dim: number;
	keepdim?: boolean;
}

/** `(dim, keepdim)` in place, both by name. */
export type DimArguments = [dim: number, keepdim?: boolean | { keepdim?: boolean }] | [options: DimOptions];

interface Along {
	dim: number;
	keepdim: boolean;
	shape: number[];
}

/** @internal */
export function dimArguments(op: string, x: Tensor, args: readonly unknown[]): { dim: number; keepdim: boolean } {
	const { dim, keepdim = false } = bind<DimOptions>(op, args, ["dim", "keepdim"]);
	return { dim: wrapDim(op, integer(op, "dim", dim), x.ndim), keepdim };
}

/** @internal The gradient of values picked along a dimension: where they stood, else 0. */
export function placed(grad: Tensor, indices: Tensor, { dim, keepdim, shape }: Along): Tensor {
	if (shape.length === 0) return grad;
	const zeros = wrap(native.full(shape, 0, grad.dtype.code, grad.handle));
	return keepdim ? zeros.scatter(dim, indices, grad) : zeros.scatter(dim, indices.unsqueeze(dim), grad.unsqueeze(dim));
}

type Pair = (x: Handle, dim: number, keepdim: boolean) => [values: Handle, indices: Handle];

/** @internal An op that picks one element along a dimension. */
export function picking(op: string, node: string, kernel: Pair) {
	const derivative: Derivative = {
		name: node,
		backward: (self, grad) => [placed(grad, self.saved(0), self.attributes as Along)],
	};
	return (x: Tensor, args: readonly unknown[]): ValuesAndIndices => {
		const { dim, keepdim } = dimArguments(op, x, args);
		const [values, indices] = kernel(x.handle, dim, keepdim).map(wrap) as [Tensor, Tensor];
		if (tracked(x)) recordAll([values, indices], derivative, [x], [indices], { dim, keepdim, shape: x.shape });
		return valuesAndIndices(op, values, indices);
	};
}

/** The extreme over all; equal elements share the gradient. */
function overAll(name: string, kernel: (x: Handle) => Handle) {
	const derivative: Derivative = {
		name,
		backward(node, grad) {
			const [x, result] = [node.saved(0), node.saved(1)];
			const equal = x.eq(result).logicalOr(x.isnan().logicalAnd(result.isnan()));
			return [sharedAmong(grad, equal, null)];
		},
	};
	return (x: Tensor): Tensor => {
		const out = wrap(kernel(x.handle));
		return tracked(x) ? record(out, derivative, [x], [x, out]) : out;
	};
}

/** The gradient of an extreme, in equal parts to all elements that have its value. Where none has (NaN), it is NaN. */
function sharedAmong(grad: Tensor, equal: Tensor, dims: number[] | null): Tensor {
	const shares = equal.to(grad.dtype);
	return shares.div(shares.sum(dims, true)).mul(grad);
}

const maxAll = overAll("MaxBackward1", (x) => native.amax(x, null, false));
const minAll = overAll("MinBackward1", (x) => native.amin(x, null, false));
const medianAll = overAll("MedianBackward0", (x) => {
	// The middle of nothing is NaN, as the mean is.
	if (native.numel(x) === 0) return native.full([], Number.NaN, native.dtype(x), x);
	return native.medianDim(native.reshape(x, [-1]), 0, false)[0];
});
const maxAlong = picking("max", "MaxBackward0", native.maxDim);
const minAlong = picking("min", "MinBackward0", native.minDim);
const medianAlong = picking("median", "MedianBackward1", native.medianDim);
const modeAlong = picking("mode", "ModeBackward0", native.modeDim);

/** The other tensor of `max` and `min`, in place or by name. */
function otherOf(first: unknown): Tensor | null {
	if (first instanceof Tensor) return first;
	return isOptions(first) && first.other instanceof Tensor ? first.other : null;
}

/**
 * The largest element; with `dim` the largest along it and where (`values`, `indices`); with a tensor the larger of both,
 * element by element.
 */
export function max(x: Tensor): Tensor;
export function max(x: Tensor, other: Tensor | { other: Tensor }): Tensor;
export function max(x: Tensor, ...args: DimArguments): ValuesAndIndices;
export function max(x: Tensor, ...args: [] | [Tensor | { other: Tensor }] | DimArguments): Tensor | ValuesAndIndices {
	if (args.length === 0 || args[0] === undefined) return maxAll(x);
	const other = otherOf(args[0]);
	return other ? maximum(x, other) : maxAlong(x, args);
}

/** The smallest element; the same forms as `max`. */
export function min(x: Tensor): Tensor;
export function min(x: Tensor, other: Tensor | { other: Tensor }): Tensor;
export function min(x: Tensor, ...args: DimArguments): ValuesAndIndices;
export function min(x: Tensor, ...args: [] | [Tensor | { other: Tensor }] | DimArguments): Tensor | ValuesAndIndices {
	if (args.length === 0 || args[0] === undefined) return minAll(x);
	const other = otherOf(args[0]);
	return other ? minimum(x, other) : minAlong(x, args);
}

/** The middle element, of an even number the lower one; with `dim`, along it and where. */
export function median(x: Tensor): Tensor;
export function median(x: Tensor, ...args: DimArguments): ValuesAndIndices;
export function median(x: Tensor, ...args: [] | DimArguments): Tensor | ValuesAndIndices {
	if (x.dtype.name === "bool") throw new TypeError("[median] is not implemented for bool tensors");
	return args.length === 0 || args[0] === undefined ? medianAll(x) : medianAlong(x, args);
}

/** The most frequent element along `dim` (default the last), and where it stands last; a NaN is like no other element. */
export function mode(x: Tensor, ...args: [] | DimArguments | [options: { keepdim?: boolean }]): ValuesAndIndices {
	const { dim = -1, keepdim = false } = bind<{ dim: number; keepdim: boolean }>("mode", args, ["dim", "keepdim"]);
	return modeAlong(x, [dim, keepdim]);
}

function extreme(op: string, name: string, kernel: (x: Handle, dims: number[] | null, keepdim: boolean) => Handle) {
	const derivative: Derivative = {
		name,
		backward(node, grad) {
			const reduced = node.attributes as Reduced;
			const [x, result] = [node.saved(0), restored(node.saved(1), reduced)];
			return [sharedAmong(restored(grad, reduced), x.eq(result), reduced.dims)];
		},
	};
	return (x: Tensor, ...args: ReduceArguments): Tensor => {
		const { dims, keepdim } = reduceArguments(op, args);
		const out = wrap(kernel(x.handle, dims, keepdim));
		return tracked(x) ? record(out, derivative, [x], [x, out], { shape: x.shape, dims, keepdim }) : out;
	};
}

/** The largest element over some dimensions or all; equal ones share the gradient. */
export const amax = extreme("amax", "AmaxBackward0", native.amax);
/** The smallest element over some dimensions or all; equal ones share the gradient. */
export const amin = extreme("amin", "AminBackward0", native.amin);

export interface MinAndMax {
	readonly 0: Tensor;
	readonly 1: Tensor;
	readonly length: 2;
	readonly min: Tensor;
	readonly max: Tensor;
	[Symbol.iterator](): IterableIterator<Tensor>;
}

/** The smallest and the largest element, over all or along `dim`. */
export function aminmax(x: Tensor, options: { dim?: number | null; keepdim?: boolean } = {}): MinAndMax {
	if (tracked(x)) return aminmaxRecorded(x, options.dim ?? null, options.keepdim ?? false);
	const args: [{ dim: number | null; keepdim: boolean }] = [
		{ dim: options.dim ?? null, keepdim: options.keepdim ?? false },
	];
	return namedTuple("aminmax", ["min", "max"], [amin(x, ...args), amax(x, ...args)]);
}

function aminmaxRecorded(x: Tensor, dim: number | null, keepdim: boolean): MinAndMax {
	const reduced: Reduced = { shape: x.shape, dims: dim === null ? null : [dim], keepdim };
	const outputs = [native.amin, native.amax].map((kernel) => wrap(kernel(x.handle, reduced.dims, keepdim)));
	return namedTuple("aminmax", ["min", "max"], recordAll(outputs, aminmaxBackward, [x], [x, ...outputs], reduced));
}

const aminmaxBackward: Derivative = {
	name: "AminmaxBackward0",
	backward(node, _grad, grads) {
		const reduced = node.attributes as Reduced;
		const slopes = grads.map((grad, i) => {
			if (grad === null) return null;
			const result = restored(node.saved(i + 1), reduced);
			return sharedAmong(restored(grad, reduced), node.saved(0).eq(result), reduced.dims);
		});
		const [ofMin, ofMax] = slopes;
		return [ofMin && ofMax ? ofMin.add(ofMax) : (ofMin ?? ofMax ?? null)];
	},
};

function where(op: string, kernel: typeof native.argmax) {
	return (
		x: Tensor,
		...args:
			| [options?: { dim?: number | null; keepdim?: boolean }]
			| [dim: number | null, keepdim?: boolean | { keepdim?: boolean }]
	): Tensor => {
		const { dim, keepdim = false } = bind<{ dim: number | null; keepdim: boolean }>(op, args, ["dim", "keepdim"]);
		return wrap(kernel(x.handle, dim === undefined || dim === null ? null : integer(op, "dim", dim), keepdim));
	};
}

/** The position of the largest element along `dim`, the first of equal ones; without `dim`, in row-major order. */
export const argmax = where("argmax", native.argmax);
/** The position of the smallest element. */
export const argmin = where("argmin", native.argmin);

type ArgArguments = Parameters<typeof argmax> extends [Tensor, ...infer R] ? R : never;

declare module "../core/tensor" {
	interface Tensor {
		/** The largest element; with `dim`, along it and where (`values`, `indices`); with a tensor, the larger of both. */
		max(): Tensor;
		max(other: Tensor | { other: Tensor }): Tensor;
		max(...args: DimArguments): ValuesAndIndices;
		/** The smallest element; the same forms as `max`. */
		min(): Tensor;
		min(other: Tensor | { other: Tensor }): Tensor;
		min(...args: DimArguments): ValuesAndIndices;
		/** The middle element, of an even number the lower one; with `dim`, along it and where. */
		median(): Tensor;
		median(...args: DimArguments): ValuesAndIndices;
		/** The most frequent element along `dim` (default the last), and where it stands last. */
		mode(...args: [] | DimArguments): ValuesAndIndices;
		/** The largest element over some dimensions or all; equal ones share the gradient. */
		amax(...args: ReduceArguments): Tensor;
		amin(...args: ReduceArguments): Tensor;
		/** The smallest and the largest element, over all or along `dim`. */
		aminmax(options?: { dim?: number | null; keepdim?: boolean }): MinAndMax;
		/** The position of the largest element along `dim`; without `dim`, in row-major order. */
		argmax(...args: ArgArguments): Tensor;
		argmin(...args: ArgArguments): Tensor;
	}
}

asMethods({ mode, amax, amin, aminmax, argmax, argmin });
methods({ max: call(max), min: call(min), median: call(median) });

function call(fn: unknown) {
	return function (this: Tensor, ...args: unknown[]) {
		return (fn as (x: Tensor, ...args: unknown[]) => never)(this, ...args);
	};
}
