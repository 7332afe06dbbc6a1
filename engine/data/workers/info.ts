import { entered } from "../../core/block";
import { defaultGenerator, Generator } from "../../core/generator";

/** What a data set can ask where a worker of a loader runs it. */
export interface WorkerInfo {
	/** 0 to numWorkers − 1 */
	readonly id: number;
	readonly numWorkers: number;
	/** The seed of the worker's default generator: the loader's base seed + id. */
	readonly seed: bigint;
	/** The worker's data set. */
	readonly dataset: unknown;
}

let current: WorkerInfo | null = null;

/**
 * The worker that runs this code; null outside of workers. A data set uses it to give each worker a part of the items:
 *
 * ```ts
 * const info = torch.utils.data.getWorkerInfo();
 * const mine = info ? files.filter((_, i) => i % info.numWorkers === info.id) : files;
 * ```
 */
export function getWorkerInfo(): WorkerInfo | null {
	return current;
}

/** @internal In a thread of its own, for good. */
export function becomeWorker(info: WorkerInfo): void {
	current = info;
	defaultGenerator.manualSeed(info.seed);
}

/** A worker that shares its thread: its default generator stands aside while others run. */
export class Turn {
	readonly info: WorkerInfo;
	#state: Uint8Array;

	constructor(info: WorkerInfo) {
		this.info = info;
		this.#state = new Generator().manualSeed(info.seed).getState();
	}

	/** Runs `work` as this worker: with its random numbers, `getWorkerInfo()` telling of it. */
	run<R>(work: () => R): R {
		const outside = { info: current, state: defaultGenerator.getState() };
		current = this.info;
		defaultGenerator.setState(this.#state);
		// Left also where the stop button ends the work.
		using _ = entered(() => {
			this.#state = defaultGenerator.getState();
			defaultGenerator.setState(outside.state);
			current = outside.info;
		});
		return work();
	}
}
