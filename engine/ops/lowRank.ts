import { bind } from "../core/arguments";
import { noGrad } from "../core/gradMode";
import { Tensor } from "../core/tensor";
import { qr, svd } from "./factors";
import { matmul } from "./matrix";
import { randn } from "./random";

/* The largest singular values of large matrices, by what the matrix makes of a few random vectors (Halko et al., 2009). */

export interface LowrankOptions {
	/** How many; somewhat more than are wanted. Default 6; `pcaLowrank`: at most the smaller side. */
	q?: number | null;
	/** Rounds that sharpen the subspace. Default 2. */
	niter?: number;
}

function count(op: string, name: string, value: number, most = Number.POSITIVE_INFINITY): number {
	if (Number.isInteger(value) && value >= 0 && value <= most) return value;
	const limit = most === Number.POSITIVE_INFINITY ? "" : ` and not greater than min(m, n)=${most}`;
	throw new RangeError(`[${op}] ${name}(=${value}) must be non-negative integer${limit}`);
}

function checkMatrix(op: string, A: Tensor): void {
	if (A instanceof Tensor && A.ndim >= 2) return;
	const got = A instanceof Tensor ? `one of ${A.ndim} dimensions` : String(A);
	throw new RangeError(`[${op}] expected a tensor of at least two dimensions, got ${got}`);
}

/** An orthonormal basis of what `A` makes of `q` random vectors. */
function basis(A: Tensor, q: number, niter: number): Tensor {
	const R = noGrad(() => randn([A.size(-1), q], { dtype: A.dtype, device: A.device }));
	let Q = qr(matmul(A, R)).Q;
	for (let i = 0; i < niter; i++) {
		Q = qr(matmul(A.mT, Q)).Q;
		Q = qr(matmul(A, Q)).Q;
	}
	return Q;
}

/** A tall matrix is what the method is for; a wide one is turned. */
function lowrank(A: Tensor, q: number, niter: number): [U: Tensor, S: Tensor, V: Tensor] {
	const wide = A.size(-2) < A.size(-1);
	const tall = wide ? A.mT : A;
	const Q = basis(tall, q, niter);
	const { U, S, Vh } = svd(matmul(Q.mT, tall), { fullMatrices: false });
	const [left, right] = [matmul(Q, U), Vh.mT];
	return wide ? [right, S, left] : [left, S, right];
}

/**
 * About the `q` largest singular values of matrices [..., m, n], with their vectors: A ≈ U · diag(S) · Vᵀ. `M` is taken off the
 * matrix first. Draws its vectors from the default generator.
 */
export function svdLowrank(
	A: Tensor,
	...args:
		| [options?: LowrankOptions & { M?: Tensor | null }]
		| [q: number, options?: Omit<LowrankOptions, "q"> & { M?: Tensor | null }]
		| [q: number, niter: number, M?: Tensor | null]
): [U: Tensor, S: Tensor, V: Tensor] {
	type Given = LowrankOptions & { M?: Tensor | null };
	const { q, niter = 2, M } = bind<Given>("svdLowrank", args, ["q", "niter", "M"]);
	checkMatrix("svdLowrank", A);
	const wanted = count("svdLowrank", "q", q ?? 6);
	return lowrank(M ? A.sub(M) : A, wanted, count("svdLowrank", "niter", niter));
}

/** Principal components of rows [..., m, n]: `svdLowrank` of them less their mean; `{center: false}` for rows without one. */
export function pcaLowrank(
	A: Tensor,
	...args:
		| [options?: LowrankOptions & { center?: boolean }]
		| [q: number, options?: Omit<LowrankOptions, "q"> & { center?: boolean }]
		| [q: number, center: boolean, niter?: number]
): [U: Tensor, S: Tensor, V: Tensor] {
	type Given = LowrankOptions & { center?: boolean };
	const { q, center = true, niter = 2 } = bind<Given>("pcaLowrank", args, ["q", "center", "niter"]);
	checkMatrix("pcaLowrank", A);
	const most = Math.min(A.size(-2), A.size(-1));
	const wanted = count("pcaLowrank", "q", q ?? Math.min(6, most), most);
	count("pcaLowrank", "niter", niter);
	return lowrank(center ? A.sub(A.mean(-2, true)) : A, wanted, niter);
}
