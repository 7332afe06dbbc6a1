import { describe } from "../core/arguments";
import { int64 } from "../core/dtype";
import { checkOptionNames } from "../core/signature";
import type { Tensor } from "../core/tensor";
import { arange, zeros } from "../ops/create";
import { bincount } from "../ops/sort";
import { type Average, checkAverage, checkTensors, shapeText } from "./metric";

/** One yes or no for each sample. */
export interface BinaryTask {
	task: "binary";
	/** Probabilities above this are a yes. Default: 0.5. */
	threshold?: number;
	/** Whether float predictions are logits (a sigmoid is taken). Default: where any lies outside of [0, 1]. */
	logits?: boolean;
	/** Targets of this value are left out. */
	ignoreIndex?: number;
}

/** One of several classes for each sample. */
export interface MulticlassTask {
	task: "multiclass";
	numClasses: number;
	/**
	 * "micro": over all samples alike; "macro": the mean over the classes that occur; "weighted": the mean weighted by the
	 * number of samples of a class; "none": a value per class. Default: "micro".
	 */
	average?: Average;
	/** Targets of this value are left out. */
	ignoreIndex?: number;
}

/** A yes or no for each of several labels of each sample. */
export interface MultilabelTask {
	task: "multilabel";
	numLabels: number;
	/** Probabilities above this are a yes. Default: 0.5. */
	threshold?: number;
	/** Whether float predictions are logits (a sigmoid is taken). Default: where any lies outside of [0, 1]. */
	logits?: boolean;
	/** As for classes, over labels. Default: "micro". */
	average?: Average;
}

export type Task = BinaryTask | MulticlassTask | MultilabelTask;

const taskOptions = {
	binary: ["task", "threshold", "logits", "ignoreIndex"],
	multiclass: ["task", "numClasses", "average", "ignoreIndex"],
	multilabel: ["task", "numLabels", "threshold", "logits", "average"],
} as const;

/** @internal Checks what a metric was made with. `more`: options of its own. */
export function checkTask(
	what: string,
	options: Task,
	more: readonly string[] = [],
	averages: readonly string[] = ["micro", "macro", "weighted", "none"],
): void {
	const task = (options as Partial<Task> | undefined)?.task;
	if (task === undefined || !Object.hasOwn(taskOptions, task)) {
		throw new TypeError(`[${what}] task=${describe(task)}; expected "binary", "multiclass" or "multilabel"`);
	}
	checkOptionNames(what, [...taskOptions[task], ...more], options);
	if (options.task === "multiclass") checkCount(what, "numClasses", options.numClasses, 2);
	if (options.task === "multilabel") checkCount(what, "numLabels", options.numLabels, 2);
	if (options.task !== "binary" && options.average !== undefined) checkAverage(what, options.average, averages);
	if (options.task !== "multiclass" && options.threshold !== undefined) {
		const { threshold } = options;
		if (!(threshold >= 0 && threshold <= 1)) {
			throw new RangeError(`[${what}] threshold=${threshold}; expected a number between 0 and 1`);
		}
	}
}

/** @internal */
export function checkCount(what: string, name: string, value: unknown, least: number): void {
	if (Number.isInteger(value) && (value as number) >= least) return;
	throw new RangeError(`[${what}] ${name}=${describe(value)}; expected a whole number of at least ${least}`);
}

/** Of one class or label: what was right and what was wrong. */
export interface Counts {
	tp: number;
	fp: number;
	tn: number;
	fn: number;
}

/**
 * @internal How often which class was taken for which: [2, 2], [C, C], or [L, 2, 2] for labels. Rows are the truth, columns
 * the prediction.
 */
export class Confusion {
	#matrix: Tensor | undefined;

	constructor(
		private readonly what: string,
		private readonly task: Task,
	) {}

	get updated(): boolean {
		return this.#matrix !== undefined;
	}

	reset(): void {
		this.#matrix = undefined;
	}

	update(preds: Tensor, target: Tensor): void {
		const batch = confusionOf(this.what, this.task, preds, target);
		this.#matrix = this.#matrix === undefined ? batch : this.#matrix.add(batch);
	}

	/** int64 */
	get matrix(): Tensor {
		return this.#matrix ?? confusionOfNothing(this.task);
	}

	/** For every class or label, in order; one entry for the binary task. */
	counts(): Counts[] {
		const flat = Array.from(this.matrix.toTypedArray(), Number);
		if (this.task.task !== "multiclass") {
			return Array.from({ length: flat.length / 4 }, (_, label) => {
				const [tn, fp, fn, tp] = flat.slice(4 * label, 4 * label + 4) as [number, number, number, number];
				return { tp, fp, tn, fn };
			});
		}
		const classes = this.task.numClasses;
		const total = flat.reduce((sum, count) => sum + count, 0);
		return Array.from({ length: classes }, (_, c) => {
			const tp = flat[c * classes + c]!;
			let fn = -tp;
			let fp = -tp;
			for (let other = 0; other < classes; other++) {
				fn += flat[c * classes + other]!;
				fp += flat[other * classes + c]!;
			}
			return { tp, fp, fn, tn: total - tp - fp - fn };
		});
	}
}

function confusionOfNothing(task: Task): Tensor {
	if (task.task === "multiclass") return zeros([task.numClasses, task.numClasses], { dtype: int64 });
	return zeros(task.task === "binary" ? [2, 2] : [task.numLabels, 2, 2], { dtype: int64 });
}

function confusionOf(what: string, task: Task, preds: Tensor, target: Tensor): Tensor {
	checkTensors(what, preds, target);
	switch (task.task) {
		case "binary": {
			checkSameShape(what, preds, target);
			const [said, truth] = withoutIgnored(decide(preds, task).reshape([-1]), target.reshape([-1]), task.ignoreIndex);
			checkRange(what, "target", truth, 2);
			checkRange(what, "preds", said, 2);
			return pairs(truth, said, 2);
		}
		case "multiclass": {
			const { numClasses } = task;
			const labels = classesOf(what, preds, target, numClasses);
			const [said, truth] = withoutIgnored(labels.reshape([-1]), target.reshape([-1]), task.ignoreIndex);
			checkRange(what, "target", truth, numClasses);
			if (!preds.isFloatingPoint()) checkRange(what, "preds", said, numClasses);
			return pairs(truth, said, numClasses);
		}
		case "multilabel": {
			const { numLabels } = task;
			const [said, truth] = labelsOf(what, task, preds, target);
			// One histogram for all labels: label · 4 + truth · 2 + prediction.
			const label = arange(numLabels, { device: truth.device }).mul(4);
			return bincount(truth.mul(2).add(said).add(label).reshape([-1]), { minlength: 4 * numLabels }).reshape([
				numLabels,
				2,
				2,
			]);
		}
	}
}

/** @internal Predictions and truth of the multilabel task as int64 [N, L]; further dimensions go with the samples. */
export function labelsOf(
	what: string,
	task: MultilabelTask,
	preds: Tensor,
	target: Tensor,
): [said: Tensor, truth: Tensor] {
	checkTensors(what, preds, target);
	checkSameShape(what, preds, target);
	if (preds.ndim < 2 || preds.size(1) !== task.numLabels) {
		throw new RangeError(
			`[${what}] expected preds and target of the shape [N, ${task.numLabels}, …], got ${shapeText(preds)}`,
		);
	}
	const flat = (x: Tensor) => {
		const table = x.to(int64);
		return table.ndim === 2 ? table : table.flatten(2).transpose(1, 2).reshape([-1, task.numLabels]);
	};
	const [said, truth] = [flat(decide(preds, task)), flat(target)];
	checkRange(what, "target", truth, 2);
	checkRange(what, "preds", said, 2);
	return [said, truth];
}

function decide(preds: Tensor, task: { threshold?: number; logits?: boolean }): Tensor {
	if (!preds.isFloatingPoint()) return preds;
	return probabilities(preds, task.logits).gt(task.threshold ?? 0.5);
}

/** @internal Logits as probabilities, each by itself. */
export function probabilities(preds: Tensor, logits: boolean | undefined): Tensor {
	return (logits ?? outsideOfUnit(preds)) ? preds.sigmoid() : preds;
}

/** @internal Whether any lies outside of [0, 1]: then they are no probabilities. */
export function outsideOfUnit(preds: Tensor): boolean {
	return preds.numel() > 0 && (preds.amin().item() < 0 || preds.amax().item() > 1);
}

/** Class of each sample: the largest of the scores along dimension 1, or what is given. */
function classesOf(what: string, preds: Tensor, target: Tensor, numClasses: number): Tensor {
	if (preds.ndim === target.ndim + 1) {
		checkScores(what, preds, target, numClasses);
		return preds.argmax(1);
	}
	if (preds.isFloatingPoint()) {
		throw new TypeError(
			`[${what}] float preds must be scores of the shape [N, ${numClasses}, …] for a target of the shape ` +
				`${shapeText(target)}, got ${shapeText(preds)}`,
		);
	}
	checkSameShape(what, preds, target);
	return preds;
}

/** @internal */
export function checkScores(what: string, preds: Tensor, target: Tensor, numClasses: number): void {
	const expected = [target.shape[0], numClasses, ...target.shape.slice(1)];
	if (preds.isFloatingPoint() && `${preds.shape}` === `${expected}`) return;
	throw new RangeError(
		`[${what}] for a target of the shape ${shapeText(target)} preds must be float scores of the shape ` +
			`[${expected.join(", ")}], got ${preds.dtype} ${shapeText(preds)}`,
	);
}

/** @internal */
export function checkSameShape(what: string, preds: Tensor, target: Tensor): void {
	if (`${preds.shape}` === `${target.shape}`) return;
	throw new RangeError(
		`[${what}] preds and target must have the same shape, got ${shapeText(preds)} and ${shapeText(target)}`,
	);
}

/** @internal */
export function withoutIgnored(preds: Tensor, target: Tensor, ignoreIndex: number | undefined): [Tensor, Tensor] {
	if (ignoreIndex === undefined) return [preds, target];
	const kept = target.ne(ignoreIndex);
	return [preds.maskedSelect(kept), target.maskedSelect(kept)];
}

/** @internal */
export function checkRange(what: string, name: string, values: Tensor, count: number): void {
	if (values.numel() === 0) return;
	const integers = values.to(int64);
	const [least, most] = [integers.amin().item(), integers.amax().item()];
	if (least >= 0 && most < count) return;
	throw new RangeError(`[${what}] ${name} holds ${least < 0 ? least : most}; expected values from 0 to ${count - 1}`);
}

/** How often each pair occurs. */
function pairs(rows: Tensor, columns: Tensor, size: number): Tensor {
	const cells = rows.to(int64).mul(size).add(columns.to(int64));
	return bincount(cells, { minlength: size * size }).reshape([size, size]);
}
