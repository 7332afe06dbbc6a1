import { defaultGenerator, type Generator } from "../core/generator";
import { signature } from "../core/signature";
import { Tensor } from "../core/tensor";
import { warn } from "../core/warn";
import { cat } from "../ops/join";
import { randperm } from "../ops/random";
import type { Collated } from "./collate";
import { asDataset, checkIndex, Dataset, type DatasetLike, fetchBatch } from "./dataset";
import { generator } from "./rules";
import { indexTensor } from "./tensors";

/** The items of a data set at the given indices, in that order. */
export class Subset<T> extends Dataset<T> {
	readonly dataset: DatasetLike<T>;
	/** Positions in `dataset`; not to be changed afterwards. */
	readonly indices: readonly number[];
	#positions: Tensor | undefined;

	constructor(dataset: DatasetLike<T> | readonly T[], indices: readonly number[] | Tensor) {
		super();
		this.dataset = asDataset(dataset);
		this.indices = indices instanceof Tensor ? (indices.tolist() as number[]) : indices;
	}

	get length(): number {
		return this.indices.length;
	}

	get(index: number): T {
		const position = this.indices[checkIndex("Subset", index, this.length)]!;
		return this.dataset.get(checkIndex("Subset", position, this.dataset.length));
	}

	override getBatch(indices: Tensor): Collated<T> {
		this.#positions ??= indexTensor(
			this.indices.map((position) => checkIndex("Subset", position, this.dataset.length)),
		);
		return fetchBatch(this.dataset, this.#positions.indexSelect(0, indices));
	}
}

/** Data sets one after another, as one. */
export class ConcatDataset<T> extends Dataset<T> {
	readonly datasets: readonly DatasetLike<T>[];
	/** Lengths added up: where each data set ends. */
	readonly cumulativeSizes: readonly number[];

	constructor(datasets: Iterable<DatasetLike<T> | readonly T[]>) {
		super();
		this.datasets = Array.from(datasets, asDataset);
		if (this.datasets.length === 0) {
			throw new RangeError("[ConcatDataset] datasets should not be an empty iterable: expected at least one data set");
		}
		let end = 0;
		this.cumulativeSizes = this.datasets.map((dataset) => {
			end += dataset.length;
			return end;
		});
	}

	get length(): number {
		return this.cumulativeSizes.at(-1)!;
	}

	get(index: number): T {
		const { part, row } = this.#place(checkIndex("ConcatDataset", index, this.length));
		return this.datasets[part]!.get(row);
	}

	/** A batch from each data set that is concerned, put together in the order asked for. */
	override getBatch(indices: Tensor): Collated<T> {
		const wanted = (indices.tolist() as number[]).map((index) => this.#place(index));
		const parts: Collated<T>[] = [];
		const order = new Array<number>(wanted.length);
		let before = 0;
		for (const [part, dataset] of this.datasets.entries()) {
			const rows: number[] = [];
			for (const [position, place] of wanted.entries()) {
				if (place.part !== part) continue;
				order[position] = before + rows.length;
				rows.push(place.row);
			}
			if (rows.length > 0) parts.push(fetchBatch(dataset, indexTensor(rows)));
			before += rows.length;
		}
		return parts.length === 1 ? parts[0]! : (join(parts, order, indexTensor(order)) as Collated<T>);
	}

	#place(index: number): { part: number; row: number } {
		let low = 0;
		let high = this.cumulativeSizes.length - 1;
		while (low < high) {
			const middle = (low + high) >> 1;
			if (index < this.cumulativeSizes[middle]!) high = middle;
			else low = middle + 1;
		}
		return { part: low, row: index - (low === 0 ? 0 : this.cumulativeSizes[low - 1]!) };
	}
}

/** Batches one after another as one, its rows in the order given. */
function join(parts: readonly unknown[], order: readonly number[], orderTensor: Tensor): unknown {
	const [first] = parts;
	if (first instanceof Tensor) return cat(parts as Tensor[], 0).indexSelect(0, orderTensor);
	if (Array.isArray(first)) {
		if (typeof first[0] === "string") {
			const strings = (parts as string[][]).flat();
			return order.map((row) => strings[row]!);
		}
		return first.map((_, i) =>
			join(
				(parts as unknown[][]).map((part) => part[i]),
				order,
				orderTensor,
			),
		);
	}
	const objects = parts as Record<string, unknown>[];
	return Object.fromEntries(
		Object.keys(first as object).map((key) => [
			key,
			join(
				objects.map((part) => part[key]),
				order,
				orderTensor,
			),
		]),
	);
}

export interface RandomSplitOptions {
	/** Source of the permutation; the default generator where none is given. */
	generator?: Generator | null;
}

const splitArguments = signature("randomSplit", { generator });

/**
 * Splits a data set at random into subsets of the given lengths, or of the given fractions where these sum to 1 (what
 * rounding down leaves over goes to the first ones, one each). The same seed splits as PyTorch's `random_split` does.
 */
export function randomSplit<T>(
	dataset: DatasetLike<T> | readonly T[],
	lengths: readonly number[],
	options?: RandomSplitOptions | Generator,
): Subset<T>[] {
	const source = asDataset(dataset);
	const sizes = splitSizes(source.length, lengths);
	const from = splitArguments([options]).generator ?? defaultGenerator;
	const order = randperm(source.length, { generator: from, device: "cpu" }).tolist() as number[];
	let start = 0;
	return sizes.map((size) => {
		start += size;
		return new Subset(source, order.slice(start - size, start));
	});
}

function splitSizes(total: number, lengths: readonly number[]): number[] {
	const sum = lengths.reduce((a, b) => a + b, 0);
	if (Math.abs(sum - 1) <= 1e-9 && sum <= 1) {
		for (const [i, fraction] of lengths.entries()) {
			if (!(fraction >= 0 && fraction <= 1)) {
				throw new RangeError(`[randomSplit] fraction ${fraction} at index ${i} is not between 0 and 1`);
			}
		}
		const sizes = lengths.map((fraction) => Math.floor(total * fraction));
		const left = total - sizes.reduce((a, b) => a + b, 0);
		for (let i = 0; i < left; i++) sizes[i % sizes.length]! += 1;
		for (const [i, size] of sizes.entries()) {
			if (size > 0) continue;
			warn(`[randomSplit] length of split at index ${i} is 0: its data set is empty`);
		}
		return sizes;
	}
	for (const [i, length] of lengths.entries()) {
		if (!(Number.isInteger(length) && length >= 0)) {
			throw new RangeError(
				`[randomSplit] length ${length} at index ${i}: expected a whole number, or fractions that sum to 1`,
			);
		}
	}
	if (sum !== total) {
		throw new RangeError(
			`[randomSplit] sum of input lengths does not equal the length of the input data set: ${lengths.join(" + ")} = ` +
				`${sum}, expected ${total}`,
		);
	}
	return [...lengths];
}
