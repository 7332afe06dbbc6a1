import type { Generator } from "../core/generator";
import { Tensor } from "../core/tensor";
import { warn } from "../core/warn";
import type { Collated } from "./collate";
import { asDataset, type DatasetLike, fetchBatch } from "./dataset";
import { Watched } from "./handed";
import { IterableDataset, lengthOf } from "./iterable";
import { checkTogether, type DataLoaderOptions, loaderArguments, type Settings } from "./loaderOptions";
import { pinned } from "./pinMemory";
import { BatchSampler, isTensorSampler, RandomSampler, SequentialSampler } from "./samplers";
import { drawSeed, indexTensor } from "./tensors";
import { type Crew, Epoch } from "./workers/crew";
import { exhausted, Fetcher, type Task } from "./workers/fetcher";
import { InTurn } from "./workers/inTurn";
import { sourceOf } from "./workers/source";
import { Threads } from "./workers/threads";

export type { DataLoaderOptions } from "./loaderOptions";

/**
 * Loads a data set in batches: `for (const [x, y] of new DataLoader(data, { batchSize: 32, shuffle: true }))`. Each loop is
 * an epoch. Data sets with a `getBatch` give a batch at once; of others the items are put together by `collateFn`.
 *
 * The same seed gives the same batches as PyTorch: an epoch draws a 63-bit number (there the base seed of workers) from
 * the generator, and a shuffling one another as the seed of its permutation, unless a generator was given. With
 * `numWorkers` the items are those that as many of PyTorch's workers would give.
 */
export interface DataLoader<T, B = Collated<T>> extends Iterable<B> {
	readonly dataset: DatasetLike<T> | IterableDataset<T>;
	/** null where `batchSampler` or `batchSize: null` was given. */
	readonly batchSize: number | null;
	readonly dropLast: boolean;
	readonly sampler: Iterable<number> | null;
	readonly batchSampler: Iterable<readonly number[]> | null;
	readonly generator: Generator | undefined;
	readonly numWorkers: number;
	/** Whether batches are copied into pinned memory. */
	readonly pinMemory: boolean;
	/** Number of batches (items without batching) in an epoch. */
	readonly length: number;
	[Symbol.iterator](): IterableIterator<B, undefined>;
}

type Source<T> = DatasetLike<T> | IterableDataset<T> | readonly T[];

interface DataLoaderConstructor {
	new <T>(
		dataset: Source<T>,
		options: DataLoaderOptions<T, never> & { batchSize: null; collateFn?: undefined },
	): DataLoader<T, T>;
	new <T, B = Collated<T>>(dataset: Source<T>, options?: DataLoaderOptions<T, B>): DataLoader<T, B>;
	new <T, B = Collated<T>>(
		dataset: Source<T>,
		batchSize: number,
		options?: Omit<DataLoaderOptions<T, B>, "batchSize">,
	): DataLoader<T, B>;
	new <T, B = Collated<T>>(
		dataset: Source<T>,
		batchSize: number,
		shuffle: boolean,
		options?: Omit<DataLoaderOptions<T, B>, "batchSize" | "shuffle">,
	): DataLoader<T, B>;
	readonly prototype: DataLoader<unknown, unknown>;
}

export const DataLoader: DataLoaderConstructor = class DataLoader<T, B> {
	readonly dataset: DatasetLike<T> | IterableDataset<T>;
	readonly batchSize: number | null;
	readonly dropLast: boolean;
	readonly sampler: Iterable<number> | null;
	readonly batchSampler: Iterable<readonly number[]> | null;
	readonly generator: Generator | undefined;
	readonly numWorkers: number;
	readonly pinMemory: boolean;
	readonly #collate: ((items: T[]) => B) | null;
	readonly #settings: Settings;
	/** Workers that live from epoch to epoch, and the number of the next task. */
	#kept: { crew: Crew; next: number } | null = null;

	constructor(dataset: Source<T>, ...args: unknown[]) {
		const settings = loaderArguments(args);
		const iterable = dataset instanceof IterableDataset;
		checkTogether(settings, iterable);
		const { batchSize, shuffle, batchSampler, dropLast, generator } = settings;
		this.dataset = iterable ? dataset : asDataset(dataset);
		this.generator = generator ?? undefined;
		this.dropLast = dropLast;
		this.numWorkers = settings.numWorkers;
		this.pinMemory = settings.pinMemory;
		this.#settings = settings;
		this.#collate = settings.collateFn as ((items: T[]) => B) | null;
		this.batchSize = batchSampler === null ? batchSize : null;
		if (batchSampler !== null || iterable) {
			this.sampler = null;
			this.batchSampler = batchSampler;
			return;
		}
		const source = this.dataset as DatasetLike<T>;
		this.sampler =
			settings.sampler ?? (shuffle ? new RandomSampler(source, { generator }) : new SequentialSampler(source));
		this.batchSampler = batchSize === null ? null : new BatchSampler(this.sampler, batchSize, dropLast);
	}

	get length(): number {
		if (this.dataset instanceof IterableDataset) {
			const count = lengthOf("DataLoader", this.dataset) / (this.batchSize ?? 1);
			return this.dropLast ? Math.floor(count) : Math.ceil(count);
		}
		const { length } = (this.batchSampler ?? this.sampler) as { length?: number };
		if (length === undefined) throw new TypeError("[DataLoader] its sampler has no length, so neither has it");
		return length;
	}

	[Symbol.iterator](): IterableIterator<B, undefined> {
		const batches = this.#batchesOfEpoch();
		return new Watched(this.pinMemory ? pinned(batches) : batches, this.numWorkers > 0);
	}

	#batchesOfEpoch(): IterableIterator<B, undefined> {
		if (this.numWorkers > 0) return this.#byWorkers();
		const epoch = this.#epoch();
		// PyTorch draws the base seed of its workers here, with and without workers: what is drawn later must match.
		drawSeed(this.generator);
		return epoch;
	}

	#epoch(): IterableIterator<B, undefined> {
		const { dataset, batchSampler, sampler } = this;
		if (dataset instanceof IterableDataset) return this.#stream();
		if (batchSampler === null) return this.#items(dataset, sampler![Symbol.iterator]());
		if (batchSampler instanceof BatchSampler && isTensorSampler(batchSampler.sampler)) {
			return this.#batches(dataset, batchSampler.tensors());
		}
		return this.#batches(dataset, batchSampler[Symbol.iterator]());
	}

	*#items(dataset: DatasetLike<T>, indices: Iterator<number>): IterableIterator<B, undefined> {
		for (let next = indices.next(); !next.done; next = indices.next()) {
			const item = dataset.get(next.value);
			yield this.#collate ? this.#collate(item as T & T[]) : (item as T & B);
		}
		return undefined;
	}

	*#batches(dataset: DatasetLike<T>, batches: Iterator<Tensor | readonly number[]>): IterableIterator<B, undefined> {
		for (let next = batches.next(); !next.done; next = batches.next()) yield this.#batch(dataset, next.value);
		return undefined;
	}

	#batch(dataset: DatasetLike<T>, indices: Tensor | readonly number[]): B {
		if (this.#collate === null) {
			return fetchBatch(dataset, indices instanceof Tensor ? indices : indexTensor(indices)) as B;
		}
		const list = indices instanceof Tensor ? (indices.tolist() as number[]) : indices;
		return this.#collate(list.map((index) => dataset.get(index)));
	}

	*#stream(): IterableIterator<B, undefined> {
		const fetcher = this.#fetcher();
		for (;;) {
			const batch = fetcher.fetch({ count: this.batchSize });
			if (batch === exhausted) return undefined;
			yield batch as B;
		}
	}

	#fetcher(): Fetcher<T> {
		return new Fetcher(this.dataset, this.#collate, this.dropLast);
	}

	#byWorkers(): IterableIterator<B, undefined> {
		const { persistentWorkers, prefetchFactor } = this.#settings;
		const ahead = this.numWorkers * (prefetchFactor ?? 2);
		const kept = this.#kept;
		kept?.crew.resume();
		// Workers that stay keep their seeds: PyTorch draws a base seed for new ones only.
		const crew = kept?.crew ?? this.#crew(drawSeed(this.generator));
		const epoch = new Epoch<B>(this.#tasks(), crew, ahead, kept?.next ?? 0, persistentWorkers);
		if (!persistentWorkers) {
			forgotten.register(epoch, crew);
			return epoch;
		}
		this.#kept = {
			crew,
			get next() {
				return epoch.sent;
			},
		};
		return epoch;
	}

	#tasks(): Iterator<Task> {
		if (this.dataset instanceof IterableDataset) return endless({ count: this.batchSize });
		return (this.batchSampler ?? this.sampler!)[Symbol.iterator]();
	}

	#crew(baseSeed: bigint): Crew {
		const { numWorkers, dataset } = this;
		const { workerInitFn, timeout } = this.#settings;
		const source = sourceOf(dataset);
		if (source === null) {
			sayOnce(dataset, numWorkers);
			const infos = Array.from({ length: numWorkers }, (_, id) => ({
				id,
				numWorkers,
				seed: BigInt.asUintN(64, baseSeed + BigInt(id)),
				dataset,
			}));
			return new InTurn(infos, () => this.#fetcher(), workerInitFn);
		}
		if (workerInitFn !== null) {
			throw new TypeError(
				"[DataLoader] workerInitFn cannot be sent to a thread: let the data set's module export it under this name",
			);
		}
		return new Threads({ source, numWorkers, baseSeed, collate: this.#collate, dropLast: this.dropLast, timeout });
	}
} as DataLoaderConstructor;

/** Threads of loops that were left without `break` or `return`. */
const forgotten = new FinalizationRegistry<Crew>((crew) => crew.close());

function* endless(task: Task): IterableIterator<Task> {
	for (;;) yield task;
}

const told = new WeakSet<object>();

function sayOnce(dataset: object, numWorkers: number): void {
	if (told.has(dataset)) return;
	told.add(dataset);
	warn(
		`[DataLoader] the data set (${dataset.constructor.name}) lives on this thread: its ${numWorkers} workers take turns here. ` +
			"For threads let a module make it: await torch.utils.data.datasetFromModule(…)",
	);
}
