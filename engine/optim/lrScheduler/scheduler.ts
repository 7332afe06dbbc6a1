import { isCapturing } from "../../core/capture";
import { quoted } from "../../core/signature";
import { warn } from "../../core/warn";
import { Optimizer, type ParamGroup } from "../optimizer";
import { keyOf, propertyOf } from "../state";

/** A group as schedulers see it. */
export type Group = ParamGroup<{ lr: number }> & {
	maxLr?: number;
	minLr?: number;
	momentum?: number;
	betas?: readonly [number, number];
	maxMomentum?: number;
	baseMomentum?: number;
};

export interface LRSchedulerOptions {
	/** The epoch to resume after; −1 (default) starts anew. */
	lastEpoch?: number;
}

/**
 * Base of all schedules. `getLr()` gives the learning rate of every group for `lastEpoch`, usually from the present one, so
 * that several schedules can work on one optimiser. A subclass sets its properties and calls `start()` at the end of its
 * constructor.
 */
export abstract class LRScheduler {
	readonly optimizer: Optimizer;
	/** Steps taken. */
	lastEpoch: number;
	/** The learning rates before any schedule. */
	baseLrs: number[];
	/** @internal */
	_stepCount = 0;
	/** @internal */
	_lastLr: number[] = [];
	/** @internal During the step that sets the first learning rates. */
	_isInitial = false;

	constructor(optimizer: Optimizer, lastEpoch = -1) {
		if (!(optimizer instanceof Optimizer)) {
			throw new TypeError(`[${this.constructor.name}] expected an Optimizer, got ${quoted(optimizer)}`);
		}
		this.optimizer = optimizer;
		for (const [i, group] of (optimizer.paramGroups as Group[]).entries()) {
			if (lastEpoch === -1) group.initialLr ??= group.lr;
			else if (group.initialLr === undefined) {
				throw new Error(
					`[${this.constructor.name}] initialLr is not specified in paramGroups[${i}] when resuming with lastEpoch ${lastEpoch}: ` +
						"load the optimizer's state first",
				);
			}
		}
		this.baseLrs = this.groups.map((group) => group.initialLr!);
		this.lastEpoch = lastEpoch;
	}

	/** @internal */
	get groups(): Group[] {
		return this.optimizer.paramGroups as Group[];
	}

	/** @internal The learning rates now. */
	_current(): number[] {
		return this.groups.map((group) => group.lr);
	}

	/** Sets the learning rates of the first epoch. */
	protected start(): void {
		this._initialStep();
	}

	/** @internal */
	_initialStep(): void {
		this._stepCount = 0;
		this._isInitial = true;
		this.step();
		this._isInitial = false;
	}

	/** The learning rate of every group at `lastEpoch`. */
	abstract getLr(): number[];

	/** The same from the base rates alone, for a step to a given epoch. @internal */
	_closedForm?(): number[];

	/** The learning rates that the last step set. */
	getLastLr(): number[] {
		return [...this._lastLr];
	}

	/** Sets the learning rates of the next epoch (or of the one given). Call it after `optimizer.step()`. */
	step(epoch?: number): void {
		refuseInCapture(this);
		if (this._stepCount === 1 && !this.optimizer._stepped) {
			warn(
				"Detected call of `lrScheduler.step()` before `optimizer.step()`: call them in the opposite order, or the first " +
					"value of the learning rate schedule is skipped.",
			);
		}
		this._stepCount++;
		this._updateLr(epoch);
	}

	/** @internal */
	_updateLr(epoch?: number): void {
		this.lastEpoch = epoch ?? this.lastEpoch + 1;
		this._setLr(epoch !== undefined && this._closedForm ? this._closedForm() : this.getLr());
	}

	/** @internal */
	_setLr(values: readonly number[]): void {
		this.groups.forEach((group, i) => {
			group.lr = values[i]!;
		});
		this._lastLr = this._current();
	}

	/** @internal Properties that are no state. */
	_transient(): readonly string[] {
		return ["optimizer", "_isInitial"];
	}

	/** The state in PyTorch's names (`last_epoch`, `base_lrs`); functions are not saved. */
	stateDict(): Record<string, unknown> {
		const state: Record<string, unknown> = {};
		for (const [property, value] of Object.entries(this)) {
			if (this._transient().includes(property) || typeof value === "function") continue;
			state[keyOf(property)] = Array.isArray(value) ? [...value] : value;
		}
		return state;
	}

	/** Takes over a state made by `stateDict()`, here or in PyTorch. */
	loadStateDict(state: Record<string, unknown>): void {
		for (const [key, value] of Object.entries(state)) {
			const property = propertyOf(key);
			if (!Object.hasOwn(this, property) || this._transient().includes(property)) continue;
			(this as unknown as Record<string, unknown>)[property] = Array.isArray(value) ? [...value] : value;
		}
	}
}

/** @internal A replay would not advance the schedule. */
export function refuseInCapture(schedule: object): void {
	if (isCapturing()) {
		throw new Error(
			`[${schedule.constructor.name}] a captured step is replayed without JavaScript: call the schedule's step() after it, not in it`,
		);
	}
}

/** One value per group, from one for all or a list. */
export function perGroup(op: string, name: string, optimizer: Optimizer, value: number | readonly number[]): number[] {
	const count = optimizer.paramGroups.length;
	if (typeof value === "number") return new Array<number>(count).fill(value);
	if (value.length !== count) {
		throw new RangeError(
			`[${op}] ${name} must have the same length as optimizer.paramGroups: it has ${value.length} values, there are ${count} groups`,
		);
	}
	return [...value];
}

/** How many of the sorted `milestones` are at most `epoch`. */
export function passed(milestones: readonly number[], epoch: number): number {
	return milestones.filter((milestone) => milestone <= epoch).length;
}
