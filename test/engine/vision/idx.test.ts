import { expect, test } from "vitest";
import { emptyIdx, parseIdx } from "../../../dist/engine/vision/datasets/idx";

test("what was written is read", () => {
	const { file, data } = emptyIdx([2, 3]);
	data.set([1, 2, 3, 4, 5, 6]);
	expect(parseIdx(file, "f")).toEqual({ shape: [2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
	expect([...file.subarray(0, 12)]).toEqual([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3]);
});

test("a file inside a larger buffer is read at its own place", () => {
	const { file } = emptyIdx([2]);
	const around = new Uint8Array(file.length + 7);
	around.set(file, 7);
	expect(parseIdx(around.subarray(7), "f").shape).toEqual([2]);
});

test.each([
	["empty", Uint8Array.of(), "0 bytes"],
	["of another kind", Uint8Array.of(0x1f, 0x8b, 8, 0, 1, 2, 3), "it begins with 1f 8b 08 00"],
	["of floats", Uint8Array.of(0, 0, 0x0d, 1, 0, 0, 0, 0), "it begins with 00 00 0d 01"],
	["without dimensions", Uint8Array.of(0, 0, 8, 0), "0 dimensions"],
	["cut in its header", Uint8Array.of(0, 0, 8, 3, 0, 0), "a header of 16 bytes"],
	["cut in its data", emptyIdx([4]).file.subarray(0, 10), "10 bytes, expected 12 bytes for the shape [4]"],
	["too long", Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 9, 9), "10 bytes, expected 9 bytes"],
	["with absurd sizes", Uint8Array.of(0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255), "12 bytes, expected"],
])("a file %s is refused by name", (_what, bytes, message) => {
	expect(() => parseIdx(bytes, "train.idx")).toThrow("train.idx is no IDX file of unsigned bytes");
	expect(() => parseIdx(bytes, "train.idx")).toThrow(message);
});
