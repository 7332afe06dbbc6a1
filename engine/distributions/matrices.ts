import { bind } from "../core/arguments";
import { finfo } from "../core/limits";
import { Tensor } from "../core/tensor";
import { warn } from "../core/warn";
import { arange, broadcastShapes, cat, choleskySolve, eye, linalg, mvlgamma, randn, tensor, zeros } from "../ops";
import type { Constraint } from "./constraints";
import * as constraints from "./constraints";
import { broadcastAll, Distribution, type DistributionOptions, oneOf, type TensorOrNumber } from "./distribution";
import { Beta } from "./gamma";
import { factorOfInverse, type MultivariateNormalOptions } from "./multivariate";
import { Chi2 } from "./tails";

/* Distributions of matrices. */

function missing(name: string, what: string): never {
	throw new Error(`[${name}] the ${what} is not implemented`);
}

/**
 * Cholesky factors of correlation matrices M with a density proportional to det(M)^(concentration − 1): for `concentration` 1 all
 * are as likely (Lewandowski, Kurowicka and Joe, 2009).
 */
export class LKJCholesky extends Distribution {
	readonly dim: number;
	readonly concentration: Tensor;
	readonly #beta: Beta;

	constructor(
		...args:
			| [dim: number, concentration?: TensorOrNumber, options?: DistributionOptions]
			| [dim: number, options: DistributionOptions & { concentration?: TensorOrNumber }]
			| [options: DistributionOptions & { dim: number; concentration?: TensorOrNumber }]
	) {
		type Given = { dim: number; concentration: TensorOrNumber } & DistributionOptions;
		const given = bind<Given>("LKJCholesky", args, ["dim", "concentration"], ["validateArgs"]);
		const dim = given.dim!;
		if (!Number.isInteger(dim) || dim < 2) {
			throw new RangeError(`[LKJCholesky] Expected dim to be an integer greater than or equal to 2. Found dim=${dim}.`);
		}
		const [concentration] = broadcastAll(given.concentration ?? 1) as [Tensor];
		super(concentration.shape, [dim, dim], given);
		this.dim = dim;
		this.concentration = concentration;
		this._checkParameters();
		const { dtype, device } = concentration;
		const offset = cat([zeros([1], { dtype, device }), arange(dim - 1, { dtype, device })]);
		const marginal = concentration.add(0.5 * (dim - 2)).unsqueeze(-1);
		this.#beta = new Beta(offset.add(0.5), marginal.sub(offset.mul(0.5)));
	}

	get support(): Constraint {
		return constraints.corrCholesky;
	}

	/** @internal */
	_parameters() {
		return { concentration: { value: this.concentration, constraint: constraints.positive } };
	}

	override expand(batchShape: readonly number[]): this {
		const concentration = this.concentration.expand([...batchShape]);
		return new LKJCholesky(this.dim, concentration, { validateArgs: this._validates }) as this;
	}

	get mean(): Tensor {
		return missing("LKJCholesky", "mean");
	}

	get variance(): Tensor {
		return missing("LKJCholesky", "variance");
	}

	/** By the onion method, a row after the other, all at once. */
	override sample(sampleShape: readonly number[] = []): Tensor {
		const y = this.#beta.sample(sampleShape).unsqueeze(-1);
		const { dtype, device } = y;
		const u = randn(this._extended(sampleShape), { dtype, device }).tril(-1);
		// The first row has no direction.
		const first = arange(this.dim, { device }).eq(0).unsqueeze(-1);
		const direction = u.div(u.pow(2).sum(-1, true).sqrt()).maskedFill(first, 0);
		const w = y.sqrt().mul(direction);
		const diagonal = w
			.pow(2)
			.sum(-1)
			.neg()
			.add(1)
			.clamp({ min: finfo(dtype).tiny })
			.sqrt();
		return w.add(diagonal.diagEmbed());
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		const diagonal = value.diagonal(0, -1, -2).narrow(-1, 1, this.dim - 1);
		const rows = arange(2, this.dim + 1, { device: this.concentration.device });
		const order = this.concentration.sub(1).mul(2).unsqueeze(-1).add(this.dim).sub(rows);
		const logs = order.mul(diagonal.log()).sum(-1);
		const rest = this.dim - 1;
		const alpha = this.concentration.add(0.5 * rest);
		const norm = mvlgamma(alpha.sub(0.5), rest).sub(alpha.lgamma().mul(rest));
		return logs.sub(norm.add(0.5 * rest * Math.log(Math.PI)));
	}
}

type Matrix = "covarianceMatrix" | "precisionMatrix" | "scaleTril";
const names = { covarianceMatrix: "covariance_matrix", precisionMatrix: "precision_matrix", scaleTril: "scale_tril" };

/**
 * Positive definite matrices: what `df` normal vectors of a covariance matrix give, summed as x · xᵀ. The matrix is given as such,
 * by its inverse, or by its lower Cholesky factor `scaleTril`; `df` is more than its size less 1.
 */
export class Wishart extends Distribution {
	override get hasRsample(): boolean {
		return true;
	}

	readonly df: Tensor;
	readonly scaleTril: Tensor;
	readonly #given: Matrix;
	readonly #chi2: Chi2;

	constructor(
		...args:
			| [df: TensorOrNumber, covarianceMatrix: Tensor, options?: DistributionOptions]
			| [df: TensorOrNumber, options: MultivariateNormalOptions]
			| [options: MultivariateNormalOptions & { df: TensorOrNumber }]
	) {
		type Given = { df: TensorOrNumber } & { [K in Matrix]: Tensor } & DistributionOptions;
		const given = bind<Given>("Wishart", args, ["df", ...(Object.keys(names) as Matrix[])], ["validateArgs"]);
		const { covarianceMatrix, precisionMatrix, scaleTril } = given;
		oneOf("Wishart", { covarianceMatrix, precisionMatrix, scaleTril });
		const matrix = (covarianceMatrix ?? precisionMatrix ?? scaleTril)!;
		if (matrix.ndim < 2) {
			throw new RangeError(
				"[Wishart] the matrix must be at least two-dimensional, with optional leading batch dimensions",
			);
		}
		const n = matrix.size(-1);
		const { dtype, device } = matrix;
		const df = given.df instanceof Tensor ? given.df : tensor(given.df!, { dtype, device });
		const batch = broadcastShapes(matrix.shape.slice(0, -2), df.shape);
		if (
			df
				.le(n - 1)
				.any()
				.item()
		) {
			throw new RangeError(`[Wishart] Value of df=${given.df} expected to be greater than ndim - 1 = ${n - 1}.`);
		}
		if (df.lt(n).any().item()) {
			warn("Low df values detected. Singular samples are highly likely to occur for ndim - 1 < df < ndim.");
		}
		super(batch, [n, n], given);
		this.#given = covarianceMatrix ? "covarianceMatrix" : precisionMatrix ? "precisionMatrix" : "scaleTril";
		this.df = df.expand(batch);
		const factor = scaleTril ?? (covarianceMatrix ? linalg.cholesky(matrix) : factorOfInverse(matrix));
		this.scaleTril = factor.expand([...batch, n, n]);
		this._checkParameters();
		this.#chi2 = new Chi2(this.df.unsqueeze(-1).sub(arange(n, { dtype, device })));
	}

	get support(): Constraint {
		return constraints.positiveDefinite;
	}

	/** @internal */
	_parameters(): ReturnType<Distribution["_parameters"]> {
		const constraint = this.#given === "scaleTril" ? constraints.lowerCholesky : constraints.positiveDefinite;
		const df = { value: this.df, constraint: constraints.greaterThan(this.eventShape[0]! - 1) };
		return { [names[this.#given]]: { value: this[this.#given], constraint }, df };
	}

	get covarianceMatrix(): Tensor {
		return this.scaleTril.matmul(this.scaleTril.mT);
	}

	get precisionMatrix(): Tensor {
		const { dtype, device } = this.scaleTril;
		return this._solve(eye(this.eventShape[0]!, { dtype, device }));
	}

	get mean(): Tensor {
		return this.df.unsqueeze(-1).unsqueeze(-1).mul(this.covarianceMatrix);
	}

	override get mode(): Tensor {
		const factor = this.df.sub(this.eventShape[0]! + 1);
		return factor.maskedFill(factor.le(0), Number.NaN).unsqueeze(-1).unsqueeze(-1).mul(this.covarianceMatrix);
	}

	get variance(): Tensor {
		const matrix = this.covarianceMatrix;
		const diagonal = matrix.diagonal(0, -2, -1);
		const products = diagonal.unsqueeze(-1).mul(diagonal.unsqueeze(-2));
		return this.df.unsqueeze(-1).unsqueeze(-1).mul(matrix.pow(2).add(products));
	}

	/** @internal Σ⁻¹ · b. */
	_solve(b: Tensor): Tensor {
		return choleskySolve(b, this.scaleTril);
	}

	/** @internal Half the logarithm of the determinant of Σ. */
	_halfLogDet(): Tensor {
		return this.scaleTril.diagonal(0, -2, -1).log().sum(-1);
	}

	/** Bartlett's decomposition: chi-squared numbers on the diagonal, normal ones below. */
	#drawn(sampleShape: readonly number[]): Tensor {
		const n = this.eventShape[0]!;
		const { dtype, device } = this.scaleTril;
		const diagonal = this.#chi2
			.rsample(sampleShape)
			.sqrt()
			.clamp({ min: finfo(dtype).eps });
		const shape = [...sampleShape, ...this.batchShape];
		const below = randn([...shape, (n * (n - 1)) / 2], { dtype, device });
		const places = Array.from({ length: n * n }, (_, i) => i).filter((i) => i % n < Math.floor(i / n));
		const flat = zeros([...shape, n * n], { dtype, device });
		const lower = places.length === 0 ? flat : flat.indexCopy(-1, tensor(places.map(BigInt), { device }), below);
		const factor = this.scaleTril.matmul(lower.reshape([...shape, n, n]).add(diagonal.diagEmbed()));
		return factor.matmul(factor.mT);
	}

	/**
	 * PyTorch draws all a second time where the first were positive definite, and those anew that are not then: the same here, so
	 * that the numbers are the same.
	 */
	override rsample(sampleShape: readonly number[] = []): Tensor {
		const first = this.#drawn(sampleShape);
		const events = [...this.batchShape, ...this.eventShape];
		let result = first.reshape([-1, ...events]);
		const ofEach = (met: Tensor) => (this.batchShape.length === 0 ? met : met.flatten(-this.batchShape.length).any(-1));
		let again = ofEach(this.support.check(first.detach())).reshape([-1]).nonzero().squeeze(1);
		for (let left = 10; left > 0 && again.numel() > 0; left--) {
			const fresh = this.#drawn([again.numel()]);
			result = result.indexCopy(0, again, fresh);
			const singular = ofEach(this.support.check(fresh.detach()).logicalNot());
			again = again.maskedSelect(singular);
		}
		return result.reshape([...sampleShape, ...events]);
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		const [nu, n] = [this.df, this.eventShape[0]!];
		const norm = nu.mul(this._halfLogDet().add((n * Math.LN2) / 2)).add(mvlgamma(nu.div(2), n));
		const { logabsdet } = linalg.slogdet(value);
		const trace = this._solve(value).diagonal(0, -2, -1).sum(-1);
		return nu
			.sub(n + 1)
			.div(2)
			.mul(logabsdet)
			.sub(norm)
			.sub(trace.div(2));
	}

	/** @internal The sum of digamma at df / 2, (df − 1) / 2, … */
	_mvdigamma(): Tensor {
		const { dtype, device } = this.df;
		return this.df.unsqueeze(-1).sub(arange(this.eventShape[0]!, { dtype, device })).div(2).digamma().sum(-1);
	}

	override entropy(): Tensor {
		const [nu, n] = [this.df, this.eventShape[0]!];
		return this._halfLogDet()
			.add((n * Math.LN2) / 2)
			.mul(n + 1)
			.add(mvlgamma(nu.div(2), n))
			.sub(
				nu
					.sub(n + 1)
					.div(2)
					.mul(this._mvdigamma()),
			)
			.add(nu.mul(n).div(2));
	}
}
