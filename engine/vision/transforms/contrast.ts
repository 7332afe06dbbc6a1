import { float32, int64, uint8 } from "../../core/dtype";
import { number } from "../../core/pythonText";
import { real, signature } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { conv2d } from "../../nn/functional";
import { tensor } from "../../ops/create";
import { catAlong } from "../../ops/join";
import { where } from "../../ops/ternary";
import { probability } from "./arguments";
import { bounded, channelsOf, largest } from "./colour";
import { scaleTo } from "./convert";
import { RandomPixels } from "./invert";

/* Changes of an image by what its own pixels are, with a probability. */

const autocontrastArguments = signature("RandomAutocontrast", { p: probability(0.5) });

/** Each channel stretched so that its darkest pixel becomes 0 and its lightest the most, with probability `p` (0.5 by default). */
export class RandomAutocontrast extends RandomPixels {
	constructor(p?: number | { p?: number }) {
		super(autocontrastArguments([p]).p);
	}

	override changed(images: Tensor): Tensor {
		channelsOf("RandomAutocontrast", images);
		if (images.numel() === 0) return images;
		const most = largest(images.dtype);
		const values = images.isFloatingPoint() ? images : images.to(float32);
		const [low, high] = [values.amin([-2, -1], true), values.amax([-2, -1], true)];
		const flat = high.eq(low);
		const scale = high
			.sub(low)
			.mul(1 / most)
			.maskedFill(flat, 1);
		return values.sub(low.maskedFill(flat, 0)).div(scale).clamp(0, most).to(images.dtype);
	}
}

const equalizeArguments = signature("RandomEqualize", { p: probability(0.5) });

/** Each channel with all levels about equally frequent, by the table that PIL makes, with probability `p` (0.5 by default). */
export class RandomEqualize extends RandomPixels {
	constructor(p?: number | { p?: number }) {
		super(equalizeArguments([p]).p);
	}

	override changed(images: Tensor): Tensor {
		if (images.numel() === 0) return images;
		const bytes = scaleTo(images, uint8);
		const places = bytes.flatten(-2).to(int64);
		const counts = places.newZeros([...places.shape.slice(0, -1), 256]).scatterAdd(-1, places, places.mul(0).add(1));
		const sums = counts.cumsum(-1);
		// All pixels but those of the lightest level that occurs, in 255 steps.
		const others = counts.gather(-1, sums.argmax(-1, true)).neg().add(places.size(-1));
		const step = others.div(255, { roundingMode: "floor" });
		const below = sums.narrow(-1, 0, 255).add(step.div(2, { roundingMode: "floor" }));
		const levels = below.div(step.clamp({ min: 1 }), { roundingMode: "floor" }).clamp(0, 255);
		const table = catAlong([levels.narrow(-1, 0, 1).mul(0), levels], -1);
		const equalized = table.gather(-1, places).reshape(bytes.shape).to(uint8);
		return scaleTo(where(step.ne(0).unsqueeze(-1), equalized, bytes), images.dtype);
	}
}

const sharpnessArguments = signature("RandomAdjustSharpness", { sharpnessFactor: real(), p: probability(0.5) });

/** Blurred (a factor of 0), as it is (1) or sharper (2, …), with probability `p` (0.5 by default); the edge stays. */
export class RandomAdjustSharpness extends RandomPixels {
	readonly sharpnessFactor: number;

	constructor(
		...args:
			| [sharpnessFactor: number, options?: { p?: number }]
			| [sharpnessFactor: number, p: number]
			| [options: { sharpnessFactor: number; p?: number }]
	) {
		const { sharpnessFactor, p } = sharpnessArguments(args);
		super(p);
		if (sharpnessFactor < 0) {
			throw new RangeError(`[RandomAdjustSharpness] sharpnessFactor must not be negative, got ${sharpnessFactor}`);
		}
		this.sharpnessFactor = sharpnessFactor;
	}

	override changed(images: Tensor): Tensor {
		const channels = channelsOf("RandomAdjustSharpness", images);
		const [height, width] = [images.size(-2), images.size(-1)];
		if (images.numel() === 0 || height <= 2 || width <= 2) return images;
		const values = images.isFloatingPoint() ? images.clone() : images.to(float32);
		const [a, b] = [1 / 13, 5 / 13];
		const kernel = tensor([a, a, a, a, b, a, a, a, a], { dtype: values.dtype, device: values.device });
		const weight = kernel.reshape([1, 1, 3, 3]).expand(channels, 1, 3, 3);
		const blurred = conv2d(values, weight, null, { groups: channels });
		const inner = values.narrow(-2, 1, height - 2).narrow(-1, 1, width - 2);
		const smooth = images.isFloatingPoint() ? blurred : blurred.round();
		inner.add_(smooth.sub(inner), { alpha: 1 - this.sharpnessFactor });
		return bounded(values, images);
	}

	override extraRepr(): string {
		return `${super.extraRepr()}, sharpness_factor=${number(this.sharpnessFactor)}`;
	}
}
