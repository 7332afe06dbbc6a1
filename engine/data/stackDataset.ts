import { Tensor } from "../core/tensor";
import type { Collated } from "./collate";
import { asDataset, checkIndex, Dataset, type DatasetLike, fetchBatch } from "./dataset";

type Source = { readonly length: number; get(index: number): any } | readonly any[];
type ItemOf<S> = S extends readonly (infer T)[] ? T : S extends { get(index: number): infer T } ? T : never;
type Sources = readonly Source[] | Readonly<Record<string, Source>>;
/** What an item of stacked data sets is: a tuple, or an object, of their items. */
type Items<S> = { -readonly [K in keyof S]: ItemOf<S[K]> };

/**
 * Data sets side by side: item `i` is `[a[i], b[i], …]`, or with names `{ image: images[i], text: texts[i] }`. All need one
 * length.
 *
 * `new StackDataset(images, texts)`, `new StackDataset({ image: images, text: texts })`
 */
export interface StackDataset<S extends Sources> extends Dataset<Items<S>> {
	readonly datasets: S;
}

interface StackDatasetConstructor {
	new <const S extends readonly Source[]>(...datasets: S): StackDataset<S>;
	new <S extends Readonly<Record<string, Source>>>(datasets: S): StackDataset<S>;
	readonly prototype: StackDataset<Sources>;
}

export const StackDataset: StackDatasetConstructor = class StackDataset<S extends Sources> extends Dataset<Items<S>> {
	readonly datasets: S;
	readonly length: number;
	readonly #parts: readonly (readonly [string, DatasetLike<unknown>])[];
	readonly #named: boolean;

	constructor(...args: unknown[]) {
		super();
		this.#named = args.length === 1 && isNamed(args[0]);
		this.datasets = (this.#named ? args[0] : args) as S;
		this.#parts = Object.entries(this.datasets).map(([name, source]) => [
			name,
			asDataset<unknown>(source as readonly unknown[]),
		]);
		if (this.#parts.length === 0) throw new TypeError("[StackDataset] at least one dataset should be passed");
		this.length = this.#parts[0]![1].length;
		const odd = this.#parts.find(([, dataset]) => dataset.length !== this.length);
		if (odd) {
			throw new RangeError(
				`[StackDataset] size mismatch between datasets: expected ${this.length} items, got ${odd[1].length} in "${odd[0]}"`,
			);
		}
	}

	get(index: number): Items<S> {
		const row = checkIndex("StackDataset", index, this.length);
		return this.#together((dataset) => dataset.get(row)) as Items<S>;
	}

	override getBatch(indices: Tensor): Collated<Items<S>> {
		return this.#together((dataset) => fetchBatch(dataset, indices)) as Collated<Items<S>>;
	}

	#together(take: (dataset: DatasetLike<unknown>) => unknown): unknown {
		const taken = this.#parts.map(([name, dataset]) => [name, take(dataset)] as const);
		return this.#named ? Object.fromEntries(taken) : taken.map(([, value]) => value);
	}
} as unknown as StackDatasetConstructor;

/** An object of data sets rather than one of them. */
function isNamed(value: unknown): boolean {
	if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Tensor) return false;
	return !("get" in value && "length" in value);
}
