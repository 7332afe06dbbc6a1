import { boolean, float, number, tuple } from "../../core/pythonText";
import { anything, flag, nullable, signature } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { stack } from "../../ops/join";
import { angles, anglesOf, type Fill, fill, fillText, interpolation, range } from "./arguments";
import { drawUniform, roundHalfToEven } from "./numbers";
import { sample } from "./resample";
import { RandomTransform, type Size } from "./transform";

/* Images turned, moved, stretched and slanted: each pixel of the result is looked up where it came from. */

/** [a, b, c, d, e, f]: x' = a·x + b·y + c, y' = d·x + e·y + f, of places counted from the middle of the image. */
type Matrix = readonly [number, number, number, number, number, number];

export interface Motion {
	/** Degrees, clockwise. */
	angle: number;
	/** Pixels. */
	translate: readonly [number, number];
	scale: number;
	/** Degrees along x and y. */
	shear: readonly [number, number];
}

/** From a place in the result to the place in the image: the inverse of shearing, scaling, turning about `center`, moving. */
function inverseOf({ angle, translate: [tx, ty], scale, shear }: Motion, [cx, cy]: readonly [number, number]): Matrix {
	const [turn, sx, sy] = [angle, ...shear].map((degrees) => (degrees * Math.PI) / 180) as [number, number, number];
	const a = Math.cos(turn - sy) / Math.cos(sy);
	const b = -(a * Math.tan(sx) + Math.sin(turn));
	const c = Math.sin(turn - sy) / Math.cos(sy);
	const d = Math.cos(turn) - c * Math.tan(sx);
	// Turning and shearing keep areas, so the determinant of [a b; c d] is 1.
	const [m0, m1, m3, m4] = [d / scale, -b / scale, -c / scale, a / scale];
	return [m0, m1, cx - m0 * (cx + tx) - m1 * (cy + ty), m3, m4, cy - m3 * (cx + tx) - m4 * (cy + ty)];
}

/** The size that holds all of an image after the motion. */
function sizeOfWhole([a, b, c, d, e, f]: Matrix, [height, width]: Size): Size {
	const corners = [-1, 1].flatMap((x) => [-1, 1].map((y) => [(x * width) / 2, (y * height) / 2] as const));
	const extent = (places: number[], half: number) => {
		const rounded = places.map((place) => Math.trunc((place + half) * 1e4) / 1e4);
		return Math.ceil(Math.max(...rounded)) - Math.floor(Math.min(...rounded));
	};
	return [
		extent(
			corners.map(([x, y]) => d * x + e * y + f),
			height / 2,
		),
		extent(
			corners.map(([x, y]) => a * x + b * y + c),
			width / 2,
		),
	];
}

/** An image [C, H, W] after a motion about `center`, of the size that it had. */
export function affine(
	image: Tensor,
	motion: Motion,
	center: readonly number[] | null,
	how: "nearest" | "bilinear",
	fill: Fill | null,
): Tensor {
	const size: Size = [image.size(-2), image.size(-1)];
	return moved(image, inverseOf(motion, fromMiddle(center, size)), size, how, fill);
}

/** An image [C, H, W] turned counter-clockwise by an angle in degrees; `expand`: into the size that holds all of it. */
export function rotated(
	image: Tensor,
	angle: number,
	how: "nearest" | "bilinear",
	fill: Fill | null,
	center: readonly number[] | null = null,
	expand = false,
): Tensor {
	const size: Size = [image.size(-2), image.size(-1)];
	const turn = ((angle % 360) + 360) % 360;
	const quarters = turn / 90;
	if (center === null && Number.isInteger(quarters)) {
		if (quarters % 2 === 0 || expand || size[0] === size[1]) return image.rot90(quarters, [-2, -1]);
	}
	const motion: Motion = { angle: -turn, translate: [0, 0], scale: 1, shear: [0, 0] };
	const matrix = inverseOf(motion, fromMiddle(center, size));
	return moved(image, matrix, expand ? sizeOfWhole(matrix, size) : size, how, fill);
}

/** Images [C, H, W] looked up by a matrix; `size` of the result, about the same middle. */
function moved(image: Tensor, matrix: Matrix, size: Size, how: "nearest" | "bilinear", fill: Fill | null): Tensor {
	const [height, width] = [image.size(-2), image.size(-1)];
	const halves = [width, width, width, height, height, height].map((side) => side * 0.5);
	const [a, b, c, d, e, f] = matrix.map((entry, i) =>
		Math.fround(Math.fround(entry) / halves[i]!),
	) as unknown as Matrix;
	const count = size[0] * size[1];
	const [x, y] = [new Float64Array(count), new Float64Array(count)];
	// The steps of PyTorch's affine grid and its lookup, in float32.
	for (let row = 0; row < size[0]; row++) {
		const oy = row - (size[0] - 1) / 2;
		for (let column = 0; column < size[1]; column++) {
			const ox = column - (size[1] - 1) / 2;
			const i = row * size[1] + column;
			const gx = Math.fround(Math.fround(b * oy + Math.fround(a * ox)) + c);
			const gy = Math.fround(Math.fround(e * oy + Math.fround(d * ox)) + f);
			x[i] = Math.fround(Math.fround(gx + 1) * (width / 2) - 0.5);
			y[i] = Math.fround(Math.fround(gy + 1) * (height / 2) - 0.5);
		}
	}
	return sample(image, x, y, size, how, typeof fill === "number" ? [fill] : fill);
}

/** A centre in pixels, counted from the middle of the image. */
function fromMiddle(center: readonly number[] | null, [height, width]: Size): readonly [number, number] {
	return center === null ? [0, 0] : [center[0]! - width / 2, center[1]! - height / 2];
}

const center = nullable(anything<readonly number[]>("[x, y]", (value) => Array.isArray(value) && value.length === 2));
export const sampling = interpolation("nearest");

/** Refuses other ways to look up a pixel. */
export function checkSampling(op: string, how: string): asserts how is "nearest" | "bilinear" {
	if (how === "nearest" || how === "bilinear") return;
	throw new RangeError(`[${op}] interpolation must be "nearest" or "bilinear", got ${JSON.stringify(how)}`);
}

export interface RotationOptions {
	/** Default: "nearest". */
	interpolation?: "nearest" | "bilinear";
	/** Let the image grow so that nothing is cut off. Default: false. */
	expand?: boolean;
	/** The point to turn about, [x, y] in pixels. Default: the middle. */
	center?: readonly [number, number] | null;
	/** Value beyond the edges, one for all channels or one for each. Default: 0. */
	fill?: Fill;
}

const rotationArguments = signature("RandomRotation", {
	degrees: angles(),
	interpolation: sampling,
	expand: flag(false),
	center,
	fill,
});

/** Turns an image by a random angle: of −degrees to degrees, or of [low, high], counter-clockwise. */
export class RandomRotation extends RandomTransform<number> {
	readonly degrees: readonly number[];
	readonly interpolation: "nearest" | "bilinear";
	readonly expand: boolean;
	readonly center: readonly number[] | null;
	readonly fill: Fill;

	constructor(degrees: number | readonly [number, number], options?: RotationOptions);
	constructor(options: RotationOptions & { degrees: number | readonly [number, number] });
	constructor(...args: unknown[]) {
		super();
		const { degrees, interpolation, expand, center, fill } = rotationArguments(args);
		checkSampling("RandomRotation", interpolation);
		this.degrees = anglesOf(degrees);
		this.interpolation = interpolation;
		this.expand = expand;
		this.center = center;
		this.fill = fill;
	}

	/** Images that grow differ in size. */
	override get batches(): boolean {
		return !this.expand;
	}

	override draw(): number {
		return drawUniform(this.degrees[0]!, this.degrees[1]!);
	}

	override alter(images: Tensor, drawn: readonly number[]): Tensor {
		return stack(
			drawn.map((angle, i) =>
				rotated(images.select(0, i), angle, this.interpolation, this.fill, this.center, this.expand),
			),
			0,
		);
	}

	override extraRepr(): string {
		return [
			`degrees=[${this.degrees.map(float).join(", ")}]`,
			`interpolation=${this.interpolation}`,
			`expand=${boolean(this.expand)}`,
			fillText(this.fill),
			...(this.center ? [`center=[${this.center.map(number).join(", ")}]`] : []),
		].join(", ");
	}
}

export interface AffineOptions {
	/** The largest shift along x and y, as parts of width and height. Default: none. */
	translate?: readonly [number, number] | null;
	/** Factors of size, [low, high]. Default: none. */
	scale?: readonly [number, number] | null;
	/** Slant in degrees along x: −n to n, [low, high], or [lowX, highX, lowY, highY]. Default: none. */
	shear?: number | readonly number[] | null;
	/** Default: "nearest". */
	interpolation?: "nearest" | "bilinear";
	/** Value beyond the edges. Default: 0. */
	fill?: Fill;
	/** The point to turn about, [x, y] in pixels. Default: the middle. */
	center?: readonly [number, number] | null;
}

const affineArguments = signature("RandomAffine", {
	degrees: angles(),
	translate: nullable(
		anything<readonly [number, number]>(
			"two parts of 1",
			(value) => Array.isArray(value) && value.length === 2 && value.every((part) => part >= 0 && part <= 1),
		),
	),
	scale: nullable(range()),
	shear: nullable(angles([2, 4])),
	interpolation: sampling,
	fill,
	center,
});

/** Turns, moves, stretches and slants an image at random, its middle (or `center`) staying where it is but for the move. */
export class RandomAffine extends RandomTransform<Motion> {
	readonly degrees: readonly number[];
	readonly translate: readonly [number, number] | null;
	readonly scale: readonly [number, number] | null;
	readonly shear: readonly number[] | null;
	readonly interpolation: "nearest" | "bilinear";
	readonly fill: Fill;
	readonly center: readonly number[] | null;

	constructor(degrees: number | readonly [number, number], options?: AffineOptions);
	constructor(options: AffineOptions & { degrees: number | readonly [number, number] });
	constructor(...args: unknown[]) {
		super();
		const { degrees, translate, scale, shear, interpolation, fill, center } = affineArguments(args);
		checkSampling("RandomAffine", interpolation);
		if (scale !== null && !scale.every((factor) => factor > 0)) {
			throw new RangeError(`[RandomAffine] scale values should be positive, got [${scale.join(", ")}]`);
		}
		this.degrees = anglesOf(degrees);
		this.translate = translate;
		this.scale = scale;
		this.shear = shear === null ? null : anglesOf(shear);
		this.interpolation = interpolation;
		this.fill = fill;
		this.center = center;
	}

	override draw([height, width]: Size): Motion {
		const { degrees, translate, scale, shear } = this;
		const angle = drawUniform(degrees[0]!, degrees[1]!);
		const shift = (most: number) => roundHalfToEven(drawUniform(-most, most));
		const by =
			translate === null ? ([0, 0] as const) : ([shift(translate[0] * width), shift(translate[1] * height)] as const);
		const factor = scale === null ? 1 : drawUniform(scale[0], scale[1]);
		const slantX = shear === null ? 0 : drawUniform(shear[0]!, shear[1]!);
		const slantY = shear?.length === 4 ? drawUniform(shear[2]!, shear[3]!) : 0;
		return { angle, translate: by, scale: factor, shear: [slantX, slantY] };
	}

	override alter(images: Tensor, drawn: readonly Motion[]): Tensor {
		return stack(
			drawn.map((motion, i) => affine(images.select(0, i), motion, this.center, this.interpolation, this.fill)),
			0,
		);
	}

	override extraRepr(): string {
		return [
			`degrees=[${this.degrees.map(float).join(", ")}]`,
			...(this.translate ? [`translate=${tuple(this.translate, float)}`] : []),
			...(this.scale ? [`scale=${tuple(this.scale, float)}`] : []),
			...(this.shear ? [`shear=[${this.shear.map(float).join(", ")}]`] : []),
			`interpolation=${this.interpolation}`,
			fillText(this.fill),
			...(this.center ? [`center=[${this.center.map(number).join(", ")}]`] : []),
		].join(", ");
	}
}
