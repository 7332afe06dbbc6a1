import { encodePng } from "../png";
import { viridis } from "../theme";
import { numbersOf, type PlainTrace, rangeOf } from "./types";

/** The named scales that still pictures know; others are drawn in Viridis. Lightness grows or falls along each. */
const scales: Record<string, readonly string[]> = {
	viridis,
	cividis: [
		"#00224e",
		"#123570",
		"#3b496c",
		"#575d6d",
		"#707173",
		"#8a8678",
		"#a59c74",
		"#c3b369",
		"#e1cc55",
		"#fee838",
	],
	greys: ["#000000", "#ffffff"],
	blues: ["#08306b", "#2171b5", "#6baed6", "#c6dbef", "#f7fbff"],
	rdbu: ["#053061", "#4393c3", "#f7f7f7", "#d6604d", "#67001f"],
	puor: ["#2d004b", "#8073ac", "#f7f7f7", "#e08214", "#7f3b08"],
};

/** Steps of colour in a drawing of contours. */
const bands = 12;
/** A contour's smooth surface is drawn this many times finer than its values. */
const finest = 160;

/** A heat map or contour as a PNG, row 0 at the bottom, and the range of its values. */
export function rasterOf(trace: PlainTrace): { png: Buffer; rows: number; columns: number } | undefined {
	const rows = Array.isArray(trace.z) ? (trace.z as unknown[]).map(numbersOf) : [];
	const height = rows.length;
	const width = Math.max(0, ...rows.map((row) => row.length));
	if (height === 0 || width === 0) return undefined;
	const [low, high] = colourRange(trace);
	const colour = colourScale(trace);
	const smooth = trace.type === "contour";
	const factor = smooth ? Math.max(1, Math.floor(finest / Math.max(width, height))) : 1;
	const [w, h] = [width * factor, height * factor];
	const data = new Uint8Array(w * h * 4);
	for (let y = 0; y < h; y++) {
		for (let x = 0; x < w; x++) {
			const row = h - 1 - y;
			const value = smooth ? between(rows, (row + 0.5) / factor - 0.5, (x + 0.5) / factor - 0.5) : rows[row]![x]!;
			if (!Number.isFinite(value)) continue;
			let share = high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) : 0.5;
			if (smooth) share = Math.min(bands - 1, Math.floor(share * bands)) / (bands - 1);
			data.set([...colour(share), 255], (y * w + x) * 4);
		}
	}
	return { png: encodePng({ width: w, height: h, channels: 4, data }), rows: height, columns: width };
}

/** The values that get the first and the last colour. */
export function colourRange(trace: PlainTrace): [low: number, high: number] {
	const rows = Array.isArray(trace.z) ? (trace.z as unknown[]).map(numbersOf) : [];
	const range = rangeOf(rows.flat()) ?? [0, 1];
	const end = (given: unknown, found: number) => (typeof given === "number" ? given : found);
	return [end(trace.zmin, range[0]), end(trace.zmax, range[1])];
}

/** Bilinear value at a place between the grid's points. */
function between(rows: number[][], y: number, x: number): number {
	const at = (i: number, j: number): number =>
		rows[Math.min(rows.length - 1, Math.max(0, i))]![Math.min(rows[0]!.length - 1, Math.max(0, j))] ?? Number.NaN;
	const [i, j] = [Math.floor(y), Math.floor(x)];
	const [v, u] = [y - i, x - j];
	return (at(i, j) * (1 - u) + at(i, j + 1) * u) * (1 - v) + (at(i + 1, j) * (1 - u) + at(i + 1, j + 1) * u) * v;
}

export function colourScale(trace: PlainTrace): (share: number) => [number, number, number] {
	const stops = stopsOf(trace.colorscale);
	const turned = trace.reversescale === true;
	return (share) => {
		const at = turned ? 1 - share : share;
		const next = stops.findIndex((stop) => stop.at >= at);
		const upper = stops[next < 0 ? stops.length - 1 : next]!;
		const lower = stops[Math.max(0, (next < 0 ? stops.length : next) - 1)]!;
		const mix = upper.at > lower.at ? (at - lower.at) / (upper.at - lower.at) : 0;
		return [0, 1, 2].map((i) => Math.round(lower.rgb[i]! + (upper.rgb[i]! - lower.rgb[i]!) * mix)) as [
			number,
			number,
			number,
		];
	};
}

function stopsOf(scale: unknown): { at: number; rgb: number[] }[] {
	if (Array.isArray(scale)) {
		const stops = (scale as [number, string][]).map(([at, colour]) => ({ at, rgb: rgbOf(colour) }));
		if (stops.length > 1 && stops.every((stop) => stop.rgb !== undefined))
			return stops as { at: number; rgb: number[] }[];
	}
	const colours = (typeof scale === "string" ? scales[scale.toLowerCase()] : undefined) ?? viridis;
	return colours.map((colour, index) => ({ at: index / (colours.length - 1), rgb: rgbOf(colour)! }));
}

function rgbOf(colour: string): number[] | undefined {
	const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour);
	if (hex !== null) return hex.slice(1).map((part) => Number.parseInt(part, 16));
	const rgb = /^rgba?\(\s*([\d.]+)[ ,]+([\d.]+)[ ,]+([\d.]+)/.exec(colour);
	return rgb?.slice(1, 4).map(Number);
}
