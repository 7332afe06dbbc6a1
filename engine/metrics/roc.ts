import { float64, int64 } from "../core/dtype";
import type { Tensor } from "../core/tensor";
import { tensor } from "../ops/create";
import { cat } from "../ops/join";
import {
	type BinaryTask,
	checkRange,
	checkSameShape,
	checkScores,
	checkTask,
	type MulticlassTask,
	type MultilabelTask,
	outsideOfUnit,
	probabilities,
	withoutIgnored,
} from "./counts";
import { checkTensors, Metric, shapeText } from "./metric";

/*
 * Receiver operating characteristic: the share of positives found against the share of negatives taken for positives, for
 * every threshold. All scores are kept, so the curve is exact.
 */

export type RocTask =
	| Omit<BinaryTask, "threshold">
	| (Omit<MulticlassTask, "average"> & {
			/** Mean over classes, weighted by their samples or not, or a value for each. Default: "macro". */
			average?: "macro" | "weighted" | "none";
			/** Whether preds are logits (a softmax is taken). Default: where any lies outside of [0, 1]. */
			logits?: boolean;
	  })
	| (Omit<MultilabelTask, "threshold" | "average"> & {
			/** Mean over labels, weighted by their positives or not, of all labels as one, or a value for each. Default: "macro". */
			average?: "macro" | "weighted" | "micro" | "none";
	  });

export interface RocCurve {
	/** Share of the negatives at or above each threshold; rises from 0 to 1. float32 [K] */
	fpr: Tensor;
	/** Share of the positives at or above each threshold; rises from 0 to 1. float32 [K] */
	tpr: Tensor;
	/** Falling; the first is 1 and stands for "nothing". float32 [K] */
	thresholds: Tensor;
}

/** Scores with truths, one column per class or label. */
interface Columns {
	scores: Float64Array[];
	positive: Uint8Array[];
}

interface Curve {
	fpr: Float64Array;
	tpr: Float64Array;
	thresholds: Float64Array;
}

/** The area under the ROC curve: 1 for perfect scores, 0.5 for chance. Multiclass: each class against all others. */
export class AUROC extends Metric<[preds: Tensor, target: Tensor]> {
	#preds: Tensor[] = [];
	#target: Tensor[] = [];

	constructor(private readonly options: RocTask) {
		super();
		checkRocTask("AUROC", options);
	}

	get updated(): boolean {
		return this.#preds.length > 0;
	}

	/**
	 * Takes a batch in. Binary: preds [N, …] probabilities or logits, target [N, …] of 0 and 1. Multiclass: preds
	 * [N, C, …], target classes [N, …]. Multilabel: both [N, L, …].
	 */
	update(preds: Tensor, target: Tensor): void {
		const [scores, truth] = rows("AUROC", this.options, preds.detach(), target);
		this.#preds.push(scores);
		this.#target.push(truth);
	}

	protected value(): Tensor {
		const columns = columnsOf("AUROC", this.options, cat(this.#preds, 0), cat(this.#target, 0));
		if (this.options.task === "binary") return tensor(area(curveOf(columns.scores[0]!, columns.positive[0]!)));
		const { average = "macro" } = this.options;
		if (average === "micro") {
			return tensor(area(curveOf(joined(columns.scores, Float64Array), joined(columns.positive, Uint8Array))));
		}
		const areas = columns.scores.map((scores, i) => area(curveOf(scores, columns.positive[i]!)));
		if (average === "none") return tensor(areas);
		const weights = columns.positive.map((positive) =>
			average === "weighted" ? positive.reduce((sum, yes) => sum + yes, 0) : 1,
		);
		const total = weights.reduce((sum, weight) => sum + weight, 0);
		return tensor(areas.reduce((sum, value, i) => sum + value * weights[i]!, 0) / total);
	}

	reset(): void {
		this.#preds = [];
		this.#target = [];
	}

	clone(): AUROC {
		return new AUROC(this.options);
	}
}

/** `AUROC` of one batch. */
export function auroc(preds: Tensor, target: Tensor, options: RocTask): Tensor {
	const metric = new AUROC(options);
	metric.update(preds, target);
	return metric.compute();
}

/** The ROC curve of the binary task, or one for each class or label. */
export function roc(preds: Tensor, target: Tensor, options: Omit<BinaryTask, "threshold">): RocCurve;
export function roc(preds: Tensor, target: Tensor, options: Exclude<RocTask, { task: "binary" }>): RocCurve[];
export function roc(preds: Tensor, target: Tensor, options: RocTask): RocCurve | RocCurve[];
export function roc(preds: Tensor, target: Tensor, options: RocTask): RocCurve | RocCurve[] {
	checkRocTask("roc", options);
	const { scores, positive } = columnsOf("roc", options, ...rows("roc", options, preds.detach(), target));
	const curves = scores.map((column, i) => {
		const { fpr, tpr, thresholds } = curveOf(column, positive[i]!);
		const make = (values: Float64Array) => tensor([...values]);
		return { fpr: make(fpr), tpr: make(tpr), thresholds: make(thresholds) };
	});
	return options.task === "binary" ? curves[0]! : curves;
}

function checkRocTask(what: string, options: RocTask): void {
	const averages =
		options?.task === "multilabel" ? ["macro", "weighted", "micro", "none"] : ["macro", "weighted", "none"];
	checkTask(what, options, ["logits"], averages);
	if ("threshold" in options) throw new TypeError(`[${what}] unknown option threshold: all thresholds are looked at`);
}

/** A batch as rows: scores [M] or [M, C], truth [M] or [M, L]. */
function rows(what: string, options: RocTask, preds: Tensor, target: Tensor): [Tensor, Tensor] {
	checkTensors(what, preds, target);
	if (!preds.isFloatingPoint()) throw new TypeError(`[${what}] preds must be float scores, got ${preds.dtype}`);
	if (options.task === "multiclass") {
		checkScores(what, preds, target, options.numClasses);
		const scores = lastColumns(preds, options.numClasses);
		if (options.ignoreIndex === undefined) return [scores, target.reshape([-1])];
		const kept = target.reshape([-1]).ne(options.ignoreIndex);
		return [scores.at(kept), target.reshape([-1]).maskedSelect(kept)];
	}
	checkSameShape(what, preds, target);
	if (options.task === "binary") return withoutIgnored(preds.reshape([-1]), target.reshape([-1]), options.ignoreIndex);
	if (preds.ndim < 2 || preds.size(1) !== options.numLabels) {
		throw new RangeError(
			`[${what}] expected preds and target of the shape [N, ${options.numLabels}, …], got ${shapeText(preds)}`,
		);
	}
	return [lastColumns(preds, options.numLabels), lastColumns(target, options.numLabels)];
}

/** [N, C, …] as [M, C]. */
function lastColumns(x: Tensor, columns: number): Tensor {
	return x.ndim === 2 ? x : x.flatten(2).transpose(1, 2).reshape([-1, columns]);
}

function columnsOf(what: string, options: RocTask, preds: Tensor, target: Tensor): Columns {
	const count = options.task === "multiclass" ? options.numClasses : 2;
	checkRange(what, "target", target, count);
	const scores =
		options.task === "multiclass"
			? (options.logits ?? outsideOfUnit(preds))
				? preds.softmax(1)
				: preds
			: probabilities(preds, options.logits);
	const table = scores.to(float64).toTypedArray() as Float64Array;
	if (table.some(Number.isNaN)) throw new RangeError(`[${what}] preds hold NaN, which has no place in an order`);
	const truth = Array.from(target.to(int64).toTypedArray(), Number);
	const width = options.task === "binary" ? 1 : preds.size(1);
	const height = table.length / width;
	const column = <T>(make: (row: number, c: number) => T, c: number) =>
		Array.from({ length: height }, (_, row) => make(row, c));
	const isPositive = (row: number, c: number) =>
		Number(options.task === "multiclass" ? truth[row] === c : truth[row * width + c]);
	return {
		scores: Array.from({ length: width }, (_, c) => Float64Array.from(column((row, i) => table[row * width + i]!, c))),
		positive: Array.from({ length: width }, (_, c) => Uint8Array.from(column(isPositive, c))),
	};
}

function curveOf(scores: Float64Array, positive: Uint8Array): Curve {
	const order = Uint32Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]!);
	const fps: number[] = [0];
	const tps: number[] = [0];
	const thresholds: number[] = [1];
	let found = 0;
	for (const [i, row] of order.entries()) {
		found += positive[row]!;
		// Equal scores are one threshold.
		if (i + 1 < order.length && scores[order[i + 1]!] === scores[row]) continue;
		tps.push(found);
		fps.push(i + 1 - found);
		thresholds.push(scores[row]!);
	}
	const share = (counts: number[]) => {
		const total = counts.at(-1)!;
		return Float64Array.from(counts, (count) => (total === 0 ? 0 : count / total));
	};
	return { fpr: share(fps), tpr: share(tps), thresholds: Float64Array.from(thresholds) };
}

/** By trapezoids. */
function area({ fpr, tpr }: Curve): number {
	let sum = 0;
	for (let i = 1; i < fpr.length; i++) sum += ((fpr[i]! - fpr[i - 1]!) * (tpr[i]! + tpr[i - 1]!)) / 2;
	return sum;
}

function joined<T extends Float64Array | Uint8Array>(parts: T[], type: { from(values: number[]): T }): T {
	return type.from(parts.flatMap((part) => Array.from(part)));
}
