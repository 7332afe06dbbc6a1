import { isOptions, shapeText } from "./arguments";
import { type DType, isDType } from "./dtype";
import { Tensor } from "./tensor";

/*
 * Arguments of constructors, as in Python: leading ones in place, the rest by name in one trailing options object. A class
 * declares the types that a user sees as overloads; at run time its signature binds names, fills in defaults and refuses
 * what a plain JavaScript caller got wrong, naming the argument and its value.
 */

/** What one argument may be. */
export interface Rule<T> {
	/** "a positive integer" */
	readonly expected: string;
	readonly accepts: (value: unknown) => boolean;
	readonly fallback?: { value: T };
}

function rule<T>(expected: string, accepts: (value: unknown) => boolean, fallback?: T): Rule<T> {
	return fallback === undefined ? { expected, accepts } : { expected, accepts, fallback: { value: fallback } };
}

const isInteger = (value: unknown): value is number => typeof value === "number" && Number.isInteger(value);

/** An integer, at least `least`. */
export function integer(fallback?: number, least = Number.NEGATIVE_INFINITY): Rule<number> {
	const expected = least === Number.NEGATIVE_INFINITY ? "an integer" : `an integer of at least ${least}`;
	return rule(expected, (value) => isInteger(value) && value >= least, fallback);
}

/** A size: 0, 1, 2, … */
export function size(fallback?: number): Rule<number> {
	return integer(fallback, 0);
}

export function real(fallback?: number): Rule<number> {
	return rule("a number", (value) => typeof value === "number", fallback);
}

export function flag(fallback?: boolean): Rule<boolean> {
	return rule("true or false", (value) => typeof value === "boolean", fallback);
}

export function choice<const T extends string>(choices: readonly T[], fallback?: NoInfer<T>): Rule<T> {
	const expected = choices.map((choice) => JSON.stringify(choice)).join(" or ");
	return rule(expected, (value) => choices.includes(value as T), fallback as T);
}

export function tensor(): Rule<Tensor> {
	return rule("a tensor", (value) => value instanceof Tensor);
}

/** An integer, or a list of `count` of them, one per dimension. */
export function perDimension(count: number, fallback?: number, least = 0): Rule<number | readonly number[]> {
	const one = (value: unknown) => isInteger(value) && value >= least;
	return rule(
		`an integer of at least ${least} or ${count} of them`,
		(value) => one(value) || (Array.isArray(value) && value.length === count && value.every(one)),
		fallback,
	);
}

/** One or several sizes. */
export function shape(): Rule<number | readonly number[]> {
	const one = (value: unknown) => isInteger(value) && value >= 0;
	return rule("a size or a list of sizes", (value) => one(value) || (Array.isArray(value) && value.every(one)));
}

export function dtype(): Rule<DType | null> {
	return rule<DType | null>("a floating point dtype such as torch.float64", isFloatingDType, null as DType | null);
}

function isFloatingDType(value: unknown): boolean {
	return value === null || (isDType(value) && value.isFloatingPoint);
}

export function anything<T>(expected: string, accepts: (value: unknown) => boolean, fallback?: T): Rule<T> {
	return rule(expected, accepts, fallback);
}

/** `rule`, or null, which is also the default. */
export function nullable<T>(inner: Rule<T>): Rule<T | null> {
	return {
		expected: `${inner.expected} or null`,
		accepts: (value) => value === null || inner.accepts(value),
		fallback: { value: null },
	};
}

/**
 * The ways to give a constructor the properties of `O`: those of the tuple in place, in its order, or the first few of them,
 * and the rest by name. `N` are the tuple's names.
 */
export type Placed<L extends readonly unknown[], N extends readonly PropertyKey[], O> =
	| [...L, ...OptionsWithout<O, N[number]>]
	| (L extends readonly [...infer Fewer, unknown]
			? N extends readonly [...infer Names extends readonly PropertyKey[], PropertyKey]
				? Placed<Fewer, Names, O>
				: never
			: never);

type OptionsWithout<O, K extends PropertyKey> =
	Omit<O, K> extends infer Rest ? (Partial<Rest> extends Rest ? [options?: Rest] : [options: Rest]) : never;

type Rules = Record<string, Rule<any>>;
export type Bound<R extends Rules> = { [K in keyof R]: R[K] extends Rule<infer T> ? T : never };

/** How to read the arguments of `name`; `rules` in Python's order. */
export function signature<R extends Rules>(name: string, rules: R): (args: readonly unknown[]) => Bound<R> {
	const names = Object.keys(rules);
	return (args) => {
		const bound: Record<string, unknown> = {};
		let positional = args;
		const last = args.at(-1);
		let options: Record<string, unknown> = {};
		if (isOptions(last)) {
			options = last;
			positional = args.slice(0, -1);
		}
		if (positional.length > names.length) {
			throw new TypeError(
				`[${name}] takes at most ${names.length} arguments (${names.join(", ")}), got ${positional.length}`,
			);
		}
		positional.forEach((value, i) => {
			bound[names[i]!] = value;
		});
		checkOptionNames(name, names, options);
		for (const [key, value] of Object.entries(options)) {
			if (value === undefined) continue;
			if (bound[key] !== undefined) throw new TypeError(`[${name}] got two values for ${key}`);
			bound[key] = value;
		}
		for (const key of names) {
			const { accepts, expected, fallback } = rules[key]!;
			const value = bound[key];
			if (value === undefined) {
				if (!fallback) throw new TypeError(`[${name}] ${key} is missing: expected ${expected}`);
				bound[key] = fallback.value;
			} else if (!accepts(value)) {
				throw new (typeof value === "number" ? RangeError : TypeError)(
					`[${name}] ${key} must be ${expected}, got ${quoted(value)}`,
				);
			}
		}
		return bound as Bound<R>;
	};
}

/** Refuses an option that is none, and says which one may have been meant. */
export function checkOptionNames(name: string, known: readonly string[], options: object): void {
	for (const key of Object.keys(options)) {
		if (known.includes(key)) continue;
		const meant = closest(key, known);
		throw new TypeError(
			`[${name}] unknown option ${JSON.stringify(key)}${meant ? `: did you mean ${JSON.stringify(meant)}?` : ""} ` +
				`(options: ${known.join(", ")})`,
		);
	}
}

function closest(key: string, known: readonly string[]): string | undefined {
	const plain = (name: string) => name.replaceAll("_", "").toLowerCase();
	const scored = known.map((name) => ({ name, cost: edits(plain(key), plain(name)) }));
	scored.sort((a, b) => a.cost - b.cost);
	return scored[0] && scored[0].cost <= Math.max(2, key.length / 3) ? scored[0].name : undefined;
}

/** Levenshtein distance. */
function edits(a: string, b: string): number {
	let row = Array.from({ length: b.length + 1 }, (_, j) => j);
	for (let i = 1; i <= a.length; i++) {
		const next = [i];
		for (let j = 1; j <= b.length; j++) {
			next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
		}
		row = next;
	}
	return row[b.length]!;
}

/** A bad value as an error quotes it. */
export function quoted(value: unknown): string {
	if (value instanceof Tensor) return `a tensor of shape ${shapeText(value.shape)}`;
	if (typeof value === "string") return JSON.stringify(value);
	if (Array.isArray(value)) return `[${value.map(quoted).join(", ")}]`;
	if (isDType(value)) return String(value);
	// Modules are functions of a class of their own.
	if (typeof value === "function" && "stateDict" in value) return `a module (${value.constructor.name})`;
	if (typeof value === "function") return value.name ? `the function ${value.name}` : "a function";
	if (typeof value === "object" && value !== null) return `an object (${value.constructor?.name ?? "no class"})`;
	return String(value);
}
