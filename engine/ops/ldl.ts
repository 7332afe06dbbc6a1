import { describe, shapeText } from "../core/arguments";
import { type NamedTuple, namedTuple } from "../core/namedTuple";
import { native } from "../core/native";
import { Tensor, wrap } from "../core/tensor";
import { checkInfo, matrices } from "./factors";

/*
 * A = L D Lᵀ of symmetric matrices, with blocks of one or two rows in D: Bunch and Kaufman's pivoting, as LAPACK's sytf2 and
 * sytrs for the lower triangle. Computed in doubles on the host, also for tensors on a card. No gradient.
 */

const threshold = (1 + Math.sqrt(17)) / 8;

/** A matrix of n columns, row after row. */
class Rows {
	constructor(
		readonly data: Float64Array,
		readonly n: number,
	) {}
	at(i: number, j: number): number {
		return this.data[i * this.n + j]!;
	}
	set(i: number, j: number, value: number): void {
		this.data[i * this.n + j] = value;
	}
	swap(i: number, j: number, k: number, l: number): void {
		const held = this.at(i, j);
		this.set(i, j, this.at(k, l));
		this.set(k, l, held);
	}
	/** The place and the size of the largest of some elements; the first of equals. */
	largest(begin: number, end: number, element: (i: number) => number): [place: number, size: number] {
		let [place, size] = [begin, 0];
		for (let i = begin; i < end; i++) {
			const here = Math.abs(element(i));
			if (here > size) [place, size] = [i, here];
		}
		return [place, size];
	}
}

/** Which row comes to the place of row k, as a block of how many; -1 where the column is 0. */
function pivotOf(a: Rows, k: number): [row: number, rows: 1 | 2] {
	const here = Math.abs(a.at(k, k));
	const [row, below] = a.largest(k + 1, a.n, (i) => a.at(i, k));
	if (Math.max(here, below) === 0 || Number.isNaN(here)) return [-1, 1];
	if (here >= threshold * below) return [k, 1];
	const [, before] = a.largest(k, row, (j) => a.at(row, j));
	const [, after] = a.largest(row + 1, a.n, (i) => a.at(i, row));
	const most = Math.max(before, after);
	if (here >= threshold * below * (below / most)) return [k, 1];
	return Math.abs(a.at(row, row)) >= threshold * most ? [row, 1] : [row, 2];
}

/** The lower triangle becomes L (below) and D; gives the exchanges (from 1, negative in blocks of two) and `info`. */
function factorize(a: Rows): { pivots: Int32Array; info: number } {
	const { n } = a;
	const pivots = new Int32Array(n);
	let info = 0;
	for (let k = 0; k < n; ) {
		const [row, size] = pivotOf(a, k);
		if (row < 0) {
			info ||= k + 1;
			pivots[k] = k + 1;
			k++;
			continue;
		}
		const last = k + size - 1;
		if (row !== last) {
			for (let i = row + 1; i < n; i++) a.swap(i, last, i, row);
			for (let i = last + 1; i < row; i++) a.swap(i, last, row, i);
			a.swap(last, last, row, row);
			if (size === 2) a.swap(k + 1, k, row, k);
		}
		if (size === 1) eliminate(a, k);
		else eliminateTwo(a, k);
		for (let i = k; i <= last; i++) pivots[i] = size === 1 ? row + 1 : -(row + 1);
		k += size;
	}
	return { pivots, info };
}

function eliminate(a: Rows, k: number): void {
	const inverse = 1 / a.at(k, k);
	for (let j = k + 1; j < a.n; j++) {
		const factor = inverse * a.at(j, k);
		for (let i = j; i < a.n; i++) a.set(i, j, a.at(i, j) - factor * a.at(i, k));
	}
	for (let i = k + 1; i < a.n; i++) a.set(i, k, a.at(i, k) * inverse);
}

function eliminateTwo(a: Rows, k: number): void {
	const off = a.at(k + 1, k);
	const [first, second] = [a.at(k + 1, k + 1) / off, a.at(k, k) / off];
	const scale = 1 / (first * second - 1) / off;
	for (let j = k + 2; j < a.n; j++) {
		const w = scale * (first * a.at(j, k) - a.at(j, k + 1));
		const next = scale * (second * a.at(j, k + 1) - a.at(j, k));
		for (let i = j; i < a.n; i++) a.set(i, j, a.at(i, j) - a.at(i, k) * w - a.at(i, k + 1) * next);
		a.set(j, k, w);
		a.set(j, k + 1, next);
	}
}

const doubles = (x: Tensor) => Float64Array.from(native.toNumbers(x.contiguous().handle));

function fromHost(values: Float64Array, shape: readonly number[], code: number, like: Tensor): Tensor {
	return wrap(native.fromNumbers(values, [...shape], code, like.handle));
}

function factored(op: string, x: Tensor): { LD: Tensor; pivots: Tensor; info: Tensor } {
	const n = matrices(op, x, true).size(-1);
	const all = doubles(x.tril());
	const batch = x.shape.slice(0, -2);
	const count = batch.reduce((product, size) => product * size, 1);
	const [pivots, infos] = [new Float64Array(count * n), new Float64Array(count)];
	for (let b = 0; b < count; b++) {
		const found = factorize(new Rows(all.subarray(b * n * n, (b + 1) * n * n), n));
		pivots.set(found.pivots, b * n);
		infos[b] = found.info;
	}
	return {
		LD: fromHost(all, x.shape, x.dtype.code, x),
		pivots: fromHost(pivots, [...batch, n], 3, x),
		info: fromHost(infos, batch, 3, x),
	};
}

const zeroPivot = (place: number) => `the diagonal element ${place} of D is zero, the matrix is singular`;

/**
 * L (below) and D of symmetric matrices [..., n, n], of which the lower triangle counts, in one; and the row (int32, from 1) that
 * each was exchanged with, negative twice for a block of two. A singular D is an error.
 */
export function ldlFactor(x: Tensor): NamedTuple<"LD" | "pivots"> {
	const { LD, pivots, info } = factored("linalg.ldlFactor", x);
	checkInfo("linalg.ldlFactor", info.handle, zeroPivot);
	return namedTuple("linalg_ldl_factor", ["LD", "pivots"], [LD, pivots]);
}

/** As `ldlFactor`, with `info` (int32) instead of an error: 0, or which block of D is the first that is 0. */
export function ldlFactorEx(x: Tensor, options: { checkErrors?: boolean } = {}): NamedTuple<"LD" | "pivots" | "info"> {
	const { LD, pivots, info } = factored("linalg.ldlFactorEx", x);
	if (options.checkErrors) checkInfo("linalg.ldlFactorEx", info.handle, zeroPivot);
	return namedTuple("linalg_ldl_factor_ex", ["LD", "pivots", "info"], [LD, pivots, info]);
}

/** Solves in place for the columns of x [n, k]. */
function substitute(a: Rows, pivots: readonly number[], x: Rows): void {
	const { n } = a;
	const subtract = (to: number, from: number, factor: number) => {
		for (let c = 0; c < x.n; c++) x.set(to, c, x.at(to, c) - factor * x.at(from, c));
	};
	const exchange = (i: number, j: number) => {
		for (let c = 0; i !== j && c < x.n; c++) x.swap(i, c, j, c);
	};
	for (let k = 0; k < n; ) {
		const pivot = pivots[k]!;
		if (pivot > 0) {
			exchange(k, pivot - 1);
			for (let i = k + 1; i < n; i++) subtract(i, k, a.at(i, k));
			for (let c = 0; c < x.n; c++) x.set(k, c, x.at(k, c) / a.at(k, k));
			k++;
			continue;
		}
		exchange(k + 1, -pivot - 1);
		for (let i = k + 2; i < n; i++) {
			subtract(i, k, a.at(i, k));
			subtract(i, k + 1, a.at(i, k + 1));
		}
		const off = a.at(k + 1, k);
		const [first, second] = [a.at(k, k) / off, a.at(k + 1, k + 1) / off];
		const determinant = first * second - 1;
		for (let c = 0; c < x.n; c++) {
			const [upper, lower] = [x.at(k, c) / off, x.at(k + 1, c) / off];
			x.set(k, c, (second * upper - lower) / determinant);
			x.set(k + 1, c, (first * lower - upper) / determinant);
		}
		k += 2;
	}
	for (let k = n - 1; k >= 0; ) {
		const pivot = pivots[k]!;
		const rows = pivot > 0 ? 1 : 2;
		for (let i = k + 1; i < n; i++) {
			for (let r = 0; r < rows; r++) subtract(k - r, i, a.at(i, k - r));
		}
		exchange(k, Math.abs(pivot) - 1);
		k -= rows;
	}
}

/** The solution of A X = B, B [..., n, k], from what `ldlFactor` gave of A. No gradient. */
export function ldlSolve(LD: Tensor, pivots: Tensor, b: Tensor): Tensor {
	const op = "linalg.ldlSolve";
	const n = matrices(op, LD, true).size(-1);
	if (!(b instanceof Tensor)) throw new TypeError(`[${op}] expected a tensor, got ${describe(b)}`);
	const k = matrices(op, b).size(-1);
	if (b.size(-2) !== n || `${b.shape.slice(0, -2)}` !== `${LD.shape.slice(0, -2)}`) {
		throw new RangeError(
			`[${op}] expected right sides of shape [${[...LD.shape.slice(0, -1), "k"]}], got ${shapeText(b.shape)}`,
		);
	}
	const [factors, sides] = [doubles(LD), doubles(b)];
	const places = Array.from(native.toNumbers(pivots.contiguous().handle));
	for (let i = 0; i * n * n < factors.length; i++) {
		const a = new Rows(factors.subarray(i * n * n, (i + 1) * n * n), n);
		substitute(a, places.slice(i * n, (i + 1) * n), new Rows(sides.subarray(i * n * k, (i + 1) * n * k), k));
	}
	return fromHost(sides, b.shape, b.dtype.code, b);
}
