import { View } from "../display";
import { formatNumber } from "../display/numbers";
import { seriesColours } from "../display/theme";

/** Mean, spread and distribution of numbers. */
export interface Summary {
	count: number;
	mean: number;
	/** Standard deviation with n − 1, as PyTorch's `std()`; NaN for fewer than two numbers. */
	std: number;
	min: number;
	max: number;
	/** Counts in equal steps from min to max. */
	histogram: number[];
	/** Numbers that are NaN or infinite; they are left out of all the others. */
	notFinite: number;
}

const bins = 24;

/** Over all the arrays together. */
export function summarise(arrays: readonly ArrayLike<number>[]): Summary {
	let count = 0;
	let notFinite = 0;
	let mean = 0;
	let squares = 0;
	let min = Number.POSITIVE_INFINITY;
	let max = Number.NEGATIVE_INFINITY;
	for (const array of arrays) {
		for (let i = 0; i < array.length; i++) {
			const value = array[i]!;
			if (!Number.isFinite(value)) {
				notFinite++;
				continue;
			}
			count++;
			// Welford: no cancellation where the mean is large beside the spread.
			const delta = value - mean;
			mean += delta / count;
			squares += delta * (value - mean);
			if (value < min) min = value;
			if (value > max) max = value;
		}
	}
	const histogram = new Array<number>(bins).fill(0);
	const width = max - min;
	for (const array of arrays) {
		for (let i = 0; i < array.length && width > 0; i++) {
			const value = array[i]!;
			if (Number.isFinite(value)) histogram[Math.min(bins - 1, Math.floor(((value - min) / width) * bins))]!++;
		}
	}
	if (width === 0) histogram[bins / 2] = count;
	return {
		count,
		mean: count > 0 ? mean : Number.NaN,
		std: Math.sqrt(squares / (count - 1)),
		min,
		max,
		histogram,
		notFinite,
	};
}

/** `0.0012 ± 0.031`, with a small histogram beside it. */
export function summaryCell(summary: Summary): View {
	const bad = summary.notFinite > 0 ? ` (${summary.notFinite} not finite)` : "";
	const spread = Number.isNaN(summary.std) ? "" : ` ± ${formatNumber(summary.std, 2)}`;
	const text = `${formatNumber(summary.mean, 2)}${spread}${bad}`;
	return new View({ "text/plain": text, "text/html": `${sparkline(summary)} ${text}` });
}

function sparkline({ histogram, min, max }: Summary): string {
	const highest = Math.max(...histogram);
	if (!(highest > 0)) return "";
	const bars = histogram.map((count, i) => {
		const height = Math.round((count / highest) * 160) / 10;
		return height > 0 ? `M${i * 3} 16h2.6v-${Math.max(height, 0.6)}h-2.6z` : "";
	});
	const label = `from ${formatNumber(min, 2)} to ${formatNumber(max, 2)}`;
	return `<svg width="${bins * 3}" height="16" viewBox="0 0 ${bins * 3} 16" role="img" aria-label="distribution ${label}" style="vertical-align:middle"><title>${label}</title><path d="${bars.join("")}" fill="${seriesColours[0]}"/></svg>`;
}
