import { anything, flag, nullable, perDimension, signature } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import {
	type FractionalMaxPoolOptions,
	fractionalMaxPool2d,
	fractionalMaxPool3d,
} from "../functional/fractionalPooling";
import type { WithIndices } from "../functional/maxPooling";
import type { PerDimension } from "../functional/spatial";
import { Module } from "./module";

type Arguments =
	| [kernelSize: PerDimension, options: FractionalMaxPoolOptions]
	| [options: FractionalMaxPoolOptions & { kernelSize: PerDimension }];

const isRatio = (value: unknown) => typeof value === "number" && value > 0 && value < 1;
const rules = (spatial: number) => ({
	kernelSize: perDimension(spatial, undefined, 1),
	outputSize: nullable(perDimension(spatial, undefined, 1)),
	outputRatio: nullable(
		anything<number | readonly number[]>(
			`a number between 0 and 1 or ${spatial} of them`,
			(value) => isRatio(value) || (Array.isArray(value) && value.length === spatial && value.every(isRatio)),
		),
	),
	returnIndices: flag(false),
	_randomSamples: nullable(anything<Tensor>("a tensor", (value) => typeof value === "object")),
});

type Given = ReturnType<ReturnType<typeof signature<ReturnType<typeof rules>>>>;

abstract class FractionalMaxPool extends Module {
	readonly kernelSize: PerDimension;
	readonly outputSize: PerDimension | null;
	readonly outputRatio: number | readonly number[] | null;
	readonly returnIndices: boolean;
	/** @internal Kept out of the state: numbers for tests, not a buffer that anything writes. */
	readonly _samples: () => Tensor | null;

	constructor(name: string, { kernelSize, outputSize, outputRatio, returnIndices, _randomSamples }: Given) {
		super();
		if ((outputSize === null) === (outputRatio === null)) {
			throw new TypeError(`[${name}] requires specifying either an output size, or a pooling ratio, and not both`);
		}
		this.kernelSize = kernelSize;
		this.outputSize = outputSize;
		this.outputRatio = outputRatio;
		this.returnIndices = returnIndices;
		this._samples = () => _randomSamples;
	}

	/** @internal */
	_options(): FractionalMaxPoolOptions {
		const { outputSize, outputRatio, returnIndices } = this;
		return { outputSize, outputRatio, returnIndices, _randomSamples: this._samples() };
	}
}

const arguments2d = signature("FractionalMaxPool2d", rules(2));

/** Maxima of windows at random steps (Graham, 2014), of `[N, C, H, W]` or `[C, H, W]`. */
export class FractionalMaxPool2d extends FractionalMaxPool {
	constructor(...args: Arguments) {
		super("FractionalMaxPool2d", arguments2d(args));
	}

	forward(input: Tensor): Tensor | WithIndices {
		return fractionalMaxPool2d(input, this.kernelSize, this._options());
	}
}

const arguments3d = signature("FractionalMaxPool3d", rules(3));

/** Maxima of windows at random steps (Graham, 2014), of `[N, C, D, H, W]` or `[C, D, H, W]`. */
export class FractionalMaxPool3d extends FractionalMaxPool {
	constructor(...args: Arguments) {
		super("FractionalMaxPool3d", arguments3d(args));
	}

	forward(input: Tensor): Tensor | WithIndices {
		return fractionalMaxPool3d(input, this.kernelSize, this._options());
	}
}
