import type { Derivative } from "../autograd/node";
import { inPlace, record, tracked } from "../autograd/record";
import { bind, describe, shapeText } from "../core/arguments";
import { autocastState } from "../core/autocast";
import { bool, int64 } from "../core/dtype";
import { native } from "../core/native";
import { type Scalar, Tensor, wrap } from "../core/tensor";
import { type Broadcast, unbroadcast } from "./broadcast";
import { promotedOnCards } from "./castPolicy";
import { bareCloneFor, cast } from "./copy";
import { tensor } from "./create";
import { fromNested, isTypedArray, type TensorData, type TypedArray } from "./data";
import { asMethods } from "./methods";
import { parseSlice, Slice } from "./slice";
import { selectAt, sliceAlong } from "./slices";
import { alias, unsqueeze } from "./view";

/*
 * PyTorch's indexing. Integers, slices, null and "..." make views, one after the other; index tensors and masks are
 * collected on the way and then picked by one kernel.
 */

/**
 * One index: an integer, a slice (`slice(1, 3)` or `"1:3"`), null for a new dimension, `"..."` for all dimensions not
 * named, a tensor of int64 (elements by position) or bool (a mask), or an array that becomes such a tensor.
 */
export type Index = number | Slice | string | null | boolean | Tensor | TypedArray | readonly IndexArray[];
type IndexArray = number | bigint | boolean | readonly IndexArray[];

/** What stands for `null` among index tensors: the whole dimension. */
type Picks = (Tensor | null)[];

/** The part of `x` that the indices name: a view where there are no index tensors or masks among them, else a copy. */
function at(x: Tensor, ...indices: Index[]): Tensor {
	const { view, picks } = follow("at", x, indices);
	if (picks === null) return view === x ? alias(x, null) : view;
	return index(view, picks);
}

/** Applies integers, slices, null and "..."; collects tensors. */
function follow(op: string, x: Tensor, given: readonly Index[]): { view: Tensor; picks: Picks | null } {
	const indices = given.map((one) => prepared(op, one));
	const rank = x.ndim;
	const named = indices.reduce<number>((count, one) => count + dimensionsOf(one), 0);
	if (named > rank) {
		throw new RangeError(
			`[${op}] too many indices for tensor of dimension ${rank}: ${shapeText(x.shape)} has no ${named} dimensions`,
		);
	}
	if (indices.filter((one) => one === "...").length > 1) throw new RangeError(`[${op}] "..." may stand once only`);
	let view = x;
	let dim = 0;
	let real = 0;
	const picks: Picks = [];
	let picking = false;
	const whole = (count: number) => {
		for (let i = 0; i < count; i++) picks.push(null);
		dim += count;
	};
	for (const one of indices) {
		if (typeof one === "number") {
			const size = view.size(dim);
			if (one < -size || one >= size) {
				throw new RangeError(`[${op}] index ${one} is out of bounds for dimension ${real} with size ${size}`);
			}
			view = selectAt(view, [dim, one]);
		} else if (one instanceof Slice) {
			view = sliced(view, dim, one);
			whole(1);
		} else if (one === null) {
			view = unsqueeze(view, dim);
			whole(1);
		} else if (one === "...") {
			whole(rank - named);
		} else if (typeof one === "boolean") {
			view = unsqueeze(view, dim);
			picks.push(wrap(native.full([one ? 1 : 0], 0, int64.code, x.handle)));
			dim++;
			picking = true;
		} else {
			picks.push(one);
			dim += dimensionsOf(one);
			picking = true;
		}
		real += one === "..." ? rank - named : dimensionsOf(one);
	}
	return { view, picks: picking ? picks : null };
}

type Prepared = number | Slice | null | boolean | Tensor | "...";

/** How many of the tensor's dimensions an index covers ("...": the rest). */
function dimensionsOf(one: Prepared): number {
	if (one === null || one === "..." || typeof one === "boolean") return 0;
	return one instanceof Tensor && one.dtype === bool ? one.ndim : 1;
}

function prepared(op: string, one: unknown): Prepared {
	if (one === null || one === "..." || typeof one === "boolean" || one instanceof Slice) return one;
	if (typeof one === "string") return parseSlice(one);
	if (typeof one === "number" || typeof one === "bigint") {
		const integer = Number(one);
		if (Number.isInteger(integer)) return integer;
	} else if (one instanceof Tensor) return fromTensor(op, one);
	else if (Array.isArray(one) || isTypedArray(one)) return fromArray(op, one as readonly IndexArray[] | TypedArray);
	throw new TypeError(
		`[${op}] only integers, slices, null, "...", tensors and arrays of integers or booleans are indices, got ${describe(one)}`,
	);
}

function fromTensor(op: string, one: Tensor): Prepared {
	const { dtype } = one;
	if (dtype.isFloatingPoint) {
		throw new TypeError(
			`[${op}] tensors used as indices must be int64, int32, uint8 or bool tensors, got ${dtype}: index.long() makes one`,
		);
	}
	if (one.ndim === 0) return dtype === bool ? native.item(one.handle) !== 0 : native.item(one.handle);
	// PyTorch's older masks.
	if (dtype.name === "uint8") return wrap(native.to(one.handle, bool.code));
	return dtype === bool ? one : cast(one, int64);
}

function fromArray(op: string, one: readonly IndexArray[] | TypedArray): Tensor {
	if (one.length === 0) return wrap(native.full([0], 0, int64.code));
	const made = wrap(fromNested(op, one as TensorData));
	if (made.dtype === bool) return made;
	if (made.dtype.isFloatingPoint) {
		const numbers = native.toNumbers(made.handle);
		const wrong = numbers.find((value) => !Number.isInteger(value));
		if (wrong !== undefined)
			throw new TypeError(`[${op}] an array used as index must hold integers or booleans, got ${wrong}`);
	}
	return wrap(native.to(made.handle, int64.code));
}

function sliced(view: Tensor, dim: number, { start, end, step }: Slice): Tensor {
	if (start === null && end === null && step === 1) return view;
	const size = view.size(dim);
	const first = start ?? 0;
	const last = end ?? size;
	if (first === 0 && last >= size && step === 1) return view;
	return sliceAlong(view, { dim, start: first, end: last, step });
}

function handlesOf(picks: readonly (Tensor | null)[]) {
	return picks.map((pick) => pick?.handle ?? null);
}

/** @internal Elements by index tensors and masks. */
export function index(x: Tensor, picks: Picks): Tensor {
	const out = wrap(native.index(x.handle, handlesOf(picks)));
	return tracked(x) ? record(out, indexBackward, [x], picks, x.shape) : out;
}

const indexBackward: Derivative = {
	name: "IndexBackward0",
	backward(node, grad) {
		const zeros = wrap(native.full(node.attributes as number[], 0, grad.dtype.code, grad.handle));
		return [indexPut(zeros, savedPicks(node), grad, true)];
	},
};

function savedPicks(node: { savedTensors: readonly (Tensor | null)[]; saved(i: number): Tensor }): Picks {
	return node.savedTensors.map((pick, i) => pick && node.saved(i));
}

type AccumulateArguments = [accumulate?: boolean | { accumulate?: boolean }];

function accumulates(op: string, args: readonly unknown[]): boolean {
	return bind<{ accumulate: boolean }>(op, args, ["accumulate"]).accumulate ?? false;
}

/** A copy of `x` with `values` put (or, with `accumulate`, added) where index tensors point. */
export function indexPut(
	x: Tensor,
	indices: readonly (Tensor | null)[],
	values: Tensor,
	...args: AccumulateArguments
): Tensor {
	if (autocastState.active) return promotedOnCards(indexPut, x, indices, values, ...args);
	const accumulate = accumulates("indexPut", args);
	const out = wrap(bareCloneFor(x, values, ...indices.filter((index) => index !== null)));
	put(out, indices, values, accumulate);
	if (!tracked(x, values)) return out;
	return record(out, indexPutBackward, [x, values], indices, attributesOf(values, accumulate));
}

/** Puts (or adds) `values`, which broadcast, where index tensors and masks point. */
function indexPut_<T extends Tensor>(
	x: T,
	indices: readonly (Tensor | null)[],
	values: Tensor,
	...args: AccumulateArguments
): T {
	const accumulate = accumulates("indexPut_", args);
	const picks = indices.map((one) => one && (prepared("indexPut_", one) as Tensor));
	const write = () => put(x, picks, values, accumulate);
	return inPlace("indexPut_", x, [values], write, indexPutBackward, () => picks, attributesOf(values, accumulate));
}

function put(x: Tensor, picks: readonly (Tensor | null)[], values: Tensor, accumulate: boolean): void {
	native.indexPut_(x.handle, handlesOf(picks), values.handle, accumulate);
}

interface Put {
	accumulate: boolean;
	values: NonNullable<Broadcast>;
}

function attributesOf(values: Tensor, accumulate: boolean): Put {
	return { accumulate, values: { shape: values.shape, dtype: values.dtype.code } };
}

const indexPutBackward: Derivative = {
	name: "IndexPutBackward0",
	backward(node, grad) {
		const { accumulate, values } = node.attributes as Put;
		const picks = savedPicks(node);
		const zero = () => wrap(native.full([], 0, grad.dtype.code, grad.handle));
		return [
			node.needs(0) ? (accumulate ? grad : indexPut(grad, picks, zero())) : null,
			node.needs(1) ? unbroadcast(index(grad, picks), values) : null,
		];
	},
};

/** Overwrites the part of `x` that the indices name with `value`, which broadcasts. One index needs no array. */
function setAt<T extends Tensor>(x: T, indices: Index | readonly Index[], value: Tensor | TensorData): T {
	const list = Array.isArray(indices) ? (indices as readonly Index[]) : [indices as Index];
	const { view, picks } = follow("setAt", x, list);
	const source = asValue(x, value);
	if (picks === null) {
		if (source instanceof Tensor) view.copy_(withoutLeadingOnes(source, view.ndim));
		else view.fill_(source);
		return x;
	}
	const values = source instanceof Tensor ? source : wrap(native.full([], source, x.dtype.code, x.handle));
	indexPut_(view, picks, cast(withoutExtraOnes(values, view, picks), x.dtype));
	return x;
}

function asValue(x: Tensor, value: Tensor | TensorData): Tensor | Scalar {
	if (value instanceof Tensor || typeof value === "number" || typeof value === "bigint" || typeof value === "boolean")
		return value;
	if (Array.isArray(value) || isTypedArray(value))
		return tensor(value as TensorData, { dtype: x.dtype, device: x.device });
	throw new TypeError(`[setAt] value must be a tensor, a number or an array, got ${describe(value)}`);
}

/** PyTorch lets a value have more dimensions than the place it goes to, of size 1. */
function withoutLeadingOnes(value: Tensor, rank: number): Tensor {
	const shape = value.shape;
	let extra = 0;
	while (shape.length - extra > rank && shape[extra] === 1) extra++;
	return extra === 0 ? value : value.reshape(shape.slice(extra));
}

function withoutExtraOnes(value: Tensor, view: Tensor, picks: Picks): Tensor {
	if (value.shape[0] !== 1) return value;
	const result = native.index(view.handle, handlesOf(picks));
	return withoutLeadingOnes(value, native.dim(result));
}

declare module "../core/tensor" {
	interface Tensor {
		/**
		 * The part that the indices name, as PyTorch's `x[…]`: `x.at(0)`, `x.at(":", "1:3")`, `x.at("...", -1)`,
		 * `x.at(null)`, `x.at(mask)`, `x.at(arange(n), lengths)`. A view where there are no index tensors or masks among
		 * them, else a copy.
		 */
		at(...indices: Index[]): Tensor;
		/** Overwrites that part with `value`, which broadcasts: `x.setAt([0, "1:3"], 1)`, `x.setAt(mask, 0)`. */
		setAt(indices: Index | readonly Index[], value: Tensor | TensorData): this;
		/** A copy with `values` put (or, with `accumulate`, added) where index tensors point. */
		indexPut(indices: readonly (Tensor | null)[], values: Tensor, ...args: AccumulateArguments): Tensor;
		indexPut_(indices: readonly (Tensor | null)[], values: Tensor, ...args: AccumulateArguments): this;
	}
}

asMethods({ at, setAt, indexPut, indexPut_ });
