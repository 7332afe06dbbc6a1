import type { Tensor } from "../../core/tensor";
import { indexTensor } from "../../data/tensors";
import { full, tensor } from "../../ops/create";
import type { Fill } from "./arguments";

export type PaddingMode = "constant" | "edge" | "reflect" | "symmetric";

/** Pixels to add on each side. */
export interface Sides {
	left: number;
	top: number;
	right: number;
	bottom: number;
}

/** Images [..., H, W] with more pixels around: of one value, or taken from the image in one of three ways. */
export function pad(images: Tensor, sides: Sides, mode: PaddingMode, fill: Fill): Tensor {
	const { left, top, right, bottom } = sides;
	if (left === 0 && top === 0 && right === 0 && bottom === 0) return images;
	const [height, width] = [images.size(-2), images.size(-1)];
	if (mode === "constant") {
		const shape = [...images.shape.slice(0, -2), height + top + bottom, width + left + right];
		const out =
			typeof fill === "number"
				? full(shape, fill, { dtype: images.dtype })
				: tensor(fill, { dtype: images.dtype }).reshape(-1, 1, 1).expand(shape).clone();
		out.narrow(-2, top, height).narrow(-1, left, width).copy_(images);
		return out;
	}
	if (typeof fill !== "number" && fill.length > 1) {
		throw new RangeError(`[pad] the mode "${mode}" does not fill: expected one number for fill, got [${fill}]`);
	}
	return images
		.indexSelect(images.ndim - 2, indexTensor(sources(height, top, bottom, mode)))
		.indexSelect(images.ndim - 1, indexTensor(sources(width, left, right, mode)));
}

/** Where each pixel along a side comes from. */
function sources(size: number, before: number, after: number, mode: "edge" | "reflect" | "symmetric"): number[] {
	const limit = mode === "reflect" ? size - 1 : size;
	if (mode !== "edge" && (before > limit || after > limit)) {
		throw new RangeError(
			`[pad] padding of ${before} and ${after} pixels in the mode "${mode}" needs an image side of at least ` +
				`${Math.max(before, after) + size - limit} pixels, got ${size}`,
		);
	}
	return Array.from({ length: before + size + after }, (_, i) => {
		const at = i - before;
		if (mode === "edge") return Math.min(Math.max(at, 0), size - 1);
		const skip = mode === "reflect" ? 0 : 1;
		if (at < 0) return -at - skip;
		return at >= size ? 2 * size - 2 + skip - at : at;
	});
}
