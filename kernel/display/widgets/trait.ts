import { bytesOf } from "../comm";
import { inspectText } from "../inspect";

/** Whatever can be named in a message by its id; see model.ts. */
export interface Referred {
	readonly modelId: string;
}

/** One property of a widget: what it may hold, and how it travels. */
export interface Trait<T> {
	/** Made anew for every widget. */
	initial(): T;
	/** The value as it is kept. Throws an error that begins with `where` and says what was expected. */
	check(value: unknown, where: string): T;
	/** Its form in messages. `refer` is called for every widget that it names. Default: as it is. */
	toJson?(value: T, refer: (model: Referred) => void): unknown;
	/** From a page's message, before it is checked; `find` gives the widget of an id. */
	fromJson?(json: unknown, find: (id: string) => unknown): unknown;
	/** False for what only the kernel knows. */
	readonly synced?: boolean;
	/** True for what follows from other properties and says nothing more. */
	readonly derived?: boolean;
	/** Its key in messages. Default: the property's name in snake_case. */
	readonly key?: string;
}

export type Traits = Record<string, Trait<any>>;
/**
 * A trait for each property. The properties themselves are declared, not derived: only so do editors show what is written
 * about them.
 */
export type TraitsOf<P> = { [K in keyof P]-?: Trait<P[K]> };

export function expected(where: string, what: string, value: unknown): TypeError {
	return new TypeError(`${where}: expected ${what}, got ${inspectText(value)}`);
}

function simple<T>(what: string, initial: T, is: (value: unknown) => boolean): Trait<T> {
	return {
		initial: () => initial,
		check(value, where) {
			if (!is(value)) throw expected(where, what, value);
			return value as T;
		},
	};
}

/** A whole number; others are cut, as ipywidgets does. */
export function int(initial: number): Trait<number> {
	const finite = float(initial);
	return { initial: finite.initial, check: (value, where) => Math.trunc(finite.check(value, where)) };
}

export function float(initial: number): Trait<number> {
	return simple("a number", initial, (value) => Number.isFinite(value));
}

export function bool(initial: boolean): Trait<boolean> {
	return simple("true or false", initial, (value) => typeof value === "boolean");
}

export function text(initial = ""): Trait<string> {
	return simple("a string", initial, (value) => typeof value === "string");
}

/** One of some strings. */
export function choice<const T extends string>(initial: T, ...others: T[]): Trait<T> {
	const values: string[] = [initial, ...others];
	const what = `one of ${values.map((value) => `"${value}"`).join(", ")}`;
	return simple(what, initial, (value) => values.includes(value as string));
}

/** A value that may be null, and is at first. */
export function nullable<T>(trait: Trait<T>): Trait<T | null> {
	return {
		...(trait as Trait<T | null>),
		initial: () => null,
		check: (value, where) => (value === null ? null : trait.check(value, where)),
		toJson: (value, refer) => (value === null || trait.toJson === undefined ? value : trait.toJson(value, refer)),
		fromJson: (json, find) => (json === null || trait.fromJson === undefined ? json : trait.fromJson(json, find)),
	};
}

/** An array, kept as a frozen copy: a change inside it would go unseen. */
export function list<T>(element: Trait<T>, initial: readonly T[] = []): Trait<readonly T[]> {
	return {
		initial: () => Object.freeze([...initial]),
		check(value, where) {
			if (!Array.isArray(value)) throw expected(where, "an array", value);
			return Object.freeze(value.map((one, i) => element.check(one, `${where}[${i}]`)));
		},
		toJson: (value, refer) => value.map((one) => (element.toJson === undefined ? one : element.toJson(one, refer))),
		fromJson: (json, find) =>
			Array.isArray(json) && element.fromJson !== undefined ? json.map((one) => element.fromJson!(one, find)) : json,
	};
}

/** Two numbers. */
export function pair(number: Trait<number>, initial: readonly [number, number]): Trait<readonly [number, number]> {
	const numbers = list(number, initial);
	return {
		...(numbers as Trait<any>),
		check(value, where) {
			const checked = numbers.check(value, where);
			if (checked.length !== 2) throw expected(where, "[lower, upper]", value);
			return checked as unknown as readonly [number, number];
		},
	};
}

/** Bytes, which travel as a buffer beside the message. */
export function bytes(): Trait<Uint8Array> {
	return {
		initial: () => new Uint8Array(),
		check(value, where) {
			if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof SharedArrayBuffer)
				return bytesOf(value);
			throw expected(where, "bytes (a Uint8Array, an ArrayBuffer, a Buffer)", value);
		},
	};
}

/** A date without a time, at midnight UTC. */
export function date(): Trait<Date> {
	return {
		initial: () => new Date(0),
		check(value, where) {
			if (!(value instanceof Date) || Number.isNaN(value.getTime())) throw expected(where, "a Date", value);
			return new Date(Date.UTC(value.getUTCFullYear(), value.getUTCMonth(), value.getUTCDate()));
		},
		toJson: (value) => ({ year: value.getUTCFullYear(), month: value.getUTCMonth(), date: value.getUTCDate() }),
		fromJson(json) {
			const { year, month, date } = json as { year: number; month: number; date: number };
			return new Date(Date.UTC(year, month, date));
		},
	};
}

/** Any JSON. */
export function json<T>(initial: T): Trait<T> {
	return simple<T>("a JSON value", initial, (value) => value !== undefined);
}

/** A value that no page hears of. */
export function kept<T>(initial: T): Trait<T> {
	return { ...json(initial), synced: false };
}

/** Another widget, named by its id. */
export function reference<T extends Referred>(
	what: string,
	is: (value: unknown) => boolean,
	initial: () => T,
	make?: (options: object) => T,
): Trait<T> {
	return {
		initial,
		check(value, where) {
			if (is(value)) return value as T;
			if (make !== undefined && isPlainObject(value)) return make(value);
			throw expected(where, what, value);
		},
		toJson(value, refer) {
			refer(value);
			return referenceTo(value);
		},
		fromJson: (json, find) => (typeof json === "string" ? find(json.replace(/^IPY_MODEL_/, "")) : json),
	};
}

/** How messages name a widget. */
export function referenceTo(model: Referred): string {
	return `IPY_MODEL_${model.modelId}`;
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
	if (typeof value !== "object" || value === null) return false;
	const prototype: unknown = Object.getPrototypeOf(value);
	return prototype === Object.prototype || prototype === null;
}

/** `continuousUpdate` → `continuous_update`. */
export function snakeCase(name: string): string {
	return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Whether two values of a trait are the same for a page. */
export function same(a: unknown, b: unknown): boolean {
	if (Object.is(a, b)) return true;
	if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
	if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
	if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
	if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((one, i) => same(one, b[i]));
	if (!isPlainObject(a) || !isPlainObject(b)) return false;
	const keys = Object.keys(a);
	return keys.length === Object.keys(b).length && keys.every((key) => key in b && same(a[key], b[key]));
}
