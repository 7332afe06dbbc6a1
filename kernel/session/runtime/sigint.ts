import vm from "node:vm";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { debug } from "../../wire/log";

/*
 * Ctrl-C in the terminal of a kernel that was started by hand, or `kill -INT`, is the stop button too. A handler of
 * `process.on("SIGINT")` runs on the main thread, which may be in a loop, and no other thread can have one. What Node
 * can do is end a script on any thread when the signal comes (`breakOnSigint`): so a small thread sleeps in such a
 * script and reports each time that it is woken. While a cell's synchronous part runs, the signal ends that script
 * instead, and the cell with it.
 */

const task = "gradbook.sigint";
/** Scripts within scripts: while the inner one ends and starts anew, the outer one keeps the signal from killing. */
const depth = 2;

/** Calls `pressed` for each SIGINT that does not itself end a script of a cell. Until the thread is up, the signal kills. */
export function watchSigint(pressed: () => void): void {
	const watcher = new Worker(__filename, { workerData: task, resourceLimits: { maxOldGenerationSizeMb: 16 } });
	watcher.on("message", (message: "up" | "SIGINT") => {
		if (message === "up") debug("SIGINT is the stop button from now on");
		else pressed();
	});
	watcher.unref();
}

function sleep(): void {
	const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
	const nest = (level: number): void => {
		for (;;) {
			try {
				if (level === depth) {
					parentPort!.postMessage("up");
					Atomics.wait(never, 0, 0);
				} else vm.runInThisContext(`nest(${level + 1})`, { breakOnSigint: true });
			} catch {
				parentPort!.postMessage("SIGINT");
			}
		}
	};
	Object.assign(globalThis, { nest });
	nest(0);
}

if (!isMainThread && workerData === task) sleep();
