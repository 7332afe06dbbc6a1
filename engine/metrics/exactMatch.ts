import type { Tensor } from "../core/tensor";
import { tensor } from "../ops/create";
import { checkTask, labelsOf, type MultilabelTask } from "./counts";
import { Metric } from "./metric";

export type ExactMatchOptions = Omit<MultilabelTask, "average">;

/** The share of samples whose labels are all predicted right (multilabel subset accuracy). */
export class ExactMatch extends Metric<[preds: Tensor, target: Tensor]> {
	#right = 0;
	#samples = 0;

	constructor(private readonly options: ExactMatchOptions) {
		super();
		checkTask("ExactMatch", options, [], []);
		if (options.task !== "multilabel") {
			throw new TypeError(`[ExactMatch] task="${(options as { task: string }).task}"; expected "multilabel"`);
		}
	}

	get updated(): boolean {
		return this.#samples > 0;
	}

	/** preds: probabilities, logits or 0 and 1, [N, L]; target: 0 and 1, [N, L]. */
	update(preds: Tensor, target: Tensor): void {
		const [said, truth] = labelsOf("ExactMatch", this.options, preds, target);
		const wrong = said.ne(truth).any(1).sum().item();
		this.#right += said.size(0) - wrong;
		this.#samples += said.size(0);
	}

	protected value(): Tensor {
		return tensor(this.#right / this.#samples);
	}

	reset(): void {
		this.#right = 0;
		this.#samples = 0;
	}

	clone(): ExactMatch {
		return new ExactMatch(this.options);
	}
}

/** `ExactMatch` of one batch. */
export function exactMatch(preds: Tensor, target: Tensor, options: ExactMatchOptions): Tensor {
	const metric = new ExactMatch(options);
	metric.update(preds, target);
	return metric.compute();
}
