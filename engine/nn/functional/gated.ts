import { quoted } from "../../core/signature";
import { Tensor } from "../../core/tensor";
import { sigmoid } from "../../ops";
import { silu } from "./activation";

export interface SwigluOptions {
	/** Steepness of Swish. Default 1. */
	beta?: number;
	/** The dimension that is halved. Default −1. */
	dim?: number;
}

/** Swish of the first half along `dim`, z₁ σ(β z₁), times the second half (Shazeer, 2020). */
export function swiglu(input: Tensor, options: SwigluOptions = {}): Tensor {
	const { beta = 1, dim = -1 } = options;
	if (!(input instanceof Tensor)) throw new TypeError(`[swiglu] input must be a tensor, got ${quoted(input)}`);
	const size = input.ndim === 0 ? 1 : input.size(dim);
	if (size % 2 !== 0)
		throw new RangeError(`[swiglu] halving dimension must be even, but dimension ${dim} is size ${size}`);
	const [gate, value] = input.chunk(2, dim) as [Tensor, Tensor];
	return (beta === 1 ? silu(gate) : gate.mul(sigmoid(gate.mul(beta)))).mul(value);
}
