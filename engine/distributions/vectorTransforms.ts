import { finfo } from "../core/limits";
import type { Tensor } from "../core/tensor";
import { arange, cat, eye, linalg, onesLike, stack, sub, tril, zeros } from "../ops";
import type { Constraint } from "./constraints";
import * as constraints from "./constraints";
import { softplus } from "./distribution";
import { sumRightmost, Transform } from "./transforms";

/* Changes of variables of vectors and matrices: one event is what lies in the last one or two dimensions. */

/** A transform of vectors that is no bijection, or whose determinant has no meaning. */
abstract class WithoutJacobian extends Transform {
	override get bijective(): boolean {
		return false;
	}

	override logAbsDetJacobian(): Tensor {
		throw new Error(`[${this.constructor.name}] has no log abs det jacobian: it is no bijection`);
	}
}

/** y = exp x, divided by its sum. */
export class SoftmaxTransform extends WithoutJacobian {
	override readonly codomain = constraints.simplex;

	override get domain(): Constraint {
		return constraints.realVector;
	}

	override forward(x: Tensor): Tensor {
		return x.softmax(-1);
	}

	override inverse(y: Tensor): Tensor {
		return y.log();
	}
}

/** The numbers n, n − 1, …, 1. */
function countdown(n: number, like: Tensor): Tensor {
	return arange(n, 0, -1, { dtype: like.dtype, device: like.device });
}

/** `x` with one more entry at an end of the last dimension. */
function padded(x: Tensor, at: "first" | "last"): Tensor {
	const one = onesLike(x.narrow(-1, 0, 1));
	return cat(at === "first" ? [one, x] : [x, one], -1);
}

/** Without the last entry. */
const cropped = (x: Tensor) => x.narrow(-1, 0, x.size(-1) - 1);

function clippedSigmoid(x: Tensor): Tensor {
	const { tiny, eps } = finfo(x.dtype);
	return x.sigmoid().clamp(tiny, 1 - eps);
}

/** A vector to a point of the simplex of one dimension more: each entry breaks its part off what is left of a stick. */
export class StickBreakingTransform extends Transform {
	override readonly codomain = constraints.simplex;

	override get domain(): Constraint {
		return constraints.realVector;
	}

	override forwardShape(shape: readonly number[]): number[] {
		return shape.with(-1, shape.at(-1)! + 1);
	}

	override inverseShape(shape: readonly number[]): number[] {
		return shape.with(-1, shape.at(-1)! - 1);
	}

	override forward(x: Tensor): Tensor {
		const z = clippedSigmoid(x.sub(countdown(x.size(-1), x).log()));
		return padded(z, "last").mul(padded(sub(1, z).cumprod(-1), "first"));
	}

	override inverse(y: Tensor): Tensor {
		const parts = cropped(y);
		const left = sub(1, parts.cumsum(-1)).clamp({ min: finfo(y.dtype).tiny });
		return parts
			.log()
			.sub(left.log())
			.add(countdown(parts.size(-1), y).log());
	}

	override logAbsDetJacobian(x: Tensor, y: Tensor): Tensor {
		const z = x.sub(countdown(x.size(-1), x).log());
		return z.neg().sub(softplus(z.neg())).add(cropped(y).log()).sum(-1);
	}
}

/** A matrix with one function of its diagonal, and nothing above. */
function onDiagonal(x: Tensor, change: (diagonal: Tensor) => Tensor): Tensor {
	return x.tril(-1).add(change(x.diagonal(0, -2, -1)).diagEmbed());
}

/** A matrix to a lower triangular one whose diagonal is positive: its exponential. */
export class LowerCholeskyTransform extends WithoutJacobian {
	override readonly codomain: Constraint = constraints.lowerCholesky;

	override get domain(): Constraint {
		return constraints.independent(constraints.real, 2);
	}

	override forward(x: Tensor): Tensor {
		return onDiagonal(x, (diagonal) => diagonal.exp());
	}

	override inverse(y: Tensor): Tensor {
		return onDiagonal(y, (diagonal) => diagonal.log());
	}
}

/** A matrix to a positive definite one, by its Cholesky factor. */
export class PositiveDefiniteTransform extends LowerCholeskyTransform {
	override readonly codomain: Constraint = constraints.positiveDefinite;

	override forward(x: Tensor): Tensor {
		const factor = super.forward(x);
		return factor.matmul(factor.mT);
	}

	override inverse(y: Tensor): Tensor {
		return super.inverse(linalg.cholesky(y));
	}
}

/** The entries below a diagonal, in rows. */
function below(matrix: Tensor, diagonal: number): Tensor {
	const n = matrix.size(-1);
	const places = tril(onesLike(matrix.flatten(0, -2).at(0).expand(n, n)), diagonal)
		.flatten()
		.nonzero()
		.squeeze(1);
	return matrix.flatten(-2).indexSelect(-1, places);
}

/** D(D − 1)/2 numbers to the Cholesky factor of a correlation matrix: lower triangular, with rows of length 1. */
export class CorrCholeskyTransform extends Transform {
	override readonly codomain = constraints.corrCholesky;

	override get domain(): Constraint {
		return constraints.realVector;
	}

	override forwardShape(shape: readonly number[]): number[] {
		const n = shape.at(-1)!;
		const d = Math.round(Math.sqrt(0.25 + 2 * n) + 0.5);
		if ((d * (d - 1)) / 2 !== n) {
			throw new RangeError(`[CorrCholeskyTransform] expected D(D − 1)/2 numbers for some D, got ${n}`);
		}
		return [...shape.slice(0, -1), d, d];
	}

	override inverseShape(shape: readonly number[]): number[] {
		const d = shape.at(-1)!;
		return [...shape.slice(0, -2), (d * (d - 1)) / 2];
	}

	override forward(x: Tensor): Tensor {
		const shape = this.forwardShape(x.shape);
		const d = shape.at(-1)!;
		const { eps } = finfo(x.dtype);
		const options = { dtype: x.dtype, device: x.device };
		const places = tril(zeros([d, d], options).add(1), -1)
			.flatten()
			.nonzero()
			.squeeze(1);
		const flat = zeros([...shape.slice(0, -2), d * d], options);
		const r = flat.indexCopy(-1, places, x.tanh().clamp(-1 + eps, 1 - eps)).reshape(shape);
		const left = sub(1, r.pow(2)).sqrt().cumprod(-1);
		return r.add(eye(d, options)).mul(padded(cropped(left), "first"));
	}

	override inverse(y: Tensor): Tensor {
		const left = padded(cropped(sub(1, y.mul(y).cumsum(-1))), "first");
		const t = below(y, -1).div(below(left, -1).sqrt());
		return t.log1p().sub(t.neg().log1p()).div(2);
	}

	override logAbsDetJacobian(x: Tensor, y: Tensor): Tensor {
		const left = sub(1, y.mul(y).cumsum(-1));
		const sticks = below(left, -2).log().sum(-1).mul(0.5);
		const slopes = x
			.add(softplus(x.mul(-2)))
			.sub(Math.LN2)
			.sum(-1)
			.mul(-2);
		return sticks.add(slopes);
	}
}

/** Another transform, the last `reinterpretedBatchNdims` dimensions of which are part of the event. */
export class IndependentTransform extends Transform {
	constructor(
		readonly baseTransform: Transform,
		readonly reinterpretedBatchNdims: number,
	) {
		super();
	}

	override get domain(): Constraint {
		return constraints.independent(this.baseTransform.domain, this.reinterpretedBatchNdims);
	}

	override get codomain(): Constraint {
		return constraints.independent(this.baseTransform.codomain, this.reinterpretedBatchNdims);
	}

	override get bijective(): boolean {
		return this.baseTransform.bijective;
	}

	override get sign(): Tensor | number {
		return this.baseTransform.sign;
	}

	override forwardShape(shape: readonly number[]): number[] {
		return this.baseTransform.forwardShape(shape);
	}

	override inverseShape(shape: readonly number[]): number[] {
		return this.baseTransform.inverseShape(shape);
	}

	override forward(x: Tensor): Tensor {
		return this.baseTransform.forward(x);
	}

	override inverse(y: Tensor): Tensor {
		return this.baseTransform.inverse(y);
	}

	override logAbsDetJacobian(x: Tensor, y: Tensor): Tensor {
		return sumRightmost(this.baseTransform.logAbsDetJacobian(x, y), this.reinterpretedBatchNdims);
	}

	override toString(): string {
		return `IndependentTransform(${this.baseTransform}, ${this.reinterpretedBatchNdims})`;
	}
}

/** Several transforms, each of a part of a dimension. */
abstract class Joined extends Transform {
	constructor(
		readonly transforms: readonly Transform[],
		readonly dim: number,
	) {
		super();
	}

	override get bijective(): boolean {
		return this.transforms.every((each) => each.bijective);
	}

	/** @internal */
	abstract _parts(x: Tensor): Tensor[];
	/** @internal */
	abstract _join(parts: Tensor[]): Tensor;

	override forward(x: Tensor): Tensor {
		return this._join(this._parts(x).map((part, i) => this.transforms[i]!.forward(part)));
	}

	override inverse(y: Tensor): Tensor {
		return this._join(this._parts(y).map((part, i) => this.transforms[i]!.inverse(part)));
	}

	override logAbsDetJacobian(x: Tensor, y: Tensor): Tensor {
		const [from, to] = [this._parts(x), this._parts(y)];
		return this._join(this.transforms.map((each, i) => each.logAbsDetJacobian(from[i]!, to[i]!)));
	}
}

/** Parts of `lengths` entries along a dimension: what `cat` would join. */
export class CatTransform extends Joined {
	readonly lengths: readonly number[];

	constructor(transforms: readonly Transform[], dim = 0, lengths?: readonly number[] | null) {
		super(transforms, dim);
		this.lengths = lengths ?? transforms.map(() => 1);
		if (this.lengths.length !== transforms.length) {
			throw new RangeError(`[CatTransform] lengths must have ${transforms.length} entries, got ${this.lengths.length}`);
		}
	}

	override get domain(): Constraint {
		const domains = this.transforms.map((each) => each.domain);
		return constraints.cat(domains, this.dim, this.lengths);
	}

	override get codomain(): Constraint {
		const codomains = this.transforms.map((each) => each.codomain);
		return constraints.cat(codomains, this.dim, this.lengths);
	}

	/** @internal */
	_parts(x: Tensor): Tensor[] {
		return x.split([...this.lengths], this.dim);
	}

	/** @internal */
	_join(parts: Tensor[]): Tensor {
		return cat(parts, this.dim);
	}
}

/** Entries along a dimension: what `stack` would join. */
export class StackTransform extends Joined {
	constructor(transforms: readonly Transform[], dim = 0) {
		super(transforms, dim);
	}

	override get domain(): Constraint {
		const domains = this.transforms.map((each) => each.domain);
		return constraints.stack(domains, this.dim);
	}

	override get codomain(): Constraint {
		const codomains = this.transforms.map((each) => each.codomain);
		return constraints.stack(codomains, this.dim);
	}

	/** @internal */
	_parts(x: Tensor): Tensor[] {
		return x.unbind(this.dim);
	}

	/** @internal */
	_join(parts: Tensor[]): Tensor {
		return stack(parts, this.dim);
	}
}
