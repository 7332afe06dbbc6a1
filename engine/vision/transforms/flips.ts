import { bool } from "../../core/dtype";
import type { Tensor } from "../../core/tensor";
import { tensor } from "../../ops/create";
import { rand } from "../../ops/random";
import { where } from "../../ops/ternary";
import { RandomTransform } from "./transform";

export interface FlipOptions {
	/** Probability. Default: 0.5. */
	p?: number;
}

abstract class RandomFlip extends RandomTransform<boolean> {
	/** Probability of a flip. */
	readonly p: number;

	constructor(
		private readonly dim: number,
		p: number | FlipOptions = {},
	) {
		super();
		this.p = typeof p === "number" ? p : (p.p ?? 0.5);
		if (!(this.p >= 0 && this.p <= 1)) {
			throw new RangeError(`[${this.constructor.name}] p=${String(this.p)}; expected a probability between 0 and 1`);
		}
	}

	override draw(): boolean {
		return rand(1).item() < Math.fround(this.p);
	}

	override alter(images: Tensor, drawn: readonly boolean[]): Tensor {
		if (!drawn.includes(true)) return images;
		const flipped = images.flip([this.dim]);
		if (!drawn.includes(false)) return flipped;
		return where(tensor([...drawn], { dtype: bool }).reshape([-1, 1, 1, 1]), flipped, images);
	}

	override extraRepr(): string {
		return `p=${this.p}`;
	}
}

/** Swaps left and right with probability `p` (0.5 by default). */
export class RandomHorizontalFlip extends RandomFlip {
	constructor(p?: number | FlipOptions) {
		super(-1, p);
	}
}

/** Swaps top and bottom with probability `p` (0.5 by default). */
export class RandomVerticalFlip extends RandomFlip {
	constructor(p?: number | FlipOptions) {
		super(-2, p);
	}
}
