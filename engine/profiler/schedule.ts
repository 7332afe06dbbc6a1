import { checkOptionNames, quoted } from "../core/signature";
import { warn } from "../core/warn";

/** What a profile does in a step. */
export const ProfilerAction = { NONE: 0, WARMUP: 1, RECORD: 2, RECORD_AND_SAVE: 3 } as const;
export type ProfilerAction = (typeof ProfilerAction)[keyof typeof ProfilerAction];

/** What to do in step 0, 1, 2, … */
export type Schedule = (step: number) => ProfilerAction;

export interface ScheduleOptions {
	/** Steps of a cycle in which nothing happens. */
	wait: number;
	/** Steps that are recorded and thrown away. */
	warmup: number;
	/** Steps that are recorded, at least one. */
	active: number;
	/** Cycles. Default 0: until the profile ends. */
	repeat?: number;
	/** Steps before the first cycle. Default 0. */
	skipFirst?: number;
	/** Not 0: the first cycle does not wait. Default 0. */
	skipFirstWait?: number;
}

const names = ["wait", "warmup", "active", "repeat", "skipFirst", "skipFirstWait"] as const;

/** Cycles of `wait` steps without a profile, `warmup` steps that are thrown away and `active` steps that are kept. */
export function schedule(options: ScheduleOptions): Schedule {
	checkOptionNames("schedule", names, options);
	for (const name of names) {
		const value = options[name];
		const missing = value === undefined && (name === "wait" || name === "warmup" || name === "active");
		if (!missing && (value === undefined || (Number.isInteger(value) && value >= (name === "active" ? 1 : 0))))
			continue;
		throw new RangeError(
			`[schedule] ${name} must be an integer of at least ${name === "active" ? 1 : 0}, got ${quoted(value)}`,
		);
	}
	const { wait, warmup, active, repeat = 0, skipFirst = 0, skipFirstWait = 0 } = options;
	if (warmup === 0) warn("Profiler won't be using warmup, this can skew profiler results");
	const cycle = wait + warmup + active;
	return (given) => {
		if (given < 0) throw new RangeError(`[schedule] the step must not be negative, got ${given}`);
		if (given < skipFirst) return ProfilerAction.NONE;
		const step = given - skipFirst + (skipFirstWait === 0 ? 0 : wait);
		if (repeat > 0 && step / cycle >= repeat) return ProfilerAction.NONE;
		const place = step % cycle;
		if (place < wait) return ProfilerAction.NONE;
		if (place < wait + warmup) return ProfilerAction.WARMUP;
		return place < cycle - 1 ? ProfilerAction.RECORD : ProfilerAction.RECORD_AND_SAVE;
	};
}
