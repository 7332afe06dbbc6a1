import { shapeText } from "../../core/arguments";
import { float32, float64 } from "../../core/dtype";
import { float } from "../../core/pythonText";
import { nullable, real, signature, size } from "../../core/signature";
import { Tensor } from "../../core/tensor";
import { oneHot } from "../../nn/functional";
import { full } from "../../ops/create";
import { standardGamma } from "../../ops/draws";
import { randint } from "../../ops/random";
import { Called } from "./transform";

/* Batches whose images and labels are mixed with those of their neighbours. */

export interface MixingOptions {
	/** Of the beta distribution of the share, both parameters. Default 1: any share is equally likely. */
	alpha?: number;
	/** How many classes there are. Needed for labels that are class numbers. */
	numClasses?: number | null;
}

export interface Mixing {
	/** The mixed images and labels: a list of probabilities for each image. */
	(images: Tensor, labels: Tensor): [images: Tensor, labels: Tensor];
}

const mixingArguments = (name: string) => signature(name, { alpha: real(1), numClasses: nullable(size()) });

/** One number of the beta distribution, in float32, as torchvision draws it. */
function share(alpha: number): number {
	const parts = standardGamma(full([1, 2], alpha, { dtype: float64 }));
	return parts.div(parts.sum(-1, true)).to(float32).at(0, 0).item();
}

export abstract class Mixing extends Called {
	readonly alpha: number;
	readonly numClasses: number | null;

	constructor(name: string, options: MixingOptions) {
		super();
		const { alpha, numClasses } = mixingArguments(name)([options]);
		if (!(alpha > 0)) throw new RangeError(`[${name}] alpha must be positive, got ${alpha}`);
		this.alpha = alpha;
		this.numClasses = numClasses;
	}

	/** The images mixed, and how much of its own label each keeps. */
	abstract mixed(images: Tensor, kept: number): [images: Tensor, kept: number];

	override forward(images: Tensor, labels: Tensor): [images: Tensor, labels: Tensor] {
		this.#check(images, labels);
		const [out, kept] = this.mixed(images, share(this.alpha));
		const shares = labels.ndim === 1 ? oneHot(labels, this.numClasses!) : labels;
		const own = shares.isFloatingPoint() ? shares : shares.to(float32);
		return [
			out,
			own
				.roll(1, 0)
				.mul_(1 - kept)
				.add_(own.mul(kept)),
		];
	}

	#check(images: Tensor, labels: Tensor): void {
		const name = `[${this.constructor.name}]`;
		if (!(labels instanceof Tensor))
			throw new TypeError(`${name} The labels must be a tensor, but got ${typeof labels} instead.`);
		if (labels.ndim !== 1 && labels.ndim !== 2) {
			throw new RangeError(
				`${name} labels should be index based with shape (batch_size,) or probability based with shape (batch_size, num_classes), but got a tensor of shape ${shapeText(labels.shape)} instead.`,
			);
		}
		if (labels.ndim === 2 && this.numClasses !== null && labels.size(1) !== this.numClasses) {
			throw new RangeError(
				`${name} When passing 2D labels, the number of elements in last dimension must match numClasses: ${labels.size(1)} != ${this.numClasses}. You can leave numClasses to null.`,
			);
		}
		if (labels.ndim === 1 && this.numClasses === null) {
			throw new TypeError(`${name} numClasses must be passed if the labels are index-based (1D)`);
		}
		if (images.ndim !== 4) {
			throw new RangeError(`${name} Expected a batched input with 4 dims, but got ${images.ndim} dimensions instead.`);
		}
		if (images.size(0) !== labels.size(0)) {
			throw new RangeError(
				`${name} The batch size of the image or video does not match the batch size of the labels: ${images.size(0)} != ${labels.size(0)}.`,
			);
		}
	}

	override extraRepr(): string {
		return `alpha=${float(this.alpha)}${this.numClasses === null ? "" : `, num_classes=${this.numClasses}`}`;
	}
}

/**
 * Every image of a batch [N, C, H, W] blended with the one before it, and their labels in the same share (Zhang et al., 2018):
 * `const [x, y] = mixUp(images, labels)`. Labels are class numbers [N] or probabilities [N, numClasses].
 */
export class MixUp extends Mixing {
	constructor(options: MixingOptions = {}) {
		super("MixUp", options);
	}

	override mixed(images: Tensor, kept: number): [Tensor, number] {
		return [
			images
				.roll(1, 0)
				.mul_(1 - kept)
				.add_(images.mul(kept)),
			kept,
		];
	}
}

/**
 * In every image of a batch [N, C, H, W] a rectangle from the one before it, and their labels in the share of its area (Yun et
 * al., 2019): `const [x, y] = cutMix(images, labels)`. Labels are class numbers [N] or probabilities [N, numClasses].
 */
export class CutMix extends Mixing {
	constructor(options: MixingOptions = {}) {
		super("CutMix", options);
	}

	override mixed(images: Tensor, kept: number): [Tensor, number] {
		const [height, width] = [images.size(-2), images.size(-1)];
		const [x, y] = [randint(0, width, [1]).item(), randint(0, height, [1]).item()];
		const radius = 0.5 * Math.sqrt(1 - kept);
		const [right, down] = [Math.trunc(radius * width), Math.trunc(radius * height)];
		const [x1, x2] = [Math.max(x - right, 0), Math.min(x + right, width)];
		const [y1, y2] = [Math.max(y - down, 0), Math.min(y + down, height)];
		const out = images.clone();
		const part = (from: Tensor) => from.narrow(-2, y1, y2 - y1).narrow(-1, x1, x2 - x1);
		part(out).copy_(part(images.roll(1, 0)));
		return [out, 1 - ((x2 - x1) * (y2 - y1)) / (width * height)];
	}
}
