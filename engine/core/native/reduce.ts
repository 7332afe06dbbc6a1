import type { ArgReduce, Extreme, Handle, Reduce, ReducePair } from "./types";

/* Over dimensions. */

export interface ReduceOps {
	sum: Reduce;
	mean: Reduce;
	prod: Reduce;
	nansum: Reduce;
	/** Summed over the dimensions that broadcasting added or stretched, and cast to `dtype` (-1: kept). */
	sumTo: (x: Handle, shape: number[], dtype: number) => Handle;
	var: (x: Handle, dims: number[] | null, correction: number, keepdim: boolean) => Handle;
	std: (x: Handle, dims: number[] | null, correction: number, keepdim: boolean) => Handle;
	/** p: any real, ±Infinity included */
	norm: (x: Handle, p: number, dims: number[] | null, keepdim: boolean) => Handle;
	logsumexp: (x: Handle, dims: number[], keepdim: boolean) => Handle;
	amax: Extreme;
	amin: Extreme;
	maxDim: ReducePair;
	minDim: ReducePair;
	medianDim: ReducePair;
	modeDim: ReducePair;
	argmax: ArgReduce;
	argmin: ArgReduce;
	all: Extreme;
	any: Extreme;
	countNonzero: (x: Handle, dims: number[] | null) => Handle;
	cumsum: (x: Handle, dim: number, dtype: number) => Handle;
	cumprod: (x: Handle, dim: number, dtype: number) => Handle;
	logcumsumexp: (x: Handle, dim: number) => Handle;
	cummax: (x: Handle, dim: number) => [values: Handle, indices: Handle];
	cummin: (x: Handle, dim: number) => [values: Handle, indices: Handle];
	softmax: (x: Handle, dim: number) => Handle;
	logSoftmax: (x: Handle, dim: number) => Handle;
	softmaxBackward: (grad: Handle, result: Handle, dim: number) => Handle;
	logSoftmaxBackward: (grad: Handle, result: Handle, dim: number) => Handle;
	/** Whether all elements are within the tolerances, as PyTorch's allclose. */
	allclose: (a: Handle, b: Handle, rtol: number, atol: number, equalNan: boolean) => boolean;
	/** Same shape and elements. */
	equal: (a: Handle, b: Handle) => boolean;
}

export interface SortOps {
	/** Stable. */
	sort: (x: Handle, dim: number, descending: boolean) => [values: Handle, indices: Handle];
	topk: (x: Handle, k: number, dim: number, largest: boolean, sorted: boolean) => [values: Handle, indices: Handle];
	/** Sorted values, inverse indices, counts. */
	unique: (x: Handle) => [values: Handle, inverse: Handle, counts: Handle];
	uniqueConsecutive: (x: Handle) => [values: Handle, inverse: Handle, counts: Handle];
	searchsorted: (sorted: Handle, values: Handle, right: boolean) => Handle;
	bincount: (x: Handle, minlength: number) => Handle;
	histc: (x: Handle, bins: number, min: number, max: number) => Handle;
}
