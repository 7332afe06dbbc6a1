import { escapeHtml } from "../../display/escape";
import { css, seriesColours } from "../../display/theme";

/** What a box stands for; decides its look. */
export type BoxKind = "operation" | "parameter" | "leaf" | "result";

export interface Box {
	id: string;
	kind: BoxKind;
	/** First line, in bold. */
	title: string;
	/** Further lines. */
	lines: string[];
}

export interface Arrow {
	from: string;
	to: string;
}

/** What is used of dagre, whose own types do not resolve for Node's modules. */
interface Dagre {
	Graph: new (options: { multigraph: boolean }) => LayeredGraph;
	layout(graph: LayeredGraph, options: { constraints: { left: string; right: string }[] }): void;
}

interface LayeredGraph {
	setGraph(label: object): void;
	graph(): { width?: number; height?: number };
	setNode(id: string, size: { width: number; height: number }): void;
	node(id: string): Place;
	setEdge(from: string, to: string, label: { weight: number }, name: string): void;
	edges(): object[];
	edge(edge: object): { points: Point[] };
}

interface Point {
	x: number;
	y: number;
}

interface Place extends Point {
	width: number;
	height: number;
}

const lineHeight = 15;
const padding = 9;
const fontSize = 12;
/** Widths of the fonts that pages use, at this size, with some room. */
const charWidth = 6.9;

const colours: Record<BoxKind, string> = {
	operation: "#808080",
	parameter: seriesColours[0],
	leaf: seriesColours[2],
	result: seriesColours[1],
};

/** The graph as an SVG element, laid out in layers by dagre, top to bottom. */
export function drawGraph(boxes: readonly Box[], arrows: readonly Arrow[], label: string): string {
	const { Graph, layout } = require("@dagrejs/dagre") as Dagre;
	const graph = new Graph({ multigraph: true });
	graph.setGraph({ rankdir: "TB", nodesep: 18, ranksep: 30, marginx: 4, marginy: 4 });
	for (const box of boxes) {
		const longest = Math.max(box.title.length * 1.1, ...box.lines.map((line) => line.length));
		graph.setNode(box.id, {
			width: Math.max(48, longest * charWidth + 2 * padding),
			height: (box.lines.length + 1) * lineHeight + padding,
		});
	}
	const kinds = new Map(boxes.map(({ id, kind }) => [id, kind]));
	const isLeaf = (id: string) => kinds.get(id) === "leaf" || kinds.get(id) === "parameter";
	// What flows from operation to operation is drawn as straight as can be; leaves stand aside.
	for (const [i, { from, to }] of arrows.entries())
		graph.setEdge(from, to, { weight: isLeaf(from) ? 1 : 8 }, String(i));
	layout(graph, { constraints: inputOrder(arrows, isLeaf) });
	const { width = 0, height = 0 } = graph.graph();
	const edges = graph.edges().map((edge) => arrowPath(graph.edge(edge).points));
	const nodes = boxes.map((box) => boxSvg(box, graph.node(box.id)));
	const [w, h] = [Math.ceil(width), Math.ceil(height)];
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}" role="img" aria-label="${escapeHtml(label)}" style="color:${css.text};font-family:${css.font};font-size:${fontSize}px">`,
		`<g fill="none" stroke="currentColor" stroke-opacity="0.55" stroke-width="1.2">${edges.map(({ line }) => line).join("")}</g>`,
		`<g fill="currentColor" fill-opacity="0.7">${edges.map(({ head }) => head).join("")}</g>`,
		...nodes,
		"</svg>",
	].join("");
}

/** Leaves that one operation takes stand in the order in which it takes them. */
function inputOrder(arrows: readonly Arrow[], isLeaf: (id: string) => boolean): { left: string; right: string }[] {
	const uses = new Map<string, number>();
	for (const { from } of arrows) uses.set(from, (uses.get(from) ?? 0) + 1);
	const previous = new Map<string, string>();
	return arrows.flatMap(({ from, to }) => {
		if (!isLeaf(from) || uses.get(from) !== 1) return [];
		const left = previous.get(to);
		previous.set(to, from);
		return left === undefined ? [] : [{ left, right: from }];
	});
}

function boxSvg({ kind, title, lines }: Box, { x, y, width, height }: Place): string {
	const colour = colours[kind];
	const left = round(x - width / 2);
	const top = round(y - height / 2);
	const radius = kind === "operation" ? 4 : height / 2.6;
	const first = top + padding / 2 + fontSize;
	const texts = [
		`<tspan x="${round(x)}" y="${round(first)}" font-weight="600">${escapeHtml(title)}</tspan>`,
		...lines.map(
			(line, i) => `<tspan x="${round(x)}" y="${round(first + (i + 1) * lineHeight)}">${escapeHtml(line)}</tspan>`,
		),
	];
	return `<g><rect x="${left}" y="${top}" width="${round(width)}" height="${round(height)}" rx="${round(radius)}" fill="${colour}" fill-opacity="0.16" stroke="${colour}" stroke-width="1.4"/><text text-anchor="middle" fill="currentColor">${texts.join("")}</text></g>`;
}

/** A smooth line through dagre's points, and the head at its end. */
function arrowPath(points: readonly Point[]): { line: string; head: string } {
	const [start, ...rest] = points as [Point, ...Point[]];
	const end = rest.at(-1)!;
	const before = rest.at(-2) ?? start;
	let line = `M${round(start.x)} ${round(start.y)}`;
	for (let i = 0; i + 1 < rest.length; i++) {
		const [at, next] = [rest[i]!, rest[i + 1]!];
		const last = i + 2 === rest.length;
		const [x, y] = last ? [next.x, next.y] : [(at.x + next.x) / 2, (at.y + next.y) / 2];
		line += `Q${round(at.x)} ${round(at.y)} ${round(x)} ${round(y)}`;
	}
	if (rest.length === 1) line += `L${round(end.x)} ${round(end.y)}`;
	const angle = Math.atan2(end.y - before.y, end.x - before.x);
	const corner = (turn: number) =>
		`${round(end.x - 8 * Math.cos(angle + turn))} ${round(end.y - 8 * Math.sin(angle + turn))}`;
	return {
		line: `<path d="${line}"/>`,
		head: `<path d="M${round(end.x)} ${round(end.y)}L${corner(0.4)}L${corner(-0.4)}z"/>`,
	};
}

function round(value: number): number {
	return Math.round(value * 10) / 10;
}
