import { bind } from "../core/arguments";
import { noGrad } from "../core/gradMode";
import { finfo } from "../core/limits";
import { native } from "../core/native";
import { type Tensor, wrap } from "../core/tensor";
import { binaryCrossEntropyWithLogits } from "../nn/functional/binaryCrossEntropy";
import { bernoulli, broadcastTensors, multinomial, oneHot, poisson } from "../ops";
import {
	broadcastAll,
	type Constraint,
	constraints,
	Distribution,
	type DistributionOptions,
	oneOf,
	type TensorOrNumber,
} from "./distribution";

/* Distributions of counts and classes. */

/** Probabilities in place, or either by name. */
type Chances<T> =
	| [probs: T, options?: DistributionOptions]
	| [options: DistributionOptions & ({ probs: T; logits?: undefined } | { logits: T; probs?: undefined })];

interface Given<T> extends DistributionOptions {
	probs?: T;
	logits?: T;
}

function chances<T>(op: string, args: readonly unknown[]): Given<T> {
	const given = bind<Given<T>>(op, args, ["probs", "logits"], ["validateArgs"]);
	oneOf(op, { probs: given.probs, logits: given.logits });
	return given;
}

/** Probabilities kept away from 0 and 1. */
function clampProbs(probs: Tensor): Tensor {
	const { eps } = finfo(probs.dtype);
	return probs.clamp(eps, 1 - eps);
}

/** Of one probability, given as such or as the logarithm of its odds. */
abstract class OfChance extends Distribution {
	readonly #probs: Tensor | null;
	readonly #logits: Tensor | null;

	constructor(name: string, args: readonly unknown[]) {
		const given = chances<TensorOrNumber>(name, args);
		const [param] = broadcastAll((given.probs ?? given.logits)!);
		super(param!.shape, [], given);
		this.#probs = given.probs === undefined ? null : param!;
		this.#logits = given.probs === undefined ? param! : null;
		this._checkParameters();
	}

	get probs(): Tensor {
		return this.#probs ?? this.#logits!.sigmoid();
	}

	get logits(): Tensor {
		if (this.#logits) return this.#logits;
		const probs = clampProbs(this.#probs!);
		return probs.log().sub(probs.neg().log1p());
	}

	/** @internal */
	_parameters(): ReturnType<Distribution["_parameters"]> {
		return this.#probs
			? { probs: { value: this.#probs, constraint: constraints.unitInterval } }
			: { logits: { value: this.#logits!, constraint: constraints.real } };
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

function supported(values: Tensor, batchShape: readonly number[], expand: boolean): Tensor {
	const shaped = values.reshape(-1, ...batchShape.map(() => 1));
	return expand ? shaped.expand(-1, ...batchShape) : shaped;
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
		return this.probs.mul(0);
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

/** A class 0 … K−1, by probabilities (or logits) along the last dimension, which need not be normalised. */
export class Categorical extends Distribution {
	readonly #probs: Tensor | null;
	readonly #logits: Tensor | null;
	/** Number of classes. */
	readonly numEvents: number;

	constructor(...args: Chances<Tensor>) {
		const given = chances<Tensor>("Categorical", args);
		const param = (given.probs ?? given.logits)!;
		if (param.ndim < 1) {
			const name = given.probs ? "probs" : "logits";
			throw new RangeError(`[Categorical] \`${name}\` parameter must be at least one-dimensional.`);
		}
		super(param.shape.slice(0, -1), [], given);
		this.numEvents = param.size(-1);
		if (given.probs) {
			if (this._validates && !(given.probs.ge(0).all().item() && given.probs.sum(-1).gt(0).all().item())) {
				throw new RangeError(
					`[Categorical] Expected parameter probs to be a simplex, but found invalid values:\n${given.probs}`,
				);
			}
			this.#probs = given.probs.div(given.probs.sum(-1, true));
			this.#logits = null;
		} else {
			this.#probs = null;
			this.#logits = param.sub(param.logsumexp(-1, true));
		}
	}

	get probs(): Tensor {
		return this.#probs ?? this.#logits!.softmax(-1);
	}

	/** Normalised: logarithms of probabilities. */
	get logits(): Tensor {
		return this.#logits ?? clampProbs(this.#probs!).log();
	}

	get support(): Constraint {
		return constraints.integerInterval(0, this.numEvents - 1);
	}

	/** @internal */
	_parameters(): ReturnType<Distribution["_parameters"]> {
		return this.#probs
			? { probs: { value: this.#probs, constraint: constraints.simplex } }
			: { logits: { value: this.#logits!, constraint: constraints.realVector } };
	}

	get mean(): Tensor {
		return this.probs.sum(-1).mul(Number.NaN);
	}

	override get mode(): Tensor {
		return this.probs.argmax(-1);
	}

	get variance(): Tensor {
		return this.mean;
	}

	override sample(sampleShape: readonly number[] = []): Tensor {
		return noGrad(() => {
			const rows = this.probs.reshape(-1, this.numEvents);
			const count = sampleShape.reduce((product, size) => product * size, 1);
			return multinomial(rows, count, true).t().reshape(this._extended(sampleShape));
		});
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		const [at, logits] = broadcastTensors(value.long().unsqueeze(-1), this.logits) as [Tensor, Tensor];
		return logits.gather(-1, at.at("...", ":1")).squeeze(-1);
	}

	override entropy(): Tensor {
		const { logits } = this;
		return logits
			.clamp({ min: finfo(logits.dtype).min })
			.mul(this.probs)
			.sum(-1)
			.neg();
	}

	/** The classes, as values of this shape. */
	enumerateSupport(expand = true): Tensor {
		return supported(wrap(native.arange(0, this.numEvents, 1, 4, this.logits.handle)), this.batchShape, expand);
	}
}

/** As `Categorical`, with a class as a vector of zeros and a one. */
export class OneHotCategorical extends Distribution {
	readonly base: Categorical;

	constructor(...args: Chances<Tensor>) {
		const base = new Categorical(...args);
		super(base.batchShape, [base.numEvents], { validateArgs: base._validates });
		this.base = base;
	}

	get probs(): Tensor {
		return this.base.probs;
	}

	get logits(): Tensor {
		return this.base.logits;
	}

	get support(): Constraint {
		const check = (x: Tensor) => x.eq(0).logicalOr(x.eq(1)).all(-1).logicalAnd(x.sum(-1).eq(1));
		return { name: "OneHot()", check };
	}

	/** @internal */
	_parameters() {
		return this.base._parameters();
	}

	get mean(): Tensor {
		return this.probs;
	}

	override get mode(): Tensor {
		return oneHot(this.base.mode, this.base.numEvents).to(this.probs.dtype);
	}

	get variance(): Tensor {
		return this.probs.mul(this.probs.neg().add(1));
	}

	override sample(sampleShape: readonly number[] = []): Tensor {
		return oneHot(this.base.sample(sampleShape), this.base.numEvents).to(this.probs.dtype);
	}

	/** @internal */
	override _shows(): boolean {
		return false;
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		return this.base.logProb(value.argmax(-1));
	}

	override entropy(): Tensor {
		return this.base.entropy();
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
