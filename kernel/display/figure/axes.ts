import { formatNumber } from "../numbers";
import { niceStep } from "./thin";
import { isObject, type PlainFigure, type PlainTrace, part, rangeOf, titleOf } from "./types";

/** One axis of a still picture: from values to places between 0 and 1 along it. */
export interface Axis {
	title: string;
	/** The stretch of the picture that it covers, 0 to 1 (upwards for y). */
	domain: [number, number];
	/** Place of a value within the domain; NaN where it has none (a logarithm of 0). */
	place(value: unknown): number;
	ticks: { at: number; label: string }[];
	/** On the far side: right for y, top for x. */
	opposite: boolean;
}

/** A trace's axis ids, `x` and `y` where it names none. */
export function axisIds(trace: PlainTrace): { x: string; y: string } {
	return { x: String(trace.xaxis ?? "x"), y: String(trace.yaxis ?? "y") };
}

/**
 * The axis `id` ("x", "y2") of a figure, scaled to these values. `zero` includes 0; `pad` is the share left free at both
 * ends; `cells` leaves room for half a cell, for bars and heat maps.
 */
export function makeAxis(
	figure: PlainFigure,
	id: string,
	values: unknown[],
	{ zero, pad, half }: { zero: boolean; pad: number; half: number },
): Axis {
	const settings = part(figure.layout, layoutKey(id));
	const common = {
		title: titleOf(settings),
		domain: domainOf(figure, id, settings),
		opposite: settings.side === "right" || settings.side === "top",
	};
	const flip = settings.autorange === "reversed" ? (place: number) => 1 - place : (place: number) => place;
	const categories = categoriesOf(values, settings.type);
	if (categories !== undefined) {
		const position = new Map(categories.map((category, index) => [category, (index + 0.5) / categories.length]));
		const place = (value: unknown): number => flip(position.get(String(value)) ?? Number.NaN);
		const step = Math.ceil(categories.length / 24);
		const ticks = categories.filter((_, index) => index % step === 0).map((label) => ({ at: place(label), label }));
		return { ...common, place, ticks };
	}
	const log = settings.type === "log";
	const scale = (value: unknown): number =>
		typeof value === "number" ? (log ? Math.log10(value) : value) : Number.NaN;
	let [low, high] = rangeOf(values.map(scale)) ?? [0, 1];
	if (zero && !log) [low, high] = [Math.min(0, low), Math.max(0, high)];
	if (low === high) [low, high] = [low - 0.5, high + 0.5];
	const room = half > 0 ? half : (high - low) * pad;
	[low, high] = [zero && low === 0 ? 0 : low - room, zero && high === 0 ? 0 : high + room];
	let reversed = false;
	if (Array.isArray(settings.range) && settings.range.every((bound) => typeof bound === "number")) {
		const [first, last] = settings.range as [number, number];
		reversed = first > last;
		[low, high] = reversed ? [last, first] : [first, last];
	}
	const place = (value: unknown): number => {
		const at = (scale(value) - low) / (high - low);
		return flip(reversed ? 1 - at : at);
	};
	const ticks =
		givenTicks(settings, place) ??
		(log ? logTicks(low, high) : linearTicks(low, high, settings.nticks)).map(({ value, label }) => ({
			at: place(value),
			label,
		}));
	return { ...common, place, ticks };
}

/** `x` is `xaxis` in a layout, `y2` is `yaxis2`. */
export function layoutKey(id: string): string {
	return `${id[0]}axis${id.slice(1)}`;
}

function categoriesOf(values: unknown[], type: unknown): string[] | undefined {
	if (type !== "category" && !values.some((value) => typeof value === "string")) return undefined;
	return [...new Set(values.filter((value) => value !== null && value !== undefined).map(String))];
}

function domainOf(figure: PlainFigure, id: string, settings: Record<string, unknown>): [number, number] {
	if (Array.isArray(settings.domain)) return [Number(settings.domain[0]), Number(settings.domain[1])];
	if (typeof settings.overlaying === "string") {
		return domainOf(figure, settings.overlaying, part(figure.layout, layoutKey(settings.overlaying)));
	}
	const grid = part(figure.layout, "grid");
	const { rows, columns } = grid;
	if (typeof rows !== "number" || typeof columns !== "number") return [0, 1];
	const number = id.length > 1 ? Number(id.slice(1)) - 1 : 0;
	const independent = grid.pattern === "independent";
	const across = id.startsWith("x");
	const index = across ? number % columns : independent ? Math.floor(number / columns) : number % rows;
	const count = across ? columns : rows;
	const gap = 0.2 / count;
	const size = (1 - gap * (count - 1)) / count;
	const start = across || grid.roworder === "bottom to top" ? index : count - 1 - index;
	return [start * (size + gap), start * (size + gap) + size];
}

function givenTicks(settings: Record<string, unknown>, place: (value: unknown) => number) {
	if (!Array.isArray(settings.tickvals)) return undefined;
	const texts = Array.isArray(settings.ticktext) ? settings.ticktext : settings.tickvals;
	return settings.tickvals.map((value, index) => ({ at: place(value), label: String(texts[index] ?? value) }));
}

function linearTicks(low: number, high: number, most: unknown): { value: number; label: string }[] {
	const step = niceStep((high - low) / (typeof most === "number" && most > 0 ? Math.min(6, most) : 6));
	const ticks = [];
	for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) {
		const value = Number((i * step).toPrecision(12));
		ticks.push({ value, label: formatNumber(value) });
	}
	return ticks;
}

function logTicks(low: number, high: number): { value: number; label: string }[] {
	const ticks = [];
	const step = Math.max(1, Math.ceil((high - low) / 8));
	for (let power = Math.ceil(low); power <= high; power += step) {
		ticks.push({ value: 10 ** power, label: formatNumber(10 ** power) });
	}
	// Less than a decade: the two ends say more than nothing.
	return ticks.length > 1 ? ticks : [low, high].map((end) => ({ value: 10 ** end, label: formatNumber(10 ** end, 3) }));
}

/** Whether a layout asks for a legend, or has traces to tell apart. */
export function wantsLegend(figure: PlainFigure): boolean {
	if (typeof figure.layout.showlegend === "boolean") return figure.layout.showlegend;
	const named = figure.data.filter((trace) => typeof trace.name === "string" && trace.showlegend !== false);
	return named.length > 1 && isObject(figure.layout);
}
