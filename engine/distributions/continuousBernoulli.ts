import { bind } from "../core/arguments";
import type { Tensor } from "../core/tensor";
import { onesLike, rand, sub, where, zerosLike } from "../ops";
import { Chance, clampProbs } from "./chances";
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

interface Given extends DistributionOptions {
	probs?: TensorOrNumber;
	logits?: TensorOrNumber;
	lims?: readonly [number, number];
}

/**
 * Numbers from 0 to 1 with a density proportional to probs^x · (1 − probs)^(1 − x): what the loss of an autoencoder of grey values
 * belongs to (Loaiza-Ganem and Cunningham, 2019). Between the two `lims`, 0.499 and 0.501, its formulas go over into their
 * series around ½.
 */
export class ContinuousBernoulli extends Distribution {
	override get hasRsample(): boolean {
		return true;
	}

	readonly #chance: Chance;
	readonly #lims: readonly [number, number];

	constructor(...args: [probs: TensorOrNumber, options?: Omit<Given, "probs" | "logits">] | [options: Given]) {
		const given = bind<Given>("ContinuousBernoulli", args, ["probs", "logits", "lims"], ["validateArgs"]);
		const { probs, logits, lims } = given;
		oneOf("ContinuousBernoulli", { probs, logits });
		const [param] = broadcastAll((probs ?? logits)!);
		super(param!.shape, [], given);
		this.#lims = lims ?? [0.499, 0.501];
		const by = probs === undefined ? "logits" : "probs";
		this.#chance = new Chance(param!, by);
		this._checkParameters();
		if (by === "probs") this.#chance = new Chance(clampProbs(param!), by);
	}

	get support(): Constraint {
		return constraints.unitInterval;
	}

	/** @internal */
	_parameters(): ReturnType<Distribution["_parameters"]> {
		return this.#chance.parameters();
	}

	override expand(batchShape: readonly number[]): this {
		const [name, { value }] = Object.entries(this._parameters())[0]!;
		const options = { [name]: value.expand([...batchShape]), lims: this.#lims, validateArgs: false };
		const made = new ContinuousBernoulli(options);
		made._validates = this._validates;
		return made as this;
	}

	get probs(): Tensor {
		return clampProbs(this.#chance.probs);
	}

	get logits(): Tensor {
		return this.#chance.logits;
	}

	#outside(): Tensor {
		return this.probs.le(this.#lims[0]).logicalOr(this.probs.gt(this.#lims[1]));
	}

	/** Probabilities with those near ½ moved to the lower limit, where the formulas are harmless. */
	#cut(): Tensor {
		return where(this.#outside(), this.probs, onesLike(this.probs).mul(this.#lims[0]));
	}

	/** @internal The logarithm of what the density is divided by. */
	_logNorm(): Tensor {
		const cut = this.#cut();
		const [below, above] = [where(cut.le(0.5), cut, zerosLike(cut)), where(cut.ge(0.5), cut, onesLike(cut))];
		const slope = where(cut.le(0.5), below.mul(-2).log1p(), above.mul(2).sub(1).log());
		const norm = cut.neg().log1p().sub(cut.log()).abs().log().sub(slope);
		const x = this.probs.sub(0.5).pow(2);
		const series = x
			.mul(104 / 45)
			.add(4 / 3)
			.mul(x)
			.add(Math.log(2));
		return where(this.#outside(), norm, series);
	}

	get mean(): Tensor {
		const cut = this.#cut();
		const mean = cut.div(cut.mul(2).sub(1)).add(cut.neg().log1p().sub(cut.log()).reciprocal());
		const x = this.probs.sub(0.5);
		const series = x
			.pow(2)
			.mul(16 / 45)
			.add(1 / 3)
			.mul(x)
			.add(0.5);
		return where(this.#outside(), mean, series);
	}

	get variance(): Tensor {
		const cut = this.#cut();
		const first = cut.mul(cut.sub(1)).div(sub(1, cut.mul(2)).pow(2));
		const variance = first.add(cut.neg().log1p().sub(cut.log()).pow(2).reciprocal());
		const x = this.probs.sub(0.5).pow(2);
		const series = sub(1 / 12, sub(1 / 15, x.mul(128 / 945)).mul(x));
		return where(this.#outside(), variance, series);
	}

	override rsample(sampleShape: readonly number[] = []): Tensor {
		const { dtype, device } = this.probs;
		return this.icdf(rand(this._extended(sampleShape), { dtype, device }));
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		return value.mul(this.logits).sub(softplus(this.logits)).add(this._logNorm());
	}

	override cdf(value: Tensor): Tensor {
		this._checkValue(value);
		const cut = this.#cut();
		const above = cut
			.pow(value)
			.mul(sub(1, cut).pow(sub(1, value)))
			.add(cut)
			.sub(1);
		const inside = where(this.#outside(), above.div(cut.mul(2).sub(1)), value);
		return where(value.le(0), zerosLike(value), where(value.ge(1), onesLike(value), inside));
	}

	override icdf(value: Tensor): Tensor {
		const cut = this.#cut();
		const rest = cut.neg().log1p();
		const above = value.mul(cut.mul(2).sub(1)).sub(cut).log1p().sub(rest);
		return where(this.#outside(), above.div(cut.log().sub(rest)), value);
	}

	override entropy(): Tensor {
		const [none, all] = [this.probs.neg().log1p(), this.probs.log()];
		return this.mean.mul(none.sub(all)).sub(this._logNorm()).sub(none);
	}
}
