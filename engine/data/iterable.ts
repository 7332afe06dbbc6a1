import { describe } from "../core/arguments";

/**
 * Items that come one after another, of a stream or a generator, without indices; extend it and implement the iterator:
 *
 * ```ts
 * class Lines extends IterableDataset<string> {
 *   *[Symbol.iterator]() { yield* readFileSync(this.file, "utf8").split("\n"); }
 * }
 * ```
 *
 * A loader can neither shuffle nor sample it. With `numWorkers` every worker walks through all of it, unless the iterator
 * asks `getWorkerInfo()` for its part. A `length`, where it is known, becomes the loader's.
 */
export abstract class IterableDataset<T> implements Iterable<T> {
	abstract [Symbol.iterator](): Iterator<T>;

	/** One data set behind the other. */
	chain(other: IterableDataset<T>): ChainDataset<T> {
		return new ChainDataset([this, other]);
	}
}

/** Iterable data sets one behind the other, as one. */
export class ChainDataset<T> extends IterableDataset<T> {
	readonly datasets: readonly IterableDataset<T>[];

	constructor(datasets: Iterable<IterableDataset<T>>) {
		super();
		this.datasets = [...datasets];
		for (const dataset of this.datasets) {
			if (dataset instanceof IterableDataset) continue;
			throw new TypeError(`[ChainDataset] expected only IterableDatasets, got ${describe(dataset)}`);
		}
	}

	*[Symbol.iterator](): IterableIterator<T> {
		for (const dataset of this.datasets) yield* dataset;
	}

	/** The sum of the lengths; every part must have one. */
	get length(): number {
		return this.datasets.reduce((sum, dataset) => sum + lengthOf("ChainDataset", dataset), 0);
	}
}

/** @internal The length of an iterable data set that says it. */
export function lengthOf(what: string, dataset: object): number {
	const { length } = dataset as { length?: unknown };
	if (typeof length !== "number") {
		throw new TypeError(`[${what}] ${dataset.constructor.name} has no length, so neither has it`);
	}
	return length;
}
