import { bind, type Dims, dimsOf, shapeText } from "../core/arguments";
import { autocastState } from "../core/autocast";
import type { Tensor } from "../core/tensor";
import { lowered, raisedOnCards } from "./castPolicy";
import { onesLike } from "./create";
import { catAlong } from "./join";
import { type MatrixNormOrder, orderedNorm } from "./leastSquares";
import { matmul } from "./matrix";
import { vectorNorm as normOfVectors } from "./norm";
import { cross, matrixPower } from "./products";
import { diagonal as diagonalOf } from "./slices";
import { inv, solve } from "./solving";
import { tensorList } from "./view";

/* torch.linalg: names, and what its functions share with others. */

export interface LinalgNormOptions {
	/** The order. Default 2 for vectors, "fro" for matrices. */
	ord?: MatrixNormOrder | null;
	dim?: Dims;
	keepdim?: boolean;
}

type NormArguments =
	| [options?: LinalgNormOptions]
	| [ord: MatrixNormOrder | null, options?: LinalgNormOptions]
	| [ord: MatrixNormOrder | null, dim: Dims, keepdim?: boolean];

/**
 * The norm of vectors (one `dim`) or matrices (two of them). Without `dim`: with an order the tensor is one vector or
 * matrix by its rank, without one it is taken as flat.
 */
export function norm(x: Tensor, ...args: NormArguments): Tensor {
	const {
		ord = null,
		dim = null,
		keepdim = false,
	} = bind<LinalgNormOptions>("linalg.norm", args, ["ord", "dim", "keepdim"]);
	const dims = dimsOf("linalg.norm", dim);
	if (ord === null) return normOfVectors(x, 2, dims, keepdim);
	const rank = dims?.length ?? x.ndim;
	if (rank === 2) return orderedNorm(x, ord, (dims as [number, number] | null) ?? [-2, -1], keepdim);
	if (rank > 2 || typeof ord === "string") {
		throw new RangeError(
			`[linalg.norm] order ${ord} needs ${typeof ord === "string" ? "2" : "1 or 2"} dimensions, got shape ${shapeText(x.shape)}`,
		);
	}
	return normOfVectors(x, ord, dims, keepdim);
}

/** The norm of vectors along `dim`, or of all elements. */
export function vectorNorm(
	x: Tensor,
	...args:
		| [options?: { ord?: number; dim?: Dims; keepdim?: boolean }]
		| [ord: number, dim?: Dims | { dim?: Dims; keepdim?: boolean }, keepdim?: boolean]
): Tensor {
	if (autocastState.active) return raisedOnCards(vectorNorm, x, ...args);
	const options = bind<{ ord: number; dim: Dims; keepdim: boolean }>("linalg.vectorNorm", args, [
		"ord",
		"dim",
		"keepdim",
	]);
	return normOfVectors(x, options.ord ?? 2, dimsOf("linalg.vectorNorm", options.dim), options.keepdim ?? false);
}

/** The norm of the matrices of the last two dimensions (or `dim`): "fro" (default), "nuc", ±1, ±2, ±Infinity. */
export function matrixNorm(
	x: Tensor,
	...args:
		| [options?: { ord?: MatrixNormOrder; dim?: [number, number]; keepdim?: boolean }]
		| [ord: MatrixNormOrder, options?: { dim?: [number, number]; keepdim?: boolean }]
		| [ord: MatrixNormOrder, dim: [number, number], keepdim?: boolean]
): Tensor {
	if (autocastState.active) return raisedOnCards(matrixNorm, x, ...args);
	const { ord, dim, keepdim } = bind<{ ord: MatrixNormOrder; dim: [number, number]; keepdim: boolean }>(
		"linalg.matrixNorm",
		args,
		["ord", "dim", "keepdim"],
	);
	return orderedNorm(x, ord ?? "fro", dim ?? [-2, -1], keepdim ?? false);
}

/** The product of several matrices, from left to right. */
export function multiDot(tensors: readonly Tensor[]): Tensor {
	const list = tensorList("linalg.multiDot", tensors);
	if (list.length < 2) throw new RangeError(`[linalg.multiDot] expected at least 2 tensors, got ${list.length}`);
	return list.reduce((product, x) => matmul(product, x));
}

/** The diagonal of the last two dimensions. */
export function diagonal(x: Tensor, options: { offset?: number; dim1?: number; dim2?: number } = {}): Tensor {
	return diagonalOf(x, { dim1: -2, dim2: -1, ...options });
}

/** Products of vectors along `dim` (default the last), summed. */
export function vecdot(x: Tensor, y: Tensor, options: { dim?: number } = {}): Tensor {
	if (autocastState.active) return lowered(vecdot, x, y, options);
	return x.mul(y).sum(options.dim ?? -1);
}

/** Powers of the last dimension's elements as columns: x⁰ … xᴺ⁻¹. */
export function vander(x: Tensor, options: { N?: number | null } = {}): Tensor {
	const count = options.N ?? x.size(-1);
	if (!Number.isInteger(count) || count < 1) throw new RangeError(`[linalg.vander] N must be at least 1, got ${count}`);
	const one = onesLike(x.unsqueeze(-1));
	return catAlong(
		[
			one,
			x
				.unsqueeze(-1)
				.expand([...x.shape, count - 1])
				.cumprod(-1),
		],
		-1,
	);
}

/** The inverse of a tensor as the matrix that maps its last dimensions to its first `ind`. */
export function tensorinv(x: Tensor, ind: number | { ind?: number } = 2): Tensor {
	const first = typeof ind === "object" ? (ind.ind ?? 2) : ind;
	const [front, back] = [x.shape.slice(0, first), x.shape.slice(first)];
	const size = back.reduce((product, n) => product * n, 1);
	return inv(x.reshape(-1, size)).reshape([...back, ...front]);
}

/** The X with tensordot(A, X, X.ndim) = B. */
export function tensorsolve(a: Tensor, b: Tensor, options: { dims?: readonly number[] | null } = {}): Tensor {
	const moved = options.dims
		? a.movedim(
				options.dims,
				options.dims.map((_, i) => a.ndim - options.dims!.length + i),
			)
		: a;
	const shape = moved.shape.slice(b.ndim);
	return solve(moved.reshape(b.numel(), -1), b.reshape(-1)).reshape(shape);
}

export { cholesky, eigh, eigvalsh, LinAlgError, qr, svd, svdvals } from "./factors";
export { ldlFactor, ldlFactorEx, ldlSolve } from "./ldl";
export { cond, lstsq, matrixRank, pinv } from "./leastSquares";
export { lu, luFactor, luFactorEx, luSolve } from "./lu";
export { matrixExp } from "./matrixFunctions";
export { householderProduct, matrixSqrth, polar } from "./orthogonal";
export { det, inv, slogdet, solve, solveTriangular } from "./solving";
export { choleskyEx, invEx, solveEx } from "./withInfo";
export { cross, matmul, matrixPower };
