import type { Derivative, Gradient } from "../autograd/node";
import { tracked, viewsOf } from "../autograd/record";
import { describe, integer, shapeText, wrapDim } from "../core/arguments";
import { native } from "../core/native";
import { type Tensor, wrap } from "../core/tensor";
import { zerosAs } from "./copy";
import { catAlong, stackAlong } from "./join";
import { asMethods } from "./methods";
import { selectAt, sliceAlong } from "./slices";

/* Several views at once: one graph node, whose gradient is put together in one go. */

/** Pieces of these sizes along a dimension. */
function pieces(x: Tensor, dim: number, sizes: readonly number[], derivative: Derivative): Tensor[] {
	const starts: number[] = [];
	let next = 0;
	for (const size of sizes) {
		starts.push(next);
		next += size;
	}
	const outputs = sizes.map((size, i) => wrap(native.slice(x.handle, dim, starts[i]!, starts[i]! + size, 1)));
	const replay = (base: Tensor, i: number) =>
		sliceAlong(base, { dim, start: starts[i]!, end: starts[i]! + sizes[i]!, step: 1 });
	const attributes = tracked(x) ? { dim, sizes, shape: x.shape } : undefined;
	return viewsOf(outputs, x, replay, derivative, attributes);
}

const splitBackward: Derivative = {
	name: "SplitBackward0",
	backward(node, _grad, grads) {
		const { dim, sizes, shape } = node.attributes as { dim: number; sizes: number[]; shape: number[] };
		const some = grads.find((grad) => grad !== null)!;
		const full = grads.map((grad, i) => grad ?? zerosLike(some, shape.with(dim, sizes[i]!)));
		return [catAlong(full, dim)];
	},
};

const splitWithSizesBackward: Derivative = { ...splitBackward, name: "SplitWithSizesBackward0" };

function zerosLike(like: Tensor, shape: number[]): Tensor {
	return wrap(native.full(shape, 0, like.dtype.code, like.handle));
}

/** Pieces of `size` entries (the last may be smaller), or of the sizes of a list, along dimension `dim` (default 0). */
export function split(x: Tensor, size: number | readonly number[], dim: number | { dim?: number } = 0): Tensor[] {
	const at = wrapDim("split", typeof dim === "number" ? dim : (dim.dim ?? 0), x.ndim);
	const total = x.size(at);
	if (Array.isArray(size)) {
		const sum = (size as number[]).reduce((a, b) => a + b, 0);
		if (sum !== total || (size as number[]).some((one) => one < 0)) {
			throw new RangeError(
				`[split] sizes ${shapeText(size as number[])} must add up to the size of dim ${at}, ${total}`,
			);
		}
		return pieces(x, at, size as number[], splitWithSizesBackward);
	}
	if (!Number.isInteger(size) || (size as number) < 0 || (size === 0 && total > 0)) {
		throw new RangeError(`[split] size must be a positive integer, got ${describe(size)}`);
	}
	return pieces(x, at, equalSizes(total, size as number), splitBackward);
}

function equalSizes(total: number, size: number): number[] {
	const count = total === 0 ? 1 : Math.ceil(total / size);
	return Array.from({ length: count }, (_, i) => Math.min(size, total - i * size));
}

/** `chunks` pieces of equal size along `dim` (default 0), the last one smaller; fewer where the size does not suffice. */
export function chunk(x: Tensor, chunks: number, dim: number | { dim?: number } = 0): Tensor[] {
	const at = wrapDim("chunk", typeof dim === "number" ? dim : (dim.dim ?? 0), x.ndim);
	if (integer("chunk", "chunks", chunks) < 1) throw new RangeError(`[chunk] chunks must be at least 1, got ${chunks}`);
	const total = x.size(at);
	if (total === 0) return pieces(x, at, new Array<number>(chunks).fill(0), splitBackward);
	return pieces(x, at, equalSizes(total, Math.ceil(total / chunks)), splitBackward);
}

/** `sections` pieces whose sizes differ by at most one, or pieces that begin at the given indices. */
export function tensorSplit(
	x: Tensor,
	sections: number | readonly number[],
	dim: number | { dim?: number } = 0,
): Tensor[] {
	const at = wrapDim("tensorSplit", typeof dim === "number" ? dim : (dim.dim ?? 0), x.ndim);
	const total = x.size(at);
	let bounds: number[];
	if (typeof sections === "number") {
		if (integer("tensorSplit", "sections", sections) < 1) {
			throw new RangeError(`[tensorSplit] sections must be at least 1, got ${sections}`);
		}
		const small = Math.floor(total / sections);
		const bigger = total % sections;
		bounds = Array.from({ length: sections + 1 }, (_, i) => i * small + Math.min(i, bigger));
	} else bounds = [0, ...sections, total];
	return bounds
		.slice(1)
		.map((end, i) => sliceAlong(x, { dim: at, start: bounds[i]!, end: Math.max(end, bounds[i]!), step: 1 }));
}

const unbindBackward: Derivative = {
	name: "UnbindBackward0",
	backward(node, _grad, grads: readonly Gradient[]) {
		const some = grads.find((grad) => grad !== null)!;
		return [
			stackAlong(
				grads.map((grad) => grad ?? zerosAs(some)),
				node.attributes as number,
			),
		];
	},
};

/** The tensors along dimension `dim` (default 0), which is then gone. */
export function unbind(x: Tensor, dim: number | { dim?: number } = 0): Tensor[] {
	const rank = x.ndim;
	if (rank === 0) throw new RangeError("[unbind] a tensor of no dimensions cannot be unbound");
	const at = wrapDim("unbind", typeof dim === "number" ? dim : (dim.dim ?? 0), rank);
	const outputs = Array.from({ length: x.size(at) }, (_, i) => wrap(native.select(x.handle, at, i)));
	return viewsOf(outputs, x, (base, i) => selectAt(base, [at, i]), unbindBackward, at);
}

declare module "../core/tensor" {
	interface Tensor {
		/** Pieces of `size` entries (the last may be smaller), or of the sizes of a list, along `dim` (default 0). */
		split(size: number | readonly number[], dim?: number | { dim?: number }): Tensor[];
		/** `chunks` pieces of equal size along `dim` (default 0), the last one smaller. */
		chunk(chunks: number, dim?: number | { dim?: number }): Tensor[];
		/** `sections` pieces whose sizes differ by at most one, or pieces that begin at the given indices. */
		tensorSplit(sections: number | readonly number[], dim?: number | { dim?: number }): Tensor[];
		/** The tensors along dimension `dim` (default 0), which is then gone. */
		unbind(dim?: number | { dim?: number }): Tensor[];
		/** The tensors along the first dimension. */
		[Symbol.iterator](): IterableIterator<Tensor>;
	}
}

asMethods({
	split,
	chunk,
	tensorSplit,
	unbind,
	[Symbol.iterator](x) {
		if (x.ndim === 0) throw new TypeError("[Tensor] iteration over a tensor of no dimensions: expected one at least");
		return unbind(x)[Symbol.iterator]();
	},
});
