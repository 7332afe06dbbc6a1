import type { Derivative } from "../autograd/node";
import { record, recordAll, tracked } from "../autograd/record";
import { describe, shapeText } from "../core/arguments";
import { namedTuple } from "../core/namedTuple";
import { type Handle, native } from "../core/native";
import { Tensor, wrap } from "../core/tensor";
import { checkInfo, cholesky, matrices, svd, triangular } from "./factors";
import { matmul } from "./matrix";
import { asMethods } from "./methods";
import { broadcastShapes } from "./view";

/* Inverses, determinants and linear equations, by LU with partial pivoting. */

const zeroPivot = (what: string) => (place: number) =>
	`the diagonal element ${place} is zero, ${what} could not be completed because the input matrix is singular`;
/** @internal What a pivot of 0 means, for `checkInfo`. */
export const notInvertible = zeroPivot("the inversion");
/** @internal */
export const notSolvable = zeroPivot("the solve");

/** @internal Identities of n rows, in batches of a shape. */
export function identityOf(n: number, shape: readonly number[], like: Tensor): Tensor {
	return wrap(native.contiguous(native.expand(native.eye(n, n, like.dtype.code, like.handle), [...shape])));
}

function identityLike(x: Tensor): Tensor {
	return identityOf(x.size(-1), x.shape, x);
}

/** @internal The inverse, whatever it is, and where the first pivot is 0. */
export function inverseOf(x: Tensor): { inverse: Tensor; info: Handle } {
	const [lu, pivots, info] = native.luFactor(x.handle);
	const out = wrap(native.luSolve(lu, pivots, identityLike(x).handle));
	return { inverse: tracked(x) ? record(out, invBackward, [x], [out]) : out, info };
}

/** The inverse of square matrices; a singular one is an error. */
export function inv(x: Tensor): Tensor {
	const { inverse, info } = inverseOf(matrices("linalg.inv", x, true));
	checkInfo("linalg.inv", info, notInvertible);
	return inverse;
}

/** @internal */
export const invBackward: Derivative = {
	name: "LinalgInvExBackward0",
	backward(node, grad) {
		const inverse = node.saved(0).mT;
		return [matmul(matmul(inverse, grad), inverse).neg()];
	},
};

/** The product of the pivots, the sign of the exchanges, and log |det| with its sign. */
function pivotsOf(op: string, x: Tensor): { diagonal: Tensor; sign: Tensor } {
	const [lu, pivots] = native.luFactor(matrices(op, x, true).handle).map(wrap) as [Tensor, Tensor];
	const rows = wrap(native.arange(0, x.size(-1), 1, 4, x.handle));
	const exchanges = pivots.ne(rows).sum(-1).remainder(2);
	return { diagonal: lu.diagonal(0, -2, -1), sign: exchanges.mul(-2).add(1).to(x.dtype) };
}

/** The determinant of square matrices. */
export function det(x: Tensor): Tensor {
	const { diagonal, sign } = pivotsOf("linalg.det", x);
	const out = diagonal.prod(-1).mul(sign).detach();
	return tracked(x) ? record(out, detBackward, [x], [x, out]) : out;
}

/** g · det · A⁻ᵀ; the cofactors, from singular values, where A has no inverse. */
const detBackward: Derivative = {
	name: "LinalgDetBackward0",
	backward(node, grad) {
		const [x, value] = [node.saved(0), node.saved(1)];
		if (x.numel() === 0) return [x];
		const singular = native.item(native.any(native.eq(value.handle, 0), null, false)) !== 0;
		if (!singular) return [inv(x).mT.mul(grad.mul(value).unsqueeze(-1).unsqueeze(-1))];
		const { U, S, Vh } = svd(x, false);
		const others = productsOfOthers(S);
		const sign = det(U.detach()).mul(det(Vh.detach()));
		return [matmul(U.mul(others.unsqueeze(-2)), Vh).mul(grad.mul(sign).unsqueeze(-1).unsqueeze(-1))];
	},
};

function productsOfOthers(s: Tensor): Tensor {
	const n = s.size(-1);
	const diagonal = wrap(native.eye(n, n, 8, s.handle));
	return s
		.unsqueeze(-2)
		.expand([...s.shape.slice(0, -1), n, n])
		.maskedFill(diagonal, 1)
		.prod(-1);
}

export interface SignAndLog {
	readonly sign: Tensor;
	readonly logabsdet: Tensor;
	readonly 0: Tensor;
	readonly 1: Tensor;
	readonly length: 2;
	[Symbol.iterator](): IterableIterator<Tensor>;
}

/** The sign of the determinant and the logarithm of its size: 0 and −∞ of a singular matrix. */
export function slogdet(x: Tensor): SignAndLog {
	const { diagonal, sign } = pivotsOf("linalg.slogdet", x);
	const signs = diagonal.sign().prod(-1).mul(sign).detach();
	const logs = diagonal.abs().log().sum(-1).detach();
	if (tracked(x)) {
		const node = recordAll([logs], slogdetBackward, [x], [x]);
		return namedTuple("linalg_slogdet", ["sign", "logabsdet"], [signs, node[0]!]);
	}
	return namedTuple("linalg_slogdet", ["sign", "logabsdet"], [signs, logs]);
}

const slogdetBackward: Derivative = {
	name: "LinalgSlogdetBackward0",
	// Of a singular matrix what PyTorch gives: infinities.
	backward: (node, grad) => [inverseOf(node.saved(0)).inverse.mT.mul(grad.unsqueeze(-1).unsqueeze(-1))],
};

/** log det: NaN where the determinant is negative, −∞ where it is 0. */
export function logdet(x: Tensor): Tensor {
	const { sign, logabsdet } = slogdet(x);
	return logabsdet.maskedFill(sign.eq(-1), Number.NaN);
}

export interface SolveOptions {
	/** The equations X A = B instead of A X = B. Default true: A X = B. */
	left?: boolean;
}

/** Whether `b` is a batch of vectors, as NumPy decides: one dimension, or one less than `a` and of its batch shape. */
function isVector(a: Tensor, b: Tensor): boolean {
	return b.ndim === 1 || (a.ndim - 1 === b.ndim && `${b.shape}` === `${a.shape.slice(0, -1)}`);
}

/** Both with the batch dimensions that they broadcast to. */
function together(a: Tensor, b: Tensor): [Tensor, Tensor] {
	const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2));
	return [a.expand([...batch, ...a.shape.slice(-2)]), b.expand([...batch, ...b.shape.slice(-2)])];
}

/** @internal The solution of A X = B, whatever it is, and where the first pivot of A is 0. */
export function solutionOf(op: string, a: Tensor, b: Tensor, options: SolveOptions): { result: Tensor; info: Handle } {
	matrices(op, a, true);
	if (!(b instanceof Tensor)) throw new TypeError(`[${op}] expected a tensor, got ${describe(b)}`);
	if (options.left === false) {
		const { result, info } = solutionOf(op, a.mT, b.mT, {});
		return { result: result.mT, info };
	}
	const vector = isVector(a, b);
	const [left, right] = together(a, vector ? b.unsqueeze(-1) : b);
	if (left.size(-1) !== right.size(-2) || right.dtype !== left.dtype) {
		throw new RangeError(
			`[${op}] incompatible matrices ${shapeText(a.shape)} of ${a.dtype} and right sides ${shapeText(b.shape)} of ${b.dtype}`,
		);
	}
	const { out, info } = solved(left, right);
	return { result: vector ? out.squeeze(-1) : out, info };
}

/** The solution of A X = B, for vectors or matrices B; a singular A is an error. */
export function solve(a: Tensor, b: Tensor, options: SolveOptions = {}): Tensor {
	const { result, info } = solutionOf("linalg.solve", a, b, options);
	checkInfo("linalg.solve", info, notSolvable);
	return result;
}

function solved(a: Tensor, b: Tensor): { out: Tensor; info: Handle } {
	const [lu, pivots, info] = native.luFactor(a.handle);
	const out = wrap(native.luSolve(lu, pivots, b.handle));
	return { out: tracked(a, b) ? record(out, solveBackward, [a, b], [a, out]) : out, info };
}

const solveBackward: Derivative = {
	name: "LinalgSolveExBackward0",
	backward(node, grad) {
		const [a, x] = [node.saved(0), node.saved(1)];
		const ofB = solved(a.mT, grad).out;
		return [node.needs(0) ? matmul(ofB, x.mT).neg() : null, node.needs(1) ? ofB : null];
	},
};

export interface TriangularOptions extends SolveOptions {
	/** Which triangle of A counts. */
	upper: boolean;
	/** Take the diagonal as 1. Default false. */
	unitriangular?: boolean;
}

/** The solution of A X = B by one triangle of A. */
export function solveTriangular(a: Tensor, b: Tensor, options: TriangularOptions): Tensor {
	const { upper, left = true, unitriangular = false } = options;
	if (typeof upper !== "boolean")
		throw new TypeError(`[linalg.solveTriangular] upper must be true or false, got ${describe(upper)}`);
	matrices("linalg.solveTriangular", a, true);
	if (!left) return solveTriangular(a.mT, b.mT, { upper: !upper, unitriangular }).mT;
	const [matrix, right] = together(a, matrices("linalg.solveTriangular", b));
	return triangular(matrix, right, upper, unitriangular);
}

/** The solution of A X = B from A's Cholesky factor. */
export function choleskySolve(b: Tensor, l: Tensor, upper: boolean | { upper?: boolean } = false): Tensor {
	const isUpper = typeof upper === "object" ? (upper.upper ?? false) : upper;
	const lower = isUpper ? l.mT : l;
	const half = solveTriangular(lower, b, { upper: false });
	return solveTriangular(lower.mT, half, { upper: true });
}

/** The inverse of A from its Cholesky factor. */
export function choleskyInverse(l: Tensor, upper: boolean | { upper?: boolean } = false): Tensor {
	return choleskySolve(identityLike(matrices("choleskyInverse", l, true)), l, upper);
}

declare module "../core/tensor" {
	interface Tensor {
		/** The inverse of square matrices. */
		inverse(): Tensor;
		/** The determinant of square matrices. */
		det(): Tensor;
		/** The sign of the determinant and the logarithm of its size. */
		slogdet(): SignAndLog;
		logdet(): Tensor;
		/** The lower triangular L with L Lᵀ = self, or (`upper`) its transpose. */
		cholesky(upper?: boolean): Tensor;
		choleskySolve(l: Tensor, upper?: boolean | { upper?: boolean }): Tensor;
		choleskyInverse(upper?: boolean | { upper?: boolean }): Tensor;
	}
}

asMethods({
	inverse: inv,
	det,
	slogdet,
	logdet,
	cholesky: (x, upper = false) => cholesky(x, { upper: upper as boolean }),
	choleskySolve,
	choleskyInverse,
});
