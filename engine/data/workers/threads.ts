import path from "node:path";
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { Crew } from "./crew";
import { exhausted, ItemError, type Task } from "./fetcher";
import { workerError } from "./inTurn";
import type { Source } from "./source";
import { pack, unpack } from "./transport";

/** What a thread is started with. */
export interface ThreadData {
	/** Packed. */
	source: unknown;
	id: number;
	numWorkers: number;
	seed: bigint;
	/** Items are sent as they are, to be put together by the loader's `collateFn`. */
	items: boolean;
	dropLast: boolean;
	port: MessagePort;
	/** [0] counts answers, [1] is 1 once the thread has ended. */
	signal: Int32Array<SharedArrayBuffer>;
}

/** To a thread: a task, or (`resume`) a new pass through an iterable data set. */
export type Request = { id: number; task: Task } | { resume: true };

/** From a thread: what a task gave. */
export type Answer =
	| { id: number; packed: unknown }
	| { id: number; exhausted: true }
	| { id: number; failed: { message: string; stack: string; index: number | null } };

export interface CrewOptions {
	source: Source;
	numWorkers: number;
	baseSeed: bigint;
	collate: ((items: any[]) => unknown) | null;
	dropLast: boolean;
	/** Seconds to wait for a batch; 0: for ever. */
	timeout: number;
}

interface Thread {
	worker: Worker;
	port: MessagePort;
	signal: Int32Array<SharedArrayBuffer>;
	answers: Map<number, Answer>;
}

const sliceMilliseconds = 100;

/** Workers in threads. Waiting for a batch blocks the thread that asks, as everything in a loop over a loader does. */
export class Threads implements Crew {
	readonly size: number;
	readonly #options: CrewOptions;
	readonly #threads: readonly Thread[];

	constructor(options: CrewOptions) {
		this.size = options.numWorkers;
		this.#options = options;
		this.#threads = Array.from({ length: this.size }, (_, id) => start(options, id));
	}

	send(worker: number, id: number, task: Task): void {
		this.#threads[worker]!.port.postMessage({ id, task } satisfies Request);
	}

	resume(): void {
		for (const { port, answers } of this.#threads) {
			answers.clear();
			port.postMessage({ resume: true } satisfies Request);
		}
	}

	receive(worker: number, id: number): unknown {
		const thread = this.#threads[worker]!;
		const { collate, timeout } = this.#options;
		const answer = wait(thread, worker, id, timeout);
		if ("exhausted" in answer) return exhausted;
		if ("failed" in answer) {
			const { message, stack, index } = answer.failed;
			const cause = Object.assign(new Error(message), { stack });
			throw workerError(worker, index === null ? cause : new ItemError(index, cause));
		}
		const value = unpack(answer.packed);
		return collate ? collate(value as unknown[]) : value;
	}

	close(): void {
		for (const { worker, port } of this.#threads) {
			port.close();
			void worker.terminate();
		}
	}
}

function start(options: CrewOptions, id: number): Thread {
	const { port1: port, port2 } = new MessageChannel();
	const signal = new Int32Array(new SharedArrayBuffer(8));
	const { packed, transfer } = pack(options.source);
	const workerData: ThreadData = {
		source: packed,
		id,
		numWorkers: options.numWorkers,
		seed: options.baseSeed + BigInt(id),
		items: options.collate !== null,
		dropLast: options.dropLast,
		port: port2,
		signal,
	};
	const worker = new Worker(path.join(__dirname, "thread.js"), { workerData, transferList: [port2, ...transfer] });
	// A loader that is forgotten half-way does not keep the program alive. Errors are told through the port.
	worker.unref();
	worker.on("error", () => {});
	return { worker, port, signal, answers: new Map() };
}

function wait({ port, signal, answers }: Thread, worker: number, id: number, timeout: number): Answer {
	const end = timeout > 0 ? performance.now() + timeout * 1000 : Number.POSITIVE_INFINITY;
	for (;;) {
		const seen = Atomics.load(signal, 0);
		const dead = Atomics.load(signal, 1) === 1;
		for (let got = receiveMessageOnPort(port); got !== undefined; got = receiveMessageOnPort(port)) {
			const answer = got.message as Answer;
			answers.set(answer.id, answer);
		}
		const answer = answers.get(id);
		if (answer) {
			answers.delete(id);
			return answer;
		}
		if (dead) throw new Error(`[DataLoader] worker ${worker} exited unexpectedly`);
		if (performance.now() >= end) {
			throw new Error(`[DataLoader] worker ${worker} timed out after ${timeout} seconds`);
		}
		// In slices, so that a notebook's stop button finds JavaScript to stop.
		Atomics.wait(signal, 0, seen, Math.min(sliceMilliseconds, end - performance.now()));
	}
}
