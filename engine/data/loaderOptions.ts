import type { Generator } from "../core/generator";
import { anything, flag, nullable, signature, size } from "../core/signature";
import type { Collated } from "./collate";
import { generator, isPositive, iterable, positive } from "./rules";
import type { BatchSampler, Sampler } from "./samplers";

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
	/**
	 * How many workers make batches ahead of the loop, in PyTorch's order and with its random numbers (each worker draws
	 * from a generator of its own). A data set of `datasetFromModule` gives each a thread of its own; any other cannot
	 * leave this thread, and its workers take turns here when a batch is due (said once). Default 0: no workers.
	 */
	numWorkers?: number;
	/**
	 * Copies the tensors of every batch into pinned memory, which a card reads by itself: `x.to("cuda", { nonBlocking: true })`
	 * does not wait then. Said once and left out where there is no card. Default false.
	 */
	pinMemory?: boolean;
	/** Called in every worker with its number, before the first batch. A thread's stands in its module. Default: none. */
	workerInitFn?: ((id: number) => void) | null;
	/** How many batches each worker makes ahead. Default 2 with workers. */
	prefetchFactor?: number | null;
	/** Keep the workers, and their data sets, from epoch to epoch. Default false. */
	persistentWorkers?: boolean;
	/** Seconds to wait for a batch of a worker's thread before giving up. Default 0: for ever. */
	timeout?: number;
}

/** @internal */
export const loaderArguments = signature("DataLoader", {
	batchSize: anything<number | null>(
		"a positive whole number or null",
		(value) => value === null || isPositive(value),
		1,
	),
	shuffle: flag(false),
	sampler: nullable(iterable<number>("a sampler or another iterable of indices")),
	batchSampler: nullable(iterable<readonly number[]>("a batch sampler or another iterable of lists of indices")),
	numWorkers: size(0),
	collateFn: nullable(anything<(items: never[]) => unknown>("a function", (value) => typeof value === "function")),
	pinMemory: flag(false),
	dropLast: flag(false),
	timeout: anything<number>("a number of seconds, at least 0", (value) => typeof value === "number" && value >= 0, 0),
	workerInitFn: nullable(anything<(id: number) => void>("a function", (value) => typeof value === "function")),
	generator,
	prefetchFactor: nullable(positive()),
	persistentWorkers: flag(false),
});

export type Settings = ReturnType<typeof loaderArguments>;

/** @internal Options that exclude each other, and those that an iterable data set cannot have. */
export function checkTogether(settings: Settings, iterable: boolean): void {
	const { batchSize, shuffle, sampler, batchSampler, dropLast } = settings;
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
	if (iterable && (shuffle || sampler !== null || batchSampler !== null)) {
		throw new TypeError(
			"[DataLoader] an IterableDataset gives its own order; expected no shuffle, sampler and batchSampler option",
		);
	}
	if (settings.numWorkers > 0) return;
	const needing = (["timeout", "prefetchFactor", "persistentWorkers"] as const).find((name) => settings[name]);
	if (needing) {
		throw new RangeError(
			`[DataLoader] ${needing} could only be specified with workers: set numWorkers > 0 to enable it`,
		);
	}
}
