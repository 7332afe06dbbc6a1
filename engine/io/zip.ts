import { crc32, inflateRawSync } from "node:zlib";
import { type ByteSource, FileFormatError } from "./bytes";

/* Zip archives, as PyTorch and NumPy write them: entries stored, or (NumPy) deflated. */

export interface ZipEntry {
	readonly name: string;
	readonly compressed: number;
	readonly size: number;
	readonly crc: number;
	/** Stored or deflated. */
	readonly method: 0 | 8;
	/** Where the local header begins. */
	readonly offset: number;
}

export interface ZipLimits {
	/** The most bytes that one deflated entry may have when unpacked. Default 4 GiB. */
	maxInflatedBytes?: number;
}

const endSignature = 0x06054b50;
const end64Signature = 0x06064b50;
const locator64Signature = 0x07064b50;
const centralSignature = 0x02014b50;
const localSignature = 0x04034b50;
/** Nothing deflates by more than this. */
const maxRatio = 1032;

/** The entries of an archive by name. Their ranges are checked: inside the file, and none over another. */
export function readZip(source: ByteSource): Map<string, ZipEntry> {
	const fail = (problem: string): never => {
		throw new FileFormatError(source.name, problem);
	};
	const { count, offset, size } = findDirectory(source, fail);
	if (count > size / 46) fail(`claims ${count} zip entries in a directory of ${size} bytes`);
	const bytes = source.read(offset, size);
	const view = new DataView(bytes.buffer);
	const entries = new Map<string, ZipEntry>();
	let at = 0;
	for (let i = 0; i < count; i++) {
		if (at + 46 > size || view.getUint32(at, true) !== centralSignature)
			fail(`has a damaged zip directory (entry ${i})`);
		const nameLength = view.getUint16(at + 28, true);
		const extraLength = view.getUint16(at + 30, true);
		const next = at + 46 + nameLength + extraLength + view.getUint16(at + 32, true);
		if (next > size) fail(`has a damaged zip directory (entry ${i})`);
		const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
		const method = view.getUint16(at + 10, true);
		if (view.getUint16(at + 8, true) & 1) fail(`entry ${JSON.stringify(name)} is encrypted`);
		if (method !== 0 && method !== 8) {
			fail(`entry ${JSON.stringify(name)} is packed by method ${method}; stored and deflated ones can be read`);
		}
		const extra = bytes.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength);
		const sizes = sizesOf(view, at, extra, fail);
		if (entries.has(name)) fail(`has two zip entries named ${JSON.stringify(name)}`);
		entries.set(name, { name, method: method as 0 | 8, crc: view.getUint32(at + 16, true), ...sizes });
		at = next;
	}
	checkRanges([...entries.values()], offset, fail);
	return entries;
}

/** The end record stands last, before a comment of up to 64 KB. */
function findDirectory(source: ByteSource, fail: (problem: string) => never) {
	const tailLength = Math.min(source.size, 22 + 65535);
	const tailStart = source.size - tailLength;
	const tail = source.read(tailStart, tailLength);
	const view = new DataView(tail.buffer);
	let at = tailLength - 22;
	while (at >= 0 && view.getUint32(at, true) !== endSignature) at--;
	if (at < 0) fail("is cut off or damaged: it begins like a zip file but has no directory at its end");
	let count = view.getUint16(at + 10, true);
	let size = view.getUint32(at + 12, true);
	let offset = view.getUint32(at + 16, true);
	if (count === 0xffff || size === 0xffffffff || offset === 0xffffffff) {
		const locator = tailStart + at - 20;
		if (locator < 0) fail("has a damaged zip64 directory");
		const place = new DataView(source.read(locator, 20).buffer);
		if (place.getUint32(0, true) !== locator64Signature) fail("has a damaged zip64 directory");
		const end = new DataView(source.read(big(place, 8, fail), 56).buffer);
		if (end.getUint32(0, true) !== end64Signature) fail("has a damaged zip64 directory");
		count = big(end, 32, fail);
		size = big(end, 40, fail);
		offset = big(end, 48, fail);
	}
	if (offset + size > tailStart + at) fail(`has a zip directory of ${size} bytes at ${offset}, beyond its end`);
	return { count, size, offset };
}

function big(view: DataView, at: number, fail: (problem: string) => never): number {
	const value = view.getBigUint64(at, true);
	if (value > BigInt(Number.MAX_SAFE_INTEGER)) fail("has a zip64 field that no file can have");
	return Number(value);
}

/** Sizes and place, from the zip64 field where the directory has no room for them. */
function sizesOf(view: DataView, at: number, extra: Uint8Array, fail: (problem: string) => never) {
	let compressed = view.getUint32(at + 20, true);
	let size = view.getUint32(at + 24, true);
	let offset = view.getUint32(at + 42, true);
	const fields = new DataView(extra.buffer, extra.byteOffset, extra.length);
	for (let i = 0; i + 4 <= extra.length; ) {
		const id = fields.getUint16(i, true);
		const length = fields.getUint16(i + 2, true);
		if (i + 4 + length > extra.length) fail("has a damaged zip directory");
		if (id === 1) {
			let place = i + 4;
			const take = () => {
				if (place + 8 > i + 4 + length) fail("has a damaged zip64 field");
				place += 8;
				return big(fields, place - 8, fail);
			};
			if (size === 0xffffffff) size = take();
			if (compressed === 0xffffffff) compressed = take();
			if (offset === 0xffffffff) offset = take();
		}
		i += 4 + length;
	}
	return { compressed, size, offset };
}

function checkRanges(entries: readonly ZipEntry[], end: number, fail: (problem: string) => never): void {
	let at = 0;
	for (const { name, offset, compressed, size, method } of [...entries].sort((a, b) => a.offset - b.offset)) {
		const label = `zip entry ${JSON.stringify(name)}`;
		if (offset < at) fail(`${label} overlaps another one`);
		at = offset + 30 + compressed;
		if (at > end) fail(`${label} has ${compressed} bytes at ${offset}, beyond the end of the data at ${end}`);
		if (method === 0 && size !== compressed) fail(`${label} is stored in ${compressed} bytes but claims ${size}`);
		if (size > compressed * maxRatio + 1024)
			fail(`${label} claims to unpack ${compressed} bytes to ${size}: impossible`);
	}
}

/** An entry's contents, unpacked and checked against its checksum. */
export function readEntry(source: ByteSource, entry: ZipEntry, limits: ZipLimits = {}): Uint8Array<ArrayBuffer> {
	const label = `zip entry ${JSON.stringify(entry.name)}`;
	const header = new DataView(source.read(entry.offset, 30).buffer);
	if (header.getUint32(0, true) !== localSignature) throw new FileFormatError(source.name, `${label} is damaged`);
	const start = entry.offset + 30 + header.getUint16(26, true) + header.getUint16(28, true);
	const stored = source.read(start, entry.compressed);
	const bytes = entry.method === 0 ? stored : inflate(source, entry, stored, limits.maxInflatedBytes ?? 2 ** 32);
	if (crc32(bytes) !== entry.crc) throw new FileFormatError(source.name, `${label} does not match its checksum`);
	return bytes;
}

function inflate(source: ByteSource, entry: ZipEntry, packed: Uint8Array, limit: number): Uint8Array<ArrayBuffer> {
	const label = `zip entry ${JSON.stringify(entry.name)}`;
	if (entry.size > limit) {
		throw new FileFormatError(
			source.name,
			`${label} unpacks to ${entry.size} bytes, more than the ${limit} that maxInflatedBytes allows`,
		);
	}
	let bytes: Buffer;
	try {
		bytes = inflateRawSync(packed, { maxOutputLength: Math.max(entry.size, 1) });
	} catch (error) {
		throw new FileFormatError(source.name, `${label} cannot be unpacked: ${(error as Error).message}`);
	}
	if (bytes.length !== entry.size) {
		throw new FileFormatError(source.name, `${label} unpacks to ${bytes.length} bytes instead of ${entry.size}`);
	}
	return new Uint8Array(bytes);
}

/** An archive of stored entries, their contents aligned to 64 bytes as PyTorch wants them. */
export function* zipPieces(entries: Iterable<readonly [name: string, bytes: Uint8Array]>): Generator<Uint8Array> {
	const directory: Uint8Array[] = [];
	let at = 0;
	for (const [name, bytes] of entries) {
		const title = new TextEncoder().encode(name);
		const large = bytes.length >= 0xffffffff || at >= 0xffffffff;
		const fixed = 30 + title.length + (large ? 20 : 0);
		const padding = 64 - ((at + fixed + 4) % 64);
		const crc = crc32(bytes);
		const header = new Uint8Array(fixed + 4 + padding).fill(0x5a);
		common(new DataView(header.buffer), 0, localSignature, 4, crc, bytes.length, title.length, large);
		header.set(title, 30);
		const extra = new DataView(header.buffer, 30 + title.length);
		if (large) zip64(extra, bytes.length, null);
		// PyTorch's padding field: "FB", then Z.
		extra.setUint16(large ? 20 : 0, 0x4246, true);
		extra.setUint16(large ? 22 : 2, padding, true);
		new DataView(header.buffer).setUint16(28, header.length - 30 - title.length, true);
		yield header;
		yield bytes;
		directory.push(centralRecord(title, crc, bytes.length, at, large));
		at += header.length + bytes.length;
	}
	yield* directory;
	yield endRecords(
		directory.length,
		directory.reduce((sum, record) => sum + record.length, 0),
		at,
	);
}

/** The fields that local and central headers share; `shift` is where they begin. */
function common(
	view: DataView,
	shift: number,
	signature: number,
	versionAt: number,
	crc: number,
	size: number,
	nameLength: number,
	large: boolean,
): void {
	view.setUint32(0, signature, true);
	view.setUint16(versionAt, large ? 45 : 20, true);
	// Names are UTF-8; no time, nothing packed.
	view.setUint16(shift + 6, 0x0800, true);
	view.setUint16(shift + 8, 0, true);
	view.setUint16(shift + 10, 0, true);
	view.setUint16(shift + 12, 0x21, true);
	view.setUint32(shift + 14, crc, true);
	view.setUint32(shift + 18, large ? 0xffffffff : size, true);
	view.setUint32(shift + 22, large ? 0xffffffff : size, true);
	view.setUint16(shift + 26, nameLength, true);
}

function zip64(view: DataView, size: number, offset: number | null): void {
	view.setUint16(0, 1, true);
	view.setUint16(2, offset === null ? 16 : 24, true);
	view.setBigUint64(4, BigInt(size), true);
	view.setBigUint64(12, BigInt(size), true);
	if (offset !== null) view.setBigUint64(20, BigInt(offset), true);
}

function centralRecord(title: Uint8Array, crc: number, size: number, offset: number, large: boolean): Uint8Array {
	const record = new Uint8Array(46 + title.length + (large ? 28 : 0));
	const view = new DataView(record.buffer);
	common(view, 2, centralSignature, 6, crc, size, title.length, large);
	view.setUint16(4, large ? 45 : 20, true);
	view.setUint16(30, large ? 28 : 0, true);
	view.setUint32(42, large ? 0xffffffff : offset, true);
	record.set(title, 46);
	if (large) zip64(new DataView(record.buffer, 46 + title.length), size, offset);
	return record;
}

function endRecords(count: number, size: number, offset: number): Uint8Array {
	const large = count >= 0xffff || size >= 0xffffffff || offset >= 0xffffffff;
	const out = new Uint8Array((large ? 76 : 0) + 22);
	const view = new DataView(out.buffer);
	if (large) {
		view.setUint32(0, end64Signature, true);
		view.setBigUint64(4, 44n, true);
		view.setUint16(12, 45, true);
		view.setUint16(14, 45, true);
		view.setBigUint64(24, BigInt(count), true);
		view.setBigUint64(32, BigInt(count), true);
		view.setBigUint64(40, BigInt(size), true);
		view.setBigUint64(48, BigInt(offset), true);
		view.setUint32(56, locator64Signature, true);
		view.setBigUint64(64, BigInt(offset + size), true);
		view.setUint32(72, 1, true);
	}
	const at = large ? 76 : 0;
	view.setUint32(at, endSignature, true);
	view.setUint16(at + 8, large ? 0xffff : count, true);
	view.setUint16(at + 10, large ? 0xffff : count, true);
	view.setUint32(at + 12, large ? 0xffffffff : size, true);
	view.setUint32(at + 16, large ? 0xffffffff : offset, true);
	return out;
}
