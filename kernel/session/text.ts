/*
 * Positions in cells. Jupyter counts code points, TypeScript and V8 count UTF-16 units; lines end at \n, \r\n or \r.
 * Imports nothing: the main thread uses it too.
 */

/** A place in a text: both 0-based, `column` in UTF-16 units of that line. */
export interface Place {
	line: number;
	column: number;
}

const lineBreak = /\r\n|\r|\n/;

export function splitLines(text: string): string[] {
	return text.split(lineBreak);
}

/** Every line break as \n, as JavaScript itself reads them, also in template literals. */
export function normalizeLines(text: string): string {
	return text.replace(/\r\n?/g, "\n");
}

/** The UTF-16 offset of a cursor that counts code points. A cursor behind the end means the end. */
export function offsetOfCursor(text: string, cursor: number): number {
	let offset = 0;
	for (let count = 0; count < cursor && offset < text.length; count++) {
		offset += text.codePointAt(offset)! > 0xffff ? 2 : 1;
	}
	return offset;
}

/** Code points in the first `offset` UTF-16 units of the text. */
export function codePointsBefore(text: string, offset: number): number {
	let count = 0;
	for (let at = 0; at < offset && at < text.length; count++) at += text.codePointAt(at)! > 0xffff ? 2 : 1;
	return count;
}

export function placeOfOffset(text: string, offset: number): Place {
	const before = splitLines(text.slice(0, offset));
	// A cursor between \r and \n stands at the end of its line.
	if (text[offset - 1] === "\r" && text[offset] === "\n") return placeOfOffset(text, offset - 1);
	return { line: before.length - 1, column: before.at(-1)!.length };
}

export function offsetOfPlace(text: string, place: Place): number {
	const breaks = /\r\n|\r|\n/g;
	let start = 0;
	for (let line = 0; line < place.line; line++) {
		if (breaks.exec(text) === null) return text.length;
		start = breaks.lastIndex;
	}
	return Math.min(start + place.column, text.length);
}
