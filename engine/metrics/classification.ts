import { describe } from "../core/arguments";
import type { Tensor } from "../core/tensor";
import { tensor } from "../ops/create";
import { Confusion, type Counts, checkTask, type MulticlassTask, type Task } from "./counts";
import { type Average, Metric } from "./metric";

/** What a ratio of nothing is taken for, such as the precision of a class that was never predicted. Default: 0. */
export interface ZeroDivision {
	zeroDivision?: number;
}

/** A value made of the counts of right and wrong. */
abstract class CountMetric<Options extends Task> extends Metric<[preds: Tensor, target: Tensor]> {
	protected readonly confusion: Confusion;

	constructor(
		protected readonly options: Options,
		more: readonly string[] = [],
	) {
		super();
		checkTask(this.constructor.name, options, more);
		this.confusion = new Confusion(this.constructor.name, options);
	}

	get updated(): boolean {
		return this.confusion.updated;
	}

	/**
	 * Takes a batch in. Binary: preds [N, …] probabilities, logits or 0 and 1, target [N, …]. Multiclass: preds scores
	 * [N, C, …] or classes [N, …], target classes [N, …]. Multilabel: both [N, L, …].
	 */
	update(preds: Tensor, target: Tensor): void {
		this.confusion.update(preds, target);
	}

	reset(): void {
		this.confusion.reset();
	}

	clone(): this {
		return new (this.constructor as new (options: Options) => this)(this.options);
	}

	protected value(): Tensor {
		const counts = this.confusion.counts();
		const { options } = this;
		if (options.task === "binary") return tensor(this.score(counts[0]!));
		const average: Average = options.average ?? "micro";
		if (average === "micro") return tensor(this.score(counts.reduce(addUp)));
		const scores = counts.map((count) => this.score(count));
		if (average === "none") return tensor(scores);
		const weights = counts.map(({ tp, fp, fn }) => {
			if (average === "weighted") return tp + fn;
			// A class that neither occurs nor was predicted has no say; a label always has.
			return options.task === "multilabel" || tp + fp + fn > 0 ? 1 : 0;
		});
		const total = weights.reduce((sum, weight) => sum + weight, 0);
		return tensor(total === 0 ? 0 : scores.reduce((sum, score, i) => sum + score * weights[i]!, 0) / total);
	}

	/** The value of one class or label, or of all together. */
	protected abstract score(counts: Counts): number;
}

function addUp(a: Counts, b: Counts): Counts {
	return { tp: a.tp + b.tp, fp: a.fp + b.fp, tn: a.tn + b.tn, fn: a.fn + b.fn };
}

function ratio(part: number, whole: number, zeroDivision = 0): number {
	return whole === 0 ? zeroDivision : part / whole;
}

export type AccuracyOptions = Task;

/**
 * The share of right predictions. Multiclass: "macro" is the mean over classes of the share found (balanced accuracy).
 * Multilabel: every label of every sample counts for itself; for the share of samples whose labels are all right see
 * `ExactMatch`.
 */
export class Accuracy extends CountMetric<AccuracyOptions> {
	protected override score({ tp, fp, tn, fn }: Counts): number {
		return this.options.task === "multiclass" ? ratio(tp, tp + fn) : ratio(tp + tn, tp + fp + tn + fn);
	}
}

export type PrecisionOptions = Task & ZeroDivision;

/** Of what was predicted the share that is right: tp / (tp + fp). */
export class Precision extends CountMetric<PrecisionOptions> {
	constructor(options: PrecisionOptions) {
		super(options, ["zeroDivision"]);
	}

	protected override score({ tp, fp }: Counts): number {
		return ratio(tp, tp + fp, this.options.zeroDivision);
	}
}

export type RecallOptions = Task & ZeroDivision;

/** Of what there is the share that was found: tp / (tp + fn). */
export class Recall extends CountMetric<RecallOptions> {
	constructor(options: RecallOptions) {
		super(options, ["zeroDivision"]);
	}

	protected override score({ tp, fn }: Counts): number {
		return ratio(tp, tp + fn, this.options.zeroDivision);
	}
}

export type FBetaScoreOptions = Task &
	ZeroDivision & { /** How much more recall weighs than precision. */ beta: number };

/** The harmonic mean of precision and recall in which recall weighs β² times as much. */
export class FBetaScore extends CountMetric<FBetaScoreOptions> {
	constructor(options: FBetaScoreOptions) {
		super(options, ["zeroDivision", "beta"]);
		if (!(options.beta > 0)) {
			throw new RangeError(`[${this.constructor.name}] beta=${describe(options.beta)}; expected a number above 0`);
		}
	}

	protected override score({ tp, fp, fn }: Counts): number {
		const squared = this.options.beta ** 2;
		return ratio((1 + squared) * tp, (1 + squared) * tp + squared * fn + fp, this.options.zeroDivision);
	}
}

export type F1ScoreOptions = Task & ZeroDivision;

/** The harmonic mean of precision and recall. */
export class F1Score extends FBetaScore {
	constructor(options: F1ScoreOptions) {
		super({ ...options, beta: 1 });
	}

	override clone(): this {
		const { beta: _, ...options } = this.options;
		return new F1Score(options) as this;
	}
}

export type ConfusionMatrixOptions = (Exclude<Task, MulticlassTask> | Omit<MulticlassTask, "average">) & {
	/** Counts as shares of the truth's rows, of the prediction's columns, or of everything. Default: counts. */
	normalize?: "true" | "pred" | "all" | "none";
};

const normalizations = ["true", "pred", "all", "none"];

/**
 * How often which class was taken for which: [2, 2] for the binary task, [C, C] for classes, [L, 2, 2] for labels. Rows
 * are the truth, columns the prediction. int64, float32 where normalised.
 */
export class ConfusionMatrix extends Metric<[preds: Tensor, target: Tensor]> {
	readonly #confusion: Confusion;

	constructor(private readonly options: ConfusionMatrixOptions) {
		super();
		checkTask("ConfusionMatrix", options, ["normalize"]);
		const { normalize = "none" } = options;
		if (!normalizations.includes(normalize)) {
			throw new RangeError(
				`[ConfusionMatrix] normalize=${describe(normalize)}; expected one of ${normalizations.join(", ")}`,
			);
		}
		this.#confusion = new Confusion("ConfusionMatrix", options);
	}

	get updated(): boolean {
		return this.#confusion.updated;
	}

	update(preds: Tensor, target: Tensor): void {
		this.#confusion.update(preds, target);
	}

	reset(): void {
		this.#confusion.reset();
	}

	clone(): ConfusionMatrix {
		return new ConfusionMatrix(this.options);
	}

	protected value(): Tensor {
		const { matrix } = this.#confusion;
		const { normalize = "none" } = this.options;
		if (normalize === "none") return matrix;
		const dims = { true: [-1], pred: [-2], all: [-2, -1] }[normalize];
		const sums = matrix.sum(dims, { keepdim: true });
		// A row or column of nothing stays zero.
		return matrix.div(sums.clamp({ min: 1 }));
	}
}

/** `Accuracy` of one batch. */
export function accuracy(preds: Tensor, target: Tensor, options: AccuracyOptions): Tensor {
	return ofBatch(new Accuracy(options), preds, target);
}

/** `Precision` of one batch. */
export function precision(preds: Tensor, target: Tensor, options: PrecisionOptions): Tensor {
	return ofBatch(new Precision(options), preds, target);
}

/** `Recall` of one batch. */
export function recall(preds: Tensor, target: Tensor, options: RecallOptions): Tensor {
	return ofBatch(new Recall(options), preds, target);
}

/** `F1Score` of one batch. */
export function f1Score(preds: Tensor, target: Tensor, options: F1ScoreOptions): Tensor {
	return ofBatch(new F1Score(options), preds, target);
}

/** `FBetaScore` of one batch. */
export function fbetaScore(preds: Tensor, target: Tensor, options: FBetaScoreOptions): Tensor {
	return ofBatch(new FBetaScore(options), preds, target);
}

/** `ConfusionMatrix` of one batch: counts. Its picture is `confusionMatrixPlot` of `gradbook/display`. */
export function confusionMatrix(preds: Tensor, target: Tensor, options: ConfusionMatrixOptions): Tensor {
	return ofBatch(new ConfusionMatrix(options), preds, target);
}

function ofBatch(metric: Metric<[Tensor, Tensor]>, preds: Tensor, target: Tensor): Tensor {
	metric.update(preds, target);
	return metric.compute();
}
