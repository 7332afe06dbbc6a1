import { float, number } from "../../core/pythonText";
import { flag, integer, real, signature } from "../../core/signature";
import { Tensor } from "../../core/tensor";
import { type FactoryOptions, factory, newParameter } from "../factory";
import { reluSquared, type SwigluOptions, swiglu, swish } from "../functional/gated";
import { constant_ } from "../init";
import type { Parameter } from "../parameter";
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

export interface SwishOptions extends FactoryOptions {
	/** The steepness, to begin with. Default 1. */
	beta?: number;
	/** Learn it. Default true. */
	learnable?: boolean;
}

const swishArguments = signature("Swish", { beta: real(1), learnable: flag(true), ...factory });

/**
 * x σ(β x), where β is one number that is learned, or fixed (Ramachandran et al., 2017). PyTorch has it for β = 1 only, as
 * SiLU. Key: `beta`.
 *
 * Shape: any.
 */
export class Swish extends Module {
	beta: Parameter | number;

	constructor(options?: SwishOptions);
	constructor(beta: number, options?: Omit<SwishOptions, "beta">);
	constructor(...args: unknown[]) {
		super();
		const { beta, learnable, ...tensor } = swishArguments(args);
		this.beta = learnable ? newParameter("Swish", [], tensor) : beta;
		if (this.beta instanceof Tensor) constant_(this.beta, beta);
	}

	forward(input: Tensor): Tensor {
		return swish(input, { beta: this.beta });
	}

	override extraRepr(): string {
		return this.beta instanceof Tensor ? "learnable=True" : `beta=${float(this.beta)}`;
	}
}

/** max(x, 0)² (So et al., 2021). Not in PyTorch. */
export class ReLUSquared extends Module {
	forward(input: Tensor): Tensor {
		return reluSquared(input);
	}
}
