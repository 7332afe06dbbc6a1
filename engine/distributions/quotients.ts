import { bind } from "../core/arguments";
import { finfo } from "../core/limits";
import type { Tensor } from "../core/tensor";
import { digamma, fullLike, where, zerosLike } from "../ops";
import type { Constraint } from "./constraints";
import * as constraints from "./constraints";
import { Uniform } from "./continuous";
import { broadcastAll, Distribution, type DistributionOptions, type TensorOrNumber } from "./distribution";
import { Gamma } from "./gamma";
import { type Two, two } from "./locationScale";
import { TransformedDistribution } from "./transformed";
import { AffineTransform, PowerTransform } from "./transforms";

/* Distributions of positive numbers that are made of gamma and uniform ones. */

/** 1 / x of a gamma number x. */
export class InverseGamma extends TransformedDistribution {
	declare readonly baseDist: Gamma;

	constructor(...args: Two<"concentration", "rate">) {
		const [concentration, rate, { validateArgs = true }] = two("InverseGamma", args, ["concentration", "rate"]);
		const base = new Gamma(concentration, rate, { validateArgs });
		super(base, new PowerTransform(base.rate.newFull([], -1)), { validateArgs });
	}

	override get support(): Constraint {
		return constraints.positive;
	}

	override expand(batchShape: readonly number[]): this {
		const options = { validateArgs: this._validates };
		return new InverseGamma(this.concentration.expand(batchShape), this.rate.expand(batchShape), options) as this;
	}

	get concentration(): Tensor {
		return this.baseDist.concentration;
	}

	get rate(): Tensor {
		return this.baseDist.rate;
	}

	override get mean(): Tensor {
		const { concentration, rate } = this;
		return where(concentration.gt(1), rate.div(concentration.sub(1)), Number.POSITIVE_INFINITY);
	}

	override get mode(): Tensor {
		return this.rate.div(this.concentration.add(1));
	}

	override get variance(): Tensor {
		const { concentration, rate } = this;
		const finite = rate.square().div(concentration.sub(1).square().mul(concentration.sub(2)));
		return where(concentration.gt(2), finite, Number.POSITIVE_INFINITY);
	}

	override entropy(): Tensor {
		const { concentration, rate } = this;
		return concentration
			.add(rate.log())
			.add(concentration.lgamma())
			.sub(concentration.add(1).mul(concentration.digamma()));
	}
}

/** The quotient of two gamma numbers' means: the F distribution of `df1` and `df2` degrees of freedom. */
export class FisherSnedecor extends Distribution {
	override get hasRsample(): boolean {
		return true;
	}

	readonly df1: Tensor;
	readonly df2: Tensor;
	readonly #gammas: readonly [Gamma, Gamma];

	constructor(...args: Two<"df1", "df2">) {
		const [df1, df2, options] = two("FisherSnedecor", args, ["df1", "df2"]);
		super(df1.shape, [], options);
		this.df1 = df1;
		this.df2 = df2;
		this._checkParameters();
		this.#gammas = [new Gamma(df1.mul(0.5), df1), new Gamma(df2.mul(0.5), df2)];
	}

	get support(): Constraint {
		return constraints.positive;
	}

	/** @internal */
	_parameters() {
		return {
			df1: { value: this.df1, constraint: constraints.positive },
			df2: { value: this.df2, constraint: constraints.positive },
		};
	}

	get mean(): Tensor {
		const df2 = this.df2.maskedFill(this.df2.le(2), Number.NaN);
		return df2.div(df2.sub(2));
	}

	override get mode(): Tensor {
		const { df1, df2 } = this;
		const mode = df1.sub(2).div(df1).mul(df2).div(df2.add(2));
		return mode.maskedFill(df1.le(2), Number.NaN);
	}

	get variance(): Tensor {
		const { df1 } = this;
		const df2 = this.df2.maskedFill(this.df2.le(4), Number.NaN);
		const above = df2.pow(2).mul(2).mul(df1.add(df2).sub(2));
		return above.div(df1.mul(df2.sub(2).pow(2)).mul(df2.sub(4)));
	}

	override rsample(sampleShape: readonly number[] = []): Tensor {
		const [a, b] = this.#gammas.map((gamma) => gamma.rsample(sampleShape)) as [Tensor, Tensor];
		const { tiny } = finfo(b.dtype);
		return a.div(b.clamp({ min: tiny })).clamp({ min: tiny });
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		const [a, b, quotient] = [this.df1.mul(0.5), this.df2.mul(0.5), this.df1.div(this.df2)];
		const constant = a.add(b).lgamma().sub(a.lgamma()).sub(b.lgamma());
		return constant
			.add(a.mul(quotient.log()).add(a.sub(1).mul(value.log())))
			.sub(a.add(b).mul(quotient.mul(value).log1p()));
	}
}

const eulerConstant = 0.5772156649015329;

/** A number between 0 and 1 with the distribution function 1 − (1 − x^concentration1)^concentration0. */
export class Kumaraswamy extends TransformedDistribution {
	readonly concentration1: Tensor;
	readonly concentration0: Tensor;

	constructor(...args: Two<"concentration1", "concentration0">) {
		type Given = { concentration1: TensorOrNumber; concentration0: TensorOrNumber } & DistributionOptions;
		const names = ["concentration1", "concentration0"] as const;
		const given = bind<Given>("Kumaraswamy", args, names, ["validateArgs"]);
		for (const name of names) if (given[name] === undefined) throw new TypeError(`[Kumaraswamy] ${name} is missing`);
		const [one, zero] = broadcastAll(given.concentration1!, given.concentration0!) as [Tensor, Tensor];
		const transforms = [
			new PowerTransform(zero.reciprocal()),
			new AffineTransform(1, -1),
			new PowerTransform(one.reciprocal()),
		];
		const { validateArgs = true } = given;
		super(new Uniform(zerosLike(zero), fullLike(zero, 1), { validateArgs }), transforms, { validateArgs });
		this.concentration1 = one;
		this.concentration0 = zero;
		this._checkParameters();
	}

	override get support(): Constraint {
		return constraints.unitInterval;
	}

	/** @internal */
	override _parameters(): ReturnType<Distribution["_parameters"]> {
		return {
			concentration1: { value: this.concentration1, constraint: constraints.positive },
			concentration0: { value: this.concentration0, constraint: constraints.positive },
		};
	}

	override expand(batchShape: readonly number[]): this {
		const [one, zero] = [this.concentration1.expand(batchShape), this.concentration0.expand(batchShape)];
		return new Kumaraswamy(one, zero, { validateArgs: this._validates }) as this;
	}

	#moment(n: number): Tensor {
		const { concentration1: a, concentration0: b } = this;
		const from = a.reciprocal().mul(n).add(1);
		return b.mul(from.lgamma().add(b.lgamma()).sub(from.add(b).lgamma()).exp());
	}

	override get mean(): Tensor {
		return this.#moment(1);
	}

	override get variance(): Tensor {
		return this.#moment(2).sub(this.mean.pow(2));
	}

	override get mode(): Tensor {
		const { concentration1: a, concentration0: b } = this;
		const log = b.reciprocal().mul(b.neg().log1p()).sub(b.neg().mul(a).log1p());
		return log.maskedFill(b.lt(1).logicalOr(a.lt(1)), Number.NaN).exp();
	}

	override entropy(): Tensor {
		const { concentration1: a, concentration0: b } = this;
		const [one, zero] = [a.reciprocal().neg().add(1), b.reciprocal().neg().add(1)];
		return zero
			.add(one.mul(digamma(b.add(1)).add(eulerConstant)))
			.sub(a.log())
			.sub(b.log());
	}
}
