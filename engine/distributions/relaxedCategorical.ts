import { bind } from "../core/arguments";
import type { Tensor } from "../core/tensor";
import { fullLike, rand } from "../ops";
import { Categorical, OneHotCategorical } from "./categorical";
import { type Chances, clampProbs } from "./chances";
import type { Constraint } from "./constraints";
import * as constraints from "./constraints";
import { broadcastAll, Distribution, type DistributionOptions, type TensorOrNumber } from "./distribution";
import { TransformedDistribution } from "./transformed";
import { ExpTransform } from "./transforms";

/* Classes whose samples hand gradients on (Maddison et al., 2017; Jang et al., 2017; Bengio et al., 2013). */

interface Given extends DistributionOptions {
	temperature: TensorOrNumber;
	probs?: Tensor;
	logits?: Tensor;
}

/** The logarithm of a point of the simplex. */
class ExpRelaxedCategorical extends Distribution {
	override get hasRsample(): boolean {
		return true;
	}

	readonly temperature: Tensor;
	readonly categorical: Categorical;

	constructor({ temperature, probs, logits, validateArgs }: Given) {
		const options = { ...(validateArgs !== undefined && { validateArgs }) };
		const categorical = new Categorical({ probs, logits, ...options } as Chances<Tensor>[0] as { probs: Tensor });
		super(categorical.batchShape, [categorical.numEvents], options);
		this.categorical = categorical;
		const { logits: like } = categorical;
		this.temperature = typeof temperature === "number" ? like.newFull([], temperature) : temperature;
	}

	get support(): Constraint {
		return constraints.realVector;
	}

	/** @internal */
	_parameters(): ReturnType<Distribution["_parameters"]> {
		return this.categorical._parameters();
	}

	get mean(): Tensor {
		throw new Error("[ExpRelaxedCategorical] the mean is not implemented");
	}

	get variance(): Tensor {
		throw new Error("[ExpRelaxedCategorical] the variance is not implemented");
	}

	override rsample(sampleShape: readonly number[] = []): Tensor {
		const { logits } = this.categorical;
		const u = clampProbs(rand(this._extended(sampleShape), { dtype: logits.dtype, device: logits.device }));
		const scores = logits.add(u.log().neg().log().neg()).div(this.temperature);
		return scores.sub(scores.logsumexp(-1, true));
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		const count = this.categorical.numEvents;
		const [logits, x] = broadcastAll(this.categorical.logits, value) as [Tensor, Tensor];
		const scale = fullLike(this.temperature, count)
			.lgamma()
			.sub(this.temperature.log().mul(1 - count));
		const score = logits.sub(x.mul(this.temperature));
		return score.sub(score.logsumexp(-1, true)).sum(-1).add(scale);
	}
}

/**
 * A point of the simplex that comes near one of its corners as `temperature` falls, and hands gradients on: the Gumbel-softmax
 * or concrete distribution.
 */
export class RelaxedOneHotCategorical extends TransformedDistribution {
	declare readonly baseDist: ExpRelaxedCategorical;

	constructor(
		...args:
			| [temperature: TensorOrNumber, probs: Tensor, options?: DistributionOptions]
			| [temperature: TensorOrNumber, options: Omit<Given, "temperature">]
			| [options: Given]
	) {
		const names = ["temperature", "probs", "logits"] as const;
		const given = bind<Given>("RelaxedOneHotCategorical", args, names, ["validateArgs"]);
		if (given.temperature === undefined) throw new TypeError("[RelaxedOneHotCategorical] temperature is missing");
		super(new ExpRelaxedCategorical(given as Given), new ExpTransform(), given);
	}

	override get support(): Constraint {
		return constraints.simplex;
	}

	override expand(batchShape: readonly number[]): this {
		const shape = [...batchShape, ...this.eventShape];
		const { probs, logits } = this.baseDist._parameters();
		return new RelaxedOneHotCategorical({
			temperature: this.temperature,
			...(probs && { probs: probs.value.expand(shape) }),
			...(logits && { logits: logits.value.expand(shape) }),
			validateArgs: this._validates,
		}) as this;
	}

	get temperature(): Tensor {
		return this.baseDist.temperature;
	}

	get probs(): Tensor {
		return this.baseDist.categorical.probs;
	}

	get logits(): Tensor {
		return this.baseDist.categorical.logits;
	}
}

/** As `OneHotCategorical`; gradients pass its samples straight through to the probabilities. */
export class OneHotCategoricalStraightThrough extends OneHotCategorical {
	override get hasRsample(): boolean {
		return true;
	}

	override rsample(sampleShape: readonly number[] = []): Tensor {
		const { probs } = this;
		return this.sample(sampleShape).add(probs.sub(probs.detach()));
	}
}
