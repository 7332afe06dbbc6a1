import { bind, shapeText } from "../core/arguments";
import { autocastState } from "../core/autocast";
import { native } from "../core/native";
import { type Tensor, wrap } from "../core/tensor";
import { promotedOnCards, raisedOnHost } from "./castPolicy";
import { composite } from "./composite";
import { checkOperands, dot, matmul, mm } from "./matrix";
import { asMethods } from "./methods";

/* What is made of products: contractions over chosen dimensions, powers, Kronecker's and the cross product. */

/** Sums of products over the last dimension of both: for vectors their inner product. */
export function inner(a: Tensor, b: Tensor): Tensor {
	checkOperands("inner", a, b);
	if (a.ndim === 0 || b.ndim === 0) return a.mul(b);
	if (a.ndim === 1 && b.ndim === 1) return dot(a, b);
	return tensordot(a, b, [[-1], [-1]]);
}

type ContractedDims = number | readonly [readonly number[], readonly number[]];

/**
 * Sums of products over some dimensions of both: the last `dims` of `a` with the first of `b`, or the dimensions of two
 * lists.
 */
export function tensordot(a: Tensor, b: Tensor, ...args: [dims?: ContractedDims | { dims?: ContractedDims }]): Tensor {
	if (autocastState.active && a.device.type === "cuda") return promotedOnCards(tensordot, a, b, ...args);
	checkOperands("tensordot", a, b);
	const { dims = 2 } = bind<{ dims: ContractedDims }>("tensordot", args, ["dims"]);
	const counted = typeof dims === "number";
	const ofA = counted
		? Array.from({ length: dims }, (_, i) => a.ndim - dims + i)
		: dims[0].map((d) => (d < 0 ? d + a.ndim : d));
	const ofB = counted ? Array.from({ length: dims }, (_, i) => i) : dims[1].map((d) => (d < 0 ? d + b.ndim : d));
	const sizes = ofA.map((dim) => a.size(dim));
	const others = ofB.map((dim) => b.size(dim));
	if (`${sizes}` !== `${others}`) {
		throw new RangeError(
			`[tensordot] contracted dimensions need to match, got sizes ${shapeText(sizes)} and ${shapeText(others)}`,
		);
	}
	const freeA = range(a.ndim).filter((dim) => !ofA.includes(dim));
	const freeB = range(b.ndim).filter((dim) => !ofB.includes(dim));
	const inside = sizes.reduce((product, size) => product * size, 1);
	const shape = [...freeA.map((dim) => a.size(dim)), ...freeB.map((dim) => b.size(dim))];
	const rows = freeA.reduce((product, dim) => product * a.size(dim), 1);
	const columns = freeB.reduce((product, dim) => product * b.size(dim), 1);
	const left = a.permute([...freeA, ...ofA]).reshape(rows, inside);
	const right = b.permute([...ofB, ...freeB]).reshape(inside, columns);
	return mm(left, right).reshape(shape);
}

function range(count: number): number[] {
	return Array.from({ length: count }, (_, i) => i);
}

/** The sum of a matrix's diagonal. */
export function trace(x: Tensor): Tensor {
	if (autocastState.active) return raisedOnHost(trace, x);
	if (x.ndim !== 2) throw new RangeError(`[trace] expects a matrix, got shape ${shapeText(x.shape)}`);
	return diagonalSum(null, x);
}

const diagonalSum = composite("TraceBackward0", (_: null, x: Tensor) => x.diagonal().sum());

/** All products of elements of both, as blocks of b scaled by a's elements. */
export function kron(a: Tensor, b: Tensor): Tensor {
	const rank = Math.max(a.ndim, b.ndim);
	const padded = (x: Tensor) => [...new Array<number>(rank - x.ndim).fill(1), ...x.shape];
	const [shapeA, shapeB] = [padded(a), padded(b)];
	const left = a.reshape(shapeA.flatMap((size) => [size, 1]));
	const right = b.reshape(shapeB.flatMap((size) => [1, size]));
	return left.mul(right).reshape(shapeA.map((size, i) => size * shapeB[i]!));
}

/** A matrix (or stack of them) multiplied with itself `n` ≥ 0 times. */
export function matrixPower(x: Tensor, n: number): Tensor {
	if (x.ndim < 2 || x.size(-1) !== x.size(-2)) {
		throw new RangeError(`[matrixPower] expects square matrices, got shape ${shapeText(x.shape)}`);
	}
	if (!Number.isInteger(n) || n < 0) throw new RangeError(`[matrixPower] n must be an integer ≥ 0, got ${n}`);
	let result: Tensor | null = null;
	let square = x;
	for (let left = n; left > 0; left = Math.floor(left / 2)) {
		if (left % 2 === 1) result = result === null ? square : matmul(result, square);
		if (left > 1) square = matmul(square, square);
	}
	return (
		result ??
		wrap(native.contiguous(native.expand(native.eye(x.size(-1), x.size(-1), x.dtype.code, x.handle), x.shape)))
	);
}

/** The cross product of vectors of three elements along `dim` (default the last). */
export function cross(a: Tensor, b: Tensor, dim: number | { dim?: number } = -1): Tensor {
	if (autocastState.active) return promotedOnCards(cross, a, b, dim);
	const at = typeof dim === "number" ? dim : (dim.dim ?? -1);
	if (a.size(at) !== 3 || b.size(at) !== 3) {
		throw new RangeError(`[cross] needs size 3 along dim ${at}, got ${a.size(at)} and ${b.size(at)}`);
	}
	return crossAlong(at, a, b);
}

const crossAlong = composite("LinalgCrossBackward0", (dim: number, a: Tensor, b: Tensor) => {
	const next = (x: Tensor, by: number) => x.roll(-by, dim);
	return next(a, 1)
		.mul(next(b, 2))
		.sub(next(a, 2).mul(next(b, 1)));
});

declare module "../core/tensor" {
	interface Tensor {
		inner(other: Tensor): Tensor;
		/** The sum of a matrix's diagonal. */
		trace(): Tensor;
		kron(other: Tensor): Tensor;
		matrixPower(n: number): Tensor;
		cross(other: Tensor, dim?: number | { dim?: number }): Tensor;
	}
}

asMethods({ inner, trace, kron, matrixPower, cross });
