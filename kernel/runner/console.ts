import { stripAnsi } from "../display/escape";
import { formatSeconds } from "../display/numbers";
import { type Screen, TerminalOutput } from "../display/terminal";
import type { Published } from "./outputs";

/** What a run tells the reader in the terminal: a line for each cell, its printed text, its progress bars in place. */
export class RunConsole {
	readonly #screen: Screen;
	readonly #output: TerminalOutput;
	/** Displays of the running cell that have been updated: progress bars and other live views. */
	readonly #live = new Set<string>();
	/** The number before the running cell's line, and whether that line still waits for its end. */
	#head = "";
	#headOpen = false;

	constructor(screen: Screen) {
		this.#screen = screen;
		this.#output = new TerminalOutput(screen);
	}

	/** `[3/12] const model = …` */
	begin(number: number, total: number, source: string): void {
		const width = Math.max(30, this.#screen.columns - 20);
		const first = firstLine(source);
		this.#head = `[${number}/${total}]`;
		this.#screen.write("stdout", `${this.#head} ${first.length > width ? `${first.slice(0, width - 1)}…` : first}`);
		this.#headOpen = true;
		this.#live.clear();
	}

	/** The time behind the cell's line, or in a line of its own below what the cell has printed. */
	end(seconds: number): void {
		const time = formatSeconds(seconds);
		if (this.#headOpen) this.#screen.write("stdout", `  ${time}\n`);
		else this.#output.stream("stdout", `${this.#output.lineStart ? "" : "\n"}${this.#head} ${time}\n`);
		this.#headOpen = false;
	}

	/** Shows what is worth seeing in a terminal: text, and live displays. Results and pictures are in the files. */
	message({ header, content }: Published): void {
		if (header.msg_type === "stream") {
			const { name, text } = content as { name: "stdout" | "stderr"; text: string };
			this.#openLine();
			this.#output.stream(name, this.#screen.interactive ? text : stripAnsi(text));
			return;
		}
		if (header.msg_type === "clear_output") this.#output.clear(content.wait === true);
		if (header.msg_type !== "update_display_data") return;
		const id = (content.transient as { display_id?: string } | undefined)?.display_id;
		const text = (content.data as Record<string, unknown> | undefined)?.["text/plain"];
		if (id === undefined || typeof text !== "string") return;
		this.#openLine();
		const bundle = { "text/plain": text.split("\n").slice(0, mostLiveLines).join("\n") };
		if (this.#live.has(id)) this.#output.update(id, bundle);
		else this.#output.display(bundle, { displayId: id });
		this.#live.add(id);
	}

	line(text: string): void {
		this.#openLine();
		this.#output.stream("stdout", `${this.#output.lineStart ? "" : "\n"}${text}\n`);
	}

	error(text: string): void {
		this.#openLine();
		this.#output.stream("stderr", `${this.#output.lineStart ? "" : "\n"}${text}\n`);
	}

	#openLine(): void {
		if (!this.#headOpen) return;
		this.#headOpen = false;
		this.#screen.write("stdout", "\n");
	}
}

/** Lines of one live display; a table that is updated belongs into the page. */
const mostLiveLines = 4;

/** The first line of a cell that says something: code before comments. */
export function firstLine(source: string): string {
	const lines = source
		.split("\n")
		.map((line) => line.trim())
		.filter((line) => line !== "");
	return lines.find((line) => !/^(\/\/|\/\*|\*)/.test(line)) ?? lines[0] ?? "";
}
