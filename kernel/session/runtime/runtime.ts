import { display } from "../../display/display";
import { formatResult } from "../../display/format";
import { setHost } from "../../display/host";
import { setStackReader } from "../../display/inspect";
import { flushOutput } from "../../display/live";
import { withOutput } from "../../display/output";
import type { CellError, CompiledCell, RunOutcome } from "../../requests/contract";
import { moduleSourceMaps } from "../sourceMaps";
import { AsyncStack } from "./async-stack";
import { Callbacks } from "./callbacks";
import { captureStreams } from "./capture";
import type { KernelAddon, Written } from "./descriptors";
import { Executor } from "./executor";
import { inputFunctions } from "./input";
import { keepListening } from "./leaving";
import { plainPromises } from "./promises";
import {
	afterStop,
	beforeTermination,
	debugTools,
	interruptFlag,
	leftoverProbe,
	readableStacks,
	signal,
	type ToMain,
	type ToTransport,
} from "./protocol";
import { answerQuestions } from "./questions";
import { currentRun, interruption, isInterruption, RunOutput } from "./run-output";
import { stopTimersWithCells } from "./timers";
import { valueKeys, valueText } from "./value";
import { stopWorkersWithCells } from "./workers";

export interface RuntimeOptions {
	/** Where the notebook lies: imports are resolved from here. */
	folder: string;
	signals: Int32Array;
	/** This thread's end of the line for answers to input requests. */
	answers: import("node:worker_threads").MessagePort;
	post(message: ToTransport): void;
	/** Ends the process. */
	exit(code: number): void;
	/** Takes what was written to descriptors 1 and 2 (descriptors.ts); undefined where they are not captured. */
	take?(): Written | number;
	/** The kernel's addon; undefined where it does not load. */
	addon?: KernelAddon;
	/** A thrown value in the coordinates of the cells. */
	describeError(error: unknown, cells: ReadonlyMap<string, CompiledCell>): CellError;
	/** What a debugger needs on this thread; loaded when one asks. */
	debugTools?(session: DebuggedSession): object;
	/** A text with V8's stacks in it, its places in the coordinates of the cells. */
	readableStacks(text: string, cells: ReadonlyMap<string, CompiledCell>): string;
}

/** What a debugger sees of the session. */
export interface DebuggedSession {
	/** The names with their values. Assigning reaches the cells. */
	names: Record<string, unknown>;
	declare(name: string, value: unknown): void;
	cells: ReadonlyMap<string, CompiledCell>;
	moduleSourceMap(file: string): string | undefined;
}

/** Cells without declarations that errors may still name. */
const keptPassing = 500;

/** The main thread's part of a kernel: runs compiled cells. */
export class Runtime {
	readonly #options: RuntimeOptions;
	readonly #cells = new Map<string, CompiledCell>();
	readonly #executor: Executor;
	readonly #asyncStack = new AsyncStack();
	readonly #streams: ReturnType<typeof captureStreams>;
	readonly #callbacks: Callbacks;
	/** Runs that are under way: cells of subshells take turns where they await. */
	readonly #running = new Map<number, { output: RunOutput; end(outcome: RunOutcome): void }>();
	/** Cells that declare nothing, oldest first: what they were is forgotten some time. */
	readonly #passing: string[] = [];
	readonly #outputs: FinalizationRegistry<number>;
	#latest: RunOutput | undefined;

	constructor(options: RuntimeOptions) {
		this.#options = options;
		this.#executor = new Executor(options.folder);
		this.#callbacks = new Callbacks(
			options.post,
			(error) => this.#describe(error),
			() => this.#latest?.run ?? 0,
		);
		setHost(this.#callbacks);
		this.#outputs = new FinalizationRegistry((run) => options.post({ kind: "gone", run }));
		const readStacks = (text: string) => options.readableStacks(text, this.#cells);
		this.#streams = captureStreams(readStacks);
		setStackReader(readStacks);
		Object.defineProperty(globalThis, Symbol.for(readableStacks), { value: readStacks, configurable: true });
		const counters = this.#asyncStack.counters;
		options.addon?.watchHeap(counters?.fields, counters?.places);
		plainPromises();
		stopTimersWithCells();
		stopWorkersWithCells();
		const { signals, answers, post } = options;
		const inputs = inputFunctions(signals, answers, post, (run) => this.#running.has(run));
		Object.assign(globalThis, { display }, inputs);
		answerQuestions((message) => inputs.prompt(message));
		const flag = new Int32Array(signals.buffer, signals.byteOffset + signal.interrupt * signals.BYTES_PER_ELEMENT, 1);
		Object.defineProperty(globalThis, Symbol.for(interruptFlag), { value: flag });
		Object.defineProperty(globalThis, Symbol.for(beforeTermination), { value: () => this.#asyncStack.relax() });
		Object.defineProperty(globalThis, Symbol.for(leftoverProbe), { value: runsLeftover });
		let tools: object | undefined;
		const makeTools = () => {
			tools ??= options.debugTools?.(this.#debugged());
			return tools;
		};
		Object.defineProperty(globalThis, Symbol.for(debugTools), { value: makeTools });
		const late = (error: unknown) => this.#late(error);
		keepListening({ uncaughtException: late, unhandledRejection: late });
	}

	receive(message: ToMain): void {
		switch (message.kind) {
			case "run":
				this.#run(message.run, message.cell, message.notebookCell);
				break;
			case "engine":
				this.#executor.loadEngine();
				break;
			case "comm":
				this.#callbacks.receive(message.request, message.packet);
				break;
			case "interrupt":
				this.#interrupt(message.error);
				this.#options.post({ kind: "interrupted", turn: message.turn });
				break;
			case "show":
			case "keys": {
				const look = message.kind === "show" ? valueText : valueKeys;
				this.#options.post({ kind: "value", turn: message.turn, found: look(this.#executor.names, message.path) });
				break;
			}
			case "ping":
				this.#asyncStack.clear();
				this.#options.post({ kind: "pong", turn: message.turn });
				break;
			case "exit":
				this.#options.exit(0);
		}
	}

	#run(run: number, cell: CompiledCell, notebookCell: string | undefined): void {
		const output = new RunOutput(run, (message) => this.#postInOrder(message), notebookCell);
		this.#remember(cell);
		this.#outputs.register(output, run);
		this.#latest = output;
		if (this.#running.size === 0) this.#streams.endGroups();
		const end = (outcome: RunOutcome) => {
			if (this.#running.delete(run)) this.#postInOrder({ kind: "done", run, outcome });
		};
		this.#running.set(run, { output, end });
		if (notebookCell !== undefined) withOutput(output, () => this.#callbacks.runAgain(notebookCell));
		void withOutput(output, () => this.#execute(cell, output)).then(end);
	}

	#debugged(): DebuggedSession {
		return {
			names: this.#executor.names,
			declare: (name, value) => this.#executor.declare(name, value),
			cells: this.#cells,
			moduleSourceMap: (file) => moduleSourceMaps.get(file),
		};
	}

	/** For errors, which name lines of cells. */
	#remember(cell: CompiledCell): void {
		this.#cells.set(cell.file, cell);
		if (cell.declares.length > 0) return;
		this.#passing.push(cell.file);
		if (this.#passing.length > keptPassing) this.#cells.delete(this.#passing.shift()!);
	}

	/** What native code and child processes have written comes first: they were first. */
	#postInOrder(message: ToTransport): void {
		const { post, take } = this.#options;
		const written = take?.();
		message.order = typeof written === "object" ? written.order : written;
		if (typeof written === "object") post({ kind: "written", written, order: written.order });
		post(message);
	}

	async #execute(cell: CompiledCell, output: RunOutput): Promise<RunOutcome> {
		try {
			const { value } = await this.#executor.run(cell);
			const result = await formatResult(value);
			flushOutput(output);
			if (!this.#pressed()) return { status: "ok", result };
		} catch (error) {
			flushQuietly(output);
			if (!isInterruption(error) && !this.#pressed()) return { status: "error", error: this.#describe(error) };
		}
		output.stop();
		return { status: "interrupted", error: interruption };
	}

	/** The stop button was faster than the cell's end: a program that it has ended, a native operation that came back early. */
	#pressed(): boolean {
		return Atomics.load(this.#options.signals, signal.interrupt) === 1;
	}

	/** Ends the cells that run and all callbacks. What terminated JavaScript, if anything did, has left a promise hanging. */
	#interrupt(error: CellError): void {
		this.#asyncStack.clear();
		const undo = (globalThis as unknown as Record<symbol, (() => void)[] | undefined>)[Symbol.for(afterStop)];
		for (const step of undo ?? []) step();
		this.#executor.forgetUnfinished();
		const ended = this.#callbacks.interrupt(error) + this.#running.size;
		if (error.ename !== interruption.ename) {
			this.#options.addon?.takeHeapBack();
			// A timer of a cell that has ended has filled the heap.
			if (ended === 0) this.#latest?.error(error);
		}
		for (const { output, end } of [...this.#running.values()]) {
			withOutput(output, () => flushQuietly(output));
			output.stop();
			end({ status: "interrupted", error });
		}
	}

	/** An error that nothing awaited belongs to the cell whose code threw it. */
	#late(error: unknown): void {
		if (isInterruption(error)) return;
		(currentRun() ?? this.#latest)?.error(this.#describe(error));
	}

	#describe(error: unknown): CellError {
		return this.#options.describeError(error, this.#cells);
	}
}

function runsLeftover(): boolean {
	return currentRun()?.stopped === true;
}

function flushQuietly(output: RunOutput): void {
	try {
		flushOutput(output);
	} catch {
		// The cell's own error is the one to show.
	}
}
