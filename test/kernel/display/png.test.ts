import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { encodePng } from "../../../dist/kernel/display";
import { recompressPng } from "../../../dist/kernel/display/png";
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

test("what was compressed in haste gets smaller and stays the same picture", () => {
	const data = Uint8Array.from({ length: 64 * 64 }, (_, i) => (i * i) & 15);
	const best = encodePng({ width: 64, height: 64, channels: 1, data });
	// Its pixels without compression, in two chunks, as a browser may write them.
	const raw = deflateSync(Buffer.concat(rowsOf(data, 64)), { level: 0 });
	const hasty = Buffer.concat([
		best.subarray(0, 33),
		...[raw.subarray(0, 1000), raw.subarray(1000)].map((part) => chunkOf("IDAT", part)),
		best.subarray(-12),
	]);
	expect(decodePng(hasty)).toEqual(decodePng(best));
	const smaller = recompressPng(hasty);
	expect(smaller.length).toBeLessThan(hasty.length / 2);
	expect(decodePng(smaller)).toEqual(decodePng(best));
	expect(recompressPng(smaller)).toEqual(smaller);
	expect(() => recompressPng(Buffer.from("GIF89a"))).toThrow("[png] expected a PNG file");
	expect(() => recompressPng(hasty.subarray(0, 500))).toThrow("[png] a file of 500 bytes ends within a chunk");
});

/** Rows with filter 0 before each. */
function rowsOf(data: Uint8Array, width: number): Buffer[] {
	const rows = Array.from({ length: data.length / width }, (_, y) => data.subarray(y * width, (y + 1) * width));
	return rows.map((row) => Buffer.concat([Buffer.of(0), row]));
}

/** A chunk whose check sum nobody reads here. */
function chunkOf(type: string, data: Buffer): Buffer {
	const length = Buffer.alloc(4);
	length.writeUInt32BE(data.length);
	return Buffer.concat([length, Buffer.from(type, "latin1"), data, Buffer.alloc(4)]);
}

test("sizes that do not fit are refused with what was expected", () => {
	expect(() => encodePng({ width: 2, height: 2, channels: 3, data: new Uint8Array(4) })).toThrow(
		"[png] 4 bytes for 2 × 2 pixels of 3 channels, expected 12",
	);
	expect(() => encodePng({ width: 0, height: 2, channels: 1, data: new Uint8Array(0) })).toThrow("0 × 2 pixels");
});
