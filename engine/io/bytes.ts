import { closeSync, fstatSync, openSync, readSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Bytes that can be read in pieces: a file of any size, or memory. */
export interface ByteSource extends Disposable {
	/** What errors call it. */
	readonly name: string;
	readonly size: number;
	/** A copy of `length` bytes from `offset`; an error where they are not there. */
	read(offset: number, length: number): Uint8Array<ArrayBuffer>;
}

/** A file that is damaged, cut off, or not what it claims to be. */
export class FileFormatError extends Error {
	constructor(source: string, problem: string) {
		super(`[load] ${source}: ${problem}`);
		this.name = "FileFormatError";
	}
}

/** A file by its path, or bytes in memory. */
export function openSource(from: string | URL | Uint8Array | ArrayBuffer): ByteSource {
	if (ArrayBuffer.isView(from)) return memory(new Uint8Array(from.buffer, from.byteOffset, from.byteLength));
	if (typeof from === "object" && "byteLength" in from) return memory(new Uint8Array(from));
	return file(from);
}

function memory(bytes: Uint8Array): ByteSource {
	const name = "the given bytes";
	return {
		name,
		size: bytes.length,
		read(offset, length) {
			checkRange(name, bytes.length, offset, length);
			return new Uint8Array(bytes.subarray(offset, offset + length));
		},
		[Symbol.dispose]() {},
	};
}

function file(path: string | URL): ByteSource {
	const descriptor = openSync(path, "r");
	const name = String(path);
	const { size } = fstatSync(descriptor);
	return {
		name,
		size,
		read(offset, length) {
			checkRange(name, size, offset, length);
			const out = new Uint8Array(length);
			for (let done = 0; done < length; ) {
				const got = readSync(descriptor, out, done, Math.min(length - done, 2 ** 30), offset + done);
				if (got === 0) throw new FileFormatError(name, "the file ended while it was read");
				done += got;
			}
			return out;
		},
		[Symbol.dispose]() {
			closeSync(descriptor);
		},
	};
}

function checkRange(name: string, size: number, offset: number, length: number): void {
	if (!(Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0)) {
		throw new FileFormatError(name, `refers to ${length} bytes at ${offset}`);
	}
	if (offset + length > size) {
		throw new FileFormatError(name, `refers to ${length} bytes at ${offset}, beyond its end at ${size}`);
	}
}

/** Writes a file aside and then renames it, so that no half-written file is ever seen under its name. */
export function writeFileAtomically(path: string | URL, pieces: Iterable<Uint8Array>): void {
	const target = path instanceof URL ? fileURLToPath(path) : path;
	const aside = join(dirname(target), `.${basename(target)}.${process.pid}.${Date.now()}.part`);
	const descriptor = opened(aside, target);
	try {
		for (const piece of pieces) {
			for (let done = 0; done < piece.length; ) done += writeSync(descriptor, piece, done, piece.length - done);
		}
		closeSync(descriptor);
		renameSync(aside, target);
	} catch (error) {
		rmSync(aside, { force: true });
		throw error;
	}
}

/** Opens the file aside; errors name the file that was asked for. */
function opened(aside: string, target: string): number {
	try {
		return openSync(aside, "wx");
	} catch (error) {
		const { code, message } = error as NodeJS.ErrnoException;
		if (code === "ENOENT")
			throw new Error(`[save] parent directory ${dirname(target)} does not exist`, { cause: error });
		throw new Error(`[save] ${message.replace(aside, target)}`, { cause: error });
	}
}
