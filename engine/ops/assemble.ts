import { describe, integer, shapeText, wrapDim } from "../core/arguments";
import { native, under } from "../core/native";
import { type Scalar, type Tensor, wrap } from "../core/tensor";
import { composite } from "./composite";
import { cloneFor } from "./copy";
import { catAlong, stackAlong, vstack } from "./join";
import { asMethods } from "./methods";
import { meshgrid } from "./rearrange";
import { diagEmbed } from "./slices";
import { tensorSplit } from "./split";
import { atleast2d, tensorList } from "./view";

/* Matrices and lists put together from smaller ones, and tensors taken apart along a fixed dimension. */

/** A matrix with the given matrices (vectors are rows) along its diagonal, zeros elsewhere. */
export function blockDiag(...tensors: Tensor[]): Tensor {
	const list = tensorList("blockDiag", tensors);
	const wide = list.find((x) => x.ndim > 2);
	if (wide)
		throw new RangeError(`[blockDiag] expects tensors of at most 2 dimensions, got shape ${shapeText(wide.shape)}`);
	return blocks(null, ...list);
}

const blocks = composite("BlockDiagBackward0", (_: null, ...tensors: Tensor[]) => {
	const list = tensors.map(atleast2d);
	const width = list.reduce((sum, x) => sum + x.size(1), 0);
	let before = 0;
	const rows = list.map((x) => {
		const zeros = (columns: number) => wrap(native.full([x.size(0), columns], 0, x.dtype.code, x.handle));
		const row = catAlong([zeros(before), x, zeros(width - before - x.size(1))], 1);
		before += x.size(1);
		return row;
	});
	return rows.length === 0 ? wrap(native.full([1, 0], 0, 6)) : catAlong(rows, 0);
});

/** A matrix whose diagonal is the tensor taken as flat. */
export function diagflat(x: Tensor, offset = 0): Tensor {
	return diagEmbed(x.reshape(-1), offset);
}

/** Powers of a vector's elements as columns: xᴺ⁻¹ … x⁰, in rising order with `increasing`. */
export function vander(
	x: Tensor,
	N: number | { N?: number | null; increasing?: boolean } | null = null,
	increasing = false,
): Tensor {
	const given = typeof N === "object" ? (N ?? {}) : { N };
	const rising = typeof N === "object" && N !== null ? (N.increasing ?? false) : increasing;
	const columns = given.N ?? x.size(0);
	if (x.ndim !== 1 || integer("vander", "N", columns) < 0) {
		throw new RangeError(`[vander] expects a vector and N ≥ 0, got shape ${shapeText(x.shape)} and ${columns}`);
	}
	const source = x.isFloatingPoint() ? x : x.long();
	const ones = wrap(native.full([x.size(0), Math.min(1, columns)], 1, source.dtype.code, source.handle));
	const rest = source
		.unsqueeze(1)
		.expand(-1, Math.max(columns - 1, 0))
		.cumprod(1);
	const powers = catAlong([ones, rest], 1);
	return rising ? powers : powers.flip(1);
}

/** All choices of `r` elements of a vector, in order, one a row; with replacement an element may come again. */
export function combinations(
	x: Tensor,
	r: number | { r?: number; withReplacement?: boolean } = 2,
	withReplacement: boolean | { withReplacement?: boolean } = false,
): Tensor {
	const options =
		typeof r === "object" ? r : typeof withReplacement === "object" ? withReplacement : { withReplacement };
	const count = typeof r === "number" ? r : (r.r ?? 2);
	if (x.ndim !== 1) throw new RangeError(`[combinations] expects a vector, got shape ${shapeText(x.shape)}`);
	if (integer("combinations", "r", count) < 0)
		throw new RangeError(`[combinations] r must not be negative, got ${count}`);
	if (count === 0) return wrap(native.empty([0], x.dtype.code, x.handle));
	const n = x.size(0);
	const grids = meshgrid(new Array<Tensor>(count).fill(wrap(native.arange(0, n, 1, 4, x.handle))));
	let chosen = wrap(native.full(new Array<number>(count).fill(n), true, 8, x.handle));
	for (let i = 1; i < count; i++) {
		chosen = chosen.logicalAnd(options.withReplacement ? grids[i - 1]!.le(grids[i]!) : grids[i - 1]!.lt(grids[i]!));
	}
	const columns = grids.map((grid) => x.indexSelect(0, grid.maskedSelect(chosen)));
	return stackAlong(columns, 1);
}

/** At least three dimensions: a vector becomes [1, n, 1], a matrix [n, m, 1]. */
export function atleast3d(x: Tensor): Tensor {
	if (x.ndim === 0) return x.reshape(1, 1, 1);
	if (x.ndim === 1) return x.unsqueeze(0).unsqueeze(-1);
	return x.ndim === 2 ? x.unsqueeze(-1) : x;
}

/** Joins along the third dimension. */
export function dstack(tensors: readonly Tensor[]): Tensor {
	const list = tensorList("dstack", tensors).map(atleast3d);
	return under("dstack", () => catAlong(list, 2));
}

type Sections = number | readonly number[];

function splitAlong(op: string, x: Tensor, sections: Sections, dim: number, least: number): Tensor[] {
	if (x.ndim < least) {
		throw new RangeError(
			`[${op}] requires a tensor with at least ${least} dimension${least > 1 ? "s" : ""}, got ${x.ndim}`,
		);
	}
	if (typeof sections === "number" && x.size(dim) % sections !== 0) {
		throw new RangeError(`[${op}] the size of dimension ${dim}, ${x.size(dim)}, is not divisible by ${sections}`);
	}
	return tensorSplit(x, sections, dim);
}

/** Pieces along the second dimension (of a vector along its only one). */
export function hsplit(x: Tensor, sections: Sections): Tensor[] {
	return splitAlong("hsplit", x, sections, x.ndim === 1 ? 0 : 1, 1);
}

/** Pieces along the first dimension. */
export function vsplit(x: Tensor, sections: Sections): Tensor[] {
	return splitAlong("vsplit", x, sections, 0, 2);
}

/** Pieces along the third dimension. */
export function dsplit(x: Tensor, sections: Sections): Tensor[] {
	return splitAlong("dsplit", x, sections, 2, 3);
}

/** Positions in row-major order as one index tensor for each dimension of `shape`. */
export function unravelIndex(indices: Tensor, shape: number | readonly number[]): Tensor[] {
	if (indices.isFloatingPoint() || indices.dtype.name === "bool") {
		throw new TypeError(`[unravelIndex] expected integer indices, got ${indices.dtype}`);
	}
	const sizes = [shape].flat() as number[];
	let step = sizes.reduce((product, size) => product * size, 1);
	return sizes.map((size) => {
		step /= Math.max(size, 1);
		return indices.div(step, { roundingMode: "floor" }).remainder(size);
	});
}

/** A copy with `source` in the place of `x.select(dim, index)`. */
export function selectScatter(x: Tensor, source: Tensor, dim: number, index: number): Tensor {
	return placedIn("selectScatter", x, source, (copy) => copy.select(dim, index));
}

/** A copy with `source` in the place of the slice from `start` to `end` by `step` of dimension `dim`. */
export function sliceScatter(
	x: Tensor,
	source: Tensor,
	dim = 0,
	start: number | null = null,
	end: number | null = null,
	step = 1,
): Tensor {
	const at = wrapDim("sliceScatter", dim, x.ndim);
	const range = `${start ?? ""}:${end ?? ""}:${step}`;
	return placedIn("sliceScatter", x, source, (copy) => copy.at(...new Array<string>(at).fill(":"), range));
}

/** A copy with `source` on a diagonal. */
export function diagonalScatter(x: Tensor, source: Tensor, offset = 0, dim1 = 0, dim2 = 1): Tensor {
	return placedIn("diagonalScatter", x, source, (copy) => copy.diagonal(offset, dim1, dim2));
}

function placedIn(op: string, x: Tensor, source: Tensor, view: (copy: Tensor) => Tensor): Tensor {
	const copy = cloneFor(x, source);
	const place = view(copy);
	if (`${place.shape}` !== `${source.shape}`) {
		throw new RangeError(
			`[${op}] expected a source of the place's shape ${shapeText(place.shape)}, got ${shapeText(source.shape)}`,
		);
	}
	place.copy_(source);
	return copy;
}

/** Sets the main diagonal to `value`; of a tall matrix with `wrap` again after every block. */
function fillDiagonal_<T extends Tensor>(x: T, value: Scalar, wrapAround: boolean | { wrap?: boolean } = false): T {
	const again = typeof wrapAround === "object" ? (wrapAround.wrap ?? false) : wrapAround;
	if (typeof value !== "number" && typeof value !== "bigint" && typeof value !== "boolean") {
		throw new TypeError(`[fillDiagonal_] expected a number, got ${describe(value)}`);
	}
	if (x.ndim < 2 || (x.ndim > 2 && x.shape.some((size) => size !== x.size(0)))) {
		throw new RangeError(
			`[fillDiagonal_] expects a matrix, or more dimensions of one size, got shape ${shapeText(x.shape)}`,
		);
	}
	const step = x.stride().reduce((sum, stride) => sum + stride, 0);
	const [rows, columns] = x.shape as [number, number];
	const view = (size: number, offset: number) => x.asStrided([size], [step], x.storageOffset() + offset).fill_(value);
	view(Math.min(...x.shape), 0);
	if (again && x.ndim === 2) {
		for (let start = columns + 1; start < rows; start += columns + 1) {
			view(Math.min(rows - start, columns), start * x.stride(0));
		}
	}
	return x;
}

export { vstack as rowStack };

declare module "../core/tensor" {
	interface Tensor {
		/** A matrix whose diagonal is the tensor taken as flat. */
		diagflat(offset?: number): Tensor;
		/** Pieces along the second dimension (of a vector along its only one). */
		hsplit(sections: Sections): Tensor[];
		/** Pieces along the first dimension. */
		vsplit(sections: Sections): Tensor[];
		/** Pieces along the third dimension. */
		dsplit(sections: Sections): Tensor[];
		/** A copy with `source` in the place of `select(dim, index)`. */
		selectScatter(source: Tensor, dim: number, index: number): Tensor;
		/** A copy with `source` in the place of a slice of dimension `dim`. */
		sliceScatter(source: Tensor, dim?: number, start?: number | null, end?: number | null, step?: number): Tensor;
		/** A copy with `source` on a diagonal. */
		diagonalScatter(source: Tensor, offset?: number, dim1?: number, dim2?: number): Tensor;
		/** Sets the main diagonal to `value`; of a tall matrix with `wrap` again after every block. */
		fillDiagonal_(value: Scalar, wrap?: boolean | { wrap?: boolean }): this;
	}
}

asMethods({ diagflat, hsplit, vsplit, dsplit, selectScatter, sliceScatter, diagonalScatter, fillDiagonal_ });
