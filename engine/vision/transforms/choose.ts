import { describe } from "../../core/arguments";
import { float } from "../../core/pythonText";
import type { Tensor } from "../../core/tensor";
import { tensor } from "../../ops/create";
import { multinomial, rand, randperm } from "../../ops/random";
import { nameOf } from "./compose";
import { type ImageTransform, Transform } from "./transform";

/* Transforms that apply others, or not, or one of them, image by image. */

function checked(op: string, transforms: readonly ImageTransform[]): readonly ImageTransform[] {
	if (!Array.isArray(transforms)) {
		throw new TypeError(`[${op}] transforms should be an array of functions, got ${describe(transforms)}`);
	}
	if (transforms.length === 0) throw new RangeError(`[${op}] expected at least one transform, got none`);
	const odd = transforms.find((transform) => typeof transform !== "function");
	if (odd !== undefined) throw new TypeError(`[${op}] a transform must be a function, got ${describe(odd)}`);
	return transforms;
}

/** A number, or the option of that name. */
type Named<K extends string, T> = T | { [P in K]?: T };

function option<K extends string, T>(value: Named<K, T> | undefined, name: K, fallback: T): T {
	if (value === undefined) return fallback;
	if (typeof value !== "object" || value === null || Array.isArray(value)) return value as T;
	return (value as { [P in K]?: T })[name] ?? fallback;
}

/** All of `transforms`, one after another, with probability `p` (0.5 by default). */
export class RandomApply extends Transform {
	readonly transforms: readonly ImageTransform[];
	readonly p: number;

	constructor(transforms: readonly ImageTransform[], p?: Named<"p", number>) {
		super();
		this.transforms = checked("RandomApply", transforms);
		this.p = option(p, "p", 0.5);
		if (!(this.p >= 0 && this.p <= 1)) throw new RangeError(`[RandomApply] p must be between 0 and 1, got ${this.p}`);
	}

	override forward(image: Tensor): Tensor {
		if (rand(1).item() >= Math.fround(this.p)) return image;
		return this.transforms.reduce((out, transform) => transform(out), image);
	}

	override extraRepr(): string {
		return this.transforms.map((transform) => `    ${nameOf(transform)}`).join("\n");
	}
}

/** One of `transforms`, drawn with probabilities in proportion to `p` (equal by default). */
export class RandomChoice extends Transform {
	readonly transforms: readonly ImageTransform[];
	readonly p: readonly number[];

	constructor(transforms: readonly ImageTransform[], p?: Named<"p", readonly number[] | null> | null) {
		super();
		this.transforms = checked("RandomChoice", transforms);
		const weights = option(p ?? undefined, "p", null) ?? transforms.map(() => 1);
		if (weights.length !== transforms.length) {
			throw new RangeError(
				`[RandomChoice] the length of p doesn't match the number of transforms: ${weights.length} != ${transforms.length}`,
			);
		}
		const total = weights.reduce((sum, weight) => sum + weight, 0);
		this.p = weights.map((weight) => weight / total);
	}

	override forward(image: Tensor): Tensor {
		return this.transforms[multinomial(tensor([...this.p]), 1).item()]!(image);
	}

	override extraRepr(): string {
		return `transforms=[${this.transforms.map(nameOf).join(", ")}], p=[${this.p.map(float).join(", ")}]`;
	}
}

/** All of `transforms`, in a random order. */
export class RandomOrder extends Transform {
	readonly transforms: readonly ImageTransform[];

	constructor(transforms: readonly ImageTransform[]) {
		super();
		this.transforms = checked("RandomOrder", transforms);
	}

	override forward(image: Tensor): Tensor {
		const order = randperm(this.transforms.length).tolist() as number[];
		return order.reduce((out, i) => this.transforms[i]!(out), image);
	}

	override extraRepr(): string {
		return `transforms=[${this.transforms.map(nameOf).join(", ")}]`;
	}
}
