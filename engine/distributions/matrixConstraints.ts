import { finfo } from "../core/limits";
import type { Tensor } from "../core/tensor";
import { full, isclose, linalg } from "../ops";
import { Constraint } from "./constraint";

/* What matrices may be. */

abstract class OfMatrices extends Constraint {
	override get eventDim(): number {
		return 2;
	}
}

export class LowerTriangular extends OfMatrices {
	override check(value: Tensor): Tensor {
		return value.tril().eq(value).flatten(-2).all(-1);
	}
}

/** Lower triangular with positive numbers on the diagonal. */
export class LowerCholesky extends LowerTriangular {
	override check(value: Tensor): Tensor {
		return super.check(value).logicalAnd(value.diagonal(0, -2, -1).gt(0).all(-1));
	}
}

/** Cholesky factors of correlations: rows of length 1. */
export class CorrCholesky extends LowerCholesky {
	override check(value: Tensor): Tensor {
		const tolerance = finfo(value.dtype).eps * value.size(-1) * 10;
		const lengths = value.detach().pow(2).sum(-1).sqrt();
		return super.check(value).logicalAnd(lengths.sub(1).abs().le(tolerance).all(-1));
	}
}

export class Square extends OfMatrices {
	override check(value: Tensor): Tensor {
		return full(value.shape.slice(0, -2), value.size(-2) === value.size(-1), { device: value.device });
	}
}

export class Symmetric extends Square {
	override check(value: Tensor): Tensor {
		if (value.size(-2) !== value.size(-1)) return super.check(value);
		return isclose(value, value.mT, { atol: 1e-6 }).all(-2).all(-1);
	}

	/** @internal Whether all are symmetric, and the smallest eigenvalues of those. */
	_least(value: Tensor): { symmetric: Tensor; least: Tensor | null } {
		const symmetric = Symmetric.prototype.check.call(this, value);
		return { symmetric, least: symmetric.all().item() ? linalg.eigvalsh(value).amin(-1) : null };
	}
}

export class PositiveSemidefinite extends Symmetric {
	override check(value: Tensor): Tensor {
		const { symmetric, least } = this._least(value);
		return least === null ? symmetric : least.ge(0);
	}
}

export class PositiveDefinite extends Symmetric {
	override check(value: Tensor): Tensor {
		const { symmetric, least } = this._least(value);
		return least === null ? symmetric : least.gt(0);
	}
}

export const lowerTriangular = new LowerTriangular();
export const lowerCholesky = new LowerCholesky();
export const corrCholesky = new CorrCholesky();
export const square = new Square();
export const symmetric = new Symmetric();
export const positiveSemidefinite = new PositiveSemidefinite();
export const positiveDefinite = new PositiveDefinite();
