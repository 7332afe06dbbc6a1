import { bind } from "../core/arguments";
import { noGrad } from "../core/gradMode";
import { finfo } from "../core/limits";
import { native } from "../core/native";
import { type Tensor, wrap } from "../core/tensor";
import { binaryCrossEntropyWithLogits } from "../nn/functional/binaryCrossEntropy";
import { bernoulli, broadcastTensors, poisson, zerosLike } from "../ops";
import { Chance, type Chances, chances, supported } from "./chances";
import type { Constraint } from "./constraints";
import * as constraints from "./constraints";
import { broadcastAll, Distribution, type DistributionOptions, type TensorOrNumber } from "./distribution";

/* Distributions of counts. */

/** Of one probability, given as such or as the logarithm of its odds. */
abstract class OfChance extends Distribution {
	readonly #chance: Chance;

	constructor(name: string, args: readonly unknown[]) {
		const given = chances<TensorOrNumber>(name, args);
		const [param] = broadcastAll((given.probs ?? given.logits)!);
		super(param!.shape, [], given);
		this.#chance = new Chance(param!, given.probs === undefined ? "logits" : "probs");
		this._checkParameters();
	}

	get probs(): Tensor {
		return this.#chance.probs;
	}

	get logits(): Tensor {
		return this.#chance.logits;
	}

	/** @internal */
	_parameters(): ReturnType<Distribution["_parameters"]> {
		return this.#chance.parameters();
	}
}

/** 1 with probability `probs`, else 0. */
export class Bernoulli extends OfChance {
	constructor(...args: Chances<TensorOrNumber>) {
		super("Bernoulli", args);
	}

	get support(): Constraint {
		return constraints.boolean;
	}

	get mean(): Tensor {
		return this.probs;
	}

	override get mode(): Tensor {
		const { probs } = this;
		return probs.ge(0.5).to(probs.dtype).maskedFill(probs.eq(0.5), Number.NaN);
	}

	get variance(): Tensor {
		const { probs } = this;
		return probs.mul(probs.neg().add(1));
	}

	override sample(sampleShape: readonly number[] = []): Tensor {
		return noGrad(() => bernoulli(this.probs.expand(this._extended(sampleShape))));
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		const [logits, target] = broadcastAll(this.logits, value);
		return binaryCrossEntropyWithLogits(logits!, target!, { reduction: "none" }).neg();
	}

	override entropy(): Tensor {
		return binaryCrossEntropyWithLogits(this.logits, this.probs, { reduction: "none" });
	}

	/** 0 and 1, as values of this shape. */
	enumerateSupport(expand = true): Tensor {
		const values = wrap(native.arange(0, 2, 1, this.logits.dtype.code, this.logits.handle));
		return supported(values, this.batchShape, expand);
	}
}

/** The failures before the first success, of trials of chance `probs`. */
export class Geometric extends OfChance {
	constructor(...args: Chances<TensorOrNumber>) {
		super("Geometric", args);
		if (this._validates && !this.probs.gt(0).all().item()) {
			throw new RangeError(
				`[Geometric] Expected parameter probs to be positive, but found invalid values:\n${this.probs}`,
			);
		}
	}

	get support(): Constraint {
		return constraints.nonnegativeInteger;
	}

	get mean(): Tensor {
		return this.probs.reciprocal().sub(1);
	}

	override get mode(): Tensor {
		return zerosLike(this.probs);
	}

	get variance(): Tensor {
		const { probs } = this;
		return probs.reciprocal().sub(1).div(probs);
	}

	override sample(sampleShape: readonly number[] = []): Tensor {
		return noGrad(() => {
			const { probs } = this;
			const u = wrap(native.empty(this._extended(sampleShape), probs.dtype.code, probs.handle));
			u.uniform_().clamp_({ min: finfo(probs.dtype).tiny });
			return u.log().div(probs.neg().log1p()).floor();
		});
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		const [at, probs] = broadcastTensors(value, this.probs) as [Tensor, Tensor];
		const chance = probs.maskedFill(probs.eq(1).logicalAnd(at.eq(0)), 0);
		return at.mul(chance.neg().log1p()).add(this.probs.log());
	}

	override entropy(): Tensor {
		return binaryCrossEntropyWithLogits(this.logits, this.probs, { reduction: "none" }).div(this.probs);
	}
}

/** Counts of events at the given `rate`. */
export class Poisson extends Distribution {
	readonly rate: Tensor;

	constructor(
		...args:
			| [rate: TensorOrNumber, options?: DistributionOptions]
			| [options: { rate: TensorOrNumber } & DistributionOptions]
	) {
		const given = bind<{ rate: TensorOrNumber } & DistributionOptions>("Poisson", args, ["rate"], ["validateArgs"]);
		if (given.rate === undefined) throw new TypeError("[Poisson] rate is missing");
		const [rate] = broadcastAll(given.rate);
		super(rate!.shape, [], given);
		this.rate = rate!;
		this._checkParameters();
	}

	get support(): Constraint {
		return constraints.nonnegativeInteger;
	}

	/** @internal */
	_parameters() {
		return { rate: { value: this.rate, constraint: constraints.nonnegative } };
	}

	get mean(): Tensor {
		return this.rate;
	}

	override get mode(): Tensor {
		return this.rate.floor();
	}

	get variance(): Tensor {
		return this.rate;
	}

	override sample(sampleShape: readonly number[] = []): Tensor {
		return noGrad(() => poisson(this.rate.expand(this._extended(sampleShape))));
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		return value.xlogy(this.rate).sub(this.rate).sub(value.add(1).lgamma());
	}
}
