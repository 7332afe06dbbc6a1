import { formatCount } from "../numbers";
import { numbersOf, type PlainTrace, rangeOf } from "./types";

/** Points of one trace: more cannot be told apart on a screen, and twenty plots must fit into a notebook of 2 MB. */
export const mostPoints = 2000;
/** Rows and columns of a heat map. */
const mostCells = 128;

export interface Thinned {
	trace: PlainTrace;
	/** What was left out, for the reader. */
	note?: string;
}

/**
 * A trace with at most about `limit` points. Lines keep the lowest and highest value of every stretch, so no peak is
 * lost; markers are every k-th; a histogram is counted here and becomes bars; a heat map is averaged.
 */
export function thin(trace: PlainTrace, limit = mostPoints): Thinned {
	switch (trace.type ?? "scatter") {
		case "scatter":
		case "scattergl":
			return thinScatter(trace, limit);
		case "histogram":
			return thinHistogram(trace, limit);
		case "heatmap":
		case "contour":
		case "surface":
			return thinGrid(trace);
		default:
			return { trace };
	}
}

function thinScatter(trace: PlainTrace, limit: number): Thinned {
	const values = Array.isArray(trace.y) ? trace.y : Array.isArray(trace.x) ? trace.x : [];
	const length = values.length;
	if (length <= limit) return { trace };
	const lines = (trace.mode ?? "lines").includes("lines") && isOrdered(trace.x);
	const kept = lines ? extremes(numbersOf(values), limit) : everyNth(length, limit);
	const result: PlainTrace = { ...trace };
	for (const [key, value] of Object.entries(trace)) {
		if (Array.isArray(value) && value.length === length) result[key] = pick(value, kept);
	}
	// Sizes, colours and errors for each point.
	for (const key of ["marker", "error_y", "error_x"]) result[key] = pickInside(trace[key], length, kept);
	if (trace.x === undefined) result.x = kept;
	if (trace.y === undefined) result.y = kept;
	return { trace: result, note: `${nameOf(trace)}${formatCount(kept.length)} of ${formatCount(length)} points drawn` };
}

function pickInside(value: unknown, length: number, kept: number[]): unknown {
	if (typeof value !== "object" || value === null) return value;
	return Object.fromEntries(
		Object.entries(value).map(([key, item]) => [
			key,
			Array.isArray(item) && item.length === length ? pick(item, kept) : item,
		]),
	);
}

function pick(values: unknown[], kept: number[]): unknown[] {
	return kept.map((index) => values[index]);
}

function isOrdered(x: unknown): boolean {
	if (!Array.isArray(x)) return true;
	for (let i = 1; i < x.length; i++) if (!((x[i] as number) >= (x[i - 1] as number))) return false;
	return true;
}

/** First, last, and in each of `limit / 2` stretches the positions of the lowest and the highest value. */
function extremes(values: number[], limit: number): number[] {
	const stretches = Math.max(1, Math.floor(limit / 2) - 1);
	const kept = new Set<number>([0]);
	for (let stretch = 0; stretch < stretches; stretch++) {
		const from = Math.floor((stretch * values.length) / stretches);
		const to = Math.floor(((stretch + 1) * values.length) / stretches);
		let low = from;
		let high = from;
		for (let i = from; i < to; i++) {
			if (values[i]! < values[low]! || Number.isNaN(values[low])) low = i;
			if (values[i]! > values[high]! || Number.isNaN(values[high])) high = i;
		}
		kept.add(Math.min(low, high)).add(Math.max(low, high));
	}
	kept.add(values.length - 1);
	return [...kept].sort((a, b) => a - b);
}

function everyNth(length: number, limit: number): number[] {
	const step = Math.ceil(length / limit);
	return Array.from({ length: Math.ceil(length / step) }, (_, index) => index * step);
}

function thinHistogram(trace: PlainTrace, limit: number): Thinned {
	const along = Array.isArray(trace.x) ? "x" : "y";
	const values = numbersOf(trace[along]);
	if (values.length <= limit || values.some(Number.isNaN) || trace.histfunc !== undefined) return { trace };
	const { centres, counts, width } = histogramBars(trace);
	const { nbinsx, nbinsy, xbins, ybins, histnorm, cumulative, autobinx, autobiny, ...rest } = trace;
	const other = along === "x" ? "y" : "x";
	return {
		trace: {
			...rest,
			type: "bar",
			orientation: along === "x" ? "v" : "h",
			[along]: centres,
			[other]: counts,
			width,
		},
		note: `${nameOf(trace)}counts of ${formatCount(values.length)} values`,
	};
}

/** The bars of a histogram trace, by the bins that it asks for. */
export function histogramBars(trace: PlainTrace): { centres: number[]; counts: number[]; width: number } {
	const along = Array.isArray(trace.x) ? "x" : "y";
	const values = numbersOf(trace[along]).filter(Number.isFinite);
	const [low, high] = rangeOf(values) ?? [0, 1];
	const asked = trace[`${along}bins`] as { start?: number; end?: number; size?: number } | undefined;
	const most = (trace[`nbins${along}`] as number | undefined) ?? Math.min(60, Math.ceil(Math.sqrt(values.length)));
	const width = asked?.size ?? niceStep((high - low || 1) / Math.max(1, most));
	const start = asked?.start ?? Math.floor(low / width) * width;
	const bins = Math.max(1, Math.floor(((asked?.end ?? high) - start) / width) + 1);
	const counts = new Array<number>(bins).fill(0);
	for (const value of values) {
		const bin = Math.floor((value - start) / width);
		if (bin >= 0 && bin < bins) counts[bin]!++;
	}
	const scaled = scaleCounts(counts, trace.histnorm, values.length, width);
	const centres = counts.map((_, i) => Number((start + (i + 0.5) * width).toPrecision(12)));
	return { centres, counts: scaled, width };
}

function scaleCounts(counts: number[], norm: unknown, total: number, width: number): number[] {
	const factors: Record<string, number> = {
		percent: 100 / total,
		probability: 1 / total,
		density: 1 / width,
		"probability density": 1 / (total * width),
	};
	const factor = typeof norm === "string" ? factors[norm] : undefined;
	return factor === undefined ? counts : counts.map((count) => count * factor);
}

/** The smallest of 1, 2, 5 times a power of ten that is at least `step`. */
export function niceStep(step: number): number {
	const power = 10 ** Math.floor(Math.log10(step));
	const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= step * 0.999999) ?? 10;
	return factor * power;
}

function thinGrid(trace: PlainTrace): Thinned {
	const rows = Array.isArray(trace.z) ? (trace.z as unknown[]) : [];
	if (!rows.every(Array.isArray)) return { trace };
	const z = rows.map(numbersOf);
	const height = z.length;
	const width = z[0]?.length ?? 0;
	const step = Math.ceil(Math.max(height, width) / mostCells);
	if (step <= 1) return { trace };
	const blocks = (length: number) => Array.from({ length: Math.ceil(length / step) }, (_, index) => index * step);
	const mean = (top: number, left: number): number | null => {
		let sum = 0;
		let count = 0;
		for (let i = top; i < Math.min(top + step, height); i++) {
			for (let j = left; j < Math.min(left + step, width); j++) {
				const value = z[i]![j]!;
				if (!Number.isFinite(value)) continue;
				sum += value;
				count++;
			}
		}
		return count === 0 ? null : Number((sum / count).toPrecision(4));
	};
	const { text, customdata, ...rest } = trace;
	const middles = (values: unknown, starts: number[]): unknown =>
		starts.map((start) => (Array.isArray(values) ? values[Math.min(start + (step >> 1), values.length - 1)] : start));
	const [tops, lefts] = [blocks(height), blocks(width)];
	return {
		trace: {
			...rest,
			z: tops.map((top) => lefts.map((left) => mean(top, left))),
			x: middles(trace.x, lefts),
			y: middles(trace.y, tops),
		},
		note: `${nameOf(trace)}${formatCount(width)} × ${formatCount(height)} values, each cell the mean of ${step} × ${step}`,
	};
}

function nameOf(trace: PlainTrace): string {
	return typeof trace.name === "string" && trace.name !== "" ? `${trace.name}: ` : "";
}
