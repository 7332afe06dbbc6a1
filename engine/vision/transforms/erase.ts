import { boolean, float, tuple } from "../../core/pythonText";
import { anything, flag, signature } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { empty, tensor } from "../../ops/create";
import { rand, randint } from "../../ops/random";
import { probability, range } from "./arguments";
import { roundHalfToEven } from "./numbers";
import { drawRegion } from "./resize";
import { RandomTransform, type Size } from "./transform";

export interface RandomErasingOptions {
	/** Probability. Default: 0.5. */
	p?: number;
	/** Share of the image's area. Default: [0.02, 0.33]. */
	scale?: readonly [number, number];
	/** Height / width of the rectangle. Default: [0.3, 3.3]. */
	ratio?: readonly [number, number];
	/** A value, one for each channel, or "random" for standard normal noise. Default: 0. */
	value?: number | readonly number[] | "random";
	/** Change the image itself. Default: false. */
	inplace?: boolean;
}

const erasingArguments = signature("RandomErasing", {
	p: probability(0.5),
	scale: range([0.02, 0.33]),
	ratio: range([0.3, 3.3]),
	value: anything<number | readonly number[] | "random">(
		'a number, one for each channel, or "random"',
		(value) => typeof value === "number" || value === "random" || Array.isArray(value),
		0,
	),
	inplace: flag(false),
});

interface Erased {
	top: number;
	left: number;
	/** [C or 1, h or 1, w or 1] */
	value: Tensor;
	height: number;
	width: number;
}

/** Overwrites a rectangle of random size and place, with probability `p`. */
export class RandomErasing extends RandomTransform<Erased | null> {
	readonly p: number;
	readonly scale: readonly [number, number];
	readonly ratio: readonly [number, number];
	/** null: noise */
	readonly value: readonly number[] | null;
	readonly inplace: boolean;

	constructor(options?: RandomErasingOptions);
	constructor(p: number, options?: Omit<RandomErasingOptions, "p">);
	constructor(...args: unknown[]) {
		super();
		const { p, scale, ratio, value, inplace } = erasingArguments(args);
		if (scale[0] < 0 || scale[1] > 1) {
			throw new RangeError(`[RandomErasing] scale should be between 0 and 1, got [${scale.join(", ")}]`);
		}
		this.p = p;
		this.scale = scale;
		this.ratio = ratio;
		this.value = value === "random" ? null : typeof value === "number" ? [value] : value;
		this.inplace = inplace;
	}

	override draw([height, width]: Size, channels: number): Erased | null {
		if (this.value !== null && this.value.length !== 1 && this.value.length !== channels) {
			throw new RangeError(`[RandomErasing] value should have 1 or ${channels} entries, got ${this.value.length}`);
		}
		if (rand(1).item() >= Math.fround(this.p)) return null;
		for (let attempt = 0; attempt < 10; attempt++) {
			const [area, aspect] = drawRegion(height * width, this.scale, this.ratio);
			const [h, w] = [roundHalfToEven(Math.sqrt(area * aspect)), roundHalfToEven(Math.sqrt(area / aspect))];
			if (!(h < height && w < width)) continue;
			const value = this.value === null ? empty(channels, h, w).normal_() : tensor([...this.value]).reshape([-1, 1, 1]);
			const top = randint(0, height - h + 1, [1]).item();
			return { top, left: randint(0, width - w + 1, [1]).item(), value, height: h, width: w };
		}
		return null;
	}

	override alter(images: Tensor, drawn: readonly (Erased | null)[]): Tensor {
		const out = this.inplace ? images : images.clone();
		drawn.forEach((each, i) => {
			if (each === null) return;
			out.select(0, i).narrow(-2, each.top, each.height).narrow(-1, each.left, each.width).copy_(each.value);
		});
		return out;
	}

	override extraRepr(): string {
		return [
			`p=${float(this.p)}`,
			`scale=${tuple(this.scale, float)}`,
			`ratio=${tuple(this.ratio, float)}`,
			...(this.value ? [`value=[${this.value.map(float).join(", ")}]`] : []),
			`inplace=${boolean(this.inplace)}`,
		].join(", ");
	}
}
