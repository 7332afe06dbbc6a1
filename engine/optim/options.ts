import { boolean, float, number, string, tuple } from "../core/pythonText";
import { checkOptionNames, quoted } from "../core/signature";

/* Options of optimisers: default, what is allowed, and how PyTorch prints it. One table per optimiser. */

export interface OptionSpec<T> {
	readonly default: T;
	/** "a number of at least 0" */
	readonly expected: string;
	readonly accepts: (value: any) => boolean;
	/** PyTorch's text of a value. */
	readonly text: (value: any) => string;
}

export type OptionSpecs = Record<string, OptionSpec<any>>;
export type OptionsOf<S extends OptionSpecs> = { [K in keyof S]: S[K] extends OptionSpec<infer T> ? T : never };

type Print = (value: number) => string;

/** A number of at least `least`. Prints as a float, or with `number` as the int that its default is in PyTorch. */
export function atLeast(least: number, fallback: number, text: Print = float): OptionSpec<number> {
	return {
		default: fallback,
		expected: `a number of at least ${least}`,
		accepts: (value) => typeof value === "number" && value >= least,
		text,
	};
}

/** Any number. */
export function real(fallback: number, text: Print = float): OptionSpec<number> {
	return { default: fallback, expected: "a number", accepts: (value) => typeof value === "number", text };
}

/** A number of [low, high). */
export function within(low: number, high: number, fallback: number, text: Print = float): OptionSpec<number> {
	return {
		default: fallback,
		expected: `a number of at least ${low} and less than ${high}`,
		accepts: (value) => typeof value === "number" && value >= low && value < high,
		text,
	};
}

export function integer(least: number, fallback: number): OptionSpec<number> {
	return {
		default: fallback,
		expected: `an integer of at least ${least}`,
		accepts: (value) => Number.isInteger(value) && value >= least,
		text: number,
	};
}

/** Two decay rates of [0, 1). */
export function betas(first = 0.9, second = 0.999): OptionSpec<readonly [number, number]> {
	return pair(
		[first, second],
		"two numbers of at least 0 and less than 1",
		(a, b) => a >= 0 && a < 1 && b >= 0 && b < 1,
	);
}

export function pair(
	fallback: readonly [number, number],
	expected: string,
	accepts: (first: number, second: number) => boolean,
	text: Print = float,
): OptionSpec<readonly [number, number]> {
	return {
		default: fallback,
		expected,
		accepts: (value: unknown) =>
			Array.isArray(value) &&
			value.length === 2 &&
			value.every((item) => typeof item === "number") &&
			accepts(value[0] as number, value[1] as number),
		text: (value: readonly number[]) => tuple(value, text),
	};
}

export function flag(fallback: boolean): OptionSpec<boolean> {
	return {
		default: fallback,
		expected: "true or false",
		accepts: (value) => typeof value === "boolean",
		text: boolean,
	};
}

export function choice<T extends string | null>(fallback: T, choices: readonly T[]): OptionSpec<T> {
	return {
		default: fallback,
		expected: choices.map((item) => JSON.stringify(item)).join(" or "),
		accepts: (value) => choices.includes(value),
		text: (value: T) => (value === null ? "None" : string(value).slice(1, -1)),
	};
}

/**
 * PyTorch's hints on how to compute a step (`foreach`, `fused`). They change no result and mean nothing here: a step is
 * one call of the engine in any case.
 */
export const hint: OptionSpec<boolean | null> = {
	default: null,
	expected: "true, false or null",
	accepts: (value) => value === null || typeof value === "boolean",
	text: (value: boolean | null) => (value === null ? "None" : boolean(value)),
};

/** An option of PyTorch that the engine knows only switched off. */
export const off: OptionSpec<false> = {
	default: false,
	expected: "false (the engine does not have it)",
	accepts: (value) => value === false,
	text: boolean,
};

/** All options: those given, checked, else the defaults. */
export function checkOptions<S extends OptionSpecs>(
	name: string,
	specs: S,
	given: Partial<OptionsOf<S>>,
): OptionsOf<S> {
	if (typeof given !== "object" || given === null || Array.isArray(given)) {
		throw new TypeError(`[${name}] options must be an object such as {lr: 0.1}, got ${quoted(given)}`);
	}
	checkOptionNames(name, Object.keys(specs), given);
	const out: Record<string, unknown> = {};
	for (const [key, { default: fallback, accepts, expected }] of Object.entries(specs)) {
		const value = given[key] === undefined ? fallback : given[key];
		if (!accepts(value)) throw new RangeError(`[${name}] ${key} must be ${expected}, got ${quoted(value)}`);
		out[key] = value;
	}
	return out as OptionsOf<S>;
}
