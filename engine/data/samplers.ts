import { shapeText } from "../core/arguments";
import { float64 } from "../core/dtype";
import { Generator } from "../core/generator";
import { anything, flag, integer, nullable, signature } from "../core/signature";
import { Tensor } from "../core/tensor";
import { arange, tensor } from "../ops/create";
import { cat } from "../ops/join";
import { multinomial, randint, randperm } from "../ops/random";
import { generator, iterable, positive } from "./rules";
import { drawSeed, generatorOf, indexTensor } from "./tensors";

/** Something of known length, such as a data set. */
export interface Sized {
	readonly length: number;
}

/**
 * The order in which a `DataLoader` takes items: an iterable of indices with a length. Every iteration is one epoch and
 * may be another order. `Sampler<number[]>` gives batches of indices, for `batchSampler`.
 */
export abstract class Sampler<T = number> implements Iterable<T> {
	abstract readonly length: number;

	abstract [Symbol.iterator](): Iterator<T>;
}

/** A sampler that gives its indices in tensors, so that a batch of them is never made of JavaScript numbers. */
export interface TensorSampler extends Sampler {
	/** The indices (int64) of an epoch, in pieces; a piece is drawn when it is asked for. */
	chunks(): Iterator<Tensor>;
}

export function isTensorSampler(sampler: Iterable<number>): sampler is TensorSampler {
	return typeof (sampler as Partial<TensorSampler>).chunks === "function";
}

abstract class ChunkSampler extends Sampler implements TensorSampler {
	abstract chunks(): IterableIterator<Tensor>;

	override *[Symbol.iterator](): IterableIterator<number> {
		for (const chunk of this.chunks()) yield* chunk.tolist() as number[];
	}
}

/** 0, 1, 2, … in order. */
export class SequentialSampler extends ChunkSampler {
	constructor(readonly dataSource: Sized) {
		super();
	}

	get length(): number {
		return this.dataSource.length;
	}

	override *chunks(): IterableIterator<Tensor> {
		yield arange(this.length, { device: "cpu" });
	}
}

export interface DistributedSamplerOptions {
	/** How many processes share the data. */
	numReplicas: number;
	/** Which of them this one is: 0 … numReplicas − 1. */
	rank: number;
	/** Another order every epoch, by `setEpoch`. Default: true. */
	shuffle?: boolean;
	/** Of the order; the same in all processes. Default: 0. */
	seed?: number;
	/** Leave out what does not divide evenly, instead of giving some indices twice. Default: false. */
	dropLast?: boolean;
}

const distributedArguments = signature("DistributedSampler", {
	numReplicas: positive(),
	rank: integer(undefined, 0),
	shuffle: flag(true),
	seed: integer(0),
	dropLast: flag(false),
});

/**
 * Of every epoch's order the part of one of several processes: indices `rank`, `rank + numReplicas`, … The order is that of a
 * generator of its own, seeded with `seed` plus the epoch; without `setEpoch` every epoch has the same.
 */
export class DistributedSampler extends ChunkSampler {
	readonly dataset: Sized;
	readonly numReplicas: number;
	readonly rank: number;
	readonly shuffle: boolean;
	readonly seed: number;
	readonly dropLast: boolean;
	epoch = 0;

	constructor(dataset: Sized, options: DistributedSamplerOptions);
	constructor(
		dataset: Sized,
		numReplicas: number,
		rank: number,
		options?: Omit<DistributedSamplerOptions, "numReplicas" | "rank">,
	);
	constructor(dataset: Sized, ...args: unknown[]) {
		super();
		const given = distributedArguments(args);
		if (given.rank >= given.numReplicas) {
			throw new RangeError(
				`[DistributedSampler] Invalid rank ${given.rank}, rank should be in the interval [0, ${given.numReplicas - 1}]`,
			);
		}
		this.dataset = dataset;
		this.numReplicas = given.numReplicas;
		this.rank = given.rank;
		this.shuffle = given.shuffle;
		this.seed = given.seed;
		this.dropLast = given.dropLast;
	}

	get numSamples(): number {
		const share = this.dataset.length / this.numReplicas;
		return this.dropLast ? Math.floor(share) : Math.ceil(share);
	}

	get length(): number {
		return this.numSamples;
	}

	/** Says which epoch comes next: call it before every epoch, with the same number in all processes. */
	setEpoch(epoch: number): void {
		this.epoch = epoch;
	}

	override *chunks(): IterableIterator<Tensor> {
		const n = this.dataset.length;
		const order = this.shuffle
			? randperm(n, { generator: new Generator().manualSeed(this.seed + this.epoch) })
			: arange(n);
		const places = arange(this.numSamples).mul(this.numReplicas).add(this.rank);
		// What is missing at the end is taken from the beginning again.
		if (n > 0) yield order.indexSelect(0, places.remainder(n));
	}
}

export interface RandomSamplerOptions {
	/** Draw with replacement. Default: false. */
	replacement?: boolean;
	/** How many indices an epoch has. Default: the length of the data source. */
	numSamples?: number | null;
	/**
	 * Where the numbers come from. By default every epoch draws a seed from the default generator and permutes with a new
	 * generator of that seed.
	 */
	generator?: Generator | null;
}

const randomArguments = signature("RandomSampler", {
	replacement: flag(false),
	numSamples: nullable(positive()),
	generator,
});

/** A random order, number for number PyTorch's `RandomSampler`. */
export class RandomSampler extends ChunkSampler {
	readonly dataSource: Sized;
	readonly replacement: boolean;
	readonly #numSamples: number | null;
	readonly #generator: Generator | null;

	constructor(dataSource: Sized, options?: RandomSamplerOptions);
	constructor(dataSource: Sized, replacement: boolean, options?: Omit<RandomSamplerOptions, "replacement">);
	constructor(dataSource: Sized, ...args: unknown[]) {
		super();
		const { replacement, numSamples, generator } = randomArguments(args);
		this.dataSource = dataSource;
		this.replacement = replacement;
		this.#numSamples = numSamples;
		this.#generator = generator;
		if (this.numSamples === 0) {
			throw new RangeError(
				"[RandomSampler] numSamples must be a positive whole number, got 0: the data source is empty",
			);
		}
	}

	get numSamples(): number {
		return this.#numSamples ?? this.dataSource.length;
	}

	get length(): number {
		return this.numSamples;
	}

	override *chunks(): IterableIterator<Tensor> {
		const n = this.dataSource.length;
		const from = { generator: this.#generator ?? generatorOf(drawSeed()), device: "cpu" } as const;
		const { numSamples } = this;
		if (n === 0) throw new RangeError(`[RandomSampler] cannot draw ${numSamples} indices: the data source is empty`);
		if (this.replacement) {
			// PyTorch draws 32 at a time.
			for (let i = 0; i < Math.floor(numSamples / 32); i++) yield randint(0, n, [32], from);
			yield randint(0, n, [numSamples % 32], from);
			return;
		}
		for (let i = 0; i < Math.floor(numSamples / n); i++) yield randperm(n, from);
		// Drawn also where nothing of it is used, as in PyTorch: a generator of one's own is then where it would be there.
		yield randperm(n, from).narrow(0, 0, numSamples % n);
	}
}

export interface SubsetRandomSamplerOptions {
	/** Default: the default generator. */
	generator?: Generator | null;
}

const subsetArguments = signature("SubsetRandomSampler", { generator });

/** The given indices in a random order, without replacement. */
export class SubsetRandomSampler extends ChunkSampler {
	/** int64, one dimension */
	readonly indices: Tensor;
	readonly #generator: Generator | null;

	constructor(indices: readonly number[] | Tensor, options?: SubsetRandomSamplerOptions | Generator) {
		super();
		this.indices = indices instanceof Tensor ? indices.cpu() : indexTensor(indices);
		this.#generator = subsetArguments([options]).generator;
	}

	get length(): number {
		return this.indices.length;
	}

	override *chunks(): IterableIterator<Tensor> {
		yield this.indices.indexSelect(0, randperm(this.length, { ...drawnFrom(this.#generator), device: "cpu" }));
	}
}

export interface WeightedRandomSamplerOptions {
	/** Draw with replacement. Default: true. */
	replacement?: boolean;
	/** Default: the default generator. */
	generator?: Generator | null;
}

const weightedArguments = signature("WeightedRandomSampler", {
	weights: anything<readonly number[] | Tensor>("an array of numbers or a tensor", (value) => {
		return value instanceof Tensor || (Array.isArray(value) && value.every((weight) => typeof weight === "number"));
	}),
	numSamples: positive(),
	replacement: flag(true),
	generator,
});

/**
 * `numSamples` indices of 0 … weights.length − 1, each drawn with a probability in proportion to its weight (the weights
 * need not sum to one).
 */
export class WeightedRandomSampler extends ChunkSampler {
	/** float64, one dimension */
	readonly weights: Tensor;
	readonly numSamples: number;
	readonly replacement: boolean;
	readonly #generator: Generator | null;

	constructor(weights: readonly number[] | Tensor, numSamples: number, options?: WeightedRandomSamplerOptions);
	constructor(
		weights: readonly number[] | Tensor,
		numSamples: number,
		replacement: boolean,
		options?: Omit<WeightedRandomSamplerOptions, "replacement">,
	);
	constructor(weights: readonly number[] | Tensor, options: WeightedRandomSamplerOptions & { numSamples: number });
	constructor(options: WeightedRandomSamplerOptions & { weights: readonly number[] | Tensor; numSamples: number });
	constructor(...args: unknown[]) {
		super();
		const { weights, numSamples, replacement, generator } = weightedArguments(args);
		this.weights =
			weights instanceof Tensor
				? weights.to("cpu", { dtype: float64 })
				: tensor(weights, { dtype: float64, device: "cpu" });
		this.numSamples = numSamples;
		this.replacement = replacement;
		this.#generator = generator;
		if (this.weights.ndim !== 1) {
			throw new RangeError(
				`[WeightedRandomSampler] weights should be a 1-dimensional sequence, got the shape ${shapeText(this.weights.shape)}`,
			);
		}
	}

	get length(): number {
		return this.numSamples;
	}

	override *chunks(): IterableIterator<Tensor> {
		const { replacement } = this;
		yield multinomial(this.weights, this.numSamples, { replacement, ...drawnFrom(this.#generator) });
	}
}

const batchArguments = signature("BatchSampler", {
	sampler: iterable<number>("a sampler or another iterable of indices"),
	batchSize: positive(),
	dropLast: flag(),
});

/** Another sampler's indices in batches of `batchSize`; the last may be smaller, or is left out with `dropLast`. */
export class BatchSampler implements Iterable<number[]> {
	readonly sampler: Iterable<number>;
	readonly batchSize: number;
	readonly dropLast: boolean;

	constructor(sampler: Iterable<number>, batchSize: number, dropLast: boolean);
	constructor(sampler: Iterable<number>, batchSize: number, options: { dropLast: boolean });
	constructor(sampler: Iterable<number>, options: { batchSize: number; dropLast: boolean });
	constructor(...args: unknown[]) {
		const { sampler, batchSize, dropLast } = batchArguments(args);
		this.sampler = sampler;
		this.batchSize = batchSize;
		this.dropLast = dropLast;
	}

	/** Number of batches. The sampler must have a length. */
	get length(): number {
		const { length } = this.sampler as Partial<Sized>;
		if (length === undefined) throw new TypeError("[BatchSampler] its sampler has no length, so neither has it");
		return this.dropLast ? Math.floor(length / this.batchSize) : Math.ceil(length / this.batchSize);
	}

	*[Symbol.iterator](): IterableIterator<number[]> {
		let batch: number[] = [];
		for (const index of this.sampler) {
			batch.push(index);
			if (batch.length < this.batchSize) continue;
			yield batch;
			batch = [];
		}
		if (batch.length > 0 && !this.dropLast) yield batch;
	}

	/** The same batches as tensors, where the sampler gives its indices in tensors. */
	*tensors(): IterableIterator<Tensor> {
		if (!isTensorSampler(this.sampler)) throw new TypeError("[BatchSampler] its sampler gives numbers, not tensors");
		const chunks = this.sampler.chunks();
		let rest: Tensor[] = [];
		let held = 0;
		for (;;) {
			// Not before it is needed: drawing a chunk moves the generator.
			while (held < this.batchSize) {
				const next = chunks.next();
				if (next.done) {
					if (held > 0 && !this.dropLast) yield joined(rest);
					return;
				}
				if (next.value.length === 0) continue;
				rest.push(next.value);
				held += next.value.length;
			}
			const all = joined(rest);
			let start = 0;
			for (; held - start >= this.batchSize; start += this.batchSize) yield all.narrow(0, start, this.batchSize);
			rest = start < held ? [all.narrow(0, start, held - start)] : [];
			held -= start;
		}
	}
}

function joined(chunks: Tensor[]): Tensor {
	return chunks.length === 1 ? chunks[0]! : cat(chunks, 0);
}

function drawnFrom(generator: Generator | null): { generator?: Generator } {
	return generator === null ? {} : { generator };
}
