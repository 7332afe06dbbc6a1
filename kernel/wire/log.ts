import { writeSync } from "node:fs";

let descriptor = 2;

/** Where the log goes once the standard error is something else. */
export function logTo(other: number): void {
	descriptor = other;
}

/**
 * A line in the kernel's own log: its standard error, which Jupyter shows in the terminal it was started from.
 *
 * Written to the descriptor at once: a worker's `console` goes through the main thread and waits while a cell runs.
 */
export function log(text: string): void {
	writeLog(`[gradbook] ${text}\n`);
}

/** Text that stands for itself in the log. */
export function writeLog(text: string): void {
	try {
		writeSync(descriptor, text);
	} catch {
		// A front end that has gone away with its end of the pipe must not take the kernel with it.
	}
}

/** A line that is wanted only when something is looked for: with GRADBOOK_DEBUG set. */
export function debug(text: string): void {
	if (process.env.GRADBOOK_DEBUG) log(text);
}
