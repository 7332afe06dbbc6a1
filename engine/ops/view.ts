import type { Derivative } from "../autograd/node";
import { record, tracked, viewOf } from "../autograd/record";
import { type Dims, describe, integer, type Sizes, shapeText, sizesOf, wrapDim } from "../core/arguments";
import { type Handle, native, under } from "../core/native";
import { Tensor, wrap } from "../core/tensor";
import { unbroadcast } from "./broadcast";
import { asMethods, asProperties } from "./methods";

/*
 * Other shapes of the same memory that keep every element: reshape, permute, expand, squeeze. Each is a row: what the
 * addon does, and what that does to a gradient. Views of some of the elements stand in slices.ts.
 */

interface ViewAttributes<A> {
	args: A;
	/** The input's. */
	shape: number[];
}

/** @internal A view op with its arguments in one value. */
export type ViewOp<A> = (x: Tensor, args: A) => Tensor;

/** @internal The derivative of an op that needs its arguments and the input's shape, and no values. */
export function derivativeByShape<A>(
	name: string,
	back: (grad: Tensor, args: A, shape: number[]) => Tensor,
): Derivative {
	return {
		name,
		backward(node, grad) {
			const { args, shape } = node.attributes as ViewAttributes<A>;
			return [back(grad, args, shape)];
		},
	};
}

/** @internal Defines a view op: `make` in the addon, `back` for the gradient. */
export function defineView<A>(
	name: string,
	make: (x: Handle, args: A) => Handle,
	back: (grad: Tensor, args: A, shape: number[]) => Tensor,
): ViewOp<A> {
	const derivative = derivativeByShape(name, back);
	const view = (x: Tensor, args: A): Tensor => {
		const attributes = tracked(x) ? { args, shape: x.shape } : undefined;
		return viewOf(wrap(make(x.handle, args)), x, (base) => view(base, args), derivative, attributes);
	};
	return view;
}

const backToShape = (grad: Tensor, _args: any, shape: number[]) => reshapeTo(grad, shape);

const viewTo: ViewOp<number[]> = defineView("ViewBackward0", native.view, backToShape);
const permuteTo: ViewOp<number[]> = defineView("PermuteBackward0", native.permute, (grad, dims) =>
	permuteTo(grad, inverseOf(dims)),
);
const swap: ViewOp<[number, number]> = defineView(
	"TransposeBackward0",
	(x, [a, b]) => native.transpose(x, a, b),
	(grad, dims) => swap(grad, dims),
);
const swapMatrix: ViewOp<null> = defineView(
	"TBackward0",
	(x) => (native.dim(x) < 2 ? native.alias(x) : native.transpose(x, 0, 1)),
	(grad) => swapMatrix(grad, null),
);
const expandTo: ViewOp<number[]> = defineView("ExpandBackward0", native.expand, (grad, _args, shape) =>
	unbroadcast(grad, { shape, dtype: grad.dtype.code }),
);
const squeezeAll: ViewOp<null> = defineView("SqueezeBackward0", (x) => native.squeeze(x, null), backToShape);
const squeezeOne: ViewOp<number> = defineView("SqueezeBackward1", (x, dim) => native.squeeze(x, [dim]), backToShape);
const squeezeSome: ViewOp<number[]> = defineView("SqueezeBackward2", native.squeeze, backToShape);
const unsqueezeAt: ViewOp<number> = defineView("UnsqueezeBackward0", native.unsqueeze, backToShape);
/** The same elements and shape as a tensor of its own: PyTorch's `x[...]`. */
export const alias: ViewOp<null> = defineView(
	"AliasBackward0",
	(x) => native.alias(x),
	(grad) => grad,
);

/** Where each dimension of the permuted tensor came from, turned round. */
function inverseOf(dims: readonly number[]): number[] {
	const inverse = new Array<number>(dims.length);
	dims.forEach((dim, i) => {
		inverse[dim < 0 ? dim + dims.length : dim] = i;
	});
	return inverse;
}

/** A view of another shape: sizes as arguments or one array, -1 infers one of them. */
function view(x: Tensor, ...sizes: Sizes): Tensor {
	return viewTo(x, sizesOf("view", sizes));
}

/** The elements in another shape: a view where memory allows, else a copy. -1 infers one size. */
export function reshape(x: Tensor, ...sizes: Sizes): Tensor {
	const shape = sizesOf("reshape", sizes);
	return under("reshape", () => reshapeTo(x, shape));
}

/** @internal */
export function reshapeTo(x: Tensor, shape: number[]): Tensor {
	if (x.isContiguous()) return viewTo(x, shape);
	const out = wrap(native.reshape(x.handle, shape));
	if (native.storageId(out.handle) === native.storageId(x.handle)) return viewTo(x, shape);
	if (!tracked(x)) return out;
	// As PyTorch does it: a copy in row-major order, and its view.
	return record(out, unsafeViewBackward, [x.contiguous()], [], x.shape);
}

const unsafeViewBackward: Derivative = {
	name: "UnsafeViewBackward0",
	backward: (node, grad) => [reshapeTo(grad, node.attributes as number[])],
};

function viewAs(x: Tensor, other: Tensor): Tensor {
	return viewTo(x, other.shape);
}

function reshapeAs(x: Tensor, other: Tensor): Tensor {
	return under("reshapeAs", () => reshapeTo(x, other.shape));
}

/** Joins the dimensions from `startDim` (default 0) to `endDim` (default -1, inclusive) into one. */
export function flatten(x: Tensor, startDim: number | FlattenOptions = 0, endDim?: number | FlattenOptions): Tensor {
	const options = typeof startDim === "object" ? startDim : typeof endDim === "object" ? endDim : null;
	const shape = x.shape;
	const from = typeof startDim === "number" ? startDim : (startDim.startDim ?? 0);
	const start = wrapDim("flatten", from, shape.length);
	const end = wrapDim("flatten", typeof endDim === "number" ? endDim : (options?.endDim ?? -1), shape.length);
	if (start > end) {
		throw new RangeError(`[flatten] startDim ${start} comes after endDim ${end}: give the first dimension first`);
	}
	if (shape.length === 0) return reshapeTo(x, [1]);
	if (start === end) return x;
	const joined = shape.slice(start, end + 1).reduce((product, size) => product * size, 1);
	return reshapeTo(x, [...shape.slice(0, start), joined, ...shape.slice(end + 1)]);
}

export interface FlattenOptions {
	startDim?: number;
	endDim?: number;
}

/** One dimension in row-major order. */
export function ravel(x: Tensor): Tensor {
	return reshapeTo(x, [-1]);
}

/** Splits dimension `dim` into `sizes`; one of them may be -1. */
export function unflatten(x: Tensor, dim: number, sizes: readonly number[]): Tensor {
	const shape = x.shape;
	const at = wrapDim("unflatten", dim, shape.length);
	const given = sizesOf("unflatten", [sizes]);
	const known = given.filter((size) => size !== -1).reduce((product, size) => product * size, 1);
	const open = given.filter((size) => size === -1).length;
	if (open > 1 || (open === 0 ? known !== shape[at] : known === 0 || shape[at]! % known !== 0)) {
		throw new RangeError(
			`[unflatten] sizes ${shapeText(given)} do not multiply up to the size of dim ${dim}, ${shape[at]}`,
		);
	}
	const exact = given.map((size) => (size === -1 ? shape[at]! / known : size));
	return viewTo(x, [...shape.slice(0, at), ...exact, ...shape.slice(at + 1)]);
}

/** The dimensions in another order. */
export function permute(x: Tensor, ...dims: Sizes): Tensor {
	return permuteTo(x, sizesOf("permute", dims));
}

/** Swaps two dimensions. */
export function transpose(x: Tensor, dim0: number, dim1: number): Tensor {
	return swap(x, [integer("transpose", "dim0", dim0), integer("transpose", "dim1", dim1)]);
}

/** The transposed matrix; vectors and scalars as they are. */
export function t(x: Tensor): Tensor {
	if (x.ndim > 2)
		throw new RangeError(`[t] expects a tensor of at most 2 dimensions, got ${x.ndim}; use transpose or mT`);
	return swapMatrix(x, null);
}

function reversed(x: Tensor): Tensor {
	return permuteTo(
		x,
		Array.from({ length: x.ndim }, (_, i) => x.ndim - 1 - i),
	);
}

function matrixTransposed(x: Tensor): Tensor {
	if (x.ndim < 2) throw new RangeError(`[mT] expects a tensor of at least 2 dimensions, got ${x.ndim}`);
	return swap(x, [-2, -1]);
}

/** Moves dimensions to other places; the rest keep their order. */
export function movedim(
	x: Tensor,
	source: number | readonly number[],
	destination: number | readonly number[],
): Tensor {
	const rank = x.ndim;
	const from = [source].flat().map((dim) => wrapDim("movedim", dim as number, rank));
	const to = [destination].flat().map((dim) => wrapDim("movedim", dim as number, rank));
	if (from.length !== to.length || new Set(from).size !== from.length || new Set(to).size !== to.length) {
		throw new RangeError(
			`[movedim] source and destination must be as many different dimensions, got ${shapeText(from)} and ${shapeText(to)}`,
		);
	}
	const rest = Array.from({ length: rank }, (_, i) => i).filter((dim) => !from.includes(dim));
	const order = Array.from({ length: rank }, (_, i) => (to.includes(i) ? from[to.indexOf(i)]! : rest.shift()!));
	return permuteTo(x, order);
}

/** Repeats dimensions of size 1 without copying, and adds dimensions in front; -1 keeps a size. */
function expand(x: Tensor, ...sizes: Sizes): Tensor {
	return expandTo(x, sizesOf("expand", sizes));
}

function expandAs(x: Tensor, other: Tensor): Tensor {
	return expandTo(x, other.shape);
}

export function broadcastTo(x: Tensor, ...sizes: Sizes): Tensor {
	return expandTo(x, sizesOf("broadcastTo", sizes));
}

/** Without the dimensions of size 1: all of them, or those named. */
export function squeeze(x: Tensor, dim?: Dims | { dim?: Dims }): Tensor {
	const dims =
		typeof dim === "object" && dim !== null && !Array.isArray(dim) ? (dim as { dim?: Dims }).dim : (dim as Dims);
	if (dims === undefined || dims === null) return squeezeAll(x, null);
	return typeof dims === "number"
		? squeezeOne(x, integer("squeeze", "dim", dims))
		: squeezeSome(x, sizesOf("squeeze", [dims]));
}

/** With a dimension of size 1 before dimension `dim`; negative ones count from behind the last. */
export function unsqueeze(x: Tensor, dim: number | { dim: number }): Tensor {
	return unsqueezeAt(x, integer("unsqueeze", "dim", typeof dim === "object" ? dim.dim : dim));
}

/** All tensors expanded to the shape that they broadcast to; one that has it already is given as it is. */
export function broadcastTensors(...tensors: Tensor[] | [tensors: readonly Tensor[]]): Tensor[] {
	const list = (Array.isArray(tensors[0]) ? tensors[0] : tensors) as Tensor[];
	const shape = broadcastShapes(...list.map((x) => x.shape));
	return list.map((x) => (`${x.shape}` === `${shape}` ? x : expandTo(x, shape)));
}

/** The shape that shapes broadcast to. */
export function broadcastShapes(...shapes: (readonly number[])[]): number[] {
	const rank = Math.max(0, ...shapes.map((shape) => shape.length));
	return Array.from({ length: rank }, (_, i) => {
		let size = 1;
		for (const shape of shapes) {
			const own = shape[i - rank + shape.length] ?? 1;
			if (own === 1 || own === size) continue;
			if (size !== 1) {
				throw new RangeError(
					`[broadcastShapes] shapes ${shapes.map(shapeText).join(" and ")} do not broadcast: sizes ${size} and ${own} at dimension ${i}`,
				);
			}
			size = own;
		}
		return size;
	});
}

/** With 1 or more dimensions: a scalar becomes `[1]`. */
export function atleast1d(x: Tensor): Tensor {
	return x.ndim === 0 ? viewTo(x, [1]) : x;
}

/** With 2 or more dimensions: `[N]` becomes `[1, N]`. */
export function atleast2d(x: Tensor): Tensor {
	if (x.ndim === 0) return viewTo(x, [1, 1]);
	return x.ndim === 1 ? unsqueezeAt(x, 0) : x;
}

/** @internal A list of tensors as an argument. */
export function tensorList(op: string, value: unknown): readonly Tensor[] {
	if (!Array.isArray(value)) throw new TypeError(`[${op}] expected an array of tensors, got ${describe(value)}`);
	value.forEach((item, i) => {
		if (!(item instanceof Tensor)) {
			throw new TypeError(`[${op}] expected an array of tensors, got ${describe(item)} at position ${i}`);
		}
	});
	return value as Tensor[];
}

export { movedim as moveaxis, transpose as swapaxes, transpose as swapdims };

declare module "../core/tensor" {
	interface Tensor {
		/** A view of another shape: sizes as arguments or one array, -1 infers one of them. */
		view(...sizes: Sizes): Tensor;
		/** `view` with the shape of another tensor. */
		viewAs(other: Tensor): Tensor;
		/** The elements in another shape: a view where memory allows, else a copy. -1 infers one size. */
		reshape(...sizes: Sizes): Tensor;
		/** `reshape` to the shape of another tensor. */
		reshapeAs(other: Tensor): Tensor;
		/** Joins the dimensions from `startDim` (default 0) to `endDim` (default -1, inclusive) into one. */
		flatten(startDim?: number, endDim?: number | { endDim?: number }): Tensor;
		flatten(options: FlattenOptions): Tensor;
		/** One dimension in row-major order. */
		ravel(): Tensor;
		/** Splits dimension `dim` into `sizes`; one of them may be -1. */
		unflatten(dim: number, sizes: readonly number[]): Tensor;
		/** The dimensions in another order. */
		permute(...dims: Sizes): Tensor;
		/** Swaps two dimensions. */
		transpose(dim0: number, dim1: number): Tensor;
		/** Another name of `transpose`. */
		swapaxes(dim0: number, dim1: number): Tensor;
		/** Another name of `transpose`. */
		swapdims(dim0: number, dim1: number): Tensor;
		/** The transposed matrix; vectors and scalars as they are. */
		t(): Tensor;
		/** All dimensions in reverse order. */
		readonly T: Tensor;
		/** The last two dimensions swapped. */
		readonly mT: Tensor;
		/** Moves dimensions to other places; the rest keep their order. */
		movedim(source: number | readonly number[], destination: number | readonly number[]): Tensor;
		/** Another name of `movedim`. */
		moveaxis(source: number | readonly number[], destination: number | readonly number[]): Tensor;
		/** Repeats dimensions of size 1 without copying, and adds dimensions in front; -1 keeps a size. */
		expand(...sizes: Sizes): Tensor;
		/** `expand` to the shape of another tensor. */
		expandAs(other: Tensor): Tensor;
		/** Another name of `expand`. */
		broadcastTo(...sizes: Sizes): Tensor;
		/** Without the dimensions of size 1: all of them, or those named. */
		squeeze(dim?: Dims | { dim?: Dims }): Tensor;
		/** With a dimension of size 1 before dimension `dim`; negative ones count from behind the last. */
		unsqueeze(dim: number | { dim: number }): Tensor;
	}
}

asMethods({
	view,
	viewAs,
	reshape,
	reshapeAs,
	flatten,
	ravel,
	unflatten,
	permute,
	transpose,
	swapaxes: transpose,
	swapdims: transpose,
	t,
	movedim,
	moveaxis: movedim,
	expand,
	expandAs,
	broadcastTo,
	squeeze,
	unsqueeze,
});

asProperties({ T: reversed, mT: matrixTransposed });
