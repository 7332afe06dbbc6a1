import { bind, shapeText } from "../../core/arguments";
import { int64 } from "../../core/dtype";
import { native } from "../../core/native";
import { quoted } from "../../core/signature";
import { Tensor, wrap } from "../../core/tensor";
import { cat, full, zeros } from "../../ops";
import { composite } from "../../ops/composite";
import { embedding, renormalize } from "./embedding";

export type BagMode = "sum" | "mean" | "max";

export interface EmbeddingBagOptions {
	/** Where each bag begins in an input of one dimension: int64, the first one 0. */
	offsets?: Tensor | null;
	/** Rows with a larger norm are scaled down to it, in place, when they are looked up. */
	maxNorm?: number | null;
	/** The p of that norm. Default 2. */
	normType?: number;
	/** Divide gradients by how often a row was looked up. Not for "max". Default false. */
	scaleGradByFreq?: boolean;
	/** What becomes of the rows of a bag. Default "mean". */
	mode?: BagMode;
	/** A factor of each looked-up row, like the input; for "sum" only. */
	perSampleWeights?: Tensor | null;
	/** The last offset is where the last bag ends, not one that begins. Default false. */
	includeLastOffset?: boolean;
	/** A row that counts for nothing. Negative ones count from the end. */
	paddingIdx?: number | null;
}

export type EmbeddingBagArguments =
	| [input: Tensor, weight: Tensor, options?: EmbeddingBagOptions]
	| [input: Tensor, weight: Tensor, offsets: Tensor | null, options?: Omit<EmbeddingBagOptions, "offsets">]
	| [options: EmbeddingBagOptions & { input: Tensor; weight: Tensor }];

const op = "embeddingBag";

interface Attributes {
	/** Rows to look up, and the bag that each goes into. */
	index: Tensor;
	bag: Tensor;
	/** How many rows each bag has. */
	counts: number[];
	mode: BagMode;
	scaleGradByFreq: boolean;
}

/**
 * Sums, means or maxima of rows of a table. An empty bag gives zeros.
 *
 * Shape: input `[N, L]` (bags of L rows), or `[n]` with `offsets` `[N]`, and weight `[rows, dim]` to `[N, dim]`.
 */
export function embeddingBag(...args: EmbeddingBagArguments): Tensor {
	const given = bind<Required<EmbeddingBagOptions> & { input: Tensor; weight: Tensor }>(
		op,
		args,
		["input", "weight", "offsets"],
		["maxNorm", "normType", "scaleGradByFreq", "mode", "perSampleWeights", "includeLastOffset", "paddingIdx"],
	);
	const { input, weight, mode = "mean", scaleGradByFreq = false, perSampleWeights = null } = given;
	const { maxNorm = null, normType = 2 } = given;
	if (!(input instanceof Tensor)) throw new TypeError(`[${op}] input must be a tensor, got ${quoted(input)}`);
	if (!(weight instanceof Tensor)) throw new TypeError(`[${op}] weight must be a tensor, got ${quoted(weight)}`);
	if (!["sum", "mean", "max"].includes(mode)) {
		throw new RangeError(`[${op}] mode has to be one of "sum", "mean" or "max", got ${quoted(mode)}`);
	}
	if (mode === "max" && scaleGradByFreq) {
		throw new TypeError(`[${op}] max mode does not support scaling the gradient by the frequency`);
	}
	checkWeights(input, perSampleWeights, mode);
	const starts = startsOf(input, given.offsets ?? null, given.includeLastOffset ?? false);
	const padding = paddingOf(weight, given.paddingIdx ?? null);
	const { index, bag, counts, kept } = bags(input.reshape(-1).long(), starts, padding);
	if (maxNorm !== null && index.numel() > 0) renormalize(weight, index, maxNorm, normType);
	const factors =
		perSampleWeights &&
		(kept === null ? perSampleWeights.reshape(-1) : perSampleWeights.reshape(-1).indexSelect(0, kept));
	const run = mode === "max" || scaleGradByFreq || factors !== null ? together : plain;
	return run({ index, bag, counts, mode, scaleGradByFreq }, weight, factors);
}

function checkWeights(input: Tensor, perSampleWeights: Tensor | null, mode: BagMode): void {
	if (perSampleWeights === null) return;
	if (mode !== "sum") {
		throw new TypeError(`[${op}] perSampleWeights is only supported for mode "sum", got mode ${quoted(mode)}`);
	}
	if (`${perSampleWeights.shape}` !== `${input.shape}`) {
		throw new RangeError(
			`[${op}] perSampleWeights ${shapeText(perSampleWeights.shape)} must have the same shape as the input ${shapeText(input.shape)}`,
		);
	}
}

/** Where the bags begin, and where the last one ends. */
function startsOf(input: Tensor, offsets: Tensor | null, includeLast: boolean): number[] {
	if (input.ndim === 2) {
		if (offsets !== null) {
			throw new TypeError(`[${op}] offsets has to be null for a 2D input, whose rows are bags of one size`);
		}
		const [bags, size] = input.shape as [number, number];
		return Array.from({ length: bags + 1 }, (_, i) => i * size);
	}
	if (input.ndim !== 1) throw new RangeError(`[${op}] input has to be 1D or 2D, got shape ${shapeText(input.shape)}`);
	if (!(offsets instanceof Tensor) || offsets.ndim !== 1) {
		throw new TypeError(`[${op}] offsets has to be a vector for a 1D input, got ${quoted(offsets)}`);
	}
	const starts = offsets.tolist() as number[];
	const total = input.numel();
	if (includeLast && starts.length === 0) throw new RangeError(`[${op}] includeLastOffset needs at least one offset`);
	if (starts.length > 0 && starts[0] !== 0) throw new RangeError(`[${op}] offsets[0] has to be 0, got ${starts[0]}`);
	const wrong = starts.findIndex((start, i) => start > total || (i > 0 && start < starts[i - 1]!));
	if (wrong >= 0) {
		throw new RangeError(
			`[${op}] offsets must not decrease and not be greater than the input's length ${total}, got ${starts[wrong]} at position ${wrong}`,
		);
	}
	return includeLast ? starts : [...starts, total];
}

function paddingOf(weight: Tensor, paddingIdx: number | null): number | null {
	if (paddingIdx === null) return null;
	const rows = weight.size(0);
	if (!(paddingIdx >= -rows && paddingIdx < rows)) {
		throw new RangeError(`[${op}] paddingIdx must be within the ${rows} rows, got ${paddingIdx}`);
	}
	return paddingIdx < 0 ? paddingIdx + rows : paddingIdx;
}

const vector = (values: readonly number[] | Float64Array, like: Tensor) =>
	wrap(native.fromNumbers(Float64Array.from(values), [values.length], int64.code, like.handle));

/** The rows to look up without padding, their bags, and (where padding was left out) their positions. */
function bags(flat: Tensor, starts: readonly number[], padding: number | null) {
	const counts = starts.slice(1).map((end, i) => end - starts[i]!);
	const total = starts.length === 0 ? 0 : starts.at(-1)!;
	const bag = new Float64Array(total);
	counts.forEach((_, i) => {
		bag.fill(i, starts[i]!, starts[i + 1]!);
	});
	const index = total === flat.numel() ? flat : flat.narrow(0, 0, total);
	if (padding === null) return { index, bag: vector(bag, flat), counts, kept: null };
	const rows = index.tolist() as number[];
	const positions = rows.flatMap((row, i) => (row === padding ? [] : [i]));
	rows.forEach((row, i) => {
		if (row === padding) counts[bag[i]!]!--;
	});
	const kept = vector(positions, flat);
	const bagOf = positions.map((i) => bag[i]!);
	return { index: index.indexSelect(0, kept), bag: vector(bagOf, flat), counts, kept };
}

function formula({ index, bag, counts, mode, scaleGradByFreq }: Attributes, weight: Tensor, factors: Tensor | null) {
	const rows = embedding(index, weight, { scaleGradByFreq });
	const shape = [counts.length, weight.size(1)];
	if (mode === "max") return largest(rows, counts, shape);
	const scaled = factors === null ? rows : rows.mul(factors.unsqueeze(-1));
	const sums = zeros(shape, { dtype: scaled.dtype, device: scaled.device }).indexAdd(0, bag, scaled);
	return mode === "sum" ? sums : sums.div(divisors(counts, sums));
}

/** How many rows each bag has, at least 1, as a column. */
function divisors(counts: readonly number[], like: Tensor): Tensor {
	const sizes = Float64Array.from(counts, (count) => Math.max(count, 1));
	return wrap(native.fromNumbers(sizes, [counts.length, 1], like.dtype.code, like.handle));
}

const together = composite<Attributes>("EmbeddingBagBackward0", formula);

/** Sums and means alone: a bag's gradient goes to all of its rows. */
const plain = composite<Attributes>("EmbeddingBagBackward0", formula, (node, grad, { index, bag, counts, mode }) => {
	const shared = mode === "sum" ? grad : grad.div(divisors(counts, grad));
	const rows = native.indexSelect(shared.handle, 0, bag.handle);
	return [wrap(native.embeddingBackward(rows, index.handle, node.saved(0).size(0), -1)), null];
});

/** The largest of the rows of each bag; the rows stand bag by bag. */
function largest(rows: Tensor, counts: readonly number[], shape: number[]): Tensor {
	const longest = Math.max(0, ...counts);
	if (longest === 0) return zeros(shape, { dtype: rows.dtype, device: rows.device });
	// Bags of one size, filled up with a row that never wins.
	const never = rows.size(0);
	let next = 0;
	const places = counts.flatMap((count) => Array.from({ length: longest }, (_, i) => (i < count ? next++ : never)));
	const filled = cat([
		rows,
		full([1, shape[1]!], Number.NEGATIVE_INFINITY, { dtype: rows.dtype, device: rows.device }),
	]);
	const most = filled.indexSelect(0, vector(places, rows)).view(counts.length, longest, shape[1]!).max(1).values;
	const empty = vector(
		counts.flatMap((count, i) => (count === 0 ? [i] : [])),
		rows,
	);
	return empty.numel() === 0 ? most : most.indexFill(0, empty, 0);
}
