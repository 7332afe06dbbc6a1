import { flushOutput } from "./live";
import type { MimeBundle } from "./mime";
import type { Output } from "./output";
import { shared } from "./shared";

/** The two streams of a terminal, as far as they are needed here. */
export interface Screen {
	write(name: "stdout" | "stderr", text: string): void;
	/** Whether the cursor can be moved: a terminal, not a file or a pipe. */
	readonly interactive: boolean;
	readonly columns: number;
	readonly rows: number;
}

interface Block {
	id: string | undefined;
	lines: string[];
}

/**
 * Output as text. What was shown last stays live until something else is printed: on a terminal its updates are drawn
 * in place, elsewhere only its last state is written. An update of something that is live no more is shown anew below.
 */
export class TerminalOutput implements Output {
	readonly rich = false;
	#live: Block[] = [];
	#clearNext = false;
	/** Whether the cursor stands at the beginning of a line. */
	#lineStart = true;

	constructor(private readonly screen: Screen) {}

	stream(name: "stdout" | "stderr", text: string): void {
		if (text === "") return;
		this.#clearIfAsked();
		this.settle();
		this.screen.write(name, text);
		this.#lineStart = text.endsWith("\n");
	}

	display(bundle: MimeBundle, options: { displayId?: string } = {}): void {
		this.#clearIfAsked();
		const block = { id: options.displayId, lines: this.#fit(bundle) };
		if (this.#height() + block.lines.length >= this.screen.rows - 1) this.settle();
		if (this.screen.interactive) this.#draw([block]);
		this.#live.push(block);
	}

	update(displayId: string, bundle: MimeBundle): void {
		const first = this.#live.findIndex((block) => block.id === displayId);
		if (first < 0) {
			this.display(bundle, { displayId });
			return;
		}
		const changed = this.#live.slice(first);
		const height = heightOf(changed);
		const lines = this.#fit(bundle);
		for (const block of changed) if (block.id === displayId) block.lines = lines;
		if (this.screen.interactive) {
			this.#erase(height);
			this.#draw(changed);
		}
	}

	clear(wait: boolean): void {
		if (wait) {
			this.#clearNext = true;
			return;
		}
		if (this.screen.interactive) this.#erase(this.#height());
		this.#live = [];
	}

	/** What is live stays as it is now: the next text comes below it. */
	settle(): void {
		if (this.#live.length === 0) return;
		const blocks = this.#live;
		this.#live = [];
		if (!this.screen.interactive) this.#draw(blocks);
	}

	/** Whether the next text begins a line. */
	get lineStart(): boolean {
		return this.#lineStart;
	}

	/** Notes text that went to the screen by another way. */
	passed(text: string): void {
		this.#lineStart = text.endsWith("\n");
	}

	#clearIfAsked(): void {
		if (!this.#clearNext) return;
		this.#clearNext = false;
		this.clear(false);
	}

	#height(): number {
		return heightOf(this.#live);
	}

	/** Lines of a bundle's text. On a terminal none is wider than it, or the cursor could not find the way back. */
	#fit(bundle: MimeBundle): string[] {
		const lines = bundle["text/plain"].split("\n");
		if (!this.screen.interactive) return lines;
		const width = Math.max(10, this.screen.columns - 1);
		return lines.map((line) => (line.length > width ? `${line.slice(0, width - 1)}…` : line));
	}

	#draw(blocks: Block[]): void {
		const lines = blocks.flatMap((block) => block.lines);
		this.screen.write("stdout", `${this.#lineStart ? "" : "\n"}${lines.join("\n")}\n`);
		this.#lineStart = true;
	}

	#erase(lines: number): void {
		if (lines > 0) this.screen.write("stdout", `\u001b[${lines}A\r\u001b[J`);
	}
}

function heightOf(blocks: Block[]): number {
	return blocks.reduce((sum, block) => sum + block.lines.length, 0);
}

/** The terminal of this process, for programs that run without a kernel. */
export function terminal(): TerminalOutput {
	return shared("terminal", openTerminal);
}

function openTerminal(): TerminalOutput {
	const { stdout, stderr } = process;
	const write = { stdout: stdout.write.bind(stdout), stderr: stderr.write.bind(stderr) };
	const screen: Screen = {
		write: (name, text) => void write[name](text),
		get interactive() {
			return stdout.isTTY === true;
		},
		get columns() {
			return stdout.columns || 80;
		},
		get rows() {
			return stdout.rows || 1000;
		},
	};
	const output = new TerminalOutput(screen);
	// A program's own console.log between two updates must neither be overwritten nor come before what was shown first.
	for (const stream of [stdout, stderr]) {
		const original = stream.write.bind(stream) as (...args: unknown[]) => boolean;
		stream.write = ((chunk: unknown, ...rest: unknown[]) => {
			output.settle();
			output.passed(typeof chunk === "string" ? chunk : Buffer.from(chunk as Uint8Array).toString("latin1"));
			return original(chunk, ...rest);
		}) as typeof stream.write;
	}
	process.once("exit", () => {
		flushOutput(output);
		output.settle();
	});
	return output;
}
