import { type DisplayHandle, type DisplayOptions, View } from "../display";
import { inspectText } from "../inspect";
import type { Json, MimeBundle } from "../mime";
import { seriesColours } from "../theme";
import { describeFigure } from "./describe";
import { toPlain } from "./plain";
import { staticHtml } from "./static";
import { thin } from "./thin";
import { type Config, isObject, type PlainFigure, type PlainTrace, type PlotLayout, type Trace } from "./types";

export const plotlyMimeType = "application/vnd.plotly.v1+json";

export interface PlotOptions {
	/** Plotly's config: `{ displayModeBar: false }`. */
	config?: Partial<Config>;
	/** Points of one trace beyond which it is thinned, with a note on the plot. Default 2000; Infinity leaves all. */
	maxPoints?: number;
}

/**
 * A Plotly figure: any traces and layout of plotly.js, typed by its own types. Shown as a cell's last expression, or
 * anywhere by `plot(…).show()`. Numbers may be arrays, typed arrays or tensors; a series longer than `maxPoints` is
 * thinned, and the plot says so. Colours can be told apart by colour-blind readers unless the traces set their own.
 *
 * @example plot([{ x: [1, 2, 3], y: losses, name: "train" }], { title: { text: "Loss" } })
 */
export function plot(data: Trace | readonly Trace[], layout: PlotLayout = {}, options: PlotOptions = {}): Figure {
	return new Figure(data, layout, options);
}

/** What `plot` returns: a figure that shows itself. */
export class Figure extends View {
	/** Traces, layout and config as plain JSON. */
	readonly figure: PlainFigure;

	constructor(data: Trace | readonly Trace[], layout: PlotLayout = {}, options: PlotOptions = {}) {
		const figure = plainFigure(Array.isArray(data) ? data : [data], layout, options);
		super(() => figureBundle(figure, true));
		this.figure = figure;
	}

	override show(options?: DisplayOptions): DisplayHandle {
		return super.show(options);
	}
}

/** Checks a figure and makes it plain and small. */
export function plainFigure(
	data: readonly unknown[],
	layout: object,
	{ config, maxPoints }: PlotOptions = {},
): PlainFigure {
	const notes: string[] = [];
	const traces = data.map((trace, index) => {
		if (!isObject(trace)) throw new TypeError(`[plot] trace ${index} is ${inspectText(trace)}, expected an object`);
		const thinned = thin(toldApart(toPlain(trace, `trace ${index}`) as PlainTrace, index), maxPoints);
		if (thinned.note !== undefined) notes.push(thinned.note);
		return thinned.trace;
	});
	if (!isObject(layout)) throw new TypeError(`[plot] the layout is ${inspectText(layout)}, expected an object`);
	const plain = withTitles(toPlain(layout, "layout") as Record<string, unknown>);
	const figure: PlainFigure = {
		data: traces,
		layout: withNotes({ colorway: [...seriesColours], ...(isEmpty(traces, plain) ? waiting(plain) : plain) }, notes),
	};
	if (config !== undefined) figure.config = toPlain(config, "config") as Record<string, unknown>;
	return figure;
}

/** Lines after the last colour begin again with the first, and are dashed then. */
function toldApart(trace: PlainTrace, index: number): PlainTrace {
	const { line = {}, type = "scatter", mode = "lines" } = trace as { line?: unknown; type?: unknown; mode?: unknown };
	const round = Math.floor(index / seriesColours.length);
	if (round === 0 || type !== "scatter" || !String(mode).includes("lines") || !isObject(line)) return trace;
	if ("color" in line || "dash" in line) return trace;
	return { ...trace, line: { ...line, dash: round % 2 === 1 ? "dash" : "dot" } };
}

/**
 * A figure's forms: for JupyterLab and other Plotly renderers, for exported pages (a still picture, which needs no
 * script; left out of pictures that are soon replaced), and as text.
 */
export function figureBundle(figure: PlainFigure, still: boolean): MimeBundle {
	const text = describeFigure(figure);
	const bundle: MimeBundle = {
		"text/plain": text,
		[plotlyMimeType]: { ...figure } as unknown as Json,
	};
	if (still) bundle["text/html"] = staticHtml(figure, text);
	return bundle;
}

/** Titles written as plain text become what plotly.js 3 understands. */
function withTitles(layout: Record<string, unknown>): Record<string, unknown> {
	const result: Record<string, unknown> = {};
	for (const [key, value] of Object.entries(layout)) {
		if (key === "title" && typeof value === "string") result.title = { text: value };
		else result[key] = /^[xyz]axis\d*$|^scene\d*$/.test(key) && isObject(value) ? withTitles(value) : value;
	}
	return result;
}

function isEmpty(traces: readonly unknown[], layout: Record<string, unknown>): boolean {
	return traces.length === 0 && !["annotations", "shapes", "images"].some((drawn) => drawn in layout);
}

/** A figure that nothing is on yet says so, instead of showing axes of no meaning. */
function waiting(layout: Record<string, unknown>): Record<string, unknown> {
	const hidden = { visible: false };
	const text = {
		text: "nothing to draw yet",
		xref: "paper",
		yref: "paper",
		x: 0.5,
		y: 0.5,
		showarrow: false,
		font: { size: 13 },
		opacity: 0.6,
	};
	return { ...layout, xaxis: hidden, yaxis: hidden, annotations: [text] };
}

/** Says under the plot what was left out. */
function withNotes(layout: Record<string, unknown>, notes: string[]): Record<string, unknown> {
	if (notes.length === 0) return layout;
	const own = Array.isArray(layout.annotations) ? layout.annotations : [];
	const note = {
		// One line beside the axis' title has room for one series.
		text: notes.length === 1 ? notes[0] : `of ${notes.length} series not all points are drawn`,
		xref: "paper",
		yref: "paper",
		x: 1,
		y: 0,
		xanchor: "right",
		yanchor: "top",
		yshift: -32,
		showarrow: false,
		font: { size: 10 },
	};
	return { ...layout, annotations: [...own, note] };
}
