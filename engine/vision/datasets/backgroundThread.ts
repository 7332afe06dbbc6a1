import { workerData } from "node:worker_threads";
import type { ProgressReporter } from "../../data/progress";
import { acquire } from "./acquire";
import type { AcquireMessage, AcquireWorkerData } from "./background";
import { catalogue } from "./catalogue";

/* The thread that fetches a data set: see background.ts. */

const { request, port, signal } = workerData as AcquireWorkerData;

function say(message: AcquireMessage): void {
	port.postMessage(message);
	Atomics.add(signal, 0, 1);
	Atomics.notify(signal, 0);
}

const tellMilliseconds = 50;
let bars = 0;

/** Passes progress on, many small steps as one. */
const report: ProgressReporter = (task) => {
	const bar = bars++;
	let amount = 0;
	let told = 0;
	const tell = () => {
		if (amount > 0) say({ kind: "advance", bar, amount });
		amount = 0;
		told = performance.now();
	};
	say({ kind: "begin", bar, task });
	return {
		advance(step) {
			amount += step;
			if (performance.now() - told >= tellMilliseconds) tell();
		},
		end() {
			tell();
			say({ kind: "end", bar });
		},
	};
};

const beat = setInterval(() => Atomics.add(signal, 1, 1), 1_000);

acquire(catalogue[request.name], request.root, { ...request.options, report })
	.then(
		() => say({ kind: "done" }),
		(error: unknown) => say({ kind: "failed", message: error instanceof Error ? error.message : String(error) }),
	)
	.finally(() => {
		clearInterval(beat);
		port.close();
	});
