import { bind } from "../core/arguments";
import { noGrad } from "../core/gradMode";
import type { Tensor } from "../core/tensor";
import { rand, zerosLike } from "../ops";
import type { Constraint } from "./constraints";
import * as constraints from "./constraints";
import { broadcastAll, Distribution, type DistributionOptions, memory, type TensorOrNumber } from "./distribution";
import { Normal, type Two, two } from "./locationScale";

/* Further distributions of real numbers. */

/** The uniform distribution on [low, high). */
export class Uniform extends Distribution {
	override get hasRsample(): boolean {
		return true;
	}

	readonly low: Tensor;
	readonly high: Tensor;

	constructor(...args: Two<"low", "high">) {
		const [low, high, options] = two("Uniform", args, ["low", "high"]);
		super(low.shape, [], options);
		this.low = low;
		this.high = high;
		if (this._validates && !low.lt(high).all().item())
			throw new RangeError("[Uniform] is not defined when low >= high");
	}

	get support(): Constraint {
		return constraints.interval(this.low, this.high);
	}

	/** @internal */
	_parameters() {
		return {
			low: { value: this.low, constraint: constraints.real },
			high: { value: this.high, constraint: constraints.real },
		};
	}

	override get mode(): Tensor {
		return this.high.mul(Number.NaN);
	}

	get mean(): Tensor {
		return this.high.add(this.low).div(2);
	}

	override get stddev(): Tensor {
		return this.high.sub(this.low).div(Math.sqrt(12));
	}

	get variance(): Tensor {
		return this.high.sub(this.low).pow(2).div(12);
	}

	override rsample(sampleShape: readonly number[] = []): Tensor {
		const { dtype, device } = this.low;
		const u = rand(this._extended(sampleShape), { dtype, device });
		return this.low.add(u.mul(this.high.sub(this.low)));
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		const inside = this.low.le(value).mul(this.high.gt(value)).to(this.low.dtype);
		return inside.log().sub(this.high.sub(this.low).log());
	}

	override cdf(value: Tensor): Tensor {
		this._checkValue(value);
		return value.sub(this.low).div(this.high.sub(this.low)).clamp(0, 1);
	}

	override icdf(value: Tensor): Tensor {
		return value.mul(this.high.sub(this.low)).add(this.low);
	}

	override entropy(): Tensor {
		return this.high.sub(this.low).log();
	}
}

/** One parameter. */
type One<K extends string> =
	| [value: TensorOrNumber, options?: DistributionOptions]
	| [options: { [P in K]: TensorOrNumber } & DistributionOptions];

function one(op: string, args: readonly unknown[], name: string): [Tensor, DistributionOptions] {
	const given = bind<Record<string, unknown>>(op, args, [name], ["validateArgs"]);
	if (given[name] === undefined) throw new TypeError(`[${op}] ${name} is missing`);
	return [broadcastAll(given[name] as TensorOrNumber)[0]!, given as DistributionOptions];
}

/** Waiting times at the given `rate`. */
export class Exponential extends Distribution {
	override get hasRsample(): boolean {
		return true;
	}

	readonly rate: Tensor;

	constructor(...args: One<"rate">) {
		const [rate, options] = one("Exponential", args, "rate");
		super(rate.shape, [], options);
		this.rate = rate;
		this._checkParameters();
	}

	get support(): Constraint {
		return constraints.nonnegative;
	}

	/** @internal */
	_parameters() {
		return { rate: { value: this.rate, constraint: constraints.positive } };
	}

	get mean(): Tensor {
		return this.rate.reciprocal();
	}

	override get mode(): Tensor {
		return zerosLike(this.rate);
	}

	override get stddev(): Tensor {
		return this.rate.reciprocal();
	}

	get variance(): Tensor {
		return this.rate.pow(-2);
	}

	override rsample(sampleShape: readonly number[] = []): Tensor {
		const drawn = memory(this.rate, this._extended(sampleShape));
		noGrad(() => drawn.exponential_());
		return drawn.div(this.rate);
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		return this.rate.log().sub(this.rate.mul(value));
	}

	override cdf(value: Tensor): Tensor {
		this._checkValue(value);
		return this.rate.neg().mul(value).exp().neg().add(1);
	}

	override icdf(value: Tensor): Tensor {
		return value.neg().log1p().neg().div(this.rate);
	}

	override entropy(): Tensor {
		return this.rate.log().neg().add(1);
	}
}

/** The distribution of |x|, x normal of mean 0 and standard deviation `scale`. */
export class HalfNormal extends Distribution {
	override get hasRsample(): boolean {
		return true;
	}

	readonly scale: Tensor;
	readonly base: Normal;

	constructor(...args: One<"scale">) {
		const [scale, options] = one("HalfNormal", args, "scale");
		super(scale.shape, [], options);
		this.scale = scale;
		this._checkParameters();
		this.base = new Normal(0, scale, { validateArgs: false });
	}

	get support(): Constraint {
		return constraints.nonnegative;
	}

	/** @internal */
	_parameters() {
		return { scale: { value: this.scale, constraint: constraints.positive } };
	}

	get mean(): Tensor {
		return this.scale.mul(Math.sqrt(2 / Math.PI));
	}

	override get mode(): Tensor {
		return zerosLike(this.scale);
	}

	get variance(): Tensor {
		return this.scale.pow(2).mul(1 - 2 / Math.PI);
	}

	override sample(sampleShape: readonly number[] = []): Tensor {
		return noGrad(() => this.base.sample(sampleShape).abs());
	}

	override rsample(sampleShape: readonly number[] = []): Tensor {
		return this.base.rsample(sampleShape).abs();
	}

	/** @internal */
	override _shows(): boolean {
		return false;
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		return this.base.logProb(value).add(Math.log(2)).maskedFill(value.lt(0), Number.NEGATIVE_INFINITY);
	}

	override cdf(value: Tensor): Tensor {
		this._checkValue(value);
		return this.base.cdf(value).mul(2).sub(1);
	}

	override icdf(value: Tensor): Tensor {
		return this.base.icdf(value.add(1).div(2));
	}

	override entropy(): Tensor {
		return this.base.entropy().sub(Math.log(2));
	}
}
