import type { DType } from "../core/dtype";
import * as dtypes from "../core/dtype";
import { quoted } from "../core/signature";
import { Tensor } from "../core/tensor";
import { type ByteSource, FileFormatError, openSource, writeFileAtomically } from "./bytes";
import { bytesOfTensor, countOf, tensorFromBytes } from "./elements";

/*
 * safetensors: the length of a JSON header in 8 bytes, the header, then the tensors without a gap. There is nothing to
 * run in such a file, and every byte of it is accounted for.
 */

const byName: Record<string, DType> = {
	F64: dtypes.float64,
	F32: dtypes.float32,
	F16: dtypes.float16,
	BF16: dtypes.bfloat16,
	I64: dtypes.int64,
	I32: dtypes.int32,
	I16: dtypes.int16,
	I8: dtypes.int8,
	U8: dtypes.uint8,
	BOOL: dtypes.bool,
};
const nameOf = new Map(Object.entries(byName).map(([name, dtype]) => [dtype, name]));

/** The format's own limit. */
const maxHeader = 100_000_000;

interface Entry {
	name: string;
	dtype: DType;
	shape: number[];
	begin: number;
	end: number;
}

interface Header {
	entries: Entry[];
	metadata: Record<string, string>;
	/** Where the tensors begin. */
	start: number;
}

function readHeader(source: ByteSource): Header {
	const fail = (problem: string): never => {
		throw new FileFormatError(source.name, problem);
	};
	if (source.size < 8) fail("is too short for a safetensors file");
	const length = new DataView(source.read(0, 8).buffer).getBigUint64(0, true);
	if (length > BigInt(maxHeader)) {
		fail(
			`is none of the formats of tensors (safetensors, PyTorch's .pt, .npy, .npz): as safetensors its header would have ${length} bytes; at most ${maxHeader} are allowed`,
		);
	}
	if (8 + Number(length) > source.size) {
		fail(`is cut off or no safetensors file: its header should have ${length} bytes, the file has ${source.size}`);
	}
	const start = 8 + Number(length);
	let json: unknown;
	try {
		json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(source.read(8, Number(length))));
	} catch (error) {
		fail(`has a damaged safetensors header: ${(error as Error).message}`);
	}
	if (!isRecord(json)) fail("has a safetensors header that is no object");
	const { __metadata__: metadata = {}, ...tensors } = json as Record<string, unknown>;
	if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === "string")) {
		fail("has __metadata__ that is no object of strings");
	}
	const entries = Object.entries(tensors).map(([name, value]) => entryOf(name, value, fail));
	checkLayout(entries, source.size - start, fail);
	return { entries, metadata: metadata as Record<string, string>, start };
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function entryOf(name: string, value: unknown, fail: (problem: string) => never): Entry {
	const label = `tensor ${JSON.stringify(name)}`;
	if (!isRecord(value)) fail(`${label} has no description`);
	const { dtype: dtypeName, shape, data_offsets: offsets } = value as Record<string, unknown>;
	if (typeof dtypeName !== "string" || !Object.hasOwn(byName, dtypeName)) {
		fail(`${label} has the dtype ${quoted(dtypeName)}, which is none of ${Object.keys(byName).join(", ")}`);
	}
	if (!Array.isArray(shape)) fail(`${label} has the shape ${quoted(shape)}`);
	const isOffset = (offset: unknown) => Number.isSafeInteger(offset) && (offset as number) >= 0;
	if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isOffset)) {
		fail(`${label} has the data_offsets ${quoted(offsets)}`);
	}
	const dtype = byName[dtypeName as string]!;
	const [begin, end] = offsets as [number, number];
	const count = countOf(shape as number[], (problem) => fail(`${label}: ${problem}`));
	if (end - begin !== count * dtype.itemsize) {
		fail(
			`${label} has ${end - begin} bytes, but shape [${shape as number[]}] of ${dtypeName as string} needs ${count * dtype.itemsize}`,
		);
	}
	return { name, dtype, shape: shape as number[], begin, end };
}

/** The tensors must lie one after the other, without overlap or gap, up to the end. */
function checkLayout(entries: readonly Entry[], size: number, fail: (problem: string) => never): void {
	let at = 0;
	for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
		if (begin < at) fail(`tensor ${JSON.stringify(name)} overlaps another one at byte ${begin}`);
		if (begin > at) fail(`has ${begin - at} bytes before tensor ${JSON.stringify(name)} that belong to none`);
		at = end;
	}
	if (at > size) fail(`is cut off: its tensors end at byte ${at} of ${size}`);
	if (at < size) fail(`has ${size - at} bytes behind its last tensor that belong to none`);
}

/** The tensors of a safetensors file by name, in the order of the file. */
export function loadSafetensors(from: string | URL | Uint8Array | ArrayBuffer): Record<string, Tensor> {
	using source = openSource(from);
	return readSafetensors(source);
}

/** The `__metadata__` of a safetensors file. */
export function safetensorsMetadata(from: string | URL | Uint8Array | ArrayBuffer): Record<string, string> {
	using source = openSource(from);
	return readHeader(source).metadata;
}

export function readSafetensors(source: ByteSource): Record<string, Tensor> {
	const { entries, start } = readHeader(source);
	const tensors: Record<string, Tensor> = {};
	for (const { name, dtype, shape, begin, end } of entries) {
		const value = tensorFromBytes(source.read(start + begin, end - begin), shape, dtype);
		Object.defineProperty(tensors, name, { value, enumerable: true, writable: true, configurable: true });
	}
	return tensors;
}

export interface SafetensorsOptions {
	/** Strings to keep with the tensors. */
	metadata?: Record<string, string>;
}

/** Writes tensors by name. Those that share memory are written once each. */
export function saveSafetensors(
	tensors: Readonly<Record<string, Tensor>>,
	path: string | URL,
	options: SafetensorsOptions = {},
): void {
	const header: Record<string, unknown> = {};
	if (options.metadata) header.__metadata__ = options.metadata;
	let at = 0;
	const ordered: Tensor[] = [];
	for (const [name, tensor] of Object.entries(tensors)) {
		if (!(tensor instanceof Tensor)) {
			throw new TypeError(
				`[save] a safetensors file holds tensors only, but ${JSON.stringify(name)} is ${quoted(tensor)}: a .pt file can hold it`,
			);
		}
		if (name === "__metadata__")
			throw new RangeError("[save] a tensor cannot be named __metadata__ in a safetensors file");
		const end = at + tensor.nbytes;
		const entry = { dtype: nameOf.get(tensor.dtype), shape: tensor.shape, data_offsets: [at, end] };
		Object.defineProperty(header, name, { value: entry, enumerable: true });
		at = end;
		ordered.push(tensor);
	}
	const json = new TextEncoder().encode(JSON.stringify(header));
	const padded = new Uint8Array(Math.ceil(json.length / 8) * 8).fill(0x20);
	padded.set(json);
	const length = new Uint8Array(8);
	new DataView(length.buffer).setBigUint64(0, BigInt(padded.length), true);
	writeFileAtomically(path, pieces());

	function* pieces(): Generator<Uint8Array> {
		yield length;
		yield padded;
		for (const tensor of ordered) yield bytesOfTensor(tensor);
	}
}
