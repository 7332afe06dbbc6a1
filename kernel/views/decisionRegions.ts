import type { DeviceLike, Tensor } from "../../engine";
import { Figure, type Trace } from "../display";
import { divergingScale, seriesColour, seriesColours } from "../display/theme";
import { detached, isModule, isTensor, type ModuleLike, numbersOf, shapeText, type TensorLike } from "./engine";
import { engine } from "./lazy";
import { probabilities } from "./mcDropout";
import { quietly } from "./quiet";

export interface DecisionRegionsOptions {
	/** Names of the classes by their numbers. */
	classes?: readonly string[];
	/** Points along each side at which the model is asked. Default 70. */
	resolution?: number;
	/** Room around the data, as a share of its extent. Default 0.15. */
	room?: number;
	title?: string;
	/** Titles of the axes. */
	xTitle?: string;
	yTitle?: string;
}

/** A classifier of points: a module, or a function of a tensor N × 2. */
export type Classifier = ModuleLike | ((x: Tensor) => Tensor);

/**
 * What a classifier says of every point of the plane, under the data it was made for. Of two classes the colour is the
 * probability (one output, or two), with a line where it is a half; of more, the likeliest class. Outputs are logits or
 * probabilities: N, N × 1 or N × C. A module is asked in evaluation mode.
 *
 * @param x points, N × 2
 * @param y their classes, whole numbers from 0
 * @example decisionRegions(model, x, y)
 */
export function decisionRegions(
	model: Classifier,
	x: TensorLike,
	y: TensorLike | ArrayLike<number>,
	options: DecisionRegionsOptions = {},
): Figure {
	const { classes, resolution = 70, room = 0.15 } = options;
	if (!isTensor(x) || x.shape.length !== 2 || x.shape[1] !== 2) {
		throw new RangeError(
			`[decisionRegions] points of ${isTensor(x) ? `shape ${shapeText(x.shape)}` : `type ${typeof x}`}, expected N × 2`,
		);
	}
	const points = numbersOf(detached(x));
	const labels = Array.from(isTensor(y) ? numbersOf(detached(y)) : y);
	if (labels.length !== x.shape[0]) {
		throw new RangeError(`[decisionRegions] ${labels.length} classes for ${x.shape[0]} points`);
	}
	const coordinates = [0, 1].map((axis) => labels.map((_, i) => points[2 * i + axis]!)) as [number[], number[]];
	const [across, up] = coordinates.map((values) => steps(values, room, resolution)) as [number[], number[]];
	const { z, several } = ask(model, across, up, deviceOf(model, x));
	const kinds = [...new Set(labels)].sort((a, b) => a - b);
	const count = Math.max(several, ...kinds.map((kind) => kind + 1));
	const rows = Array.from({ length: up.length }, (_, i) =>
		z.slice(i * across.length, (i + 1) * across.length).map((value) => Number(value.toFixed(3))),
	);
	const common = { x: across, y: up, z: rows, showlegend: false };
	const background: Trace[] =
		several === 2
			? [
					{
						...common,
						...{ type: "contour", zmin: 0, zmax: 1, opacity: 0.55, colorscale: divergingScale, autocontour: false },
						// Colours run on; the one line is where the two classes are as likely.
						contours: { coloring: "heatmap", start: 0.5, end: 0.5, size: 1 },
						line: { color: "#404040", width: 2 },
						colorbar: {
							title: { text: `P(${classes?.[1] ?? "1"})` },
							thickness: 14,
							outlinewidth: 0,
							tickvals: [0, 0.5, 1],
						},
						hovertemplate: "(%{x:.3g}, %{y:.3g}): %{z:.3f}<extra></extra>",
					} as Trace,
				]
			: [
					{
						...common,
						...{ type: "heatmap", zmin: -0.5, zmax: several - 0.5, opacity: 0.4, showscale: false },
						colorscale: stepsOfColour(several),
						hoverinfo: "skip",
					} as Trace,
				];
	const data = kinds.map((kind): Trace => {
		const own = labels.flatMap((label, i) => (label === kind ? [i] : []));
		return {
			type: "scatter",
			mode: "markers",
			name: classes?.[kind] ?? `class ${kind}`,
			x: own.map((i) => coordinates[0][i]!),
			y: own.map((i) => coordinates[1][i]!),
			marker: {
				color: classColour(kind, count),
				size: 8,
				symbol: symbols[kind % symbols.length],
				line: { color: "#ffffff", width: 1 },
			},
		};
	});
	return new Figure([...background, ...data], {
		title: { text: options.title ?? "Decision regions" },
		height: 470,
		// Two lines over the plot: the title, and the legend below it.
		margin: { l: 64, r: 24, b: 48, t: 84 },
		showlegend: true,
		legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
		xaxis: { title: { text: options.xTitle ?? "x₁" }, range: [across[0]!, across.at(-1)!] },
		yaxis: { title: { text: options.yTitle ?? "x₂" }, range: [up[0]!, up.at(-1)!] },
	});
}

const symbols = ["circle", "square", "diamond", "triangle-up", "cross", "star", "pentagon"] as const;

/** Of two classes the ends of the colour scale, of more the series' colours. */
function classColour(kind: number, count: number): string {
	return count <= 2 ? seriesColours[kind === 0 ? 0 : 1] : seriesColour(kind);
}

function stepsOfColour(count: number): [number, string][] {
	return Array.from({ length: count }, (_, i) => i).flatMap((i): [number, string][] => [
		[i / count, seriesColour(i)],
		[(i + 1) / count, seriesColour(i)],
	]);
}

function steps(values: readonly number[], room: number, count: number): number[] {
	const [low, high] = [Math.min(...values), Math.max(...values)];
	const extra = (high - low || 1) * room;
	return Array.from({ length: count }, (_, i) =>
		Number((low - extra + ((high - low + 2 * extra) * i) / (count - 1)).toPrecision(5)),
	);
}

/** Where a classifier expects its points: beside its parameters, or where the data is. */
function deviceOf(model: Classifier, x: TensorLike): DeviceLike {
	const [first] = isModule(model) ? [...model.namedParameters()] : [];
	return ((first?.[1] ?? x).device ?? "cpu") as DeviceLike;
}

/** Probability of class 1 at every point of the grid, or the likeliest class; and how many classes there are. */
function ask(
	model: Classifier,
	across: readonly number[],
	up: readonly number[],
	device: DeviceLike,
): { z: number[]; several: number } {
	const { fromTypedArray, noGrad } = engine();
	const grid = Float32Array.from(up.flatMap((y) => across.flatMap((x) => [x, y])));
	const count = across.length * up.length;
	const points = fromTypedArray(grid, [count, 2], { device });
	const run = () => (model as (x: Tensor) => Tensor)(points);
	const output: unknown = isModule(model) ? quietly(model, run) : noGrad(run);
	const outputs = isTensor(output) ? output.shape.reduce((a, b) => a * b, 1) / count : 0;
	if (!isTensor(output) || output.shape[0] !== count || output.shape.length > 2 || outputs === 0) {
		throw new RangeError(
			`[decisionRegions] the model returned ${isTensor(output) ? `shape ${shapeText(output.shape)}` : typeof output} for ${count} points, expected N, N × 1 or N × C`,
		);
	}
	const values = Array.from(numbersOf(detached(output)));
	if (outputs === 1) {
		const logits = values.some((value) => value < 0 || value > 1);
		return { z: logits ? values.map((value) => 1 / (1 + Math.exp(-value))) : values, several: 2 };
	}
	const shares = probabilities(values, outputs);
	const of = (pick: (row: Float64Array) => number) =>
		Array.from({ length: count }, (_, i) => pick(shares.subarray(i * outputs, (i + 1) * outputs)));
	if (outputs === 2) return { z: of((row) => row[1]!), several: 2 };
	return { z: of((row) => row.indexOf(Math.max(...row))), several: outputs };
}
