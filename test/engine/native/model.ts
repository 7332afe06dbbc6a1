import { type Handle, native } from "./support";

/* A plain-array model of tensors: a flat row-major list and a shape. Slow and obvious. */

export interface Model {
	shape: number[];
	values: number[];
}

export const size = (shape: number[]) => shape.reduce((a, b) => a * b, 1);

/** All positions of a shape, row-major. */
export function* positions(shape: number[]): Generator<number[]> {
	const at = shape.map(() => 0);
	for (let n = size(shape); n > 0; n--) {
		yield at.slice();
		for (let d = shape.length - 1; d >= 0 && ++at[d]! === shape[d]; d--) at[d] = 0;
	}
}

const flat = (shape: number[], at: number[]) => at.reduce((sum, i, d) => sum * shape[d]! + i, 0);
export const get = (m: Model, at: number[]) => m.values[flat(m.shape, at)]!;

/** A model of the given shape whose element at a position is what `from` says. */
export const build = (shape: number[], from: (at: number[]) => number): Model => ({
	shape,
	values: Array.from(positions(shape), from),
});

export const modelOf = (x: Handle): Model => ({ shape: native.shape(x), values: Array.from(native.toNumbers(x)) });

/** `m` read with broadcasting. */
export const broadcastGet = (m: Model, at: number[]) =>
	get(
		m,
		m.shape.map((n, d) => (n === 1 ? 0 : at[d + at.length - m.shape.length]!)),
	);

export function broadcastShape(a: number[], b: number[]): number[] {
	const n = Math.max(a.length, b.length);
	return Array.from({ length: n }, (_, i) => {
		const [p, q] = [a[i - n + a.length] ?? 1, b[i - n + b.length] ?? 1];
		return p === 1 ? q : p;
	});
}
