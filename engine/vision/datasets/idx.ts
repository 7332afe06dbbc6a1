/*
 * IDX, the format of MNIST's files: two zero bytes, the element type, the number of dimensions, each dimension as a
 * big-endian 32-bit number, then the elements in row-major order. Only unsigned bytes (type 8) occur here.
 */

const unsignedByte = 0x08;

export interface IdxArray {
	shape: number[];
	/** The elements; shares memory with what was parsed. */
	data: Uint8Array;
}

/** Reads an IDX file of unsigned bytes. `name` stands in errors. */
export function parseIdx(bytes: Uint8Array, name: string): IdxArray {
	const wrong = (found: string, expected: string) =>
		new Error(`[datasets] ${name} is no IDX file of unsigned bytes: ${found}, expected ${expected}`);
	if (bytes.length < 4) throw wrong(`${bytes.length} bytes`, "at least a header of 4 bytes");
	const [zero0, zero1, type, rank] = bytes as unknown as [number, number, number, number];
	if (zero0 !== 0 || zero1 !== 0 || type !== unsignedByte) {
		const start = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
		throw wrong(`it begins with ${start}`, "00 00 08 and the number of dimensions");
	}
	const header = idxHeaderBytes(rank);
	if (rank === 0 || bytes.length < header) {
		throw wrong(`${bytes.length} bytes and ${rank} dimensions`, `a header of ${header} bytes`);
	}
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const shape = Array.from({ length: rank }, (_, dim) => view.getUint32(4 + 4 * dim));
	const elements = shape.reduce((product, size) => product * size, 1);
	if (bytes.length !== header + elements) {
		throw wrong(
			`${bytes.length} bytes`,
			`${header + elements} bytes for the shape [${shape.join(", ")}] in its header`,
		);
	}
	return { shape, data: bytes.subarray(header) };
}

export function idxHeaderBytes(rank: number): number {
	return 4 + 4 * rank;
}

/** An IDX file of unsigned bytes in this shape, its elements still zero, and a window on the elements. */
export function emptyIdx(shape: number[]): { file: Uint8Array; data: Uint8Array } {
	const header = idxHeaderBytes(shape.length);
	const file = new Uint8Array(shape.reduce((product, size) => product * size, 1) + header);
	const view = new DataView(file.buffer);
	view.setUint8(2, unsignedByte);
	view.setUint8(3, shape.length);
	shape.forEach((size, dim) => {
		view.setUint32(4 + 4 * dim, size);
	});
	return { file, data: file.subarray(header) };
}
