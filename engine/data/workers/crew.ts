import { exhausted, type Task } from "./fetcher";

/**
 * The workers of a loader, in threads or in turn. A task is sent to a worker under a number, and its result asked for by
 * that number later.
 */
export interface Crew {
	readonly size: number;
	send(worker: number, id: number, task: Task): void;
	/** Waits for the result: a batch, or `exhausted`. Throws what the worker threw. */
	receive(worker: number, id: number): unknown;
	/** Before another epoch: iterable data sets begin again, results that were not asked for are forgotten. */
	resume(): void;
	/** Ends the workers. */
	close(): void;
}

/**
 * An epoch by a crew, in PyTorch's order: task i goes to the next worker in turn that has not run out, `ahead` tasks are
 * under way at any time, and results come in the order of their tasks.
 */
export class Epoch<B> implements IterableIterator<B, undefined> {
	readonly #tasks: Iterator<Task>;
	readonly #crew: Crew;
	readonly #keep: boolean;
	readonly #workers = new Map<number, number>();
	readonly #ended: boolean[];
	#nextWorker = 0;
	#sent: number;
	#received: number;
	#done = false;

	/** `first`: the number of the first task, higher than that of any before. `keep`: the crew goes on living afterwards. */
	constructor(tasks: Iterator<Task>, crew: Crew, ahead: number, first: number, keep: boolean) {
		this.#tasks = tasks;
		this.#crew = crew;
		this.#keep = keep;
		this.#ended = new Array<boolean>(crew.size).fill(false);
		this.#sent = first;
		this.#received = first;
		for (let i = 0; i < ahead; i++) this.#put();
	}

	/** One past the number of the last task sent. */
	get sent(): number {
		return this.#sent;
	}

	#put(): void {
		const next = this.#tasks.next();
		if (next.done) return;
		for (let i = 0; i < this.#crew.size; i++) {
			const worker = this.#nextWorker;
			this.#nextWorker = (worker + 1) % this.#crew.size;
			if (this.#ended[worker]) continue;
			this.#workers.set(this.#sent, worker);
			this.#crew.send(worker, this.#sent++, next.value);
			return;
		}
	}

	next(): IteratorResult<B, undefined> {
		try {
			while (!this.#done && this.#received < this.#sent) {
				const id = this.#received++;
				const worker = this.#workers.get(id)!;
				this.#workers.delete(id);
				if (this.#ended[worker]) continue;
				const result = this.#crew.receive(worker, id);
				this.#put();
				if (result !== exhausted) return { done: false, value: result as B };
				this.#ended[worker] = true;
			}
		} catch (error) {
			this.#finish();
			throw error;
		}
		return this.#finish();
	}

	return(): IteratorResult<B, undefined> {
		return this.#finish();
	}

	#finish(): IteratorResult<B, undefined> {
		if (!this.#done && !this.#keep) this.#crew.close();
		this.#done = true;
		return { done: true, value: undefined };
	}

	[Symbol.iterator](): this {
		return this;
	}
}
