import type { Tensor } from "../../core/tensor";
import { celu, elu, hardtanh, leakyRelu, relu, rrelu, selu, threshold } from "./activation";

/* Activations that write into their input, by PyTorch's names. */

type Rest<F> = F extends (input: Tensor, ...args: infer A) => unknown ? A : never;

/** As `relu`, in place. */
export const relu_ = (input: Tensor): Tensor => relu(input, { inplace: true });
/** As `selu`, in place. */
export const selu_ = (input: Tensor): Tensor => selu(input, { inplace: true });
/** As `elu`, in place. */
export const elu_ = (input: Tensor, options: Rest<typeof elu>[0] = {}): Tensor =>
	elu(input, { ...options, inplace: true });
/** As `celu`, in place. */
export const celu_ = (input: Tensor, options: Rest<typeof celu>[0] = {}): Tensor =>
	celu(input, { ...options, inplace: true });
/** As `hardtanh`, in place. */
export const hardtanh_ = (input: Tensor, options: Rest<typeof hardtanh>[0] = {}): Tensor =>
	hardtanh(input, { ...options, inplace: true });
/** As `rrelu`, in place. */
export const rrelu_ = (input: Tensor, options: Rest<typeof rrelu>[0] = {}): Tensor =>
	rrelu(input, { ...options, inplace: true });
/** As `leakyRelu`, in place. */
export const leakyRelu_ = (input: Tensor, negativeSlope: number | { negativeSlope?: number } = {}): Tensor =>
	leakyRelu(input, typeof negativeSlope === "number" ? negativeSlope : (negativeSlope.negativeSlope ?? 0.01), {
		inplace: true,
	});
/** As `threshold`, in place. */
export const threshold_ = (input: Tensor, limit: number, value: number): Tensor =>
	threshold(input, limit, value, { inplace: true });
