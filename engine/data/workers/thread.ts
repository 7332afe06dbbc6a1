import { workerData } from "node:worker_threads";
import { exhausted, Fetcher, ItemError } from "./fetcher";
import { becomeWorker } from "./info";
import { makeFromSource, type Source } from "./source";
import type { Answer, Request, ThreadData } from "./threads";
import { pack, unpack } from "./transport";

/* A worker's thread: see threads.ts. */

const { source, id, numWorkers, seed, items, dropLast, port, signal } = workerData as ThreadData;

function tell(): void {
	Atomics.add(signal, 0, 1);
	Atomics.notify(signal, 0);
}

function say(answer: Answer, transfer: ArrayBuffer[] = []): void {
	port.postMessage(answer, transfer);
	tell();
}

function failed(error: unknown): Extract<Answer, { failed: unknown }>["failed"] {
	const index = error instanceof ItemError ? error.index : null;
	const cause = error instanceof ItemError ? error.cause : error;
	const { message, stack } = cause instanceof Error ? cause : new Error(String(cause));
	return { message, stack: stack ?? message, index };
}

process.on("exit", () => {
	Atomics.store(signal, 1, 1);
	tell();
});

/** Everything that a task may fail with reaches the one who waits for the task, also what went wrong at the start. */
const ready = makeFromSource(unpack(source) as Source).then(async ({ dataset, workerInitFn }) => {
	becomeWorker({ id, numWorkers, seed, dataset });
	await workerInitFn?.(id);
	const fetcher = () => new Fetcher<any>(dataset, items ? (list) => list : null, dropLast);
	return { fetcher, current: fetcher() };
});
ready.catch(() => {});

async function answer(request: Request): Promise<void> {
	try {
		const state = await ready;
		if ("resume" in request) {
			state.current = state.fetcher();
			return;
		}
		const value = state.current.fetch(request.task);
		if (value === exhausted) return say({ id: request.id, exhausted: true });
		const { packed, transfer } = pack(value);
		say({ id: request.id, packed }, transfer);
	} catch (error) {
		if (!("resume" in request)) say({ id: request.id, failed: failed(error) });
	}
}

let queue = Promise.resolve();
port.on("message", (request: Request) => {
	queue = queue.then(() => answer(request));
});
