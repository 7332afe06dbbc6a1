import { bind } from "../core/arguments";
import { noGrad } from "../core/gradMode";
import type { Tensor } from "../core/tensor";
import { broadcastShapes, eye, linalg } from "../ops";
import type { Constraint } from "./constraints";
import * as constraints from "./constraints";
import { Distribution, type DistributionOptions, memory, oneOf } from "./distribution";

/* Distributions of vectors. */

export type MultivariateNormalOptions = DistributionOptions &
	(
		| { covarianceMatrix: Tensor; precisionMatrix?: undefined; scaleTril?: undefined }
		| { precisionMatrix: Tensor; covarianceMatrix?: undefined; scaleTril?: undefined }
		| { scaleTril: Tensor; covarianceMatrix?: undefined; precisionMatrix?: undefined }
	);

/** @internal The lower Cholesky factor of a matrix's inverse. */
export function factorOfInverse(precision: Tensor): Tensor {
	const inverse = linalg.cholesky(precision.flip([-2, -1])).flip([-2, -1]).mT;
	const identity = eye(precision.size(-1), { dtype: precision.dtype, device: precision.device });
	return linalg.solveTriangular(inverse, identity, { upper: false });
}

/**
 * The normal distribution of vectors, by its covariance matrix, the inverse of that, or its lower Cholesky factor
 * `scaleTril`.
 */
export class MultivariateNormal extends Distribution {
	override get hasRsample(): boolean {
		return true;
	}

	readonly loc: Tensor;
	readonly scaleTril: Tensor;
	readonly #given: "covarianceMatrix" | "precisionMatrix" | "scaleTril";

	constructor(
		...args:
			| [loc: Tensor, covarianceMatrix: Tensor, options?: DistributionOptions]
			| [loc: Tensor, covarianceMatrix: null, precisionMatrix: Tensor, options?: DistributionOptions]
			| [loc: Tensor, options: MultivariateNormalOptions]
			| [options: MultivariateNormalOptions & { loc: Tensor }]
	) {
		const given = bind<
			{ loc: Tensor; covarianceMatrix: Tensor; precisionMatrix: Tensor; scaleTril: Tensor } & DistributionOptions
		>("MultivariateNormal", args, ["loc", "covarianceMatrix", "precisionMatrix", "scaleTril"], ["validateArgs"]);
		const { covarianceMatrix, precisionMatrix, scaleTril } = given;
		oneOf("MultivariateNormal", { covarianceMatrix, precisionMatrix, scaleTril });
		const matrix = (covarianceMatrix ?? precisionMatrix ?? scaleTril)!;
		const loc = given.loc!;
		if (loc.ndim < 1 || matrix.ndim < 2) {
			throw new RangeError(
				"[MultivariateNormal] loc must be at least one-dimensional, its matrix at least two-dimensional",
			);
		}
		const batch = broadcastShapes(matrix.shape.slice(0, -2), loc.shape.slice(0, -1));
		const n = loc.size(-1);
		super(batch, [n], given);
		this.#given = covarianceMatrix ? "covarianceMatrix" : precisionMatrix ? "precisionMatrix" : "scaleTril";
		this.loc = loc.expand(...batch, n);
		const factor = scaleTril ?? (covarianceMatrix ? linalg.cholesky(matrix) : factorOfInverse(matrix));
		this.scaleTril = factor.expand(...batch, n, n);
		this._checkParameters();
	}

	get covarianceMatrix(): Tensor {
		return this.scaleTril.matmul(this.scaleTril.mT);
	}

	get precisionMatrix(): Tensor {
		const n = this.loc.size(-1);
		const identity = eye(n, { dtype: this.scaleTril.dtype, device: this.scaleTril.device });
		const inverse = linalg.solveTriangular(this.scaleTril, identity, { upper: false });
		return inverse.mT.matmul(inverse);
	}

	get support(): Constraint {
		return constraints.realVector;
	}

	/** @internal */
	_parameters(): ReturnType<Distribution["_parameters"]> {
		const loc = { value: this.loc, constraint: constraints.realVector };
		if (this.#given === "scaleTril") {
			return { loc, scale_tril: { value: this.scaleTril, constraint: constraints.lowerCholesky } };
		}
		const constraint = constraints.positiveDefinite;
		return this.#given === "covarianceMatrix"
			? { loc, covariance_matrix: { value: this.covarianceMatrix, constraint } }
			: { loc, precision_matrix: { value: this.precisionMatrix, constraint } };
	}

	get mean(): Tensor {
		return this.loc;
	}

	override get mode(): Tensor {
		return this.loc;
	}

	get variance(): Tensor {
		return this.scaleTril.pow(2).sum(-1);
	}

	override rsample(sampleShape: readonly number[] = []): Tensor {
		const eps = memory(this.loc, this._extended(sampleShape));
		noGrad(() => eps.normal_(0, 1));
		return this.loc.add(this.scaleTril.matmul(eps.unsqueeze(-1)).squeeze(-1));
	}

	/** @internal Half the logarithm of the covariance's determinant. */
	_halfLogDet(): Tensor {
		return this.scaleTril.diagonal(0, -2, -1).log().sum(-1);
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		const away = value.sub(this.loc).unsqueeze(-1);
		const solved = linalg.solveTriangular(this.scaleTril, away, { upper: false }).squeeze(-1);
		const n = this.loc.size(-1);
		return solved
			.pow(2)
			.sum(-1)
			.add(n * Math.log(2 * Math.PI))
			.mul(-0.5)
			.sub(this._halfLogDet());
	}

	override entropy(): Tensor {
		const n = this.loc.size(-1);
		return this._halfLogDet().add(0.5 * n * (1 + Math.log(2 * Math.PI)));
	}
}

/** The last `reinterpretedBatchNdims` dimensions of a batch taken as one event: log probabilities add up over them. */
export class Independent extends Distribution {
	constructor(
		readonly baseDist: Distribution,
		readonly reinterpretedBatchNdims: number,
		options: DistributionOptions = {},
	) {
		const { batchShape, eventShape } = baseDist;
		const at = batchShape.length - reinterpretedBatchNdims;
		if (!Number.isInteger(reinterpretedBatchNdims) || reinterpretedBatchNdims < 0 || at < 0) {
			throw new RangeError(
				`[Independent] Expected reinterpreted_batch_ndims <= len(base_distribution.batch_shape), actual ${reinterpretedBatchNdims} vs ${batchShape.length}`,
			);
		}
		super(batchShape.slice(0, at), [...batchShape.slice(at), ...eventShape], options);
	}

	override get hasRsample(): boolean {
		return this.baseDist.hasRsample;
	}

	get support(): Constraint {
		return constraints.independent(this.baseDist.support, this.reinterpretedBatchNdims);
	}

	/** @internal */
	_parameters(): ReturnType<Distribution["_parameters"]> {
		return {};
	}

	get mean(): Tensor {
		return this.baseDist.mean;
	}

	override get mode(): Tensor {
		return this.baseDist.mode;
	}

	get variance(): Tensor {
		return this.baseDist.variance;
	}

	override sample(sampleShape: readonly number[] = []): Tensor {
		return this.baseDist.sample(sampleShape);
	}

	override rsample(sampleShape: readonly number[] = []): Tensor {
		return this.baseDist.rsample(sampleShape);
	}

	logProb(value: Tensor): Tensor {
		return this._summed(this.baseDist.logProb(value));
	}

	override entropy(): Tensor {
		return this._summed(this.baseDist.entropy());
	}

	override expand(batchShape: readonly number[]): this {
		const turned = this.baseDist.batchShape.slice(this.batchShape.length);
		const base = this.baseDist.expand([...batchShape, ...turned]);
		return new Independent(base, this.reinterpretedBatchNdims, { validateArgs: this._validates }) as this;
	}

	/** @internal */
	_summed(value: Tensor): Tensor {
		const count = this.reinterpretedBatchNdims;
		return count === 0 ? value : value.sum(Array.from({ length: count }, (_, i) => -1 - i));
	}

	override toString(): string {
		return `Independent(${this.baseDist}, ${this.reinterpretedBatchNdims})`;
	}
}
