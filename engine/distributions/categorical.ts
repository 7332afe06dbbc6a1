import { noGrad } from "../core/gradMode";
import { finfo } from "../core/limits";
import { native } from "../core/native";
import { type Tensor, wrap } from "../core/tensor";
import { broadcastTensors, full, multinomial, oneHot } from "../ops";
import { type Chances, chances, clampProbs, supported } from "./chances";
import type { Constraint } from "./constraints";
import * as constraints from "./constraints";
import { Distribution } from "./distribution";

/* Distributions of classes. */

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
		const { dtype, device } = this.#probs ?? this.#logits!;
		return full([...this.batchShape], Number.NaN, { dtype, device });
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
		return constraints.oneHot;
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
