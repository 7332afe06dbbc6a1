import type { Derivative } from "../autograd/node";
import { inPlace, record, tracked } from "../autograd/record";
import { describe, shapeText } from "../core/arguments";
import { autocastState } from "../core/autocast";
import { native } from "../core/native";
import { Tensor, wrap } from "../core/tensor";
import { type Broadcast, broadcastOf, unbroadcast } from "./broadcast";
import { lowered, loweredOnCards, promotedOnCards } from "./castPolicy";
import { composite } from "./composite";
import { writtenBack } from "./copy";
import { asMethods } from "./methods";

/* Products of vectors and matrices. */

/** @internal Two tensors, of given ranks where these matter. */
export function checkOperands(op: string, a: Tensor, b: Tensor, rankA?: number, rankB?: number): void {
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
	if (autocastState.active) return lowered(matmul, a, b);
	checkOperands("matmul", a, b);
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
	if (autocastState.active) return lowered(mm, a, b);
	checkOperands("mm", a, b, 2, 2);
	const out = wrap(native.mm(a.handle, b.handle));
	return tracked(a, b) ? record(out, mmBackward, [a, b], saved(a, b)) : out;
}

/** Products of two equally long stacks of matrices. */
export function bmm(a: Tensor, b: Tensor): Tensor {
	if (autocastState.active) return lowered(bmm, a, b);
	checkOperands("bmm", a, b, 3, 3);
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
	if (autocastState.active) return loweredOnCards(mv, a, b);
	checkOperands("mv", a, b, 2, 1);
	return matmul(a, b);
}

/** The inner product of two vectors. */
export function dot(a: Tensor, b: Tensor): Tensor {
	if (autocastState.active) return promotedOnCards(dot, a, b);
	checkOperands("dot", a, b, 1, 1);
	if (a.numel() !== b.numel()) {
		throw new RangeError(`[dot] expects vectors of one length, got ${a.numel()} and ${b.numel()}`);
	}
	return matmul(a, b);
}

/** All products of an element of one vector and one of the other: out[i][j] = a[i]·b[j]. */
export function outer(a: Tensor, b: Tensor): Tensor {
	checkOperands("outer", a, b, 1, 1);
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
	if (autocastState.active) return lowered(addmm, c, a, b, { beta, alpha });
	checkOperands("addmm", a, b, 2, 2);
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
	checkOperands("addmm_", a, b, 2, 2);
	const write = () => native.copy_(c.handle, native.addmm(c.handle, a.handle, b.handle, beta, alpha));
	return inPlace("addmm_", c, [a, b], write, addmmBackward, () => saved(a, b), { beta, alpha, c: null });
}

/** beta·c + alpha·(a @ b), of a matrix a and a vector b. */
export function addmv(c: Tensor, a: Tensor, b: Tensor, { beta = 1, alpha = 1 }: AddmmOptions = {}): Tensor {
	if (autocastState.active) return loweredOnCards(addmv, c, a, b, { beta, alpha });
	checkOperands("addmv", a, b, 2, 1);
	return withMv({ beta, alpha }, c, a, b);
}

/** beta·c + alpha·(a @ b), of stacks of matrices a and b. */
export function baddbmm(c: Tensor, a: Tensor, b: Tensor, { beta = 1, alpha = 1 }: AddmmOptions = {}): Tensor {
	if (autocastState.active) return lowered(baddbmm, c, a, b, { beta, alpha });
	checkOperands("baddbmm", a, b, 3, 3);
	return withBmm({ beta, alpha }, c, a, b);
}

/** beta·c + alpha·Σ (a @ b) over two stacks of matrices. */
export function addbmm(c: Tensor, a: Tensor, b: Tensor, { beta = 1, alpha = 1 }: AddmmOptions = {}): Tensor {
	if (autocastState.active) return lowered(addbmm, c, a, b, { beta, alpha });
	checkOperands("addbmm", a, b, 3, 3);
	return withSum({ beta, alpha }, c, a, b);
}

/** beta·c + alpha·outer(a, b) */
export function addr(c: Tensor, a: Tensor, b: Tensor, { beta = 1, alpha = 1 }: AddmmOptions = {}): Tensor {
	if (autocastState.active) return loweredOnCards(addr, c, a, b, { beta, alpha });
	checkOperands("addr", a, b, 1, 1);
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
const withSum = blend("AddbmmBackward0", (a, b) => bmm(a, b).sum(0));
const withOuter = blend("AddrBackward0", outer);

export { dot as vdot, outer as ger };

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
		/** Another name of `dot`: no complex numbers here. */
		vdot(other: Tensor): Tensor;
		/** All products of an element of one vector and one of the other. */
		outer(other: Tensor): Tensor;
		/** Another name of `outer`. */
		ger(other: Tensor): Tensor;
		/** beta·self + alpha·(a @ b), of matrices a and b. */
		addmm(a: Tensor, b: Tensor, options?: AddmmOptions): Tensor;
		addmm_(a: Tensor, b: Tensor, options?: AddmmOptions): this;
		addmv(a: Tensor, b: Tensor, options?: AddmmOptions): Tensor;
		addmv_(a: Tensor, b: Tensor, options?: AddmmOptions): this;
		addbmm(a: Tensor, b: Tensor, options?: AddmmOptions): Tensor;
		addbmm_(a: Tensor, b: Tensor, options?: AddmmOptions): this;
		baddbmm(a: Tensor, b: Tensor, options?: AddmmOptions): Tensor;
		baddbmm_(a: Tensor, b: Tensor, options?: AddmmOptions): this;
		addr(a: Tensor, b: Tensor, options?: AddmmOptions): Tensor;
		addr_(a: Tensor, b: Tensor, options?: AddmmOptions): this;
	}
}

asMethods({
	matmul,
	mm,
	bmm,
	mv,
	dot,
	vdot: dot,
	outer,
	ger: outer,
	addmm,
	addmm_,
	addmv,
	addmv_: writtenBack("addmv_", addmv),
	addbmm,
	addbmm_: writtenBack("addbmm_", addbmm),
	baddbmm,
	baddbmm_: writtenBack("baddbmm_", baddbmm),
	addr,
	addr_: writtenBack("addr_", addr),
});
