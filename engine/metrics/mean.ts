import { describe } from "../core/arguments";
import { float64 } from "../core/dtype";
import { Tensor } from "../core/tensor";
import { tensor } from "../ops/create";
import { Metric } from "./metric";

export interface MeanMetricOptions {
	/**
	 * What to do with NaN: leave it out with a warning, leave it out, refuse it, let it through, or put a number in its
	 * place. Default: "warn".
	 */
	nanStrategy?: "warn" | "ignore" | "error" | "disable" | number;
}

const strategies = ["warn", "ignore", "error", "disable"];

/** The mean of what comes in, weighted where weights are given: the loss over an epoch, for one. Summed in float64. */
export class MeanMetric extends Metric<[value: number | Tensor, weight?: number | Tensor]> {
	#sum = 0;
	#weight = 0;
	#updated = false;
	readonly #strategy: NonNullable<MeanMetricOptions["nanStrategy"]>;

	constructor(private readonly options: MeanMetricOptions = {}) {
		super();
		this.#strategy = options.nanStrategy ?? "warn";
		if (typeof this.#strategy !== "number" && !strategies.includes(this.#strategy)) {
			throw new RangeError(
				`[MeanMetric] nanStrategy=${describe(this.#strategy)}; expected a number or one of ${strategies.join(", ")}`,
			);
		}
	}

	get updated(): boolean {
		return this.#updated;
	}

	/** Takes in a value or all elements of a tensor. Weights (1 by default) broadcast against the values. */
	update(value: number | Tensor, weight: number | Tensor = 1): void {
		this.#updated = true;
		if (typeof value === "number" && typeof weight === "number") {
			this.#add(value, weight);
			return;
		}
		const values = asTensor("value", value);
		const weights = asTensor("weight", weight).expand(values.shape);
		const [xs, ws] = [values, weights].map((x) => x.to(float64).toTypedArray() as Float64Array) as [
			Float64Array,
			Float64Array,
		];
		for (const [i, x] of xs.entries()) this.#add(x, ws[i]!);
	}

	#add(value: number, weight: number): void {
		if (!Number.isNaN(value) && !Number.isNaN(weight)) {
			this.#sum += value * weight;
			this.#weight += weight;
			return;
		}
		const strategy = this.#strategy;
		if (strategy === "error") throw new RangeError("[MeanMetric] NaN came in");
		if (strategy === "warn") process.emitWarning("[MeanMetric] NaN came in and is left out", "UserWarning");
		if (strategy === "warn" || strategy === "ignore") return;
		this.#sum += strategy === "disable" ? value * weight : strategy;
		this.#weight += strategy === "disable" ? weight : 1;
	}

	protected value(): Tensor {
		return tensor(this.#sum / this.#weight);
	}

	reset(): void {
		this.#sum = 0;
		this.#weight = 0;
		this.#updated = false;
	}

	clone(): MeanMetric {
		return new MeanMetric(this.options);
	}
}

function asTensor(name: string, value: unknown): Tensor {
	if (value instanceof Tensor) return value.detach();
	if (typeof value === "number") return tensor(value);
	throw new TypeError(`[MeanMetric] ${name} must be a number or a tensor, got ${describe(value)}`);
}
