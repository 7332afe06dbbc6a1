import type { Tensor } from "../core/tensor";

/** A condition on values, or on events of `eventDim` dimensions. */
export abstract class Constraint {
	/** Whether the values can be counted off. */
	get isDiscrete(): boolean {
		return false;
	}

	/** Dimensions, from the last, that are one event: `check` answers for each event. */
	get eventDim(): number {
		return 0;
	}

	/** Whether each event meets it: of the values' shape without the dimensions of an event. */
	abstract check(value: Tensor): Tensor;

	/** PyTorch's text. */
	get name(): string {
		return `${this.constructor.name}()`;
	}

	toString(): string {
		return this.name;
	}

	[Symbol.for("nodejs.util.inspect.custom")](): string {
		return this.name;
	}
}
