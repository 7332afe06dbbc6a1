import { shapeText } from "../core/arguments";
import { noGrad } from "../core/gradMode";
import { anything, flag, integer, nullable, real, signature } from "../core/signature";
import { Tensor } from "../core/tensor";
import { cat, stack } from "../ops";

/* `torchvision.utils`. */

export interface MakeGridOptions {
	/** Images in a row. Default 8. */
	nrow?: number;
	/** Elements between images and around them. Default 2. */
	padding?: number;
	/** Bring the values to 0 … 1. Default false. */
	normalize?: boolean;
	/** What becomes 0 and 1; values beyond are cut off. Default: the least and the greatest value. */
	valueRange?: readonly [number, number] | null;
	/** Normalise every image by its own values. Default false. */
	scaleEach?: boolean;
	/** What stands between the images. Default 0. */
	padValue?: number;
}

const isImages = (value: unknown) =>
	value instanceof Tensor || (Array.isArray(value) && value.length > 0 && value.every((one) => one instanceof Tensor));
const isRange = (value: unknown) =>
	Array.isArray(value) && value.length === 2 && value.every((one) => typeof one === "number");

const gridArguments = signature("makeGrid", {
	tensor: anything<Tensor | readonly Tensor[]>("a tensor of images or a list of images", isImages),
	nrow: integer(8, 1),
	padding: integer(2, 0),
	normalize: flag(false),
	valueRange: nullable(anything<readonly [number, number]>("[least, greatest]", isRange)),
	scaleEach: flag(false),
	padValue: real(0),
});

/**
 * Images side by side in one: `[N, C, H, W]`, a list of images `[C, H, W]`, or one image (also `[H, W]`), to `[C, H′, W′]`.
 * One channel becomes three.
 */
export function makeGrid(images: Tensor | readonly Tensor[], options?: MakeGridOptions): Tensor;
export function makeGrid(
	images: Tensor | readonly Tensor[],
	nrow: number,
	options?: Omit<MakeGridOptions, "nrow">,
): Tensor;
export function makeGrid(options: MakeGridOptions & { tensor: Tensor | readonly Tensor[] }): Tensor;
export function makeGrid(...args: unknown[]): Tensor {
	const given = gridArguments(args);
	return noGrad(() => {
		let x = threeChannels(given.tensor instanceof Tensor ? given.tensor : stack(given.tensor));
		if (given.normalize) x = given.scaleEach ? stack([...x].map((one) => scaled(one, given))) : scaled(x, given);
		return x.size(0) === 1 ? x.squeeze(0) : placed(x, given);
	});
}

/** `[N, C, H, W]` */
function threeChannels(images: Tensor): Tensor {
	let x = images;
	if (x.ndim === 2) x = x.unsqueeze(0);
	if (x.ndim === 3) x = x.unsqueeze(0);
	if (x.ndim !== 4) {
		throw new RangeError(`[makeGrid] expected images of 2 to 4 dimensions, got the shape ${shapeText(images.shape)}`);
	}
	return x.size(1) === 1 ? cat([x, x, x], 1) : x;
}

function scaled(x: Tensor, { valueRange }: { valueRange: readonly [number, number] | null }): Tensor {
	const [low, high] = valueRange ?? [x.min().item(), x.max().item()];
	return x
		.clamp(low, high)
		.sub(low)
		.div(Math.max(high - low, 1e-5));
}

function placed(x: Tensor, { nrow, padding, padValue }: { nrow: number; padding: number; padValue: number }): Tensor {
	const [count, channels] = [x.size(0), x.size(1)];
	const across = Math.min(nrow, count);
	const down = Math.ceil(count / across);
	const [height, width] = [x.size(2) + padding, x.size(3) + padding];
	const grid = x.newFull([channels, height * down + padding, width * across + padding], padValue);
	for (let k = 0; k < count; k++) {
		const [row, column] = [Math.floor(k / across), k % across];
		grid
			.narrow(1, row * height + padding, height - padding)
			.narrow(2, column * width + padding, width - padding)
			.copy_(x.select(0, k));
	}
	return grid;
}
