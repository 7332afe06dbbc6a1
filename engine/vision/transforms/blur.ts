import { float32 } from "../../core/dtype";
import { float, tuple } from "../../core/pythonText";
import { anything, signature } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { conv2d } from "../../nn/functional/conv";
import { pad } from "../../nn/functional/pad";
import { linspace } from "../../ops/create";
import { stack } from "../../ops/join";
import { drawUniform } from "./numbers";
import { RandomTransform } from "./transform";

const isOdd = (value: unknown) => Number.isInteger(value) && (value as number) > 0 && (value as number) % 2 === 1;
const isWidth = (value: unknown) => typeof value === "number" && value > 0;

const blurArguments = signature("GaussianBlur", {
	kernelSize: anything<number | readonly [number, number]>(
		"an odd positive number or two of them",
		(value) => isOdd(value) || (Array.isArray(value) && value.length === 2 && value.every(isOdd)),
	),
	sigma: anything<number | readonly [number, number]>(
		"a positive number, or two of the form [min, max]",
		(value) =>
			isWidth(value) || (Array.isArray(value) && value.length === 2 && value.every(isWidth) && value[0] <= value[1]),
		[0.1, 2],
	),
});

export interface GaussianBlurOptions {
	/** Standard deviation of the normal weights, or the range that each image's is drawn from. Default: [0.1, 2]. */
	sigma?: number | readonly [number, number];
}

/** Every pixel the mean of its neighbours by normal weights; `kernelSize` is odd, as [width, height] where they differ. */
export class GaussianBlur extends RandomTransform<number> {
	readonly kernelSize: readonly [number, number];
	readonly sigma: readonly [number, number];

	constructor(
		...args:
			| [kernelSize: number | readonly [number, number], options?: GaussianBlurOptions]
			| [kernelSize: number | readonly [number, number], sigma: number | readonly [number, number]]
			| [options: GaussianBlurOptions & { kernelSize: number | readonly [number, number] }]
	) {
		super();
		const { kernelSize, sigma } = blurArguments(args);
		this.kernelSize = typeof kernelSize === "number" ? [kernelSize, kernelSize] : kernelSize;
		this.sigma = typeof sigma === "number" ? [sigma, sigma] : sigma;
	}

	override draw(): number {
		return drawUniform(...this.sigma);
	}

	override alter(images: Tensor, drawn: readonly number[]): Tensor {
		return stack(
			drawn.map((sigma, i) => this.#blurred(images.select(0, i), sigma)),
			0,
		);
	}

	#blurred(image: Tensor, sigma: number): Tensor {
		const { dtype } = image;
		const source = dtype.isFloatingPoint ? image : image.to(float32);
		const [width, height] = this.kernelSize;
		const line = (size: number) => {
			const limit = (size - 1) / (2 * Math.SQRT2);
			return linspace(-limit, limit, size, { dtype: source.dtype, device: source.device })
				.div(sigma)
				.pow(2)
				.neg()
				.softmax(0);
		};
		const kernel = line(height).unsqueeze(-1).mul(line(width));
		const channels = image.size(0);
		const [x, y] = [Math.floor(width / 2), Math.floor(height / 2)];
		const around = pad(source.unsqueeze(0), [x, x, y, y], { mode: "reflect" });
		const out = conv2d(around, kernel.expand(channels, 1, height, width), { groups: channels }).squeeze(0);
		return dtype.isFloatingPoint ? out : out.round_().to(dtype);
	}

	override extraRepr(): string {
		return `kernel_size=${tuple(this.kernelSize)}, sigma=[${this.sigma.map(float).join(", ")}]`;
	}
}
