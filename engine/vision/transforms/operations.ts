import type { Tensor } from "../../core/tensor";
import { arange, linspace } from "../../ops/create";
import { affine, type Motion, rotated } from "./affine";
import type { Fill } from "./arguments";
import { adjustments, largest } from "./colour";
import { RandomAdjustSharpness, RandomAutocontrast, RandomEqualize } from "./contrast";
import { RandomInvert, RandomPosterize, RandomSolarize } from "./invert";
import type { Size } from "./transform";

/* What automatic augmentation chooses among: an operation by name, and how strong it can be. */

/** Magnitudes of `bins` levels, for images of a size; null where there is none. Whether half of them are turned around. */
export type Magnitudes = readonly [of: ((bins: number, size: Size) => Tensor) | null, signed: boolean];
export type Space = Readonly<Record<string, Magnitudes>>;

const upTo = (most: number): Magnitudes => [(bins) => linspace(0, most, bins), true];
const along = (most: (size: Size) => number): Magnitudes => [(bins, size) => linspace(0, most(size), bins), true];
/** From `first` bits down by `range`. */
const bits = (first: number, range: number): Magnitudes => [
	(bins) =>
		arange(bins)
			.div((bins - 1) / range)
			.neg()
			.add(first)
			.round(),
	false,
];
const none: Magnitudes = [null, false];
const falling: Magnitudes = [(bins) => linspace(1, 0, bins), false];

const light = (most: number): Space => ({
	Brightness: upTo(most),
	Color: upTo(most),
	Contrast: upTo(most),
	Sharpness: upTo(most),
});

const moves = (shear: number, [x, y]: readonly [Magnitudes, Magnitudes], turn: number): Space => ({
	ShearX: upTo(shear),
	ShearY: upTo(shear),
	TranslateX: x,
	TranslateY: y,
	Rotate: upTo(turn),
});

const levels = (posterize: Magnitudes): Space => ({
	Posterize: posterize,
	Solarize: falling,
	AutoContrast: none,
	Equalize: none,
});

const parts = (part: number) => [along(([, width]) => part * width), along(([height]) => part * height)] as const;

/** Of RandAugment; AutoAugment has `Invert` in place of `Identity`. */
export const usualSpace: Space = {
	Identity: none,
	...moves(0.3, parts(150 / 331), 30),
	...light(0.9),
	...levels(bits(8, 4)),
	Invert: none,
};
/** Of TrivialAugmentWide. */
export const wideSpace: Space = {
	Identity: none,
	...moves(0.99, [upTo(32), upTo(32)], 135),
	...light(0.99),
	...levels(bits(8, 6)),
};
/** Of AugMix, without and with those that change the light. */
export const partialSpace: Space = { ...moves(0.3, parts(1 / 3), 30), ...levels(bits(4, 4)) };
export const mixSpace: Space = { ...partialSpace, ...light(0.9) };

/** One operation of an image [C, H, W]. */
export function operate(
	image: Tensor,
	operation: string,
	magnitude: number,
	how: "nearest" | "bilinear",
	fill: Fill | null,
): Tensor {
	const move = (motion: Partial<Motion>, center: readonly number[] | null = null) =>
		affine(image, { angle: 0, translate: [0, 0], scale: 1, shear: [0, 0], ...motion }, center, how, fill);
	const pixels = (transform: { changed(images: Tensor): Tensor }) => transform.changed(image.unsqueeze(0)).squeeze(0);
	const slant = (Math.atan(magnitude) * 180) / Math.PI;
	switch (operation) {
		case "Identity":
			return image;
		case "ShearX":
			return move({ shear: [slant, 0] }, [0, 0]);
		case "ShearY":
			return move({ shear: [0, slant] }, [0, 0]);
		case "TranslateX":
			return move({ translate: [Math.trunc(magnitude), 0] });
		case "TranslateY":
			return move({ translate: [0, Math.trunc(magnitude)] });
		case "Rotate":
			return rotated(image, magnitude, how, fill);
		case "Brightness":
			return adjustments.brightness(image, 1 + magnitude);
		case "Color":
			return adjustments.saturation(image, 1 + magnitude);
		case "Contrast":
			return adjustments.contrast(image, 1 + magnitude);
		case "Sharpness":
			return pixels(new RandomAdjustSharpness(1 + magnitude, 1));
		case "Posterize":
			return pixels(new RandomPosterize(Math.trunc(magnitude), 1));
		case "Solarize":
			return pixels(new RandomSolarize(largest(image.dtype) * magnitude, 1));
		case "AutoContrast":
			return pixels(new RandomAutocontrast(1));
		case "Equalize":
			return pixels(new RandomEqualize(1));
		case "Invert":
			return pixels(new RandomInvert(1));
		default:
			throw new RangeError(`[autoaugment] no transform available for ${operation}`);
	}
}
