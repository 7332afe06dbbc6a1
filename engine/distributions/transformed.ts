import { bind, shapeText } from "../core/arguments";
import { noGrad } from "../core/gradMode";
import type { Tensor } from "../core/tensor";
import { rand } from "../ops";
import { Categorical } from "./categorical";
import { Chance, clampProbs } from "./chances";
import type { Constraint } from "./constraints";
import * as constraints from "./constraints";
import { broadcastAll, Distribution, type DistributionOptions, oneOf, type TensorOrNumber } from "./distribution";
import { Normal, type Two, two } from "./locationScale";
import { Independent } from "./multivariate";
import { ComposeTransform, SigmoidTransform, sumRightmost, Transform } from "./transforms";
import { StickBreakingTransform } from "./vectorTransforms";

/* Distributions made of others: by a change of variables, or as a mixture. */

function missing(name: string, what: string): never {
	throw new Error(`[${name}] the ${what} is not implemented`);
}

/**
 * What comes of a base distribution's values by changes of variables, one after the other, element by element:
 * `new TransformedDistribution(new Normal(0, 1), [new ExpTransform()])`.
 */
export class TransformedDistribution extends Distribution {
	readonly baseDist: Distribution;
	readonly transforms: readonly Transform[];
	readonly #all: ComposeTransform;

	constructor(base: Distribution, transforms: Transform | readonly Transform[], options: DistributionOptions = {}) {
		const list = transforms instanceof Transform ? [transforms] : transforms;
		if (!Array.isArray(list) || !list.every((each) => each instanceof Transform)) {
			throw new TypeError(
				`[TransformedDistribution] transforms must be a Transform or a list of Transforms, got ${String(transforms)}`,
			);
		}
		const all = new ComposeTransform(list);
		const { domain, codomain } = all;
		const shape = [...base.batchShape, ...base.eventShape];
		if (shape.length < domain.eventDim) {
			throw new RangeError(
				`[TransformedDistribution] base_distribution needs to have shape with size at least ${domain.eventDim}, but got ${shapeText(shape)}.`,
			);
		}
		const events = base.eventShape.length;
		const own = Math.max(codomain.eventDim, events + codomain.eventDim - domain.eventDim);
		const made = all.forwardShape(shape);
		super(made.slice(0, made.length - own), made.slice(made.length - own), options);
		this.baseDist = domain.eventDim > events ? new Independent(base, domain.eventDim - events) : base;
		this.transforms = list;
		this.#all = all;
	}

	override get hasRsample(): boolean {
		return this.baseDist.hasRsample;
	}

	get support(): Constraint {
		return this.transforms.length === 0 ? this.baseDist.support : this.#all.codomain;
	}

	override expand(batchShape: readonly number[]): this {
		const options = { validateArgs: this._validates };
		return new TransformedDistribution(this.baseDist.expand(batchShape), this.transforms, options) as this;
	}

	/** @internal */
	_parameters(): ReturnType<Distribution["_parameters"]> {
		return {};
	}

	get mean(): Tensor {
		return missing(this.constructor.name, "mean");
	}

	get variance(): Tensor {
		return missing(this.constructor.name, "variance");
	}

	#transformed(x: Tensor): Tensor {
		const y = this.#all.forward(x);
		if (`${y.shape}` !== `${this.#all.forwardShape(x.shape)}`) {
			throw new RangeError(
				`[${this.constructor.name}] the transforms' parameters must fit into the base distribution's shape: ${shapeText(x.shape)} became ${shapeText(y.shape)}`,
			);
		}
		return y;
	}

	override sample(sampleShape: readonly number[] = []): Tensor {
		return noGrad(() => this.#transformed(this.baseDist.sample(sampleShape)));
	}

	override rsample(sampleShape: readonly number[] = []): Tensor {
		return this.#transformed(this.baseDist.rsample(sampleShape));
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		let dims = this.eventShape.length;
		let y = value;
		let slope: Tensor | null = null;
		for (const transform of [...this.transforms].reverse()) {
			const { domain, codomain } = transform;
			const x = transform.inverse(y);
			dims += domain.eventDim - codomain.eventDim;
			const own = sumRightmost(transform.logAbsDetJacobian(x, y), dims - domain.eventDim);
			slope = slope === null ? own : slope.add(own);
			y = x;
		}
		const base = sumRightmost(this.baseDist.logProb(y), dims - this.baseDist.eventShape.length);
		return slope === null ? base : base.sub(slope);
	}

	/** For a change that falls, from the other end. */
	#turned(value: Tensor): Tensor {
		const { sign } = this.#all;
		return sign === 1 ? value : value.sub(0.5).mul(sign).add(0.5);
	}

	override cdf(value: Tensor): Tensor {
		return this.#turned(this.baseDist.cdf(this.#all.inverse(value)));
	}

	override icdf(value: Tensor): Tensor {
		return this.#transformed(this.baseDist.icdf(this.#turned(value)));
	}
}

interface Relaxed extends DistributionOptions {
	probs?: TensorOrNumber;
	logits?: TensorOrNumber;
}

/** The logarithm of the odds of a relaxed bit. */
class LogitRelaxedBernoulli extends Distribution {
	override get hasRsample(): boolean {
		return true;
	}

	readonly temperature: Tensor;
	readonly #chance: Chance;

	constructor(temperature: TensorOrNumber, given: Relaxed) {
		oneOf("RelaxedBernoulli", { probs: given.probs, logits: given.logits });
		const [param] = broadcastAll((given.probs ?? given.logits)!);
		super(param!.shape, [], given);
		this.temperature = typeof temperature === "number" ? param!.newFull([], temperature) : temperature;
		this.#chance = new Chance(param!, given.probs === undefined ? "logits" : "probs");
		this._checkParameters();
	}

	get support(): Constraint {
		return constraints.real;
	}

	/** @internal */
	_parameters(): ReturnType<Distribution["_parameters"]> {
		return this.#chance.parameters();
	}

	get probs(): Tensor {
		return this.#chance.probs;
	}

	get logits(): Tensor {
		return this.#chance.logits;
	}

	get mean(): Tensor {
		return missing("LogitRelaxedBernoulli", "mean");
	}

	get variance(): Tensor {
		return missing("LogitRelaxedBernoulli", "variance");
	}

	override rsample(sampleShape: readonly number[] = []): Tensor {
		const shape = this._extended(sampleShape);
		const probs = clampProbs(this.probs.expand(shape));
		const u = clampProbs(rand(shape, { dtype: probs.dtype, device: probs.device }));
		return u.log().sub(u.neg().log1p()).add(probs.log()).sub(probs.neg().log1p()).div(this.temperature);
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		const difference = this.logits.sub(value.mul(this.temperature));
		return this.temperature.log().add(difference).sub(difference.exp().log1p().mul(2));
	}
}

/**
 * A number between 0 and 1 that comes near 0 and 1 as `temperature` falls, and hands gradients on (Maddison et al., 2017).
 */
export class RelaxedBernoulli extends TransformedDistribution {
	declare readonly baseDist: LogitRelaxedBernoulli;

	constructor(
		...args:
			| [temperature: TensorOrNumber, probs: TensorOrNumber, options?: DistributionOptions]
			| [temperature: TensorOrNumber, options: Relaxed]
			| [options: Relaxed & { temperature: TensorOrNumber }]
	) {
		const names = ["temperature", "probs", "logits"] as const;
		const { temperature, ...given } = bind<Relaxed & { temperature: TensorOrNumber }>("RelaxedBernoulli", args, names, [
			"validateArgs",
		]);
		super(new LogitRelaxedBernoulli(temperature!, given), new SigmoidTransform(), given);
	}

	override expand(batchShape: readonly number[]): this {
		const { probs, logits } = this.baseDist._parameters();
		const { temperature, _validates: validateArgs } = this;
		const chances = { probs: probs?.value.expand(batchShape), logits: logits?.value.expand(batchShape) };
		return new RelaxedBernoulli({ temperature, ...chances, validateArgs }) as this;
	}

	get temperature(): Tensor {
		return this.baseDist.temperature;
	}

	get probs(): Tensor {
		return this.baseDist.probs;
	}

	get logits(): Tensor {
		return this.baseDist.logits;
	}
}

/**
 * One of several distributions of one family, drawn by a `Categorical`: its classes are the last dimension of the components'
 * batch.
 */
export class MixtureSameFamily extends Distribution {
	readonly mixtureDistribution: Categorical;
	readonly componentDistribution: Distribution;

	constructor(
		...args:
			| [mixture: Categorical, component: Distribution, options?: DistributionOptions]
			| [options: { mixtureDistribution: Categorical; componentDistribution: Distribution } & DistributionOptions]
	) {
		const names = ["mixtureDistribution", "componentDistribution"] as const;
		type Given = { mixtureDistribution: Categorical; componentDistribution: Distribution } & DistributionOptions;
		const given = bind<Given>("MixtureSameFamily", args, names, ["validateArgs"]);
		const [mixture, component] = [given.mixtureDistribution!, given.componentDistribution!];
		if (!(mixture instanceof Categorical)) {
			throw new TypeError("[MixtureSameFamily] the mixture distribution must be a Categorical");
		}
		if (!(component instanceof Distribution)) {
			throw new TypeError("[MixtureSameFamily] the component distribution must be a Distribution");
		}
		const count = component.batchShape.at(-1);
		if (count !== mixture.numEvents) {
			throw new RangeError(
				`[MixtureSameFamily] \`mixture_distribution component\` (${mixture.numEvents}) does not equal \`component_distribution.batch_shape[-1]\` (${count})`,
			);
		}
		super(component.batchShape.slice(0, -1), component.eventShape, given);
		this.mixtureDistribution = mixture;
		this.componentDistribution = component;
	}

	get support(): Constraint {
		return new constraints.MixtureSameFamilyConstraint(this.componentDistribution.support);
	}

	/** @internal */
	_parameters(): ReturnType<Distribution["_parameters"]> {
		return {};
	}

	override expand(batchShape: readonly number[]): this {
		const mixture = this.mixtureDistribution.expand(batchShape);
		const component = this.componentDistribution.expand([...batchShape, mixture.numEvents]);
		return new MixtureSameFamily(mixture, component, { validateArgs: this._validates }) as this;
	}

	/** PyTorch's text. */
	override toString(): string {
		return `MixtureSameFamily(\n  ${this.mixtureDistribution},\n  ${this.componentDistribution})`;
	}

	/** With a dimension for the components. */
	#padded(x: Tensor): Tensor {
		return x.unsqueeze(-1 - this.eventShape.length);
	}

	/** The components weighted and added. */
	#mixed(values: Tensor): Tensor {
		const { probs } = this.mixtureDistribution;
		const weights = probs.reshape([...probs.shape, ...this.eventShape.map(() => 1)]);
		return weights.mul(values).sum(-1 - this.eventShape.length);
	}

	get mean(): Tensor {
		return this.#mixed(this.componentDistribution.mean);
	}

	get variance(): Tensor {
		const { mean, variance } = this.componentDistribution;
		return this.#mixed(variance).add(this.#mixed(mean.sub(this.#padded(this.mean)).pow(2)));
	}

	override cdf(value: Tensor): Tensor {
		return this.componentDistribution.cdf(this.#padded(value)).mul(this.mixtureDistribution.probs).sum(-1);
	}

	override sample(sampleShape: readonly number[] = []): Tensor {
		return noGrad(() => {
			const which = this.mixtureDistribution.sample(sampleShape);
			const values = this.componentDistribution.sample(sampleShape);
			const dim = sampleShape.length + this.batchShape.length;
			const one = which.reshape([...which.shape, 1, ...this.eventShape.map(() => 1)]);
			const shape = [...values.shape.slice(0, dim), 1, ...this.eventShape];
			return values.gather(dim, one.expand(shape)).squeeze(dim);
		});
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		const logs = this.componentDistribution.logProb(this.#padded(value));
		return logs.add(this.mixtureDistribution.logits.logSoftmax(-1)).logsumexp(-1);
	}
}

/** A point of the simplex: normal numbers through `StickBreakingTransform`. */
export class LogisticNormal extends TransformedDistribution {
	declare readonly baseDist: Independent;

	constructor(...args: Two<"loc", "scale">) {
		const [loc, scale, options] = two("LogisticNormal", args, ["loc", "scale"]);
		const base = new Normal(loc, scale, { validateArgs: options.validateArgs ?? true });
		super(base.batchShape.length === 0 ? base.expand([1]) : base, new StickBreakingTransform(), options);
	}

	get loc(): Tensor {
		return (this.baseDist.baseDist as Normal).loc;
	}

	get scale(): Tensor {
		return (this.baseDist.baseDist as Normal).scale;
	}

	override expand(batchShape: readonly number[]): this {
		const shape = [...batchShape, this.loc.size(-1)];
		return new LogisticNormal(this.loc.expand(shape), this.scale.expand(shape), {
			validateArgs: this._validates,
		}) as this;
	}
}
