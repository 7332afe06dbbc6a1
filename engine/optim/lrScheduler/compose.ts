import { anything, nullable, signature } from "../../core/signature";
import type { Optimizer } from "../optimizer";
import { ReduceLROnPlateau } from "./plateau";
import { lastEpoch, optimizer } from "./rules";
import { LRScheduler, type LRSchedulerOptions, passed } from "./scheduler";

/* Schedules made of others. */

const schedulers = anything<readonly LRScheduler[]>(
	"a list of schedulers",
	(value) =>
		Array.isArray(value) && value.every((item) => item instanceof LRScheduler || item instanceof ReduceLROnPlateau),
);

function checkAll(op: string, schedulers: readonly unknown[], optimizer: Optimizer): void {
	if (schedulers.length === 0) throw new RangeError(`[${op}] expects at least one scheduler, but got no scheduler`);
	schedulers.forEach((scheduler, i) => {
		if (scheduler instanceof ReduceLROnPlateau) {
			throw new TypeError(
				`[${op}] does not support ReduceLROnPlateau, which needs a metric at every step, but got one at index ${i}`,
			);
		}
		if ((scheduler as LRScheduler).optimizer !== optimizer) {
			throw new RangeError(
				`[${op}] expects all schedulers to belong to the same optimizer, but the one at index ${i} does not`,
			);
		}
	});
}

abstract class Composed extends LRScheduler {
	/** @internal */
	readonly _schedulers: readonly LRScheduler[];

	constructor(optimizer: Optimizer, schedulers: readonly LRScheduler[], lastEpoch = -1) {
		super(optimizer, lastEpoch);
		this._schedulers = schedulers;
	}

	/** The learning rates are the inner schedulers'. */
	getLr(): number[] {
		return this._current();
	}

	override stateDict(): Record<string, unknown> {
		return { ...super.stateDict(), _schedulers: this._schedulers.map((scheduler) => scheduler.stateDict()) };
	}

	override loadStateDict(state: Record<string, unknown>): void {
		const { _schedulers, ...rest } = state;
		super.loadStateDict(rest);
		if (!Array.isArray(_schedulers) || _schedulers.length !== this._schedulers.length) {
			throw new RangeError(
				`[${this.constructor.name}] the state must hold ${this._schedulers.length} schedulers under _schedulers`,
			);
		}
		this._schedulers.forEach((scheduler, i) => {
			scheduler.loadStateDict(_schedulers[i] as Record<string, unknown>);
		});
	}
}

export interface SequentialLROptions extends LRSchedulerOptions {
	/** The schedules in their order. */
	schedulers: readonly LRScheduler[];
	/** Epochs at which the next one begins: one fewer than schedules. */
	milestones: readonly number[];
}

const sequentialArguments = signature("SequentialLR", {
	optimizer,
	schedulers,
	milestones: anything<readonly number[]>(
		"a list of integers",
		(value) => Array.isArray(value) && value.every(Number.isInteger),
	),
	lastEpoch,
});

/** One schedule after the other: warm-up, then another one. */
export class SequentialLR extends Composed {
	/** @internal */
	_milestones: readonly number[];

	constructor(
		optimizer: Optimizer,
		schedulers: readonly LRScheduler[],
		milestones: readonly number[],
		options?: LRSchedulerOptions,
	);
	constructor(
		optimizer: Optimizer,
		schedulers: readonly LRScheduler[],
		options: Omit<SequentialLROptions, "schedulers">,
	);
	constructor(optimizer: Optimizer, options: SequentialLROptions);
	constructor(...args: unknown[]) {
		const given = sequentialArguments(args);
		checkAll("SequentialLR", given.schedulers, given.optimizer);
		if (given.milestones.length !== given.schedulers.length - 1) {
			throw new RangeError(
				`[SequentialLR] expects one scheduler more than milestones, but got ${given.schedulers.length} schedulers and ${given.milestones.length} milestones`,
			);
		}
		super(given.optimizer, given.schedulers);
		this._milestones = given.milestones;
		this.lastEpoch = given.lastEpoch + 1;
		// Every schedule has set its first rate already: back to the start, then only the first one's.
		for (const group of this.groups) group.lr = group.initialLr!;
		undo(this);
		const first = this._schedulers[passed(this._milestones, 0)]!;
		first._initialStep();
		this._lastLr = first.getLastLr();
	}

	override step(): void {
		this.lastEpoch++;
		const index = passed(this._milestones, this.lastEpoch);
		const scheduler = this._schedulers[index]!;
		if (index > 0 && this._milestones[index - 1] === this.lastEpoch) scheduler._updateLr(0);
		else scheduler.step();
		this._lastLr = scheduler.getLastLr();
	}
}

function undo(scheduler: LRScheduler): void {
	if (scheduler instanceof Composed) for (const inner of scheduler._schedulers) undo(inner);
	else scheduler.lastEpoch--;
}

const chainedArguments = signature("ChainedScheduler", { schedulers, optimizer: nullable(optimizer) });

/** Schedules that all step at once, each on what the one before it left. */
export class ChainedScheduler extends Composed {
	constructor(schedulers: readonly LRScheduler[], optimizer?: Optimizer | null);
	constructor(schedulers: readonly LRScheduler[], options?: { optimizer?: Optimizer | null });
	constructor(...args: unknown[]) {
		const given = chainedArguments(args);
		const optimizer = given.optimizer ?? given.schedulers[0]?.optimizer;
		checkAll("ChainedScheduler", given.schedulers, optimizer as Optimizer);
		super(optimizer as Optimizer, given.schedulers);
		this._lastLr = this._current();
	}

	override step(): void {
		for (const scheduler of this._schedulers) scheduler.step();
		this._lastLr = this._current();
	}
}
