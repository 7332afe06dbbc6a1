import { hasIntegerKeys } from "../core/pythonDict";
import { quoted } from "../core/signature";

/*
 * A writer of pickles (protocol 2) of plain data: null, booleans, numbers, bigints, strings, bytes, arrays, plain objects,
 * maps and sets, and what the caller makes of others. Whole numbers become Python's int.
 */

/** Writes an object that is no plain data; false where it does not know it. */
export type Custom = (value: object, pickler: Pickler) => boolean;

const OP = {
	PROTO: 0x80,
	STOP: 0x2e,
	NONE: 0x4e,
	TRUE: 0x88,
	FALSE: 0x89,
	BININT: 0x4a,
	BININT1: 0x4b,
	BININT2: 0x4d,
	LONG1: 0x8a,
	BINFLOAT: 0x47,
	BINUNICODE: 0x58,
	EMPTY_DICT: 0x7d,
	EMPTY_LIST: 0x5d,
	EMPTY_TUPLE: 0x29,
	MARK: 0x28,
	TUPLE: 0x74,
	TUPLE1: 0x85,
	TUPLE2: 0x86,
	TUPLE3: 0x87,
	SETITEMS: 0x75,
	APPENDS: 0x65,
	BINPUT: 0x71,
	LONG_BINPUT: 0x72,
	BINGET: 0x68,
	LONG_BINGET: 0x6a,
	GLOBAL: 0x63,
	REDUCE: 0x52,
	BINPERSID: 0x51,
};

export class Pickler {
	readonly #chunks: Uint8Array[] = [];
	#buffer = new Uint8Array(4096);
	#used = 0;
	readonly #memo = new Map<unknown, number>();
	#depth = 0;

	constructor(
		readonly custom: Custom,
		readonly maxDepth = 500,
	) {}

	/** The pickle of one value. */
	dump(value: unknown): Uint8Array {
		this.#bytes(OP.PROTO, 2);
		this.write(value);
		this.#bytes(OP.STOP);
		const parts = [...this.#chunks, this.#buffer.subarray(0, this.#used)];
		const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
		let at = 0;
		for (const part of parts) {
			out.set(part, at);
			at += part.length;
		}
		return out;
	}

	#reserve(length: number): number {
		if (this.#used + length > this.#buffer.length) {
			this.#chunks.push(this.#buffer.subarray(0, this.#used));
			this.#buffer = new Uint8Array(Math.max(4096, length));
			this.#used = 0;
		}
		this.#used += length;
		return this.#used - length;
	}

	#bytes(...values: number[]): void {
		this.#buffer.set(values, this.#reserve(values.length));
	}

	#number(length: number, put: (view: DataView, at: number) => void): void {
		const at = this.#reserve(length);
		put(new DataView(this.#buffer.buffer, this.#buffer.byteOffset), at);
	}

	/** Writes a value, or refers to it where it was written before. */
	write(value: unknown): void {
		switch (typeof value) {
			case "boolean":
				this.#bytes(value ? OP.TRUE : OP.FALSE);
				return;
			case "number":
				this.#writeNumber(value);
				return;
			case "bigint":
				this.#writeBigInt(value);
				return;
			case "string":
				this.#writeString(value);
				return;
			case "object":
				if (value === null) this.#bytes(OP.NONE);
				else this.#writeObject(value);
				return;
			default:
				throw new TypeError(`[save] cannot write ${quoted(value)}`);
		}
	}

	#writeNumber(value: number): void {
		if (!Number.isInteger(value) || Object.is(value, -0) || Math.abs(value) >= 2 ** 53) {
			this.#bytes(OP.BINFLOAT);
			this.#number(8, (view, at) => view.setFloat64(at, value, false));
		} else if (value >= 0 && value < 256) this.#bytes(OP.BININT1, value);
		else if (value >= 0 && value < 65536) {
			this.#bytes(OP.BININT2);
			this.#number(2, (view, at) => view.setUint16(at, value, true));
		} else if (value >= -(2 ** 31) && value < 2 ** 31) {
			this.#bytes(OP.BININT);
			this.#number(4, (view, at) => view.setInt32(at, value, true));
		} else this.#writeBigInt(BigInt(value));
	}

	#writeBigInt(value: bigint): void {
		const bytes: number[] = [];
		let rest = value;
		// Two's complement, as short as keeps the sign.
		do {
			bytes.push(Number(rest & 0xffn));
			rest >>= 8n;
		} while (!((rest === 0n && bytes.at(-1)! < 128) || (rest === -1n && bytes.at(-1)! >= 128)));
		if (bytes.length > 255) throw new RangeError("[save] a bigint of more than 255 bytes cannot be written");
		this.#bytes(OP.LONG1, bytes.length, ...bytes);
	}

	#writeString(value: string): void {
		if (this.#recall(value)) return;
		const bytes = new TextEncoder().encode(value);
		this.#bytes(OP.BINUNICODE);
		this.#number(4, (view, at) => view.setUint32(at, bytes.length, true));
		this.#buffer.set(bytes, this.#reserve(bytes.length));
		this.#keep(value);
	}

	#recall(value: unknown): boolean {
		const index = this.#memo.get(value);
		if (index === undefined) return false;
		if (index < 256) this.#bytes(OP.BINGET, index);
		else {
			this.#bytes(OP.LONG_BINGET);
			this.#number(4, (view, at) => view.setUint32(at, index, true));
		}
		return true;
	}

	#keep(value: unknown): void {
		const index = this.#memo.size;
		this.#memo.set(value, index);
		if (index < 256) this.#bytes(OP.BINPUT, index);
		else {
			this.#bytes(OP.LONG_BINPUT);
			this.#number(4, (view, at) => view.setUint32(at, index, true));
		}
	}

	#writeObject(value: object): void {
		if (this.#recall(value)) return;
		if (++this.#depth > this.maxDepth)
			throw new RangeError(`[save] objects are nested more than ${this.maxDepth} deep`);
		if (!this.custom(value, this)) this.#writePlain(value);
		else this.#keep(value);
		this.#depth--;
	}

	#writePlain(value: object): void {
		if (Array.isArray(value)) {
			this.#bytes(OP.EMPTY_LIST);
			this.#keep(value);
			this.#bytes(OP.MARK);
			for (const item of value) this.write(item);
			this.#bytes(OP.APPENDS);
		} else if (value instanceof Map) {
			this.#writeDict(value, [...value]);
		} else if (value instanceof Set) {
			this.global("builtins", "set");
			this.tuple([[...value]]);
			this.reduce();
			this.#keep(value);
		} else if (value instanceof Uint8Array) {
			// Protocol 2 has no bytes: Python itself writes them so.
			this.global("_codecs", "encode");
			this.tuple([String.fromCharCode(...value), "latin1"]);
			this.reduce();
			this.#keep(value);
		} else if (isPlain(value)) {
			const integers = hasIntegerKeys(value);
			this.#writeDict(
				value,
				Object.entries(value).flatMap(([key, item]) =>
					item === undefined ? [] : [[integers ? Number(key) : key, item] as [unknown, unknown]],
				),
			);
		} else throw new TypeError(`[save] cannot write ${quoted(value)}: save its stateDict()`);
	}

	#writeDict(value: object, entries: readonly (readonly [unknown, unknown])[]): void {
		this.#bytes(OP.EMPTY_DICT);
		this.#keep(value);
		this.#bytes(OP.MARK);
		for (const [key, item] of entries) {
			this.write(key);
			this.write(item);
		}
		this.#bytes(OP.SETITEMS);
	}

	/** Refers to a name of Python's. */
	global(module: string, name: string): void {
		const key = `global ${module} ${name}`;
		if (this.#recall(key)) return;
		this.#bytes(OP.GLOBAL, ...new TextEncoder().encode(`${module}\n${name}\n`));
		this.#keep(key);
	}

	/** Writes a tuple; functions in it write their element. */
	tuple(items: readonly unknown[]): void {
		if (items.length > 3) this.#bytes(OP.MARK);
		for (const item of items) {
			if (typeof item === "function") item();
			else this.write(item);
		}
		this.#bytes([OP.EMPTY_TUPLE, OP.TUPLE1, OP.TUPLE2, OP.TUPLE3][items.length] ?? OP.TUPLE);
	}

	/** Calls the name with the tuple, both written before. */
	reduce(): void {
		this.#bytes(OP.REDUCE);
	}

	/** Makes the tuple written before a persistent id. */
	persistent(): void {
		this.#bytes(OP.BINPERSID);
	}
}

function isPlain(value: object): boolean {
	const prototype = Object.getPrototypeOf(value);
	return prototype === null || Object.getPrototypeOf(prototype) === null;
}
