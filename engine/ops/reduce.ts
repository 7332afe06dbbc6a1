import type { Derivative } from "../autograd/node";
import { record, recordAll, tracked } from "../autograd/record";
import { bind, type Dims, dimsOf, wrapDim } from "../core/arguments";
import { autocastState } from "../core/autocast";
import { getDefaultDtype } from "../core/defaults";
import { type DType, uint8 } from "../core/dtype";
import { type Handle, native } from "../core/native";
import { type Tensor, wrap } from "../core/tensor";
import { raised, raisedOnCards } from "./castPolicy";
import { cast, zerosAs } from "./copy";
import { catAlong } from "./join";
import { asMethods } from "./methods";
import { reshapeTo } from "./view";

/* Sums, means, products, variances and norms over some dimensions or all. */

export interface ReduceOptions {
	/** One dimension or several; null (the default): all. */
	dim?: Dims;
	/** Keep the dimensions reduced over, with size 1. Default false. */
	keepdim?: boolean;
}

export interface SumOptions extends ReduceOptions {
	/** Cast to this dtype first. */
	dtype?: DType;
}

/** `(dim, keepdim)` in place, all by name. */
export type ReduceArguments<O = ReduceOptions> =
	| [options?: O]
	| [dim: Dims, options?: Omit<O, "dim">]
	| [dim: Dims, keepdim: boolean, options?: Omit<O, "dim" | "keepdim">];

/** What a reduction's derivative needs to give the gradient the input's shape again. */
export interface Reduced {
	shape: number[];
	dims: number[] | null;
	keepdim: boolean;
}

/** @internal */
export function reduceArguments(
	op: string,
	args: readonly unknown[],
	byName: readonly string[] = [],
): { dims: number[] | null; keepdim: boolean; options: Record<string, unknown> } {
	const options = bind<Record<string, unknown>>(op, args, ["dim", "keepdim"], byName);
	return { dims: dimsOf(op, options.dim as Dims), keepdim: options.keepdim === true, options };
}

/** @internal The shape with size 1 where it was reduced over. */
export function keptShape({ shape, dims }: Reduced): number[] {
	if (dims === null) return shape.map(() => 1);
	const reduced = dims.map((dim) => wrapDim("reduce", dim, shape.length));
	return shape.map((size, dim) => (reduced.includes(dim) ? 1 : size));
}

/** @internal A result of the reduction, or its gradient, with the reduced dimensions back in place. */
export function restored(x: Tensor, reduced: Reduced): Tensor {
	return reduced.keepdim || reduced.shape.length === 0 ? x : reshapeTo(x, keptShape(reduced));
}

/** @internal Elements that go into each result. */
export function countOf({ shape, dims }: Reduced): number {
	const along = dims === null ? shape.map((_, i) => i) : dims.map((dim) => wrapDim("reduce", dim, shape.length));
	return along.reduce((product, dim) => product * (shape[dim] ?? 1), 1);
}

/** Sum over dimensions; integers and bool add up in int64. */
export function sum(x: Tensor, ...args: ReduceArguments<SumOptions>): Tensor {
	if (autocastState.active) return raisedOnCards(sum, x, ...args);
	return sumOf("sum", native.sum, x, args, sumAllBackward, sumDimBackward);
}

function sumOf(
	op: string,
	kernel: typeof native.sum,
	x: Tensor,
	args: readonly unknown[],
	overAll: Derivative,
	overSome: Derivative,
	saves = false,
): Tensor {
	const { dims, keepdim, options } = reduceArguments(op, args, ["dtype"]);
	const dtype = options.dtype as DType | undefined;
	if (dtype !== undefined && dtype !== x.dtype) {
		return sumOf(op, kernel, cast(x, dtype), [dims, keepdim], overAll, overSome, saves);
	}
	const out = wrap(kernel(x.handle, dims, keepdim, -1));
	if (!tracked(x)) return out;
	return record(out, dims === null ? overAll : overSome, [x], saves ? [x] : [], { shape: x.shape, dims, keepdim });
}

const sumAllBackward: Derivative = {
	name: "SumBackward0",
	backward(node, grad) {
		const reduced = node.attributes as Reduced;
		return [restored(grad, reduced).expand(reduced.shape)];
	},
};

const sumDimBackward: Derivative = { ...sumAllBackward, name: "SumBackward1" };

/** Mean over dimensions of a floating-point tensor. */
export function mean(x: Tensor, ...args: ReduceArguments<SumOptions>): Tensor {
	return sumOf("mean", native.mean, x, args, meanAllBackward, meanDimBackward);
}

const meanAllBackward: Derivative = {
	name: "MeanBackward0",
	backward(node, grad) {
		const reduced = node.attributes as Reduced;
		return [restored(grad.div(countOf(reduced)), reduced).expand(reduced.shape)];
	},
};

const meanDimBackward: Derivative = { ...meanAllBackward, name: "MeanBackward1" };

/** Sum with NaN taken as 0. */
export function nansum(x: Tensor, ...args: ReduceArguments<SumOptions>): Tensor {
	return sumOf("nansum", native.nansum, x, args, nansumBackward, nansumBackward, true);
}

const nansumBackward: Derivative = {
	name: "NansumBackward0",
	backward(node, grad) {
		const reduced = node.attributes as Reduced;
		return [restored(grad, reduced).expand(reduced.shape).mul(node.saved(0).isnan().logicalNot())];
	},
};

/** Mean of the elements that are not NaN. */
export function nanmean(x: Tensor, ...args: ReduceArguments<SumOptions>): Tensor {
	const { dims, keepdim } = reduceArguments("nanmean", args, ["dtype"]);
	if (!x.isFloatingPoint()) throw new TypeError(`[nanmean] expects a floating point dtype, got ${x.dtype}`);
	const present = x.detach().isnan().logicalNot();
	return nansum(x, ...args).div(sum(present, dims, keepdim));
}

/** Product over one dimension, or over all. */
export function prod(
	x: Tensor,
	...args:
		| [options?: { dim?: number; keepdim?: boolean; dtype?: DType }]
		| [dim: number, options?: { keepdim?: boolean; dtype?: DType }]
		| [dim: number, keepdim: boolean]
): Tensor {
	if (autocastState.active) return raised(prod, x, ...args);
	return sumOf("prod", native.prod, x, args, prodAllBackward, prodDimBackward, true);
}

const prodAllBackward: Derivative = {
	name: "ProdBackward0",
	backward(node, grad) {
		const x = node.saved(0);
		if (x.ndim === 0) return [grad];
		const zeros = native.item(native.sum(native.eq(x.handle, 0), null, false, -1));
		// As PyTorch: without zeros by quotients, with one by the products of the others, with more nothing is left.
		if (zeros === 0) return [grad.mul(x.prod().div(x))];
		if (zeros > 1) return [zerosAs(x)];
		return [grad.mul(productOfOthers(x.reshape(-1), 0)).reshape(x.shape)];
	},
};

const prodDimBackward: Derivative = {
	name: "ProdBackward1",
	backward(node, grad) {
		const x = node.saved(0);
		if (x.ndim === 0) return [grad];
		const reduced = node.attributes as Reduced;
		return [restored(grad, reduced).mul(productOfOthers(x, reduced.dims![0]!))];
	},
};

/** For each element the product of the others along a dimension; right also where some are 0. */
function productOfOthers(x: Tensor, dim: number): Tensor {
	const size = x.size(dim);
	if (size === 0) return x;
	const ones = wrap(native.full(x.shape.with(dim, 1), 1, x.dtype.code, x.handle));
	const before = catAlong([ones, x.narrow(dim, 0, size - 1)], dim).cumprod(dim);
	const after = catAlong([ones, x.narrow(dim, 1, size - 1).flip(dim)], dim)
		.cumprod(dim)
		.flip(dim);
	return before.mul(after);
}

export interface VarOptions extends ReduceOptions {
	/** Subtracted from the count in the divisor. Default 1. */
	correction?: number;
	/** The older name of `correction`: false for 0. */
	unbiased?: boolean;
}

function varArguments(op: string, args: readonly unknown[], x: Tensor): Reduced & { correction: number } {
	// PyTorch's older form: x.var(unbiased).
	const given = typeof args[0] === "boolean" ? [{ ...(args[1] as object), unbiased: args[0] }] : args;
	const { dims, keepdim, options } = reduceArguments(op, given, ["correction", "unbiased"]);
	const correction = (options.correction as number | undefined) ?? (options.unbiased === false ? 0 : 1);
	return { shape: x.shape, dims, keepdim, correction };
}

/** Variance, divided by the count less `correction` (default 1). */
export function variance(x: Tensor, ...args: ReduceArguments<VarOptions>): Tensor {
	const attributes = varArguments("var", args, x);
	const { dims, keepdim, correction } = attributes;
	const out = wrap(native.var(x.handle, dims, correction, keepdim));
	return tracked(x) ? record(out, varBackward, [x], [x], attributes) : out;
}

type Variance = Reduced & { correction: number };

function varianceGradient(grad: Tensor, x: Tensor, attributes: Variance): Tensor {
	const { dims, correction } = attributes;
	const deviation = x.sub(x.mean(dims, true));
	return restored(grad, attributes)
		.mul(2 / (countOf(attributes) - correction))
		.mul(deviation);
}

const varBackward: Derivative = {
	name: "VarBackward0",
	backward: (node, grad) => [varianceGradient(grad, node.saved(0), node.attributes as Variance)],
};

/** Standard deviation, by the count less `correction` (default 1). */
export function std(x: Tensor, ...args: ReduceArguments<VarOptions>): Tensor {
	const attributes = varArguments("std", args, x);
	const { dims, keepdim, correction } = attributes;
	const out = wrap(native.std(x.handle, dims, correction, keepdim));
	return tracked(x) ? record(out, stdBackward, [x], [x, out], attributes) : out;
}

function stdGradient(grad: Tensor, x: Tensor, deviation: Tensor, attributes: Variance): Tensor {
	const slope = grad.div(deviation.mul(2)).maskedFill(deviation.eq(0), 0);
	return varianceGradient(slope, x, attributes);
}

const stdBackward: Derivative = {
	name: "StdBackward0",
	backward: (node, grad) => [stdGradient(grad, node.saved(0), node.saved(1), node.attributes as Variance)],
};

/** Variance and mean. */
export function varMean(x: Tensor, ...args: ReduceArguments<VarOptions>): [variance: Tensor, mean: Tensor] {
	const attributes = varArguments("varMean", args, x);
	const { dims, keepdim, correction } = attributes;
	const outputs: [Tensor, Tensor] = [
		wrap(native.var(x.handle, dims, correction, keepdim)),
		wrap(native.mean(x.handle, dims, keepdim, -1)),
	];
	return tracked(x) ? recordAll(outputs, varMeanBackward, [x], [x], attributes) : outputs;
}

function meanGradient(grad: Tensor, attributes: Variance): Tensor {
	return restored(grad.div(countOf(attributes)), attributes).expand(attributes.shape);
}

function both(a: Tensor | null, b: Tensor | null): Tensor | null {
	return a && b ? a.add(b) : (a ?? b);
}

const varMeanBackward: Derivative = {
	name: "VarMeanBackward0",
	backward(node, _grad, [gradVar, gradMean]) {
		const attributes = node.attributes as Variance;
		const first = gradVar ? varianceGradient(gradVar, node.saved(0), attributes) : null;
		return [both(first, gradMean ? meanGradient(gradMean, attributes) : null)];
	},
};

/** Standard deviation and mean. */
export function stdMean(x: Tensor, ...args: ReduceArguments<VarOptions>): [std: Tensor, mean: Tensor] {
	const attributes = varArguments("stdMean", args, x);
	const { dims, keepdim, correction } = attributes;
	const outputs: [Tensor, Tensor] = [
		wrap(native.std(x.handle, dims, correction, keepdim)),
		wrap(native.mean(x.handle, dims, keepdim, -1)),
	];
	return tracked(x) ? recordAll(outputs, stdMeanBackward, [x], [x, outputs[0]], attributes) : outputs;
}

const stdMeanBackward: Derivative = {
	name: "StdMeanBackward0",
	backward(node, _grad, [gradStd, gradMean]) {
		const attributes = node.attributes as Variance;
		const first = gradStd ? stdGradient(gradStd, node.saved(0), node.saved(1), attributes) : null;
		return [both(first, gradMean ? meanGradient(gradMean, attributes) : null)];
	},
};

/** log Σ exp(x) over dimensions, without overflow. */
export function logsumexp(
	x: Tensor,
	...args: [options: { dim: Dims; keepdim?: boolean }] | [dim: Dims, keepdim?: boolean | { keepdim?: boolean }]
): Tensor {
	if (autocastState.active) return raisedOnCards(logsumexp, x, ...args);
	const { dims, keepdim } = reduceArguments("logsumexp", args);
	if (!x.isFloatingPoint()) return logsumexp(cast(x, getDefaultDtype()), { dim: dims, keepdim });
	const along = dims ?? x.shape.map((_, i) => i);
	const out = wrap(native.logsumexp(x.handle, along, keepdim));
	return tracked(x) ? record(out, logsumexpBackward, [x], [x, out], { shape: x.shape, dims: along, keepdim }) : out;
}

const logsumexpBackward: Derivative = {
	name: "LogsumexpBackward0",
	backward(node, grad) {
		const reduced = node.attributes as Reduced;
		const result = restored(node.saved(1), reduced);
		return [restored(grad, reduced).mul(node.saved(0).sub(result).exp())];
	},
};

/** How many elements are not 0. */
export function countNonzero(x: Tensor, dim?: Dims | { dim?: Dims }): Tensor {
	const { dims } = reduceArguments("countNonzero", [dim]);
	return wrap(native.countNonzero(x.handle, dims));
}

/** bool, but uint8 of uint8, from PyTorch's days before bool. */
function truth(x: Tensor, result: Handle): Tensor {
	return wrap(x.dtype === uint8 ? native.to(result, uint8.code) : result);
}

function quantifier(op: "all" | "any") {
	return (x: Tensor, ...args: ReduceArguments): Tensor => {
		const { dims, keepdim, options } = reduceArguments(op, args);
		// Over no dimensions, unlike for a sum, means over none.
		if (Array.isArray(options.dim) && options.dim.length === 0) return truth(x, native.ne(x.handle, 0));
		return truth(x, native[op](x.handle, dims, keepdim));
	};
}

/** Whether all elements are true (not 0); with `dim: []` each by itself. */
export const all = quantifier("all");
/** Whether any element is true (not 0); with `dim: []` each by itself. */
export const any = quantifier("any");

export { variance as var };

declare module "../core/tensor" {
	interface Tensor {
		/** Sum over dimensions (default all); integers and bool add up in int64. `x.sum(1, {keepdim: true})` */
		sum(...args: ReduceArguments<SumOptions>): Tensor;
		/** Mean over dimensions (default all) of a floating-point tensor. */
		mean(...args: ReduceArguments<SumOptions>): Tensor;
		/** Sum with NaN taken as 0. */
		nansum(...args: ReduceArguments<SumOptions>): Tensor;
		/** Mean of the elements that are not NaN. */
		nanmean(...args: ReduceArguments<SumOptions>): Tensor;
		/** Product over one dimension, or over all. */
		prod(options?: { dim?: number; keepdim?: boolean; dtype?: DType }): Tensor;
		prod(dim: number, options?: { keepdim?: boolean; dtype?: DType }): Tensor;
		prod(dim: number, keepdim: boolean): Tensor;
		/** Variance, divided by the count less `correction` (default 1). */
		var(...args: ReduceArguments<VarOptions>): Tensor;
		/** Standard deviation, by the count less `correction` (default 1). */
		std(...args: ReduceArguments<VarOptions>): Tensor;
		/** log Σ exp(x) over dimensions, without overflow. */
		logsumexp(options: { dim: Dims; keepdim?: boolean }): Tensor;
		logsumexp(dim: Dims, keepdim?: boolean | { keepdim?: boolean }): Tensor;
		/** How many elements are not 0. */
		countNonzero(dim?: Dims | { dim?: Dims }): Tensor;
		/** Whether all elements are true (not 0). */
		all(...args: ReduceArguments): Tensor;
		/** Whether any element is true (not 0). */
		any(...args: ReduceArguments): Tensor;
	}
}

asMethods({ sum, mean, nansum, nanmean, prod, var: variance, std, logsumexp, countNonzero, all, any });
