import type { Derivative } from "../autograd/node";
import { record, tracked } from "../autograd/record";
import { shapeText } from "../core/arguments";
import { type NamedTuple, namedTuple } from "../core/namedTuple";
import { native } from "../core/native";
import { type Tensor, wrap } from "../core/tensor";
import { eigh, matrices, svd } from "./factors";
import { matmul } from "./matrix";

/* What is composed of orthogonal factors. */

/**
 * The first n columns of the product of the reflections I − τᵢ vᵢ vᵢᵀ, whose vectors stand below the diagonal of `x`
 * [..., m, n] (on it: 1) and τ in `tau` [..., k], k ≤ n ≤ m.
 */
export function householderProduct(x: Tensor, tau: Tensor): Tensor {
	const op = "linalg.householderProduct";
	const [m, n] = [matrices(op, x).size(-2), x.size(-1)];
	if (n > m) throw new RangeError(`[${op}] expected at least as many rows as columns, got shape ${shapeText(x.shape)}`);
	const k = tau.size(-1);
	if (k > n || `${tau.shape.slice(0, -1)}` !== `${x.shape.slice(0, -2)}`) {
		throw new RangeError(
			`[${op}] expected tau of shape ${shapeText([...x.shape.slice(0, -2), n])} or shorter, got ${shapeText(tau.shape)}`,
		);
	}
	const identity = wrap(native.eye(m, n, x.dtype.code, x.handle));
	const vectors = x.tril(-1).add(identity);
	let q = identity.expand(x.shape);
	for (let i = k - 1; i >= 0; i--) {
		const v = vectors.narrow(-1, i, 1);
		q = q.sub(matmul(v.mul(tau.narrow(-1, i, 1).unsqueeze(-1)), matmul(v.mT, q)));
	}
	return q;
}

/** The symmetric positive definite X with X X = A, of symmetric positive definite A (its lower triangle counts). */
export function matrixSqrth(x: Tensor): Tensor {
	const { eigenvalues, eigenvectors } = eigh(matrices("linalg.matrixSqrth", x, true).detach());
	const out = matmul(eigenvectors.mul(eigenvalues.sqrt().unsqueeze(-2)), eigenvectors.mT);
	return tracked(x) ? record(out, rootBackward, [x], [out]) : out;
}

/** The symmetric G with X G + G X = (g + gᵀ) / 2, by X's eigenvectors. */
const rootBackward: Derivative = {
	name: "LinalgMatrixSqrthBackward0",
	backward(node, grad) {
		const { eigenvalues, eigenvectors } = eigh(node.saved(0));
		const inner = matmul(matmul(eigenvectors.mT, grad.add(grad.mT).mul(0.5)), eigenvectors);
		const sums = eigenvalues.unsqueeze(-1).add(eigenvalues.unsqueeze(-2));
		return [matmul(matmul(eigenvectors, inner.div(sums)), eigenvectors.mT)];
	},
};

/** A = U H with orthonormal columns of U [..., m, n] and symmetric positive semidefinite H, m ≥ n. */
export function polar(x: Tensor): NamedTuple<"U" | "H"> {
	const op = "linalg.polar";
	if (matrices(op, x).size(-2) < x.size(-1)) {
		throw new RangeError(`[${op}] expected at least as many rows as columns, got shape ${shapeText(x.shape)}`);
	}
	const { U, S, Vh } = svd(x, false);
	return namedTuple("linalg_polar", ["U", "H"], [matmul(U, Vh), matmul(Vh.mT.mul(S.unsqueeze(-2)), Vh)]);
}
