import type { Tensor } from "../../core/tensor";
import { sigmoid } from "../../ops";
import { composite } from "../../ops/composite";

/** x σ(β x), of a number β or of one that is learned. */
export const swishOp = composite("SwishBackward0", (beta: number | null, x: Tensor, learned: Tensor | null) =>
	x.mul(sigmoid(x.mul(learned ?? beta!))),
);
