import { boolean, tuple } from "../../core/pythonText";
import { flag, perDimension, signature } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { bothSides, CenterCrop, type CropSize } from "./crops";
import { Called, type Size, sizeOf, type Transform } from "./transform";

/* Several crops of one image, for predictions that are averaged. */

export interface ManyCrops {
	(image: Tensor): Tensor[];
}

export abstract class ManyCrops extends Called {
	readonly size: Size;

	constructor(size: CropSize) {
		super();
		this.size = bothSides(size);
	}

	protected five(image: Tensor): Tensor[] {
		const [height, width] = sizeOf(this as unknown as Transform, image);
		const [h, w] = this.size;
		if (h > height || w > width) {
			throw new RangeError(
				`[${this.constructor.name}] Requested crop size [${h}, ${w}] is bigger than input size [${height}, ${width}]`,
			);
		}
		const corners = [0, height - h].flatMap((top) => [0, width - w].map((left) => [top, left] as const));
		const crops = corners.map(([top, left]) => image.narrow(-2, top, h).narrow(-1, left, w));
		return [...crops, new CenterCrop([h, w])(image)];
	}

	override extraRepr(): string {
		return `size=${tuple(this.size, String)}`;
	}
}

const fiveArguments = signature("FiveCrop", { size: perDimension(2) });

/** The four corners of images [..., C, H, W] and their middle: top left, top right, bottom left, bottom right, centre. */
export class FiveCrop extends ManyCrops {
	constructor(size: CropSize | { size: CropSize }) {
		super(fiveArguments([size]).size as CropSize);
	}

	override forward(image: Tensor): Tensor[] {
		return this.five(image);
	}
}

const tenArguments = signature("TenCrop", { size: perDimension(2), verticalFlip: flag(false) });

/** The five crops of `FiveCrop`, and the five of the image mirrored: left for right, or (`verticalFlip`) upside down. */
export class TenCrop extends ManyCrops {
	readonly verticalFlip: boolean;

	constructor(
		...args:
			| [size: CropSize, options?: { verticalFlip?: boolean }]
			| [size: CropSize, verticalFlip: boolean]
			| [options: { size: CropSize; verticalFlip?: boolean }]
	) {
		const { size, verticalFlip } = tenArguments(args);
		super(size as CropSize);
		this.verticalFlip = verticalFlip;
	}

	override forward(image: Tensor): Tensor[] {
		return [...this.five(image), ...this.five(image.flip(this.verticalFlip ? -2 : -1))];
	}

	override extraRepr(): string {
		return `${super.extraRepr()}, vertical_flip=${boolean(this.verticalFlip)}`;
	}
}
