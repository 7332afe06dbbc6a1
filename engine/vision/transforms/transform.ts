import { indented } from "../../core/pythonText";
import type { Tensor } from "../../core/tensor";
import { stack } from "../../ops/join";

/** Anything that makes one image of another: a function, or a `Transform`, which is one, too. */
export type ImageTransform = (image: Tensor) => Tensor;

export type Size = readonly [height: number, width: number];

/**
 * A change to an image, a tensor [C, H, W]. It is called: `const flipped = flip(image)`. For one of your own write a
 * function, or extend this class and implement `forward`.
 */
export interface Transform {
	(image: Tensor): Tensor;
}

/** What transforms of all kinds are: functions, with a text. */
export abstract class Called {
	constructor() {
		const self = (...args: unknown[]): unknown => (self as unknown as Called).forward(...args);
		Object.setPrototypeOf(self, new.target.prototype);
		// A function's own; they would hide a transform's.
		delete (self as { name?: unknown }).name;
		delete (self as { length?: unknown }).length;
		// biome-ignore lint/correctness/noConstructorReturn: a class whose instances can be called
		return self as unknown as Called;
	}

	abstract forward(...args: any[]): unknown;

	/** What stands between the parentheses in the text of the transform. */
	extraRepr(): string {
		return "";
	}

	toString(): string {
		const extra = this.extraRepr();
		const inside = extra.includes("\n") ? `\n  ${indented(extra, 2)}\n` : extra;
		return `${this.constructor.name}(${inside})`;
	}

	[Symbol.for("nodejs.util.inspect.custom")](): string {
		return this.toString();
	}
}

export abstract class Transform extends Called {
	abstract override forward(image: Tensor): Tensor;
}

/** A transform that does the same to every image, and so takes batches [N, C, H, W] (any leading dimensions) as well. */
export abstract class FixedTransform extends Transform {
	/** The size of what comes out, for an image of this size. */
	sizeAfter(size: Size): Size {
		return size;
	}

	/** The channels of what comes out, for an image of so many. */
	channelsAfter(channels: number): number {
		return channels;
	}
}

/**
 * A transform that draws numbers for each image, from the default generator and in torchvision's order. What was drawn is
 * kept apart from what is done with it, so that a batch can be drawn for image by image and changed as a whole.
 */
export abstract class RandomTransform<P> extends Transform {
	/** Draws for one image of this size and so many channels. */
	abstract draw(size: Size, channels: number): P;

	/** Whether images of one size stay so, and can be changed together. */
	get batches(): boolean {
		return true;
	}

	/** Changes a batch [N, C, H, W], every image by what was drawn for it. */
	abstract alter(images: Tensor, drawn: readonly P[]): Tensor;

	sizeAfter(size: Size): Size {
		return size;
	}

	/** One image, or a batch whose images are all changed alike. */
	override forward(image: Tensor): Tensor {
		const { shape } = image;
		const drawn = [this.draw(sizeOf(this, image), shape.at(-3)!)];
		const out = this.alter(image.reshape([1, -1, ...shape.slice(-2)]), drawn);
		return out.reshape([...shape.slice(0, -2), ...out.shape.slice(-2)]);
	}
}

/** Height and width of images [..., H, W]. */
export function sizeOf(transform: Transform, images: Tensor): Size {
	const { shape } = images;
	if (shape.length < 3) {
		throw new RangeError(
			`[${transform.constructor.name}] expected an image of the shape [..., C, H, W], got [${shape.join(", ")}]`,
		);
	}
	return [shape.at(-2)!, shape.at(-1)!];
}

/** Transforms that are all applied, one after another. */
export abstract class Sequence extends Transform {
	abstract readonly transforms: readonly ImageTransform[];
}

/**
 * Changes a batch of images [N, C, H, W] as if each had been changed alone, with the same random numbers in the same
 * order. Own functions see one image at a time, everything else is done to the whole batch.
 */
export function transformBatch(transform: ImageTransform, images: Tensor): Tensor {
	const steps = stepsOf(transform);
	if (steps === undefined) {
		return stack(
			Array.from({ length: images.size(0) }, (_, i) => transform(images.select(0, i))),
			0,
		);
	}
	const drawn = drawForAll(steps, images);
	let batch = images;
	for (const [i, step] of steps.entries()) {
		batch = step instanceof RandomTransform ? step.alter(batch, drawn[i]!) : step.forward(batch);
	}
	return batch;
}

type Step = FixedTransform | RandomTransform<unknown>;

/** The transform as a list of steps that take batches; undefined where one of them does not. */
function stepsOf(transform: ImageTransform): Step[] | undefined {
	if (transform instanceof FixedTransform) return [transform];
	if (transform instanceof RandomTransform) return transform.batches ? [transform] : undefined;
	if (!(transform instanceof Sequence)) return undefined;
	const steps: Step[] = [];
	for (const part of transform.transforms) {
		const own = stepsOf(part);
		if (own === undefined) return undefined;
		steps.push(...own);
	}
	return steps;
}

/** For every step what was drawn for each image; image after image, as a loader that takes them singly would. */
function drawForAll(steps: readonly Step[], images: Tensor): unknown[][] {
	const drawn: unknown[][] = steps.map(() => []);
	if (!steps.some((step) => step instanceof RandomTransform)) return drawn;
	let size = sizeOf(steps[0]!, images);
	let channels = images.size(-3);
	const before = steps.map((step) => {
		const own = { size, channels };
		size = step.sizeAfter(size);
		if (step instanceof FixedTransform) channels = step.channelsAfter(channels);
		return own;
	});
	for (let image = 0; image < images.size(0); image++) {
		for (const [i, step] of steps.entries()) {
			if (step instanceof RandomTransform) drawn[i]!.push(step.draw(before[i]!.size, before[i]!.channels));
		}
	}
	return drawn;
}
