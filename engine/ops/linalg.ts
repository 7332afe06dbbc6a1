import { bind, type Dims, dimsOf, shapeText } from "../core/arguments";
import type { Tensor } from "../core/tensor";
import { matmul } from "./matrix";
import { matrixExp, solve } from "./matrixFunctions";
import { matrixNorm as normOfMatrices, vectorNorm as normOfVectors } from "./norm";
import { cross, matrixPower } from "./products";
import { diagonal as diagonalOf } from "./slices";
import { tensorList } from "./view";

/* torch.linalg: what of it the engine has. */

export interface LinalgNormOptions {
	/** The order. Default 2 for vectors, "fro" for matrices. */
	ord?: number | "fro" | null;
	dim?: Dims;
	keepdim?: boolean;
}

type NormArguments =
	| [options?: LinalgNormOptions]
	| [ord: number | "fro" | null, options?: LinalgNormOptions]
	| [ord: number | "fro" | null, dim: Dims, keepdim?: boolean];

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
	if (rank === 2) return normOfMatrices(x, ord, (dims as [number, number] | null) ?? [-2, -1], keepdim);
	if (rank > 2 || ord === "fro") {
		throw new RangeError(
			`[linalg.norm] order ${ord} needs ${ord === "fro" ? "2" : "1 or 2"} dimensions, got shape ${shapeText(x.shape)}`,
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
	const options = bind<{ ord: number; dim: Dims; keepdim: boolean }>("linalg.vectorNorm", args, [
		"ord",
		"dim",
		"keepdim",
	]);
	return normOfVectors(x, options.ord ?? 2, dimsOf("linalg.vectorNorm", options.dim), options.keepdim ?? false);
}

/** The norm of the matrices of the last two dimensions (or `dim`): "fro" (default), 1, -1, Infinity, -Infinity. */
export function matrixNorm(
	x: Tensor,
	ord: number | "fro" = "fro",
	options: { dim?: [number, number]; keepdim?: boolean } = {},
): Tensor {
	return normOfMatrices(x, ord, options.dim ?? [-2, -1], options.keepdim ?? false);
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

export { cross, matmul, matrixExp, matrixPower, solve };
