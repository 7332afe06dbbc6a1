import threads, { type WorkerOptions } from "node:worker_threads";
import { currentRun } from "./run-output";

/** Makes the threads that a cell has started end with the cell when the stop button ends it. */
export function stopWorkersWithCells(): void {
	class Worker extends threads.Worker {
		constructor(file: string | URL, options?: WorkerOptions) {
			super(file, options);
			const ending = currentRun()?.ending;
			if (ending === undefined) return;
			const stop = () => void this.terminate();
			ending.addEventListener("abort", stop, { once: true });
			this.once("exit", () => ending.removeEventListener("abort", stop));
		}
	}
	threads.Worker = Worker;
}
