import { numbersOf, sizeOf, type TensorLike } from "../engine";

/** Counts in equal steps between two ends. */
export interface Histogram {
	low: number;
	high: number;
	counts: Float64Array;
}

/** Values of a tensor that those who watch training look at; of more, every k-th. */
const mostValues = 1024;

/** Counts finite values; undefined where there is none. */
export function histogramOf(values: ArrayLike<number>, bins: number): Histogram | undefined {
	let low = Number.POSITIVE_INFINITY;
	let high = Number.NEGATIVE_INFINITY;
	for (let i = 0; i < values.length; i++) {
		const value = values[i]!;
		if (!Number.isFinite(value)) continue;
		if (value < low) low = value;
		if (value > high) high = value;
	}
	if (low > high) return undefined;
	// One value alone: a step around it.
	if (low === high) [low, high] = [low - 0.5, high + 0.5];
	const counts = new Float64Array(bins);
	const scale = bins / (high - low);
	for (let i = 0; i < values.length; i++) {
		const value = values[i]!;
		if (Number.isFinite(value)) counts[Math.min(bins - 1, Math.floor((value - low) * scale))]!++;
	}
	return { low, high, counts };
}

/** Every k-th value, so that at most `mostValues` are left. */
export function sampleOf(values: ArrayLike<number>): ArrayLike<number> {
	const step = Math.ceil(values.length / mostValues);
	if (step <= 1) return values;
	return Float64Array.from({ length: Math.ceil(values.length / step) }, (_, i) => values[i * step]!);
}

/** The same of a tensor, whose other values are not copied. */
export function sampleOfTensor(tensor: TensorLike): ArrayLike<number> {
	const step = Math.ceil(sizeOf(tensor.shape) / mostValues);
	const flat = step > 1 ? tensor.reshape?.(-1).at?.(`::${step}`) : undefined;
	return flat === undefined ? sampleOf(numbersOf(tensor)) : numbersOf(flat);
}

/** Mean of the finite values and their standard deviation, with n − 1; NaN where there are too few. */
export function momentsOf(values: ArrayLike<number>): { mean: number; std: number } {
	let count = 0;
	let sum = 0;
	for (let i = 0; i < values.length; i++) {
		const value = values[i]!;
		if (!Number.isFinite(value)) continue;
		count++;
		sum += value;
	}
	const mean = sum / count;
	let squares = 0;
	for (let i = 0; i < values.length; i++) {
		const value = values[i]!;
		if (Number.isFinite(value)) squares += (value - mean) ** 2;
	}
	return { mean, std: Math.sqrt(squares / (count - 1)) };
}

/** The stretch that holds all but a thousandth of the values at each end, over all histograms together. */
export function middleOf(histograms: readonly Histogram[]): [low: number, high: number] {
	const low = Math.min(...histograms.map((histogram) => histogram.low));
	const high = Math.max(...histograms.map((histogram) => histogram.high));
	const bins = 512;
	const total = new Float64Array(bins);
	for (const histogram of histograms) {
		for (const [i, share] of rebinned(histogram, low, high, bins).entries()) total[i]! += share / histograms.length;
	}
	const beyond = 0.001;
	const edge = (order: readonly number[]): number => {
		let sum = 0;
		for (const i of order) {
			sum += total[i]!;
			if (sum > beyond) return i;
		}
		return order[0]!;
	};
	const up = Array.from(total, (_, i) => i);
	const step = (high - low) / bins;
	return [low + edge(up) * step, low + (edge([...up].reverse()) + 1) * step];
}

/**
 * The same counts in `bins` steps from `low` to `high`, as shares of all: what lies in a step is
 * spread evenly over it, what lies outside is left out.
 */
export function rebinned(histogram: Histogram, low: number, high: number, bins: number): Float64Array {
	const shares = new Float64Array(bins);
	const width = (histogram.high - histogram.low) / histogram.counts.length;
	const step = (high - low) / bins;
	const total = histogram.counts.reduce((sum, count) => sum + count, 0);
	for (const [i, count] of histogram.counts.entries()) {
		if (count === 0) continue;
		const from = histogram.low + i * width;
		const to = from + width;
		const first = Math.max(0, Math.floor((from - low) / step));
		for (let j = first; j < bins && low + j * step < to; j++) {
			const overlap = Math.min(to, low + (j + 1) * step) - Math.max(from, low + j * step);
			if (overlap > 0) shares[j]! += (count * overlap) / width / total;
		}
	}
	return shares;
}
