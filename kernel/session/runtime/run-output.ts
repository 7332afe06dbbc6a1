import type { Json, MimeBundle } from "../../display/mime";
import { currentOutput, type Output } from "../../display/output";
import type { CellError } from "../../requests/contract";
import type { ToTransport } from "./protocol";

/** What one cell may print, in UTF-16 units. More would not reach a reader, but stall the page. */
const textLimit = 16 * 2 ** 20;

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

export function isInterruption(error: unknown): boolean {
	// The second comes from a SIGINT while the synchronous part of a cell runs.
	return error instanceof Stopped || (error as { code?: unknown } | null)?.code === "ERR_SCRIPT_EXECUTION_INTERRUPTED";
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
	) {}

	stream(name: "stdout" | "stderr", text: string): void {
		this.check();
		if (this.#printed > textLimit) return;
		this.#printed += text.length;
		this.post({ kind: "stream", run: this.run, name, text });
		if (this.#printed > textLimit) {
			const note = `\n[gradbook] this cell has printed ${textLimit / 2 ** 20} million characters; the rest is not shown\n`;
			this.post({ kind: "stream", run: this.run, name: "stderr", text: note });
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
		return new RunOutput(this.run, this.post);
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
		this.#ending?.abort();
	}

	get ending(): AbortSignal {
		this.#ending ??= new AbortController();
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
