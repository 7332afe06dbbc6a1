import { describe } from "../core/arguments";
import { Tensor } from "../core/tensor";

/**
 * A number that is gathered batch by batch, in torchmetrics' manner: `update` takes a batch in, `compute` gives the value
 * over everything since the last `reset`. A metric is also called: `accuracy(preds, target)` takes the batch in and gives
 * the value of this batch alone.
 */
export interface Metric<Arguments extends unknown[] = unknown[]> {
	(...batch: Arguments): Tensor;
}

export abstract class Metric<Arguments extends unknown[] = unknown[]> {
	constructor() {
		const self = (...batch: Arguments): Tensor => (self as Metric<Arguments>).forward(...batch);
		Object.setPrototypeOf(self, new.target.prototype);
		// A function's own; they would hide a metric's.
		delete (self as { name?: unknown }).name;
		delete (self as { length?: unknown }).length;
		// biome-ignore lint/correctness/noConstructorReturn: a class whose instances can be called
		return self as Metric<Arguments>;
	}

	/** Whether anything was taken in since the last reset. */
	abstract readonly updated: boolean;

	/** Takes a batch in. */
	abstract update(...batch: Arguments): void;

	/** The value over everything since the last reset. Before the first update there is none, which is an error. */
	compute(): Tensor {
		if (this.updated) return this.value();
		throw new Error(`[${this.constructor.name}] compute() before anything was taken in by update()`);
	}

	/** @internal */
	protected abstract value(): Tensor;

	/** Forgets everything. */
	abstract reset(): void;

	/** An empty metric with the same options. */
	abstract clone(): Metric<Arguments>;

	/** Takes a batch in and gives its value alone. */
	forward(...batch: Arguments): Tensor {
		const alone = this.clone();
		alone.update(...batch);
		this.update(...batch);
		return alone.compute();
	}

	toString(): string {
		return `${this.constructor.name}()`;
	}

	[Symbol.for("nodejs.util.inspect.custom")](): string {
		return this.toString();
	}
}

/** How the values of classes or labels become one. */
export type Average = "micro" | "macro" | "weighted" | "none";

/** @internal */
export function checkAverage(what: string, average: unknown, allowed: readonly string[]): void {
	if (allowed.includes(average as string)) return;
	throw new RangeError(`[${what}] average=${describe(average)}; expected one of ${allowed.join(", ")}`);
}

/** @internal */
export function checkTensors(what: string, preds: unknown, target: unknown): void {
	for (const [name, value] of [
		["preds", preds],
		["target", target],
	] as const) {
		if (!(value instanceof Tensor)) throw new TypeError(`[${what}] ${name} must be a tensor, got ${describe(value)}`);
	}
	if ((target as Tensor).isFloatingPoint()) {
		throw new TypeError(`[${what}] target must hold integers, got ${(target as Tensor).dtype}`);
	}
}

/** @internal */
export function shapeText(tensor: Tensor): string {
	return `[${tensor.shape.join(", ")}]`;
}
