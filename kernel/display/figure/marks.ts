import { escapeHtml } from "../escape";
import { formatNumber } from "../numbers";
import { type Axis, axisIds } from "./axes";
import { rasterOf } from "./raster";
import { histogramBars } from "./thin";
import { numbersOf, type PlainFigure, type PlainTrace, part, rangeOf } from "./types";

/** A pair of axes and its place in the picture. */
export interface Panel {
	box: { left: number; right: number; top: number; bottom: number };
	x: Axis;
	y: Axis;
	px(value: unknown): number;
	py(value: unknown): number;
}

/** Traces that still pictures know. */
export const stillTypes: ReadonlySet<string> = new Set([
	"scatter",
	"scattergl",
	"bar",
	"histogram",
	"heatmap",
	"contour",
]);

/** Cells of a heat map whose values are written into them. */
const mostWritten = 400;

/** The values that an axis must hold, and how much room it needs beside them. */
export function valuesAlong(
	figure: PlainFigure,
	id: string,
): [values: unknown[], room: { zero: boolean; pad: number; half: number }] {
	const along = id.startsWith("x") ? "x" : "y";
	const values: unknown[] = [];
	const room = { zero: false, pad: 0.02, half: 0 };
	for (const trace of figure.data) {
		if (axisIds(trace)[along] !== id) continue;
		const own = pointsOf(trace);
		values.push(...own[along]);
		if (isBar(trace)) {
			if (along === barAlong(trace)) room.half = Math.max(room.half, barWidth(trace, own[along]) / 2);
			else room.zero = true;
		} else if (trace.z !== undefined) room.half = Math.max(room.half, cellSize(own[along]) / 2);
		else if (along === "y") room.pad = 0.05;
		if (along === "y" && trace.fill === "tozeroy") room.zero = true;
		const error = numbersOf(part(trace, `error_${along}`).array);
		for (const [i, size] of error.entries()) {
			const middle = own[along][i] as number;
			values.push(middle - size, middle + size);
		}
	}
	return [values, room];
}

export function drawTrace(figure: PlainFigure, index: number, panel: Panel, colour: string): string {
	const trace = figure.data[index]!;
	switch (trace.type ?? "scatter") {
		case "bar":
		case "histogram":
			return drawBars(figure, trace, panel, colour);
		case "heatmap":
		case "contour":
			return drawGrid(trace, panel);
		default:
			return drawScatter(trace, figure.data[index - 1], panel, colour);
	}
}

function drawScatter(trace: PlainTrace, before: PlainTrace | undefined, panel: Panel, colour: string): string {
	const points = placesOf(trace, panel);
	const mode = trace.mode ?? (points.length > 20 ? "lines" : "lines+markers");
	const paint = escapeHtml(colour);
	const parts: string[] = [];
	if (trace.fill === "tozeroy" || trace.fill === "tonexty") {
		const base = panel.py(0);
		const back =
			trace.fill === "tonexty" && before !== undefined
				? placesOf(before, panel).reverse()
				: [...points].reverse().map(([x]): [number, number] => [x, Number.isFinite(base) ? base : panel.box.bottom]);
		const own = typeof trace.fillcolor === "string" ? escapeHtml(trace.fillcolor) : paint;
		const opacity = typeof trace.fillcolor === "string" ? 1 : 0.25;
		parts.push(`<path d="${path([...points, ...back])}Z" fill="${own}" fill-opacity="${opacity}"/>`);
	}
	for (const [i, size] of numbersOf(part(trace, "error_y").array).entries()) {
		const { x, y } = pointsOf(trace);
		const [top, bottom] = [panel.py((y[i] as number) + size), panel.py((y[i] as number) - size)];
		parts.push(
			`<path d="M${round(panel.px(x[i]))} ${round(top)}V${round(bottom)}" stroke="${paint}" stroke-width="1.5"/>`,
		);
	}
	const line = part(trace, "line");
	if (mode.includes("lines") && line.width !== 0) {
		const dash =
			typeof line.dash === "string" && line.dash !== "solid" ? ` stroke-dasharray="${dashes[line.dash] ?? "6 4"}"` : "";
		const width = typeof line.width === "number" ? line.width : 2;
		parts.push(
			`<path d="${path(points)}" fill="none" stroke="${paint}" stroke-width="${width}" stroke-linejoin="round"${dash}/>`,
		);
	}
	if (mode.includes("markers")) {
		const size = part(trace, "marker").size;
		const radius = typeof size === "number" ? size / 2 : 3;
		// One path of dots for all markers: round caps on strokes of no length.
		const dots = points.filter(([x, y]) => Number.isFinite(x + y)).map(([x, y]) => `M${round(x)} ${round(y)}h0`);
		const d = dots.join("");
		const outline = part(part(trace, "marker"), "line");
		if (typeof outline.color === "string" && typeof outline.width === "number" && outline.width > 0) {
			parts.push(dotPath(d, escapeHtml(outline.color), radius * 2 + 2 * outline.width, 1));
		}
		parts.push(dotPath(d, paint, radius * 2, typeof trace.opacity === "number" ? trace.opacity : 1));
	}
	if (mode.includes("text") && Array.isArray(trace.text)) {
		const texts = trace.text as unknown[];
		parts.push(...points.map(([x, y], i) => label(x, y, String(texts[i] ?? ""))));
	}
	return parts.join("");
}

function dotPath(d: string, paint: string, width: number, opacity: number): string {
	const see = opacity < 1 ? ` stroke-opacity="${opacity}"` : "";
	return `<path d="${d}" stroke="${paint}" stroke-width="${width}" stroke-linecap="round"${see}/>`;
}

const dashes: Record<string, string> = { dot: "2 4", dash: "8 5", longdash: "12 6", dashdot: "8 4 2 4" };

function drawBars(figure: PlainFigure, trace: PlainTrace, panel: Panel, colour: string): string {
	const along = barAlong(trace);
	const { x, y } = pointsOf(trace);
	const [positions, sizes] = along === "x" ? [x, y] : [y, x];
	const ids = axisIds(trace);
	const siblings = figure.data.filter(
		(other) => isBar(other) && axisIds(other).x === ids.x && axisIds(other).y === ids.y,
	);
	const mode = figure.layout.barmode ?? "group";
	const shared = mode === "group" && trace.type === "bar" ? siblings.filter((other) => other.type === "bar").length : 1;
	const slot = shared > 1 ? siblings.filter((other) => other.type === "bar").indexOf(trace) : 0;
	const length = along === "x" ? panel.box.right - panel.box.left : panel.box.bottom - panel.box.top;
	const axis = panel[along];
	const step = typeof positions[0] === "number" ? barWidth(trace, positions) : undefined;
	const whole =
		step === undefined
			? (0.8 * length) / Math.max(1, new Set(positions).size)
			: Math.abs(axis.place(step) - axis.place(0)) *
				length *
				(trace.width === undefined && trace.type === "bar" ? 0.8 : 1);
	const thickness = whole / shared;
	const bars = positions.map((position, i) => {
		const centre = (along === "x" ? panel.px(position) : panel.py(position)) - whole / 2 + (slot + 0.5) * thickness;
		const [zero, end] = along === "x" ? [panel.py(0), panel.py(sizes[i])] : [panel.px(0), panel.px(sizes[i])];
		if (!Number.isFinite(centre + zero + end)) return "";
		const [from, size] = [Math.min(zero, end), Math.abs(end - zero)];
		const [a, t] = [round(centre - thickness / 2), round(thickness)];
		return along === "x"
			? `M${a} ${round(from)}h${t}v${round(size)}h${-t}z`
			: `M${round(from)} ${a}h${round(size)}v${t}h${round(-size)}z`;
	});
	const opacity = typeof trace.opacity === "number" ? trace.opacity : 1;
	return `<path d="${bars.join("")}" fill="${escapeHtml(colour)}" fill-opacity="${opacity}"/>`;
}

function drawGrid(trace: PlainTrace, panel: Panel): string {
	const raster = rasterOf(trace);
	if (raster === undefined) return "";
	const { x, y } = pointsOf(trace);
	const [left, right] = edges(x, (value) => panel.px(value), panel.box.right - panel.box.left);
	const [bottom, top] = edges(y, (value) => panel.py(value), panel.box.bottom - panel.box.top);
	// Axes that run the other way turn the picture.
	const flip = `scale(${right < left ? -1 : 1} ${top > bottom ? -1 : 1})`;
	const [width, height] = [Math.abs(right - left), Math.abs(bottom - top)];
	const pixelated = trace.type === "heatmap" ? ' style="image-rendering:pixelated"' : "";
	const opacity = typeof trace.opacity === "number" ? ` opacity="${trace.opacity}"` : "";
	const image = `<image${opacity} transform="translate(${round((left + right) / 2)} ${round((top + bottom) / 2)}) ${flip}" x="${round(-width / 2)}" y="${round(-height / 2)}" width="${round(width)}" height="${round(height)}" preserveAspectRatio="none"${pixelated} href="data:image/png;base64,${raster.png.toString("base64")}"/>`;
	const written = typeof trace.texttemplate === "string" && raster.rows * raster.columns <= mostWritten;
	if (!written) return image;
	const z = (trace.z as unknown[]).map(numbersOf);
	const texts = Array.isArray(trace.text) ? (trace.text as unknown[][]) : undefined;
	const labels = z.flatMap((row, i) =>
		row.map((value, j) =>
			label(panel.px(x[j]), panel.py(y[i]), String(texts?.[i]?.[j] ?? formatNumber(value, 3)), true),
		),
	);
	return image + labels.join("");
}

/** Outer edges of a row of cells, from the places of the first and last centre. */
function edges(values: unknown[], place: (value: unknown) => number, length: number): [number, number] {
	const first = place(values[0]);
	const last = place(values.at(-1));
	const half = values.length > 1 ? (last - first) / (values.length - 1) / 2 : length / 2;
	return [first - half, last + half];
}

/** The two coordinates of a trace's points, those that it leaves out counted from 0. */
function pointsOf(trace: PlainTrace): { x: unknown[]; y: unknown[] } {
	const x = Array.isArray(trace.x) ? trace.x : undefined;
	const y = Array.isArray(trace.y) ? trace.y : undefined;
	if (trace.type === "histogram") {
		const { centres, counts } = histogramBars(trace);
		return x === undefined ? { x: counts, y: centres } : { x: centres, y: counts };
	}
	if (Array.isArray(trace.z)) {
		const rows = trace.z as unknown[];
		const columns = Array.isArray(rows[0]) ? rows[0].length : 0;
		return { x: x ?? count(columns), y: y ?? count(rows.length) };
	}
	return { x: x ?? count(y?.length ?? 0), y: y ?? count(x?.length ?? 0) };
}

function count(length: number): number[] {
	return Array.from({ length }, (_, index) => index);
}

function placesOf(trace: PlainTrace, panel: Panel): [number, number][] {
	const { x, y } = pointsOf(trace);
	return x.slice(0, y.length).map((value, i) => [panel.px(value), panel.py(y[i])]);
}

/** A path through the points, interrupted where one has no place. */
function path(points: [number, number][]): string {
	let open = false;
	let result = "";
	for (const [x, y] of points) {
		if (!Number.isFinite(x + y)) {
			open = false;
			continue;
		}
		result += `${open ? "L" : "M"}${round(x)} ${round(y)}`;
		open = true;
	}
	return result;
}

function isBar(trace: PlainTrace): boolean {
	return trace.type === "bar" || trace.type === "histogram";
}

/** The axis that a bar trace's bars stand along. */
function barAlong(trace: PlainTrace): "x" | "y" {
	if (trace.type === "histogram") return Array.isArray(trace.x) ? "x" : "y";
	return trace.orientation === "h" ? "y" : "x";
}

function barWidth(trace: PlainTrace, positions: unknown[]): number {
	if (typeof trace.width === "number") return trace.width;
	return cellSize(positions);
}

/** Smallest distance between neighbours; 0 for texts, which bring their own room. */
function cellSize(values: unknown[]): number {
	const sorted = [...new Set(numbersOf(values).filter(Number.isFinite))].sort((a, b) => a - b);
	if (sorted.length === 1) return 1;
	return rangeOf(sorted.slice(1).map((value, i) => value - sorted[i]!))?.[0] ?? 0;
}

/** A text in the middle of a place; over colours with an outline that keeps it legible. */
function label(x: number, y: number, content: string, overColours = false): string {
	const look = overColours
		? 'fill="#fff" stroke="#000" stroke-opacity="0.6" stroke-width="2" paint-order="stroke"'
		: 'fill="currentColor"';
	return `<text x="${round(x)}" y="${round(y + 4)}" text-anchor="middle" ${look}>${escapeHtml(content)}</text>`;
}

function round(value: number): number {
	return Math.round(value * 10) / 10;
}
