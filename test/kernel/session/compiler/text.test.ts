import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codeFrame, placeName } from "../../../../dist/kernel/session/frame";
import {
	codePointsBefore,
	normalizeLines,
	offsetOfCursor,
	offsetOfPlace,
	placeOfOffset,
	splitLines,
} from "../../../../dist/kernel/session/text";
import { plain } from "./notebook";

const text = fc.stringMatching(/^(?:[a😀\n]|\r\n|\r){0,20}$/u);

describe("positions", () => {
	test("a cursor in code points and an offset in UTF-16 units are each other's inverse", () => {
		fc.assert(
			fc.property(text, fc.nat(20), (source, cursor) => {
				const inside = Math.min(cursor, Array.from(source).length);
				expect(codePointsBefore(source, offsetOfCursor(source, inside))).toBe(inside);
			}),
		);
	});
	test("line and column and an offset are each other's inverse", () => {
		fc.assert(
			fc.property(text, fc.nat(20), (source, at) => {
				const offset = Math.min(at, source.length);
				if (source[offset - 1] === "\r" && source[offset] === "\n") return;
				expect(offsetOfPlace(source, placeOfOffset(source, offset))).toBe(offset);
			}),
		);
	});
	test("a place is the same after line breaks were made alike", () => {
		fc.assert(
			fc.property(text, fc.nat(20), (source, at) => {
				const place = placeOfOffset(source, Math.min(at, source.length));
				const line = splitLines(source)[place.line]!;
				expect(splitLines(normalizeLines(source))[place.line]).toBe(line);
			}),
		);
	});
	test("beyond the end means the end", () => {
		expect(offsetOfCursor("ab", 9)).toBe(2);
		expect(offsetOfPlace("ab", { line: 4, column: 1 })).toBe(2);
	});
});

describe("frames", () => {
	const frame = (...values: Parameters<typeof codeFrame>): string => plain(codeFrame(...values));
	test("two lines before, carets under the columns", () => {
		expect(frame("a\nb\nc\nd + e\nf", 3, 4)).toBe("    2 | b\n    3 | c\n  > 4 | d + e\n      |     ^");
	});
	test("tabs stay tabs, wide characters are wide", () => {
		expect(frame("\t'😀漢' + x", 0, 9)).toBe("  > 1 | \t'😀漢' + x\n      | \t         ^");
		expect(frame("'😀'", 0, 0, 4)).toBe("  > 1 | '😀'\n      | ^^^^");
	});
	test("of a long line only the part that matters", () => {
		const shown = frame(`${"x".repeat(1000)}!${"y".repeat(1000)}`, 0, 1000).split("\n");
		expect(shown[0]!.length).toBeLessThan(180);
		expect(shown[0]![shown[1]!.indexOf("^")]).toBe("!");
	});
	test("names of places", () => {
		expect(placeName(3, "a\n😀b", 1, 2)).toBe("Cell [3], line 2, column 2");
		expect(placeName(3, "a", 0)).toBe("Cell [3], line 1");
	});
});
