import { boolean, float } from "../../core/pythonText";
import { choice, flag, integer, nullable, real, signature } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { tensor } from "../../ops/create";
import { standardGamma } from "../../ops/draws";
import { stack } from "../../ops/join";
import { rand, randint } from "../../ops/random";
import { checkSampling, sampling } from "./affine";
import { type Fill, fill, fillText, interpolation } from "./arguments";
import { mixSpace, operate, partialSpace, type Space, usualSpace, wideSpace } from "./operations";
import { AutoAugmentPolicy, policies } from "./policies";
import type { Interpolation } from "./resample";
import { RandomTransform, type Size } from "./transform";

/* Augmentation that chooses its operations itself. Images are bytes, as torchvision's papers have them. */

export interface AugmentOptions {
	/** How pixels are looked up. Default: "nearest"; of AugMix "bilinear". */
	interpolation?: "nearest" | "bilinear";
	/** Value beyond the edges. Default null: 0, which bilinear edges fade into. */
	fill?: Fill | null;
}

/** An operation that was chosen. */
interface Chosen {
	operation: string;
	magnitude: number;
}

/** What operations are done with. */
interface Looks {
	readonly interpolation: "nearest" | "bilinear";
	readonly fill: Fill | null;
}

const drawn = (count: number) => randint(0, count, [1]).item();

/** The sign of half of the magnitudes is turned around. */
function signed(magnitude: number, turns: boolean): number {
	return turns && rand(1).item() <= 0.5 ? -magnitude : magnitude;
}

/** An operation of the space, as strong as `level` says of `bins`. */
function chosenOf(space: Space, bins: number, level: () => number, size: Size): Chosen {
	const names = Object.keys(space);
	const operation = names[drawn(names.length)]!;
	const [of, turns] = space[operation]!;
	if (of === null) return { operation, magnitude: 0 };
	return { operation, magnitude: signed(of(bins, size).at(level()).item(), turns) };
}

function done(image: Tensor, steps: readonly Chosen[], { interpolation, fill }: Looks): Tensor {
	return steps.reduce(
		(out, { operation, magnitude }) => operate(out, operation, magnitude, interpolation, fill),
		image,
	);
}

function looksText({ interpolation, fill }: Looks): string[] {
	return [`interpolation=${interpolation}`, ...(fill === null ? [] : [fillText(fill)])];
}

function looks(op: string, how: Interpolation, fill: Fill | null): Looks {
	checkSampling(op, how);
	return { interpolation: how, fill };
}

/** One operation after the other. */
abstract class Steps extends RandomTransform<readonly Chosen[]> implements Looks {
	readonly interpolation: "nearest" | "bilinear";
	readonly fill: Fill | null;

	constructor({ interpolation, fill }: Looks) {
		super();
		this.interpolation = interpolation;
		this.fill = fill;
	}

	override alter(images: Tensor, drawn: readonly (readonly Chosen[])[]): Tensor {
		return stack(
			drawn.map((steps, i) => done(images.select(0, i), steps, this)),
			0,
		);
	}
}

const { Identity: _, ...autoSpace } = usualSpace;
const { Invert: __, ...randSpace } = usualSpace;

const autoArguments = signature("AutoAugment", {
	policy: choice(Object.values(AutoAugmentPolicy), AutoAugmentPolicy.IMAGENET),
	interpolation: sampling,
	fill: nullable(fill),
});

/** Two operations, each with its probability, drawn from the policy that was found for a data set (Cubuk et al., 2019). */
export class AutoAugment extends Steps {
	readonly policy: AutoAugmentPolicy;

	constructor(
		...args:
			| [policy: AutoAugmentPolicy, options?: AugmentOptions]
			| [options?: AugmentOptions & { policy?: AutoAugmentPolicy }]
	) {
		const { policy, interpolation, fill } = autoArguments(args);
		super(looks("AutoAugment", interpolation, fill));
		this.policy = policy;
	}

	override draw(size: Size): Chosen[] {
		const policy = policies[this.policy];
		const steps: Chosen[] = [];
		for (const [operation, probability, level] of policy[drawn(policy.length)]!) {
			if (rand(1).item() > Math.fround(probability)) continue;
			const [of, turns] = autoSpace[operation]!;
			steps.push({ operation, magnitude: of === null ? 0 : signed(of(10, size).at(level!).item(), turns) });
		}
		return steps;
	}

	override extraRepr(): string {
		return [...looksText(this), `policy=AutoAugmentPolicy.${this.policy.toUpperCase()}`].join(", ");
	}
}

const randArguments = signature("RandAugment", {
	numOps: integer(2, 0),
	magnitude: integer(9, 0),
	numMagnitudeBins: integer(31, 2),
	interpolation: sampling,
	fill: nullable(fill),
});

export interface RandAugmentOptions extends AugmentOptions {
	/** Operations, one after the other. Default 2. */
	numOps?: number;
	/** How strong each is, of `numMagnitudeBins`. Default 9. */
	magnitude?: number;
	/** Default 31. */
	numMagnitudeBins?: number;
}

/** Some operations of one strength, any of which may be drawn (Cubuk et al., 2020). */
export class RandAugment extends Steps {
	readonly numOps: number;
	readonly magnitude: number;
	readonly numMagnitudeBins: number;

	constructor(
		...args:
			| [options?: RandAugmentOptions]
			| [numOps: number, options?: Omit<RandAugmentOptions, "numOps">]
			| [numOps: number, magnitude: number, options?: Omit<RandAugmentOptions, "numOps" | "magnitude">]
	) {
		const { numOps, magnitude, numMagnitudeBins, interpolation, fill } = randArguments(args);
		super(looks("RandAugment", interpolation, fill));
		if (magnitude >= numMagnitudeBins) {
			throw new RangeError(
				`[RandAugment] magnitude must be less than numMagnitudeBins (${numMagnitudeBins}), got ${magnitude}`,
			);
		}
		this.numOps = numOps;
		this.magnitude = magnitude;
		this.numMagnitudeBins = numMagnitudeBins;
	}

	override draw(size: Size): Chosen[] {
		return Array.from({ length: this.numOps }, () =>
			chosenOf(randSpace, this.numMagnitudeBins, () => this.magnitude, size),
		);
	}

	override extraRepr(): string {
		const { numOps, magnitude, numMagnitudeBins } = this;
		const own = [`num_ops=${numOps}`, `magnitude=${magnitude}`, `num_magnitude_bins=${numMagnitudeBins}`];
		return [...looksText(this), ...own].join(", ");
	}
}

const trivialArguments = signature("TrivialAugmentWide", {
	numMagnitudeBins: integer(31, 2),
	interpolation: sampling,
	fill: nullable(fill),
});

/** One operation of any strength: nothing is to be tuned (Müller and Hutter, 2021). */
export class TrivialAugmentWide extends Steps {
	readonly numMagnitudeBins: number;

	constructor(
		...args:
			| [options?: AugmentOptions & { numMagnitudeBins?: number }]
			| [numMagnitudeBins: number, options?: AugmentOptions]
	) {
		const { numMagnitudeBins, interpolation, fill } = trivialArguments(args);
		super(looks("TrivialAugmentWide", interpolation, fill));
		this.numMagnitudeBins = numMagnitudeBins;
	}

	override draw(size: Size): Chosen[] {
		return [chosenOf(wideSpace, this.numMagnitudeBins, () => drawn(this.numMagnitudeBins), size)];
	}

	override extraRepr(): string {
		return [...looksText(this), `num_magnitude_bins=${this.numMagnitudeBins}`].join(", ");
	}
}

/** The parts of the image and of each chain in the sum, and the chains. */
interface Mix {
	weights: Tensor;
	own: Tensor;
	chains: readonly (readonly Chosen[])[];
}

/** Strengths of AugMix's operations. */
const mixBins = 10;

const mixArguments = signature("AugMix", {
	severity: integer(3, 1),
	mixtureWidth: integer(3, 1),
	chainDepth: integer(-1),
	alpha: real(1),
	allOps: flag(true),
	interpolation: interpolation("bilinear"),
	fill: nullable(fill),
});

export interface AugMixOptions extends AugmentOptions {
	/** How strong operations may be, of 10. Default 3. */
	severity?: number;
	/** Chains of operations. Default 3. */
	mixtureWidth?: number;
	/** Operations of a chain; −1 (default): 1 to 3, drawn. */
	chainDepth?: number;
	/** Of the Dirichlet distribution of the parts. Default 1. */
	alpha?: number;
	/** Those that change brightness, contrast, colour and sharpness too. Default true. */
	allOps?: boolean;
}

/** A mixture of the image with what several chains of operations make of it (Hendrycks et al., 2020). */
export class AugMix extends RandomTransform<Mix> implements Looks {
	readonly severity: number;
	readonly mixtureWidth: number;
	readonly chainDepth: number;
	readonly alpha: number;
	readonly allOps: boolean;
	readonly interpolation: "nearest" | "bilinear";
	readonly fill: Fill | null;

	constructor(...args: [options?: AugMixOptions] | [severity: number, options?: Omit<AugMixOptions, "severity">]) {
		super();
		const given = mixArguments(args);
		if (given.severity > mixBins) {
			throw new RangeError(`[AugMix] the severity must be between 1 and ${mixBins}, got ${given.severity}`);
		}
		this.severity = given.severity;
		this.mixtureWidth = given.mixtureWidth;
		this.chainDepth = given.chainDepth;
		this.alpha = given.alpha;
		this.allOps = given.allOps;
		const { interpolation, fill } = looks("AugMix", given.interpolation, given.fill);
		this.interpolation = interpolation;
		this.fill = fill;
	}

	/** A point of the simplex. */
	#shares(count: number): Tensor {
		const parts = standardGamma(tensor(new Float64Array(count).fill(Math.fround(this.alpha))));
		return parts.div(parts.sum()).float();
	}

	override draw(size: Size): Mix {
		const m = this.#shares(2);
		const weights = this.#shares(this.mixtureWidth).mul(m.at(1));
		const space = this.allOps ? mixSpace : partialSpace;
		const chains = Array.from({ length: this.mixtureWidth }, () => {
			const depth = this.chainDepth > 0 ? this.chainDepth : randint(1, 4, [1]).item();
			return Array.from({ length: depth }, () => chosenOf(space, mixBins, () => drawn(this.severity), size));
		});
		return { own: m.at(0), weights, chains };
	}

	override alter(images: Tensor, drawn: readonly Mix[]): Tensor {
		return stack(
			drawn.map(({ own, weights, chains }, i) => {
				const image = images.select(0, i);
				const mix = chains.reduce(
					(sum, chain, k) => sum.add(done(image, chain, this).mul(weights.at(k))),
					image.mul(own),
				);
				return mix.to(image.dtype);
			}),
			0,
		);
	}

	override extraRepr(): string {
		return [
			...looksText(this),
			`severity=${this.severity}`,
			`mixture_width=${this.mixtureWidth}`,
			`chain_depth=${this.chainDepth}`,
			`alpha=${float(this.alpha)}`,
			`all_ops=${boolean(this.allOps)}`,
		].join(", ");
	}
}
