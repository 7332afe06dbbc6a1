import { type Runtime, Session } from "node:inspector";
import { setTimeout as sleep } from "node:timers/promises";
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { CommPacket } from "../../display/host";
import type { CellError, CellOutput, CellRunner, CompiledCell, RunOutcome, ValueKey } from "../../requests/contract";
import { InputCancelled } from "../../requests/stdin";
import { debug, log, writeLog } from "../../wire/log";
import { CapturedText } from "./captured";
import { signalChildren } from "./children";
import type { Written } from "./descriptors";
import {
	beforeTermination,
	type InputAnswer,
	kernelEnds,
	leftoverProbe,
	limitNote,
	type StreamName,
	signal,
	type ToMain,
	type ToTransport,
	type TransportData,
	textLimit,
} from "./protocol";
import { interruption } from "./run-output";

/** How long the main thread has to obey the stop button by itself before its JavaScript is terminated, in milliseconds. */
const graceMs = 15;
/** How long after a termination the main thread may stay silent before it is terminated again. */
const patienceMs = 100;
/** How long a reader who asks for a value waits for the main thread, in milliseconds: a callback may hold it up. */
const valueMs = 1000;
/** Programs that the main thread waits for are asked to stop so many times before they are killed. */
const askingTries = 20;
/** How long to wait before looking again for what a stopped cell has left behind. */
const restMs = 250;

/** How much of the standard error is kept for the case that the process ends, in UTF-16 units. */
const lastErrorsLength = 8000;

type Lines = Pick<TransportData, "signals" | "inputPort">;

/** What a debugger does around runs, while it is attached. */
export interface RunWatcher {
	/** A cell is about to run. */
	before(cell: CompiledCell): Promise<void>;
	/** A run has ended. */
	after(): void;
	/** The stop button: what is paused goes on, and nothing pauses until the returned function is called. */
	release(): () => void;
}

/** The main thread, seen from the transport thread. */
export class MainThread implements CellRunner {
	readonly #port: MessagePort;
	readonly #lines: Lines;
	readonly #outputs = new Map<number, CellOutput>();
	readonly #answers = new Map<string, () => void>();
	readonly #values = new Map<number, (found: string | ValueKey[] | undefined) => void>();
	/** What was written to descriptors 1 and 2, and how much of it while the latest run was the latest. */
	readonly #captured = new CapturedText((name, text) => this.#written(name, text));
	#capturedLength = 0;
	/** The end of what was written to the standard error. */
	#lastErrors = "";
	/** Comm messages of front ends that the main thread has not dealt with yet. */
	readonly #comms = new Map<number, { output: Pick<CellOutput, "comm">; done(): void }>();
	/** Runs that are under way: one of each subshell at most. */
	readonly #runs = new Map<number, (outcome: RunOutcome) => void>();
	#lastRun = 0;
	#lastRequest = 0;
	#lastTurn = 0;
	#interruption: Promise<void> | undefined;
	/** Whether a cell was ever stopped. */
	#stopped = false;
	/** The main thread has its runtime. Before, it has none of what the inspector calls there, and a termination would end its start. */
	readonly ready: Promise<void>;
	watcher: RunWatcher | undefined;

	constructor(port: MessagePort, lines: Lines) {
		this.#port = port;
		this.#lines = lines;
		port.on("message", (message: ToTransport) => this.#receive(message));
		this.ready = this.#begins();
	}

	async run(cell: CompiledCell, output: CellOutput, notebookCell?: string): Promise<RunOutcome> {
		// A termination that is still under way would hit this cell.
		await this.#interruption;
		await this.watcher?.before(cell);
		const run = ++this.#lastRun;
		this.#capturedLength = 0;
		this.#outputs.set(run, output);
		return new Promise((done) => {
			this.#runs.set(run, done);
			this.#post({ kind: "run", run, cell, notebookCell });
			if (this.#stopped) void this.#clearTheWay(run);
		});
	}

	expect(modules: string[]): void {
		// Of no other package: loading one may do anything, and a cell that does not pass the check has done nothing.
		if (modules.includes("gradbook")) this.#post({ kind: "engine" });
	}

	async comm(packet: CommPacket, output: Pick<CellOutput, "comm">): Promise<void> {
		await this.#interruption;
		const request = ++this.#lastRequest;
		return new Promise((done) => {
			this.#comms.set(request, { output, done });
			const buffers = packet.buffers.map((bytes) => bytes.buffer);
			this.#post({ kind: "comm", request, packet }, buffers);
		});
	}

	async value(path: string[]): Promise<string | undefined> {
		return (await this.#look("show", path)) as string | undefined;
	}

	async keys(path: string[]): Promise<ValueKey[]> {
		return ((await this.#look("keys", path)) ?? []) as ValueKey[];
	}

	async #look(kind: "show" | "keys", path: string[]): Promise<string | ValueKey[] | undefined> {
		const turn = ++this.#lastTurn;
		let found: string | ValueKey[] | undefined;
		this.#values.set(turn, (value) => {
			found = value;
			this.#answers.get(`value ${turn}`)?.();
		});
		this.#post({ kind, turn, path });
		await this.#answer(`value ${turn}`, valueMs);
		this.#values.delete(turn);
		return found;
	}

	/** @param error what the cells that run end with. Default: the stop button's. */
	interrupt(error: CellError = interruption): Promise<void> {
		this.#interruption ??= this.#interrupt(error).finally(() => {
			this.#interruption = undefined;
		});
		return this.#interruption;
	}

	/** Makes the main thread leave. It must be free: see `interrupt`. */
	exit(): void {
		this.#post({ kind: "exit" });
	}

	/**
	 * A pending await ends when the main thread reads the message. Where it does not come to read, its JavaScript is
	 * terminated: that stops everything but native code, and nothing can catch it.
	 */
	async #interrupt(error: CellError): Promise<void> {
		await this.ready;
		Atomics.store(this.#lines.signals, signal.interrupt, 1);
		this.#stopped = true;
		const restore = this.watcher?.release();
		const runs = [...this.#runs.keys()];
		let patience = graceMs;
		while (!(await this.#ask({ kind: "interrupt", error }, "interrupted", patience))) {
			const terminated = terminateMainThread();
			// V8 does not come to obey: native code runs there, and it may wait for a program.
			for (let tries = 0; !(await settles(terminated, patienceMs)); tries++) {
				signalChildren(tries < askingTries ? "SIGINT" : "SIGKILL");
			}
			patience = patienceMs;
		}
		// The answer comes after the runs' ends, unless a termination struck the main thread just where it tells of one.
		for (const run of runs) this.#end(run, { status: "interrupted", error });
		// A termination that came too late strikes whatever runs next, and with it perhaps a message: only an answer
		// shows that the next one will be read.
		while (!(await this.#ask({ kind: "ping" }, "pong", patienceMs))) await this.#terminateLeftover();
		Atomics.store(this.#lines.signals, signal.interrupt, 0);
		restore?.();
	}

	/**
	 * What a stopped cell has left behind can come back, a callback that was on its way, and loop: the next cell would
	 * never begin, or never go on. Nobody waits for such a loop any more, and so it is terminated.
	 */
	async #clearTheWay(run: number): Promise<void> {
		while (this.#runs.has(run)) {
			if (!(await this.#ask({ kind: "ping" }, "pong", patienceMs))) await this.#terminateLeftover();
			await sleep(restMs);
		}
	}

	/** Terminates what the main thread runs, if that belongs to a cell that was stopped. */
	async #terminateLeftover(): Promise<void> {
		if ((await callMainThread(leftoverProbe)) === true) await terminateMainThread();
	}

	/** Resolves with the main thread's first answer. */
	#begins(): Promise<void> {
		const turn = ++this.#lastTurn;
		this.#post({ kind: "ping", turn });
		return new Promise((resolve) => {
			this.#answers.set(`pong ${turn}`, () => {
				this.#answers.delete(`pong ${turn}`);
				resolve();
			});
		});
	}

	/** Whether the main thread answers a question within some time. */
	#ask(
		question: { kind: "interrupt"; error: CellError } | { kind: "ping" },
		answer: "interrupted" | "pong",
		withinMs: number,
	): Promise<boolean> {
		const turn = ++this.#lastTurn;
		this.#post({ ...question, turn });
		return this.#answer(`${answer} ${turn}`, withinMs);
	}

	#answer(key: string, withinMs: number): Promise<boolean> {
		return new Promise((resolve) => {
			const timer = setTimeout(() => {
				this.#answers.delete(key);
				resolve(false);
			}, withinMs);
			this.#answers.set(key, () => {
				clearTimeout(timer);
				this.#answers.delete(key);
				resolve(true);
			});
		});
	}

	/** The process ends, and no thread but this one does anything more: the cells that run are told why. */
	died(): void {
		this.#captured.take((written) => this.#found(written));
		const error = kernelEnds(this.#lastErrors);
		for (const run of [...this.#runs.keys()]) this.#end(run, { status: "error", error });
	}

	/** Shows also what is written to descriptors 1 and 2, which are captured. */
	watchOutput(): void {
		this.#captured.watch((written) => this.#found(written));
	}

	/** What the main thread has sent until then comes before what this thread has taken from the descriptors. */
	#found(written: Written): void {
		for (;;) {
			const received = receiveMessageOnPort(this.#port);
			const message = received?.message as ToTransport | undefined;
			const later = message === undefined || (message.order ?? 0) > written.order;
			if (later) this.#captured.receive(written);
			if (message !== undefined) this.#receive(message);
			if (later) return;
		}
	}

	/** Whoever writes to a descriptor does not say for which cell: the latest. */
	#written(name: StreamName, text: string): void {
		if (name === "stderr") this.#lastErrors = (this.#lastErrors + text).slice(-lastErrorsLength);
		const output = this.#outputs.get(this.#lastRun);
		if (output === undefined) writeLog(text);
		else if (this.#capturedLength <= textLimit) {
			this.#capturedLength += text.length;
			output.stream(name, text);
			if (this.#capturedLength > textLimit) output.stream("stderr", limitNote);
		}
	}

	#end(run: number, outcome: RunOutcome): void {
		const done = this.#runs.get(run);
		this.#runs.delete(run);
		this.watcher?.after();
		done?.(outcome);
	}

	#receive(message: ToTransport): void {
		switch (message.kind) {
			case "written":
				this.#captured.receive(message.written);
				return;
			case "interrupted":
			case "pong":
				this.#answers.get(`${message.kind} ${message.turn}`)?.();
				return;
			case "value":
				this.#values.get(message.turn)?.(message.found);
				return;
			case "done":
				this.#end(message.run, message.outcome);
				return;
			case "gone":
				if (message.run !== this.#lastRun) this.#outputs.delete(message.run);
				return;
			case "handled": {
				const comm = this.#comms.get(message.request);
				this.#comms.delete(message.request);
				comm?.done();
				return;
			}
			case "comm": {
				const asked = message.request === undefined ? undefined : this.#comms.get(message.request);
				const output = asked?.output ?? this.#outputs.get(message.run);
				if (output === undefined) log(`${message.packet.type} of run ${message.run}, which never was`);
				else output.comm(message.packet);
				return;
			}
		}
		const output = this.#outputs.get(message.run);
		if (output === undefined) {
			log(`output of run ${message.run}, which never was`);
			return;
		}
		switch (message.kind) {
			case "stream":
				output.stream(message.name, message.text);
				break;
			case "display":
				output.display(message.bundle, { displayId: message.displayId, metadata: message.metadata });
				break;
			case "update":
				output.update(message.displayId, message.bundle, message.metadata ?? {});
				break;
			case "clear":
				output.clear(message.wait);
				break;
			case "error":
				output.error(message.error);
				break;
			case "input":
				void this.#input(output, message.prompt, message.password);
				break;
		}
	}

	async #input(output: CellOutput, prompt: string, password: boolean): Promise<void> {
		let answer: InputAnswer;
		try {
			answer = { value: await output.input(prompt, password) };
		} catch (error) {
			answer = error instanceof InputCancelled ? { interrupted: true } : { refused: (error as Error).message };
		}
		this.#lines.inputPort.postMessage(answer);
		Atomics.store(this.#lines.signals, signal.input, 1);
		Atomics.notify(this.#lines.signals, signal.input);
	}

	#post(message: ToMain, transfer: ArrayBuffer[] = []): void {
		this.#port.postMessage(message, transfer);
	}
}

/** Whether a promise settles within some time. */
async function settles(promise: Promise<unknown>, withinMs: number): Promise<boolean> {
	const clock = new AbortController();
	const late = sleep(withinMs, false, { signal: clock.signal });
	late.catch(() => {});
	try {
		return await Promise.race([promise.then(() => true), late]);
	} finally {
		clock.abort();
	}
}

/** Stops the JavaScript that the main thread runs, wherever it is. Resolves when V8 has seen to it. */
async function terminateMainThread(): Promise<void> {
	await callMainThread(beforeTermination);
	await inspectMainThread("Runtime.terminateExecution");
}

/** Calls a global function of the main thread, in the middle of whatever runs there. */
async function callMainThread(name: string): Promise<unknown> {
	const expression = `globalThis[Symbol.for(${JSON.stringify(name)})]()`;
	const answer = await inspectMainThread("Runtime.evaluate", { expression, returnByValue: true });
	return answer?.result.value;
}

/**
 * A command to the main thread's inspector, which obeys also while JavaScript runs there. Undefined where it could not:
 * a termination was under way already, or the command itself was struck by one. Callers look again.
 */
async function inspectMainThread(
	method: "Runtime.evaluate" | "Runtime.terminateExecution",
	parameters?: Runtime.EvaluateParameterType,
): Promise<Runtime.EvaluateReturnType | undefined> {
	const session = new Session();
	session.connectToMainThread();
	try {
		return await new Promise((resolve) => {
			session.post(method as "Runtime.evaluate", parameters, (error, result) => {
				if (error) debug(`${method}: ${error.message}`);
				resolve(error ? undefined : result);
			});
		});
	} finally {
		session.disconnect();
	}
}
