import type { Derivative } from "../autograd/node";
import { record, tracked } from "../autograd/record";
import { describe } from "../core/arguments";
import { dtypeOf } from "../core/dtype";
import { native, type Operand } from "../core/native";
import { type Scalar, Tensor, wrap } from "../core/tensor";

/** What an operand was before broadcasting and promotion; null where it was like the result already. */
export type Broadcast = { shape: number[]; dtype: number } | null;

/** Asked while recording: what must be undone for this operand's gradient. */
export function broadcastOf(input: Tensor | Scalar, result: Tensor): Broadcast {
	if (!(input instanceof Tensor) || native.alike(input.handle, result.handle)) return null;
	return { shape: input.shape, dtype: input.dtype.code };
}

/** A result's gradient as an operand's: summed over what was broadcast, in the operand's dtype. */
export function unbroadcast(grad: Tensor, broadcast: Broadcast): Tensor {
	return broadcast === null ? grad : sumTo(grad, broadcast.shape, broadcast.dtype);
}

/** @internal A gradient summed over what broadcasting added to `like`. */
export function summedTo(grad: Tensor, like: Tensor): Tensor {
	return native.alike(grad.handle, like.handle) ? grad : sumTo(grad, like.shape, like.dtype.code);
}

function sumTo(x: Tensor, shape: number[], dtype: number): Tensor {
	const out = wrap(native.sumTo(x.handle, shape, dtype));
	return tracked(x) ? record(out, sumToBackward, [x], [], { shape: x.shape, dtype: x.dtype.code }) : out;
}

const sumToBackward: Derivative = {
	name: "SumToSizeBackward0",
	backward(node, grad) {
		const { shape, dtype } = node.attributes as { shape: number[]; dtype: number };
		return [grad.expand(shape).to(dtypeOf(dtype))];
	},
};

/** An argument as the addon takes it. */
export function operand(op: string, value: Tensor | Scalar): Operand {
	if (value instanceof Tensor) return value.handle;
	if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return value;
	throw new TypeError(`[${op}] expected a tensor or a number, got ${describe(value)}`);
}
