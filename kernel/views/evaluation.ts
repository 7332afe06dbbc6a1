import { Figure, type Trace } from "../display";
import { formatCount, formatNumber } from "../display/numbers";
import { seriesColour } from "../display/theme";
import { detached, isTensor, numbersOf, shapeText, sizeOf, type TensorLike } from "./engine";
import { heatmapParts, type Matrix, rowsOf } from "./heatmap";
import type { Classes } from "./images";
import { engine } from "./lazy";

export interface ConfusionMatrixPlotOptions {
	/** Names of the classes by their numbers. Default: the numbers. */
	classes?: readonly string[];
	/** Shares of each true class in place of counts. Default false. */
	normalize?: boolean;
	/** Heading. Default: how many are right. */
	title?: string;
}

/**
 * How often each class was taken for each: a row for every true class, a column for every predicted one, coloured by the
 * share of its row. Takes predictions and labels (numbers, names or tensors of numbers), or the counts themselves, as
 * `confusionMatrix` of `gradbook/metrics` gives them. `confusionMatrix` of `gradbook/display` is the same picture by its
 * shorter name, for cells that import nothing from `gradbook/metrics`.
 *
 * @example confusionMatrixPlot(model(x).argmax(1), y, { classes: testSet.classes })
 */
export function confusionMatrixPlot(
	predictions: Classes,
	labels: Classes,
	options?: ConfusionMatrixPlotOptions,
): Figure;
export function confusionMatrixPlot(counts: Matrix, options?: ConfusionMatrixPlotOptions): Figure;
export function confusionMatrixPlot(
	first: Classes | Matrix,
	second?: Classes | ConfusionMatrixPlotOptions,
	third: ConfusionMatrixPlotOptions = {},
): Figure {
	const pair = isTensor(second) || (second !== undefined && "length" in second);
	const options = (pair ? third : (second ?? {})) as ConfusionMatrixPlotOptions;
	const counts = pair
		? count(valuesOf(first as Classes), valuesOf(second as Classes), options.classes)
		: rowsOf("confusionMatrixPlot", first as Matrix);
	const size = counts.length;
	if (counts.some((row) => row.length !== size)) {
		throw new RangeError(
			`[confusionMatrixPlot] counts of ${size} × ${counts[0]?.length}, expected as many rows as columns`,
		);
	}
	const names = options.classes ?? Array.from({ length: size }, (_, i) => String(i));
	const totals = counts.map((row) => row.reduce((a, b) => a + b, 0));
	const shares = counts.map((row, i) => row.map((value) => (totals[i]! > 0 ? value / totals[i]! : 0)));
	const right = counts.reduce((sum, row, i) => sum + row[i]!, 0);
	const all = totals.reduce((a, b) => a + b, 0);
	const { trace, layout } = heatmapParts(shares, {
		title: options.title ?? `${formatNumber((100 * right) / all, 3)} % of ${formatCount(all)} are right`,
		x: "predicted",
		y: "true",
		columns: names,
		rows: names,
		range: [0, 1],
	});
	const text = options.normalize
		? shares.map((row) => row.map((share) => share.toFixed(2)))
		: counts.map((row) => row.map(String));
	const shown = {
		...trace,
		text,
		texttemplate: "%{text}",
		hovertemplate: "true %{y}, predicted %{x}: %{text}<extra></extra>",
	};
	const height = Math.min(720, Math.max(320, size * 40 + 140));
	return new Figure(
		[{ ...shown, colorbar: { title: { text: "share of row" }, thickness: 14, outlinewidth: 0 } } as Trace],
		{ ...layout, height },
	);
}

/** Numbers or names. */
function valuesOf(values: Classes): (number | string)[] {
	return Array.from(isTensor(values) ? numbersOf(detached(values)) : (values as ArrayLike<number | string>));
}

function count(
	predictions: (number | string)[],
	labels: (number | string)[],
	classes: readonly string[] | undefined,
): number[][] {
	if (predictions.length !== labels.length) {
		throw new RangeError(`[confusionMatrixPlot] ${predictions.length} predictions for ${labels.length} labels`);
	}
	const index = (value: number | string): number => {
		const at = typeof value === "number" ? value : (classes?.indexOf(value) ?? -1);
		if (Number.isInteger(at) && at >= 0 && (classes === undefined || at < classes.length)) return at;
		throw new RangeError(
			`[confusionMatrixPlot] class ${typeof value === "string" ? `"${value}"` : value}, expected ${classes === undefined ? "whole numbers from 0 (names need {classes})" : `one of the ${classes.length} in classes`}`,
		);
	};
	const guessed = predictions.map(index);
	const truth = labels.map(index);
	const size = classes?.length ?? Math.max(0, ...guessed, ...truth) + 1;
	const counts = Array.from({ length: size }, () => new Array<number>(size).fill(0));
	for (const [i, row] of truth.entries()) counts[row]![guessed[i]!]!++;
	return counts;
}

export interface RocCurveOptions {
	/** Names of the classes, for scores of several. Default: their numbers. */
	classes?: readonly string[];
	/** Heading. Default "ROC curve". */
	title?: string;
}

/**
 * The receiver operating characteristic: the share of positives found over the share of negatives taken for them, for
 * every threshold, with the area under it. Scores are logits or probabilities: N of them for labels of 0 and 1; N × C
 * for classes, each against all others; or several models' by name. The dashed line is chance.
 *
 * @example rocCurve({ small: small(x), large: large(x) }, y)
 */
export function rocCurve(
	scores: TensorLike | Readonly<Record<string, TensorLike>>,
	labels: TensorLike,
	options: RocCurveOptions = {},
): Figure {
	const named: [string, TensorLike][] = isTensor(scores) ? [["", scores]] : Object.entries(scores);
	const curves = named.flatMap(([name, given]) => curvesOf(name, given, labels, options.classes));
	const traces = curves.map(
		({ name, fpr, tpr, area }, i): Trace => ({
			type: "scatter",
			mode: "lines",
			name: `${name}${name === "" ? "" : ": "}AUC ${area.toFixed(3)}`,
			x: fpr,
			y: tpr,
			line: { color: seriesColour(i), width: 2, dash: i < 7 ? "solid" : "dash" },
		}),
	);
	traces.push({
		...{ type: "scatter", mode: "lines", x: [0, 1], y: [0, 1], name: "chance" },
		line: { color: "#808080", width: 1, dash: "dash" },
	} as Trace);
	return new Figure(traces, {
		title: { text: options.title ?? "ROC curve" },
		height: 420,
		showlegend: true,
		xaxis: { title: { text: "false positive rate" }, range: [0, 1] },
		yaxis: { title: { text: "true positive rate" }, range: [0, 1.01] },
	});
}

interface Curve {
	name: string;
	fpr: number[];
	tpr: number[];
	area: number;
}

function curvesOf(
	name: string,
	given: TensorLike,
	labels: TensorLike,
	classes: readonly string[] | undefined,
): Curve[] {
	const { roc } = require("../../engine/metrics") as typeof import("../../engine/metrics");
	const { noGrad } = engine();
	const size = given.shape.at(-1) ?? 0;
	const single = given.shape.length === 1 || (given.shape.length === 2 && size === 1);
	if (!single && given.shape.length !== 2) {
		throw new RangeError(`[rocCurve] scores of shape ${shapeText(given.shape)}, expected N, N × 1 or N × C`);
	}
	const scores = detached(given) as any;
	const target = (detached(labels) as any).flatten();
	const samples = sizeOf(given.shape) / (single ? 1 : size);
	if (target.shape[0] !== samples) {
		throw new RangeError(`[rocCurve] ${samples} scores for ${target.shape[0]} labels`);
	}
	const made = noGrad(() =>
		single
			? [roc(scores.flatten(), target.long(), { task: "binary" })]
			: [roc(scores, target.long(), { task: "multiclass", numClasses: size })].flat(),
	);
	const named = (i: number) =>
		single ? name : [name, classes?.[i] ?? String(i)].filter((text) => text !== "").join(" ");
	return made.map(({ fpr, tpr }, i) => {
		const [x, y] = [numbersOf(fpr), numbersOf(tpr)];
		return { name: named(i), ...corners(x, y), area: areaUnder(x, y) };
	});
}

/** The points where the curve turns: those between lie on a straight line. */
function corners(x: ArrayLike<number>, y: ArrayLike<number>): { fpr: number[]; tpr: number[] } {
	const turns = (i: number): boolean => {
		if (i === 0 || i === x.length - 1) return true;
		return (x[i]! - x[i - 1]!) * (y[i + 1]! - y[i]!) !== (x[i + 1]! - x[i]!) * (y[i]! - y[i - 1]!);
	};
	const kept = Array.from({ length: x.length }, (_, i) => i).filter(turns);
	return { fpr: kept.map((i) => short(x[i]!)), tpr: kept.map((i) => short(y[i]!)) };
}

/** More digits are not seen, and are most of a plot's size. */
function short(value: number): number {
	return Number(value.toFixed(4));
}

function areaUnder(x: ArrayLike<number>, y: ArrayLike<number>): number {
	let area = 0;
	for (let i = 1; i < x.length; i++) area += ((x[i]! - x[i - 1]!) * (y[i]! + y[i - 1]!)) / 2;
	return area;
}
