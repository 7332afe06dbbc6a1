import { takeSequence } from "../../autograd/node";
import { type Handle, native } from "../../core/native";

/*
 * `vmap` runs a function once for all entries. What it hands to the function are tensors whose handles are no tensors of the
 * addon's but `Batched`: one of the addon's (or of a `vmap` around this one) with the entries as its first dimension, which the
 * function does not see. A row that meets such a handle asks here (`native.setOtherHandles`), and a rule says how it is done for all
 * entries by the rows for tensors with one dimension more.
 */

export type Randomness = "error" | "different" | "same";

/** What cannot be done for all entries at once. */
export class NotTogether extends Error {}

/** One running `vmap`. */
export class Level {
	/** What has numbers between these was made while it ran. */
	readonly first = takeSequence();
	last = Number.POSITIVE_INFINITY;

	constructor(
		/** Entries. */
		readonly size: number,
		/** 1 for the outermost. */
		readonly depth: number,
		readonly randomness: Randomness,
	) {}
}

/** Those that run now, the outermost first. */
export const running: Level[] = [];

/** What stands where a handle stands. */
export class Batched {
	constructor(
		readonly level: Level,
		/** The entries are its first dimension. */
		readonly inner: Handle,
	) {}
}

/** A row, as rules call it: they have the arguments of many. */
export type Row = (...args: any[]) => any;
export const rows = native as unknown as Readonly<Record<string, Row>>;

/**
 * How a row is done for all entries of a level: `args` are the row's, some of them of that level. `entries` where it can only be done
 * for one entry after the other.
 */
export type Rule = (level: Level, args: any[], row: string) => unknown;
export const entries = Symbol("one entry after the other");

export function batched(level: Level, inner: Handle): Handle {
	return new Batched(level, inner) as unknown as Handle;
}

export function isBatched(x: unknown): x is Batched {
	return x instanceof Batched;
}

export function isOf(level: Level, x: unknown): x is Batched {
	return x instanceof Batched && x.level === level;
}

/** Not a number and not missing. */
export function isHandle(x: unknown): x is Handle {
	return typeof x === "object" && x !== null && !Array.isArray(x) && !ArrayBuffer.isView(x);
}

/** What a handle of the level holds; others are the same for every entry. */
export function innerOf(level: Level, x: unknown): any {
	return isOf(level, x) ? x.inner : x;
}

export function rankOf(x: Handle): number {
	return native.dim(x);
}

/** With the entries as first dimension, also what is the same for all of them: that once for each, in one place. */
export function whole(level: Level, x: Handle): Handle {
	if (isOf(level, x)) return x.inner;
	const shape = native.shape(x);
	return native.expand(native.unsqueeze(x, 0), [level.size, ...shape]);
}

/**
 * For broadcasting against entries of `rank` dimensions: dimensions of size 1 behind the first. What is the same for all entries
 * broadcasts as it is.
 */
export function aligned(level: Level, x: unknown, rank: number): any {
	if (!isOf(level, x)) return x;
	const [size, ...shape] = native.shape(x.inner);
	if (shape.length >= rank) return x.inner;
	return native.reshape(x.inner, [size!, ...new Array<number>(rank - shape.length).fill(1), ...shape]);
}

/** The place of an entry's dimension among all; null where there is none such. */
export function placeOf(dim: number, rank: number): number | null {
	const place = dim < 0 ? dim + rank : dim;
	return Number.isInteger(place) && place >= 0 && place < rank ? place + 1 : null;
}

/** `placeOf` for several; null where one of them is none. */
export function placesOf(dims: readonly number[], rank: number): number[] | null {
	const places = dims.map((dim) => placeOf(dim, rank));
	return places.includes(null) ? null : (places as number[]);
}

/** A row's results, each of which has the entries as first dimension; null where it gave none. */
export function batchedAll(level: Level, results: readonly (Handle | null)[]): (Handle | null)[] {
	return results.map((result) => (result === null ? null : batched(level, result)));
}

/** One entry, for questions whose answer is the same for all. */
export function sample(level: Level, x: unknown): any {
	return isOf(level, x) ? native.select(x.inner, 0, 0) : x;
}
