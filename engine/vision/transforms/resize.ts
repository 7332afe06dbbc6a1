import { boolean, float, tuple } from "../../core/pythonText";
import { anything, flag, nullable, signature } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { stack } from "../../ops/join";
import { randint } from "../../ops/random";
import { interpolation, range } from "./arguments";
import { bothSides, type CropSize, cropSize } from "./crops";
import { drawUniform, roundHalfToEven } from "./numbers";
import { type Interpolation, resize } from "./resample";
import { FixedTransform, RandomTransform, type Size, sizeOf } from "./transform";

export interface ResizeOptions {
	/** How values between pixels are found: "bilinear" (default), "bicubic", "nearest", "nearest-exact". */
	interpolation?: Interpolation;
	/** With one number as size: the longer edge is not to become longer than this. Default: no limit. */
	maxSize?: number | null;
	/** Take all pixels into account when the image becomes smaller. Default: true. */
	antialias?: boolean;
}

const isSide = (value: unknown) => Number.isInteger(value) && (value as number) > 0;

const resizeArguments = signature("Resize", {
	size: cropSize,
	interpolation: interpolation("bilinear"),
	maxSize: nullable(anything<number>("a positive whole number", isSide)),
	antialias: flag(true),
});

/** Images in another size: [height, width], or a number for the shorter edge, the longer one in proportion. */
export class Resize extends FixedTransform {
	readonly size: readonly number[];
	readonly interpolation: Interpolation;
	readonly maxSize: number | null;
	readonly antialias: boolean;

	constructor(size: CropSize, options?: ResizeOptions);
	constructor(options: ResizeOptions & { size: CropSize });
	constructor(...args: unknown[]) {
		super();
		const { size, interpolation, maxSize, antialias } = resizeArguments(args);
		this.size = typeof size === "number" ? [size] : size;
		this.interpolation = interpolation;
		this.maxSize = maxSize;
		this.antialias = antialias;
		if (maxSize !== null && this.size.length !== 1) {
			throw new RangeError("[Resize] maxSize goes with one number as size: the length of the shorter edge");
		}
		if (maxSize !== null && maxSize <= this.size[0]!) {
			throw new RangeError(`[Resize] maxSize must be larger than the size ${this.size[0]}, got ${maxSize}`);
		}
	}

	override sizeAfter([height, width]: Size): Size {
		const [first, second] = this.size as [number, number?];
		if (second !== undefined) return [first, second];
		const [short, long] = height <= width ? [height, width] : [width, height];
		let [newShort, newLong] = [first, Math.trunc((first * long) / short)];
		if (this.maxSize !== null && newLong > this.maxSize) {
			[newShort, newLong] = [Math.trunc((this.maxSize * newShort) / newLong), this.maxSize];
		}
		return height <= width ? [newShort, newLong] : [newLong, newShort];
	}

	override forward(image: Tensor): Tensor {
		return resize(image, this.sizeAfter(sizeOf(this, image)), this.interpolation, this.antialias);
	}

	override extraRepr(): string {
		return [
			`size=[${this.size.join(", ")}]`,
			`interpolation=${this.interpolation}`,
			...(this.maxSize === null ? [] : [`max_size=${this.maxSize}`]),
			`antialias=${boolean(this.antialias)}`,
		].join(", ");
	}
}

export interface RandomResizedCropOptions {
	/** Share of the image's area that the window covers. Default: [0.08, 1]. */
	scale?: readonly [number, number];
	/** Width / height of the window. Default: [3/4, 4/3]. */
	ratio?: readonly [number, number];
	/** Default: "bilinear". */
	interpolation?: Interpolation;
	/** Default: true. */
	antialias?: boolean;
}

const randomResizedCropArguments = signature("RandomResizedCrop", {
	size: cropSize,
	scale: range([0.08, 1]),
	ratio: range([3 / 4, 4 / 3]),
	interpolation: interpolation("bilinear"),
	antialias: flag(true),
});

interface Window {
	top: number;
	left: number;
	height: number;
	width: number;
}

/** A window of random area and shape, at a random place, resized to `size`. */
export class RandomResizedCrop extends RandomTransform<Window> {
	readonly size: Size;
	readonly scale: readonly [number, number];
	readonly ratio: readonly [number, number];
	readonly interpolation: Interpolation;
	readonly antialias: boolean;

	constructor(size: CropSize, options?: RandomResizedCropOptions);
	constructor(options: RandomResizedCropOptions & { size: CropSize });
	constructor(...args: unknown[]) {
		super();
		const { size, scale, ratio, interpolation, antialias } = randomResizedCropArguments(args);
		this.size = bothSides(size);
		this.scale = scale;
		this.ratio = ratio;
		this.interpolation = interpolation;
		this.antialias = antialias;
	}

	override sizeAfter(): Size {
		return this.size;
	}

	override draw([height, width]: Size): Window {
		for (let attempt = 0; attempt < 10; attempt++) {
			const [area, aspect] = drawRegion(height * width, this.scale, this.ratio);
			const [w, h] = [roundHalfToEven(Math.sqrt(area * aspect)), roundHalfToEven(Math.sqrt(area / aspect))];
			if (!(w > 0 && w <= width && h > 0 && h <= height)) continue;
			const top = randint(0, height - h + 1, [1]).item();
			return { top, left: randint(0, width - w + 1, [1]).item(), height: h, width: w };
		}
		// No window fits: the largest in the middle whose shape is allowed.
		const [low, high] = [Math.min(...this.ratio), Math.max(...this.ratio)];
		const shape = width / height;
		const w = shape > high ? roundHalfToEven(height * high) : width;
		const h = shape < low ? roundHalfToEven(width / low) : height;
		return { top: Math.floor((height - h) / 2), left: Math.floor((width - w) / 2), height: h, width: w };
	}

	override alter(images: Tensor, drawn: readonly Window[]): Tensor {
		return stack(
			drawn.map(({ top, left, height, width }, i) => {
				const window = images.select(0, i).narrow(-2, top, height).narrow(-1, left, width);
				return resize(window, this.size, this.interpolation, this.antialias);
			}),
			0,
		);
	}

	override extraRepr(): string {
		return [
			`size=(${this.size.join(", ")})`,
			`scale=${tuple(this.scale, float)}`,
			`ratio=${tuple(this.ratio, float)}`,
			`interpolation=${this.interpolation}`,
			`antialias=${boolean(this.antialias)}`,
		].join(", ");
	}
}

/** The area and width / height of a random window; the shapes are even on a logarithmic scale. */
export function drawRegion(
	whole: number,
	scale: readonly [number, number],
	ratio: readonly [number, number],
): [area: number, aspect: number] {
	const area = whole * drawUniform(scale[0], scale[1]);
	// In float32, as torchvision.
	const [low, high] = ratio.map((value) => Math.fround(Math.log(Math.fround(value)))) as [number, number];
	return [area, Math.fround(Math.exp(drawUniform(low, high)))];
}
