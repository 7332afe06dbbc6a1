import { anything, integer, signature } from "../../core/signature";
import type { Optimizer } from "../optimizer";
import { lastEpoch, optimizer } from "./rules";
import { LRScheduler, type LRSchedulerOptions } from "./scheduler";

/* Schedules that begin with a part of the learning rate. */

const within = (test: (value: number) => boolean) => (value: unknown) => typeof value === "number" && test(value);

export interface ConstantLROptions extends LRSchedulerOptions {
	/** The part taken at first, 0 to 1. Default 1/3. */
	factor?: number;
	/** Epochs until the whole rate. Default 5. */
	totalIters?: number;
}

const constantArguments = signature("ConstantLR", {
	optimizer,
	factor: anything<number>(
		"a factor between 0 and 1",
		within((value) => value >= 0 && value <= 1),
		1 / 3,
	),
	totalIters: integer(5),
	lastEpoch,
});

/** A part of the learning rate for totalIters epochs, then all of it. */
export class ConstantLR extends LRScheduler {
	factor: number;
	totalIters: number;

	constructor(optimizer: Optimizer, options?: ConstantLROptions);
	constructor(optimizer: Optimizer, factor: number, options?: Omit<ConstantLROptions, "factor">);
	constructor(optimizer: Optimizer, factor: number, totalIters: number, options?: LRSchedulerOptions);
	constructor(...args: unknown[]) {
		const given = constantArguments(args);
		super(given.optimizer, given.lastEpoch);
		this.factor = given.factor;
		this.totalIters = given.totalIters;
		this.start();
	}

	getLr(): number[] {
		if (this.lastEpoch === 0) return this._current().map((lr) => lr * this.factor);
		if (this.lastEpoch !== this.totalIters) return this._current();
		return this._current().map((lr) => lr * (1 / this.factor));
	}

	/** @internal */
	override _closedForm(): number[] {
		const reached = this.lastEpoch >= this.totalIters ? 1 : 0;
		return this.baseLrs.map((lr) => lr * (this.factor + reached * (1 - this.factor)));
	}
}

export interface LinearLROptions extends LRSchedulerOptions {
	/** The part taken at first, above 0 and up to 1. Default 1/3. */
	startFactor?: number;
	/** The part taken at last, 0 to 1. Default 1. */
	endFactor?: number;
	/** Epochs from the first to the last. Default 5. */
	totalIters?: number;
}

const linearArguments = signature("LinearLR", {
	optimizer,
	startFactor: anything<number>(
		"a factor greater than 0 and at most 1",
		within((value) => value > 0 && value <= 1),
		1 / 3,
	),
	endFactor: anything<number>(
		"a factor between 0 and 1",
		within((value) => value >= 0 && value <= 1),
		1,
	),
	totalIters: integer(5),
	lastEpoch,
});

/** From startFactor to endFactor of the learning rate in a line: warm-up. */
export class LinearLR extends LRScheduler {
	startFactor: number;
	endFactor: number;
	totalIters: number;

	constructor(optimizer: Optimizer, options?: LinearLROptions);
	constructor(optimizer: Optimizer, startFactor: number, options?: Omit<LinearLROptions, "startFactor">);
	constructor(
		optimizer: Optimizer,
		startFactor: number,
		endFactor: number,
		options?: Omit<LinearLROptions, "startFactor" | "endFactor">,
	);
	constructor(
		optimizer: Optimizer,
		startFactor: number,
		endFactor: number,
		totalIters: number,
		options?: LRSchedulerOptions,
	);
	constructor(...args: unknown[]) {
		const given = linearArguments(args);
		super(given.optimizer, given.lastEpoch);
		this.startFactor = given.startFactor;
		this.endFactor = given.endFactor;
		this.totalIters = given.totalIters;
		this.start();
	}

	getLr(): number[] {
		const { startFactor, endFactor, totalIters, lastEpoch } = this;
		if (lastEpoch === 0) return this._current().map((lr) => lr * startFactor);
		if (this._isInitial || lastEpoch > totalIters) return this._current();
		const slope = endFactor - startFactor;
		const factor = 1 + slope / (totalIters * startFactor + (lastEpoch - 1) * slope);
		return this._current().map((lr) => lr * factor);
	}

	/** @internal */
	override _closedForm(): number[] {
		const { startFactor, endFactor, totalIters, lastEpoch } = this;
		const factor = startFactor + ((endFactor - startFactor) * Math.min(totalIters, lastEpoch)) / totalIters;
		return this.baseLrs.map((lr) => lr * factor);
	}
}
