import { markIntegerKeys, setEntry } from "../core/pythonDict";

/*
 * A reader of pickles that runs nothing. Every opcode and every name that a pickle may refer to is listed here or by the
 * caller; all others are refused by name. What comes out is plain data: dicts become objects (maps where their keys are
 * neither strings nor integers), tuples and lists arrays, bytes Uint8Array, integers numbers (bigints beyond 2⁵³).
 */

/** What a name in a pickle stands for: called with arguments, given a state, or just a value. */
export interface PickleGlobal {
	/** What calling it gives. */
	call?: (args: readonly unknown[]) => unknown;
	/** The value itself, where it is one (a dtype). */
	value?: unknown;
}

export interface UnpickleOptions {
	/** What errors call the file. */
	source: string;
	/** The names that are allowed: `"torch._utils._rebuild_tensor_v2"`. */
	globals: ReadonlyMap<string, PickleGlobal>;
	/** What a persistent id stands for. */
	persistent: (id: unknown) => unknown;
}

/** A pickle that cannot or must not be read. */
export class PickleError extends Error {
	constructor(source: string, problem: string) {
		super(`[load] ${source}: ${problem}`);
		this.name = "PickleError";
	}
}

const builtins: ReadonlyMap<string, PickleGlobal> = new Map<string, PickleGlobal>([
	["collections.OrderedDict", { call: (args) => dictOf(args) }],
	["collections.Counter", { call: (args) => (isDict(args[0]) ? args[0] : newDict()) }],
	["collections.defaultdict", { call: () => newDict() }],
	["builtins.set", { call: (args) => new Set((args[0] as unknown[] | undefined) ?? []) }],
	["__builtin__.set", { call: (args) => new Set((args[0] as unknown[] | undefined) ?? []) }],
	["builtins.dict", { call: (args) => dictOf(args) }],
	["builtins.list", { call: (args) => [...((args[0] as unknown[] | undefined) ?? [])] }],
	["_codecs.encode", { call: ([text]) => Uint8Array.from(String(text), (char) => char.charCodeAt(0)) }],
]);

function dictOf(args: readonly unknown[]): unknown {
	const dict = newDict();
	for (const pair of (args[0] as unknown[] | undefined) ?? []) {
		if (!Array.isArray(pair) || pair.length !== 2) throw new TypeError("an OrderedDict of something else than pairs");
		dict.set(pair[0], pair[1]);
	}
	return dict;
}

/** While a pickle is read dicts are maps, so that keys keep their types; `finished` makes objects of them. */
type Dict = Map<unknown, unknown>;
const newDict = (): Dict => new Map();
const isDict = (value: unknown): value is Dict => value instanceof Map;

class Global implements PickleGlobal {
	readonly call?: (args: readonly unknown[]) => unknown;
	readonly value?: unknown;

	constructor(
		readonly name: string,
		given: PickleGlobal,
	) {
		if (given.call) this.call = given.call;
		if ("value" in given) this.value = given.value;
	}
}

const MARK = Symbol("mark");

/** The value of a pickle. */
export function unpickle(bytes: Uint8Array, options: UnpickleOptions): unknown {
	return new Reader(bytes, options).run();
}

class Reader {
	readonly #view: DataView;
	readonly #stack: unknown[] = [];
	readonly #memo = new Map<number, unknown>();
	#at = 0;

	constructor(
		readonly bytes: Uint8Array,
		readonly options: UnpickleOptions,
	) {
		this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	}

	fail(problem: string): never {
		throw new PickleError(this.options.source, problem);
	}

	run(): unknown {
		for (;;) {
			const opcode = this.byte();
			if (opcode === 0x2e) return finished(this.pop(), new Map());
			const execute = opcodes[opcode];
			if (!execute) {
				this.fail(
					`has the pickle opcode 0x${opcode.toString(16).padStart(2, "0")}, which is not among those that are read`,
				);
			}
			execute!(this);
		}
	}

	#take(length: number): number {
		if (length > this.bytes.length - this.#at) {
			this.fail(`has a damaged pickle: ${length} bytes wanted at ${this.#at} of ${this.bytes.length}`);
		}
		const at = this.#at;
		this.#at += length;
		return at;
	}

	byte(): number {
		return this.bytes[this.#take(1)]!;
	}

	uint32(): number {
		return this.#view.getUint32(this.#take(4), true);
	}

	uint64(): number {
		const value = this.#view.getBigUint64(this.#take(8), true);
		if (value > BigInt(this.bytes.length)) this.fail(`has a damaged pickle: a length of ${value} bytes`);
		return Number(value);
	}

	slice(length: number): Uint8Array {
		const at = this.#take(length);
		return this.bytes.subarray(at, at + length);
	}

	text(length: number): string {
		return new TextDecoder().decode(this.slice(length));
	}

	line(): string {
		const end = this.bytes.indexOf(0x0a, this.#at);
		if (end < 0) this.fail("has a damaged pickle: a line without an end");
		const text = this.text(end - this.#at);
		this.#at++;
		return text;
	}

	integer(length: number): number | bigint {
		let value = 0n;
		const bytes = this.slice(length);
		for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
		const signed = BigInt.asIntN(length * 8, value);
		return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
	}

	push(value: unknown): void {
		this.#stack.push(value);
	}

	pop(): unknown {
		if (this.#stack.length === 0) this.fail("has a damaged pickle: its stack is empty");
		const value = this.#stack.pop();
		if (value === MARK) this.fail("has a damaged pickle: a mark where a value belongs");
		return value;
	}

	top(): unknown {
		const value = this.pop();
		this.push(value);
		return value;
	}

	sinceMark(): unknown[] {
		const mark = this.#stack.lastIndexOf(MARK);
		if (mark < 0) this.fail("has a damaged pickle: no mark on its stack");
		const values = this.#stack.splice(mark);
		values.shift();
		return values;
	}

	tuple(count: number): void {
		const values = Array.from({ length: count }, () => this.pop());
		this.push(values.reverse());
	}

	global([module, name]: readonly string[]): void {
		const path = `${module}.${name}`;
		const found = this.options.globals.get(path) ?? builtins.get(path);
		if (!found) {
			this.fail(
				`refers to ${path}, which is not among the names that are read (nothing in a file is ever run). ` +
					"Save plain data and tensors: model.state_dict() instead of the model",
			);
		}
		this.push(new Global(path, found));
	}

	reduce(): void {
		const args = this.pop();
		const callable = this.pop();
		if (!(callable instanceof Global) || !callable.call || !Array.isArray(args)) {
			this.fail(`calls ${callable instanceof Global ? callable.name : "something"}, which is no function here`);
		}
		try {
			this.push((callable as Global).call!(args as unknown[]));
		} catch (error) {
			if (error instanceof PickleError) throw error;
			this.fail(`${(callable as Global).name}: ${(error as Error).message}`);
		}
	}

	setItems(values: readonly unknown[]): void {
		const dict = this.top();
		if (!isDict(dict) || values.length % 2 !== 0) this.fail("has a damaged pickle: entries for what is no dict");
		for (let i = 0; i < values.length; i += 2) (dict as Dict).set(keyOf(values[i]), values[i + 1]);
	}

	append(values: readonly unknown[]): void {
		const list = this.top();
		if (!Array.isArray(list)) this.fail("has a damaged pickle: elements for what is no list");
		for (const value of values) (list as unknown[]).push(value);
	}

	recall(index: number): void {
		if (!this.#memo.has(index)) this.fail(`has a damaged pickle: it recalls ${index}, which it never kept`);
		this.push(this.#memo.get(index));
	}

	int32(): number {
		return this.#view.getInt32(this.#take(4), true);
	}

	uint16(): number {
		return this.#view.getUint16(this.#take(2), true);
	}

	float64(): number {
		return this.#view.getFloat64(this.#take(8), false);
	}

	protocol(version: number): void {
		if (version > 5) this.fail(`is a pickle of protocol ${version}; up to 5 can be read`);
	}

	discard(): void {
		this.#stack.pop();
	}

	dict(entries: readonly unknown[]): void {
		this.push(newDict());
		this.setItems(entries);
	}

	addItems(values: readonly unknown[]): void {
		const set = this.top();
		if (!(set instanceof Set)) this.fail("has a damaged pickle: elements for what is no set");
		for (const value of values) (set as Set<unknown>).add(value);
	}

	/** Remembers the top of the stack. */
	keep(index: number | null): void {
		this.#memo.set(index ?? this.#memo.size, this.top());
	}

	/** Attributes of an OrderedDict (a state dict's _metadata) mean nothing here; nothing else may have any. */
	build(_state: unknown): void {
		if (!isDict(this.top())) this.fail("sets attributes of an object that is no dict");
	}
}

/** What each opcode does; one that is not here is refused. */
const opcodes: Readonly<Record<number, (r: Reader) => void>> = {
	// PROTO, FRAME
	128: (r) => r.protocol(r.byte()),
	149: (r) => r.uint64(),
	// MARK, POP, POP_MARK, DUP
	40: (r) => r.push(MARK),
	48: (r) => r.discard(),
	49: (r) => r.sinceMark(),
	50: (r) => r.push(r.top()),
	// NONE, NEWTRUE, NEWFALSE
	78: (r) => r.push(null),
	136: (r) => r.push(true),
	137: (r) => r.push(false),
	// BININT, BININT1, BININT2, LONG1, LONG4, BINFLOAT
	74: (r) => r.push(r.int32()),
	75: (r) => r.push(r.byte()),
	77: (r) => r.push(r.uint16()),
	138: (r) => r.push(r.integer(r.byte())),
	139: (r) => r.push(r.integer(r.uint32())),
	71: (r) => r.push(r.float64()),
	// BINUNICODE, SHORT_BINUNICODE, BINUNICODE8; SHORT_BINSTRING, BINSTRING of Python 2
	88: (r) => r.push(r.text(r.uint32())),
	140: (r) => r.push(r.text(r.byte())),
	141: (r) => r.push(r.text(r.uint64())),
	85: (r) => r.push(r.text(r.byte())),
	84: (r) => r.push(r.text(r.uint32())),
	// SHORT_BINBYTES, BINBYTES, BINBYTES8
	67: (r) => r.push(r.slice(r.byte()).slice()),
	66: (r) => r.push(r.slice(r.uint32()).slice()),
	142: (r) => r.push(r.slice(r.uint64()).slice()),
	// EMPTY_LIST, EMPTY_TUPLE, EMPTY_DICT, EMPTY_SET
	93: (r) => r.push([]),
	41: (r) => r.push([]),
	125: (r) => r.push(newDict()),
	143: (r) => r.push(new Set()),
	// TUPLE1, TUPLE2, TUPLE3, TUPLE, LIST, DICT
	133: (r) => r.tuple(1),
	134: (r) => r.tuple(2),
	135: (r) => r.tuple(3),
	116: (r) => r.push(r.sinceMark()),
	108: (r) => r.push(r.sinceMark()),
	100: (r) => r.dict(r.sinceMark()),
	// APPEND, APPENDS, SETITEM, SETITEMS, ADDITEMS
	97: (r) => r.append([r.pop()]),
	101: (r) => r.append(r.sinceMark()),
	115: (r) => r.setItems([r.pop(), r.pop()].reverse()),
	117: (r) => r.setItems(r.sinceMark()),
	144: (r) => r.addItems(r.sinceMark()),
	// BINPUT, LONG_BINPUT, MEMOIZE, BINGET, LONG_BINGET
	113: (r) => r.keep(r.byte()),
	114: (r) => r.keep(r.uint32()),
	148: (r) => r.keep(null),
	104: (r) => r.recall(r.byte()),
	106: (r) => r.recall(r.uint32()),
	// GLOBAL, STACK_GLOBAL, BINPERSID, REDUCE, NEWOBJ (the same for what is listed), BUILD
	99: (r) => r.global([r.line(), r.line()]),
	147: (r) => r.global([String(r.pop()), String(r.pop())].reverse()),
	81: (r) => r.push(r.options.persistent(r.pop())),
	82: (r) => r.reduce(),
	129: (r) => r.reduce(),
	98: (r) => r.build(r.pop()),
};

function keyOf(key: unknown): unknown {
	if (typeof key === "object" && key !== null && !Array.isArray(key)) {
		throw new TypeError("a dict has a key that is no plain value");
	}
	return key;
}

/** Dicts as objects, globals that are values as those. Walks without recursion's limit on depth being a hazard. */
function finished(root: unknown, made: Map<object, unknown>): unknown {
	const pending: (() => void)[] = [];
	const visit = (value: unknown): unknown => {
		if (value instanceof Global) return "value" in value ? value.value : null;
		if (typeof value !== "object" || value === null) return value;
		const known = made.get(value);
		if (known !== undefined) return known;
		if (Array.isArray(value)) {
			made.set(value, value);
			pending.push(() => {
				for (let i = 0; i < value.length; i++) value[i] = visit(value[i]);
			});
			return value;
		}
		if (!isDict(value)) return value;
		const keys = [...value.keys()];
		if (keys.every((key) => typeof key === "string") || keys.every((key) => Number.isSafeInteger(key))) {
			const object: Record<string, unknown> = {};
			made.set(value, object);
			if (keys.length > 0 && typeof keys[0] === "number") markIntegerKeys(object);
			pending.push(() => {
				for (const [key, item] of value) setEntry(object, String(key), visit(item));
			});
			return object;
		}
		const map = new Map<unknown, unknown>();
		made.set(value, map);
		pending.push(() => {
			for (const [key, item] of value) map.set(visit(key), visit(item));
		});
		return map;
	};
	const result = visit(root);
	while (pending.length > 0) pending.pop()!();
	return result;
}
