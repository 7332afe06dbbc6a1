import { AsyncLocalStorage } from "node:async_hooks";
import type { Json, MimeBundle } from "./mime";
import { shared } from "./shared";

/**
 * Where what one cell shows goes. A cell keeps its output for as long as anything started by it runs, so that a line
 * printed by a timer lands under the cell that set the timer.
 *
 * Implemented by the execute request (iopub messages) and, outside a kernel, by the terminal.
 */
export interface Output {
	/** Text of the standard streams, in order. */
	stream(name: "stdout" | "stderr", text: string): void;
	/** A new output; with an id it can be updated later. */
	display(bundle: MimeBundle, options?: { displayId?: string; metadata?: Record<string, Json> }): void;
	/** Replaces every output that was shown with this id. */
	update(displayId: string, bundle: MimeBundle, metadata?: Record<string, Json>): void;
	/** Empties the cell's output area: now, or when the next output comes. */
	clear(wait: boolean): void;
	/** An error, with its traceback in lines. */
	error?(error: ShownError): void;
	/** The same place for one callback of the cell, which the stop button ends by itself. */
	fork?(): Output;
	/** The stop button: whatever tries to show something here from now on gets an exception. */
	stop?(): void;
	/** Throws where the stop button has ended what shows here. */
	check?(): void;
	/** The output that this one is a part of. */
	readonly inside?: Output;
	/** Whether the reader sees rich output (a notebook) or text only (a terminal). */
	readonly rich: boolean;
	/** Aborted when the stop button ends the cell: for what runs elsewhere on the cell's behalf. */
	readonly ending?: AbortSignal;
}

/** An error as Jupyter shows it. */
export interface ShownError {
	ename: string;
	evalue: string;
	traceback: string[];
}

const storage = shared("output", () => new AsyncLocalStorage<Output>());

/** Runs `body` so that everything it shows, now or later, goes to `output`. */
export function withOutput<T>(output: Output, body: () => T): T {
	return storage.run(output, body);
}

/** The output of the cell whose code is running; undefined where there is no cell (a plain Node program). */
export function currentOutput(): Output | undefined {
	return storage.getStore();
}
