import { quoted } from "../../core/signature";
import { Tensor } from "../../core/tensor";
import { composite } from "../../ops/composite";
import { silu } from "./activation";
import { swishOp } from "./swish";

/* Activations that PyTorch has no function for: x times a gate, and the square of ReLU. */

function checkTensor(op: string, input: unknown): asserts input is Tensor {
	if (!(input instanceof Tensor)) throw new TypeError(`[${op}] input must be a tensor, got ${quoted(input)}`);
}

/**
 * x σ(β x) (Ramachandran et al., 2017). β = 1 is SiLU, 1.702 comes close to GELU; a tensor that broadcasts against the
 * input can be learned.
 */
export function swish(input: Tensor, options: { /** Default 1. */ beta?: number | Tensor } = {}): Tensor {
	const { beta = 1 } = options;
	checkTensor("swish", input);
	if (beta instanceof Tensor) return swishOp(null, input, beta);
	if (typeof beta !== "number") throw new TypeError(`[swish] beta must be a number or a tensor, got ${quoted(beta)}`);
	return beta === 1 ? silu(input) : swishOp(beta, input, null);
}

const squaredOp = composite(
	"ReluSquaredBackward0",
	(_: null, x: Tensor) => x.relu().square(),
	(node, grad) => [grad.mul(node.saved(0).relu().mul(2))],
);

/** max(x, 0)² (So et al., 2021) */
export function reluSquared(input: Tensor): Tensor {
	checkTensor("reluSquared", input);
	return squaredOp(null, input);
}

export interface SwigluOptions {
	/** Steepness of Swish. Default 1. */
	beta?: number;
	/** The dimension that is halved. Default −1. */
	dim?: number;
}

/** Swish of the first half along `dim`, z₁ σ(β z₁), times the second half (Shazeer, 2020). */
export function swiglu(input: Tensor, options: SwigluOptions = {}): Tensor {
	const { beta = 1, dim = -1 } = options;
	checkTensor("swiglu", input);
	const size = input.ndim === 0 ? 1 : input.size(dim);
	if (size % 2 !== 0)
		throw new RangeError(`[swiglu] halving dimension must be even, but dimension ${dim} is size ${size}`);
	const [gate, value] = input.chunk(2, dim) as [Tensor, Tensor];
	return swish(gate, { beta }).mul(value);
}
