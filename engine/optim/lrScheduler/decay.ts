import { markIntegerKeys } from "../../core/pythonDict";
import { anything, integer, real, signature } from "../../core/signature";
import type { Optimizer } from "../optimizer";
import { lastEpoch, optimizer } from "./rules";
import { LRScheduler, type LRSchedulerOptions, passed } from "./scheduler";

/* Schedules that multiply the learning rate as epochs go by. */

export interface StepLROptions extends LRSchedulerOptions {
	/** Epochs between steps. */
	stepSize: number;
	/** Factor of a step. Default 0.1. */
	gamma?: number;
}

const stepArguments = signature("StepLR", { optimizer, stepSize: integer(undefined, 1), gamma: real(0.1), lastEpoch });

/** Multiplies by gamma every stepSize epochs. */
export class StepLR extends LRScheduler {
	stepSize: number;
	gamma: number;

	constructor(optimizer: Optimizer, stepSize: number, options?: Omit<StepLROptions, "stepSize">);
	constructor(optimizer: Optimizer, stepSize: number, gamma: number, options?: LRSchedulerOptions);
	constructor(optimizer: Optimizer, options: StepLROptions);
	constructor(...args: unknown[]) {
		const given = stepArguments(args);
		super(given.optimizer, given.lastEpoch);
		this.stepSize = given.stepSize;
		this.gamma = given.gamma;
		this.start();
	}

	getLr(): number[] {
		if (this.lastEpoch === 0 || this.lastEpoch % this.stepSize !== 0) return this._current();
		return this._current().map((lr) => lr * this.gamma);
	}

	/** @internal */
	override _closedForm(): number[] {
		return this.baseLrs.map((lr) => lr * this.gamma ** Math.floor(this.lastEpoch / this.stepSize));
	}
}

export interface MultiStepLROptions extends LRSchedulerOptions {
	/** Epochs at which the rate steps. */
	milestones: readonly number[];
	/** Factor of a step. Default 0.1. */
	gamma?: number;
}

const multiStepArguments = signature("MultiStepLR", {
	optimizer,
	milestones: anything<readonly number[]>(
		"a list of integers",
		(value) => Array.isArray(value) && value.every(Number.isInteger),
	),
	gamma: real(0.1),
	lastEpoch,
});

/** Multiplies by gamma at every milestone. */
export class MultiStepLR extends LRScheduler {
	milestones: readonly number[];
	gamma: number;

	constructor(optimizer: Optimizer, milestones: readonly number[], options?: Omit<MultiStepLROptions, "milestones">);
	constructor(optimizer: Optimizer, milestones: readonly number[], gamma: number, options?: LRSchedulerOptions);
	constructor(optimizer: Optimizer, options: MultiStepLROptions);
	constructor(...args: unknown[]) {
		const given = multiStepArguments(args);
		super(given.optimizer, given.lastEpoch);
		this.milestones = [...given.milestones].sort((a, b) => a - b);
		this.gamma = given.gamma;
		this.start();
	}

	getLr(): number[] {
		const steps = this.milestones.filter((milestone) => milestone === this.lastEpoch).length;
		return steps === 0 ? this._current() : this._current().map((lr) => lr * this.gamma ** steps);
	}

	/** @internal */
	override _closedForm(): number[] {
		return this.baseLrs.map((lr) => lr * this.gamma ** passed(this.milestones, this.lastEpoch));
	}

	/** PyTorch counts how often each milestone occurs. */
	override stateDict(): Record<string, unknown> {
		const counts: Record<string, number> = markIntegerKeys({});
		for (const milestone of this.milestones) counts[milestone] = (counts[milestone] ?? 0) + 1;
		return { ...super.stateDict(), milestones: counts };
	}

	override loadStateDict(state: Record<string, unknown>): void {
		const { milestones, ...rest } = state;
		super.loadStateDict(rest);
		if (typeof milestones !== "object" || milestones === null) return;
		this.milestones = Object.entries(milestones as Record<string, number>)
			.flatMap(([milestone, count]) => new Array<number>(count).fill(Number(milestone)))
			.sort((a, b) => a - b);
	}
}

export interface ExponentialLROptions extends LRSchedulerOptions {
	/** Factor of every epoch. */
	gamma: number;
}

const exponentialArguments = signature("ExponentialLR", { optimizer, gamma: real(), lastEpoch });

/** Multiplies by gamma every epoch. */
export class ExponentialLR extends LRScheduler {
	gamma: number;

	constructor(optimizer: Optimizer, gamma: number, options?: LRSchedulerOptions);
	constructor(optimizer: Optimizer, options: ExponentialLROptions);
	constructor(...args: unknown[]) {
		const given = exponentialArguments(args);
		super(given.optimizer, given.lastEpoch);
		this.gamma = given.gamma;
		this.start();
	}

	getLr(): number[] {
		return this._isInitial ? this._current() : this._current().map((lr) => lr * this.gamma);
	}

	/** @internal */
	override _closedForm(): number[] {
		return this.baseLrs.map((lr) => lr * this.gamma ** this.lastEpoch);
	}
}

export interface PolynomialLROptions extends LRSchedulerOptions {
	/** Epochs until the rate is 0. Default 5. */
	totalIters?: number;
	/** Default 1: a line. */
	power?: number;
}

const polynomialArguments = signature("PolynomialLR", {
	optimizer,
	totalIters: integer(5, 1),
	power: real(1),
	lastEpoch,
});

/** (1 − epoch / totalIters)^power, then 0. */
export class PolynomialLR extends LRScheduler {
	totalIters: number;
	power: number;

	constructor(optimizer: Optimizer, options?: PolynomialLROptions);
	constructor(optimizer: Optimizer, totalIters: number, options?: Omit<PolynomialLROptions, "totalIters">);
	constructor(...args: unknown[]) {
		const given = polynomialArguments(args);
		super(given.optimizer, given.lastEpoch);
		this.totalIters = given.totalIters;
		this.power = given.power;
		this.start();
	}

	getLr(): number[] {
		if (this._isInitial || this.lastEpoch > this.totalIters) return this._current();
		const left = (epoch: number) => 1 - epoch / this.totalIters;
		const factor = (left(this.lastEpoch) / left(this.lastEpoch - 1)) ** this.power;
		return this._current().map((lr) => lr * factor);
	}

	/** @internal */
	override _closedForm(): number[] {
		const left = 1 - Math.min(this.totalIters, this.lastEpoch) / this.totalIters;
		return this.baseLrs.map((lr) => lr * left ** this.power);
	}
}
