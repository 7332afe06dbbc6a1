import type { Derivative } from "../autograd/node";
import { record, tracked } from "../autograd/record";
import { bind, shapeText } from "../core/arguments";
import { finfo } from "../core/limits";
import { namedTuple } from "../core/namedTuple";
import { native } from "../core/native";
import { Tensor, wrap } from "../core/tensor";
import { eigvalsh, matrices, svd, svdvals } from "./factors";
import { matmul } from "./matrix";
import { asMethods } from "./methods";
import { matrixNorm as normOfMatrices } from "./norm";
import { inv } from "./solving";

/* What singular values tell: ranks, pseudo-inverses, least squares, condition numbers, further norms. */

export interface RankOptions {
	/** Singular values up to this count as 0. Default 0. */
	atol?: number | Tensor | null;
	/** … or up to this part of the largest. Default max(m, n) · eps, where atol is not given. */
	rtol?: number | Tensor | null;
	/** Whether the matrices are symmetric. Default false. */
	hermitian?: boolean;
}

function threshold(x: Tensor, largest: Tensor, { atol, rtol }: RankOptions): Tensor {
	const given = typeof atol === "number" ? atol > 0 : atol instanceof Tensor;
	const relative = rtol ?? (given ? 0 : Math.max(x.size(-1), x.size(-2)) * finfo(x.dtype).eps);
	const part = largest.mul(relative);
	return part.maximum(atol instanceof Tensor ? atol : wrap(native.full([], atol ?? 0, x.dtype.code, x.handle)));
}

type RankArguments = [options?: RankOptions] | [tol: number, options?: RankOptions];

/** The number of singular values that count as more than 0. */
export function matrixRank(x: Tensor, ...args: RankArguments): Tensor {
	const op = "linalg.matrixRank";
	const given = typeof args[0] === "number" ? [{ ...args[1], atol: args[0], rtol: 0 }] : args;
	const options = bind<RankOptions>(op, given, [], ["atol", "rtol", "hermitian"]);
	const a = matrices(op, x).detach();
	const sizes = options.hermitian ? eigvalsh(a).abs() : svdvals(a);
	if (sizes.numel() === 0) return wrap(native.full(x.shape.slice(0, -2), 0, 4, x.handle));
	return sizes.gt(threshold(a, sizes.amax(-1, true), options)).sum(-1);
}

/** The pseudo-inverse (Moore & Penrose): [..., m, n] gives [..., n, m]. Singular values that count as 0 are left out. */
export function pinv(x: Tensor, options: RankOptions = {}): Tensor {
	const given = bind<RankOptions>("linalg.pinv", [options], [], ["atol", "rtol", "hermitian"]);
	const a = matrices("linalg.pinv", x).detach();
	if (a.numel() === 0) return wrap(native.full(x.mT.shape, 0, x.dtype.code, x.handle));
	const { U, S, Vh } = svd(a, false);
	const kept = S.gt(threshold(a, S.amax(-1, true), given));
	const reciprocal = S.reciprocal().maskedFill(kept.logicalNot(), 0);
	const out = matmul(Vh.mT.mul(reciprocal.unsqueeze(-2)), U.mT);
	return tracked(x) ? record(out, pinvBackward, [x], [x, out]) : out;
}

/** Golub & Pereyra (1973). */
const pinvBackward: Derivative = {
	name: "LinalgPinvBackward0",
	backward(node, grad) {
		const [a, p] = [node.saved(0), node.saved(1)];
		const [g, pt] = [grad.mT, p.mT];
		if (a.size(-2) <= a.size(-1)) {
			const k = matmul(g, p);
			const kpt = matmul(k, pt);
			const first = kpt.sub(matmul(p, k).mT).sub(matmul(matmul(a, p), kpt));
			return [first.add(matmul(matmul(pt, p), g.sub(matmul(k, a))))];
		}
		const k = matmul(p, g);
		const ptk = matmul(pt, k);
		const first = matmul(matmul(g.sub(matmul(a, k)), p), pt).sub(matmul(k, p).mT);
		return [first.add(ptk).sub(matmul(matmul(ptk, p), a))];
	},
};

export interface LeastSquares {
	readonly solution: Tensor;
	/** Σ (A X − B)² for each column, where there are more equations than unknowns and A has full rank; else empty. */
	readonly residuals: Tensor;
	readonly rank: Tensor;
	/** Empty: no driver that gives them is used. */
	readonly singularValues: Tensor;
	[Symbol.iterator](): IterableIterator<Tensor>;
}

/** The X of least norm that minimises ‖A X − B‖. `rcond`: singular values up to this part of the largest count as 0. */
export function lstsq(a: Tensor, b: Tensor, options: { rcond?: number | null } = {}): LeastSquares {
	const op = "linalg.lstsq";
	const { rcond } = bind<{ rcond: number | null }>(op, [options], [], ["rcond"]);
	matrices(op, a);
	const vector = b.ndim === a.ndim - 1;
	const right = vector ? b.unsqueeze(-1) : b;
	if (right.ndim < 2 || right.size(-2) !== a.size(-2)) {
		throw new RangeError(`[${op}] expected right sides of ${a.size(-2)} rows, got shape ${shapeText(b.shape)}`);
	}
	const cut = rcond === undefined || rcond === null ? {} : { rtol: rcond };
	const rank = matrixRank(a, cut);
	const solution = matmul(pinv(a, cut), right);
	const overdetermined = a.size(-2) > a.size(-1) && rank.eq(a.size(-1)).all().item() !== 0;
	const none = () => wrap(native.empty([0], a.dtype.code, a.handle));
	const residuals = overdetermined ? matmul(a, solution).sub(right).square().sum(-2) : none();
	return namedTuple(
		"linalg_lstsq",
		["solution", "residuals", "rank", "singularValues"],
		[vector ? solution.squeeze(-1) : solution, residuals, rank, none()],
	);
}

export type MatrixNormOrder = number | "fro" | "nuc";

/** @internal "fro", "nuc", ±1, ±2, ±Infinity: the matrices of two dimensions. */
export function orderedNorm(
	x: Tensor,
	ord: MatrixNormOrder,
	dims: readonly [number, number],
	keepdim: boolean,
): Tensor {
	if (ord !== "nuc" && ord !== 2 && ord !== -2) return normOfMatrices(x, ord, dims, keepdim);
	const values = svdvals(x.movedim([...dims], [-2, -1]));
	const norm = ord === "nuc" ? values.sum(-1) : ord === 2 ? values.amax(-1) : values.amin(-1);
	if (!keepdim) return norm;
	const [first, second] = dims.map((dim) => (dim < 0 ? dim + x.ndim : dim)).sort((p, q) => p - q) as [number, number];
	return norm.unsqueeze(first).unsqueeze(second);
}

/** The condition number: largest over smallest singular value, or by the norm `p` ‖A‖ · ‖A⁻¹‖. */
export function cond(x: Tensor, p: MatrixNormOrder | null | { p?: MatrixNormOrder | null } = null): Tensor {
	const order = typeof p === "object" ? (p?.p ?? null) : p;
	matrices("linalg.cond", x);
	if (order === null || order === 2) {
		const values = svdvals(x);
		return values.amax(-1).div(values.amin(-1));
	}
	if (order === -2) {
		const values = svdvals(x);
		return values.amin(-1).div(values.amax(-1));
	}
	return orderedNorm(x, order, [-2, -1], false).mul(orderedNorm(inv(x), order, [-2, -1], false));
}

declare module "../core/tensor" {
	interface Tensor {
		/** The pseudo-inverse. */
		pinverse(rcond?: number): Tensor;
	}
}

asMethods({
	pinverse: (x, rcond?: number) => pinv(x, rcond === undefined ? {} : { rtol: rcond }),
});
