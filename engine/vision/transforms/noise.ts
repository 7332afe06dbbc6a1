import { float32, int16, uint8 } from "../../core/dtype";
import { boolean, float } from "../../core/pythonText";
import { flag, real, signature } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { stack } from "../../ops/join";
import { randn, randperm } from "../../ops/random";
import { RandomTransform, type Size } from "./transform";

/* Noise, and channels in another order. */

export interface GaussianNoiseOptions {
	/** Default 0. */
	mean?: number;
	/** Standard deviation. Default 0.1. */
	sigma?: number;
	/** Keep to the range of images. Default true. */
	clip?: boolean;
}

const noiseArguments = signature("GaussianNoise", { mean: real(0), sigma: real(0.1), clip: flag(true) });

/** Normal noise added to images of floats of 0 to 1, or of bytes (of which 1 is 255). */
export class GaussianNoise extends RandomTransform<Tensor> {
	readonly mean: number;
	readonly sigma: number;
	readonly clip: boolean;

	constructor(...args: [options?: GaussianNoiseOptions] | [mean: number, sigma?: number, clip?: boolean]) {
		super();
		const { mean, sigma, clip } = noiseArguments(args);
		if (sigma < 0) throw new RangeError(`[GaussianNoise] sigma shouldn't be negative. Got ${sigma}`);
		this.mean = mean;
		this.sigma = sigma;
		this.clip = clip;
	}

	override draw([height, width]: Size, channels: number): Tensor {
		return randn([channels, height, width], { dtype: float32 });
	}

	override alter(images: Tensor, drawn: readonly Tensor[]): Tensor {
		const noise = stack(drawn, 0).to(images.device).reshape(images.shape);
		if (images.isFloatingPoint()) {
			const out = images.add(noise.to(images.dtype).mul(this.sigma).add(this.mean));
			return this.clip ? out.clamp(0, 1) : out;
		}
		if (images.dtype !== uint8) {
			throw new TypeError(`[GaussianNoise] expected images of uint8 or floats, got ${images.dtype}`);
		}
		const out = images.to(int16).add(
			noise
				.mul(this.sigma * 255)
				.add(this.mean * 255)
				.to(int16),
		);
		return (this.clip ? out.clamp(0, 255) : out).to(uint8);
	}

	override extraRepr(): string {
		return `mean=${float(this.mean)}, sigma=${float(this.sigma)}, clip=${boolean(this.clip)}`;
	}
}

/** The channels in a random order. */
export class RandomChannelPermutation extends RandomTransform<Tensor> {
	override draw(_size: Size, channels: number): Tensor {
		return randperm(channels);
	}

	override alter(images: Tensor, drawn: readonly Tensor[]): Tensor {
		return stack(
			drawn.map((order, i) => images.select(0, i).indexSelect(0, order.to(images.device))),
			0,
		);
	}
}
