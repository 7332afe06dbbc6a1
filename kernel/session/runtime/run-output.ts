import { setMaxListeners } from "node:events";
import type { Json, MimeBundle } from "../../display/mime";
import { currentOutput, type Output } from "../../display/output";
import type { CellError } from "../../requests/contract";
import { limitNote, type ToTransport, textLimit } from "./protocol";

/** Whether any cell was ever stopped: until then nothing needs to look whether its own was. */
let anyStopped = false;

/** What compiled code has awaited; throws where the cell whose code is running was stopped meanwhile. */
export function unlessStopped<T>(awaited?: T): T | undefined {
	if (anyStopped && currentRun()?.stopped) throw new Stopped();
	return awaited;
}

/** A cell was stopped, and what is left of it tries to show something. */
export class Stopped extends Error {
	override name = "KeyboardInterrupt";
	constructor() {
		super("the cell was stopped");
	}
}

export const interruption: CellError = {
	ename: "KeyboardInterrupt",
	evalue: "the cell was stopped",
	traceback: ["\u001b[31mKeyboardInterrupt\u001b[0m: the cell was stopped"],
};

/** Never throws, whatever a cell has thrown: a proxy's traps may. */
export function isInterruption(error: unknown): boolean {
	try {
		return error instanceof Stopped;
	} catch {
		return false;
	}
}

/** The run whose code is running, also where its output goes to a part of the cell's (a widget). */
export function currentRun(): RunOutput | undefined {
	let output = currentOutput();
	while (output !== undefined && !(output instanceof RunOutput)) output = output.inside;
	return output;
}

/** The output of one run, on the main thread: hands it to the transport thread at once, also from a loop that never yields. */
export class RunOutput implements Output {
	readonly rich = true;
	#printed = 0;
	#stopped = false;
	#ending: AbortController | undefined;

	constructor(
		readonly run: number,
		private readonly post: (message: ToTransport) => void,
		/** What the front end calls the cell, the same each time it is run. */
		readonly cell?: string,
	) {}

	stream(name: "stdout" | "stderr", text: string): void {
		this.check();
		if (this.#printed > textLimit) return;
		const shown = text.slice(0, textLimit - this.#printed);
		this.#printed += text.length;
		if (shown !== "") this.post({ kind: "stream", run: this.run, name, text: shown });
		if (this.#printed > textLimit) {
			this.post({ kind: "stream", run: this.run, name: "stderr", text: limitNote });
		}
	}

	display(bundle: MimeBundle, options: { displayId?: string; metadata?: Record<string, Json> } = {}): void {
		this.check();
		this.post({ kind: "display", run: this.run, bundle, displayId: options.displayId, metadata: options.metadata });
	}

	update(displayId: string, bundle: MimeBundle, metadata?: Record<string, Json>): void {
		this.check();
		this.post({ kind: "update", run: this.run, displayId, bundle, metadata });
	}

	clear(wait: boolean): void {
		this.check();
		this.post({ kind: "clear", run: this.run, wait });
	}

	fork(): RunOutput {
		return new RunOutput(this.run, this.post, this.cell);
	}

	error(error: CellError): void {
		if (!this.#stopped) this.post({ kind: "error", run: this.run, error });
	}

	/**
	 * The stop button ended the cell. What it started may still run, since nothing can end a promise from outside; the
	 * next time it shows something, it gets an exception instead, and so a training loop ends.
	 */
	stop(): void {
		this.#stopped = true;
		anyStopped = true;
		this.#ending?.abort();
	}

	get ending(): AbortSignal {
		if (this.#ending === undefined) {
			this.#ending = new AbortController();
			// A cell may start as many programs and threads as it likes.
			setMaxListeners(0, this.#ending.signal);
		}
		if (this.#stopped) this.#ending.abort();
		return this.#ending.signal;
	}

	get stopped(): boolean {
		return this.#stopped;
	}

	/** Throws where the cell was stopped: so a training loop ends that the button alone cannot end. */
	check(): void {
		if (this.#stopped) throw new Stopped();
	}
}
