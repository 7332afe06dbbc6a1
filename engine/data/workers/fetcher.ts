import { defaultCollate } from "../collate";
import { type DatasetLike, fetchBatch } from "../dataset";
import { IterableDataset } from "../iterable";
import { indexTensor } from "../tensors";

/**
 * What a worker is asked for: the items at these indices as a batch, the item at one; of an iterable data set so many
 * items, or (null) the next one.
 */
export type Task = readonly number[] | number | { readonly count: number | null };

/** What a worker answers when its iterable data set has no more. */
export const exhausted: unique symbol = Symbol("exhausted");

type Source<T> = DatasetLike<T> | IterableDataset<T>;

/** Makes batches of one data set; of an iterable one in one pass through it. */
export class Fetcher<T> {
	readonly #dataset: Source<T>;
	readonly #collate: ((items: T[]) => unknown) | null;
	readonly #dropLast: boolean;
	#iterator: Iterator<T> | null = null;
	#ended = false;

	/** `collate` null: the data set's own way where it has one, else `defaultCollate`. */
	constructor(dataset: Source<T>, collate: ((items: T[]) => unknown) | null, dropLast: boolean) {
		this.#dataset = dataset;
		this.#collate = collate;
		this.#dropLast = dropLast;
	}

	fetch(task: Task): unknown {
		if (this.#dataset instanceof IterableDataset) return this.#next((task as { count: number | null }).count);
		if (typeof task === "number") {
			const item = this.#item(task);
			return this.#collate ? this.#collate(item as T & T[]) : item;
		}
		const indices = task as readonly number[];
		if (this.#collate === null) {
			return fetchBatch(this.#dataset, indexTensor(indices), (index) => this.#item(index));
		}
		return this.#collate(indices.map((index) => this.#item(index)));
	}

	#item(index: number): T {
		try {
			return (this.#dataset as DatasetLike<T>).get(index);
		} catch (error) {
			throw new ItemError(index, error);
		}
	}

	#next(count: number | null): unknown {
		this.#iterator ??= (this.#dataset as IterableDataset<T>)[Symbol.iterator]();
		const items: T[] = [];
		while (!this.#ended && items.length < (count ?? 1)) {
			const next = this.#iterator.next();
			if (next.done) this.#ended = true;
			else items.push(next.value);
		}
		if (items.length === 0 || (this.#dropLast && items.length < (count ?? 1))) return exhausted;
		if (count === null) return this.#collate ? this.#collate(items[0] as T & T[]) : items[0];
		return (this.#collate ?? defaultCollate)(items);
	}
}

/** An error of the data set's own, with the index that it was asked for. */
export class ItemError extends Error {
	constructor(
		readonly index: number,
		override readonly cause: unknown,
	) {
		super(cause instanceof Error ? cause.message : String(cause));
	}
}
