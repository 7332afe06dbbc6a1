import { bind } from "../core/arguments";
import { noGrad } from "../core/gradMode";
import type { Tensor } from "../core/tensor";
import type { Constraint } from "./constraints";
import * as constraints from "./constraints";
import { Exponential } from "./continuous";
import { broadcastAll, Distribution, type DistributionOptions, memory, type TensorOrNumber } from "./distribution";
import { Gamma } from "./gamma";
import { Cauchy, type Two, two } from "./locationScale";

/* Distributions of waiting times and of heavy tails, made of others. */

/** The sum of `df` squares of standard normal numbers. */
export class Chi2 extends Gamma {
	constructor(
		...args:
			| [df: TensorOrNumber, options?: DistributionOptions]
			| [options: { df: TensorOrNumber } & DistributionOptions]
	) {
		const given = bind<{ df: TensorOrNumber } & DistributionOptions>("Chi2", args, ["df"], ["validateArgs"]);
		const [df] = broadcastAll(given.df!);
		super(df!.mul(0.5), 0.5, { validateArgs: given.validateArgs });
	}

	get df(): Tensor {
		return this.concentration.mul(2);
	}

	/** @internal */
	override _parameters(): ReturnType<Distribution["_parameters"]> {
		return { df: { value: this.df, constraint: constraints.positive } };
	}

	/** @internal */
	override _shows(): boolean {
		return false;
	}
}

type StudentOptions = { loc?: TensorOrNumber; scale?: TensorOrNumber } & DistributionOptions;

/** Student's distribution of `df` degrees of freedom, around `loc` (0 by default) of width `scale` (1). */
export class StudentT extends Distribution {
	override get hasRsample(): boolean {
		return true;
	}

	readonly df: Tensor;
	readonly loc: Tensor;
	readonly scale: Tensor;

	constructor(
		...args:
			| [df: TensorOrNumber, options?: StudentOptions]
			| [df: TensorOrNumber, loc: TensorOrNumber, scale?: TensorOrNumber, options?: DistributionOptions]
			| [options: StudentOptions & { df: TensorOrNumber }]
	) {
		const given = bind<StudentOptions & { df: TensorOrNumber }>(
			"StudentT",
			args,
			["df", "loc", "scale"],
			["validateArgs"],
		);
		const [df, loc, scale] = broadcastAll(given.df!, given.loc ?? 0, given.scale ?? 1);
		super(df!.shape, [], given);
		this.df = df!;
		this.loc = loc!;
		this.scale = scale!;
		this._checkParameters();
	}

	get support(): Constraint {
		return constraints.real;
	}

	/** @internal */
	_parameters() {
		return {
			df: { value: this.df, constraint: constraints.positive },
			loc: { value: this.loc, constraint: constraints.real },
			scale: { value: this.scale, constraint: constraints.positive },
		};
	}

	/** NaN up to one degree of freedom. */
	get mean(): Tensor {
		return this.loc.maskedFill(this.df.le(1), Number.NaN);
	}

	override get mode(): Tensor {
		return this.loc;
	}

	/** Infinite up to two degrees of freedom, NaN up to one. */
	get variance(): Tensor {
		const { df, scale } = this;
		return scale
			.pow(2)
			.mul(df)
			.div(df.sub(2))
			.maskedFill(df.le(2), Number.POSITIVE_INFINITY)
			.maskedFill(df.le(1), Number.NaN);
	}

	override rsample(sampleShape: readonly number[] = []): Tensor {
		const x = memory(this.df, this._extended(sampleShape));
		noGrad(() => x.normal_(0, 1));
		const z = new Chi2(this.df, { validateArgs: false }).rsample(sampleShape);
		return this.loc.add(this.scale.mul(x.mul(z.div(this.df).rsqrt())));
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		const { df, loc, scale } = this;
		const y = value.sub(loc).div(scale);
		const more = df.add(1).mul(0.5);
		const size = scale
			.log()
			.add(df.log().mul(0.5))
			.add(0.5 * Math.log(Math.PI))
			.add(df.mul(0.5).lgamma())
			.sub(more.lgamma());
		return more.neg().mul(y.pow(2).div(df).log1p()).sub(size);
	}

	override entropy(): Tensor {
		const { df, scale } = this;
		const [half, more] = [df.mul(0.5), df.add(1).mul(0.5)];
		const beta = half
			.lgamma()
			.add(0.5 * Math.log(Math.PI))
			.sub(more.lgamma());
		return scale
			.log()
			.add(more.mul(more.digamma().sub(half.digamma())))
			.add(df.log().mul(0.5))
			.add(beta);
	}
}

/** The size of a Cauchy number around 0. */
export class HalfCauchy extends Distribution {
	override get hasRsample(): boolean {
		return true;
	}

	readonly base: Cauchy;

	constructor(
		...args:
			| [scale: TensorOrNumber, options?: DistributionOptions]
			| [options: { scale: TensorOrNumber } & DistributionOptions]
	) {
		const given = bind<{ scale: TensorOrNumber } & DistributionOptions>(
			"HalfCauchy",
			args,
			["scale"],
			["validateArgs"],
		);
		const base = new Cauchy(0, given.scale!, { validateArgs: false });
		super(base.batchShape, [], given);
		this.base = base;
		this._checkParameters();
	}

	get scale(): Tensor {
		return this.base.scale;
	}

	get support(): Constraint {
		return constraints.nonnegative;
	}

	/** @internal */
	_parameters() {
		return { scale: { value: this.scale, constraint: constraints.positive } };
	}

	/** @internal */
	override _shows(): boolean {
		return false;
	}

	get mean(): Tensor {
		return this.scale.mul(0).add(Number.POSITIVE_INFINITY);
	}

	override get mode(): Tensor {
		return this.scale.mul(0);
	}

	get variance(): Tensor {
		return this.base.variance;
	}

	override rsample(sampleShape: readonly number[] = []): Tensor {
		return this.base.rsample(sampleShape).abs();
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		return this.base.logProb(value).add(Math.LN2).maskedFill(value.lt(0), Number.NEGATIVE_INFINITY);
	}

	override cdf(value: Tensor): Tensor {
		this._checkValue(value);
		return this.base.cdf(value).mul(2).sub(1);
	}

	override icdf(value: Tensor): Tensor {
		return this.base.icdf(value.add(1).div(2));
	}

	override entropy(): Tensor {
		return this.base.entropy().sub(Math.LN2);
	}
}

/** Of `scale` at least, with a tail that falls as the power `alpha`. */
export class Pareto extends Distribution {
	override get hasRsample(): boolean {
		return true;
	}

	readonly scale: Tensor;
	readonly alpha: Tensor;

	constructor(...args: Two<"scale", "alpha">) {
		const [scale, alpha, options] = two("Pareto", args, ["scale", "alpha"]);
		super(scale.shape, [], options);
		this.scale = scale;
		this.alpha = alpha;
		this._checkParameters();
	}

	get support(): Constraint {
		return constraints.greaterThanEq(this.scale);
	}

	/** @internal */
	_parameters() {
		return {
			alpha: { value: this.alpha, constraint: constraints.positive },
			scale: { value: this.scale, constraint: constraints.positive },
		};
	}

	get mean(): Tensor {
		const a = this.alpha.clamp({ min: 1 });
		return a.mul(this.scale).div(a.sub(1));
	}

	override get mode(): Tensor {
		return this.scale;
	}

	get variance(): Tensor {
		const a = this.alpha.clamp({ min: 2 });
		return this.scale
			.pow(2)
			.mul(a)
			.div(a.sub(1).pow(2).mul(a.sub(2)));
	}

	override rsample(sampleShape: readonly number[] = []): Tensor {
		return new Exponential(this.alpha, { validateArgs: false }).rsample(sampleShape).exp().mul(this.scale);
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		const x = value.div(this.scale).log();
		return this.alpha.log().sub(this.alpha.mul(x)).sub(x).sub(this.scale.log());
	}

	override cdf(value: Tensor): Tensor {
		this._checkValue(value);
		return this.alpha.neg().mul(value.div(this.scale).log()).expm1().neg();
	}

	override icdf(value: Tensor): Tensor {
		return value.neg().log1p().neg().div(this.alpha).exp().mul(this.scale);
	}

	override entropy(): Tensor {
		return this.scale.div(this.alpha).log().add(this.alpha.reciprocal()).add(1);
	}
}

const eulerMascheroni = 0.5772156649015329;

/** A waiting time: `scale` · E^(1 / concentration), E exponential of rate 1. */
export class Weibull extends Distribution {
	override get hasRsample(): boolean {
		return true;
	}

	readonly scale: Tensor;
	readonly concentration: Tensor;

	constructor(...args: Two<"scale", "concentration">) {
		const [scale, concentration, options] = two("Weibull", args, ["scale", "concentration"]);
		super(scale.shape, [], options);
		this.scale = scale;
		this.concentration = concentration;
		this._checkParameters();
	}

	get support(): Constraint {
		return constraints.positive;
	}

	/** @internal */
	_parameters() {
		return {
			scale: { value: this.scale, constraint: constraints.positive },
			concentration: { value: this.concentration, constraint: constraints.positive },
		};
	}

	#moment(order: number): Tensor {
		return this.concentration.reciprocal().mul(order).add(1).lgamma();
	}

	get mean(): Tensor {
		return this.scale.mul(this.#moment(1).exp());
	}

	override get mode(): Tensor {
		const { concentration } = this;
		return this.scale.mul(concentration.sub(1).div(concentration).pow(concentration.reciprocal()));
	}

	get variance(): Tensor {
		return this.scale.pow(2).mul(this.#moment(2).exp().sub(this.#moment(1).mul(2).exp()));
	}

	override rsample(sampleShape: readonly number[] = []): Tensor {
		const times = new Exponential(this.scale.mul(0).add(1), { validateArgs: false }).rsample(sampleShape);
		return times.pow(this.concentration.reciprocal()).mul(this.scale);
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		const { concentration, scale } = this;
		const x = value.div(scale);
		return concentration.div(scale).log().add(concentration.sub(1).mul(x.log())).sub(x.pow(concentration));
	}

	override cdf(value: Tensor): Tensor {
		this._checkValue(value);
		return value.div(this.scale).pow(this.concentration).neg().expm1().neg();
	}

	override icdf(value: Tensor): Tensor {
		return value.neg().log1p().neg().pow(this.concentration.reciprocal()).mul(this.scale);
	}

	override entropy(): Tensor {
		const inverse = this.concentration.reciprocal();
		return inverse.neg().add(1).mul(eulerMascheroni).add(this.scale.mul(inverse).log()).add(1);
	}
}
