import type { Derivative } from "../autograd/node";
import { record, tracked } from "../autograd/record";
import { bind, type Dims, describe, dimsOf, shapeText, wrapDim } from "../core/arguments";
import { autocastState } from "../core/autocast";
import type { DType } from "../core/dtype";
import { native } from "../core/native";
import { type Tensor, wrap } from "../core/tensor";
import { raisedOnCards } from "./castPolicy";
import { composite } from "./composite";
import { cast, writtenBack, zerosAs } from "./copy";
import { asMethods } from "./methods";
import { type Reduced, restored } from "./reduce";

/* Norms of vectors and matrices. */

export interface NormOptions {
	/** The order: a number, ±Infinity, or "fro" (2). Default 2. */
	p?: number | "fro";
	dim?: Dims;
	keepdim?: boolean;
	dtype?: DType;
}

export type NormArguments =
	| [options?: NormOptions]
	| [p: number | "fro", options?: NormOptions]
	| [p: number | "fro", dim: Dims, keepdim?: boolean | { keepdim?: boolean }];

/** (Σ |x|^p)^(1/p) over dimensions or all; p = Infinity: the largest |x|, 0: how many are not 0. */
export function norm(x: Tensor, ...args: NormArguments): Tensor {
	if (autocastState.active) return raisedOnCards(norm, x, ...args);
	const { p = 2, dim, keepdim = false, dtype } = bind<NormOptions>("norm", args, ["p", "dim", "keepdim"], ["dtype"]);
	if (p !== "fro" && typeof p !== "number")
		throw new TypeError(`[norm] p must be a number or "fro", got ${describe(p)}`);
	return vectorNorm(dtype ? cast(x, dtype) : x, p === "fro" ? 2 : p, dimsOf("norm", dim), keepdim);
}

/** @internal Along one dimension, by the name that PyTorch's graphs have for it inside of other functions. */
export function normAlong(x: Tensor, p: number, dim: number, keepdim: boolean): Tensor {
	return vectorNorm(x, p, [dim], keepdim, normAlongBackward);
}

type Norm = Reduced & { p: number };

/** @internal */
export function vectorNorm(
	x: Tensor,
	p: number,
	dims: number[] | null,
	keepdim: boolean,
	derivative = normBackward,
): Tensor {
	const out = wrap(native.norm(x.handle, p, dims, keepdim));
	return tracked(x) ? record(out, derivative, [x], [x, out], { p, dims, keepdim, shape: x.shape }) : out;
}

const normBackward: Derivative = {
	name: "LinalgVectorNormBackward0",
	backward(node, grad) {
		const attributes = node.attributes as Norm;
		const { p } = attributes;
		const x = node.saved(0);
		const g = restored(grad, attributes);
		const result = restored(node.saved(1), attributes);
		if (p === 0) return [zerosAs(x)];
		if (p === 1) return [x.sign().mul(g)];
		if (p === 2) return [x.mul(g.div(result).maskedFill(result.eq(0), 0))];
		if (!Number.isFinite(p)) {
			const size = x.abs();
			const extreme = size.eq(result).logicalOr(size.isnan()).to(x.dtype);
			return [
				x
					.sign()
					.mul(extreme)
					.mul(g.div(extreme.sum(attributes.dims, true))),
			];
		}
		const zero = x.eq(0);
		const power =
			p < 1
				? x.sign().mul(
						x
							.abs()
							.pow(p - 1)
							.maskedFill(zero, 0),
					)
				: x.mul(
						x
							.abs()
							.pow(p - 2)
							.maskedFill(zero, 0),
					);
		return [power.mul(g.div(result.pow(p - 1)).maskedFill(result.eq(0), 0))];
	},
};

const normAlongBackward: Derivative = { ...normBackward, name: "NormBackward1" };

/** The p-norm of the difference. */
export function dist(a: Tensor, b: Tensor, ...args: [p?: number | { p?: number }]): Tensor {
	if (autocastState.active) return raisedOnCards(dist, a, b, ...args);
	const { p = 2 } = bind<{ p: number }>("dist", args, ["p"]);
	return difference(p, a, b);
}

const difference = composite("DistBackward0", (p: number, a: Tensor, b: Tensor) =>
	vectorNorm(a.sub(b), p, null, false),
);

/** Slices along `dim` whose p-norm exceeds `maxnorm` are scaled down to it. */
export function renorm(x: Tensor, p: number, dim: number, maxnorm: number): Tensor {
	if (autocastState.active) return raisedOnCards(renorm, x, p, dim, maxnorm);
	if (x.ndim < 2) throw new RangeError(`[renorm] needs at least 2 dimensions, got shape ${shapeText(x.shape)}`);
	return scaledDown({ p, at: wrapDim("renorm", dim, x.ndim), maxnorm }, x);
}

interface Bound {
	p: number;
	at: number;
	maxnorm: number;
}

const scaledDown = composite("RenormBackward0", ({ p, at, maxnorm }: Bound, x: Tensor) => {
	const others = x.shape.map((_, i) => i).filter((i) => i !== at);
	const size = vectorNorm(x, p, others, true);
	const factor = size.add(1e-7).reciprocal().mul(maxnorm);
	return x.mul(factor.maskedFill(size.gt(maxnorm).logicalNot(), 1));
});

/** @internal The norm of matrices: "fro", 1, -1, Infinity, -Infinity. */
export function matrixNorm(x: Tensor, ord: number | "fro", dims: readonly [number, number], keepdim: boolean): Tensor {
	if (x.ndim < 2) throw new RangeError(`[matrixNorm] expects matrices, got shape ${shapeText(x.shape)}`);
	if (ord === "fro") return vectorNorm(x, 2, [...dims], keepdim);
	const [rows, columns] = dims.map((dim) => wrapDim("matrixNorm", dim, x.ndim)) as [number, number];
	const size = Math.abs(ord);
	if (size !== 1 && size !== Number.POSITIVE_INFINITY) {
		throw new RangeError(`[matrixNorm] ord must be "fro", 1, -1, Infinity or -Infinity, got ${ord}`);
	}
	const [inside, outside] = size === 1 ? [rows, columns] : [columns, rows];
	const sums = x.abs().sum(inside, true);
	const along = [inside, outside];
	return ord > 0 ? sums.amax(along, keepdim) : sums.amin(along, keepdim);
}

declare module "../core/tensor" {
	interface Tensor {
		/** (Σ |x|^p)^(1/p) over dimensions or all; p = Infinity: the largest |x|, 0: how many are not 0. */
		norm(...args: NormArguments): Tensor;
		/** The p-norm of the difference (p 2 by default). */
		dist(other: Tensor, p?: number | { p?: number }): Tensor;
		renorm(p: number, dim: number, maxnorm: number): Tensor;
		renorm_(p: number, dim: number, maxnorm: number): this;
	}
}

asMethods({ norm, dist, renorm, renorm_: writtenBack("renorm_", renorm) });
