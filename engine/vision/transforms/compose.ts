import { describe } from "../../core/arguments";
import type { Tensor } from "../../core/tensor";
import { type ImageTransform, Sequence, Transform } from "./transform";

/** Several transforms, one after another: `new Compose([new ToImage(), new ToDtype(float32, { scale: true })])`. */
export class Compose extends Sequence {
	override readonly transforms: readonly ImageTransform[];

	constructor(transforms: readonly ImageTransform[]) {
		super();
		if (!Array.isArray(transforms)) {
			throw new TypeError(`[Compose] transforms should be an array of functions, got ${describe(transforms)}`);
		}
		if (transforms.length === 0) throw new RangeError("[Compose] expected at least one transform, got none");
		const odd = transforms.find((transform) => typeof transform !== "function");
		if (odd !== undefined) throw new TypeError(`[Compose] a transform must be a function, got ${describe(odd)}`);
		this.transforms = transforms;
	}

	override forward(image: Tensor): Tensor {
		return this.transforms.reduce((out, transform) => transform(out), image);
	}

	override toString(): string {
		const lines = this.transforms.map((transform) => `      ${nameOf(transform)}`);
		return ["Compose(", ...lines, ")"].join("\n");
	}
}

/** A function of one's own as a transform. It sees one image at a time. */
export class Lambda extends Transform {
	constructor(readonly lambd: ImageTransform) {
		super();
		if (typeof lambd !== "function") throw new TypeError(`[Lambda] expected a function, got ${describe(lambd)}`);
	}

	override forward(image: Tensor): Tensor {
		return this.lambd(image);
	}

	override extraRepr(): string {
		return nameOf(this.lambd);
	}
}

export function nameOf(transform: ImageTransform): string {
	if (transform instanceof Transform) return transform.toString();
	return transform.name === "" ? "(anonymous function)" : transform.name;
}
