import type { Derivative } from "../autograd/node";
import { inPlace, record, tracked } from "../autograd/record";
import { type Dims, describe, integer, isOptions, type Sizes, shapeText, sizesOf, wrapDim } from "../core/arguments";
import { type Handle, native, under } from "../core/native";
import { Tensor, wrap } from "../core/tensor";
import { composite } from "./composite";
import { stackAlong } from "./join";
import { asMethods } from "./methods";
import { derivativeByShape, tensorList, type ViewOp } from "./view";

/* Elements copied to other places: repeated, reversed, shifted, masked by a triangle. */

/** A linear rearrangement whose gradient is a rearrangement of the same kind. */
function define<A>(
	name: string,
	make: (x: Handle, args: A) => Handle,
	back: (grad: Tensor, args: A, shape: number[]) => Tensor,
): ViewOp<A> {
	const derivative = derivativeByShape(name, back);
	return (x, args) => {
		const out = wrap(make(x.handle, args));
		return tracked(x) ? record(out, derivative, [x], [], { args, shape: x.shape }) : out;
	};
}

const flipAlong: ViewOp<number[]> = define("FlipBackward0", native.flip, (grad, dims) => flipAlong(grad, dims));
const rollAlong: ViewOp<[shifts: number[], dims: number[]]> = define(
	"RollBackward0",
	(x, [shifts, dims]) => native.roll(x, shifts, dims),
	(grad, [shifts, dims]) => rollAlong(grad, [shifts.map((shift) => -shift), dims]),
);
const lower: ViewOp<number> = define("TrilBackward0", native.tril, (grad, diagonal) => lower(grad, diagonal));
const upper: ViewOp<number> = define("TriuBackward0", native.triu, (grad, diagonal) => upper(grad, diagonal));
const repeatAll: ViewOp<number[]> = define("RepeatBackward0", native.repeat, (grad, repeats, shape) => {
	// Every dimension as (repeats, size): the copies add up.
	const front = repeats.length - shape.length;
	const sizes = repeats.map((_, i) => (i < front ? 1 : shape[i - front]!));
	const split = grad.reshape(repeats.flatMap((times, i) => [times, sizes[i]!]));
	return split.sum(repeats.map((_, i) => 2 * i)).reshape(shape);
});

type FlipArguments = Sizes | [options: { dims: number | readonly number[] }];

/** In reverse order along the given dimensions. */
export function flip(x: Tensor, ...dims: FlipArguments): Tensor {
	const [first] = dims;
	return flipAlong(x, sizesOf("flip", isOptions(first) ? [[first.dims].flat()] : dims));
}

export function fliplr(x: Tensor): Tensor {
	if (x.ndim < 2) throw new RangeError(`[fliplr] expects 2 or more dimensions, got shape ${shapeText(x.shape)}`);
	return flipAlong(x, [1]);
}

export function flipud(x: Tensor): Tensor {
	if (x.ndim < 1) throw new RangeError("[flipud] expects 1 or more dimensions, got a scalar");
	return flipAlong(x, [0]);
}

/** Shifted along dimensions, what falls off one end coming in at the other; without `dims`, in row-major order. */
export function roll(x: Tensor, shifts: number | readonly number[], dims: Dims | { dims?: Dims } = null): Tensor {
	const given = typeof dims === "object" && dims !== null && "dims" in dims ? (dims.dims ?? null) : (dims as Dims);
	const by = [shifts].flat() as number[];
	const along = given === null ? [] : ([given].flat() as number[]);
	if (along.length === 0) {
		if (by.length !== 1) throw new RangeError(`[roll] got ${by.length} shifts and no dims`);
		return rollFlat(by[0]!, x);
	}
	if (by.length !== along.length) {
		throw new RangeError(`[roll] shifts and dims must align, got ${by.length} shifts and ${along.length} dims`);
	}
	// Of nothing every dimension will do, as in PyTorch.
	if (x.numel() === 0 && x.ndim > 0) return rollAlong(x, [by, along.map(() => 0)]);
	return rollAlong(x, [by, along.map((dim) => wrapDim("roll", dim, x.ndim))]);
}

const rollFlat = composite("RollBackward0", (shift: number, x: Tensor) =>
	rollAlong(x.reshape(-1), [[shift], [0]]).reshape(x.shape),
);

/** Turned by 90 degrees `k` times, from dimension `dims[0]` towards `dims[1]`. */
export function rot90(x: Tensor, k = 1, dims: readonly [number, number] = [0, 1]): Tensor {
	const [a, b] = [wrapDim("rot90", dims[0], x.ndim), wrapDim("rot90", dims[1], x.ndim)];
	if (a === b) throw new RangeError(`[rot90] needs two different dimensions, got ${a} twice`);
	const turns = ((integer("rot90", "k", k) % 4) + 4) % 4;
	return turned({ turns, a, b }, x);
}

const turned = composite("Rot90Backward0", ({ turns, a, b }: { turns: number; a: number; b: number }, x: Tensor) => {
	if (turns === 0) return x.clone();
	if (turns === 2) return flipAlong(x, [a, b]);
	return flipAlong(x, [turns === 1 ? b : a])
		.transpose(a, b)
		.contiguous();
});

type DiagonalOption = number | { diagonal?: number };

function diagonalOption(op: string, given: DiagonalOption): number {
	return integer(op, "diagonal", typeof given === "object" ? (given.diagonal ?? 0) : given);
}

/** The lower triangle, zeros above `diagonal` (default 0). */
export function tril(x: Tensor, diagonal: DiagonalOption = 0): Tensor {
	return lower(x, diagonalOption("tril", diagonal));
}

/** The upper triangle, zeros below `diagonal` (default 0). */
export function triu(x: Tensor, diagonal: DiagonalOption = 0): Tensor {
	return upper(x, diagonalOption("triu", diagonal));
}

function tril_<T extends Tensor>(x: T, diagonal: DiagonalOption = 0): T {
	const at = diagonalOption("tril_", diagonal);
	return inPlace("tril_", x, [], () => native.copy_(x.handle, native.tril(x.handle, at)), trilInPlace, undefined, at);
}

function triu_<T extends Tensor>(x: T, diagonal: DiagonalOption = 0): T {
	const at = diagonalOption("triu_", diagonal);
	return inPlace("triu_", x, [], () => native.copy_(x.handle, native.triu(x.handle, at)), triuInPlace, undefined, at);
}

const trilInPlace: Derivative = { name: "TrilBackward0", backward: (n, grad) => [lower(grad, n.attributes as number)] };
const triuInPlace: Derivative = { name: "TriuBackward0", backward: (n, grad) => [upper(grad, n.attributes as number)] };

/** Copies of the whole along each dimension; more repeats than dimensions add dimensions in front. */
function repeat(x: Tensor, ...repeats: Sizes): Tensor {
	return repeatAll(x, sizesOf("repeat", repeats));
}

/** `repeat` that takes fewer repeats than dimensions, for the last ones. */
export function tile(x: Tensor, ...repeats: Sizes): Tensor {
	const given = sizesOf("tile", repeats);
	const all = [...new Array<number>(Math.max(0, x.ndim - given.length)).fill(1), ...given];
	return under("tile", () => repeatAll(x, all));
}

/**
 * Every entry along `dim` repeated in place: `repeats` times each, or as often as an int64 vector says. Without `dim`,
 * the elements in row-major order.
 */
export function repeatInterleave(
	x: Tensor,
	repeats: number | Tensor,
	dim?: number | { dim?: number | null } | null,
): Tensor {
	const along = typeof dim === "object" && dim !== null ? dim.dim : dim;
	if (along === undefined || along === null) return repeatInterleave(x.flatten(), repeats, 0);
	const at = wrapDim("repeatInterleave", along, x.ndim);
	if (typeof repeats === "number") {
		if (integer("repeatInterleave", "repeats", repeats) < 0) {
			throw new RangeError(`[repeatInterleave] repeats must not be negative, got ${repeats}`);
		}
		const shape = x.shape;
		const copies = x.unsqueeze(at + 1).expand([...shape.slice(0, at + 1), repeats, ...shape.slice(at + 1)]);
		return copies
			.clone()
			.contiguous()
			.flatten(at, at + 1);
	}
	if (!(repeats instanceof Tensor)) {
		throw new TypeError(`[repeatInterleave] repeats must be an integer or a tensor, got ${describe(repeats)}`);
	}
	const counts = native.toNumbers(repeats.handle);
	const size = x.size(at);
	if (counts.length !== size && counts.length !== 1) {
		throw new RangeError(`[repeatInterleave] repeats must have the size of dim ${at}, ${size}, got ${counts.length}`);
	}
	const index: bigint[] = [];
	for (let i = 0; i < size; i++) {
		const count = counts[counts.length === 1 ? 0 : i]!;
		if (count < 0) throw new RangeError(`[repeatInterleave] repeats cannot be negative, got ${count}`);
		for (let k = 0; k < count; k++) index.push(BigInt(i));
	}
	return x.indexSelect(at, wrap(native.fromBigInts(BigInt64Array.from(index), [index.length], 4, x.handle)));
}

/** Coordinate grids of vectors: entry i varies along dimension i ("ij"), or the first two swapped ("xy"). */
export function meshgrid(
	...args: Tensor[] | [...Tensor[], { indexing?: "ij" | "xy" }] | [readonly Tensor[], { indexing?: "ij" | "xy" }?]
): Tensor[] {
	const last = args.at(-1);
	const options = last instanceof Tensor || Array.isArray(last) ? {} : (last as { indexing?: "ij" | "xy" });
	const first = args[0];
	const list = tensorList("meshgrid", Array.isArray(first) ? first : args.filter((x) => x instanceof Tensor));
	for (const x of list) {
		if (x.ndim > 1) throw new RangeError(`[meshgrid] expects vectors and scalars, got shape ${shapeText(x.shape)}`);
		if (x.dtype !== list[0]!.dtype) {
			throw new TypeError(`[meshgrid] expects tensors of one dtype, got ${list[0]!.dtype} and ${x.dtype}`);
		}
	}
	const swap = (options?.indexing ?? "ij") === "xy" && list.length > 1;
	const order = swap ? [list[1]!, list[0]!, ...list.slice(2)] : list;
	const sizes = order.map((x) => x.numel());
	const grids = order.map((x, i) => x.reshape(sizes.map((size, k) => (k === i ? size : 1))).expand(sizes));
	return swap ? [grids[1]!, grids[0]!, ...grids.slice(2)] : grids;
}

/** All combinations of elements of vectors, one a row. */
export function cartesianProd(...tensors: Tensor[]): Tensor {
	for (const x of tensors) {
		if (x.ndim !== 1) throw new RangeError(`[cartesianProd] expects vectors, got shape ${shapeText(x.shape)}`);
	}
	if (tensors.length === 1) return tensors[0]!;
	return stackAlong(
		meshgrid(tensors).map((grid) => grid.flatten()),
		1,
	);
}

declare module "../core/tensor" {
	interface Tensor {
		/** In reverse order along the given dimensions. */
		flip(...dims: FlipArguments): Tensor;
		/** Dimension 1 turned round. */
		fliplr(): Tensor;
		/** Dimension 0 turned round. */
		flipud(): Tensor;
		/** Shifted along dimensions, what falls off one end coming in at the other; without `dims`, in row-major order. */
		roll(shifts: number | readonly number[], dims?: Dims | { dims?: Dims }): Tensor;
		/** Turned by 90 degrees `k` times, from dimension `dims[0]` towards `dims[1]`. */
		rot90(k?: number, dims?: readonly [number, number]): Tensor;
		/** The lower triangle, zeros above `diagonal` (default 0). */
		tril(diagonal?: DiagonalOption): Tensor;
		tril_(diagonal?: DiagonalOption): this;
		/** The upper triangle, zeros below `diagonal` (default 0). */
		triu(diagonal?: DiagonalOption): Tensor;
		triu_(diagonal?: DiagonalOption): this;
		/** Copies of the whole along each dimension; more repeats than dimensions add dimensions in front. */
		repeat(...repeats: Sizes): Tensor;
		/** `repeat` that takes fewer repeats than dimensions, for the last ones. */
		tile(...repeats: Sizes): Tensor;
		/** Every entry along `dim` repeated in place, `repeats` times or as an int64 vector says; without `dim`, flat. */
		repeatInterleave(repeats: number | Tensor, dim?: number | { dim?: number | null } | null): Tensor;
	}
}

asMethods({ flip, fliplr, flipud, roll, rot90, tril, tril_, triu, triu_, repeat, tile, repeatInterleave });
