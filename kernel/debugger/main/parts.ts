import { dtypeName, isModule, isTensor, type ModuleLike, type TensorLike } from "../../views/engine";
import { lineOf } from "./text";

/** What stands below a value when it is opened. Values are taken when they are asked for, and getters never. */
export interface Part {
	name: string;
	value(): unknown;
}

export interface Parts {
	readonly length: number;
	at(index: number): Part;
}

/** Larger collections open to ranges of at most so many parts. */
const rangeLength = 100;
/** Tensors of at most so many elements show their numbers as nested arrays. */
const mostNumbers = 10_000;

/** A value that is text only, such as `[Getter]`. */
export class Note {
	constructor(readonly text: string) {}
}

export function hasParts(value: unknown): boolean {
	if (typeof value !== "object" && typeof value !== "function") return false;
	if (value === null || value instanceof Note) return false;
	return typeof value !== "function" || isModule(value) || ownNames(value).length > 0;
}

/** The parts of a value; a long array's are ranges. */
export function partsOf(value: object): Parts {
	if (value instanceof Range) return value.parts();
	if (isTensor(value)) return list(tensorParts(value));
	if (isModule(value)) return list(moduleParts(value));
	if (Array.isArray(value))
		return joined(
			indexed(value.length, (i) => value[i]),
			list(properties(value)),
		);
	if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
		const numbers = value as unknown as ArrayLike<unknown>;
		return indexed(numbers.length, (i) => numbers[i]);
	}
	if (value instanceof Map) {
		const entries = [...value];
		return indexed(
			entries.length,
			(i) => entries[i]![1],
			(i) => lineOf(entries[i]![0]),
		);
	}
	if (value instanceof Set) {
		const members = [...value];
		return indexed(members.length, (i) => members[i]);
	}
	if (value instanceof Error) return list(errorParts(value));
	return list(properties(value));
}

function list(parts: Part[]): Parts {
	return { length: parts.length, at: (index) => parts[index]! };
}

function joined(first: Parts, second: Parts): Parts {
	return {
		length: first.length + second.length,
		at: (index) => (index < first.length ? first.at(index) : second.at(index - first.length)),
	};
}

function indexed(length: number, valueAt: (index: number) => unknown, nameOf = (index: number) => `[${index}]`): Parts {
	return new Range(0, length, valueAt, nameOf).parts();
}

/** A stretch of a long collection. */
class Range {
	constructor(
		readonly from: number,
		readonly to: number,
		readonly valueAt: (index: number) => unknown,
		readonly nameOf: (index: number) => string,
	) {}

	parts(): Parts {
		const { from, to, valueAt, nameOf } = this;
		const length = to - from;
		if (length <= rangeLength) {
			return {
				length,
				at: (index) => ({ name: nameOf(from + index), value: () => valueAt(from + index) }),
			};
		}
		let step = rangeLength;
		while (length > step * rangeLength) step *= rangeLength;
		return {
			length: Math.ceil(length / step),
			at: (index) => {
				const first = from + index * step;
				const last = Math.min(first + step, to);
				return { name: `[${first} … ${last - 1}]`, value: () => new Range(first, last, valueAt, nameOf) };
			},
		};
	}
}

/** Ranges have no text of their own: their name says it all. */
export function isRange(value: unknown): boolean {
	return value instanceof Range;
}

function tensorParts(tensor: TensorLike): Part[] {
	const size = tensor.shape.reduce((product, length) => product * length, 1);
	return [
		{ name: "shape", value: () => tensor.shape },
		{ name: "dtype", value: () => new Note(dtypeName(tensor)) },
		{ name: "device", value: () => new Note(String(tensor.device ?? "cpu")) },
		{ name: "requiresGrad", value: () => tensor.requiresGrad ?? false },
		{ name: "grad", value: () => tensor.grad ?? null },
		{ name: "gradFn", value: () => (tensor.gradFn ? new Note(tensor.gradFn.name) : null) },
		{
			name: "values",
			value: () => (size <= mostNumbers ? tensor.tolist() : new Note(`${size} numbers: look at a part, x.at(0)`)),
		},
	];
}

/** As PyTorch's text of a module: what it consists of, by name. */
function moduleParts(module: ModuleLike): Part[] {
	const own = new Map<string, () => unknown>();
	for (const [name, inner] of module.namedModules()) if (/^[^.]+$/.test(name)) own.set(name, () => inner);
	for (const [name, parameter] of module.namedParameters({ recurse: false })) own.set(name, () => parameter);
	for (const { name, value } of properties(module as object)) if (!name.startsWith("_")) own.set(name, value);
	return [...own].map(([name, value]) => ({ name, value }));
}

function errorParts(error: Error): Part[] {
	const shown = ["name", "message", "stack", "cause", "errors"].filter(
		(name) => dataProperty(error, name) !== undefined,
	);
	return [
		...shown.map((name) => ({ name, value: () => dataProperty(error, name) })),
		...properties(error).filter(({ name }) => !shown.includes(name)),
	];
}

function dataProperty(value: object, name: string): unknown {
	for (let holder: object | null = value; holder !== null; holder = Object.getPrototypeOf(holder)) {
		const found = Object.getOwnPropertyDescriptor(holder, name);
		if (found !== undefined) return found.value;
	}
	return undefined;
}

/** Own properties: of functions only what was put on them. */
function properties(value: object): Part[] {
	const isArray = Array.isArray(value);
	return ownNames(value)
		.filter((key) => !(isArray && typeof key === "string" && /^\d+$/.test(key)))
		.map((key) => {
			const descriptor = Object.getOwnPropertyDescriptor(value, key)!;
			const text = typeof key === "symbol" ? `[${key.toString()}]` : key;
			if ("value" in descriptor) return { name: text, value: () => descriptor.value };
			return { name: text, value: () => new Note(descriptor.get === undefined ? "[Setter]" : "[Getter]") };
		});
}

function ownNames(value: object): (string | symbol)[] {
	return Reflect.ownKeys(value).filter((key) => Object.getOwnPropertyDescriptor(value, key)?.enumerable);
}
