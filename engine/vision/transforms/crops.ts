import { boolean } from "../../core/pythonText";
import { anything, choice, flag, nullable, signature } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { stack } from "../../ops/join";
import { randint } from "../../ops/random";
import { type Fill, fill, fillText } from "./arguments";
import { roundHalfToEven } from "./numbers";
import { type PaddingMode, pad, type Sides } from "./pad";
import { FixedTransform, RandomTransform, type Size, sizeOf } from "./transform";

/** A square's side, or [height, width]. */
export type CropSize = number | readonly number[];

/** For all sides, or [left and right, top and bottom], or [left, top, right, bottom]. */
export type Padding = number | readonly number[];

const isSide = (value: unknown) => Number.isInteger(value) && (value as number) > 0;
const isPadding = (value: unknown) => Number.isInteger(value) && (value as number) >= 0;

/** @internal */
export const cropSize = anything<CropSize>(
	"a positive whole number or [height, width]",
	(value) => isSide(value) || (Array.isArray(value) && [1, 2].includes(value.length) && value.every(isSide)),
);
const padding = anything<Padding>(
	"a whole number of pixels, [left and right, top and bottom] or [left, top, right, bottom]",
	(value) => isPadding(value) || (Array.isArray(value) && [1, 2, 4].includes(value.length) && value.every(isPadding)),
);
const paddingMode = choice(["constant", "edge", "reflect", "symmetric"], "constant");
const centerCropArguments = signature("CenterCrop", { size: cropSize });
const randomCropArguments = signature("RandomCrop", {
	size: cropSize,
	padding: nullable(padding),
	padIfNeeded: flag(false),
	fill,
	paddingMode,
});

/** @internal */
export function bothSides(size: CropSize): Size {
	const [height, width = height] = typeof size === "number" ? [size] : size;
	return [height!, width!];
}

/** Cuts out the middle. An image that is too small is padded with zeros first. */
export class CenterCrop extends FixedTransform {
	readonly size: Size;

	constructor(size: CropSize | { size: CropSize }) {
		super();
		this.size = bothSides(centerCropArguments([size]).size);
	}

	override sizeAfter(): Size {
		return this.size;
	}

	override forward(image: Tensor): Tensor {
		const [height, width] = this.size;
		const missing = sizeOf(this, image).map((side, dim) => Math.max(this.size[dim]! - side, 0)) as [number, number];
		const sides = {
			left: Math.floor(missing[1] / 2),
			top: Math.floor(missing[0] / 2),
			right: Math.ceil(missing[1] / 2),
			bottom: Math.ceil(missing[0] / 2),
		};
		const padded = pad(image, sides, "constant", 0);
		const top = roundHalfToEven((padded.size(-2) - height) / 2);
		const left = roundHalfToEven((padded.size(-1) - width) / 2);
		return padded.narrow(-2, top, height).narrow(-1, left, width);
	}

	override extraRepr(): string {
		return `size=(${this.size.join(", ")})`;
	}
}

export interface RandomCropOptions {
	/** Pixels to put around the image first. Default: none. */
	padding?: Padding | null;
	/** Pad an image that is smaller than the crop instead of refusing it. Default: false. */
	padIfNeeded?: boolean;
	/** Value of the padding in the mode "constant". Default: 0. */
	fill?: Fill;
	/** What the padding is made of. Default: "constant". */
	paddingMode?: PaddingMode;
}

interface Window {
	top: number;
	left: number;
}

/** Cuts out a window of `size` at a random place, perhaps of an image padded first. */
export class RandomCrop extends RandomTransform<Window> {
	readonly size: Size;
	readonly padding: Sides | null;
	readonly padIfNeeded: boolean;
	readonly fill: Fill;
	readonly paddingMode: PaddingMode;

	constructor(size: CropSize, options?: RandomCropOptions);
	constructor(options: RandomCropOptions & { size: CropSize });
	constructor(...args: unknown[]) {
		super();
		const { size, padding, padIfNeeded, fill, paddingMode } = randomCropArguments(args);
		this.size = bothSides(size);
		this.padding = padding === null ? null : sidesOf(padding);
		this.padIfNeeded = padIfNeeded;
		this.fill = fill;
		this.paddingMode = paddingMode;
	}

	override sizeAfter(): Size {
		return this.size;
	}

	override draw(size: Size): Window {
		const { left, top, right, bottom } = this.#sides(size);
		const room = [size[0] + top + bottom - this.size[0], size[1] + left + right - this.size[1]] as const;
		if (room[0] < 0 || room[1] < 0) {
			throw new RangeError(
				`[RandomCrop] required crop size (${this.size.join(", ")}) is larger than the ${this.padding ? "padded " : ""}` +
					`image size (${size[0] + top + bottom}, ${size[1] + left + right})`,
			);
		}
		// Nothing is drawn where there is no choice.
		const place = (choices: number) => (choices > 0 ? randint(0, choices + 1, []).item() : 0);
		return { top: place(room[0]), left: place(room[1]) };
	}

	override alter(images: Tensor, drawn: readonly Window[]): Tensor {
		const [height, width] = this.size;
		const padded = pad(images, this.#sides(sizeOf(this, images)), this.paddingMode, this.fill);
		const [first] = drawn;
		if (first && drawn.every(({ top, left }) => top === first.top && left === first.left)) {
			return padded.narrow(-2, first.top, height).narrow(-1, first.left, width);
		}
		return stack(
			drawn.map(({ top, left }, i) => padded.select(0, i).narrow(-2, top, height).narrow(-1, left, width)),
			0,
		);
	}

	#sides([height, width]: Size): Sides {
		const { left, top, right, bottom } = this.padding ?? { left: 0, top: 0, right: 0, bottom: 0 };
		if (!this.padIfNeeded) return { left, top, right, bottom };
		// What is missing is added on both sides, so that the window has a choice.
		const across = Math.max(this.size[1] - (width + left + right), 0);
		const down = Math.max(this.size[0] - (height + top + bottom), 0);
		return { left: left + across, top: top + down, right: right + across, bottom: bottom + down };
	}

	override extraRepr(): string {
		const { padding } = this;
		return [
			`size=(${this.size.join(", ")})`,
			...(padding ? [`padding=[${padding.left}, ${padding.right}, ${padding.top}, ${padding.bottom}]`] : []),
			`pad_if_needed=${boolean(this.padIfNeeded)}`,
			fillText(this.fill),
			`padding_mode=${this.paddingMode}`,
		].join(", ");
	}
}

function sidesOf(padding: Padding): Sides {
	const [left, top = left, right = left, bottom = top] = typeof padding === "number" ? [padding] : padding;
	return { left: left!, top: top!, right: right!, bottom: bottom! };
}

const padArguments = signature("Pad", { padding, fill, paddingMode });

export interface PadOptions {
	/** Value of the padding in the mode "constant". Default: 0. */
	fill?: Fill;
	/** What the padding is made of. Default: "constant". */
	paddingMode?: PaddingMode;
}

/** Pixels around the image. */
export class Pad extends FixedTransform {
	readonly padding: Padding;
	readonly fill: Fill;
	readonly paddingMode: PaddingMode;

	constructor(padding: Padding, options?: PadOptions);
	constructor(options: PadOptions & { padding: Padding });
	constructor(...args: unknown[]) {
		super();
		const { padding, fill, paddingMode } = padArguments(args);
		this.padding = padding;
		this.fill = fill;
		this.paddingMode = paddingMode;
	}

	override sizeAfter([height, width]: Size): Size {
		const { left, top, right, bottom } = sidesOf(this.padding);
		return [height + top + bottom, width + left + right];
	}

	override forward(image: Tensor): Tensor {
		return pad(image, sidesOf(this.padding), this.paddingMode, this.fill);
	}

	override extraRepr(): string {
		const { padding } = this;
		return [
			`padding=${typeof padding === "number" ? padding : `[${padding.join(", ")}]`}`,
			fillText(this.fill),
			`padding_mode=${this.paddingMode}`,
		].join(", ");
	}
}
