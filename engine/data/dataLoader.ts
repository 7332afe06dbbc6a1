import type { Generator } from "../core/generator";
import { anything, flag, nullable, signature } from "../core/signature";
import { Tensor } from "../core/tensor";
import type { Collated } from "./collate";
import { asDataset, type DatasetLike, fetchBatch } from "./dataset";
import { generator, isPositive, iterable } from "./rules";
import { BatchSampler, isTensorSampler, RandomSampler, type Sampler, SequentialSampler } from "./samplers";
import { drawSeed, indexTensor } from "./tensors";

export interface DataLoaderOptions<T, B = Collated<T>> {
	/** Items in a batch. Default: 1. null: no batches, the items themselves one by one. */
	batchSize?: number | null;
	/** A new random order in every epoch. Default: false. */
	shuffle?: boolean;
	/** The order of the items, instead of `shuffle`. */
	sampler?: Sampler | Iterable<number> | null;
	/** The indices of each batch, instead of `batchSize`, `shuffle`, `sampler` and `dropLast`. */
	batchSampler?: BatchSampler | Iterable<readonly number[]> | null;
	/** Makes a batch of a list of items. Default: `defaultCollate`, or the data set's own `getBatch`. */
	collateFn?: ((items: T[]) => B) | null;
	/** Leaves out a last batch that is smaller than the others. Default: false. */
	dropLast?: boolean;
	/** Where a shuffling loader takes its numbers from. Default: a seed of the default generator for every epoch. */
	generator?: Generator | null;
	/** Only 0: batches are made on the thread that asks for them, whole at a time. */
	numWorkers?: number;
}

/**
 * Loads a data set in batches: `for (const [x, y] of new DataLoader(data, { batchSize: 32, shuffle: true }))`. Each loop is
 * an epoch. Data sets with a `getBatch` give a batch at once; of others the items are put together by `collateFn`.
 *
 * The same seed gives the same batches as PyTorch: an epoch draws a 63-bit number (there the base seed of workers) from
 * the generator, and a shuffling one another as the seed of its permutation, unless a generator was given.
 */
export interface DataLoader<T, B = Collated<T>> extends Iterable<B> {
	readonly dataset: DatasetLike<T>;
	/** null where `batchSampler` or `batchSize: null` was given. */
	readonly batchSize: number | null;
	readonly dropLast: boolean;
	readonly sampler: Iterable<number> | null;
	readonly batchSampler: Iterable<readonly number[]> | null;
	readonly generator: Generator | undefined;
	/** Number of batches (items without batching) in an epoch. */
	readonly length: number;
	[Symbol.iterator](): IterableIterator<B, undefined>;
}

interface DataLoaderConstructor {
	new <T>(
		dataset: DatasetLike<T> | readonly T[],
		options: DataLoaderOptions<T, never> & { batchSize: null; collateFn?: undefined },
	): DataLoader<T, T>;
	new <T, B = Collated<T>>(dataset: DatasetLike<T> | readonly T[], options?: DataLoaderOptions<T, B>): DataLoader<T, B>;
	new <T, B = Collated<T>>(
		dataset: DatasetLike<T> | readonly T[],
		batchSize: number,
		options?: Omit<DataLoaderOptions<T, B>, "batchSize">,
	): DataLoader<T, B>;
	new <T, B = Collated<T>>(
		dataset: DatasetLike<T> | readonly T[],
		batchSize: number,
		shuffle: boolean,
		options?: Omit<DataLoaderOptions<T, B>, "batchSize" | "shuffle">,
	): DataLoader<T, B>;
	readonly prototype: DataLoader<unknown, unknown>;
}

export const DataLoader: DataLoaderConstructor = class DataLoader<T, B> {
	readonly dataset: DatasetLike<T>;
	readonly batchSize: number | null;
	readonly dropLast: boolean;
	readonly sampler: Iterable<number> | null;
	readonly batchSampler: Iterable<readonly number[]> | null;
	readonly generator: Generator | undefined;
	readonly #collate: ((items: T[]) => B) | undefined;

	constructor(dataset: DatasetLike<T> | readonly T[], ...args: unknown[]) {
		const settings = loaderArguments(args);
		checkTogether(settings);
		const { batchSize, shuffle, batchSampler, dropLast, generator } = settings;
		this.dataset = asDataset(dataset);
		this.generator = generator ?? undefined;
		this.dropLast = dropLast;
		this.#collate = (settings.collateFn ?? undefined) as ((items: T[]) => B) | undefined;
		if (batchSampler !== null) {
			this.batchSize = null;
			this.sampler = null;
			this.batchSampler = batchSampler;
			return;
		}
		this.batchSize = batchSize;
		this.sampler =
			settings.sampler ??
			(shuffle ? new RandomSampler(this.dataset, { generator }) : new SequentialSampler(this.dataset));
		this.batchSampler = batchSize === null ? null : new BatchSampler(this.sampler, batchSize, dropLast);
	}

	get length(): number {
		const { length } = (this.batchSampler ?? this.sampler) as { length?: number };
		if (length === undefined) throw new TypeError("[DataLoader] its sampler has no length, so neither has it");
		return length;
	}

	[Symbol.iterator](): IterableIterator<B, undefined> {
		const epoch = this.#epoch();
		// PyTorch draws the base seed of its workers here, with and without workers: what is drawn later must match.
		drawSeed(this.generator);
		return epoch;
	}

	#epoch(): IterableIterator<B, undefined> {
		const { batchSampler, sampler } = this;
		if (batchSampler === null) return this.#items(sampler![Symbol.iterator]());
		if (batchSampler instanceof BatchSampler && isTensorSampler(batchSampler.sampler)) {
			return this.#batches(batchSampler.tensors());
		}
		return this.#batches(batchSampler[Symbol.iterator]());
	}

	*#items(indices: Iterator<number>): IterableIterator<B, undefined> {
		for (let next = indices.next(); !next.done; next = indices.next()) {
			const item = this.dataset.get(next.value);
			yield this.#collate ? this.#collate(item as T & T[]) : (item as T & B);
		}
		return undefined;
	}

	*#batches(batches: Iterator<Tensor | readonly number[]>): IterableIterator<B, undefined> {
		for (let next = batches.next(); !next.done; next = batches.next()) yield this.#batch(next.value);
		return undefined;
	}

	#batch(indices: Tensor | readonly number[]): B {
		if (this.#collate === undefined) {
			return fetchBatch(this.dataset, indices instanceof Tensor ? indices : indexTensor(indices)) as B;
		}
		const list = indices instanceof Tensor ? (indices.tolist() as number[]) : indices;
		return this.#collate(list.map((index) => this.dataset.get(index)));
	}
} as DataLoaderConstructor;

const loaderArguments = signature("DataLoader", {
	batchSize: anything<number | null>(
		"a positive whole number or null",
		(value) => value === null || isPositive(value),
		1,
	),
	shuffle: flag(false),
	sampler: nullable(iterable<number>("a sampler or another iterable of indices")),
	batchSampler: nullable(iterable<readonly number[]>("a batch sampler or another iterable of lists of indices")),
	numWorkers: anything<number>("0: batches are made whole on the thread that asks for them", (value) => value === 0, 0),
	collateFn: nullable(anything<(items: never[]) => unknown>("a function", (value) => typeof value === "function")),
	dropLast: flag(false),
	generator,
});

type Settings = ReturnType<typeof loaderArguments>;

function checkTogether({ batchSize, shuffle, sampler, batchSampler, dropLast }: Settings): void {
	if (sampler !== null && shuffle) {
		throw new TypeError("[DataLoader] sampler is mutually exclusive with shuffle; expected one of them");
	}
	if (batchSampler !== null && (batchSize !== 1 || shuffle || sampler !== null || dropLast)) {
		throw new TypeError(
			"[DataLoader] batchSampler is mutually exclusive with batchSize, shuffle, sampler and dropLast; expected it alone",
		);
	}
	if (batchSize === null && dropLast) {
		throw new TypeError("[DataLoader] batchSize=null means no batches and is mutually exclusive with dropLast=true");
	}
}
