import { bind } from "../core/arguments";
import { noGrad } from "../core/gradMode";
import { native } from "../core/native";
import { type Tensor, wrap } from "../core/tensor";
import { binomial, broadcastTensors, poisson } from "../ops";
import { Categorical } from "./categorical";
import { Chance, supported } from "./chances";
import type { Constraint } from "./constraints";
import * as constraints from "./constraints";
import {
	broadcastAll,
	Distribution,
	type DistributionOptions,
	oneOf,
	softplus,
	type TensorOrNumber,
} from "./distribution";
import { Gamma } from "./gamma";

/* Distributions of numbers of successes. */

type Trials<C, T> =
	| [totalCount: C, probs: T, options?: DistributionOptions]
	| [
			totalCount: C,
			options: DistributionOptions & ({ probs: T; logits?: undefined } | { logits: T; probs?: undefined }),
	  ]
	| [
			options: DistributionOptions & { totalCount?: C } & (
					| { probs: T; logits?: undefined }
					| { logits: T; probs?: undefined }
				),
	  ];

interface Given<C, T> extends DistributionOptions {
	totalCount: C;
	probs?: T;
	logits?: T;
}

function given<C, T>(name: string, args: readonly unknown[]): Given<C, T> {
	const all = bind<Given<C, T>>(name, args, ["totalCount", "probs", "logits"], ["validateArgs"]);
	oneOf(name, { probs: all.probs, logits: all.logits });
	return all as Given<C, T>;
}

const logSigmoid = (x: Tensor) => softplus(x.neg()).neg();

/** A number of trials of one chance, given as such or as the logarithm of its odds. */
abstract class OfTrials extends Distribution {
	readonly totalCount: Tensor;
	readonly #chance: Chance;

	constructor(name: string, args: readonly unknown[]) {
		const { totalCount = 1, probs, logits, ...options } = given<TensorOrNumber, TensorOrNumber>(name, args);
		const [chance] = broadcastAll((probs ?? logits)!);
		const counts = typeof totalCount === "number" ? totalCount : totalCount.to(chance!.dtype);
		const [total, param] = broadcastAll(counts, chance!);
		super(param!.shape, [], options);
		this.totalCount = total!;
		this.#chance = new Chance(param!, probs === undefined ? "logits" : "probs");
		this._checkParameters();
	}

	get probs(): Tensor {
		return this.#chance.probs;
	}

	get logits(): Tensor {
		return this.#chance.logits;
	}

	/** @internal What `totalCount` and `probs` must meet. */
	abstract _constraints(): [total: Constraint, probs: Constraint];

	/** @internal */
	_parameters(): ReturnType<Distribution["_parameters"]> {
		const [total, chance] = this._constraints();
		return {
			total_count: { value: this.totalCount, constraint: total },
			...this.#chance.parameters(chance),
		};
	}
}

/** The successes among `totalCount` trials (1 by default) of chance `probs`. */
export class Binomial extends OfTrials {
	constructor(...args: Trials<TensorOrNumber, TensorOrNumber>) {
		super("Binomial", args);
	}

	/** @internal */
	_constraints(): [Constraint, Constraint] {
		return [constraints.nonnegativeInteger, constraints.unitInterval];
	}

	get support(): Constraint {
		return constraints.integerInterval(0, this.totalCount);
	}

	get mean(): Tensor {
		return this.totalCount.mul(this.probs);
	}

	override get mode(): Tensor {
		return this.totalCount.add(1).mul(this.probs).floor().minimum(this.totalCount);
	}

	get variance(): Tensor {
		return this.mean.mul(this.probs.neg().add(1));
	}

	override sample(sampleShape: readonly number[] = []): Tensor {
		const shape = this._extended(sampleShape);
		return noGrad(() => binomial(this.totalCount.expand(shape), this.probs.expand(shape)));
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		const { totalCount, logits } = this;
		const ways = totalCount.add(1).lgamma().sub(value.add(1).lgamma()).sub(totalCount.sub(value).add(1).lgamma());
		return value
			.mul(logits)
			.sub(totalCount.mul(softplus(logits)))
			.add(ways);
	}

	#single(what: string): number {
		const most = this.totalCount.max().item();
		if (this.totalCount.min().item() === most) return most;
		throw new Error(`[Binomial] Inhomogeneous total count not supported by \`${what}\`.`);
	}

	override entropy(): Tensor {
		this.#single("entropy");
		const logs = this.logProb(this.enumerateSupport(false));
		return logs.exp().mul(logs).sum(0).neg();
	}

	/** 0 … totalCount, as values of this shape. */
	enumerateSupport(expand = true): Tensor {
		const most = this.#single("enumerateSupport");
		const { probs } = this;
		return supported(wrap(native.arange(0, most + 1, 1, probs.dtype.code, probs.handle)), this.batchShape, expand);
	}
}

/** The successes of chance `probs` before `totalCount` failures. */
export class NegativeBinomial extends OfTrials {
	constructor(...args: Trials<TensorOrNumber, TensorOrNumber>) {
		super("NegativeBinomial", args);
	}

	/** @internal */
	_constraints(): [Constraint, Constraint] {
		return [constraints.nonnegative, constraints.halfOpenInterval(0, 1)];
	}

	get support(): Constraint {
		return constraints.nonnegativeInteger;
	}

	get mean(): Tensor {
		return this.totalCount.mul(this.logits.exp());
	}

	override get mode(): Tensor {
		return this.totalCount.sub(1).mul(this.logits.exp()).floor().clamp({ min: 0 });
	}

	get variance(): Tensor {
		return this.mean.div(this.logits.neg().sigmoid());
	}

	override sample(sampleShape: readonly number[] = []): Tensor {
		return noGrad(() => {
			const rates = new Gamma(this.totalCount, this.logits.neg().exp(), { validateArgs: false });
			return poisson(rates.sample(sampleShape));
		});
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		const { totalCount, logits } = this;
		const plain = totalCount.mul(logSigmoid(logits.neg())).add(value.mul(logSigmoid(logits)));
		const total = totalCount.add(value);
		const ways = value.add(1).lgamma().add(totalCount.lgamma()).sub(total.lgamma());
		return plain.sub(ways.maskedFill(total.eq(0), 0));
	}
}

/** How often each class comes in `totalCount` draws, a whole number (1 by default): the last dimension. */
export class Multinomial extends Distribution {
	readonly totalCount: number;
	readonly #categorical: Categorical;

	constructor(...args: Trials<number, Tensor>) {
		const { totalCount = 1, probs, logits, validateArgs } = given<number, Tensor>("Multinomial", args);
		if (!Number.isInteger(totalCount) || totalCount < 0) {
			throw new RangeError(`[Multinomial] totalCount must be a whole number of at least 0, got ${String(totalCount)}`);
		}
		const categorical = probs
			? new Categorical({ probs, validateArgs })
			: new Categorical({ logits: logits!, validateArgs });
		super(categorical.batchShape, [categorical.numEvents], { validateArgs });
		this.totalCount = totalCount;
		this.#categorical = categorical;
	}

	get probs(): Tensor {
		return this.#categorical.probs;
	}

	get logits(): Tensor {
		return this.#categorical.logits;
	}

	get support(): Constraint {
		return constraints.multinomial(this.totalCount);
	}

	override expand(batchShape: readonly number[]): this {
		const { probs, logits } = this.#categorical._parameters();
		const shape = [...batchShape, this.#categorical.numEvents];
		const options = { totalCount: this.totalCount, validateArgs: this._validates };
		if (probs) return new Multinomial({ ...options, probs: probs.value.expand(shape) }) as this;
		return new Multinomial({ ...options, logits: logits!.value.expand(shape) }) as this;
	}

	/** @internal */
	_parameters(): ReturnType<Distribution["_parameters"]> {
		return {};
	}

	get mean(): Tensor {
		return this.probs.mul(this.totalCount);
	}

	get variance(): Tensor {
		return this.mean.mul(this.probs.neg().add(1));
	}

	override sample(sampleShape: readonly number[] = []): Tensor {
		return noGrad(() => {
			const draws = this.#categorical.sample([this.totalCount, ...sampleShape]).movedim(0, -1);
			const counts = draws.newZeros(this._extended(sampleShape));
			return counts.scatterAdd(-1, draws, draws.mul(0).add(1)).to(this.probs.dtype);
		});
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		const [logits, at] = broadcastTensors(this.logits, value) as [Tensor, Tensor];
		const never = at.eq(0).logicalAnd(logits.eq(Number.NEGATIVE_INFINITY));
		const powers = logits.maskedFill(never, 0).mul(at).sum(-1);
		return at.sum(-1).add(1).lgamma().sub(at.add(1).lgamma().sum(-1)).add(powers);
	}

	override entropy(): Tensor {
		const n = this.totalCount;
		const counts = new Binomial(n, this.probs, { validateArgs: false });
		const support = counts.enumerateSupport(false).narrow(0, 1, n);
		const spread = counts.logProb(support).exp().mul(support.add(1).lgamma()).sum([0, -1]);
		const factorial = wrap(native.full([], n + 1, this.probs.dtype.code, this.probs.handle)).lgamma();
		return this.#categorical.entropy().mul(n).sub(factorial).add(spread);
	}
}
