import type { Derivative } from "../../autograd/node";
import { record, tracked } from "../../autograd/record";
import { bind } from "../../core/arguments";
import type { DeviceLike } from "../../core/device";
import { type DType, float16, float32, float64, int64 } from "../../core/dtype";
import { native } from "../../core/native";
import { quoted } from "../../core/signature";
import { Tensor, wrap } from "../../core/tensor";
import type { ToOptions } from "../../ops";

/* Sequences of different lengths without padding: the rows of one time step stand together. */

/**
 * Sequences without padding, as recurrent layers take them. Made by `packPaddedSequence` and `packSequence`; takes apart
 * as PyTorch's tuple does: `const [data, batchSizes] = packed`.
 */
export class PackedSequence {
	/** `[rows, …]`: all elements of step 0, then all of step 1, … */
	readonly data: Tensor;
	/** int64 `[T]`: how many sequences there are at each step */
	readonly batchSizes: Tensor;
	/** int64 `[N]`: which of the given sequences is the longest, the second, …; null where they were sorted. */
	readonly sortedIndices: Tensor | null;
	/** int64 `[N]`: the place of each given sequence among the sorted ones */
	readonly unsortedIndices: Tensor | null;

	constructor(
		data: Tensor,
		batchSizes: Tensor,
		sortedIndices: Tensor | null = null,
		unsortedIndices: Tensor | null = null,
	) {
		if (!(data instanceof Tensor)) throw new TypeError(`[PackedSequence] data must be a tensor, got ${quoted(data)}`);
		if (!(batchSizes instanceof Tensor) || batchSizes.ndim !== 1 || batchSizes.dtype !== int64) {
			throw new TypeError(`[PackedSequence] batchSizes must be a vector of int64, got ${quoted(batchSizes)}`);
		}
		if (batchSizes.device.type !== "cpu") {
			throw new RangeError(`[PackedSequence] batchSizes should always be on the CPU, got ${batchSizes.device}`);
		}
		this.data = data;
		this.batchSizes = batchSizes;
		this.sortedIndices = sortedIndices;
		this.unsortedIndices = unsortedIndices ?? (sortedIndices && inverse(sortedIndices));
	}

	*[Symbol.iterator](): IterableIterator<Tensor | null> {
		yield* [this.data, this.batchSizes, this.sortedIndices, this.unsortedIndices];
	}

	/** The same with its data cast or moved. The batch sizes stay on the CPU. */
	to(target: DType | DeviceLike | Tensor | ToOptions): PackedSequence {
		const data = this.data.to(target as ToOptions);
		if (data === this.data) return this;
		const [sorted, unsorted] = [this.sortedIndices, this.unsortedIndices].map((x) => x?.to(data.device));
		return new PackedSequence(data, this.batchSizes, sorted, unsorted);
	}

	cpu(): PackedSequence {
		return this.to("cpu");
	}

	cuda(): PackedSequence {
		return this.to("cuda");
	}

	double(): PackedSequence {
		return this.to(float64);
	}

	float(): PackedSequence {
		return this.to(float32);
	}

	half(): PackedSequence {
		return this.to(float16);
	}

	/** PyTorch's text. */
	toString(): string {
		const text = (value: Tensor | null) => (value === null ? "None" : String(value));
		return `PackedSequence(data=${text(this.data)}, batch_sizes=${text(this.batchSizes)}, sorted_indices=${text(this.sortedIndices)}, unsorted_indices=${text(this.unsortedIndices)})`;
	}

	[Symbol.for("nodejs.util.inspect.custom")](): string {
		return this.toString();
	}
}

/** Lengths of sequences: whole numbers, or a vector of int64. */
export type Lengths = readonly number[] | Tensor;

/** Whole numbers as a vector of int64. */
function indices(values: ArrayLike<number>): Tensor {
	return wrap(native.fromNumbers(Float64Array.from(values), [values.length], int64.code));
}

/** @internal The permutation that undoes one. */
export function inverse(permutation: Tensor): Tensor {
	const found: number[] = [];
	(permutation.tolist() as number[]).forEach((from, to) => {
		found[from] = to;
	});
	return indices(found).to(permutation.device);
}

function lengthsOf(op: string, lengths: unknown): number[] {
	if (lengths instanceof Tensor) {
		if (lengths.ndim !== 1 || lengths.dtype !== int64) {
			throw new TypeError(`[${op}] lengths should be a vector of int64, got ${quoted(lengths)} of ${lengths.dtype}`);
		}
		return lengths.tolist() as number[];
	}
	if (Array.isArray(lengths) && lengths.every(Number.isInteger)) return [...(lengths as number[])];
	throw new TypeError(`[${op}] lengths should be whole numbers or a vector of int64, got ${quoted(lengths)}`);
}

const plain = "IndexSelectBackward0";

/** Rows of `[count, …]` by their numbers, each at most once. */
function gatherRows(x: Tensor, rows: Tensor, name: string): Tensor {
	const out = wrap(native.indexSelect(x.handle, 0, rows.handle));
	return tracked(x) ? record(out, { name, backward: gatherBackward }, [x], [rows], x.shape) : out;
}

const gatherBackward: Derivative["backward"] = (node, grad) => [
	scatterRows(grad, node.saved(0), node.attributes as readonly number[], 0, plain),
];

/** A tensor of one value, with some of its rows overwritten; the leading dimensions of `shape` count the rows. */
function scatterRows(x: Tensor, rows: Tensor, shape: readonly number[], value: number, name: string): Tensor {
	const flat = native.full(asRows(shape, x.ndim), value, x.dtype.code, x.handle);
	native.indexPut_(flat, [rows.handle], x.handle, false);
	const out = wrap(native.view(flat, [...shape]));
	return tracked(x) ? record(out, { name, backward: scatterBackward }, [x], [rows], x.ndim) : out;
}

const scatterBackward: Derivative["backward"] = (node, grad) => [
	gatherRows(grad.reshape(asRows(grad.shape, node.attributes as number)), node.saved(0), plain),
];

/** A shape with so many dimensions, the leading ones taken together. */
function asRows(shape: readonly number[], ndim: number): number[] {
	const lead = shape.length - ndim + 1;
	return [shape.slice(0, lead).reduce((product, size) => product * size, 1), ...shape.slice(lead)];
}

/**
 * Where each packed row stands in a padded tensor of `steps` steps whose first two dimensions are one; `order` says which
 * sequence of it is the longest, the second, ….
 */
function placesOf(
	sizes: readonly number[],
	order: (j: number) => number,
	steps: number,
	batch: number,
	first: boolean,
) {
	const rows = sizes.reduce((sum, size) => sum + size, 0);
	const places = new Float64Array(rows);
	let row = 0;
	sizes.forEach((size, t) => {
		for (let j = 0; j < size; j++) places[row++] = first ? order(j) * steps + t : t * batch + order(j);
	});
	return wrap(native.fromNumbers(places, [rows], int64.code));
}

export interface PackOptions {
	/** The input is `[N, T, …]` instead of `[T, N, …]`. Default false. */
	batchFirst?: boolean;
	/** Insist that the longest sequence comes first, the shortest last; false sorts them. Default true. */
	enforceSorted?: boolean;
}

/**
 * Packs padded sequences `[T, N, …]`, T at least the longest length. Gradients flow through.
 *
 * Throws where a length is less than 1 or more than T, where there is not one for each sequence, and where they do not
 * decrease, unless `{enforceSorted: false}`.
 */
export function packPaddedSequence(input: Tensor, lengths: Lengths, options?: PackOptions): PackedSequence;
export function packPaddedSequence(
	input: Tensor,
	lengths: Lengths,
	batchFirst: boolean,
	options?: Omit<PackOptions, "batchFirst">,
): PackedSequence;
export function packPaddedSequence(options: PackOptions & { input: Tensor; lengths: Lengths }): PackedSequence;
export function packPaddedSequence(...args: unknown[]): PackedSequence {
	const op = "packPaddedSequence";
	const given = bind<Required<PackOptions> & { input: Tensor; lengths: Lengths }>(op, args, [
		"input",
		"lengths",
		"batchFirst",
		"enforceSorted",
	]);
	const { input, batchFirst = false, enforceSorted = true } = given;
	if (!(input instanceof Tensor) || input.ndim < 2) {
		throw new TypeError(`[${op}] input must be a tensor of at least 2 dimensions, got ${quoted(input)}`);
	}
	const lengths = lengthsOf(op, given.lengths);
	const [batch, steps] = batchFirst ? [input.size(0), input.size(1)] : [input.size(1), input.size(0)];
	if (lengths.length !== batch) {
		throw new RangeError(
			`[${op}] expected as many lengths as there are sequences, but got ${lengths.length} (batch size ${batch})`,
		);
	}
	for (const length of lengths) {
		if (length <= 0) {
			throw new RangeError(`[${op}] length of all samples has to be greater than 0, but found ${length} in lengths`);
		}
		if (length > steps) {
			throw new RangeError(`[${op}] a length of ${length} is more than the ${steps} steps of the input`);
		}
	}
	const order = lengths.map((_, i) => i);
	if (!enforceSorted) order.sort((a, b) => lengths[b]! - lengths[a]! || a - b);
	const sorted = order.map((i) => lengths[i]!);
	if (sorted.some((length, i) => i > 0 && length > sorted[i - 1]!)) {
		throw new RangeError(
			`[${op}] lengths must be sorted in decreasing order when enforceSorted is true, got [${lengths}]: pass {enforceSorted: false} to have the sequences sorted`,
		);
	}
	const sizes: number[] = [];
	for (let alive = batch; alive > 0; ) {
		while (alive > 0 && sorted[alive - 1]! <= sizes.length) alive--;
		if (alive > 0) sizes.push(alive);
	}
	const places = placesOf(sizes, (j) => order[j]!, steps, batch, batchFirst).to(input.device);
	const data = gatherRows(input.flatten(0, 1), places, "PackPaddedSequenceBackward0");
	return new PackedSequence(data, indices(sizes), enforceSorted ? null : indices(order).to(input.device));
}

export interface PadOptions {
	/** Give `[N, T, …]` instead of `[T, N, …]`. Default false. */
	batchFirst?: boolean;
	/** What stands behind a sequence's end. Default 0. */
	paddingValue?: number;
	/** The T of the result, at least the longest length. Default: the longest length. */
	totalLength?: number | null;
}

/** Undoes `packPaddedSequence`: padded sequences in the order in which they were given, and their lengths (int64). */
export function padPackedSequence(sequence: PackedSequence, options?: PadOptions): [padded: Tensor, lengths: Tensor];
export function padPackedSequence(
	sequence: PackedSequence,
	batchFirst: boolean,
	options?: Omit<PadOptions, "batchFirst">,
): [padded: Tensor, lengths: Tensor];
export function padPackedSequence(
	options: PadOptions & { sequence: PackedSequence },
): [padded: Tensor, lengths: Tensor];
export function padPackedSequence(...args: unknown[]): [padded: Tensor, lengths: Tensor] {
	const op = "padPackedSequence";
	const given = bind<Required<PadOptions> & { sequence: PackedSequence }>(op, args, [
		"sequence",
		"batchFirst",
		"paddingValue",
		"totalLength",
	]);
	const { sequence, batchFirst = false, paddingValue = 0, totalLength = null } = given;
	if (!(sequence instanceof PackedSequence)) {
		throw new TypeError(`[${op}] expected a PackedSequence, got ${quoted(sequence)}`);
	}
	const sizes = sequence.batchSizes.tolist() as number[];
	const longest = sizes.length;
	if (totalLength !== null && !(Number.isInteger(totalLength) && totalLength >= longest)) {
		throw new RangeError(
			`[${op}] expected totalLength to be at least the length of the longest sequence in input, but got totalLength=${quoted(totalLength)} and max sequence length being ${longest}`,
		);
	}
	const steps = totalLength ?? longest;
	const batch = sizes[0] ?? 0;
	const order = sequence.sortedIndices ? (sequence.sortedIndices.tolist() as number[]) : null;
	const places = placesOf(sizes, (j) => (order ? order[j]! : j), steps, batch, batchFirst).to(sequence.data.device);
	const { data } = sequence;
	const name = order ? "IndexSelectBackward0" : batchFirst ? "TransposeBackward0" : "CopySlices";
	const shape = [...(batchFirst ? [batch, steps] : [steps, batch]), ...data.shape.slice(1)];
	const padded = scatterRows(data, places, shape, paddingValue, name);
	const lengths: number[] = [];
	for (let j = 0; j < batch; j++) lengths[order ? order[j]! : j] = sizes.findLastIndex((size) => size > j) + 1;
	return [padded, indices(lengths)];
}
