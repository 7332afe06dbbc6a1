import { escapeHtml } from "../escape";
import { css, seriesColours } from "../theme";
import { type Axis, axisIds, layoutKey, makeAxis, wantsLegend } from "./axes";
import { colourBar, colourBarRoom, colourBarTrace } from "./colourBar";
import { drawTrace, type Panel, stillTypes, valuesAlong } from "./marks";
import { thin } from "./thin";
import { isObject, type PlainFigure, type PlainTrace, part, plainText, titleOf } from "./types";

const margin = { left: 64, right: 20, top: 16, bottom: 48 };
const legendLine = 20;
/** A still picture cannot be zoomed: about one point for each of its columns of pixels. */
const mostStillPoints = 700;

/**
 * A figure as a still picture in HTML that needs no script and no network: what nbconvert's pages and untrusted
 * notebooks show. Scatter, bar, histogram, heat map and contour traces are drawn; of other kinds the text says what
 * they are and where they can be seen.
 */
export function staticHtml(full: PlainFigure, description: string): string {
	const figure = { ...full, data: full.data.map((trace) => thin(trace, mostStillPoints).trace) };
	const unknown = [
		...new Set(figure.data.map((trace) => trace.type ?? "scatter").filter((type) => !stillTypes.has(type))),
	];
	if (unknown.length > 0) {
		return `<div class="gradbook-plot" style="font-family:${css.font};color:${css.text}"><p>${escapeHtml(description)}</p><p>(${escapeHtml(
			unknown.join(", "),
		)}: drawn in JupyterLab and in pages of "gradbook run".)</p></div>`;
	}
	return `<div class="gradbook-plot">${staticSvg(figure, description)}</div>`;
}

/** The picture alone. Lines and texts take the page's text colour, so it stands on light and dark pages. */
export function staticSvg(figure: PlainFigure, description: string): string {
	const { layout } = figure;
	const width = typeof layout.width === "number" ? layout.width : 700;
	const height = typeof layout.height === "number" ? layout.height : 420;
	const title = titleOf(layout);
	const legend = wantsLegend(figure) ? legendOf(figure, width) : { svg: "", lines: 0 };
	const coloured = colourBarTrace(figure);
	const area = {
		left: Math.max(margin.left, namesRoom(figure)),
		right:
			width -
			margin.right -
			(hasRightAxis(figure) ? 40 : 0) -
			(coloured === undefined ? 0 : colourBarRoom - margin.right),
		top: margin.top + (title === "" ? 0 : 28) + legend.lines * legendLine + headingRoom(figure, coloured),
		bottom: height - margin.bottom,
	};
	const axes = new Map<string, Axis>();
	const axis = (id: string): Axis => {
		const known = axes.get(id);
		if (known !== undefined) return known;
		const made = makeAxis(figure, id, ...valuesAlong(figure, id));
		axes.set(id, made);
		return made;
	};
	const panelOf = (ids: { x: string; y: string }): Panel => makePanel(area, axis(ids.x), axis(ids.y));
	const traces = figure.data.map((trace, index) =>
		trace.visible === false || trace.visible === "legendonly"
			? ""
			: clipped(panelOf(axisIds(trace)), (panel) => drawTrace(figure, index, panel, colourOf(figure, trace, index))),
	);
	const pairs = new Map(figure.data.map((trace) => [`${trace.xaxis ?? "x"} ${trace.yaxis ?? "y"}`, axisIds(trace)]));
	if (pairs.size === 0) pairs.set("x y", { x: "x", y: "y" });
	const frames = [...pairs.values()].map((ids) => drawFrame(figure, panelOf(ids), ids.y));
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeHtml(description)}" style="max-width:100%;height:auto;color:${css.text};font-family:${css.font};font-size:12px">`,
		title === "" ? "" : text(width / 2, margin.top + 8, title, 'text-anchor="middle" font-size="15" font-weight="600"'),
		legend.lines > 0 ? `<g transform="translate(0 ${margin.top + (title === "" ? 0 : 28)})">${legend.svg}</g>` : "",
		...frames,
		...traces,
		...annotations(figure, area, panelOf({ x: "x", y: "y" })),
		coloured === undefined ? "" : colourBar(coloured, area.right + 12, area.top, area.bottom),
		"</svg>",
	].join("");
}

interface Area {
	left: number;
	right: number;
	top: number;
	bottom: number;
}

function makePanel(area: Area, x: Axis, y: Axis): Panel {
	const width = area.right - area.left;
	const height = area.bottom - area.top;
	const box = {
		left: area.left + x.domain[0] * width,
		right: area.left + x.domain[1] * width,
		top: area.bottom - y.domain[1] * height,
		bottom: area.bottom - y.domain[0] * height,
	};
	return {
		box,
		x,
		y,
		px: (value) => box.left + x.place(value) * (box.right - box.left),
		py: (value) => box.bottom - y.place(value) * (box.bottom - box.top),
	};
}

/** A drawing cut at its panel's edges, with room for markers that stand on them. */
function clipped(panel: Panel, draw: (panel: Panel) => string): string {
	const x = round(panel.box.left - 5);
	const y = round(panel.box.top - 5);
	const width = round(panel.box.right - panel.box.left + 10);
	const height = round(panel.box.bottom - panel.box.top + 10);
	return `<svg x="${x}" y="${y}" width="${width}" height="${height}" viewBox="${x} ${y} ${width} ${height}">${draw(panel)}</svg>`;
}

/** Grid lines, tick labels and axis titles. */
function drawFrame(figure: PlainFigure, { box, x, y }: Panel, yId: string): string {
	const parts: string[] = [];
	const overlay = typeof part(figure.layout, layoutKey(yId)).overlaying === "string";
	const inside = (at: number): boolean => at >= -0.001 && at <= 1.001;
	for (const { at, label } of x.ticks.filter((tick) => inside(tick.at))) {
		if (overlay) break;
		const px = round(box.left + at * (box.right - box.left));
		parts.push(line(px, box.top, px, box.bottom), text(px, box.bottom + 16, short(label), 'text-anchor="middle"'));
	}
	for (const { at, label } of y.ticks.filter((tick) => inside(tick.at))) {
		const py = round(box.bottom - at * (box.bottom - box.top));
		if (!overlay) parts.push(line(box.left, py, box.right, py));
		parts.push(
			y.opposite
				? text(box.right + 6, py + 4, short(label), "")
				: text(box.left - 6, py + 4, short(label), 'text-anchor="end"'),
		);
	}
	const middle = (box.top + box.bottom) / 2;
	if (!overlay) parts.push(text((box.left + box.right) / 2, box.bottom + 36, x.title, 'text-anchor="middle"'));
	const widest = Math.max(0, ...y.ticks.map(({ label }) => short(label).length * 6.6));
	const sideways = y.opposite ? box.right + 48 : box.left - Math.max(50, widest + 16);
	parts.push(
		text(sideways, middle, y.title, `text-anchor="middle" transform="rotate(-90 ${round(sideways)} ${round(middle)})"`),
	);
	return parts.join("");
}

function annotations(figure: PlainFigure, area: Area, panel: Panel): string[] {
	const list = Array.isArray(figure.layout.annotations) ? figure.layout.annotations.filter(isObject) : [];
	return list.map((note) => {
		const onPaper = (key: "x" | "y") => note[`${key}ref`] === "paper";
		const x = onPaper("x") ? area.left + Number(note.x) * (area.right - area.left) : panel.px(note.x);
		const y = onPaper("y") ? area.bottom - Number(note.y) * (area.bottom - area.top) : panel.py(note.y);
		const anchor = note.xanchor === "right" ? "end" : note.xanchor === "left" ? "start" : "middle";
		const shift = typeof note.yshift === "number" ? -note.yshift : 0;
		const size = part(note, "font").size;
		return text(
			x,
			y + shift + (note.yanchor === "bottom" ? -4 : 10),
			plainText(String(note.text ?? "")),
			`text-anchor="${anchor}" font-size="${Number(size ?? 12)}"`,
		);
	});
}

function legendOf(figure: PlainFigure, width: number): { svg: string; lines: number } {
	const entries = figure.data
		.map((trace, index) => ({
			name: plainText(String(trace.name ?? "")),
			colour: colourOf(figure, trace, index),
			trace,
		}))
		.filter(({ name, trace }) => name !== "" && trace.showlegend !== false);
	let x = margin.left;
	let row = 0;
	const parts = entries.map(({ name, colour }) => {
		const label = short(name, 40);
		const needed = 34 + label.length * 7;
		if (x + needed > width && x > margin.left) {
			x = margin.left;
			row++;
		}
		const y = row * legendLine + 6;
		const part = `<rect x="${x}" y="${y - 2}" width="16" height="4" fill="${escapeHtml(colour)}"/>${text(x + 22, y + 4, label, "")}`;
		x += needed;
		return part;
	});
	return { svg: parts.join(""), lines: entries.length === 0 ? 0 : row + 1 };
}

/** A trace's own colour where it is one colour, else that of its place in the row. */
function colourOf(figure: PlainFigure, trace: PlainTrace, index: number): string {
	for (const owner of ["line", "marker"]) {
		const colour = part(trace, owner).color;
		if (typeof colour === "string") return colour;
	}
	const colours = Array.isArray(figure.layout.colorway) ? figure.layout.colorway : seriesColours;
	return String(colours[index % colours.length]);
}

function hasRightAxis(figure: PlainFigure): boolean {
	return figure.data.some((trace) => part(figure.layout, layoutKey(axisIds(trace).y)).side === "right");
}

/** Room at the left for the names of an axis of categories, and its title. */
function namesRoom(figure: PlainFigure): number {
	const first = figure.data.filter((trace) => axisIds(trace).y === "y" && Array.isArray(trace.y));
	const names = first.flatMap((trace) => (trace.y as unknown[]).filter((value) => typeof value === "string"));
	const longest = Math.max(0, ...names.map((name) => short(name).length));
	return longest === 0 ? 0 : longest * 6.6 + (titleOf(part(figure.layout, "yaxis")) === "" ? 14 : 34);
}

/** Room between legend and plot for titles of panels and of a colour bar. */
function headingRoom(figure: PlainFigure, coloured: PlainTrace | undefined): number {
	const notes = Array.isArray(figure.layout.annotations) ? figure.layout.annotations.filter(isObject) : [];
	const above = notes.some((note) => note.yref === "paper" && note.yanchor === "bottom" && Number(note.y) >= 0.99);
	return above || (coloured !== undefined && titleOf(part(coloured, "colorbar")) !== "") ? 14 : 0;
}

function line(x1: number, y1: number, x2: number, y2: number): string {
	return `<path d="M${round(x1)} ${round(y1)}L${round(x2)} ${round(y2)}" stroke="currentColor" stroke-opacity="0.15"/>`;
}

function text(x: number, y: number, content: string, attributes: string): string {
	if (content === "") return "";
	return `<text x="${round(x)}" y="${round(y)}" fill="currentColor" ${attributes}>${escapeHtml(content)}</text>`;
}

function short(label: string, most = 18): string {
	return label.length > most ? `${label.slice(0, most - 1)}…` : label;
}

function round(value: number): number {
	return Math.round(value * 10) / 10;
}
