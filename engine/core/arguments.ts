import { Tensor } from "./tensor";

/*
 * Arguments as PyTorch takes them: the leading ones in place, all of them by name in one trailing options object.
 */

/** One dimension, several, or (null) all. */
export type Dims = number | readonly number[] | null;

/** Sizes as arguments or as one array. */
export type Sizes = number[] | [sizes: readonly number[]];

/** Sizes as arguments or as one array, then options. */
export type SizesAnd<Options> = number[] | [...number[], Options] | [sizes: readonly number[], options?: Options];

/** Whether a value is an object of options, made by a literal in whatever realm. */
export function isOptions(value: unknown): value is Record<string, unknown> {
	if (typeof value !== "object" || value === null || value instanceof Tensor) return false;
	const prototype = Object.getPrototypeOf(value) as object | null;
	// A literal's prototype has none itself; arrays, typed arrays and class instances have longer chains.
	return (prototype === null || Object.getPrototypeOf(prototype) === null) && !("itemsize" in value);
}

const noArguments: Record<string, never> = Object.freeze({});

/**
 * The arguments of a call by name: those in place are named after `positional`, the trailing options object adds the
 * rest. A name given twice, an unknown name and one argument too many are errors that say so.
 */
export function bind<P extends object>(
	op: string,
	args: readonly unknown[],
	positional: readonly (keyof P & string)[],
	byName: readonly (keyof P & string)[] = [],
): Partial<P> {
	let count = args.length;
	while (count > 0 && args[count - 1] === undefined) count--;
	if (count === 0) return noArguments as Partial<P>;
	const last = args[count - 1];
	const options = isOptions(last) ? last : null;
	if (options !== null) count--;
	if (count > positional.length) {
		throw new TypeError(
			`[${op}] takes ${positional.length === 0 ? "no arguments" : `at most ${positional.length} (${positional.join(", ")})`} in place, got ${count}`,
		);
	}
	const bound: Record<string, unknown> = {};
	for (let i = 0; i < count; i++) if (args[i] !== undefined) bound[positional[i]!] = args[i];
	if (options !== null) {
		for (const name of Object.keys(options)) {
			const value = options[name];
			if (!(positional as readonly string[]).includes(name) && !(byName as readonly string[]).includes(name)) {
				throw new TypeError(
					`[${op}] unknown option "${name}"; it takes ${[...positional, ...byName].join(", ") || "none"}`,
				);
			}
			if (value === undefined) continue;
			if (bound[name] !== undefined) throw new TypeError(`[${op}] got "${name}" in place and by name`);
			bound[name] = value;
		}
	}
	return bound as Partial<P>;
}

/** Sizes given as arguments or as one array; -1 is left to the op. */
export function sizesOf(op: string, args: readonly unknown[]): number[] {
	const first = args[0];
	const sizes = args.length === 1 && Array.isArray(first) ? (first as unknown[]) : args;
	for (let i = 0; i < sizes.length; i++) {
		if (!Number.isInteger(sizes[i])) {
			throw new TypeError(`[${op}] sizes must be integers, got ${describe(sizes[i])} at position ${i}`);
		}
	}
	return (sizes === first ? [...sizes] : sizes) as number[];
}

/** Splits off the trailing options of a call that begins with sizes. */
export function sizesAndOptions<Options extends object>(
	op: string,
	args: readonly unknown[],
): { sizes: number[]; options: Partial<Options> } {
	let count = args.length;
	while (count > 0 && args[count - 1] === undefined) count--;
	const last = args[count - 1];
	const options = count > 0 && isOptions(last) ? (last as Partial<Options>) : null;
	const sizes = sizesOf(op, args.slice(0, options === null ? count : count - 1));
	for (const size of sizes) {
		if (size < 0) throw new RangeError(`[${op}] sizes cannot be negative, got [${sizes.join(", ")}]`);
	}
	return { sizes, options: options ?? {} };
}

/** A dimension counted from the front. */
export function wrapDim(op: string, dim: number, rank: number): number {
	const limit = Math.max(rank, 1);
	if (!Number.isInteger(dim) || dim < -limit || dim >= limit) {
		throw new RangeError(
			`[${op}] dimension out of range (expected to be in range of [${-limit}, ${limit - 1}], but got ${String(dim)})`,
		);
	}
	return dim < 0 ? dim + limit : dim;
}

/** Dimensions as the addon takes them: an array, or null for all. */
export function dimsOf(op: string, dims: Dims | undefined): number[] | null {
	if (dims === null || dims === undefined) return null;
	if (typeof dims === "number") return [dims];
	if (Array.isArray(dims)) return dims.length === 0 ? null : (dims as number[]);
	throw new TypeError(`[${op}] dim must be an integer or an array of integers, got ${describe(dims)}`);
}

/** One argument that must be an integer. */
export function integer(op: string, name: string, value: unknown): number {
	if (typeof value === "number" && Number.isInteger(value)) return value;
	throw new TypeError(`[${op}] ${name} must be an integer, got ${describe(value)}`);
}

/** One argument that must be a tensor. */
export function tensorArgument(op: string, name: string, value: unknown): Tensor {
	if (value instanceof Tensor) return value;
	throw new TypeError(`[${op}] ${name} must be a tensor, got ${describe(value)}`);
}

/** A value as an error message names it. */
export function describe(value: unknown): string {
	if (value === null || value === undefined) return String(value);
	if (Array.isArray(value)) return `an array of ${value.length}`;
	if (typeof value === "object" || typeof value === "function") return value.constructor?.name ?? typeof value;
	if (typeof value === "bigint") return `bigint ${value}`;
	return `${typeof value} ${typeof value === "number" ? value : JSON.stringify(value)}`;
}

/** A shape as an error message shows it. */
export function shapeText(shape: readonly number[]): string {
	return `[${shape.join(", ")}]`;
}
