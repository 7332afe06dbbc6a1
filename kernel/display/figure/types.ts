import type { Config, Data, Layout } from "plotly.js";

/** A tensor, or anything else that gives its numbers as nested arrays. */
export interface NumbersLike {
	tolist(): unknown;
}

/** Properties of a trace that hold one value for each point. */
type PerPoint = "x" | "y" | "z" | "text" | "labels" | "values" | "customdata";

type WithTensors<T> = T extends unknown ? { [K in keyof T]: K extends PerPoint ? T[K] | NumbersLike : T[K] } : never;

/** Properties that plotly.js has and its types (3.0.14) leave out. */
interface Untyped {
	nbinsx?: number;
	nbinsy?: number;
	cumulative?: { enabled?: boolean; direction?: "increasing" | "decreasing" };
	bingroup?: string;
	base?: number | number[];
	zmid?: number;
	surfacecolor?: number[][];
	lighting?: Record<string, number>;
}

/** A trace as plotly.js types it, whose numbers may also be tensors. */
export type Trace = WithTensors<Data> & Untyped;

type AxisName = Extract<keyof Layout, `${"x" | "y"}axis${string}`>;
type Titled<T> = T extends { title?: infer Title } ? Omit<T, "title"> & { title?: Title | string } : T;

/** A layout as plotly.js types it, in which the titles of figure and axes may be plain text. */
export type PlotLayout = Titled<Omit<Partial<Layout>, AxisName>> & { [Name in AxisName]?: Titled<Layout[Name]> };

export type { Config, Data, Layout };

/** A trace after its numbers became plain JSON; what the rest of this folder reads. */
export interface PlainTrace {
	type?: string;
	name?: string;
	x?: unknown;
	y?: unknown;
	z?: unknown;
	text?: unknown;
	mode?: string;
	xaxis?: string;
	yaxis?: string;
	[property: string]: unknown;
}

export interface PlainFigure {
	data: PlainTrace[];
	layout: Record<string, unknown>;
	config?: Record<string, unknown>;
}

/** An object's property as an object; empty where it is none. */
export function part(value: unknown, name: string): Record<string, unknown> {
	const inner = isObject(value) ? value[name] : undefined;
	return isObject(inner) ? inner : {};
}

export function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Plotly writes a title as text or as `{text}`. */
export function titleOf(owner: unknown): string {
	const title = isObject(owner) ? owner.title : undefined;
	if (typeof title === "string") return plainText(title);
	const text = isObject(title) ? title.text : undefined;
	return typeof text === "string" ? plainText(text) : "";
}

/** Plotly's texts may hold a few HTML tags (`<b>`, `<br>`, `<i>`, `<sup>`); here they are read without them. */
export function plainText(text: string): string {
	return text.replace(/<br\s*\/?>/gi, " ").replace(/<\/?(b|i|em|sup|sub|span|a)\b[^>]*>/gi, "");
}

export function numbersOf(value: unknown): number[] {
	return Array.isArray(value) ? value.map((item) => (typeof item === "number" ? item : Number.NaN)) : [];
}

/** Smallest and largest of the finite numbers; undefined where there is none. */
export function rangeOf(values: Iterable<number>): [number, number] | undefined {
	let low = Number.POSITIVE_INFINITY;
	let high = Number.NEGATIVE_INFINITY;
	for (const value of values) {
		if (!Number.isFinite(value)) continue;
		if (value < low) low = value;
		if (value > high) high = value;
	}
	return low <= high ? [low, high] : undefined;
}
