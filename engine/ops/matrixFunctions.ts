import type { Derivative } from "../autograd/node";
import { record, tracked } from "../autograd/record";
import { shapeText } from "../core/arguments";
import { native } from "../core/native";
import { Tensor, wrap } from "../core/tensor";
import { composite } from "./composite";
import { matmul } from "./matrix";
import { asMethods } from "./methods";

/* Functions of square matrices, one matrix or a stack of them. */

function checkSquare(op: string, x: Tensor): void {
	if (!(x instanceof Tensor) || x.ndim < 2 || x.size(-1) !== x.size(-2)) {
		throw new RangeError(
			`[${op}] expects square matrices, got ${x instanceof Tensor ? `shape ${shapeText(x.shape)}` : String(x)}`,
		);
	}
	if (!x.isFloatingPoint()) throw new TypeError(`[${op}] expects a floating point dtype, got ${x.dtype}`);
}

/** Terms of the series after the first: for norms up to 1/2 the rest is below float64's precision. */
const TERMS = 14;

/** The identity plus x + x²/2! + …: the series at x / 2ˢ, where it converges fast, squared s times. */
const series = composite("LinalgMatrixExpBackward0", (_: null, x: Tensor) => {
	const norm = x.numel() === 0 ? 0 : x.detach().abs().sum(-1).amax().item();
	const squarings = norm > 0.5 && Number.isFinite(norm) ? Math.ceil(Math.log2(norm / 0.5)) : 0;
	const small = x.mul(2 ** -squarings);
	const one = wrap(native.eye(x.size(-1), x.size(-1), x.dtype.code));
	let result = one.add(small.div(TERMS));
	for (let k = TERMS - 1; k >= 1; k--) result = one.add(matmul(small, result).div(k));
	for (let i = 0; i < squarings; i++) result = matmul(result, result);
	return result;
});

/** eˣ of square matrices. */
export function matrixExp(x: Tensor): Tensor {
	checkSquare("matrixExp", x);
	return series(null, x);
}

declare module "../core/tensor" {
	interface Tensor {
		/** eˣ of square matrices. */
		matrixExp(): Tensor;
	}
}

asMethods({ matrixExp });

/** X with A X = B, for square matrices A `[…, n, n]` and B `[…, n, k]`; an error where A is singular. */
export function solve(a: Tensor, b: Tensor): Tensor {
	checkSquare("linalg.solve", a);
	if (`${a.shape.slice(0, -1)}` !== `${b.shape.slice(0, -1)}` || a.dtype !== b.dtype) {
		throw new RangeError(
			`[linalg.solve] expects A [*, n, n] and B [*, n, k] of one dtype, got ${a.dtype} ${shapeText(a.shape)} and ${b.dtype} ${shapeText(b.shape)}`,
		);
	}
	const [n, k] = b.shape.slice(-2) as [number, number];
	const left = native.toNumbers(a.handle);
	const right = native.toNumbers(b.handle);
	for (let i = 0; i * n * n < left.length; i++) {
		eliminate(left.subarray(i * n * n, (i + 1) * n * n), right.subarray(i * n * k, (i + 1) * n * k), n, k);
	}
	const out = wrap(native.fromNumbers(right, b.shape, b.dtype.code));
	return tracked(a, b) ? record(out, solveBackward, [a, b], [a, out]) : out;
}

const solveBackward: Derivative = {
	name: "LinalgSolveExBackward0",
	backward(node, grad) {
		const ofB = solve(node.saved(0).mT, grad);
		return [node.needs(0) ? matmul(ofB, node.saved(1).mT).neg() : null, node.needs(1) ? ofB : null];
	},
};

/** Gauß's elimination with partial pivoting, in place: the result stands in `b`. */
function eliminate(a: Float64Array, b: Float64Array, n: number, k: number): void {
	for (let column = 0; column < n; column++) {
		let pivot = column;
		for (let row = column + 1; row < n; row++) {
			if (Math.abs(a[row * n + column]!) > Math.abs(a[pivot * n + column]!)) pivot = row;
		}
		if (a[pivot * n + column] === 0) throw new RangeError("[linalg.solve] the matrix is singular");
		if (pivot !== column) {
			swap(a, pivot * n, column * n, n);
			swap(b, pivot * k, column * k, k);
		}
		for (let row = 0; row < n; row++) {
			const factor = row === column ? 0 : a[row * n + column]! / a[column * n + column]!;
			if (factor === 0) continue;
			for (let j = column; j < n; j++) a[row * n + j] = a[row * n + j]! - factor * a[column * n + j]!;
			for (let j = 0; j < k; j++) b[row * k + j] = b[row * k + j]! - factor * b[column * k + j]!;
		}
	}
	for (let row = 0; row < n; row++) {
		for (let j = 0; j < k; j++) b[row * k + j] = b[row * k + j]! / a[row * n + row]!;
	}
}

function swap(values: Float64Array, first: number, second: number, count: number): void {
	for (let i = 0; i < count; i++) {
		[values[first + i], values[second + i]] = [values[second + i]!, values[first + i]!];
	}
}
