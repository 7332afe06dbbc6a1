import { profiling, spanKind, spanned } from "../core/profiling";

/** @internal Batches that are handed on one by one. */
export class Handed<B> implements IterableIterator<B, undefined> {
	readonly #batches: IterableIterator<B, undefined>;

	constructor(batches: IterableIterator<B, undefined>) {
		this.#batches = batches;
	}

	next(): IteratorResult<B, undefined> {
		return this.#batches.next();
	}

	/** A loop that ends early ends the workers' epoch. */
	return(): IteratorResult<B, undefined> {
		return this.#batches.return?.() ?? { done: true, value: undefined };
	}

	[Symbol.iterator](): this {
		return this;
	}
}

/** @internal Batches whose making a running profile sees, by PyTorch's name. */
export class Watched<B> extends Handed<B> {
	readonly #name: string;

	constructor(batches: IterableIterator<B, undefined>, byWorkers: boolean) {
		super(batches);
		this.#name = `enumerate(DataLoader)#_${byWorkers ? "MultiProcessing" : "SingleProcess"}DataLoaderIter.__next__`;
	}

	override next(): IteratorResult<B, undefined> {
		return profiling.active ? spanned(this.#name, spanKind.data, () => super.next()) : super.next();
	}
}
