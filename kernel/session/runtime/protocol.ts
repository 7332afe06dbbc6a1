import type { MessagePort } from "node:worker_threads";
import type { CommPacket } from "../../display/host";
import type { Json, MimeBundle } from "../../display/mime";
import type { CellError, CompiledCell, RunOutcome, ValueKey } from "../../requests/contract";
import type { Written } from "./descriptors";

/*
 * What the transport thread and the main thread say to each other. A run is one compiled piece of code on the main
 * thread; its number outlives it, since a timer may print long after.
 */

export type StreamName = "stdout" | "stderr";

/** What one cell may print, in UTF-16 units. More would not reach a reader, but stall the page. */
export const textLimit = 16 * 2 ** 20;

/** What stands where a cell has printed more. */
export const limitNote = `\n[gradbook] this cell has printed ${textLimit / 2 ** 20} million characters; the rest is not shown\n`;

export type ToMain =
	| { kind: "run"; run: number; cell: CompiledCell; notebookCell: string | undefined }
	/** A cell that imports the engine is being checked. */
	| { kind: "engine" }
	/** A front end's comm message; answered with `handled`. */
	| { kind: "comm"; request: number; packet: CommPacket }
	/** Ends the runs and the callbacks that are under way, if any, with this error; answered with `interrupted`. */
	| { kind: "interrupt"; turn: number; error: CellError }
	/** Asks for the text of a value of the session; answered with `value`. */
	| { kind: "show"; turn: number; path: string[] }
	/** Asks for the names of its properties; answered with `value`. */
	| { kind: "keys"; turn: number; path: string[] }
	/** Answered with `pong`: the main thread is back in its event loop. */
	| { kind: "ping"; turn: number }
	/** The sockets are closed: leave. */
	| { kind: "exit" };

/** `order`: where the message stands among what is written to the descriptors meanwhile (descriptors.ts). */
export type ToTransport = { order?: number } & (
	| { kind: "stream"; run: number; name: StreamName; text: string }
	/** What the main thread has read from the pipe behind descriptor 1 or 2. */
	| { kind: "written"; written: Written }
	| { kind: "display"; run: number; bundle: MimeBundle; displayId?: string; metadata?: Record<string, Json> }
	| { kind: "update"; run: number; displayId: string; bundle: MimeBundle; metadata?: Record<string, Json> }
	| { kind: "clear"; run: number; wait: boolean }
	/** An error that nothing awaited. */
	| { kind: "error"; run: number; error: CellError }
	/** A comm message to the front ends: in answer to `request` where there is one, else of the run. */
	| { kind: "comm"; run: number; request: number | undefined; packet: CommPacket }
	| { kind: "handled"; request: number }
	/** The main thread waits on `signals[signal.input]` for an answer on the input port. */
	| { kind: "input"; run: number; prompt: string; password: boolean }
	| { kind: "done"; run: number; outcome: RunOutcome }
	/** Nothing of the run can show anything any more. */
	| { kind: "gone"; run: number }
	| { kind: "value"; turn: number; found: string | ValueKey[] | undefined }
	| { kind: "interrupted"; turn: number }
	| { kind: "pong"; turn: number }
);

/** The answer to `input`, on the input port. */
export type InputAnswer = { value: string } | { refused: string } | { interrupted: true };

/**
 * Global of the main thread: an Int32Array of one element in shared memory, 1 from the moment the stop button is pressed
 * until the main thread has obeyed. Native code cannot be terminated: what takes long looks here and returns early.
 */
export const interruptFlag = "gradbook.interruptFlag";

/**
 * Global of the main thread: functions that undo what stopped JavaScript has left half done, since no `finally` runs then.
 * The engine's open blocks (`noGrad`, `autocast`) are left so.
 */
export const afterStop = "gradbook.afterStop";
/** Where on `globalThis` whoever keeps V8's stacks as texts finds what reads them in lines of cells (engine/profiler/stacks.ts). */
export const readableStacks = "gradbook.readableStacks";

/** Global function of the main thread that makes it ready for the termination of its JavaScript (async-stack.ts). */
export const beforeTermination = "gradbook.beforeTermination";

/** Global function of the main thread: whether what it runs at this moment belongs to a cell that was stopped. */
export const leftoverProbe = "gradbook.runsLeftover";

/** Global function of the main thread that gives what a debugger needs there (kernel/debugger/main/tools.ts). */
export const debugTools = "gradbook.debugTools";

/**
 * Global property of the main thread with the notebook's names, once that was called: for code that is evaluated in a
 * frame, since V8 knows that looking at a property does nothing.
 */
export const namesGlobal = "gradbook.names";

/** What stands before a cell's code in its script, on its first line. */
export function cellHead({ hasTopLevelAwait }: Pick<CompiledCell, "hasTopLevelAwait">): string {
	return `(${hasTopLevelAwait ? "async " : ""}function (exports, require, module, __filename, __dirname) {`;
}

/** Places in the Int32Array that both threads see. */
export const signal = {
	/** 1 when an answer lies on the input port. */
	input: 0,
	/** 1 while the stop button waits to be obeyed. */
	interrupt: 1,
} as const;
export const signalCount = 2;

/** The error of a cell that has filled JavaScript's heap. */
export function heapFull(limitBytes: number): CellError {
	const evalue =
		`the cell was stopped: JavaScript's heap is full (${(limitBytes / 1e9).toFixed(1)} GB). What variables hold is kept: ` +
		"empty what is large (`list.length = 0`) or restart the kernel. Tensors lie outside this heap.";
	return { ename: "OutOfMemory", evalue, traceback: [`\u001b[31mOutOfMemory\u001b[0m: ${evalue}`] };
}

/** The error of a cell that ends because the process does. `written`: the last of what it has written to its standard error. */
export function kernelEnds(written: string): CellError {
	const reasons = /FATAL ERROR: (.*)|^# (Fatal (?!error in).*)|(Assertion .*)|^ +(what\(\): .*)/m
		.exec(written)
		?.slice(1);
	const reason = reasons?.find((one) => one !== undefined) ?? "a fault of native code";
	const long = /invalid (size error|array length|table size)/.test(reason)
		? " Something has become longer than JavaScript's arrays can be: a typed array or a tensor holds more."
		: "";
	const evalue = `the kernel's process has ended, and with it what variables held: ${reason}.${long}`;
	return { ename: "KernelDied", evalue, traceback: [`\u001b[31mKernelDied\u001b[0m: ${evalue}`] };
}

/** What main.ts starts the transport thread with. */
export interface TransportData {
	connectionFile: string;
	/** Module whose `createCompiler(options)` makes the session's compiler. */
	compilerModule: string;
	/** Module whose `launchEarly(options)` starts what the compiler takes longest for. */
	earlyModule: string | undefined;
	signals: Int32Array;
	/** The transport thread's end of the line for answers to `input`. */
	inputPort: MessagePort;
	/** Where the log goes, where the standard streams are captured. */
	log: number | undefined;
	/** Descriptor that gives a byte for each SIGINT, and where the main thread's heap is full (`wake`). */
	interrupts: number | undefined;
	/** What that heap may hold, in bytes. */
	heapLimit: number;
}
