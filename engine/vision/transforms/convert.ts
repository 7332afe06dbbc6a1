import { describe, shapeText } from "../../core/arguments";
import type { DType } from "../../core/dtype";
import { bool, float32, int8, int16, int32, int64, uint8 } from "../../core/dtype";
import type { Tensor } from "../../core/tensor";
import { tensor } from "../../ops/create";
import { FixedTransform } from "./transform";

/** Makes an image [1, H, W] of a tensor [H, W]; what is an image already stays as it is. */
export class ToImage extends FixedTransform {
	override forward(image: Tensor): Tensor {
		if (image.ndim < 2) {
			throw new RangeError(
				`[ToImage] expected a tensor of at least 2 dimensions, got the shape ${shapeText(image.shape)}`,
			);
		}
		return image.ndim === 2 ? image.unsqueeze(0) : image;
	}
}

export interface ToDtypeOptions {
	/**
	 * Also bring values from the range of the old dtype into that of the new: 0 … 255 of uint8, 0 … 1 of floats. Default:
	 * false.
	 */
	scale?: boolean;
}

/** Another dtype: `new ToDtype(float32, { scale: true })` makes of bytes numbers between 0 and 1. */
export class ToDtype extends FixedTransform {
	readonly scale: boolean;

	constructor(
		readonly dtype: DType,
		options: ToDtypeOptions = {},
	) {
		super();
		if (typeof dtype?.code !== "number") {
			throw new TypeError(`[ToDtype] dtype must be a dtype such as float32, got ${describe(dtype)}`);
		}
		this.scale = options.scale ?? false;
	}

	override forward(image: Tensor): Tensor {
		return this.scale ? scaleTo(image, this.dtype) : image.to(this.dtype);
	}

	override extraRepr(): string {
		return `scale=${this.scale ? "True" : "False"}`;
	}
}

/** Bits that hold the value, without the sign. */
const valueBits = new Map<DType, number>([
	[uint8, 8],
	[int8, 7],
	[int16, 15],
	[int32, 31],
	[int64, 63],
	[bool, 1],
]);

/** torchvision's `to_dtype` with scale. */
function scaleTo(image: Tensor, dtype: DType): Tensor {
	const from = image.dtype;
	if (from === dtype) return image;
	const bitsFrom = valueBits.get(from);
	const bitsTo = valueBits.get(dtype);
	if (bitsFrom === undefined) {
		if (bitsTo === undefined) return image.to(dtype);
		// A float does not tell neighbouring integers of so many bits apart.
		if ((from === float32 && bitsTo >= 31) || bitsTo >= 63) {
			throw new TypeError(`[ToDtype] the conversion from ${from} to ${dtype} with scale cannot be performed safely`);
		}
		// Just below the next integer, so that only 1 itself gives the largest value, and gives it.
		return image.mul(2 ** bitsTo - 1 + 1 - 1e-3).to(dtype);
	}
	if (bitsTo === undefined) return image.to(dtype).mul(1 / (2 ** bitsFrom - 1));
	if (bitsFrom > bitsTo) return image.div(2 ** (bitsFrom - bitsTo), { roundingMode: "floor" }).to(dtype);
	return image.to(dtype).mul(2 ** (bitsTo - bitsFrom));
}

/** Bytes 0 … 255 to float32 0 … 1, as torchvision's first `ToTensor`; other dtypes stay as they are. */
export class ToTensor extends FixedTransform {
	override forward(image: Tensor): Tensor {
		const [channels] = image.ndim === 2 ? [image.unsqueeze(0)] : [image];
		return channels.dtype === uint8 ? channels.to(float32).div(255) : channels;
	}
}

export interface NormalizeOptions {
	/** Change the image itself. Default: false. */
	inplace?: boolean;
}

/** (image − mean) / std for each channel. */
export class Normalize extends FixedTransform {
	readonly mean: readonly number[];
	readonly std: readonly number[];
	readonly inplace: boolean;

	constructor(mean: readonly number[], std: readonly number[], options: NormalizeOptions = {}) {
		super();
		for (const [name, value] of [
			["mean", mean],
			["std", std],
		] as const) {
			if (!Array.isArray(value) || value.some((entry) => typeof entry !== "number")) {
				throw new TypeError(`[Normalize] ${name} must be an array of numbers, one per channel, got ${describe(value)}`);
			}
		}
		if (std.includes(0)) {
			throw new RangeError(`[Normalize] std=[${std.join(", ")}] would divide by zero; expected numbers other than 0`);
		}
		this.mean = [...mean];
		this.std = [...std];
		this.inplace = options.inplace ?? false;
	}

	override forward(image: Tensor): Tensor {
		if (!image.isFloatingPoint()) {
			throw new TypeError(
				`[Normalize] expected a float image, got ${image.dtype}; put ToDtype(float32, {scale: true}) first`,
			);
		}
		if (image.ndim < 3) {
			throw new RangeError(
				`[Normalize] expected an image of the shape [..., C, H, W], got [${image.shape.join(", ")}]`,
			);
		}
		const { dtype } = image;
		const channels = (values: readonly number[]) => tensor(values, { dtype }).reshape([-1, 1, 1]);
		const centred = this.inplace ? image.sub_(channels(this.mean)) : image.sub(channels(this.mean));
		return centred.div_(channels(this.std));
	}

	override extraRepr(): string {
		const list = (values: readonly number[]) => `[${values.join(", ")}]`;
		return `mean=${list(this.mean)}, std=${list(this.std)}, inplace=${this.inplace ? "True" : "False"}`;
	}
}
