import { shapeText } from "../../core/arguments";
import { bool, type DType, float32, int8, int16, int32, int64, isDType, uint8 } from "../../core/dtype";
import { boolean, float } from "../../core/pythonText";
import { anything, flag, signature } from "../../core/signature";
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

const toDtypeArguments = signature("ToDtype", {
	dtype: anything<DType>("a dtype such as torch.float32", isDType),
	scale: flag(false),
});

/** Another dtype: `new ToDtype(float32, { scale: true })` makes of bytes numbers between 0 and 1. */
export class ToDtype extends FixedTransform {
	readonly dtype: DType;
	readonly scale: boolean;

	constructor(dtype: DType, options?: ToDtypeOptions);
	constructor(dtype: DType, scale: boolean);
	constructor(options: ToDtypeOptions & { dtype: DType });
	constructor(...args: unknown[]) {
		super();
		const { dtype, scale } = toDtypeArguments(args);
		this.dtype = dtype;
		this.scale = scale;
	}

	override forward(image: Tensor): Tensor {
		return this.scale ? scaleTo(image, this.dtype) : image.to(this.dtype);
	}

	override extraRepr(): string {
		return `scale=${boolean(this.scale)}`;
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

/** @internal torchvision's `to_dtype` with scale. */
export function scaleTo(image: Tensor, dtype: DType): Tensor {
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

const areNumbers = (value: unknown): value is number[] =>
	Array.isArray(value) && value.every((entry) => typeof entry === "number");

const normalizeArguments = signature("Normalize", {
	mean: anything<readonly number[]>("an array of numbers, one per channel", areNumbers),
	std: anything<readonly number[]>(
		"an array of numbers other than 0, one per channel",
		(value) => areNumbers(value) && !value.includes(0),
	),
	inplace: flag(false),
});

/** (image − mean) / std for each channel. */
export class Normalize extends FixedTransform {
	readonly mean: readonly number[];
	readonly std: readonly number[];
	readonly inplace: boolean;

	constructor(mean: readonly number[], std: readonly number[], options?: NormalizeOptions);
	constructor(mean: readonly number[], std: readonly number[], inplace: boolean);
	constructor(options: NormalizeOptions & { mean: readonly number[]; std: readonly number[] });
	constructor(...args: unknown[]) {
		super();
		const { mean, std, inplace } = normalizeArguments(args);
		this.mean = [...mean];
		this.std = [...std];
		this.inplace = inplace;
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
		const list = (values: readonly number[]) => `[${values.map(float).join(", ")}]`;
		return `mean=${list(this.mean)}, std=${list(this.std)}, inplace=${boolean(this.inplace)}`;
	}
}
