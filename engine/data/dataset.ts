import type { Tensor } from "../core/tensor";
import { type Collated, defaultCollate } from "./collate";

/** What a `DataLoader` can load from: something of known length that gives its items by index. */
export interface DatasetLike<T> {
	readonly length: number;
	/** The item at an index, 0 to length − 1. */
	get(index: number): T;
	/**
	 * A batch at once: what `defaultCollate` would make of the items at `indices` (int64, one dimension). Data sets that
	 * hold tensors answer with one `indexSelect` for the whole batch instead of a `get` for each item.
	 */
	getBatch?(indices: Tensor): Collated<T>;
}

/**
 * Items of type `T` by index; extend it for data of your own:
 *
 * ```ts
 * class Reviews extends Dataset<[Tensor, bigint]> {
 *   get length() { return this.texts.length; }
 *   get(i: number): [Tensor, bigint] { return [this.encode(this.texts[i]), this.labels[i]]; }
 * }
 * ```
 */
export abstract class Dataset<T> implements DatasetLike<T> {
	abstract readonly length: number;

	abstract get(index: number): T;

	getBatch?(indices: Tensor): Collated<T>;

	/** All items in order. */
	*[Symbol.iterator](): IterableIterator<T> {
		for (let i = 0; i < this.length; i++) yield this.get(i);
	}
}

/** An array is a data set of its elements. */
export function asDataset<T>(source: DatasetLike<T> | readonly T[]): DatasetLike<T> {
	return isArray(source) ? { length: source.length, get: (index) => source[index] as T } : source;
}

function isArray<T>(source: DatasetLike<T> | readonly T[]): source is readonly T[] {
	return Array.isArray(source);
}

/** The items at `indices` as one batch, by the data set's own way where it has one. */
export function fetchBatch<T>(
	dataset: DatasetLike<T>,
	indices: Tensor,
	get: (index: number) => T = (index) => dataset.get(index),
): Collated<T> {
	if (batches(dataset)) return dataset.getBatch!(indices);
	return defaultCollate((indices.tolist() as number[]).map(get));
}

/** Whether `getBatch` speaks for `get`: a subclass that overrides `get` alone must get its items one by one. */
function batches(dataset: DatasetLike<unknown>): boolean {
	if (dataset.getBatch === undefined) return false;
	for (let owner: object | null = dataset; owner !== null; owner = Object.getPrototypeOf(owner)) {
		if (Object.hasOwn(owner, "getBatch")) return true;
		if (Object.hasOwn(owner, "get")) return false;
	}
	return true;
}

/** An index counted from the end where it is negative, checked. */
export function checkIndex(what: string, index: number, length: number): number {
	const position = index < 0 ? index + length : index;
	if (Number.isInteger(index) && position >= 0 && position < length) return position;
	throw new RangeError(
		`[${what}] index ${index} is out of range; expected a whole number from ${-length} to ${length - 1}`,
	);
}
