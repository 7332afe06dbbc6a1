import { float, number } from "../../core/pythonText";
import { real, signature, size } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { type LocalResponseOptions, localResponseNorm } from "../functional/localResponse";
import { pad } from "../functional/pad";
import { Module } from "./module";

/** What both norms take. */
type ResponseArguments =
	| [size: number, options?: LocalResponseOptions]
	| [size: number, alpha: number, beta?: number, k?: number]
	| [options: LocalResponseOptions & { size: number }];

const parameters = { size: size(), alpha: real(1e-4), beta: real(0.75), k: real(1) };
const responseArguments = signature("LocalResponseNorm", parameters);
const crossMapArguments = signature("CrossMapLRN2d", parameters);

abstract class ResponseNorm extends Module {
	readonly size: number;
	readonly alpha: number;
	readonly beta: number;
	readonly k: number;

	constructor(given: { size: number; alpha: number; beta: number; k: number }) {
		super();
		this.size = given.size;
		this.alpha = given.alpha;
		this.beta = given.beta;
		this.k = given.k;
	}
}

/**
 * x / (k + alpha · mean of the squares of `size` neighbouring channels)^beta (Krizhevsky et al., 2012).
 *
 * Shape: `[N, C, …]` to the same.
 */
export class LocalResponseNorm extends ResponseNorm {
	constructor(...args: ResponseArguments) {
		super(responseArguments(args));
	}

	forward(input: Tensor): Tensor {
		return localResponseNorm(input, this.size, this.alpha, this.beta, this.k);
	}

	override extraRepr(): string {
		return `${this.size}, alpha=${float(this.alpha)}, beta=${float(this.beta)}, k=${float(this.k)}`;
	}
}

/**
 * x · (k + alpha / size · sum of the squares of `size` neighbouring channels)^−beta, of images: what `LocalResponseNorm` was
 * before. An even `size` counts one channel less. PyTorch's own sums never let go of the first channel, and its derivative
 * looks one channel too far back; this is the formula and its derivative.
 *
 * Shape: `[N, C, H, W]` to the same.
 */
export class CrossMapLRN2d extends ResponseNorm {
	constructor(...args: ResponseArguments) {
		super(crossMapArguments(args));
	}

	forward(input: Tensor): Tensor {
		if (input.ndim !== 4) {
			throw new RangeError(`[CrossMapLRN2d] Expected input to be 4D, got ${input.ndim}D instead.`);
		}
		const reach = Math.trunc((this.size - 1) / 2);
		const squares = pad(input.square(), [0, 0, 0, 0, reach, reach]);
		let sums = squares.narrow(1, 0, input.size(1));
		for (let i = 1; i <= 2 * reach; i++) sums = sums.add(squares.narrow(1, i, input.size(1)));
		return input.mul(
			sums
				.mul(this.alpha / this.size)
				.add(this.k)
				.pow(-this.beta),
		);
	}

	override extraRepr(): string {
		return `${this.size}, alpha=${number(this.alpha)}, beta=${number(this.beta)}, k=${number(this.k)}`;
	}
}
