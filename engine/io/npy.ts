import { shapeText } from "../core/arguments";
import type { DType } from "../core/dtype";
import * as dtypes from "../core/dtype";
import { quoted } from "../core/signature";
import { Tensor } from "../core/tensor";
import { type ByteSource, FileFormatError, openSource, writeFileAtomically } from "./bytes";
import { bytesOfTensor, countOf, tensorFromBytes } from "./elements";
import { readEntry, readZip, type ZipLimits, zipPieces } from "./zip";

/* NumPy's files: a magic word, a header that is a Python dict, the elements; and archives of such files. */

interface Kind {
	dtype: DType;
	/** Bytes of an element in the file, where they differ from the dtype's: unsigned integers are widened. */
	widenFrom?: 2 | 4;
}

const kinds: Record<string, Kind> = {
	f8: { dtype: dtypes.float64 },
	f4: { dtype: dtypes.float32 },
	f2: { dtype: dtypes.float16 },
	i8: { dtype: dtypes.int64 },
	i4: { dtype: dtypes.int32 },
	i2: { dtype: dtypes.int16 },
	i1: { dtype: dtypes.int8 },
	u1: { dtype: dtypes.uint8 },
	b1: { dtype: dtypes.bool },
	u2: { dtype: dtypes.int32, widenFrom: 2 },
	u4: { dtype: dtypes.int64, widenFrom: 4 },
};
const descriptionOf = new Map<DType, string>([
	[dtypes.float64, "<f8"],
	[dtypes.float32, "<f4"],
	[dtypes.float16, "<f2"],
	[dtypes.int64, "<i8"],
	[dtypes.int32, "<i4"],
	[dtypes.int16, "<i2"],
	[dtypes.int8, "|i1"],
	[dtypes.uint8, "|u1"],
	[dtypes.bool, "|b1"],
]);

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

export function isNpy(start: Uint8Array): boolean {
	return magic.every((byte, i) => start[i] === byte);
}

/** An array as a tensor. uint16 and uint32, which no dtype holds, become int32 and int64. */
export function parseNpy(name: string, bytes: Uint8Array<ArrayBuffer>): Tensor {
	const fail = (problem: string): never => {
		throw new FileFormatError(name, problem);
	};
	if (bytes.length < 10 || !isNpy(bytes)) fail("is no .npy file");
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	const version = bytes[6]!;
	if (version < 1 || version > 3) fail(`is a .npy file of version ${version}; versions 1 to 3 can be read`);
	const wide = version > 1;
	const start = wide ? 12 : 10;
	if (bytes.length < start) fail("is cut off");
	const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
	if (start + length > bytes.length) fail(`is cut off: its header should have ${length} bytes`);
	const header = new TextDecoder().decode(bytes.subarray(start, start + length));
	const { order, code, fortran, shape } = parseHeader(header, fail);
	if (code === "O") fail("holds Python objects, which are not read");
	const kind = Object.hasOwn(kinds, code) ? kinds[code] : undefined;
	if (!kind) fail(`has elements of type ${quoted(code)}, which no dtype holds`);
	const { dtype, widenFrom } = kind as Kind;
	const count = countOf(shape, fail);
	const size = count * (widenFrom ?? dtype.itemsize);
	if (start + length + size > bytes.length) {
		fail(
			`is cut off: shape ${shapeText(shape)} needs ${size} bytes of elements, there are ${bytes.length - start - length}`,
		);
	}
	const data = bytes.slice(start + length, start + length + size);
	const dims = fortran ? [...shape].reverse() : shape;
	const tensor = widenFrom
		? tensorFromBytes(widened(data, widenFrom, order === ">"), dims, dtype)
		: tensorFromBytes(data, dims, dtype, order === ">");
	return fortran ? tensor.permute(shape.map((_, i) => shape.length - 1 - i)) : tensor;
}

function widened(data: Uint8Array<ArrayBuffer>, from: 2 | 4, bigEndian: boolean): Uint8Array<ArrayBuffer> {
	const view = new DataView(data.buffer);
	const count = data.length / from;
	const out = new DataView(new ArrayBuffer(count * from * 2));
	for (let i = 0; i < count; i++) {
		if (from === 2) out.setInt32(i * 4, view.getUint16(i * 2, !bigEndian), true);
		else out.setBigInt64(i * 8, BigInt(view.getUint32(i * 4, !bigEndian)), true);
	}
	return new Uint8Array(out.buffer);
}

/** The dict literal of a header: three entries, of known forms. */
function parseHeader(header: string, fail: (problem: string) => never) {
	const description = /'descr'\s*:\s*'([<>|=])([a-zA-Z]\d*)'/.exec(header);
	if (!description) {
		if (/'descr'\s*:\s*\[/.test(header)) fail("holds records, which are not read");
		fail(`has the header ${quoted(header.slice(0, 200))}`);
	}
	const fortran = /'fortran_order'\s*:\s*(True|False)/.exec(header);
	const shape = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(header);
	if (!fortran || !shape) fail(`has the header ${quoted(header.slice(0, 200))}`);
	const sizes = shape![1]!
		.split(",")
		.map((size) => size.trim().replace(/L$/, ""))
		.filter((size) => size !== "")
		.map(Number);
	return { order: description![1]!, code: description![2]!, fortran: fortran![1] === "True", shape: sizes };
}

function npyBytes(tensor: Tensor, label: string): Uint8Array {
	if (!(tensor instanceof Tensor)) throw new TypeError(`[save] ${label} must be a tensor, got ${quoted(tensor)}`);
	const description = descriptionOf.get(tensor.dtype);
	if (!description) throw new TypeError(`[save] NumPy has no ${tensor.dtype}: convert the tensor with .to() first`);
	const shape = tensor.shape;
	const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
	const dict = `{'descr': '${description}', 'fortran_order': False, 'shape': (${sizes}), }`;
	// The elements begin at a multiple of 64.
	const length = Math.ceil((10 + dict.length + 1) / 64) * 64 - 10;
	const data = bytesOfTensor(tensor);
	const out = new Uint8Array(10 + length + data.length);
	out.set(magic);
	out[6] = 1;
	new DataView(out.buffer).setUint16(8, length, true);
	out.set(new TextEncoder().encode(`${dict.padEnd(length - 1)}\n`), 10);
	out.set(data, 10 + length);
	return out;
}

type From = string | URL | Uint8Array | ArrayBuffer;

/** The array of a `.npy` file. */
export function loadNpy(from: From): Tensor {
	using source = openSource(from);
	return parseNpy(source.name, source.read(0, source.size));
}

/** Writes a tensor as a `.npy` file. */
export function saveNpy(tensor: Tensor, path: string | URL): void {
	writeFileAtomically(path, [npyBytes(tensor, "the value")]);
}

/** The arrays of a `.npz` file by name. */
export function loadNpz(from: From, limits: ZipLimits = {}): Record<string, Tensor> {
	using source = openSource(from);
	return readNpz(source, limits);
}

export function readNpz(source: ByteSource, limits: ZipLimits): Record<string, Tensor> {
	const arrays: Record<string, Tensor> = {};
	for (const [name, entry] of readZip(source)) {
		const value = parseNpy(`${source.name}, ${name}`, readEntry(source, entry, limits));
		const key = name.replace(/\.npy$/, "");
		Object.defineProperty(arrays, key, { value, enumerable: true, writable: true, configurable: true });
	}
	return arrays;
}

/** Writes tensors by name as a `.npz` file (not compressed). */
export function saveNpz(tensors: Readonly<Record<string, Tensor>>, path: string | URL): void {
	const entries = Object.entries(tensors).map(
		([name, tensor]) => [`${name}.npy`, npyBytes(tensor, JSON.stringify(name))] as const,
	);
	writeFileAtomically(path, zipPieces(entries));
}
