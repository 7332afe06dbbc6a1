import type { Derivative } from "../autograd/node";
import { record, tracked } from "../autograd/record";
import { bind, integer, shapeText, wrapDim } from "../core/arguments";
import { type Handle, native } from "../core/native";
import { type Tensor, wrap } from "../core/tensor";
import { composite } from "./composite";
import { asMethods } from "./methods";
import { defineView, type ViewOp } from "./view";

/*
 * Views of some of the elements. Going back, the gradient stands in a tensor of zeros where the view lay (`embed`).
 */

/** @internal A view of some elements, no element twice: `make` in the addon. */
function defineSlice<A>(name: string, make: (x: Handle, args: A) => Handle): ViewOp<A> {
	const embedBackward: Derivative = {
		name: name.replace("Backward0", "BackwardBackward0"),
		backward: (node, grad) => [slice(grad, node.attributes as A)],
	};
	const slice: ViewOp<A> = defineView(name, make, (grad, args, shape) => {
		const zeros = native.full(shape, 0, grad.dtype.code, grad.handle);
		native.copy_(make(zeros, args), grad.handle);
		return tracked(grad) ? record(wrap(zeros), embedBackward, [grad], [], args) : wrap(zeros);
	});
	return slice;
}

interface SliceAttributes {
	dim: number;
	start: number;
	end: number;
	step: number;
}

/** @internal Python's slice of one dimension: negative and clamped bounds, step > 0. */
export const sliceAlong: ViewOp<SliceAttributes> = defineSlice("SliceBackward0", (x, { dim, start, end, step }) =>
	native.slice(x, dim, start, end, step),
);
/** @internal */
export const selectAt: ViewOp<[dim: number, index: number]> = defineSlice("SelectBackward0", (x, [dim, index]) =>
	native.select(x, dim, index),
);
const diagonalOf: ViewOp<[offset: number, dim0: number, dim1: number]> = defineSlice(
	"DiagonalBackward0",
	(x, [offset, dim0, dim1]) => native.diagonal(x, offset, dim0, dim1),
);

/** The tensor at `index` of dimension `dim`, which is then gone. */
export function select(x: Tensor, dim: number, index: number): Tensor {
	return selectAt(x, [integer("select", "dim", dim), integer("select", "index", index)]);
}

/** `length` entries of dimension `dim` from `start` on. */
export function narrow(x: Tensor, dim: number, start: number, length: number): Tensor {
	const size = x.size(wrapDim("narrow", dim, x.ndim));
	const from = start < 0 ? start + size : start;
	if (integer("narrow", "start", start) < -size || integer("narrow", "length", length) < 0 || from + length > size) {
		throw new RangeError(
			`[narrow] start (${start}) and length (${length}) do not lie within dimension ${dim} of size ${size}`,
		);
	}
	return sliceAlong(x, { dim, start: from, end: from + length, step: 1 });
}

export interface DiagonalOptions {
	/** Above (positive) or below the main diagonal. Default 0. */
	offset?: number;
	/** Default 0 and 1. */
	dim1?: number;
	dim2?: number;
}

/** A view of the diagonal of two dimensions, as the last dimension. */
export function diagonal(x: Tensor, offset: number | DiagonalOptions = {}, dim1?: number, dim2?: number): Tensor {
	const options = typeof offset === "object" ? offset : { offset, dim1, dim2 };
	return diagonalOf(x, [options.offset ?? 0, options.dim1 ?? 0, options.dim2 ?? 1]);
}

type DiagonalArguments = [options?: DiagonalOptions] | [offset: number, dim1?: number, dim2?: number];

/** A tensor whose diagonal (of two dimensions made for it, by default the last) is `x`. */
export function diagEmbed(x: Tensor, ...args: DiagonalArguments): Tensor {
	const given = bind<DiagonalOptions>("diagEmbed", args, ["offset", "dim1", "dim2"]);
	const { offset = 0, dim1 = -2, dim2 = -1 } = given;
	const [first, second] = [dim1, dim2].map((dim) => wrapDim("diagEmbed", dim, x.ndim + 1)) as [number, number];
	if (first === second) {
		throw new RangeError(`[diagEmbed] dim1 and dim2 must be different, got ${dim1} and ${dim2}`);
	}
	return onDiagonal(x, [offset, first, second]);
}

function onDiagonal(x: Tensor, diagonal: [offset: number, dim1: number, dim2: number]): Tensor {
	const [offset, first, second] = diagonal;
	const sizes = x.shape;
	const side = (sizes.pop() ?? 1) + Math.abs(offset);
	for (const dim of [Math.min(first, second), Math.max(first, second)]) sizes.splice(dim, 0, side);
	const zeros = native.full(sizes, 0, x.dtype.code, x.handle);
	native.copy_(native.diagonal(zeros, offset, first, second), x.handle);
	return tracked(x) ? record(wrap(zeros), diagEmbedBackward, [x], [], diagonal) : wrap(zeros);
}

const diagEmbedBackward: Derivative = {
	name: "DiagEmbedBackward0",
	backward: (node, grad) => [diagonalOf(grad, node.attributes as [number, number, number])],
};

const copiedDiagonal = composite("DiagonalBackward0_copy", (offset: number, x: Tensor) =>
	diagonalOf(x, [offset, 0, 1]).clone(),
);

/** A vector as a diagonal matrix, or the diagonal of a matrix. */
export function diag(x: Tensor, diagonal = 0): Tensor {
	if (x.ndim === 1) return onDiagonal(x, [diagonal, 0, 1]);
	if (x.ndim === 2) return copiedDiagonal(diagonal, x);
	throw new RangeError(`[diag] expects a vector or a matrix, got shape ${shapeText(x.shape)}`);
}

/** All slices of `size` along dimension `dim`, `step` apart, as a further last dimension: they overlap in memory. */
const unfoldAlong: ViewOp<[dim: number, size: number, step: number]> = defineView(
	"UnfoldBackward0",
	(x, [dim, size, step]) => native.unfold(x, dim, size, step),
	(grad, [dim, size, step], shape) => {
		if (shape.length === 0) return grad.sum();
		// Elements that several slices share add up.
		const at = wrapDim("unfold", dim, shape.length);
		const positions = native.unfold(native.arange(0, shape[at] ?? 1, 1, 4, grad.handle), 0, size, step);
		const flat = grad.movedim(-1, at + 1).flatten(at, at + 1);
		const zeros = wrap(native.full(shape, 0, grad.dtype.code, grad.handle));
		return zeros.indexAdd(at, wrap(native.reshape(positions, [-1])), flat);
	},
);

function unfold(x: Tensor, dim: number, size: number, step: number): Tensor {
	return unfoldAlong(x, [dim, size, step]);
}

type Strided = { shape: number[]; strides: number[]; offset: number };

const strided: ViewOp<Strided> = defineView(
	"AsStridedBackward0",
	(x, { shape, strides, offset }) => native.asStrided(x, shape, strides, offset),
	(grad, { shape, strides, offset }, inputShape) => {
		const count = inputShape.reduce((product, size) => product * size, 1);
		const positions = native.asStrided(native.arange(0, count, 1, 4, grad.handle), shape, strides, offset);
		const zeros = wrap(native.full([count], 0, grad.dtype.code, grad.handle));
		return zeros.indexAdd(0, wrap(native.reshape(positions, [-1])), grad.reshape(-1)).reshape(inputShape);
	},
);

/** A view with given sizes, strides and offset, in elements, of the tensor's memory. */
export function asStrided(x: Tensor, size: readonly number[], stride: readonly number[], storageOffset = 0): Tensor {
	if (tracked(x) && (!x.isContiguous() || x.storageOffset() !== 0)) {
		throw new Error(
			"[asStrided] the gradient of a tensor that is a view or not contiguous is not supported; use contiguous() first",
		);
	}
	return strided(x, { shape: [...size], strides: [...stride], offset: storageOffset });
}

declare module "../core/tensor" {
	interface Tensor {
		/** The tensor at `index` of dimension `dim`, which is then gone. */
		select(dim: number, index: number): Tensor;
		/** `length` entries of dimension `dim` from `start` on. */
		narrow(dim: number, start: number, length: number): Tensor;
		/** A view of the diagonal of two dimensions, as the last dimension. */
		diagonal(offset?: number, dim1?: number, dim2?: number): Tensor;
		diagonal(options: DiagonalOptions): Tensor;
		diagEmbed(...args: DiagonalArguments): Tensor;
		/** A vector as a diagonal matrix, or the diagonal of a matrix. */
		diag(diagonal?: number): Tensor;
		/** All slices of `size` along dimension `dim`, `step` apart, as a further last dimension. */
		unfold(dim: number, size: number, step: number): Tensor;
		/** A view with given sizes, strides and offset, in elements, of the tensor's memory. */
		asStrided(size: readonly number[], stride: readonly number[], storageOffset?: number): Tensor;
	}
}

asMethods({ select, narrow, diagonal, diagEmbed, diag, unfold, asStrided });
