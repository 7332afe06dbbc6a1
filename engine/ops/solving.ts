import type { Derivative } from "../autograd/node";
import { record, recordAll, tracked } from "../autograd/record";
import { describe, shapeText } from "../core/arguments";
import { type NamedTuple, namedTuple } from "../core/namedTuple";
import { type Handle, native } from "../core/native";
import { Tensor, wrap } from "../core/tensor";
import { checkInfo, cholesky, matrices, svd, triangular } from "./factors";
import { matmul } from "./matrix";
import { asMethods } from "./methods";
import { broadcastShapes } from "./view";

/* Inverses, determinants and linear equations, by LU with partial pivoting. */

function factored(op: string, x: Tensor, what: string) {
	const [lu, pivots, info] = native.luFactor(matrices(op, x, true).handle);
	checkInfo(op, info, (place) => `the diagonal element ${place} is zero, ${what} because the input matrix is singular`);
	return { lu, pivots };
}

function identityLike(x: Tensor): Tensor {
	return wrap(native.contiguous(native.expand(native.eye(x.size(-1), x.size(-1), x.dtype.code, x.handle), x.shape)));
}

/** The inverse of square matrices; a singular one is an error. */
export function inv(x: Tensor): Tensor {
	const { lu, pivots } = factored("linalg.inv", x, "the inversion could not be completed");
	const out = wrap(native.luSolve(lu, pivots, identityLike(x).handle));
	return tracked(x) ? record(out, invBackward, [x], [out]) : out;
}

const invBackward: Derivative = {
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
	backward: (node, grad) => [inv(node.saved(0)).mT.mul(grad.unsqueeze(-1).unsqueeze(-1))],
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

/** The solution of A X = B, for vectors or matrices B; a singular A is an error. */
export function solve(a: Tensor, b: Tensor, options: SolveOptions = {}): Tensor {
	const op = "linalg.solve";
	matrices(op, a, true);
	if (!(b instanceof Tensor)) throw new TypeError(`[${op}] expected a tensor, got ${describe(b)}`);
	if (options.left === false) return solve(a.mT, b.mT).mT;
	const vector = isVector(a, b);
	const [left, right] = together(a, vector ? b.unsqueeze(-1) : b);
	if (left.size(-1) !== right.size(-2) || right.dtype !== left.dtype) {
		throw new RangeError(
			`[${op}] incompatible matrices ${shapeText(a.shape)} of ${a.dtype} and right sides ${shapeText(b.shape)} of ${b.dtype}`,
		);
	}
	const result = solved(left, right);
	return vector ? result.squeeze(-1) : result;
}

function solved(a: Tensor, b: Tensor): Tensor {
	const { lu, pivots } = factored("linalg.solve", a, "the solve could not be completed");
	const out = wrap(native.luSolve(lu, pivots, b.handle));
	return tracked(a, b) ? record(out, solveBackward, [a, b], [a, out]) : out;
}

const solveBackward: Derivative = {
	name: "LinalgSolveExBackward0",
	backward(node, grad) {
		const [a, x] = [node.saved(0), node.saved(1)];
		const ofB = solved(a.mT, grad);
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

export interface LU {
	readonly LU: Tensor;
	readonly pivots: Tensor;
	readonly 0: Tensor;
	readonly 1: Tensor;
	readonly length: 2;
	[Symbol.iterator](): IterableIterator<Tensor>;
}

/** L (below the diagonal) and U in one matrix, and the row (int32, from 1) that each row was exchanged with. No gradient. */
export function luFactor(x: Tensor): LU {
	const { lu, pivots } = factored("linalg.luFactor", x.detach(), "the factorization could not be completed");
	return namedTuple("linalg_lu_factor", ["LU", "pivots"], [wrap(lu), wrap(native.to(native.add(pivots, 1, 1), 3))]);
}

/** The solution of A X = B from what `luFactor` gave. */
export function luSolve(lu: Tensor, pivots: Tensor, b: Tensor): Tensor {
	return wrap(native.luSolve(lu.handle, native.sub(native.to(pivots.handle, 4), 1, 1), b.handle));
}

/** @internal Without a gradient. */
type Factors = readonly [P: Tensor, L: Tensor, U: Tensor];

/** P, L and U with A = P L U, of square matrices: a permutation, a unit lower and an upper triangular matrix. */
export function lu(x: Tensor): NamedTuple<"P" | "L" | "U"> {
	const [packed, pivots] = native.luFactor(matrices("linalg.lu", x, true).handle).map(wrap) as [Tensor, Tensor];
	const identity = identityLike(x);
	const [L, U] = [packed.tril(-1).add(identity), packed.triu()];
	const factors: Factors = [permutationOf(pivots, identity), L, U];
	if (tracked(x)) recordAll(factors, luBackward, [x], [...factors]);
	return namedTuple("linalg_lu", ["P", "L", "U"], factors);
}

/** The matrix of the exchanges, which `pivots` names one after the other (from 0). */
function permutationOf(pivots: Tensor, identity: Tensor): Tensor {
	const n = identity.size(-1);
	const rows = identity.clone().reshape(-1, n, n);
	const steps = pivots.reshape(-1, n).tolist() as number[][];
	steps.forEach((exchanges, k) => {
		const order = Array.from({ length: n }, (_, i) => i);
		exchanges.forEach((other, i) => {
			[order[i], order[other]] = [order[other]!, order[i]!];
		});
		const index = wrap(native.fromNumbers(Float64Array.from(order), [n], 4, identity.handle));
		rows.select(0, k).copy_(rows.select(0, k).indexSelect(0, index).t());
	});
	return rows.reshape(identity.shape);
}

/** P L⁻ᵀ (tril(Lᵀ gL, −1) + triu(gU Uᵀ)) U⁻ᵀ */
const luBackward: Derivative = {
	name: "LinalgLuBackward0",
	backward(node, _grad, [, gL, gU]) {
		const [P, L, U] = [node.saved(0), node.saved(1), node.saved(2)];
		if (!gL && !gU) return [null];
		const lower = gL ? matmul(L.mT, gL).tril(-1) : null;
		const upper = gU ? matmul(gU, U.mT).triu() : null;
		const middle = lower && upper ? lower.add(upper) : (lower ?? upper)!;
		const left = solveTriangular(L.mT, middle, { upper: true, unitriangular: true });
		return [matmul(P, solveTriangular(U.mT, left, { upper: false, left: false }))];
	},
};

/** @internal Whether, and where first, something went wrong, as int32 beside the result. */
interface WithInfo {
	readonly info: Tensor;
	readonly length: 2;
	readonly 0: Tensor;
	readonly 1: Tensor;
	[Symbol.iterator](): IterableIterator<Tensor>;
}

const infoTensor = (info: Handle): Tensor => wrap(native.to(info, 3));

/** As `inv`, with `info` instead of an error: 0, or which diagonal element of U is 0 (then the inverse means nothing). */
export function invEx(x: Tensor, options: { checkErrors?: boolean } = {}): WithInfo & { readonly inverse: Tensor } {
	const [lu, pivots, info] = native.luFactor(matrices("linalg.invEx", x, true).handle);
	if (options.checkErrors) checkInfo("linalg.invEx", info, (place) => `the diagonal element ${place} is zero`);
	const out = wrap(native.luSolve(lu, pivots, identityLike(x).handle));
	const inverse = tracked(x) ? record(out, invBackward, [x], [out]) : out;
	return namedTuple("linalg_inv_ex", ["inverse", "info"], [inverse, infoTensor(info)]);
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
