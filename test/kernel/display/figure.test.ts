import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { plot, plotlyMimeType, seriesColours, type Trace } from "../../../dist/kernel/display";
import type { PlainFigure } from "../../../dist/kernel/display/figure/types";
import { decodePng } from "../support/png";
import { hostile } from "../support/recorder";

const figureOf = (view: { bundle(): Record<string, unknown> }) => view.bundle()[plotlyMimeType] as PlainFigure;
const pathsOf = (html: unknown) =>
	[...String(html).matchAll(/<path d="([^"]*)"[^>]*(stroke="#|fill="#)/g)].map((match) => match[1]!);

describe("the bundle", () => {
	test("of two lines: figure, still picture, text", () => {
		const bundle = plot(
			[
				{ x: [1, 2, 3], y: [0.5, 0.25, 0.125], name: "train" },
				{ x: [1, 2, 3], y: [0.6, 0.5, 0.4], name: "test", mode: "markers" },
			],
			{ title: { text: "Loss" }, xaxis: { title: { text: "epoch" } }, yaxis: { type: "log" } },
			{ config: { displayModeBar: false } },
		).bundle();
		expect(Object.keys(bundle).sort()).toEqual([plotlyMimeType, "text/html", "text/plain"]);
		expect(bundle["text/plain"]).toBe(
			'Plot "Loss" (x: epoch, y: y on a logarithmic scale): train, line of 3, 0.125 to 0.5, last 0.125; test, markers of 3, 0.4 to 0.6',
		);
		expect(bundle[plotlyMimeType]).toMatchObject({
			data: [
				{ x: [1, 2, 3], y: [0.5, 0.25, 0.125], name: "train" },
				{ x: [1, 2, 3], y: [0.6, 0.5, 0.4], name: "test", mode: "markers" },
			],
			layout: { title: { text: "Loss" } },
			config: { displayModeBar: false },
		});
		expect(String(bundle["text/html"])).not.toContain("<script");
	});

	test("always has a layout; a plain title becomes what plotly.js 3 reads", () => {
		expect(figureOf(plot([{ y: [1] }])).layout).toEqual({ colorway: expect.any(Array) });
		const { layout } = figureOf(plot([{ y: [1] }], { title: "T", xaxis: { title: "X" } } as never));
		expect(layout).toMatchObject({ title: { text: "T" }, xaxis: { title: { text: "X" } } });
	});

	test("without traces says that there is nothing yet, unless something else is drawn", () => {
		const { annotations, xaxis } = figureOf(plot([], { title: "T" })).layout as Record<string, any>;
		expect(annotations).toMatchObject([{ text: "nothing to draw yet" }]);
		expect(xaxis).toEqual({ visible: false });
		const shapes = [{ type: "line" as const, x0: 0, x1: 1, y0: 0, y1: 1 }];
		expect(figureOf(plot([], { shapes })).layout).not.toHaveProperty("annotations");
	});
});

test("lines after the last colour are dashed, unless they have a look of their own", () => {
	const line = { y: [1, 2] };
	const own = { y: [1], line: { color: "#000000" } };
	const n = seriesColours.length;
	const traces = [
		...new Array(n).fill(line),
		line,
		own,
		{ ...line, mode: "markers" },
		{ type: "bar", y: [1] },
	] as Trace[];
	const looks = figureOf(plot(traces)).data.map((trace) => trace.line);
	expect(looks).toEqual([...new Array(n).fill(undefined), { dash: "dash" }, own.line, undefined, undefined]);
});

describe("numbers", () => {
	test("typed arrays, tensors, dates and gaps become JSON; digits nobody sees are left out", () => {
		const tensor = { dtype: "torch.float32", tolist: () => [0.10000000149011612, 1] };
		const trace = {
			x: new Float32Array([0.1, 16777216]),
			y: tensor,
			customdata: [new Date(0), Number.NaN, undefined, 3n, 1 / 3],
		} as unknown as Trace;
		expect(figureOf(plot(trace)).data[0]).toEqual({
			x: [0.1, 16777216],
			y: [0.1, 1],
			customdata: ["1970-01-01T00:00:00.000Z", null, null, 3, 0.3333333],
		});
	});

	test("what no figure can hold is named with its place", () => {
		expect(() => plot([{ y: [1, (() => 1) as never] }])).toThrow("[plot] trace 0.y[1] is [Function (anonymous)]");
		expect(() => plot([7 as never])).toThrow("[plot] trace 0 is 7, expected an object");
		expect(() => plot([{ x: new Map() as never }])).toThrow("trace 0.x is a Map; spread it into an array");
		const circle: Record<string, unknown> = {};
		circle.self = circle;
		expect(() => plot([circle as never])).toThrow("[plot] trace 0.self contains itself");
	});
});

describe("large data is thinned, and the plot says so", () => {
	const noteOf = (figure: PlainFigure) => (figure.layout.annotations as { text: string }[])[0]!.text;

	test("a line keeps its peaks", () => {
		const y = Float64Array.from({ length: 100_000 }, (_, i) => Math.sin(i / 1000));
		y[54_321] = 50;
		y[77_777] = -50;
		const figure = figureOf(plot([{ y, name: "sine" }]));
		const [trace] = figure.data;
		expect((trace!.y as number[]).length).toBeLessThanOrEqual(2000);
		expect(trace!.y).toContain(50);
		expect((trace!.x as number[])[(trace!.y as number[]).indexOf(-50)]).toBe(77_777);
		expect((trace!.x as number[]).at(-1)).toBe(99_999);
		expect(noteOf(figure)).toMatch(/^sine: 1,\d{3} of 100,000 points drawn$/);
		expect(noteOf(figureOf(plot([{ y }, { y }])))).toBe("of 2 series not all points are drawn");
		expect(figureOf(plot([{ y }], {}, { maxPoints: Number.POSITIVE_INFINITY })).data[0]!.y).toHaveLength(100_000);
	});

	test("markers lose every k-th, with their sizes", () => {
		const x = Array.from({ length: 10_000 }, (_, i) => i % 100);
		const [trace] = figureOf(plot([{ x, y: x, mode: "markers", marker: { size: x } }])).data;
		expect(trace!.x).toHaveLength(2000);
		expect((trace!.marker as { size: number[] }).size).toEqual(trace!.x);
	});

	test("a histogram is counted here", () => {
		const x = Float32Array.from({ length: 30_000 }, (_, i) => (i % 3) + 0.5);
		const figure = figureOf(plot([{ type: "histogram", x, nbinsx: 3 }]));
		expect(figure.data[0]).toMatchObject({ type: "bar", x: [0.5, 1.5, 2.5], y: [10_000, 10_000, 10_000], width: 1 });
		expect(noteOf(figure)).toBe("counts of 30,000 values");
	});

	test("a heat map is averaged", () => {
		const z = Array.from({ length: 512 }, (_, i) => Array.from({ length: 512 }, (_, j) => (i + j) % 2));
		const [trace] = figureOf(plot([{ type: "heatmap", z }])).data;
		expect(trace!.z).toHaveLength(128);
		expect((trace!.z as number[][])[0]!.every((value) => value === 0.5)).toBe(true);
	});

	test("twenty plots of long curves stay under 2 MB in a notebook", () => {
		const curve = () => Float64Array.from({ length: 50_000 }, () => Math.random());
		const bundle = plot([
			{ y: curve(), name: "a" },
			{ y: curve(), name: "b" },
		]).bundle();
		expect(JSON.stringify(bundle).length * 20).toBeLessThan(2e6);
	});
});

describe("the still picture", () => {
	test("places points where they belong", () => {
		const html = plot([{ x: [0, 10], y: [0, 1], mode: "lines" }], {
			xaxis: { range: [0, 10] },
			yaxis: { range: [0, 1] },
		}).bundle()["text/html"];
		// 700 × 420 with its margins: x from 64 to 680, y from 372 up to 16.
		expect(pathsOf(html)).toEqual(["M64 372L680 16"]);
	});

	test("lines are broken at gaps, logarithms of nothing left out", () => {
		const gap = plot([{ y: [1, Number.NaN, 3, 4], mode: "lines" }]).bundle()["text/html"];
		expect(pathsOf(gap)[0]).toMatch(/^M[\d.]+ [\d.]+M[\d.]+ [\d.]+L[\d.]+ [\d.]+$/);
		const log = plot([{ y: [0, 1, 10], mode: "lines" }], { yaxis: { type: "log" } }).bundle()["text/html"];
		expect(pathsOf(log)[0]!.match(/[ML]/g)).toEqual(["M", "L"]);
	});

	test("bars stand on zero, beside each other", () => {
		const html = plot(
			[
				{ type: "bar", x: ["a", "b"], y: [2, 1] },
				{ type: "bar", x: ["a", "b"], y: [1, -1] },
			],
			{ yaxis: { range: [-1, 2] } },
		).bundle()["text/html"];
		const [first, second] = pathsOf(html);
		// The zero line is two thirds down from 16 to 372.
		expect(first).toBe("M94.8 16h123.2v237.3h-123.2zM402.8 134.7h123.2v118.7h-123.2z");
		expect(second).toBe("M218 134.7h123.2v118.7h-123.2zM526 253.3h123.2v118.7h-123.2z");
	});

	test("a heat map is a picture of its cells, the first row below", () => {
		const html = String(
			plot([
				{
					type: "heatmap",
					z: [
						[0, 1],
						[2, 3],
					],
					colorscale: "Greys",
				},
			]).bundle()["text/html"],
		);
		const png = Buffer.from(/base64,([^"]+)/.exec(html)![1]!, "base64");
		const { width, height, data } = decodePng(png);
		expect([width, height]).toEqual([2, 2]);
		const red = data.filter((_, i) => i % 4 === 0);
		expect(red).toEqual([170, 255, 0, 85]);
	});

	test("kinds that it does not know are told, with what the plot shows", () => {
		const html = String(plot([{ type: "surface", z: [[1, 2]] }]).bundle()["text/html"]);
		expect(html).toContain("Plot: surface of 2 × 1, 1 to 2");
		expect(html).toContain("surface: drawn in JupyterLab");
		expect(html).not.toContain("<svg");
	});

	test("every value from data is escaped", () => {
		const html = String(
			plot(
				[
					{ type: "bar", x: [hostile], y: [1], name: hostile, marker: { color: hostile } },
					{ y: [1], name: "b" },
				],
				{
					title: { text: hostile },
					xaxis: { title: { text: hostile } },
					annotations: [{ text: hostile, x: 0, y: 0 }],
				},
			).bundle()["text/html"],
		);
		expect(html).not.toMatch(/<img|<script/);
	});
});

test("the palette can be told apart: no two series colours are alike to a colour-blind reader", () => {
	// Viénot, Brettel and Mollon (1999): what a reader without red (protan) or green (deutan) receptors sees, in linear RGB.
	const sights = {
		full: [
			[1, 0, 0],
			[0, 1, 0],
			[0, 0, 1],
		],
		protan: [
			[0.11238, 0.88762, 0],
			[0.11238, 0.88762, 0],
			[0.00401, -0.00401, 1],
		],
		deutan: [
			[0.29275, 0.70725, 0],
			[0.29275, 0.70725, 0],
			[-0.02234, 0.02234, 1],
		],
	};
	const linear = (colour: string) =>
		[1, 3, 5].map((at) => (Number.parseInt(colour.slice(at, at + 2), 16) / 255) ** 2.2);
	for (const matrix of Object.values(sights)) {
		const seen = seriesColours.map((colour) => {
			const rgb = linear(colour);
			return matrix
				.map((row) => row.reduce((sum, weight, i) => sum + weight * rgb[i]!, 0))
				.map((part) => Math.max(0, part) ** (1 / 2.2));
		});
		for (const [i, a] of seen.entries()) {
			for (const b of seen.slice(i + 1)) {
				expect(Math.hypot(...a.map((part, k) => part - b[k]!))).toBeGreaterThan(0.1);
			}
		}
	}
});

test("no file of the display layer names a colour but the theme", () => {
	const { readdirSync } = require("node:fs") as typeof import("node:fs");
	const folder = join(__dirname, "../../../kernel/display");
	const files = readdirSync(folder, { recursive: true })
		.map(String)
		.filter((file) => file.endsWith(".ts"));
	const colours = /#[0-9a-f]{6}\b/i;
	const named = files.filter((file) => colours.test(readFileSync(join(folder, file), "utf8")));
	// The scales of still heat maps are data of their own.
	expect(named.sort()).toEqual(["figure/raster.ts", "theme.ts"]);
});
