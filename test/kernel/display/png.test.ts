import fc from "fast-check";
import { expect, test } from "vitest";
import { encodePng } from "../../../dist/kernel/display";
import { decodePng } from "../support/png";

test("any image comes back from its file", () => {
	const images = fc
		.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }), fc.constantFrom(1, 2, 3, 4))
		.chain(([width, height, channels]) =>
			fc.record({
				width: fc.constant(width),
				height: fc.constant(height),
				channels: fc.constant(channels as 1 | 2 | 3 | 4),
				data: fc.uint8Array({ minLength: width * height * channels, maxLength: width * height * channels }),
			}),
		);
	fc.assert(
		fc.property(images, (image) => {
			expect(decodePng(encodePng(image))).toEqual({ ...image, data: [...image.data] });
		}),
	);
});

test("signature and chunks are those of the standard", () => {
	// The smallest grey image, checked against what libpng writes but for compression.
	const file = encodePng({ width: 1, height: 1, channels: 1, data: Uint8Array.of(0) });
	expect(file.subarray(0, 33).toString("hex")).toBe(
		"89504e470d0a1a0a0000000d4948445200000001000000010800000000" + "3a7e9b55",
	);
	expect(file.subarray(-12).toString("hex")).toBe("0000000049454e44ae426082");
});

test("a smooth picture is small: rows are predicted", () => {
	const data = Uint8Array.from({ length: 256 * 256 }, (_, i) => ((i % 256) + Math.floor(i / 256)) & 255);
	expect(encodePng({ width: 256, height: 256, channels: 1, data }).length).toBeLessThan(1000);
});

test("sizes that do not fit are refused with what was expected", () => {
	expect(() => encodePng({ width: 2, height: 2, channels: 3, data: new Uint8Array(4) })).toThrow(
		"[png] 4 bytes for 2 × 2 pixels of 3 channels, expected 12",
	);
	expect(() => encodePng({ width: 0, height: 2, channels: 1, data: new Uint8Array(0) })).toThrow("0 × 2 pixels");
});
