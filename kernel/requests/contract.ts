import type { CommPacket } from "../display/host";
import type { Json, MimeBundle } from "../display/mime";

/*
 * A cell's way: the transport thread receives it, the compiler beside it checks and compiles it, the main thread runs
 * what came out. Nothing of the compiler runs on the main thread, whose garbage collections training pays for, and
 * everything that needs only the compiler is answered while a cell runs.
 *
 * All cursors and columns at this boundary count code points, as Jupyter does; lines and columns of errors are 1-based.
 */

/** An error as Jupyter reports it. `traceback` lines may carry ANSI colours. */
export interface CellError {
	ename: string;
	evalue: string;
	traceback: string[];
}

/** A cell ready to run on the main thread. Plain data: it crosses threads. */
export interface CompiledCell {
	/** Name that stack frames carry: `cell-3.ts`. Unique for each execution, also of the same cell. */
	file: string;
	/** Number in the prompt, as errors name it: "Cell [3], line 7". */
	executionCount: number;
	/** The TypeScript as the user wrote it. */
	source: string;
	/** Body of `(async) function (exports, require) { … }`. The first line of the body is line 1 of the source map. */
	code: string;
	/** Source map (version 3, JSON text) from `code` to `source`. */
	sourceMap: string;
	hasTopLevelAwait: boolean;
	/** Property of `exports` that holds the value of the last expression, where the cell ends with one. */
	lastExpression?: string;
	/** Of a module cell: the file that the module would be. `code` only hands it to the loader. */
	module?: string;
	/** Names that the cell declares: later cells find them in the session's scope (kernel/session/scope.ts). */
	declares: string[];
}

/** What a cell would become. */
export type CellDraft = Pick<CompiledCell, "code" | "sourceMap" | "hasTopLevelAwait">;

export type CompileOutcome =
	/** `pages`: what the cell asks to read (`name?`), beside what it runs. */
	| { status: "ok"; cell: CompiledCell; pages?: Page[] }
	| { status: "error"; error: CellError }
	/** The stop button was faster; later cells know nothing of this one. */
	| { status: "stopped" };

/** What is known of a name; `value`: where its value is, if it may have one. */
export interface Page {
	bundle: MimeBundle;
	value: string[] | undefined;
}

/** A property that a value has while its type says nothing of it. */
export interface ValueKey {
	name: string;
	type: "method" | "field";
}

export interface Completion {
	matches: string[];
	cursorStart: number;
	cursorEnd: number;
	/** For JupyterLab (`_jupyter_types_experimental`): kinds and types beside the names. */
	items: { text: string; type: string; start: number; end: number; signature?: string }[];
}

export type Completeness = { status: "complete" | "invalid" | "unknown" } | { status: "incomplete"; indent: string };

export interface CompileOptions {
	executionCount: number;
	/** False (user expressions): leaves nothing for later cells to see. */
	remember: boolean;
	/** The stop button. */
	stop?: AbortSignal;
	/** Called with what the cell imports as soon as it is read: if it passes the check, that is needed next. */
	imports?(modules: string[]): void;
}

/** The compiler's side of a session: one per kernel, on the transport thread. */
export interface CellCompiler {
	/** Type-checks and compiles. */
	compile(source: string, options: CompileOptions): Promise<CompileOutcome>;
	complete(source: string, cursor: number): Promise<Completion>;
	inspect(source: string, cursor: number, detail: 0 | 1): Promise<MimeBundle | undefined>;
	/** The name at the cursor with the properties before it: where its value is, if it has one. */
	valueAt(source: string, cursor: number): string[] | undefined;
	/** The object before the cursor, where a property of it is being written, with what is written of it. */
	objectAt(source: string, cursor: number): Promise<{ path: string[]; typed: string } | undefined>;
	isComplete(source: string): Promise<Completeness>;
	/** A cell compiled and neither checked nor remembered, to see what it becomes. Undefined where it is no TypeScript. */
	draft(source: string): CellDraft | undefined;
	close(): Promise<void>;
}

/** Where the output of one cell goes, now and whenever it comes later. */
export interface CellOutput {
	stream(name: "stdout" | "stderr", text: string): void;
	display(bundle: MimeBundle, options: { displayId?: string; metadata?: Record<string, Json> }): void;
	update(displayId: string, bundle: MimeBundle, metadata: Record<string, Json>): void;
	clear(wait: boolean): void;
	/** An error that no `await` of the cell saw: an unhandled rejection, a throw in a timer. */
	error(error: CellError): void;
	/** A comm message to the front ends. */
	comm(packet: CommPacket): void;
	/** Asks the reader for a line. Rejects where the front end cannot ask, with InputCancelled at the stop button. */
	input(prompt: string, password: boolean): Promise<string>;
}

/** The main thread's side of a session, as the transport thread sees it: runs one cell at a time. */
export interface CellRunner {
	/** @param notebookCell what the front end calls the cell, the same each time it is run; undefined where it does not say */
	run(cell: CompiledCell, output: CellOutput, notebookCell?: string): Promise<RunOutcome>;
	/**
	 * Hands a front end's comm message over. Resolves when it is dealt with; what a callback does later is not waited
	 * for. Comm messages that are sent meanwhile, in answer to it, go to `output`.
	 */
	comm(packet: CommPacket, output: Pick<CellOutput, "comm">): Promise<void>;
	/**
	 * The text of a value of the session, found without calling anything of the user's on the way. Undefined where there is
	 * none, and where the main thread does not answer at once.
	 */
	value(path: string[]): Promise<string | undefined>;
	/** A cell that imports these modules is being checked: what loading them does not let anybody see may be done meanwhile. */
	expect(modules: string[]): void;
	/** The names of a value's properties, found likewise: none where the main thread does not answer at once. */
	keys(path: string[]): Promise<ValueKey[]>;
	/** Stops the cell that runs, and every callback, whatever they do. Resolves when it has stopped. */
	interrupt(): Promise<void>;
}

export type RunOutcome =
	| { status: "ok"; result?: MimeBundle; metadata?: Record<string, Json> }
	| { status: "error"; error: CellError }
	/** The stop button ended the cell. */
	| { status: "interrupted"; error: CellError };

/** A request of the Debug Adapter Protocol, or one of those that Jupyter adds to it. */
export interface DebugRequest {
	seq: number;
	command: string;
	arguments?: Record<string, unknown>;
}

export interface DebugReply {
	type: "response";
	seq: number;
	request_seq: number;
	command: string;
	success: boolean;
	/** Why there was no success. */
	message?: string;
	body: Record<string, unknown>;
}

export interface DebugEvent {
	type: "event";
	seq: number;
	event: string;
	body: Record<string, unknown>;
}

/** The debugger of a session, on the transport thread. */
export interface CellDebugger {
	/** Requests are answered in their order. `tell` is called for events, until the next request brings another. */
	request(request: DebugRequest, tell: (event: DebugEvent) => void): Promise<DebugReply>;
	/** Lets go of the main thread: it could not end. */
	close(): void;
}
