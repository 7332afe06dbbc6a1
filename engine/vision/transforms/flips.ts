import { bool } from "../../core/dtype";
import { float } from "../../core/pythonText";
import { signature } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { tensor } from "../../ops/create";
import { rand } from "../../ops/random";
import { where } from "../../ops/ternary";
import { probability } from "./arguments";
import { RandomTransform } from "./transform";

export interface FlipOptions {
	/** Probability. Default: 0.5. */
	p?: number;
}

const horizontalArguments = signature("RandomHorizontalFlip", { p: probability(0.5) });
const verticalArguments = signature("RandomVerticalFlip", { p: probability(0.5) });

abstract class RandomFlip extends RandomTransform<boolean> {
	/** Probability of a flip. */
	readonly p: number;

	constructor(
		private readonly dim: number,
		{ p }: { p: number },
	) {
		super();
		this.p = p;
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
		return `p=${float(this.p)}`;
	}
}

/** Swaps left and right with probability `p` (0.5 by default). */
export class RandomHorizontalFlip extends RandomFlip {
	constructor(p?: number | FlipOptions) {
		super(-1, horizontalArguments([p]));
	}
}

/** Swaps top and bottom with probability `p` (0.5 by default). */
export class RandomVerticalFlip extends RandomFlip {
	constructor(p?: number | FlipOptions) {
		super(-2, verticalArguments([p]));
	}
}
