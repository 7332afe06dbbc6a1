import { formatCount, formatNumber } from "../numbers";
import { isObject, numbersOf, type PlainFigure, type PlainTrace, plainText, rangeOf, titleOf } from "./types";

/** Traces told one by one; further ones are counted. */
const mostTraces = 8;

/** A line of text that says what a figure shows: for GitHub, terminals and readers who do not see it. */
export function describeFigure({ data, layout }: PlainFigure): string {
	const title = titleOf(layout);
	const axes = [axisText("x", layout.xaxis), axisText("y", layout.yaxis)].filter((text) => text !== "");
	const traces = data.slice(0, mostTraces).map(describeTrace);
	if (data.length > mostTraces) traces.push(`and ${data.length - mostTraces} more`);
	const head = `Plot${title === "" ? "" : ` "${title}"`}${axes.length === 0 ? "" : ` (${axes.join(", ")})`}`;
	return traces.length === 0 ? `${head}: no traces` : `${head}: ${traces.join("; ")}`;
}

function axisText(name: string, axis: unknown): string {
	const title = titleOf(axis);
	const scale = isObject(axis) && axis.type === "log" ? " on a logarithmic scale" : "";
	return title === "" && scale === "" ? "" : `${name}: ${title === "" ? name : title}${scale}`;
}

function describeTrace(trace: PlainTrace): string {
	const name = typeof trace.name === "string" && trace.name !== "" ? `${plainText(trace.name)}, ` : "";
	return `${name}${kindOf(trace)}${extent(trace)}`;
}

function kindOf(trace: PlainTrace): string {
	const type = trace.type ?? "scatter";
	if (type !== "scatter" && type !== "scattergl") return type;
	const mode = trace.mode ?? "lines";
	if (mode.includes("lines")) return "line";
	return mode.includes("text") ? "texts" : "markers";
}

function extent(trace: PlainTrace): string {
	if (Array.isArray(trace.z)) {
		const rows = (trace.z as unknown[]).map(numbersOf);
		const range = rangeOf(rows.flat());
		const size = `${rows[0]?.length ?? 0} × ${rows.length}`;
		return range === undefined ? ` of ${size}` : ` of ${size}, ${formatNumber(range[0])} to ${formatNumber(range[1])}`;
	}
	const horizontal = trace.orientation === "h" || !Array.isArray(trace.y);
	const values = horizontal && Array.isArray(trace.x) ? trace.x : (trace.y ?? trace.values);
	if (!Array.isArray(values)) return "";
	const numbers = numbersOf(values).filter(Number.isFinite);
	const range = rangeOf(numbers);
	const count = ` of ${formatCount(values.length)}`;
	if (range === undefined) return count;
	const last = kindOf(trace) === "line" ? `, last ${formatNumber(numbers.at(-1)!)}` : "";
	return `${count}, ${formatNumber(range[0])} to ${formatNumber(range[1])}${last}`;
}
