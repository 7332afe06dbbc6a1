import { shapeText } from "../../core/arguments";
import { finfo } from "../../core/limits";
import { native } from "../../core/native";
import { type Tensor, wrap } from "../../core/tensor";
import { allclose, cat, randn, zerosLike } from "../../ops";
import { matrixExp } from "../../ops/matrixFunctions";
import { solve } from "../../ops/solving";
import { Module } from "../modules";
import { orthogonal as orthogonalFactor } from "../orthogonal";
import { NoRightInverse } from "./parametrizationList";

export const orthogonalMaps = ["matrix_exp", "cayley", "householder"] as const;
export type OrthogonalMap = (typeof orthogonalMaps)[number];

function identity(rows: number, columns: number, like: Tensor): Tensor {
	return wrap(native.eye(rows, columns, like.dtype.code, like.handle));
}

/** Orthogonal matrices from free numbers: what `parametrizations.orthogonal` registers. */
export class Orthogonal extends Module {
	static {
		Object.defineProperty(this, "name", { value: "_Orthogonal" });
	}

	declare base: Tensor | null;
	/** @internal */
	readonly _shape: readonly number[];

	constructor(
		weight: Tensor,
		readonly orthogonalMap: OrthogonalMap,
		readonly useTrivialization: boolean,
	) {
		super();
		this._shape = weight.shape;
		if (useTrivialization) this.registerBuffer("base", null);
	}

	forward(input: Tensor): Tensor {
		const wide = input.size(-2) < input.size(-1);
		const x = wide ? input.mT : input;
		let q = this.orthogonalMap === "householder" ? reflected(x) : ofSkew(x, this.orthogonalMap);
		if (this.base) q = this.base.matmul(q);
		return wide ? q.mT : q;
	}

	rightInverse(value: Tensor): Tensor {
		if (`${value.shape}` !== `${this._shape}`) {
			throw new RangeError(
				`[orthogonal] expected a matrix or batch of matrices of shape ${shapeText(this._shape)}, got a tensor of shape ${shapeText(value.shape)}`,
			);
		}
		const wide = value.size(-2) < value.size(-1);
		const q = wide ? value.mT : value;
		if (!this.useTrivialization) {
			if (this.orthogonalMap !== "householder") {
				throw new NoRightInverse(
					"[orthogonal] it is not possible to assign to the matrix exponential or the Cayley parametrizations when useTrivialization is false",
				);
			}
			const parameters = factored(q);
			return wide ? parameters.mT : parameters;
		}
		const [n, k] = q.shape.slice(-2) as [number, number];
		if (n === k) this.base = isOrthogonal(q) ? q.clone() : madeOrthogonal(q);
		else this.base = madeOrthogonal(cat([q, randn([...q.shape.slice(0, -1), n - k], { dtype: q.dtype })], -1));
		// The diagonal holds the signs of Householder's product: with −1 it begins at the identity.
		const start = zerosLike(value);
		start.diagonal({ dim1: -2, dim2: -1 }).fill_(-1);
		return start;
	}
}

/** By the skew-symmetric matrix whose lower triangle is that of x. */
function ofSkew(x: Tensor, map: OrthogonalMap): Tensor {
	const [n, k] = x.shape.slice(-2) as [number, number];
	let lower = x.tril();
	if (n !== k) lower = cat([lower, zerosLike(lower.narrow(-1, 0, 1)).expand([...x.shape.slice(0, -1), n - k])], -1);
	const skew = lower.sub(lower.mT);
	if (map === "matrix_exp") return matrixExp(skew).narrow(-1, 0, k);
	const half = skew.mul(0.5);
	const one = identity(n, n, x).expand(skew.shape);
	return solve(one.sub(half), one.add(half)).narrow(-1, 0, k);
}

/** The first columns of the product of reflections whose vectors stand below x's diagonal, times the diagonal's signs. */
function reflected(x: Tensor): Tensor {
	const [n, k] = x.shape.slice(-2) as [number, number];
	const below = x.tril(-1);
	const vectors = below.add(identity(n, k, x));
	const factors = below.square().sum(-2).add(1).reciprocal().mul(2);
	let q = identity(n, k, x).expand(x.shape);
	for (let i = k - 1; i >= 0; i--) {
		const v = vectors.narrow(-1, i, 1);
		q = q.sub(v.mul(factors.narrow(-1, i, 1).unsqueeze(-1)).matmul(v.mT.matmul(q)));
	}
	// Signs are whole numbers: no gradient moves them.
	const signs = x.detach().diagonal({ dim1: -2, dim2: -1 }).trunc().unsqueeze(-2);
	return q.mul(signs);
}

function eachMatrix(x: Tensor, fn: (values: Float64Array, rows: number, columns: number) => Float64Array): Tensor {
	const [rows, columns] = x.shape.slice(-2) as [number, number];
	const values = native.toNumbers(x.handle);
	const size = rows * columns;
	for (let at = 0; at < values.length; at += size) values.set(fn(values.slice(at, at + size), rows, columns), at);
	return wrap(native.fromNumbers(values, x.shape, x.dtype.code, x.handle));
}

function madeOrthogonal(x: Tensor): Tensor {
	return eachMatrix(x, orthogonalFactor);
}

function isOrthogonal(q: Tensor): boolean {
	const [n, k] = q.shape.slice(-2) as [number, number];
	const product = q.mT.matmul(q);
	return allclose(product, identity(k, k, q).expand(product.shape), { atol: 10 * n * finfo(q.dtype).eps, rtol: 1e-5 });
}

/** What `reflected` makes x's orthogonal factor from: Householder's vectors below the diagonal, signs on it. */
function factored(x: Tensor): Tensor {
	return eachMatrix(x, (a, rows, columns) => {
		const signs: number[] = [];
		for (let k = 0; k < columns; k++) {
			let square = 0;
			for (let i = k + 1; i < rows; i++) square += a[i * columns + k]! ** 2;
			const first = a[k * columns + k]!;
			const end = square === 0 ? first : -Math.sign(first || 1) * Math.sqrt(first * first + square);
			// Where nothing is left below, LAPACK takes no reflection at all, but the product above takes one of e: −1.
			signs.push(square === 0 ? -Math.sign(end) : Math.sign(end));
			for (let i = k + 1; i < rows; i++) a[i * columns + k] = square === 0 ? 0 : a[i * columns + k]! / (first - end);
			if (square === 0) continue;
			const factor = (end - first) / end;
			for (let j = k + 1; j < columns; j++) {
				let dot = a[k * columns + j]!;
				for (let i = k + 1; i < rows; i++) dot += a[i * columns + k]! * a[i * columns + j]!;
				a[k * columns + j] = a[k * columns + j]! - factor * dot;
				for (let i = k + 1; i < rows; i++) {
					a[i * columns + j] = a[i * columns + j]! - factor * dot * a[i * columns + k]!;
				}
			}
		}
		signs.forEach((sign, k) => {
			a[k * columns + k] = sign;
		});
		return a;
	});
}
