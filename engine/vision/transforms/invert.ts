import { bool, uint8 } from "../../core/dtype";
import { iinfo } from "../../core/limits";
import { float, number } from "../../core/pythonText";
import { integer, real, signature } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { tensor } from "../../ops/create";
import { rand } from "../../ops/random";
import { where } from "../../ops/ternary";
import { probability } from "./arguments";
import { RandomTransform } from "./transform";

/* Changes of each pixel's number, with a probability. */

/** Draws, image by image, whether it is changed. */
export abstract class RandomPixels extends RandomTransform<boolean> {
	/** Probability of the change. */
	readonly p: number;

	constructor(p: number) {
		super();
		this.p = p;
	}

	/** What becomes of images. */
	abstract changed(images: Tensor): Tensor;

	override draw(): boolean {
		return rand(1).item() < Math.fround(this.p);
	}

	override alter(images: Tensor, drawn: readonly boolean[]): Tensor {
		if (!drawn.includes(true)) return images;
		const changed = this.changed(images);
		if (!drawn.includes(false)) return changed;
		return where(tensor([...drawn], { dtype: bool }).reshape([-1, 1, 1, 1]), changed, images);
	}

	override extraRepr(): string {
		return `p=${float(this.p)}`;
	}
}

function inverted(images: Tensor): Tensor {
	if (images.isFloatingPoint()) return images.neg().add(1);
	// The bit of the sign stays.
	return images.dtype === uint8 ? images.bitwiseNot() : images.bitwiseXor(iinfo(images.dtype).max);
}

const invertArguments = signature("RandomInvert", { p: probability(0.5) });

/** Dark for light with probability `p` (0.5 by default). */
export class RandomInvert extends RandomPixels {
	constructor(p?: number | { p?: number }) {
		super(invertArguments([p]).p);
	}

	override changed(images: Tensor): Tensor {
		return inverted(images);
	}
}

const posterizeArguments = signature("RandomPosterize", { bits: integer(undefined, 0), p: probability(0.5) });

/** As few levels of lightness as `bits` can say, with probability `p` (0.5 by default). */
export class RandomPosterize extends RandomPixels {
	readonly bits: number;

	constructor(
		...args:
			| [bits: number, options?: { p?: number }]
			| [bits: number, p: number]
			| [options: { bits: number; p?: number }]
	) {
		const { bits, p } = posterizeArguments(args);
		super(p);
		if (bits > 8) throw new RangeError(`[RandomPosterize] bits must be an integer of 0 to 8, got ${bits}`);
		this.bits = bits;
	}

	override changed(images: Tensor): Tensor {
		const levels = 2 ** this.bits;
		if (images.isFloatingPoint())
			return images
				.mul(levels)
				.floor()
				.clamp(0, levels - 1)
				.mul(1 / levels);
		const whole = Math.log2(iinfo(images.dtype).max + 1);
		return this.bits >= whole ? images : images.bitwiseAnd((levels - 1) * 2 ** (whole - this.bits));
	}

	override extraRepr(): string {
		return `${super.extraRepr()}, bits=${this.bits}`;
	}
}

const solarizeArguments = signature("RandomSolarize", { threshold: real(), p: probability(0.5) });

/** Pixels of at least `threshold` inverted, with probability `p` (0.5 by default). */
export class RandomSolarize extends RandomPixels {
	readonly threshold: number;

	constructor(
		...args:
			| [threshold: number, options?: { p?: number }]
			| [threshold: number, p: number]
			| [options: { threshold: number; p?: number }]
	) {
		const { threshold, p } = solarizeArguments(args);
		super(p);
		this.threshold = threshold;
	}

	override changed(images: Tensor): Tensor {
		const most = images.isFloatingPoint() ? 1 : iinfo(images.dtype).max;
		if (this.threshold > most) {
			throw new RangeError(
				`[RandomSolarize] threshold should be at most the dtype's largest value ${most}, got ${this.threshold}`,
			);
		}
		return where(images.ge(this.threshold), inverted(images), images);
	}

	override extraRepr(): string {
		return `${super.extraRepr()}, threshold=${number(this.threshold)}`;
	}
}
