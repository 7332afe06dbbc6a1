import { float } from "../../core/pythonText";
import { real, signature, size } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { type LocalResponseOptions, localResponseNorm } from "../functional/localResponse";
import { Module } from "./module";

const responseArguments = signature("LocalResponseNorm", {
	size: size(),
	alpha: real(1e-4),
	beta: real(0.75),
	k: real(1),
});

/**
 * x / (k + alpha · mean of the squares of `size` neighbouring channels)^beta (Krizhevsky et al., 2012).
 *
 * Shape: `[N, C, …]` to the same.
 */
export class LocalResponseNorm extends Module {
	readonly size: number;
	readonly alpha: number;
	readonly beta: number;
	readonly k: number;

	constructor(
		...args:
			| [size: number, options?: LocalResponseOptions]
			| [size: number, alpha: number, beta?: number, k?: number]
			| [options: LocalResponseOptions & { size: number }]
	) {
		super();
		const given = responseArguments(args);
		this.size = given.size;
		this.alpha = given.alpha;
		this.beta = given.beta;
		this.k = given.k;
	}

	forward(input: Tensor): Tensor {
		return localResponseNorm(input, this.size, this.alpha, this.beta, this.k);
	}

	override extraRepr(): string {
		return `${this.size}, alpha=${float(this.alpha)}, beta=${float(this.beta)}, k=${float(this.k)}`;
	}
}
