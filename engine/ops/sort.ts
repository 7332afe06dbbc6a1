import type { Derivative } from "../autograd/node";
import { recordAll, tracked } from "../autograd/record";
import { bind, integer, wrapDim } from "../core/arguments";
import { int32 } from "../core/dtype";
import { type ValuesAndIndices, valuesAndIndices } from "../core/namedTuple";
import { native } from "../core/native";
import { type Scalar, Tensor, wrap } from "../core/tensor";
import { bareCloneFor, cast } from "./copy";
import { picking, placed } from "./extremes";
import { asMethods } from "./methods";

/* Order: sorting, the largest few, distinct values, and where values fall. */

export interface SortOptions {
	/** Default -1, the last. */
	dim?: number;
	/** Largest first. Default false. */
	descending?: boolean;
	/** Keep the order of equal elements. It is kept in any case. */
	stable?: boolean;
}

type SortArguments = [options?: SortOptions] | [dim: number, descending?: boolean | Omit<SortOptions, "dim">];

const sortDerivative = (name: string): Derivative => ({
	name,
	backward(node, grad) {
		const { dim, shape } = node.attributes as { dim: number; shape: number[] };
		return [placed(grad, node.saved(0), { dim, shape, keepdim: true })];
	},
});

const sortBackward = sortDerivative("SortBackward0");
const topkBackward = sortDerivative("TopkBackward0");

/** The elements in order along `dim` (default the last), and where they came from. */
export function sort(x: Tensor, ...args: SortArguments): ValuesAndIndices {
	const { dim = -1, descending = false } = bind<SortOptions>("sort", args, ["dim", "descending"], ["stable"]);
	const at = wrapDim("sort", dim, x.ndim);
	const [values, indices] = native.sort(x.handle, at, descending).map(wrap) as [Tensor, Tensor];
	if (tracked(x)) recordAll([values, indices], sortBackward, [x], [indices], { dim: at, shape: x.shape });
	return valuesAndIndices("sort", values, indices);
}

/** Where the elements in order along `dim` come from. */
export function argsort(x: Tensor, ...args: SortArguments): Tensor {
	const { dim = -1, descending = false } = bind<SortOptions>("argsort", args, ["dim", "descending"], ["stable"]);
	return wrap(native.sort(x.handle, wrapDim("argsort", dim, x.ndim), descending)[1]);
}

/** Sorted along the first dimension. */
export function msort(x: Tensor): Tensor {
	return sort(x, 0).values;
}

export interface TopkOptions {
	/** Default -1, the last. */
	dim?: number;
	/** The largest (default) or the smallest. */
	largest?: boolean;
	/** In order (default). */
	sorted?: boolean;
}

type TopkArguments =
	| [k: number, options?: TopkOptions]
	| [k: number, dim: number, largest?: boolean | TopkOptions, sorted?: boolean]
	| [options: TopkOptions & { k: number }];

function refuseBool(op: string, x: Tensor): void {
	if (x.dtype.name === "bool") throw new TypeError(`[${op}] is not implemented for bool tensors`);
}

/** The `k` largest elements along `dim` (default the last), and where they are. */
export function topk(x: Tensor, ...args: TopkArguments): ValuesAndIndices {
	const given = bind<TopkOptions & { k: number }>("topk", args, ["k", "dim", "largest", "sorted"]);
	const { k = Number.NaN, dim = -1, largest = true, sorted = true } = given;
	refuseBool("topk", x);
	const at = wrapDim("topk", dim, x.ndim);
	const size = x.ndim === 0 ? 1 : x.size(at);
	if (integer("topk", "k", k) < 0 || k > size) {
		throw new RangeError(`[topk] selected index k out of range: k is ${k}, and dim ${dim} has size ${size}`);
	}
	const [values, indices] = native.topk(x.handle, k, at, largest, sorted).map(wrap) as [Tensor, Tensor];
	if (tracked(x)) recordAll([values, indices], topkBackward, [x], [indices], { dim: at, shape: x.shape });
	return valuesAndIndices("topk", values, indices);
}

type KthvalueArguments =
	| [k: number, dim?: number, keepdim?: boolean | { keepdim?: boolean }]
	| [k: number, options: { dim?: number; keepdim?: boolean }]
	| [options: { k: number; dim?: number; keepdim?: boolean }];

/** The k-th smallest element along `dim` (default the last), k from 1 on, and where it is. */
export function kthvalue(x: Tensor, ...args: KthvalueArguments): ValuesAndIndices {
	const options = bind<{ k: number; dim: number; keepdim: boolean }>("kthvalue", args, ["k", "dim", "keepdim"]);
	const { k = Number.NaN, dim: along = -1, keepdim: keeps = false } = options;
	refuseBool("kthvalue", x);
	const pick = picking("kthvalue", "KthvalueBackward0", (handle, dim, keepdim) => {
		const size = native.dim(handle) === 0 ? 1 : native.shape(handle)[dim]!;
		if (integer("kthvalue", "k", k) < 1 || k > size) {
			throw new RangeError(`[kthvalue] selected number k out of range for dimension ${dim}: k is ${k} of ${size}`);
		}
		const part = (sorted: typeof handle) => {
			if (native.dim(sorted) === 0) return sorted;
			const kth = native.contiguous(native.slice(sorted, dim, k - 1, k, 1));
			return keepdim ? kth : native.squeeze(kth, [dim]);
		};
		const [values, indices] = native.sort(handle, dim, false);
		return [part(values), part(indices)];
	});
	return pick(x, [along, keeps]);
}

export interface UniqueOptions {
	/** Values in order (default); they are in order in any case. */
	sorted?: boolean;
	/** Also where in the result each element is. Default false. */
	returnInverse?: boolean;
	/** Also how often each value occurs. Default false. */
	returnCounts?: boolean;
	/** Distinct slices along this dimension instead of distinct elements. */
	dim?: number | null;
}

type Distinct = (x: Tensor["handle"]) => [Tensor["handle"], Tensor["handle"], Tensor["handle"]];

function distinct(kernel: Distinct, x: Tensor, { returnInverse, returnCounts }: UniqueOptions): Tensor | Tensor[] {
	const [values, inverse, counts] = kernel(x.handle).map(wrap) as [Tensor, Tensor, Tensor];
	if (!returnInverse && !returnCounts) return values;
	return [values, ...(returnInverse ? [inverse.view(x.shape)] : []), ...(returnCounts ? [counts] : [])];
}

/** The distinct elements in order; with options an array of them, the inverse and the counts. */
export function unique(x: Tensor, options?: { sorted?: boolean; dim?: number | null }): Tensor;
export function unique(x: Tensor, options: UniqueOptions): Tensor[];
export function unique(x: Tensor, options: UniqueOptions = {}): Tensor | Tensor[] {
	if (options.dim === undefined || options.dim === null) return distinct(native.unique, x, options);
	return distinctSlices(x, wrapDim("unique", options.dim, x.ndim), options, true);
}

/** Equal neighbours are joined; `sorted` first sorts the slices by their elements. */
function distinctSlices(
	x: Tensor,
	dim: number,
	{ returnInverse, returnCounts }: UniqueOptions,
	sorted: boolean,
): Tensor | Tensor[] {
	const size = x.size(dim);
	const rows = native.reshape(native.transpose(x.handle, 0, dim), [size, -1]);
	const width = size === 0 ? 0 : native.shape(rows)[1]!;
	const flat = native.toNumbers(rows);
	const compare = (a: number, b: number) => {
		for (let i = 0; i < width; i++) {
			const difference = flat[a * width + i]! - flat[b * width + i]!;
			if (difference !== 0) return difference;
		}
		return 0;
	};
	const order = Array.from({ length: size }, (_, i) => i);
	if (sorted) order.sort((a, b) => compare(a, b) || a - b);
	const first: bigint[] = [];
	const inverse = new BigInt64Array(size);
	const counts: bigint[] = [];
	order.forEach((row, i) => {
		if (i === 0 || compare(order[i - 1]!, row) !== 0) {
			first.push(BigInt(row));
			counts.push(0n);
		}
		inverse[row] = BigInt(first.length - 1);
		counts[counts.length - 1]!++;
	});
	const ints = (data: readonly bigint[] | BigInt64Array) =>
		wrap(native.fromBigInts(BigInt64Array.from(data), [data.length], 4, x.handle));
	const values = wrap(native.indexSelect(x.handle, dim, ints(first).handle));
	if (!returnInverse && !returnCounts) return values;
	return [values, ...(returnInverse ? [ints(inverse)] : []), ...(returnCounts ? [ints(counts)] : [])];
}

/** Runs of equal elements, one of each; options as for `unique`. */
export function uniqueConsecutive(x: Tensor, options?: { dim?: number | null }): Tensor;
export function uniqueConsecutive(x: Tensor, options: Omit<UniqueOptions, "sorted">): Tensor[];
export function uniqueConsecutive(x: Tensor, options: Omit<UniqueOptions, "sorted"> = {}): Tensor | Tensor[] {
	const { dim = null, ...given } = bind<UniqueOptions>(
		"uniqueConsecutive",
		[options],
		[],
		["returnInverse", "returnCounts", "dim"],
	);
	if (dim === null) return distinct(native.uniqueConsecutive, x, given);
	return distinctSlices(x, wrapDim("uniqueConsecutive", dim, x.ndim), given, false);
}

export interface SearchOptions {
	/** The place behind equal elements instead of before them. Default false. */
	right?: boolean;
	/** int32 instead of int64. Default false. */
	outInt32?: boolean;
}

/** Where each value would be put into a sorted sequence (the last dimension) to keep it sorted. */
export function searchsorted(sorted: Tensor, values: Tensor | Scalar, options: SearchOptions = {}): Tensor {
	return search("searchsorted", sorted, values, options);
}

function search(op: string, sorted: Tensor, values: Tensor | Scalar, options: SearchOptions): Tensor {
	const { right = false, outInt32 = false } = bind<SearchOptions>(op, [options], [], ["right", "outInt32"]);
	const given = values instanceof Tensor ? values.handle : native.full([], values, sorted.dtype.code, sorted.handle);
	const places = wrap(native.searchsorted(sorted.handle, given, right));
	return outInt32 ? cast(places, int32) : places;
}

/** The bucket of each value, by the buckets' sorted boundaries. */
export function bucketize(values: Tensor | Scalar, boundaries: Tensor, options: SearchOptions = {}): Tensor {
	return search("bucketize", boundaries, values, options);
}

/** How often each of the integers 0, 1, … occurs in a vector; `weights` adds these instead of ones. */
export function bincount(x: Tensor, options: { weights?: Tensor | null; minlength?: number } = {}): Tensor {
	const { weights, minlength = 0 } = options;
	if (integer("bincount", "minlength", minlength) < 0) {
		throw new RangeError(`[bincount] minlength must not be negative, got ${minlength}`);
	}
	const counts = native.bincount(x.handle, minlength);
	if (!weights) return wrap(counts);
	const dtype = weights.dtype.name === "float32" ? 6 : 7;
	const zeros = wrap(native.full(native.shape(counts), 0, dtype, counts));
	const sums = bareCloneFor(zeros, x, weights);
	native.indexAdd_(sums, 0, native.to(x.handle, 4), native.to(weights.handle, dtype), 1);
	return wrap(sums);
}

/** Counts in `bins` equal intervals from `min` to `max`; both 0 take the tensor's own extremes. */
export function histc(
	x: Tensor,
	bins: number | { bins?: number; min?: number; max?: number } = 100,
	min = 0,
	max = 0,
): Tensor {
	const options = typeof bins === "object" ? { bins: 100, min: 0, max: 0, ...bins } : { bins, min, max };
	return wrap(native.histc(x.handle, integer("histc", "bins", options.bins), options.min, options.max));
}

declare module "../core/tensor" {
	interface Tensor {
		/** The elements in order along `dim` (default the last), and where they came from. */
		sort(...args: SortArguments): ValuesAndIndices;
		/** Where the elements in order along `dim` come from. */
		argsort(...args: SortArguments): Tensor;
		/** Sorted along the first dimension. */
		msort(): Tensor;
		/** The `k` largest elements along `dim` (default the last), and where they are. */
		topk(...args: TopkArguments): ValuesAndIndices;
		/** The k-th smallest element along `dim` (default the last), k from 1 on, and where it is. */
		kthvalue(...args: KthvalueArguments): ValuesAndIndices;
		/** The distinct elements in order; with options an array of them, the inverse and the counts. */
		unique(options?: { sorted?: boolean; dim?: number | null }): Tensor;
		unique(options: UniqueOptions): Tensor[];
		uniqueConsecutive(options?: { dim?: number | null }): Tensor;
		uniqueConsecutive(options: Omit<UniqueOptions, "sorted">): Tensor[];
		/** How often each of the integers 0, 1, … occurs in a vector. */
		bincount(options?: { weights?: Tensor | null; minlength?: number }): Tensor;
		/** Counts in `bins` equal intervals from `min` to `max`; both 0 take the tensor's own extremes. */
		histc(bins?: number | { bins?: number; min?: number; max?: number }, min?: number, max?: number): Tensor;
	}
}

asMethods({
	sort,
	argsort,
	msort,
	topk,
	kthvalue,
	unique: unique as never,
	uniqueConsecutive: uniqueConsecutive as never,
	bincount,
	histc,
});
