import { bind } from "../core/arguments";
import type { Tensor } from "../core/tensor";
import { div, fullLike, isclose, onesLike, rand, where, zerosLike } from "../ops";
import type { Constraint } from "./constraints";
import * as constraints from "./constraints";
import { broadcastAll, Distribution, type DistributionOptions, type TensorOrNumber } from "./distribution";

type Given = { loc: TensorOrNumber; scale: TensorOrNumber; concentration: TensorOrNumber } & DistributionOptions;

/** What exceeds a high threshold `loc`: exponential for `concentration` 0, with a heavier tail above, bounded below 0. */
export class GeneralizedPareto extends Distribution {
	override get hasRsample(): boolean {
		return true;
	}

	readonly loc: Tensor;
	readonly scale: Tensor;
	readonly concentration: Tensor;

	constructor(
		...args:
			| [loc: TensorOrNumber, scale: TensorOrNumber, concentration: TensorOrNumber, options?: DistributionOptions]
			| [options: Given]
	) {
		const names = ["loc", "scale", "concentration"] as const;
		const given = bind<Given>("GeneralizedPareto", args, names, ["validateArgs"]) as Given;
		for (const name of names)
			if (given[name] === undefined) throw new TypeError(`[GeneralizedPareto] ${name} is missing`);
		const [loc, scale, concentration] = broadcastAll(given.loc, given.scale, given.concentration) as [
			Tensor,
			Tensor,
			Tensor,
		];
		super(loc.shape, [], given);
		this.loc = loc;
		this.scale = scale;
		this.concentration = concentration;
		this._checkParameters();
	}

	get support(): Constraint {
		const { loc, scale, concentration } = this;
		const upper = where(
			concentration.lt(0),
			loc.sub(scale.div(concentration)),
			fullLike(loc, Number.POSITIVE_INFINITY),
		);
		return constraints.interval(loc, upper);
	}

	/** @internal */
	_parameters() {
		return {
			loc: { value: this.loc, constraint: constraints.real },
			scale: { value: this.scale, constraint: constraints.positive },
			concentration: { value: this.concentration, constraint: constraints.real },
		};
	}

	/** Where the concentration is 0, and concentrations with 1 in its place. */
	#safe(): [zero: Tensor, concentration: Tensor] {
		const zero = isclose(this.concentration, zerosLike(this.concentration));
		return [zero, where(zero, onesLike(this.concentration), this.concentration)];
	}

	get mean(): Tensor {
		const valid = this.concentration.lt(1);
		const safe = where(valid, this.concentration, fullLike(this.concentration, 0.5));
		const mean = this.loc.add(this.scale.div(safe.neg().add(1)));
		return mean.maskedFill(valid.logicalNot(), Number.NaN);
	}

	get variance(): Tensor {
		const valid = this.concentration.lt(0.5);
		const safe = where(valid, this.concentration, fullLike(this.concentration, 0.25));
		const variance = this.scale.pow(2).div(safe.neg().add(1).pow(2).mul(safe.mul(-2).add(1)));
		return variance.maskedFill(valid.logicalNot(), Number.NaN);
	}

	override get mode(): Tensor {
		return this.loc;
	}

	override rsample(sampleShape: readonly number[] = []): Tensor {
		const { dtype, device } = this.loc;
		return this.icdf(rand(this._extended(sampleShape), { dtype, device }));
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		const z = value.sub(this.loc).div(this.scale);
		const [zero, safe] = this.#safe();
		const y = div(1, safe).add(onesLike(z));
		const others = where(y.eq(0), y, y.mul(safe.mul(z).log1p()));
		return this.scale
			.log()
			.neg()
			.sub(where(zero, z, others));
	}

	/** log P(X > value) */
	logSurvivalFunction(value: Tensor): Tensor {
		this._checkValue(value);
		const z = value.sub(this.loc).div(this.scale);
		const [zero, safe] = this.#safe();
		return where(zero, z.neg(), safe.mul(z).log1p().neg().div(safe));
	}

	logCdf(value: Tensor): Tensor {
		return this.logSurvivalFunction(value).exp().neg().log1p();
	}

	override cdf(value: Tensor): Tensor {
		return this.logCdf(value).exp();
	}

	override icdf(value: Tensor): Tensor {
		const [zero, safe] = this.#safe();
		const log = value.neg().log1p();
		const others = this.loc.add(this.scale.div(safe).mul(safe.neg().mul(log).expm1()));
		return where(zero, this.loc.sub(this.scale.mul(log)), others);
	}

	override entropy(): Tensor {
		return this.scale.log().add(this.concentration).add(1);
	}
}
