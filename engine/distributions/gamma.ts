import { bind } from "../core/arguments";
import { finfo } from "../core/limits";
import type { Tensor } from "../core/tensor";
import { oneHot, stack } from "../ops";
import { standardGamma } from "../ops/draws";
import type { Constraint } from "./constraints";
import * as constraints from "./constraints";
import { broadcastAll, Distribution, type DistributionOptions, type TensorOrNumber } from "./distribution";
import { dirichletSample, gammaSample } from "./implicit";
import type { Two } from "./locationScale";

/* The gamma distribution and those made of it; the gradients of their samples are in ./implicit. */

/** The gamma distribution of shape `concentration` at `rate`. */
export class Gamma extends Distribution {
	override get hasRsample(): boolean {
		return true;
	}

	readonly concentration: Tensor;
	readonly rate: Tensor;

	constructor(...args: Two<"concentration", "rate">) {
		const given = bind<{ concentration: TensorOrNumber; rate: TensorOrNumber } & DistributionOptions>(
			"Gamma",
			args,
			["concentration", "rate"],
			["validateArgs"],
		);
		const [concentration, rate] = broadcastAll(given.concentration!, given.rate!);
		super(concentration!.shape, [], given);
		this.concentration = concentration!;
		this.rate = rate!;
		this._checkParameters();
	}

	get support(): Constraint {
		return constraints.nonnegative;
	}

	/** @internal */
	_parameters(): ReturnType<Distribution["_parameters"]> {
		return {
			concentration: { value: this.concentration, constraint: constraints.positive },
			rate: { value: this.rate, constraint: constraints.positive },
		};
	}

	get mean(): Tensor {
		return this.concentration.div(this.rate);
	}

	override get mode(): Tensor {
		return this.concentration.sub(1).div(this.rate).clamp({ min: 0 });
	}

	get variance(): Tensor {
		return this.concentration.div(this.rate.pow(2));
	}

	override rsample(sampleShape: readonly number[] = []): Tensor {
		const shape = this._extended(sampleShape);
		const value = gammaSample(this.concentration.expand(shape)).div(this.rate.expand(shape));
		return value.clamp({ min: finfo(value.dtype).tiny });
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		const { concentration, rate } = this;
		return concentration
			.xlogy(rate)
			.add(concentration.sub(1).xlogy(value))
			.sub(rate.mul(value))
			.sub(concentration.lgamma());
	}

	override entropy(): Tensor {
		const { concentration, rate } = this;
		return concentration
			.sub(rate.log())
			.add(concentration.lgamma())
			.add(concentration.neg().add(1).mul(concentration.digamma()));
	}
}

/** Probabilities that add up to 1, along the last dimension. */
export class Dirichlet extends Distribution {
	override get hasRsample(): boolean {
		return true;
	}

	readonly concentration: Tensor;

	constructor(
		...args:
			| [concentration: Tensor, options?: DistributionOptions]
			| [options: { concentration: Tensor } & DistributionOptions]
	) {
		const given = bind<{ concentration: Tensor } & DistributionOptions>(
			"Dirichlet",
			args,
			["concentration"],
			["validateArgs"],
		);
		const concentration = given.concentration!;
		if (concentration.ndim < 1) {
			throw new RangeError("[Dirichlet] `concentration` parameter must be at least one-dimensional.");
		}
		super(concentration.shape.slice(0, -1), concentration.shape.slice(-1), given);
		this.concentration = concentration;
		this._checkParameters();
	}

	get support(): Constraint {
		return constraints.simplex;
	}

	/** @internal */
	_parameters() {
		return {
			concentration: { value: this.concentration, constraint: constraints.independent(constraints.positive, 1) },
		};
	}

	get mean(): Tensor {
		return this.concentration.div(this.concentration.sum(-1, true));
	}

	/** Where no concentration exceeds 1 there are as many modes as classes: that of the greatest is given. */
	override get mode(): Tensor {
		const less = this.concentration.sub(1).clamp({ min: 0 });
		const mode = less.div(less.sum(-1, true));
		const flat = this.concentration.lt(1).all(-1, true);
		const corner = oneHot(mode.argmax(-1), mode.size(-1)).to(mode.dtype);
		return corner.where(flat, mode);
	}

	get variance(): Tensor {
		const sum = this.concentration.sum(-1, true);
		return this.concentration.mul(sum.sub(this.concentration)).div(sum.pow(2).mul(sum.add(1)));
	}

	override rsample(sampleShape: readonly number[] = []): Tensor {
		const concentration = this.concentration.expand(this._extended(sampleShape));
		const { tiny, eps } = finfo(concentration.dtype);
		return dirichletSample(concentration, () => {
			const parts = standardGamma(concentration.double());
			return parts
				.div(parts.sum(-1, true))
				.to(concentration.dtype)
				.clamp(tiny, 1 - eps / 2);
		});
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		const { concentration } = this;
		return concentration
			.sub(1)
			.xlogy(value)
			.sum(-1)
			.add(concentration.sum(-1).lgamma())
			.sub(concentration.lgamma().sum(-1));
	}

	override entropy(): Tensor {
		const { concentration } = this;
		const k = concentration.size(-1);
		const sum = concentration.sum(-1);
		return concentration
			.lgamma()
			.sum(-1)
			.sub(sum.lgamma())
			.sub(sum.neg().add(k).mul(sum.digamma()))
			.sub(concentration.sub(1).mul(concentration.digamma()).sum(-1));
	}
}

/** A probability. */
export class Beta extends Distribution {
	override get hasRsample(): boolean {
		return true;
	}

	/** @internal Of the probability and what is left of 1. */
	readonly _dirichlet: Dirichlet;

	constructor(...args: Two<"concentration1", "concentration0">) {
		const given = bind<{ concentration1: TensorOrNumber; concentration0: TensorOrNumber } & DistributionOptions>(
			"Beta",
			args,
			["concentration1", "concentration0"],
			["validateArgs"],
		);
		const [one, zero] = broadcastAll(given.concentration1!, given.concentration0!);
		super(one!.shape, [], given);
		this._dirichlet = new Dirichlet(stack([one!, zero!], -1), { validateArgs: false });
		this._checkParameters();
	}

	get concentration1(): Tensor {
		return this._dirichlet.concentration.at("...", 0);
	}

	get concentration0(): Tensor {
		return this._dirichlet.concentration.at("...", 1);
	}

	get support(): Constraint {
		return constraints.unitInterval;
	}

	/** @internal */
	_parameters() {
		return {
			concentration1: { value: this.concentration1, constraint: constraints.positive },
			concentration0: { value: this.concentration0, constraint: constraints.positive },
		};
	}

	override get mode(): Tensor {
		return this._dirichlet.mode.at("...", 0);
	}

	get mean(): Tensor {
		return this.concentration1.div(this.concentration1.add(this.concentration0));
	}

	get variance(): Tensor {
		const [a, b] = [this.concentration1, this.concentration0];
		const total = a.add(b);
		return a.mul(b).div(total.pow(2).mul(total.add(1)));
	}

	override rsample(sampleShape: readonly number[] = []): Tensor {
		return this._dirichlet.rsample(sampleShape).select(-1, 0);
	}

	/** @internal */
	override _shows(): boolean {
		return false;
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		return this._dirichlet.logProb(stack([value, value.neg().add(1)], -1));
	}

	override entropy(): Tensor {
		return this._dirichlet.entropy();
	}
}
