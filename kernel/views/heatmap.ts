import { Figure, type Trace } from "../display";
import { inspectText } from "../display/inspect";
import { divergingScale, sequentialScale } from "../display/theme";
import { detached, isTensor, numbersOf, shapeText, type TensorLike } from "./engine";

/** A matrix: a tensor of two dimensions, or rows of numbers. */
export type Matrix = TensorLike | readonly ArrayLike<number>[];

export interface HeatmapOptions {
	title?: string;
	/** Titles of the axes. */
	x?: string;
	y?: string;
	/** Names of the columns and of the rows. Default: their numbers. */
	columns?: readonly string[];
	rows?: readonly string[];
	/** Values drawn in the first and in the last colour. Default: their own range; around 0 where they have both signs. */
	range?: readonly [low: number, high: number];
	/** Whether the values are written into the cells. Default: where there are at most 200. */
	values?: boolean;
	/** Cells as high as wide. Default false. */
	square?: boolean;
}

/**
 * A matrix as colours, row 0 at the top. Values of both signs are blue below 0 and orange above it, others go from dark
 * to light. Matrices of more than 128 rows or columns are averaged, and the plot says so.
 *
 * @example heatmap(layer.weight, { title: "Weights", x: "input", y: "unit" })
 */
export function heatmap(matrix: Matrix, options: HeatmapOptions = {}): Figure {
	const z = rowsOf("heatmap", matrix);
	const { trace, layout } = heatmapParts(z, options);
	return new Figure([trace], layout);
}

/** @internal The trace and layout, for figures that add to them. */
export function heatmapParts(z: number[][], options: HeatmapOptions): { trace: Trace; layout: object } {
	const width = z[0]?.length ?? 0;
	checkNames("columns", options.columns, width);
	checkNames("rows", options.rows, z.length);
	const finite = z.flat().filter(Number.isFinite);
	const low = finite.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
	const high = finite.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
	const signed = low < 0 && high > 0;
	const far = Math.max(-low, high);
	const [zmin, zmax] = options.range ?? (signed ? [-far, far] : [low, high]);
	const written = options.values ?? z.length * width <= 200;
	const trace = {
		type: "heatmap",
		z,
		...(options.columns === undefined ? {} : { x: [...options.columns] }),
		...(options.rows === undefined ? {} : { y: [...options.rows] }),
		...(Number.isFinite(zmin) ? { zmin, zmax } : {}),
		colorscale: signed ? divergingScale : sequentialScale,
		...(written ? { texttemplate: "%{z:.3~g}" } : {}),
		colorbar: { thickness: 14, outlinewidth: 0 },
	} as Trace;
	const axis = (title: string | undefined, names: readonly string[] | undefined) => ({
		...(title === undefined ? {} : { title: { text: title } }),
		...(names === undefined ? {} : { type: "category" }),
	});
	const layout = {
		...(options.title === undefined ? {} : { title: { text: options.title } }),
		height: Math.round(Math.min(640, Math.max(240, z.length * 30 + 130))),
		xaxis: { ...axis(options.x, options.columns), ...(options.square ? { constrain: "domain" } : {}) },
		yaxis: {
			...axis(options.y, options.rows),
			autorange: "reversed",
			...(options.square ? { scaleanchor: "x", constrain: "domain" } : {}),
		},
	};
	return { trace, layout };
}

/** Rows of numbers, all of one length. */
export function rowsOf(op: string, matrix: Matrix): number[][] {
	if (isTensor(matrix)) {
		if (matrix.shape.length !== 2) {
			throw new RangeError(`[${op}] a tensor of shape ${shapeText(matrix.shape)}; expected two dimensions`);
		}
		const [height, width] = matrix.shape as [number, number];
		const values = Array.from(numbersOf(detached(matrix)));
		return Array.from({ length: height }, (_, i) => values.slice(i * width, (i + 1) * width));
	}
	if (!Array.isArray(matrix))
		throw new TypeError(`[${op}] expected a tensor or rows of numbers, got ${inspectText(matrix)}`);
	const rows = matrix.map((row) => Array.from(row as ArrayLike<number>));
	if (rows.some((row) => row.length !== rows[0]!.length || row.some((value) => typeof value !== "number"))) {
		throw new TypeError(`[${op}] expected rows of equally many numbers, got ${inspectText(matrix).slice(0, 80)}`);
	}
	return rows;
}

function checkNames(what: string, names: readonly string[] | undefined, count: number): void {
	if (names !== undefined && names.length !== count) {
		throw new RangeError(`[heatmap] ${names.length} names in ${what}, but the matrix has ${count} ${what}`);
	}
}
