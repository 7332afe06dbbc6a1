import type { Derivative } from "../autograd/node";
import { inPlace, record, tracked } from "../autograd/record";
import { describe, shapeText } from "../core/arguments";
import { native } from "../core/native";
import { Tensor, wrap } from "../core/tensor";
import { type Broadcast, broadcastOf, unbroadcast } from "./broadcast";
import { composite } from "./composite";
import { asMethods } from "./methods";

/* Products of vectors and matrices. */

function check(op: string, a: Tensor, b: Tensor, rankA?: number, rankB?: number): void {
	if (!(a instanceof Tensor) || !(b instanceof Tensor)) {
		throw new TypeError(`[${op}] expected two tensors, got ${describe(a)} and ${describe(b)}`);
	}
	if ((rankA !== undefined && a.ndim !== rankA) || (rankB !== undefined && b.ndim !== rankB)) {
		throw new RangeError(
			`[${op}] expects tensors of ${rankA} and ${rankB} dimensions, got shapes ${shapeText(a.shape)} and ${shapeText(b.shape)}`,
		);
	}
}

/** Operands are kept where the other's gradient asks for them. */
function saved(a: Tensor, b: Tensor): (Tensor | null)[] {
	return [b.requiresGrad ? a : null, a.requiresGrad ? b : null];
}

/**
 * The product of vectors, matrices and stacks of matrices: vector · vector is their inner product, a vector on the left
 * is a row and on the right a column, stacks broadcast against each other.
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
	check("matmul", a, b);
	const out = wrap(native.matmul(a.handle, b.handle));
	return tracked(a, b) ? record(out, derivativeOf(a.ndim, b.ndim), [a, b], saved(a, b), [a.shape, b.shape]) : out;
}

function derivativeOf(rankA: number, rankB: number): Derivative {
	if (rankA === 2 && rankB === 2) return mmBackward;
	if (rankA === 1 && rankB === 1) return dotBackward;
	if (rankA === 2 && rankB === 1) return mvBackward;
	return rankA === 1 && rankB === 2 ? vmBackward : stackBackward;
}

const mmBackward: Derivative = {
	name: "MmBackward0",
	backward: (node, grad) => [
		node.needs(0) ? matmul(grad, node.saved(1).mT) : null,
		node.needs(1) ? matmul(node.saved(0).mT, grad) : null,
	],
};

const dotBackward: Derivative = {
	name: "DotBackward0",
	backward: (node, grad) => [
		node.needs(0) ? grad.mul(node.saved(1)) : null,
		node.needs(1) ? grad.mul(node.saved(0)) : null,
	],
};

const mvBackward: Derivative = {
	name: "MvBackward0",
	backward: (node, grad) => [
		node.needs(0) ? outer(grad, node.saved(1)) : null,
		node.needs(1) ? matmul(node.saved(0).t(), grad) : null,
	],
};

/** A row times a matrix. */
const vmBackward: Derivative = {
	name: "SqueezeBackward4",
	backward: (node, grad) => [
		node.needs(0) ? matmul(node.saved(1), grad) : null,
		node.needs(1) ? outer(node.saved(0), grad) : null,
	],
};

/** Stacks: as matrices with the vector's missing dimension, then summed over what was broadcast. */
const stackBackward: Derivative = {
	name: "UnsafeViewBackward0",
	backward(node, grad) {
		const [shapeA, shapeB] = node.attributes as [number[], number[]];
		const row = shapeA.length === 1;
		const column = shapeB.length === 1;
		let full = column ? grad.unsqueeze(-1) : grad;
		if (row) full = full.unsqueeze(-2);
		const back = (part: Tensor, shape: number[], vector: boolean, dim: number) =>
			unbroadcast(vector ? part.squeeze(dim) : part, { shape, dtype: part.dtype.code });
		let gradA: Tensor | null = null;
		let gradB: Tensor | null = null;
		if (node.needs(0)) {
			const b = node.saved(1);
			gradA = back(matmul(full, column ? b.unsqueeze(0) : b.mT), shapeA, row, -2);
		}
		if (node.needs(1)) {
			const a = row ? node.saved(0).unsqueeze(0) : node.saved(0);
			gradB =
				shapeB.length <= 2 && !row
					? // One matrix for the whole stack: one product instead of a sum of many.
						matmul(folded(a).t(), folded(full)).reshape(shapeB)
					: back(matmul(a.mT, full), shapeB, column, -1);
		}
		return [gradA, gradB];
	},
};

/** All rows of a stack of matrices in one matrix. */
function folded(x: Tensor): Tensor {
	return x.reshape(-1, x.size(-1));
}

/** The product of two matrices. */
export function mm(a: Tensor, b: Tensor): Tensor {
	check("mm", a, b, 2, 2);
	const out = wrap(native.mm(a.handle, b.handle));
	return tracked(a, b) ? record(out, mmBackward, [a, b], saved(a, b)) : out;
}

/** Products of two equally long stacks of matrices. */
export function bmm(a: Tensor, b: Tensor): Tensor {
	check("bmm", a, b, 3, 3);
	const out = wrap(native.bmm(a.handle, b.handle));
	return tracked(a, b) ? record(out, bmmBackward, [a, b], saved(a, b)) : out;
}

const bmmBackward: Derivative = {
	name: "BmmBackward0",
	backward: (node, grad) => [
		node.needs(0) ? bmm(grad, node.saved(1).mT) : null,
		node.needs(1) ? bmm(node.saved(0).mT, grad) : null,
	],
};

/** A matrix times a vector. */
export function mv(a: Tensor, b: Tensor): Tensor {
	check("mv", a, b, 2, 1);
	return matmul(a, b);
}

/** The inner product of two vectors. */
export function dot(a: Tensor, b: Tensor): Tensor {
	check("dot", a, b, 1, 1);
	if (a.numel() !== b.numel()) {
		throw new RangeError(`[dot] expects vectors of one length, got ${a.numel()} and ${b.numel()}`);
	}
	return matmul(a, b);
}

/** Sums of products over the last dimension of both: for vectors their inner product. */
export function inner(a: Tensor, b: Tensor): Tensor {
	check("inner", a, b);
	if (a.ndim === 0 || b.ndim === 0) return a.mul(b);
	if (a.ndim === 1 && b.ndim === 1) return dot(a, b);
	return tensordot(a, b, [[-1], [-1]]);
}

/** All products of an element of one vector and one of the other: out[i][j] = a[i]·b[j]. */
export function outer(a: Tensor, b: Tensor): Tensor {
	check("outer", a, b, 1, 1);
	return a.unsqueeze(1).mul(b);
}

export interface AddmmOptions {
	/** Factor of the summand. Default 1; with 0 it is not looked at. */
	beta?: number;
	/** Factor of the product. Default 1. */
	alpha?: number;
}

interface Blend {
	beta: number;
	alpha: number;
	c: Broadcast;
}

function scaled(x: Tensor, factor: number): Tensor {
	return factor === 1 ? x : x.mul(factor);
}

/** beta·c + alpha·(a @ b), of matrices a and b. */
export function addmm(c: Tensor, a: Tensor, b: Tensor, { beta = 1, alpha = 1 }: AddmmOptions = {}): Tensor {
	check("addmm", a, b, 2, 2);
	const out = wrap(native.addmm(c.handle, a.handle, b.handle, beta, alpha));
	if (!tracked(c, a, b)) return out;
	return record(out, addmmBackward, [c, a, b], saved(a, b), { beta, alpha, c: broadcastOf(c, out) });
}

const addmmBackward: Derivative = {
	name: "AddmmBackward0",
	backward(node, grad) {
		const { beta, alpha, c } = node.attributes as Blend;
		return [
			node.needs(0) ? unbroadcast(scaled(grad, beta), c) : null,
			node.needs(1) ? scaled(matmul(grad, node.saved(1).mT), alpha) : null,
			node.needs(2) ? scaled(matmul(node.saved(0).mT, grad), alpha) : null,
		];
	},
};

function addmm_<T extends Tensor>(c: T, a: Tensor, b: Tensor, { beta = 1, alpha = 1 }: AddmmOptions = {}): T {
	check("addmm_", a, b, 2, 2);
	const write = () => native.copy_(c.handle, native.addmm(c.handle, a.handle, b.handle, beta, alpha));
	return inPlace("addmm_", c, [a, b], write, addmmBackward, () => saved(a, b), { beta, alpha, c: null });
}

/** beta·c + alpha·(a @ b), of a matrix a and a vector b. */
export function addmv(c: Tensor, a: Tensor, b: Tensor, { beta = 1, alpha = 1 }: AddmmOptions = {}): Tensor {
	check("addmv", a, b, 2, 1);
	return withMv({ beta, alpha }, c, a, b);
}

/** beta·c + alpha·(a @ b), of stacks of matrices a and b. */
export function baddbmm(c: Tensor, a: Tensor, b: Tensor, { beta = 1, alpha = 1 }: AddmmOptions = {}): Tensor {
	check("baddbmm", a, b, 3, 3);
	return withBmm({ beta, alpha }, c, a, b);
}

/** beta·c + alpha·outer(a, b) */
export function addr(c: Tensor, a: Tensor, b: Tensor, { beta = 1, alpha = 1 }: AddmmOptions = {}): Tensor {
	check("addr", a, b, 1, 1);
	return withOuter({ beta, alpha }, c, a, b);
}

/** beta·c + alpha·(a product), as one node. */
function blend(name: string, product: (a: Tensor, b: Tensor) => Tensor) {
	return composite(name, ({ beta, alpha }: Required<AddmmOptions>, c: Tensor, a: Tensor, b: Tensor) =>
		beta === 0 ? scaled(product(a, b), alpha) : scaled(c, beta).add(product(a, b), { alpha }),
	);
}

const withMv = blend("AddmvBackward0", mv);
const withBmm = blend("BaddbmmBackward0", bmm);
const withOuter = blend("AddrBackward0", outer);

/**
 * Sums of products over some dimensions of both: the last `dims` of `a` with the first of `b`, or the dimensions of two
 * lists.
 */
export function tensordot(
	a: Tensor,
	b: Tensor,
	dims: number | readonly [readonly number[], readonly number[]] = 2,
): Tensor {
	check("tensordot", a, b);
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
	return result ?? wrap(native.contiguous(native.expand(native.eye(x.size(-1), x.size(-1), x.dtype.code), x.shape)));
}

/** The cross product of vectors of three elements along `dim` (default the last). */
export function cross(a: Tensor, b: Tensor, dim: number | { dim?: number } = -1): Tensor {
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

export { outer as ger };

declare module "../core/tensor" {
	interface Tensor {
		/** The product of vectors, matrices and stacks of matrices. */
		matmul(other: Tensor): Tensor;
		/** The product of two matrices. */
		mm(other: Tensor): Tensor;
		/** Products of two equally long stacks of matrices. */
		bmm(other: Tensor): Tensor;
		/** A matrix times a vector. */
		mv(vector: Tensor): Tensor;
		/** The inner product of two vectors. */
		dot(other: Tensor): Tensor;
		inner(other: Tensor): Tensor;
		/** All products of an element of one vector and one of the other. */
		outer(other: Tensor): Tensor;
		ger(other: Tensor): Tensor;
		/** beta·self + alpha·(a @ b), of matrices a and b. */
		addmm(a: Tensor, b: Tensor, options?: AddmmOptions): Tensor;
		addmm_(a: Tensor, b: Tensor, options?: AddmmOptions): this;
		addmv(a: Tensor, b: Tensor, options?: AddmmOptions): Tensor;
		baddbmm(a: Tensor, b: Tensor, options?: AddmmOptions): Tensor;
		addr(a: Tensor, b: Tensor, options?: AddmmOptions): Tensor;
		/** The sum of a matrix's diagonal. */
		trace(): Tensor;
		kron(other: Tensor): Tensor;
		matrixPower(n: number): Tensor;
		cross(other: Tensor, dim?: number | { dim?: number }): Tensor;
	}
}

asMethods({
	matmul,
	mm,
	bmm,
	mv,
	dot,
	inner,
	outer,
	ger: outer,
	addmm,
	addmm_,
	addmv,
	baddbmm,
	addr,
	trace,
	kron,
	matrixPower,
	cross,
});
