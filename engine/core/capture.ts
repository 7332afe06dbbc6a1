import { noGrad } from "./gradMode";
import { native } from "./native";

/*
 * What JavaScript has to do for a captured step (engine/cuda/graphs.ts). Its replays run no JavaScript but this: an optimiser's
 * constants, which follow from learning rates and counts of steps, are computed again and set before each.
 */

/** One update of an optimiser inside a captured step. */
interface Update {
	readonly run: () => void;
	/** What its constants go by, in the order in which they were asked for. */
	readonly ids: number[];
	/** The optimiser's name, and its options then: an update without constants of its own has them in what was captured. */
	readonly name: string;
	readonly options: () => string;
	readonly captured: string;
}

/** @internal The updates of a captured step. */
export class CapturedUpdates {
	/** @internal */
	readonly _updates: Update[] = [];

	constructor(readonly graph: number) {}

	/** Advances the optimisers by a step and sets the constants of the next replay. */
	set(): void {
		for (const update of this._updates) {
			if (update.ids.length === 0) {
				if (update.options() === update.captured) continue;
				throw new Error(
					`[${update.name}] the options have changed since the step was captured, and this optimiser's update has them from then: ` +
						"capture the step anew",
				);
			}
			replayed = { graph: this.graph, ids: update.ids, at: 0 };
			try {
				using _ = noGrad();
				update.run();
			} finally {
				replayed = null;
			}
		}
	}
}

let recorded: CapturedUpdates | null = null;
let current: Update | null = null;
let replayed: { graph: number; ids: readonly number[]; at: number } | null = null;

/** @internal Whether a step is being captured. */
export function isCapturing(): boolean {
	return recorded !== null;
}

/** @internal Updates from now on are those of this step; null: of none. */
export function recordUpdates(into: CapturedUpdates | null): void {
	recorded = into;
	current = null;
}

/**
 * @internal Runs an optimiser's update; while a step is captured, it is remembered. `restore` puts back what the update counted: a
 * capture is no step.
 */
export function runUpdate(name: string, run: () => void, restore: () => () => void, options: () => string): void {
	if (recorded === null) {
		run();
		return;
	}
	const back = restore();
	current = { run, ids: [], name, options, captured: options() };
	recorded._updates.push(current);
	try {
		run();
	} finally {
		current = null;
		back();
	}
}

/**
 * @internal Where constants of an optimiser's kernel are asked for: true where they were set for a replay and nothing is to be
 * queued.
 */
export function setForReplay(numbers: () => Float64Array): boolean {
	if (replayed !== null) {
		native.cudaGraphSetNumbers(replayed.graph, replayed.ids[replayed.at++]!, numbers());
		return true;
	}
	if (current !== null) current.ids.push(native.cudaGraphNumbers(numbers()));
	return false;
}
