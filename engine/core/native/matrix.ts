import type { Handle } from "./types";

/* Products and factorisations. */

export interface MatrixOps {
	/** NumPy's rules for 1-D, 2-D and batched operands. */
	matmul: (a: Handle, b: Handle) => Handle;
	mm: (a: Handle, b: Handle) => Handle;
	bmm: (a: Handle, b: Handle) => Handle;
	/** beta·c + alpha·(a @ b) */
	addmm: (c: Handle, a: Handle, b: Handle, beta: number, alpha: number) => Handle;
	/** p-norm distances of the rows of [..., n, d] and those of [..., m, d]: [..., n, m]. */
	cdist: (a: Handle, b: Handle, p: number) => Handle;
	/** By the first set, of the shape of the batch that both sets make together. */
	cdistBackward: (grad: Handle, a: Handle, b: Handle, distances: Handle, p: number) => Handle;
	/** x Wᵀ + b over the last dimension; x of any rank ≥ 1. */
	linear: (x: Handle, weight: Handle, bias: Handle | null) => Handle;
	/** x Wᵀ·weightScale + bias by way of bytes; int8 rows padded to 64, and their int32 sums. */
	linearDynamic: (x: Handle, weight: Handle, rowSums: Handle, weightScale: number, bias: Handle | null) => Handle;
	/** Gradients of x, weight, bias; null where not asked for. */
	linearBackward: (
		grad: Handle,
		x: Handle,
		weight: Handle,
		needX: boolean,
		needWeight: boolean,
		needBias: boolean,
	) => [Handle | null, Handle | null, Handle | null];
}

/** Factorisations of (batches of) float matrices; computed in double. */
export interface LinalgOps {
	/** L and U in one matrix, the row that each row was exchanged with, and 0 or the place of a pivot that is 0. */
	luFactor: (a: Handle) => [lu: Handle, pivots: Handle, info: Handle];
	/** Right sides [..., n, k]. */
	luSolve: (lu: Handle, pivots: Handle, b: Handle) => Handle;
	/** The lower factor, and 0 or the order of the minor that is not positive. */
	cholesky: (a: Handle) => [l: Handle, info: Handle];
	triangularSolve: (a: Handle, b: Handle, upper: boolean, unit: boolean) => Handle;
	qr: (a: Handle, complete: boolean) => [q: Handle, r: Handle];
	/** Of the lower triangle; values in rising order, vectors as columns. */
	eigh: (a: Handle) => [values: Handle, vectors: Handle];
	/** The values of `eigh` alone. */
	eigvalsh: (a: Handle) => Handle;
	svd: (a: Handle) => [u: Handle, s: Handle, vh: Handle];
	/** The singular values of `svd` alone. */
	svdvals: (a: Handle) => Handle;
}
