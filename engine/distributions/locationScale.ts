import { bind } from "../core/arguments";
import { noGrad } from "../core/gradMode";
import { finfo } from "../core/limits";
import type { Tensor } from "../core/tensor";
import { fullLike, normal } from "../ops";
import type { Constraint } from "./constraints";
import * as constraints from "./constraints";
import { broadcastAll, Distribution, type DistributionOptions, memory, type TensorOrNumber } from "./distribution";

/* Distributions of real numbers with a place and a width. */

/** @internal Two parameters, in place or by name. */
export type Two<A extends string, B extends string> =
	| [first: TensorOrNumber, second: TensorOrNumber, options?: DistributionOptions]
	| [first: TensorOrNumber, options: { [K in B]: TensorOrNumber } & DistributionOptions]
	| [options: { [K in A | B]: TensorOrNumber } & DistributionOptions];

/** @internal */
export function two(
	op: string,
	args: readonly unknown[],
	names: readonly [string, string],
): [Tensor, Tensor, DistributionOptions] {
	const given = bind<Record<string, unknown>>(op, args, names, ["validateArgs"]);
	for (const name of names) if (given[name] === undefined) throw new TypeError(`[${op}] ${name} is missing`);
	const [a, b] = broadcastAll(given[names[0]] as TensorOrNumber, given[names[1]] as TensorOrNumber);
	return [a!, b!, given as DistributionOptions];
}

/** Two parameters, a place and a width. */
abstract class LocationScale extends Distribution {
	override get hasRsample(): boolean {
		return true;
	}

	readonly loc: Tensor;
	readonly scale: Tensor;

	constructor(name: string, args: readonly unknown[]) {
		const [loc, scale, options] = two(name, args, ["loc", "scale"]);
		super(loc.shape, [], options);
		this.loc = loc;
		this.scale = scale;
		this._checkParameters();
	}

	get support(): Constraint {
		return constraints.real;
	}

	/** @internal */
	_parameters() {
		return {
			loc: { value: this.loc, constraint: constraints.real },
			scale: { value: this.scale, constraint: constraints.positive },
		};
	}

	get mean(): Tensor {
		return this.loc;
	}

	override get mode(): Tensor {
		return this.loc;
	}
}

const logRootTwoPi = Math.log(Math.sqrt(2 * Math.PI));

/** The normal distribution of mean `loc` and standard deviation `scale`. */
export class Normal extends LocationScale {
	constructor(...args: Two<"loc", "scale">) {
		super("Normal", args);
	}

	override get stddev(): Tensor {
		return this.scale;
	}

	get variance(): Tensor {
		return this.scale.pow(2);
	}

	override sample(sampleShape: readonly number[] = []): Tensor {
		const shape = this._extended(sampleShape);
		return noGrad(() => normal(this.loc.expand(shape), this.scale.expand(shape)));
	}

	override rsample(sampleShape: readonly number[] = []): Tensor {
		const eps = memory(this.loc, this._extended(sampleShape));
		noGrad(() => eps.normal_(0, 1));
		return this.loc.add(eps.mul(this.scale));
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		const squares = value.sub(this.loc).pow(2).neg().div(this.variance.mul(2));
		return squares.sub(this.scale.log()).sub(logRootTwoPi);
	}

	override cdf(value: Tensor): Tensor {
		this._checkValue(value);
		return value.sub(this.loc).mul(this.scale.reciprocal()).div(Math.SQRT2).erf().add(1).mul(0.5);
	}

	override icdf(value: Tensor): Tensor {
		return this.loc.add(this.scale.mul(value.mul(2).sub(1).erfinv()).mul(Math.SQRT2));
	}

	override entropy(): Tensor {
		return this.scale.log().add(0.5 + 0.5 * Math.log(2 * Math.PI));
	}
}

/** The distribution of exp(x), x normal of mean `loc` and standard deviation `scale`. */
export class LogNormal extends LocationScale {
	readonly base: Normal;

	constructor(...args: Two<"loc", "scale">) {
		super("LogNormal", args);
		this.base = new Normal(this.loc, this.scale, { validateArgs: false });
	}

	override get support(): Constraint {
		return constraints.positive;
	}

	override get mean(): Tensor {
		return this.loc.add(this.scale.pow(2).div(2)).exp();
	}

	override get mode(): Tensor {
		return this.loc.sub(this.scale.square()).exp();
	}

	get variance(): Tensor {
		const square = this.scale.pow(2);
		return square.expm1().mul(this.loc.mul(2).add(square).exp());
	}

	override sample(sampleShape: readonly number[] = []): Tensor {
		return noGrad(() => this.base.sample(sampleShape).exp());
	}

	override rsample(sampleShape: readonly number[] = []): Tensor {
		return this.base.rsample(sampleShape).exp();
	}

	/** @internal */
	override _shows(): boolean {
		return false;
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		const x = value.log();
		return this.base.logProb(x).sub(x);
	}

	override cdf(value: Tensor): Tensor {
		return this.base.cdf(value.log());
	}

	override icdf(value: Tensor): Tensor {
		return this.base.icdf(value).exp();
	}

	override entropy(): Tensor {
		return this.base.entropy().add(this.loc);
	}
}

/** The Laplace distribution around `loc`. */
export class Laplace extends LocationScale {
	constructor(...args: Two<"loc", "scale">) {
		super("Laplace", args);
	}

	get variance(): Tensor {
		return this.scale.pow(2).mul(2);
	}

	override get stddev(): Tensor {
		return this.scale.mul(Math.SQRT2);
	}

	override rsample(sampleShape: readonly number[] = []): Tensor {
		const u = memory(this.loc, this._extended(sampleShape));
		noGrad(() => u.uniform_(finfo(u.dtype).eps - 1, 1));
		return this.loc.sub(this.scale.mul(u.sign()).mul(u.abs().neg().log1p()));
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		return this.scale.mul(2).log().neg().sub(value.sub(this.loc).abs().div(this.scale));
	}

	override cdf(value: Tensor): Tensor {
		this._checkValue(value);
		const away = value.sub(this.loc);
		return away.sign().mul(0.5).mul(away.abs().neg().div(this.scale).expm1()).neg().add(0.5);
	}

	override icdf(value: Tensor): Tensor {
		const term = value.sub(0.5);
		return this.loc.sub(this.scale.mul(term.sign()).mul(term.abs().mul(-2).log1p()));
	}

	override entropy(): Tensor {
		return this.scale.mul(2).log().add(1);
	}
}

/** The Cauchy distribution around `loc`, which has neither mean nor variance. */
export class Cauchy extends LocationScale {
	constructor(...args: Two<"loc", "scale">) {
		super("Cauchy", args);
	}

	override get mean(): Tensor {
		return fullLike(this.loc, Number.NaN);
	}

	get variance(): Tensor {
		return fullLike(this.loc, Number.POSITIVE_INFINITY);
	}

	override rsample(sampleShape: readonly number[] = []): Tensor {
		const eps = memory(this.loc, this._extended(sampleShape));
		noGrad(() => eps.cauchy_());
		return this.loc.add(eps.mul(this.scale));
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		const square = value.sub(this.loc).div(this.scale).pow(2);
		return this.scale.log().add(square.log1p()).add(Math.log(Math.PI)).neg();
	}

	override cdf(value: Tensor): Tensor {
		this._checkValue(value);
		return value.sub(this.loc).div(this.scale).atan().div(Math.PI).add(0.5);
	}

	override icdf(value: Tensor): Tensor {
		return value.sub(0.5).mul(Math.PI).tan().mul(this.scale).add(this.loc);
	}

	override entropy(): Tensor {
		return this.scale.log().add(Math.log(4 * Math.PI));
	}
}

const eulerMascheroni = 0.5772156649015329;

/** The Gumbel distribution: of the largest of many. */
export class Gumbel extends LocationScale {
	constructor(...args: Two<"loc", "scale">) {
		super("Gumbel", args);
	}

	override get mean(): Tensor {
		return this.loc.add(this.scale.mul(eulerMascheroni));
	}

	override get stddev(): Tensor {
		return this.scale.mul(Math.PI / Math.sqrt(6));
	}

	get variance(): Tensor {
		return this.stddev.pow(2);
	}

	override rsample(sampleShape: readonly number[] = []): Tensor {
		const { tiny, eps } = finfo(this.loc.dtype);
		const u = memory(this.loc, this._extended(sampleShape));
		noGrad(() =>
			u
				.uniform_()
				.mul_(1 - eps - tiny)
				.add_(tiny),
		);
		return this.loc.sub(this.scale.mul(u.log().neg().log()));
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		const y = this.loc.sub(value).div(this.scale);
		return y.sub(y.exp()).sub(this.scale.log());
	}

	override cdf(value: Tensor): Tensor {
		this._checkValue(value);
		return this.loc.sub(value).div(this.scale).exp().neg().exp();
	}

	override icdf(value: Tensor): Tensor {
		const { tiny, eps } = finfo(this.loc.dtype);
		const u = value.mul(1 - eps - tiny).add(tiny);
		return this.loc.sub(this.scale.mul(u.log().neg().log()));
	}

	override entropy(): Tensor {
		return this.scale.log().add(1 + eulerMascheroni);
	}
}
