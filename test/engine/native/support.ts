import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Handle, native } from "../../../dist/engine/core/native";

/* The addon as tests meet it: handles from plain numbers, and back. */

export { type Handle, native };

export const codes = {
	uint8: 0,
	int8: 1,
	int16: 2,
	int32: 3,
	int64: 4,
	float16: 5,
	float32: 6,
	float64: 7,
	bool: 8,
	bfloat16: 9,
} as const;
export type Name = keyof typeof codes;
export const names = Object.keys(codes) as Name[];
export const nameOf = (x: Handle): Name => names.find((name) => codes[name] === native.dtype(x))!;
export const isFloat = (name: Name) => name.includes("float");

/** A tensor; integers by way of int64, so that they wrap as PyTorch's conversions do. */
export function tensor(values: number[], shape: number[] = [values.length], dtype: Name = "float32"): Handle {
	const data = Float64Array.from(values);
	if (isFloat(dtype) || dtype === "bool") return native.fromNumbers(data, shape, codes[dtype]);
	return native.to(native.fromNumbers(data, shape, codes.int64), codes[dtype]);
}

export const numbers = (x: Handle): number[] => Array.from(native.toNumbers(x));

/** JSON has no infinities and NaN: they stand there as strings. */
export const number = (value: number | string | boolean): number => {
	if (value === "inf") return Number.POSITIVE_INFINITY;
	if (value === "-inf") return Number.NEGATIVE_INFINITY;
	return value === "nan" ? Number.NaN : Number(value);
};

export const reference = (name: string) =>
	JSON.parse(readFileSync(join(__dirname, `../../reference/native/${name}.json`), "utf8"));

/** The first element that is neither equal nor within `relative` of what was expected (or `absolute`, for those near 0). */
export function firstDifference(got: number[], expected: number[], relative = 0, absolute = 0): string | undefined {
	if (got.length !== expected.length) return `${got.length} elements instead of ${expected.length}`;
	for (let i = 0; i < got.length; i++) {
		const [a, b] = [got[i]!, expected[i]!];
		if (a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
		if (Math.abs(a - b) <= relative * Math.abs(b) + absolute) continue;
		return `element ${i}: ${a} instead of ${b}`;
	}
	return undefined;
}

/** Numbers that are the same in every run. */
export function repeatable(seed: number): () => number {
	let state = seed >>> 0 || 1;
	return () => {
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		return (state >>> 0) / 2 ** 32;
	};
}

/** Items by what `key` says of them, in the order of first appearance. */
export function grouped<T>(items: T[], key: (item: T) => string): [string, T[]][] {
	const groups = new Map<string, T[]>();
	for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
	return [...groups];
}
