import path from "node:path";
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { ProgressHandle, ProgressReporter, ProgressTask } from "../../data/progress";
import type { AcquireOptions } from "./acquire";
import type { DatasetName } from "./catalogue";

/*
 * Data sets are fetched on a thread of their own. So a constructor can wait for one, as PyTorch's does, and still show
 * progress; and code that awaits one is not held up by the conversion.
 */

/** What the thread is asked for. */
export interface AcquireRequest {
	name: DatasetName;
	root: string;
	options: Omit<AcquireOptions, "report">;
}

/** What the thread says. */
export type AcquireMessage =
	| { kind: "begin"; bar: number; task: ProgressTask }
	| { kind: "advance"; bar: number; amount: number }
	| { kind: "end"; bar: number }
	| { kind: "done" }
	| { kind: "failed"; message: string };

/**
 * Data of the worker. For one who waits without an event loop `signal[0]` counts messages and `signal[1]` counts on for
 * as long as the thread lives.
 */
export interface AcquireWorkerData {
	request: AcquireRequest;
	port: MessagePort;
	signal: Int32Array;
}

interface Running {
	worker: Worker;
	port: MessagePort;
	signal: Int32Array;
	/** Takes a message in; true when it was the last. */
	take(message: AcquireMessage): boolean;
}

const sliceMilliseconds = 100;
const silentSlices = 600;

/** Fetches a data set and waits. The event loop stands still meanwhile; progress is shown all the same. */
export function acquireAndWait(request: AcquireRequest, report: ProgressReporter): void {
	const { worker, port, signal, take } = start(request, report);
	worker.unref();
	let seen = 0;
	let beat = 0;
	let silent = 0;
	try {
		for (;;) {
			// In slices, so that a notebook's stop button finds JavaScript to stop.
			Atomics.wait(signal, 0, seen, sliceMilliseconds);
			const now = Atomics.load(signal, 1);
			silent = now === beat ? silent + 1 : 0;
			beat = now;
			if (silent > silentSlices) throw new Error("[datasets] the fetching thread has died");
			seen = Atomics.load(signal, 0);
			for (let got = receiveMessageOnPort(port); got !== undefined; got = receiveMessageOnPort(port)) {
				if (take(got.message as AcquireMessage)) return;
			}
		}
	} finally {
		port.close();
	}
}

/** Fetches a data set while other code runs. */
export async function acquireInBackground(request: AcquireRequest, report: ProgressReporter): Promise<void> {
	const { worker, port, take } = start(request, report);
	try {
		await new Promise<void>((resolve, reject) => {
			worker.on("error", reject);
			const receive = (message: AcquireMessage) => {
				try {
					if (take(message)) resolve();
				} catch (error) {
					reject(error);
				}
			};
			port.on("message", receive);
			worker.on("exit", (code) => {
				// Its last words may still be on their way.
				for (let got = receiveMessageOnPort(port); got; got = receiveMessageOnPort(port)) receive(got.message);
				reject(new Error(`[datasets] the fetching thread ended with status ${code}`));
			});
		});
	} finally {
		port.close();
	}
}

function start(request: AcquireRequest, report: ProgressReporter): Running {
	const { port1: port, port2 } = new MessageChannel();
	const signal = new Int32Array(new SharedArrayBuffer(8));
	const workerData: AcquireWorkerData = { request, port: port2, signal };
	const worker = new Worker(path.join(__dirname, "backgroundThread.js"), { workerData, transferList: [port2] });
	const bars = new Map<number, ProgressHandle>();
	return {
		worker,
		port,
		signal,
		take(message) {
			switch (message.kind) {
				case "begin":
					bars.set(message.bar, report(message.task));
					return false;
				case "advance":
					bars.get(message.bar)?.advance(message.amount);
					return false;
				case "end":
					bars.get(message.bar)?.end();
					return false;
				case "done":
					return true;
				case "failed":
					throw new Error(message.message);
			}
		},
	};
}
