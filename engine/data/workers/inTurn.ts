import type { Crew } from "./crew";
import { type Fetcher, ItemError, type Task } from "./fetcher";
import { Turn, type WorkerInfo } from "./info";

/**
 * Workers that share the thread that asks: a batch is made when it is due. They draw from generators of their own and
 * take the batches that threads would take, so the numbers are those of as many of PyTorch's processes.
 */
export class InTurn<T> implements Crew {
	readonly size: number;
	readonly #turns: readonly Turn[];
	readonly #fetcher: () => Fetcher<T>;
	#fetchers: readonly Fetcher<T>[];
	readonly #tasks = new Map<number, Task>();

	constructor(infos: readonly WorkerInfo[], fetcher: () => Fetcher<T>, init: ((id: number) => void) | null) {
		this.size = infos.length;
		this.#turns = infos.map((info) => new Turn(info));
		this.#fetcher = fetcher;
		this.#fetchers = infos.map(fetcher);
		for (const turn of this.#turns) if (init) turn.run(() => init(turn.info.id));
	}

	send(_worker: number, id: number, task: Task): void {
		this.#tasks.set(id, task);
	}

	receive(worker: number, id: number): unknown {
		const task = this.#tasks.get(id)!;
		this.#tasks.delete(id);
		try {
			return this.#turns[worker]!.run(() => this.#fetchers[worker]!.fetch(task));
		} catch (error) {
			throw workerError(worker, error);
		}
	}

	resume(): void {
		this.#tasks.clear();
		this.#fetchers = this.#turns.map(this.#fetcher);
	}

	close(): void {
		this.#tasks.clear();
	}
}

/** @internal The error of a worker: who failed, on which item, and why. */
export function workerError(worker: number, error: unknown): Error {
	const on = error instanceof ItemError ? ` on index ${error.index}` : "";
	const cause = error instanceof ItemError ? error.cause : error;
	const message = cause instanceof Error ? cause.message : String(cause);
	return new Error(`[DataLoader] worker ${worker} failed${on}: ${message}`, { cause });
}
