import { currentOutput, type Output } from "../../display/output";

/** Text that was written over this often is drawn anew before more is kept, in UTF-16 units. */
const keptText = 10_000;

/**
 * The line that a stream of a cell stands in: what terminals offer, and @types/node promises of `process.stdout`, for
 * progress that is written over and over. A notebook's page knows carriage returns and nothing else of a terminal's, so the
 * rest is said by them: what is cleared is blanks.
 */
export class CursorLine {
	#output: Output | undefined;
	#text = "";

	/** Text has gone to the stream of the cell whose code is running. */
	wrote(text: string): void {
		const output = currentOutput();
		if (output !== this.#output) this.#text = "";
		this.#output = output;
		const end = text.lastIndexOf("\n");
		this.#text = end < 0 ? this.#text + text : text.slice(end + 1);
		if (this.#text.length > keptText) {
			const { characters, column } = this.#line();
			this.#text = `${characters.join("")}\r${characters.slice(0, column).join("")}`;
		}
	}

	/** `clearLine`: the whole line, or what is left (-1) or right (1) of the cursor, which stays. */
	cleared(direction: number): string {
		const { characters, column } = this.#line();
		const [from, to] = direction < 0 ? [0, column] : [direction > 0 ? column : 0, characters.length];
		const left = characters.map((one, at) => (at >= from && at < to ? " " : one));
		return `\r${left.join("")}\r${left.slice(0, column).join("")}`;
	}

	/** `cursorTo`: what stands left of the column is written once more. */
	at(column: number): string {
		return `\r${this.#line().characters.slice(0, column).join("").padEnd(column)}`;
	}

	/** `moveCursor` within the line. */
	moved(columns: number): string {
		return this.at(Math.max(0, this.#line().column + columns));
	}

	#line(): { characters: string[]; column: number } {
		const characters: string[] = [];
		let column = 0;
		for (const character of this.#text.replaceAll(colours, "")) {
			if (character === "\r") column = 0;
			else if (character === "\b") column = Math.max(0, column - 1);
			else characters[column++] = character;
		}
		return { characters, column };
	}
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: ANSI colours are control characters
const colours = /\u001b\[[\d;]*m/g;

/** The methods of a terminal's stream that a cell's output can have. */
export function cursorMethods(line: CursorLine, write: (text: string) => boolean) {
	const written = (text: string, done?: () => void): boolean => {
		if (done !== undefined) process.nextTick(done);
		return write(text);
	};
	const inLine = (name: string, rows: number | undefined): void => {
		if (rows)
			throw new Error(`${name}: a cell's output has one line that can be written over; expected no rows, got ${rows}`);
	};
	return {
		clearLine: (direction: number, done?: () => void) => written(line.cleared(direction), done),
		cursorTo(column: number, row?: number | (() => void), done?: () => void) {
			inLine("cursorTo", typeof row === "function" ? undefined : row);
			return written(line.at(column), typeof row === "function" ? row : done);
		},
		moveCursor(columns: number, rows: number, done?: () => void) {
			inLine("moveCursor", rows);
			return written(line.moved(columns), done);
		},
	};
}
