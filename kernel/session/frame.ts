import { codePointsBefore, splitLines } from "./text";

/*
 * How an error names a place in a cell: "Cell [3], line 7, column 12", and the lines around it with carets. Used for
 * errors found before running (transport thread) and for thrown ones (main thread).
 */

const csi = "\u001b[";
export const red = (text: string): string => `${csi}31m${text}${csi}39m`;
export const green = (text: string): string => `${csi}32m${text}${csi}39m`;
export const cyan = (text: string): string => `${csi}36m${text}${csi}39m`;
export const dim = (text: string): string => `${csi}2m${text}${csi}22m`;
export const bold = (text: string): string => `${csi}1m${text}${csi}22m`;

/** Lines shown before the one an error points to. */
const linesBefore = 2;
/** Of a longer line only the part around the error is shown. */
const maximalWidth = 160;

/** `Cell [3], line 7, column 12`; line and column 0-based in UTF-16 units, shown 1-based in code points. */
export function placeName(executionCount: number, source: string, line: number, column?: number): string {
	const where = `Cell [${executionCount}], line ${line + 1}`;
	if (column === undefined) return where;
	return `${where}, column ${codePointsBefore(splitLines(source)[line] ?? "", column) + 1}`;
}

/** The line of an error with its number, two lines before it, and carets under the columns (0-based, UTF-16). */
export function codeFrame(source: string, line: number, column: number, endColumn = column + 1): string[] {
	const lines = splitLines(source);
	const first = Math.max(0, line - linesBefore);
	const width = String(line + 1).length;
	const frame: string[] = [];
	for (let at = first; at <= line && at < lines.length; at++) {
		const number = String(at + 1).padStart(width);
		if (at < line) {
			frame.push(dim(`    ${number} | ${clip(lines[at]!, 0, maximalWidth)}`));
			continue;
		}
		const text = lines[at]!;
		const from = column > maximalWidth - 20 ? wholeCharacter(text, column - Math.floor(maximalWidth / 2)) : 0;
		const to = Math.min(text.length, from + maximalWidth);
		const lead = text.slice(from, Math.min(column, to)).replace(/[^\t]/gu, blank);
		const marked = text.slice(column, Math.min(Math.max(endColumn, column + 1), to));
		const carets = "^".repeat(
			Math.max(
				1,
				Array.from(marked).reduce((sum, character) => sum + blank(character).length, 0),
			),
		);
		frame.push(`${red("  >")} ${number} | ${clip(text, from, to)}`);
		frame.push(`    ${" ".repeat(width)} | ${from > 0 ? " " : ""}${lead}${red(carets)}`);
	}
	return frame;
}

function clip(line: string, from: number, to: number): string {
	return (from > 0 ? "…" : "") + line.slice(from, to) + (to < line.length ? "…" : "");
}

/** Not the second half of a surrogate pair. */
function wholeCharacter(text: string, at: number): number {
	const unit = text.charCodeAt(at);
	return unit >= 0xdc00 && unit <= 0xdfff ? at - 1 : at;
}

const wide =
	/[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\uff01-\uff60]/u;

/** Blanks as wide as the character, so that carets stand under what they mean. */
function blank(character: string): string {
	return wide.test(character) ? "  " : " ";
}
