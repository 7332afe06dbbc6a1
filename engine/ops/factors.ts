import type { Derivative } from "../autograd/node";
import { record, recordAll, tracked } from "../autograd/record";
import { describe, shapeText } from "../core/arguments";
import { namedTuple } from "../core/namedTuple";
import { type Handle, native } from "../core/native";
import { Tensor, wrap } from "../core/tensor";
import { catAlong } from "./join";

/* Factorisations of matrices: Cholesky, QR, eigenvalues of symmetric matrices, singular values. Batches in front. */

/** What an algorithm for matrices cannot do: a singular matrix to invert, one that is not positive definite. */
export class LinAlgError extends Error {
	override readonly name = "LinAlgError";
}

/** @internal A float tensor of at least two dimensions, perhaps of square matrices. */
export function matrices(op: string, x: Tensor, square = false): Tensor {
	if (!(x instanceof Tensor)) throw new TypeError(`[${op}] expected a tensor, got ${describe(x)}`);
	if (x.ndim < 2) {
		throw new RangeError(`[${op}] expected a matrix or a batch of them, got shape ${shapeText(x.shape)}`);
	}
	if (square && x.size(-1) !== x.size(-2)) {
		throw new RangeError(`[${op}] expected square matrices, got shape ${shapeText(x.shape)}`);
	}
	if (!x.isFloatingPoint() || x.elementSize() < 4) {
		throw new TypeError(`[${op}] expected a float32 or float64 tensor, got ${x.dtype}`);
	}
	return x;
}

/** @internal Refuses where one of the infos is not 0; `why` says what it means at matrix `info`. */
export function checkInfo(op: string, info: Handle, why: (info: number) => string): void {
	const all = native.toNumbers(info);
	const at = all.findIndex((value) => value !== 0);
	if (at < 0) return;
	const batch = native.dim(info) === 0 ? "" : `(batch element ${at}): `;
	throw new LinAlgError(`[${op}] ${batch}${why(all[at]!)}`);
}

/** The lower triangle with half the diagonal. */
function halfTril(x: Tensor): Tensor {
	return x.tril().sub(x.diagonal(0, -2, -1).diagEmbed().mul(0.5));
}

export interface CholeskyOptions {
	/** The upper factor U, with UᵀU = A, instead of the lower. Default false. */
	upper?: boolean;
}

/** @internal What `info` of `cholesky` means. */
export const notPositive = (order: number) =>
	`the factorization could not be completed because the input is not positive-definite (the leading minor of order ${order} is not positive-definite)`;

/** @internal L, or its transpose, whatever it is, and the order of the first minor that is not positive. */
export function choleskyOf(x: Tensor, upper: boolean): { factor: Tensor; info: Handle } {
	const [l, info] = native.cholesky(x.handle);
	const out = wrap(l);
	if (tracked(x)) record(out, choleskyBackward, [x], [out]);
	return { factor: upper ? out.mT : out, info };
}

/** The lower triangular L with L Lᵀ = A, of symmetric positive definite A (its lower triangle counts). */
export function cholesky(x: Tensor, options: CholeskyOptions = {}): Tensor {
	const { factor, info } = choleskyOf(matrices("linalg.cholesky", x, true), options.upper ?? false);
	checkInfo("linalg.cholesky", info, notPositive);
	return factor;
}

/** S = L⁻ᵀ Φ(Lᵀ gL) L⁻¹, made symmetric; Φ: the lower triangle with half the diagonal (Murray, 2016). */
const choleskyBackward: Derivative = {
	name: "LinalgCholeskyExBackward0",
	backward(node, grad) {
		const l = node.saved(0);
		const inner = halfTril(l.mT.matmul(grad.tril()));
		const left = triangular(l.mT, inner, true, false);
		const s = triangular(l.mT, left.mT, true, false).mT;
		return [s.add(s.mT).mul(0.5)];
	},
};

/** @internal The solution of a triangle of `a`, right sides [..., n, k] of a's batch shape. */
export function triangular(a: Tensor, b: Tensor, upper: boolean, unit: boolean): Tensor {
	const out = wrap(native.triangularSolve(a.handle, b.handle, upper, unit));
	return tracked(a, b) ? record(out, triangularBackward, [a, b], [a, out], { upper, unit }) : out;
}

const triangularBackward: Derivative = {
	name: "LinalgSolveTriangularBackward0",
	backward(node, grad) {
		const { upper, unit } = node.attributes as { upper: boolean; unit: boolean };
		const [a, x] = [node.saved(0), node.saved(1)];
		const ofB = triangular(a.mT, grad, !upper, unit);
		if (!node.needs(0)) return [null, ofB];
		const full = ofB.matmul(x.mT).neg();
		const offset = unit ? 1 : 0;
		return [upper ? full.triu(offset) : full.tril(-offset), ofB];
	},
};

export interface QR {
	readonly Q: Tensor;
	readonly R: Tensor;
	readonly 0: Tensor;
	readonly 1: Tensor;
	readonly length: 2;
	[Symbol.iterator](): IterableIterator<Tensor>;
}

export type QRMode = "reduced" | "complete" | "r";

/** A = Q R with orthonormal columns of Q and upper triangular R: min(m, n) columns ("reduced", the default) or m. */
export function qr(x: Tensor, mode: QRMode | { mode?: QRMode } = "reduced"): QR {
	const op = "linalg.qr";
	const how = typeof mode === "object" ? (mode.mode ?? "reduced") : mode;
	if (how !== "reduced" && how !== "complete" && how !== "r") {
		throw new RangeError(`[${op}] mode must be "reduced", "complete" or "r", got ${JSON.stringify(how)}`);
	}
	const [q, r] = native.qr(matrices(op, x).handle, how === "complete").map(wrap) as [Tensor, Tensor];
	if (tracked(x)) recordAll([q, r], qrBackward, [x], [q, r], how);
	return namedTuple("linalg_qr", ["Q", "R"], [how === "r" ? wrap(native.empty([0], x.dtype.code, x.handle)) : q, r]);
}

const qrBackward: Derivative = {
	name: "LinalgQrBackward0",
	backward(node, _grad, [gradQ, gradR]) {
		const mode = node.attributes as QRMode;
		const [q, r] = [node.saved(0), node.saved(1)];
		const [m, n] = [q.size(-2), r.size(-1)];
		if (mode === "r") throw new Error('[linalg.qr] the derivative is not implemented for the mode "r"; use "reduced"');
		if (mode === "complete" && m > n) {
			throw new Error(
				'[linalg.qr] the derivative is not implemented for the mode "complete" and more rows than columns',
			);
		}
		if (m >= n) return [tallGradient(q, r, gradQ ?? null, gradR ?? null)];
		// A wide matrix: its first m columns are Q times the square part of R, the others Q times the rest.
		const [square, rest] = [r.narrow(-1, 0, m), r.narrow(-1, m, n - m)];
		if (!gradR) return [catAlong([tallGradient(q, square, gradQ ?? null, null), zerosLike(q.matmul(rest))], -1)];
		const restGradient = q.matmul(gradR.narrow(-1, m, n - m));
		const columns = q.matmul(rest);
		const ofQ = columns.matmul(gradR.narrow(-1, m, n - m).mT);
		const full = tallGradient(q, square, gradQ ? gradQ.add(ofQ) : ofQ, gradR.narrow(-1, 0, m));
		return [catAlong([full, restGradient], -1)];
	},
};

function zerosLike(x: Tensor): Tensor {
	return wrap(native.full(x.shape, 0, x.dtype.code, x.handle));
}

/** (gQ + Q C(M)) R⁻ᵀ with M = R gRᵀ − gQᵀ Q and C the lower triangle mirrored (Walter & Lehmann, 2010). */
function tallGradient(q: Tensor, r: Tensor, gradQ: Tensor | null, gradR: Tensor | null): Tensor {
	const ofR = gradR ? r.matmul(gradR.triu().mT) : null;
	const ofQ = gradQ ? gradQ.mT.matmul(q) : null;
	const m = ofR && ofQ ? ofR.sub(ofQ) : (ofR ?? ofQ!.neg());
	const mirrored = m.tril().add(m.tril(-1).mT);
	const sum = gradQ ? gradQ.add(q.matmul(mirrored)) : q.matmul(mirrored);
	return triangular(r, sum.mT, true, false).mT;
}

export interface Eigen {
	readonly eigenvalues: Tensor;
	readonly eigenvectors: Tensor;
	readonly 0: Tensor;
	readonly 1: Tensor;
	readonly length: 2;
	[Symbol.iterator](): IterableIterator<Tensor>;
}

type UPLO = "L" | "U";

/** Eigenvalues in rising order and eigenvectors (columns) of symmetric matrices, of which one triangle counts. */
export function eigh(x: Tensor, uplo: UPLO | { UPLO?: UPLO } = "L"): Eigen {
	return namedTuple("linalg_eigh", ["eigenvalues", "eigenvectors"], eigen(x, triangleOf("linalg.eigh", x, uplo)));
}

/** The eigenvalues of symmetric matrices in rising order; vectors are computed only where their gradient will take them. */
export function eigvalsh(x: Tensor, uplo: UPLO | { UPLO?: UPLO } = "L"): Tensor {
	const a = triangleOf("linalg.eigvalsh", x, uplo);
	return tracked(x) ? eigen(x, a)[0] : wrap(native.eigvalsh(a));
}

/** The matrices with the triangle that counts below the diagonal. */
function triangleOf(op: string, x: Tensor, uplo: UPLO | { UPLO?: UPLO }): Handle {
	const triangle = typeof uplo === "object" ? (uplo.UPLO ?? "L") : uplo;
	if (triangle !== "L" && triangle !== "U") {
		throw new RangeError(`[${op}] UPLO must be "L" or "U", got ${JSON.stringify(triangle)}`);
	}
	matrices(op, x, true);
	return triangle === "L" ? x.handle : native.transpose(x.handle, -1, -2);
}

function eigen(x: Tensor, a: Handle): [Tensor, Tensor] {
	const [w, v] = native.eigh(a).map(wrap) as [Tensor, Tensor];
	return tracked(x) ? (recordAll([w, v] as const, eighBackward, [x], [w, v]) as [Tensor, Tensor]) : [w, v];
}

/** V (diag(gw) + (Vᵀ gV) / E) Vᵀ with E[i][j] = w[j] − w[i] beside the diagonal, where there is nothing. */
const eighBackward: Derivative = {
	name: "LinalgEighBackward0",
	backward(node, _grad, [gradW, gradV]) {
		const [w, v] = [node.saved(0), node.saved(1)];
		let inner = gradW ? gradW.diagEmbed() : null;
		if (gradV) {
			const mixed = apart(v.mT.matmul(gradV), w.unsqueeze(-2).sub(w.unsqueeze(-1)));
			inner = inner ? inner.add(mixed) : mixed;
		}
		return [inner && v.matmul(inner).matmul(v.mT)];
	},
};

/** Quotients beside the diagonal, 0 on it. */
function apart(x: Tensor, differences: Tensor): Tensor {
	const diagonal = wrap(native.eye(x.size(-1), x.size(-1), 8, x.handle));
	return x.maskedFill(diagonal, 0).div(differences.maskedFill(diagonal, 1));
}

export interface SVD {
	readonly U: Tensor;
	readonly S: Tensor;
	readonly Vh: Tensor;
	readonly 0: Tensor;
	readonly 1: Tensor;
	readonly 2: Tensor;
	readonly length: 3;
	[Symbol.iterator](): IterableIterator<Tensor>;
}

/**
 * A = U diag(S) Vh with singular values in falling order. `fullMatrices` (the default) gives square U and Vh, else they have
 * min(m, n) columns and rows; gradients of U and Vh need the latter.
 */
export function svd(x: Tensor, fullMatrices: boolean | { fullMatrices?: boolean } = true): SVD {
	const full = typeof fullMatrices === "object" ? (fullMatrices.fullMatrices ?? true) : fullMatrices;
	const [u, s, vh] = decomposed("linalg.svd", x);
	const [m, n] = [x.size(-2), x.size(-1)];
	const wide = full && m !== n;
	const parts = wide ? [m > n ? completed(u) : u, s, n > m ? completed(vh.mT).mT : vh] : [u, s, vh];
	return namedTuple("linalg_svd", ["U", "S", "Vh"], parts);
}

/** The singular values in falling order; vectors are computed only where their gradient will take them. */
export function svdvals(x: Tensor): Tensor {
	const op = "linalg.svdvals";
	return tracked(x) ? decomposed(op, x)[1] : wrap(native.svdvals(matrices(op, x).handle));
}

function decomposed(op: string, x: Tensor): [Tensor, Tensor, Tensor] {
	const parts = native.svd(matrices(op, x).handle).map(wrap) as [Tensor, Tensor, Tensor];
	return tracked(x) ? recordAll(parts, svdBackward, [x], parts) : parts;
}

/** Orthonormal columns with others added to make a square. */
function completed(u: Tensor): Tensor {
	const k = u.size(-1);
	const [q] = native.qr(u.detach().handle, true);
	// Q's first columns are u's but for signs; the others are what is missing.
	const rest = wrap(native.contiguous(native.slice(q, native.dim(q) - 1, k, u.size(-2), 1)));
	return catAlong([u, rest], -1);
}

/** Townsend (2016), with the part of gU and gVh outside of the spans of U and V. */
const svdBackward: Derivative = {
	name: "LinalgSvdBackward0",
	backward(node, _grad, [gradU, gradS, gradVh]) {
		const [u, s, vh] = [node.saved(0), node.saved(1), node.saved(2)];
		const [m, n, k] = [u.size(-2), vh.size(-1), s.size(-1)];
		const row = s.unsqueeze(-2);
		const column = s.unsqueeze(-1);
		// S[j]² − S[i]², by a product that is exact where they are close.
		const differences = row.sub(column).mul(row.add(column));
		const skew = (x: Tensor) => x.sub(x.mT);
		let inner = gradS ? gradS.diagEmbed() : null;
		const take = (part: Tensor) => {
			inner = inner === null ? part : inner.add(part);
		};
		const innerU = gradU ? u.mT.matmul(gradU) : null;
		const innerV = gradVh ? vh.matmul(gradVh.mT) : null;
		if (innerU) take(apart(skew(innerU), differences).mul(row));
		if (innerV) take(apart(skew(innerV), differences).mul(column));
		let result = inner === null ? null : u.matmul(inner).matmul(vh);
		const add = (part: Tensor) => {
			result = result === null ? part : result.add(part);
		};
		if (gradU && m > k) add(gradU.sub(u.matmul(innerU!)).div(row).matmul(vh));
		if (gradVh && n > k) add(u.matmul(gradVh.sub(innerV!.mT.matmul(vh)).div(column)));
		return [result];
	},
};
