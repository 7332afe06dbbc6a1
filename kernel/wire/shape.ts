/**
 * The shape of a JSON value: checks it, and gives its TypeScript type. Small on purpose: messages are plain, and a
 * check of one takes microseconds.
 */
export interface Shape<T> {
	/** What is wrong with `value`, beginning with where; undefined where nothing is. */
	check(value: unknown, path: string): string | undefined;
	readonly optional?: boolean;
	/** For the compiler only. */
	readonly type?: T;
}

export type Infer<S> = S extends Shape<infer T> ? T : never;

const where = (path: string) => (path === "" ? "the value" : path);

function show(value: unknown): string {
	if (value === undefined) return "nothing";
	const text = JSON.stringify(value) ?? String(value);
	return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function basic<T>(expected: string, is: (value: unknown) => boolean): Shape<T> {
	return {
		check: (value, path) => (is(value) ? undefined : `${where(path)}: expected ${expected}, got ${show(value)}`),
	};
}

export const string = basic<string>("a string", (value) => typeof value === "string");
export const boolean = basic<boolean>("true or false", (value) => typeof value === "boolean");
export const number = basic<number>("a number", (value) => typeof value === "number");
export const integer = basic<number>("a whole number", (value) => Number.isInteger(value));
export const nothing = basic<null>("null", (value) => value === null);
/** Any JSON value. */
export const anything = basic<unknown>("a JSON value", (value) => value !== undefined);
const isObject = (value: unknown): value is Record<string, unknown> =>
	typeof value === "object" && value !== null && !Array.isArray(value);
/** An object with any fields. */
export const dictionary = basic<Record<string, unknown>>("an object", isObject);

export function literal<const T extends (string | number | boolean)[]>(...values: T): Shape<T[number]> {
	const expected = values.map((value) => JSON.stringify(value)).join(" or ");
	return basic(expected, (value) => values.includes(value as T[number]));
}

export function array<T>(element: Shape<T>): Shape<T[]> {
	return {
		check(value, path) {
			if (!Array.isArray(value)) return `${where(path)}: expected an array, got ${show(value)}`;
			for (let i = 0; i < value.length; i++) {
				const problem = element.check(value[i], `${path}[${i}]`);
				if (problem !== undefined) return problem;
			}
			return undefined;
		},
	};
}

/** An object whose every value has one shape. */
export function record<T>(element: Shape<T>): Shape<Record<string, T>> {
	return {
		check(value, path) {
			if (!isObject(value)) return `${where(path)}: expected an object, got ${show(value)}`;
			for (const key of Object.keys(value)) {
				const problem = element.check(value[key], path === "" ? key : `${path}.${key}`);
				if (problem !== undefined) return problem;
			}
			return undefined;
		},
	};
}

/** One of several shapes. */
export function either<T extends Shape<unknown>[]>(...shapes: T): Shape<Infer<T[number]>> {
	return {
		check(value, path) {
			const problems = shapes.map((shape) => shape.check(value, path));
			return problems.includes(undefined) ? undefined : problems.join("; or ");
		},
	};
}

/** A field that may be absent. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> & { readonly optional: true } {
	return { check: shape.check, optional: true };
}

type Fields = Record<string, Shape<unknown>>;
type OptionalKeys<F extends Fields> = { [K in keyof F]: F[K] extends { optional: true } ? K : never }[keyof F];
type Object_<F extends Fields> = { [K in Exclude<keyof F, OptionalKeys<F>>]: Infer<F[K]> } & {
	[K in OptionalKeys<F>]?: Infer<F[K]>;
};

/** An object with these fields. Others are let through, as the protocol asks; `closed` refuses them. */
export function object<F extends Fields>(
	fields: F,
	options?: { closed?: boolean },
): Shape<{ [K in keyof Object_<F>]: Object_<F>[K] }> {
	const keys = Object.keys(fields);
	return {
		check(value, path) {
			if (!isObject(value)) return `${where(path)}: expected an object, got ${show(value)}`;
			for (const key of keys) {
				const shape = fields[key]!;
				if (value[key] === undefined && shape.optional) continue;
				const problem = shape.check(value[key], path === "" ? key : `${path}.${key}`);
				if (problem !== undefined) return problem;
			}
			if (options?.closed) {
				for (const key of Object.keys(value)) {
					if (!keys.includes(key)) return `${where(path)}: unknown field ${JSON.stringify(key)}`;
				}
			}
			return undefined;
		},
	};
}
