import { anything, signature } from "../../core/signature";
import type { Optimizer } from "../optimizer";
import { lastEpoch, optimizer } from "./rules";
import { LRScheduler, type LRSchedulerOptions } from "./scheduler";

/* Schedules given as functions of the epoch. */

/** The factor of an epoch; one function for all groups or one for each. */
export type LrLambda = (epoch: number) => number;

const lrLambda = anything<LrLambda | readonly LrLambda[]>(
	"a function, or a list of them, one for each group",
	(value) => typeof value === "function" || (Array.isArray(value) && value.every((item) => typeof item === "function")),
);

function lambdasOf(op: string, optimizer: Optimizer, given: LrLambda | readonly LrLambda[]): LrLambda[] {
	const count = optimizer.paramGroups.length;
	if (typeof given === "function") return new Array<LrLambda>(count).fill(given);
	if (given.length !== count) throw new RangeError(`[${op}] expected ${count} lrLambdas, but got ${given.length}`);
	return [...given];
}

export interface LambdaLROptions extends LRSchedulerOptions {
	lrLambda: LrLambda | readonly LrLambda[];
}

abstract class ByFunctions extends LRScheduler {
	readonly lrLambdas: LrLambda[];

	constructor(op: string, given: { optimizer: Optimizer; lrLambda: LambdaLROptions["lrLambda"]; lastEpoch: number }) {
		super(given.optimizer, given.lastEpoch);
		this.lrLambdas = lambdasOf(op, given.optimizer, given.lrLambda);
		this.start();
	}

	/** Functions are not saved: there is a null for each, which PyTorch's loader asks for. */
	override stateDict(): Record<string, unknown> {
		return { ...super.stateDict(), lr_lambdas: this.lrLambdas.map(() => null) };
	}

	/** @internal */
	override _transient(): readonly string[] {
		return [...super._transient(), "lrLambdas"];
	}
}

const lambdaArguments = signature("LambdaLR", { optimizer, lrLambda, lastEpoch });

/** The base learning rate times a function of the epoch. */
export class LambdaLR extends ByFunctions {
	constructor(optimizer: Optimizer, lrLambda: LrLambda | readonly LrLambda[], options?: LRSchedulerOptions);
	constructor(optimizer: Optimizer, options: LambdaLROptions);
	constructor(...args: unknown[]) {
		super("LambdaLR", lambdaArguments(args));
	}

	getLr(): number[] {
		return this.baseLrs.map((lr, i) => lr * this.lrLambdas[i]!(this.lastEpoch));
	}
}

const multiplicativeArguments = signature("MultiplicativeLR", { optimizer, lrLambda, lastEpoch });

/** The present learning rate times a function of the epoch, every epoch. */
export class MultiplicativeLR extends ByFunctions {
	constructor(optimizer: Optimizer, lrLambda: LrLambda | readonly LrLambda[], options?: LRSchedulerOptions);
	constructor(optimizer: Optimizer, options: LambdaLROptions);
	constructor(...args: unknown[]) {
		super("MultiplicativeLR", multiplicativeArguments(args));
	}

	getLr(): number[] {
		if (this._isInitial) return this._current();
		return this._current().map((lr, i) => lr * this.lrLambdas[i]!(this.lastEpoch));
	}
}
