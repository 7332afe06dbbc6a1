import { crc32, deflateSync, inflateSync } from "node:zlib";

/** Pixels row by row, one byte for each channel. */
export interface Pixels {
	width: number;
	height: number;
	/** 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA. */
	channels: 1 | 2 | 3 | 4;
	/** `width * height * channels` bytes. */
	data: Uint8Array | Uint8ClampedArray;
}

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const colourTypes = { 1: 0, 2: 4, 3: 2, 4: 6 } as const;

/** PNG file of an image (ISO/IEC 15948), 8 bits a channel. Throws a RangeError where size and data disagree. */
export function encodePng({ width, height, channels, data }: Pixels): Buffer {
	if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0)) {
		throw new RangeError(`[png] an image of ${width} × ${height} pixels; width and height must be whole and positive`);
	}
	if (data.length !== width * height * channels) {
		throw new RangeError(
			`[png] ${data.length} bytes for ${width} × ${height} pixels of ${channels} channels, expected ${width * height * channels}`,
		);
	}
	const header = Buffer.alloc(13);
	header.writeUInt32BE(width, 0);
	header.writeUInt32BE(height, 4);
	header.writeUInt8(8, 8);
	header.writeUInt8(colourTypes[channels], 9);
	return Buffer.concat([
		signature,
		chunk("IHDR", header),
		chunk("IDAT", deflateSync(filterRows(data, width * channels, height, channels), { level: 9 })),
		chunk("IEND", Buffer.alloc(0)),
	]);
}

/** The same picture in fewer bytes: browsers compress in haste. Throws a RangeError for what is no whole PNG file. */
export function recompressPng(png: Buffer): Buffer {
	if (!png.subarray(0, signature.length).equals(signature)) throw new RangeError("[png] expected a PNG file");
	const kept: Buffer[] = [signature];
	const pixels: Buffer[] = [];
	for (let at = signature.length; at < png.length; ) {
		const end = at + 12 + (at + 8 <= png.length ? png.readUInt32BE(at) : Number.POSITIVE_INFINITY);
		if (end > png.length) throw new RangeError(`[png] a file of ${png.length} bytes ends within a chunk`);
		const type = png.toString("latin1", at + 4, at + 8);
		if (type === "IDAT") pixels.push(png.subarray(at + 8, end - 4));
		else if (type !== "IEND") kept.push(png.subarray(at, end));
		at = end;
	}
	const data = deflateSync(inflateSync(Buffer.concat(pixels)), { level: 9 });
	const smaller = Buffer.concat([...kept, chunk("IDAT", data), chunk("IEND", Buffer.alloc(0))]);
	return smaller.length < png.length ? smaller : png;
}

/** Each row by the filter whose bytes are smallest in sum, the choice that the standard recommends (12.8). */
function filterRows(data: Uint8Array | Uint8ClampedArray, stride: number, height: number, step: number): Buffer {
	const result = Buffer.alloc((stride + 1) * height);
	const candidate = Buffer.alloc(stride);
	for (let y = 0; y < height; y++) {
		const row = y * stride;
		const target = y * (stride + 1);
		let best = Number.POSITIVE_INFINITY;
		for (let filter = 0; filter < 5; filter++) {
			let sum = 0;
			for (let x = 0; x < stride && sum < best; x++) {
				const left = x >= step ? data[row + x - step]! : 0;
				const up = y > 0 ? data[row + x - stride]! : 0;
				const corner = x >= step && y > 0 ? data[row + x - stride - step]! : 0;
				const byte = (data[row + x]! - predict(filter, left, up, corner)) & 0xff;
				candidate[x] = byte;
				sum += byte < 128 ? byte : 256 - byte;
			}
			if (sum < best) {
				best = sum;
				result[target] = filter;
				candidate.copy(result, target + 1);
			}
		}
	}
	return result;
}

function predict(filter: number, left: number, up: number, corner: number): number {
	switch (filter) {
		case 1:
			return left;
		case 2:
			return up;
		case 3:
			return (left + up) >> 1;
		case 4: {
			const estimate = left + up - corner;
			const toLeft = Math.abs(estimate - left);
			const toUp = Math.abs(estimate - up);
			const toCorner = Math.abs(estimate - corner);
			if (toLeft <= toUp && toLeft <= toCorner) return left;
			return toUp <= toCorner ? up : corner;
		}
		default:
			return 0;
	}
}

function chunk(type: string, data: Buffer): Buffer {
	const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
	const result = Buffer.alloc(body.length + 8);
	result.writeUInt32BE(data.length, 0);
	body.copy(result, 4);
	result.writeUInt32BE(crc32(body), body.length + 4);
	return result;
}
