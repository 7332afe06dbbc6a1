import { bind, isOptions } from "./arguments";
import type { Tensor } from "./tensor";

/*
 * Parameters by name, for functions that take them in place: `narrow(x, 0, 1, 2)` is also `narrow(x, { dim: 0, start: 1,
 * length: 2 })` and `narrow(x, 0, { start: 1, length: 2 })`. A table says the names in PyTorch's order, and their types.
 */

/**
 * A parameter. "only": it is given by name alone. "option": in place as well, while the function itself takes it in its
 * options. "rest": its elements may also be given one by one.
 */
export type Parameter = readonly [name: string, type: unknown, how?: "only" | "option" | "rest"];
export type ParameterList = readonly Parameter[];

/** The type of a required parameter in a table: only what it says is ever looked at. */
export function of<T>(): T {
	return needed as T;
}

/** Of one that may be left out. */
export function maybe<T>(): T | undefined {
	return undefined;
}

const needed: unknown = Symbol("required");

type Entry<P extends Parameter> = undefined extends P[1] ? { [K in P[0]]?: P[1] } : { [K in P[0]]: P[1] };
type Entries<L extends ParameterList> = L extends readonly [infer P extends Parameter, ...infer R extends ParameterList]
	? Entry<P> & Entries<R>
	: unknown;
type Flat<A> = { [K in keyof A]: A[K] };

/** All parameters of a list as one options object. */
export type ByName<L extends ParameterList> = Flat<Entries<L>>;

type InPlace<L extends ParameterList> = L extends readonly [infer P extends Parameter, ...infer R extends ParameterList]
	? P[2] extends "only" | "rest"
		? []
		: undefined extends P[1]
			? [P[1]?, ...InPlace<R>]
			: [P[1], ...InPlace<R>]
	: [];

/** The ways to give the parameters of a list: all in place, or by name from the first, the second, … on. */
export type Named<L extends ParameterList> =
	| InPlace<L>
	| [named: ByName<L>]
	| (L extends readonly [infer P extends Parameter, ...infer R extends readonly [Parameter, ...ParameterList]]
			? P[2] extends "only"
				? never
				: [P[1], ...Named<R>]
			: never);

/**
 * A function of an input with the parameters of a list by name as well. One of one signature keeps one: only such can be
 * called by way of a list of several functions.
 */
export type WithNames<F extends AnyFunction, L extends ParameterList> = Widened<
	F,
	[input: Tensor, ...named: Named<L>] | [named: Flat<{ input: Tensor } & ByName<L>>]
>;

type Widened<F extends AnyFunction, A extends unknown[]> = ((...args: Parameters<F>) => ReturnType<F>) extends F
	? (...args: Parameters<F> | A) => ReturnType<F>
	: F & ((...args: A) => ReturnType<F>);

/** Functions of a table with their parameters by name. */
export type NamedFunctions<F, P extends Lists, W extends Lists> = {
	readonly [K in keyof F & keyof P]: F[K] extends AnyFunction ? WithNames<F[K], P[K]> : never;
} & {
	readonly [K in keyof F & keyof W]: F[K] extends AnyFunction ? Widened<F[K], Named<W[K]>> : never;
};

type Lists = Record<string, ParameterList>;
type AnyFunction = (this: any, ...args: any[]) => any;

/** Those of `functions` that a table names: `parameters` are those after the input, `whole` all of them. */
export function namedFunctions<F extends object, P extends Lists, W extends Lists>(
	functions: F,
	parameters: P,
	whole: W,
): NamedFunctions<F, P, W> {
	const given = functions as Record<string, AnyFunction | undefined>;
	const found: Record<string, AnyFunction> = {};
	const put = (op: string, list: ParameterList) => {
		const fn = given[op];
		if (fn !== undefined) found[op] = called(op, withNames(op, fn, list));
	};
	for (const [op, list] of Object.entries(parameters)) put(op, [["input", needed], ...list]);
	for (const [op, list] of Object.entries(whole)) put(op, list);
	return found as unknown as NamedFunctions<F, P, W>;
}

/** A function under its public name: for stacks, and where it is printed. */
export function called<F extends AnyFunction>(name: string, fn: F): F {
	return Object.defineProperty(fn, "name", { value: name, configurable: true });
}

/** Names that functions have which were made from a table's rows. */
const ofTables = new Set(["", "plain", "apply", "call"]);

/** Gives functions that were made from rows their public names. */
export function nameFunctions(functions: object): void {
	for (const [name, fn] of Object.entries(functions))
		if (typeof fn === "function" && ofTables.has(fn.name)) called(name, fn as AnyFunction);
}

/** `fn` with its parameters by name. */
function withNames(op: string, fn: AnyFunction, parameters: ParameterList): AnyFunction {
	const placed = placing(op, parameters);
	if (isBrief(parameters)) {
		return (input, first, options) =>
			isOptions(first) || isOptions(input) ? fn(...placed([input, first])) : fn(input, first, options);
	}
	if (parameters.some(([, , how]) => how === "rest")) {
		return (...args) => (namesSizes(args, parameters) ? fn(...placed(args)) : fn(...args));
	}
	const most = parameters.filter(([, , how]) => how !== "only" && how !== "option").length;
	const some = parameters.some(([, , how]) => how === "option");
	return (...args) => (isOptions(args.at(-1)) || (some && args.length > most) ? fn(...placed(args)) : fn(...args));
}

/** The same for a method. */
export function methodWithNames(op: string, method: AnyFunction, parameters: ParameterList): AnyFunction {
	const placed = placing(op, parameters);
	if (isBrief([["this", needed], ...parameters])) {
		return function (this: Tensor, first, options) {
			return isOptions(first) ? method.apply(this, placed([first])) : method.call(this, first, options);
		};
	}
	if (parameters.some(([, , how]) => how === "rest")) {
		return function (this: Tensor, ...args) {
			return method.apply(this, namesSizes(args, parameters) ? placed(args) : args);
		};
	}
	return function (this: Tensor, ...args) {
		return method.apply(this, isOptions(args.at(-1)) ? placed(args) : args);
	};
}

/** Whether the one thing given after the input is an options object with the sizes: others may have options of their own. */
function namesSizes(args: readonly unknown[], parameters: ParameterList): boolean {
	const last = args.at(-1);
	return isOptions(last) && parameters.some(([name, , how]) => (how === "rest" || name === "input") && name in last);
}

/** Of the ops that are called most only one argument is in place: it is looked at without making an array. */
function isBrief(parameters: ParameterList): boolean {
	return parameters.filter(([, , how]) => how !== "only").length === 2 && parameters[1]![2] === undefined;
}

/** Puts arguments where the function takes them: in place, or in its options. */
function placing(op: string, parameters: ParameterList): (args: readonly unknown[]) => unknown[] {
	// Hundreds of functions are made when the engine is loaded; few of them are ever called by name.
	let places: ReturnType<typeof placesOf> | undefined;
	return (args) => {
		places ??= placesOf(parameters);
		const { inPlace, inOptions, positional, byName } = places;
		const bound = bind<Record<string, unknown>>(op, args, positional, byName);
		for (const [name, type] of parameters) {
			if (type === needed && bound[name] === undefined) throw new TypeError(`[${op}] ${name} is missing`);
		}
		const placed = inPlace.map((name) => bound[name]);
		const given = inOptions.filter((name) => bound[name] !== undefined);
		if (given.length > 0) return [...placed, Object.fromEntries(given.map((name) => [name, bound[name]]))];
		while (placed.length > 0 && placed.at(-1) === undefined) placed.pop();
		return placed;
	};
}

/** Which parameters the function takes in place and which in its options; which may be given in place, and which by name alone. */
function placesOf(parameters: ParameterList) {
	const namesOf = (wanted: (how: Parameter[2]) => boolean) =>
		parameters.filter(([, , how]) => wanted(how)).map(([name]) => name);
	return {
		inPlace: namesOf((how) => how !== "only" && how !== "option"),
		inOptions: namesOf((how) => how === "only" || how === "option"),
		positional: namesOf((how) => how !== "only"),
		byName: namesOf((how) => how === "only"),
	};
}
