import type { Derivative } from "../autograd/node";
import { record, recordAll, tracked } from "../autograd/record";
import { type NamedTuple, namedTuple } from "../core/namedTuple";
import { type Handle, native } from "../core/native";
import { type Tensor, wrap } from "../core/tensor";
import { checkInfo, matrices } from "./factors";
import { catAlong } from "./join";
import { matmul } from "./matrix";
import { identityOf, type SolveOptions, solveTriangular } from "./solving";

/* Triangular factors with partial pivoting, A = P L U, of matrices of any shape; and what is solved with them. */

export interface PivotOptions {
	/** Exchange rows. Default true, and without it nothing is possible on the CPU, as in PyTorch. */
	pivot?: boolean;
}

type LU = NamedTuple<"LU" | "pivots">;
type LUWithInfo = NamedTuple<"LU" | "pivots" | "info">;

function packed(op: string, x: Tensor, options: PivotOptions): { LU: Tensor; pivots: Tensor; info: Handle } {
	matrices(op, x);
	if (options.pivot === false) throw new Error(`[${op}] LU without pivoting is not implemented`);
	const [lu, places, info] = native.luFactor(x.handle);
	// LAPACK counts from 1.
	const pivots = wrap(native.to(native.add(places, 1, 1), 3));
	const LU = wrap(lu);
	if (tracked(x)) record(LU, packedBackward, [x], [LU, pivots]);
	return { LU, pivots, info };
}

/** @internal `info` as PyTorch has it, int32. */
export const infoTensor = (info: Handle): Tensor => wrap(native.to(info, 3));

const zeroPivot = (place: number) =>
	`U[${place},${place}] is zero and using it on luSolve would result in a division by zero. If you still want to perform the factorization, consider calling linalg.lu(A, pivot) or linalg.luFactorEx(A, pivot)`;

/**
 * L (below the diagonal, with ones on it) and U of matrices [..., m, n] in one, and the row (int32, from 1) that each of the first
 * min(m, n) rows was exchanged with. A pivot of 0 is an error.
 */
export function luFactor(x: Tensor, options: PivotOptions = {}): LU {
	const { LU, pivots, info } = packed("linalg.luFactor", x, options);
	checkInfo("linalg.luFactor", info, zeroPivot);
	return namedTuple("linalg_lu_factor", ["LU", "pivots"], [LU, pivots]);
}

/** As `luFactor`, with `info` (int32) instead of an error: 0, or which pivot is the first that is 0. */
export function luFactorEx(x: Tensor, options: PivotOptions & { checkErrors?: boolean } = {}): LUWithInfo {
	const { LU, pivots, info } = packed("linalg.luFactorEx", x, options);
	if (options.checkErrors) checkInfo("linalg.luFactorEx", info, zeroPivot);
	return namedTuple("linalg_lu_factor_ex", ["LU", "pivots", "info"], [LU, pivots, infoTensor(info)]);
}

/** P [..., m, m], L [..., m, k] and U [..., k, n] with A = P L U and k = min(m, n). */
export function lu(x: Tensor, options: PivotOptions = {}): NamedTuple<"P" | "L" | "U"> {
	const { LU, pivots } = packed("linalg.lu", x.detach(), options);
	const factors = [permutationOf(pivots, LU), lowerOf(LU), upperOf(LU)] as const;
	if (tracked(x)) recordAll(factors, luBackward, [x], [...factors]);
	return namedTuple("linalg_lu", ["P", "L", "U"], factors);
}

/**
 * P, L and U from what `luFactor` gave. Without `unpackData` L and U are empty, without `unpackPivots` P is.
 */
export function luUnpack(
	LU: Tensor,
	pivots: Tensor,
	options: { unpackData?: boolean; unpackPivots?: boolean } = {},
): NamedTuple<"P" | "L" | "U"> {
	matrices("luUnpack", LU);
	const nothing = () => wrap(native.empty([0], LU.dtype.code, LU.handle));
	const data = options.unpackData ?? true;
	const P = (options.unpackPivots ?? true) ? permutationOf(pivots, LU) : nothing();
	return namedTuple("lu_unpack", ["P", "L", "U"], [P, data ? lowerOf(LU) : nothing(), data ? upperOf(LU) : nothing()]);
}

const least = (x: Tensor) => Math.min(x.size(-1), x.size(-2));

function lowerOf(LU: Tensor): Tensor {
	const L = LU.narrow(-1, 0, least(LU)).tril(-1);
	return L.add(wrap(native.eye(L.size(-2), L.size(-1), L.dtype.code, L.handle)));
}

function upperOf(LU: Tensor): Tensor {
	return LU.narrow(-2, 0, least(LU)).triu();
}

/** The matrix [..., m, m] of the exchanges, which `pivots` names one after the other (from 1). */
function permutationOf(pivots: Tensor, like: Tensor): Tensor {
	const m = like.size(-2);
	const identity = identityOf(m, [...like.shape.slice(0, -2), m, m], like);
	if (identity.numel() === 0) return identity;
	const rows = identity.clone().reshape(-1, m, m);
	const steps = pivots.reshape(-1, pivots.size(-1)).tolist() as number[][];
	steps.forEach((exchanges, k) => {
		const order = Array.from({ length: m }, (_, i) => i);
		exchanges.forEach((other, i) => {
			[order[i], order[other - 1]] = [order[other - 1]!, order[i]!];
		});
		const index = wrap(native.fromNumbers(Float64Array.from(order), [m], 4, identity.handle));
		rows.select(0, k).copy_(rows.select(0, k).indexSelect(0, index).t());
	});
	return rows.reshape(identity.shape);
}

const luBackward: Derivative = {
	name: "LinalgLuBackward0",
	backward: (node, _grad, [, gradL, gradU]) => [
		gradientOf(node.saved(0), node.saved(1), node.saved(2), gradL ?? null, gradU ?? null),
	],
};

const packedBackward: Derivative = {
	name: "LinalgLuFactorExBackward0",
	backward(node, grad) {
		const [LU, pivots] = [node.saved(0), node.saved(1)];
		const k = least(LU);
		const P = permutationOf(pivots, LU);
		return [gradientOf(P, lowerOf(LU), upperOf(LU), grad.narrow(-1, 0, k), grad.narrow(-2, 0, k))];
	},
};

/**
 * Of a square A: P L⁻ᵀ (tril(Lᵀ gL, −1) + triu(gU Uᵀ)) U⁻ᵀ. A wide one has the further columns L U₂, so that gL loses
 * L⁻ᵀ gU₂ U₂ᵀ; a tall one has the further rows L₂ U, so that gU loses L₂ᵀ gL₂ U⁻ᵀ.
 */
function gradientOf(P: Tensor, L: Tensor, U: Tensor, gradL: Tensor | null, gradU: Tensor | null): Tensor | null {
	if (!gradL && !gradU) return null;
	const [m, k, n] = [L.size(-2), L.size(-1), U.size(-1)];
	const [square, upper] = [L.narrow(-2, 0, k), U.narrow(-1, 0, k)];
	const byLower = (x: Tensor) => solveTriangular(square.mT, x, { upper: true, unitriangular: true });
	const byUpper = (x: Tensor) => solveTriangular(upper.mT, x, { upper: false, left: false });
	let ofL = gradL?.narrow(-2, 0, k) ?? null;
	let ofU = gradU?.narrow(-1, 0, k) ?? null;
	let columns: Tensor | null = null;
	let rows: Tensor | null = null;
	if (n > k && gradU) {
		columns = byLower(gradU.narrow(-1, k, n - k));
		const taken = matmul(columns, U.narrow(-1, k, n - k).mT);
		ofL = ofL ? ofL.sub(taken) : taken.neg();
	}
	if (m > k && gradL) {
		rows = byUpper(gradL.narrow(-2, k, m - k));
		const taken = matmul(L.narrow(-2, k, m - k).mT, rows);
		ofU = ofU ? ofU.sub(taken) : taken.neg();
	}
	const lower = ofL ? matmul(square.mT, ofL).tril(-1) : null;
	const above = ofU ? matmul(ofU, upper.mT).triu() : null;
	let result = byUpper(byLower(lower && above ? lower.add(above) : (lower ?? above)!));
	if (n > k) result = catAlong([result, columns ?? result.newZeros([...result.shape.slice(0, -1), n - k])], -1);
	if (m > k) result = catAlong([result, rows ?? result.newZeros([...result.shape.slice(0, -2), m - k, n])], -2);
	return matmul(P, result);
}

/** The solution of A X = B (`adjoint`: Aᵀ X = B) from what `luFactor` gave of A. */
export function luSolve(
	LU: Tensor,
	pivots: Tensor,
	b: Tensor,
	options: SolveOptions & { adjoint?: boolean } = {},
): Tensor {
	const { left = true, adjoint = false } = options;
	matrices("linalg.luSolve", LU, true);
	if (!left) return luSolve(LU, pivots, b.mT, { adjoint: !adjoint }).mT;
	if (!adjoint && !tracked(LU, b)) {
		return wrap(native.luSolve(LU.handle, native.sub(native.to(pivots.handle, 4), 1, 1), b.handle));
	}
	const P = permutationOf(pivots, LU);
	if (adjoint) {
		const inner = solveTriangular(LU.mT, b, { upper: false });
		return matmul(P, solveTriangular(LU.mT, inner, { upper: true, unitriangular: true }));
	}
	const inner = solveTriangular(LU, matmul(P.mT, b), { upper: false, unitriangular: true });
	return solveTriangular(LU, inner, { upper: true });
}
