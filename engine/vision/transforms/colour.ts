import { shapeText } from "../../core/arguments";
import { type DType, float32 } from "../../core/dtype";
import { iinfo } from "../../core/limits";
import { float, tuple } from "../../core/pythonText";
import { anything, nullable, signature } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { tensor } from "../../ops/create";
import { stack } from "../../ops/join";
import { rand, randperm } from "../../ops/random";
import { where } from "../../ops/ternary";
import { probability } from "./arguments";
import { scaleTo } from "./convert";
import { drawUniform } from "./numbers";
import { FixedTransform, RandomTransform } from "./transform";

/* Colours of images [..., C, H, W] of one or three channels: floats of 0 to 1, or integers of their whole range. */

export function channelsOf(op: string, image: Tensor): 1 | 3 {
	const channels = image.ndim < 3 ? 0 : image.size(-3);
	if (channels === 1 || channels === 3) return channels;
	throw new RangeError(`[${op}] expected images of 1 or 3 channels, got the shape ${shapeText(image.shape)}`);
}

/** The lightness of red, green and blue together, as one channel; not in the image's dtype where that is of integers. */
function lightness(image: Tensor): Tensor {
	const [red, green, blue] = image.unbind(-3) as [Tensor, Tensor, Tensor];
	return red.mul(0.2989).add(green, { alpha: 0.587 }).add(blue, { alpha: 0.114 }).unsqueeze(-3);
}

function grey(image: Tensor, channels: number): Tensor {
	const own = channelsOf("Grayscale", image);
	const one = own === 1 ? image : lightness(image).to(image.dtype);
	return channels === 1
		? own === 1
			? image.clone()
			: one
		: one.expand([...image.shape.slice(0, -3), 3, ...image.shape.slice(-2)]);
}

const grayscaleArguments = signature("Grayscale", {
	numOutputChannels: anything<1 | 3>("1 or 3", (value) => value === 1 || value === 3, 1),
});

/** Images in grey, in one channel or in three equal ones. */
export class Grayscale extends FixedTransform {
	readonly numOutputChannels: number;

	constructor(numOutputChannels?: 1 | 3 | { numOutputChannels?: 1 | 3 }) {
		super();
		this.numOutputChannels = grayscaleArguments([numOutputChannels]).numOutputChannels;
	}

	override channelsAfter(): number {
		return this.numOutputChannels;
	}

	override forward(image: Tensor): Tensor {
		return grey(image, this.numOutputChannels);
	}

	override extraRepr(): string {
		return `num_output_channels=${this.numOutputChannels}`;
	}
}

const randomGrayscaleArguments = signature("RandomGrayscale", { p: probability(0.1) });

/** Images in grey with probability `p` (0.1 by default), with as many channels as before. */
export class RandomGrayscale extends RandomTransform<boolean> {
	readonly p: number;

	constructor(p?: number | { p?: number }) {
		super();
		this.p = randomGrayscaleArguments([p]).p;
	}

	override draw(): boolean {
		return rand(1).item() < Math.fround(this.p);
	}

	override alter(images: Tensor, drawn: readonly boolean[]): Tensor {
		const channels = channelsOf("RandomGrayscale", images);
		if (!drawn.includes(true)) return images;
		return where(tensor([...drawn]).reshape([-1, 1, 1, 1]), grey(images, channels), images);
	}

	override extraRepr(): string {
		return `p=${float(this.p)}`;
	}
}

export const largest = (dtype: DType) => (dtype.isFloatingPoint ? 1 : iinfo(dtype).max);

export function bounded(values: Tensor, like: Tensor): Tensor {
	const result = values.clamp(0, largest(like.dtype));
	return like.isFloatingPoint() ? result : result.to(like.dtype);
}

function blended(image: Tensor, other: Tensor, ratio: number): Tensor {
	return bounded(image.mul(ratio).add(other, { alpha: 1 - ratio }), image);
}

/** The lightness, of integers rounded down. */
function lightnessOf(image: Tensor): Tensor {
	const values = lightness(image);
	return image.isFloatingPoint() ? values : values.floor();
}

/** By factors (hue: by a part of the circle). */
export const adjustments = {
	brightness: (image: Tensor, factor: number) => bounded(image.mul(factor), image),
	contrast(image: Tensor, factor: number) {
		const base = image.size(-3) === 3 ? lightnessOf(image) : image.isFloatingPoint() ? image : image.to(float32);
		return blended(image, base.mean([-3, -2, -1], true), factor);
	},
	saturation: (image: Tensor, factor: number) =>
		image.size(-3) === 1 ? image : blended(image, lightnessOf(image), factor),
	hue(image: Tensor, shift: number) {
		if (image.size(-3) === 1) return image;
		const [h, s, v] = toHsv(scaleTo(image, float32));
		return scaleTo(toRgb(h.add(shift).remainder(1), s, v), image.dtype);
	},
};

/** Hue, saturation and value of 0 to 1. */
function toHsv(image: Tensor): [Tensor, Tensor, Tensor] {
	const [red, green] = image.unbind(-3) as [Tensor, Tensor];
	const [low, high] = [image.amin(-3), image.amax(-3)];
	const grey = high.eq(low);
	const spread = high.sub(low);
	// Grey has no hue: whatever it is divided by, nothing comes out.
	const [r, g, b] = high.unsqueeze(-3).sub(image).div(spread.maskedFill(grey, 1).unsqueeze(-3)).unbind(-3) as [
		Tensor,
		Tensor,
		Tensor,
	];
	const isRed = high.eq(red);
	const hue = where(isRed, b.sub(g), where(high.eq(green), r.add(2).sub(b), g.add(4).sub(r)));
	return [
		hue
			.mul(1 / 6)
			.add(1)
			.fmod(1),
		spread.div(high.maskedFill(grey, 1)),
		high,
	];
}

/** Which of value, p, q and t is red, green, blue in each sixth of the circle of hues. */
const sixths = [
	[0, 2, 1, 1, 3, 0],
	[3, 0, 0, 2, 1, 1],
	[1, 1, 3, 0, 0, 2],
];

function toRgb(hue: Tensor, saturation: Tensor, value: Tensor): Tensor {
	const turned = hue.mul(6);
	const sixth = turned.floor();
	const part = saturation.mul(turned.sub(sixth));
	const rest = saturation.neg().add(1);
	const scaled = (x: Tensor) => x.mul(value).clamp(0, 1);
	const choices = stack([value, scaled(rest), scaled(part.neg().add(1)), scaled(part.add(rest))], -3);
	const place = sixth.long().remainder(6);
	const chosen = sixths.map((row) => tensor(row.map(BigInt)).take(place));
	return choices.gather(-3, stack(chosen, -3));
}

type Amount = number | readonly [number, number] | null;

export interface ColorJitterOptions {
	/** A factor of [max(0, 1 − n), 1 + n], or of [low, high]. Default: none. */
	brightness?: Amount;
	/** As `brightness`. */
	contrast?: Amount;
	/** As `brightness`. */
	saturation?: Amount;
	/** A turn of the hue of [−n, n], or of [low, high], in parts of the circle, at most half of it. Default: none. */
	hue?: Amount;
}

const amount = nullable(
	anything<number | readonly [number, number]>(
		"a number that is not negative, or [low, high]",
		(value) =>
			(typeof value === "number" && value >= 0) ||
			(Array.isArray(value) && value.length === 2 && value.every((entry) => typeof entry === "number")),
	),
);
const jitterArguments = signature("ColorJitter", {
	brightness: amount,
	contrast: amount,
	saturation: amount,
	hue: amount,
});

const kinds = ["brightness", "contrast", "saturation", "hue"] as const;
type Kind = (typeof kinds)[number];
type Range = readonly [number, number] | null;

function rangeOf(kind: Kind, value: Amount): Range {
	if (value === null) return null;
	const isHue = kind === "hue";
	const middle = isHue ? 0 : 1;
	const single = typeof value === "number";
	const range = single ? ([middle - value, middle + value] as const) : value;
	const low = single && !isHue ? Math.max(range[0], 0) : range[0];
	const bounds = isHue ? ([-0.5, 0.5] as const) : ([0, Number.POSITIVE_INFINITY] as const);
	if (!(bounds[0] <= low && low <= range[1] && range[1] <= bounds[1])) {
		throw new RangeError(
			`[ColorJitter] ${kind} values should be between ${bounds.join(" and ")} and increasing, got [${low}, ${range[1]}]`,
		);
	}
	return low === middle && range[1] === middle ? null : [low, range[1]];
}

/** Brightness, contrast, saturation and hue changed at random, in a random order. */
export class ColorJitter extends RandomTransform<readonly (readonly [Kind, number])[]> {
	readonly brightness: Range;
	readonly contrast: Range;
	readonly saturation: Range;
	readonly hue: Range;

	constructor(options?: ColorJitterOptions);
	constructor(brightness: Amount, contrast?: Amount, saturation?: Amount, hue?: Amount);
	constructor(...args: unknown[]) {
		super();
		const given = jitterArguments(args);
		this.brightness = rangeOf("brightness", given.brightness);
		this.contrast = rangeOf("contrast", given.contrast);
		this.saturation = rangeOf("saturation", given.saturation);
		this.hue = rangeOf("hue", given.hue);
	}

	override draw(): readonly (readonly [Kind, number])[] {
		const order = randperm(4).tolist() as number[];
		const factors = kinds.map((kind) => this[kind] && drawUniform(this[kind][0], this[kind][1]));
		return order.flatMap((i) => (factors[i] === null ? [] : [[kinds[i]!, factors[i]!] as const]));
	}

	override alter(images: Tensor, drawn: readonly (readonly (readonly [Kind, number])[])[]): Tensor {
		channelsOf("ColorJitter", images);
		return stack(
			drawn.map((steps, i) =>
				steps.reduce((image, [kind, factor]) => adjustments[kind](image, factor), images.select(0, i)),
			),
			0,
		);
	}

	override extraRepr(): string {
		return kinds.flatMap((kind) => (this[kind] ? [`${kind}=${tuple(this[kind], float)}`] : [])).join(", ");
	}
}
