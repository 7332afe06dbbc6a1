import { plotlyMimeType } from "../../../dist/kernel/display";
import type { PlainFigure } from "../../../dist/kernel/display/figure/types";
import { textOf } from "./html";

/**
 * What a bundle shows, small enough to be read in a file: texts, the texts of its HTML, and of a figure each trace with
 * the size, ends and mean of its numbers, the titles and the axes. Numbers have four digits, so that processors agree.
 */
export function digest(bundle: Readonly<Record<string, unknown>>): object {
	const figure = bundle[plotlyMimeType] as PlainFigure | undefined;
	const html = String(bundle["text/html"] ?? "");
	return {
		// Widths of columns change with digits that do not matter.
		text: roundedText(String(bundle["text/plain"])).replace(/ {2,}/g, "  ").replace(/-{2,}/g, "--").split("\n"),
		...(figure === undefined
			? { html: textOf(html).map(roundedText).join(" | "), pictures: html.match(/<(svg|img) /g)?.length ?? 0 }
			: { traces: figure.data.map(traceDigest), layout: layoutDigest(figure.layout) }),
	};
}

function traceDigest(trace: PlainFigure["data"][number]): string {
	const { type, mode, name, xaxis, yaxis } = trace;
	const head = [type, mode, name === undefined ? undefined : `"${roundedText(name)}"`, xaxis && `${xaxis}/${yaxis}`];
	const numbers = (["x", "y", "z"] as const).flatMap((key) => {
		const values = Array.isArray(trace[key]) ? (trace[key] as unknown[]) : undefined;
		return values === undefined ? [] : [`${key}: ${valuesDigest(values)}`];
	});
	return [head.filter((part) => part !== undefined).join(" "), ...numbers].join("; ");
}

function valuesDigest(values: unknown[]): string {
	const size = Array.isArray(values[0]) ? `${values.length} × ${values[0].length}` : String(values.length);
	const flat = values.flat();
	if (flat.some((value) => typeof value === "string")) return `${size} (${flat.slice(0, 4).join(", ")})`;
	const finite = flat.filter((value): value is number => Number.isFinite(value));
	const mean = finite.reduce((sum, value) => sum + value, 0) / finite.length;
	// Of what cancels out only as many digits as of the numbers themselves.
	const unit = 10 ** Math.floor(Math.log10(Math.max(...finite.map(Math.abs), Number.MIN_VALUE)) - 3);
	const middle = rounded(Math.round(mean / unit) * unit);
	return `${size} from ${rounded(finite[0]!)} to ${rounded(finite.at(-1)!)}, mean ${middle}`;
}

function layoutDigest(layout: PlainFigure["layout"]): object {
	const title = (owner: unknown) => (owner as { title?: { text?: string } } | undefined)?.title?.text;
	const axes = Object.entries(layout).filter(([key]) => /^[xy]axis\d*$/.test(key));
	const notes = (layout.annotations as { text: string }[] | undefined)?.map(({ text }) => roundedText(text));
	return {
		title: roundedText(title(layout) ?? ""),
		axes: axes.flatMap(([key, axis]) => (title(axis) === undefined ? [] : [`${key}: ${title(axis)}`])),
		...(notes === undefined ? {} : { notes }),
		height: layout.height,
	};
}

function rounded(value: number): string {
	// Sums that are 0 on one processor are 1e-17 on another.
	return Math.abs(value) < 1e-6 ? "0" : String(Number(value.toPrecision(4)));
}

/** Numbers within a text, rounded likewise. */
function roundedText(text: string): string {
	return text.replace(/-?\d+(?:\.\d+(?:e[+-]?\d+)?|e[+-]?\d+)/g, (number) => rounded(Number(number)));
}
