import { number } from "../../core/pythonText";
import { integer, real, signature } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { type SwigluOptions, swiglu } from "../functional/gated";
import { Module } from "./module";

const swigluArguments = signature("SwiGLU", { beta: real(1), dim: integer(-1) });

/**
 * Swish of the first half along `dim`, z₁ σ(β z₁), times the second half (Shazeer, 2020). As the activation of a
 * transformer layer it halves a first linear layer that is made twice as wide.
 *
 * Shape: `[…, 2 n]` to `[…, n]`.
 */
export class SwiGLU extends Module {
	readonly beta: number;
	readonly dim: number;

	constructor(options?: SwigluOptions);
	constructor(...args: unknown[]) {
		super();
		const { beta, dim } = swigluArguments(args);
		this.beta = beta;
		this.dim = dim;
	}

	forward(input: Tensor): Tensor {
		return swiglu(input, this);
	}

	override extraRepr(): string {
		return `beta=${number(this.beta)}, dim=${this.dim}`;
	}
}
