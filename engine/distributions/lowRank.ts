import { bind } from "../core/arguments";
import { noGrad } from "../core/gradMode";
import type { Tensor } from "../core/tensor";
import { broadcastTensors, eye, linalg } from "../ops";
import type { Constraint } from "./constraints";
import * as constraints from "./constraints";
import { Distribution, type DistributionOptions, memory } from "./distribution";

/** Products of matrices with vectors. */
const times = (matrix: Tensor, vector: Tensor) => matrix.matmul(vector.unsqueeze(-1)).squeeze(-1);

function identity(n: number, like: Tensor): Tensor {
	return eye(n, { dtype: like.dtype, device: like.device });
}

type Given = { loc: Tensor; covFactor: Tensor; covDiag: Tensor } & DistributionOptions;

/**
 * The normal distribution of vectors whose covariance is W · Wᵀ + D, of a narrow matrix `covFactor` and a diagonal `covDiag`: what
 * would be done with n × n matrices is done with those of W's width (Woodbury's identity).
 */
export class LowRankMultivariateNormal extends Distribution {
	override get hasRsample(): boolean {
		return true;
	}

	readonly loc: Tensor;
	readonly covFactor: Tensor;
	readonly covDiag: Tensor;
	/** @internal The Cholesky factor of I + Wᵀ D⁻¹ W. */
	readonly _capacitance: Tensor;

	constructor(
		...args: [loc: Tensor, covFactor: Tensor, covDiag: Tensor, options?: DistributionOptions] | [options: Given]
	) {
		const name = "LowRankMultivariateNormal";
		const given = bind<Given>(name, args, ["loc", "covFactor", "covDiag"], ["validateArgs"]) as Given;
		const { loc, covFactor, covDiag } = given;
		if (loc.ndim < 1) throw new RangeError(`[${name}] loc must be at least one-dimensional.`);
		const n = loc.size(-1);
		if (covFactor.ndim < 2 || covFactor.size(-2) !== n) {
			throw new RangeError(
				`[${name}] covFactor must be a batch of matrices with shape ${n} x m, got [${covFactor.shape.join(", ")}]`,
			);
		}
		if (covDiag.ndim < 1 || covDiag.size(-1) !== n) {
			throw new RangeError(
				`[${name}] covDiag must be a batch of vectors with shape [${n}], got [${covDiag.shape.join(", ")}]`,
			);
		}
		const [place, factor, diagonal] = broadcastTensors([loc.unsqueeze(-1), covFactor, covDiag.unsqueeze(-1)]);
		super(factor!.shape.slice(0, -2), [n], given);
		this.loc = place!.select(-1, 0);
		this.covFactor = factor!;
		this.covDiag = diagonal!.select(-1, 0);
		const scaled = this.covFactor.mT.div(this.covDiag.unsqueeze(-2));
		this._checkParameters();
		this._capacitance = linalg.cholesky(scaled.matmul(this.covFactor).add(identity(covFactor.size(-1), covFactor)));
	}

	get support(): Constraint {
		return constraints.realVector;
	}

	/** @internal */
	_parameters() {
		return {
			loc: { value: this.loc, constraint: constraints.realVector },
			cov_factor: { value: this.covFactor, constraint: constraints.independent(constraints.real, 2) },
			cov_diag: { value: this.covDiag, constraint: constraints.independent(constraints.positive, 1) },
		};
	}

	get mean(): Tensor {
		return this.loc;
	}

	override get mode(): Tensor {
		return this.loc;
	}

	get variance(): Tensor {
		return this.covFactor.pow(2).sum(-1).add(this.covDiag);
	}

	get scaleTril(): Tensor {
		const width = this.covDiag.sqrt().unsqueeze(-1);
		const scaled = this.covFactor.div(width);
		const n = this.loc.size(-1);
		return width.mul(linalg.cholesky(scaled.matmul(scaled.mT).add(identity(n, scaled))));
	}

	get covarianceMatrix(): Tensor {
		return this.covFactor.matmul(this.covFactor.mT).add(this.covDiag.diagEmbed());
	}

	get precisionMatrix(): Tensor {
		const a = this._solved();
		return this.covDiag.reciprocal().diagEmbed().sub(a.mT.matmul(a));
	}

	/** @internal Wᵀ D⁻¹. */
	_scaled(): Tensor {
		return this.covFactor.mT.div(this.covDiag.unsqueeze(-2));
	}

	/** @internal C⁻¹ Wᵀ D⁻¹, with C the Cholesky factor. */
	_solved(): Tensor {
		return linalg.solveTriangular(this._capacitance, this._scaled(), { upper: false });
	}

	/** @internal The logarithm of the covariance's determinant. */
	_logDet(): Tensor {
		return this._capacitance.diagonal(0, -2, -1).log().sum(-1).mul(2).add(this.covDiag.log().sum(-1));
	}

	/** @internal The squared distance of a difference by the inverse covariance. */
	_mahalanobis(away: Tensor): Tensor {
		const inner = times(this._scaled(), away).unsqueeze(-1);
		const solved = linalg.solveTriangular(this._capacitance, inner, { upper: false }).squeeze(-1);
		return away.pow(2).div(this.covDiag).sum(-1).sub(solved.pow(2).sum(-1));
	}

	override rsample(sampleShape: readonly number[] = []): Tensor {
		const shape = this._extended(sampleShape);
		const [inner, own] = [memory(this.loc, shape.with(-1, this.covFactor.size(-1))), memory(this.loc, shape)];
		noGrad(() => {
			inner.normal_(0, 1);
			own.normal_(0, 1);
		});
		return this.loc.add(times(this.covFactor, inner)).add(this.covDiag.sqrt().mul(own));
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		const constant = this.loc.size(-1) * Math.log(2 * Math.PI);
		return this._logDet()
			.add(this._mahalanobis(value.sub(this.loc)))
			.add(constant)
			.mul(-0.5);
	}

	override entropy(): Tensor {
		return this._logDet()
			.add(this.loc.size(-1) * (1 + Math.log(2 * Math.PI)))
			.mul(0.5);
	}
}
