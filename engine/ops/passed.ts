import type { Derivative } from "../autograd/node";
import { record, tracked } from "../autograd/record";
import { native } from "../core/native";
import { type Tensor, wrap } from "../core/tensor";

/**
 * The gradient where `blocked` is false, 0 elsewhere, also where it is not finite. It is recorded as depending on `x`, by
 * which the places were chosen, with slope 0: the gradient of a gradient through relu is then 0, as it is in PyTorch, and not
 * an error.
 */
export function passed(grad: Tensor, blocked: Tensor, x: Tensor): Tensor {
	const out = wrap(native.clone(grad.handle));
	native.maskedFill_(out.handle, blocked.handle, 0);
	return tracked(grad, x) ? record(out, passedBackward, [grad, x], [blocked, x]) : out;
}

const passedBackward: Derivative = {
	name: "ThresholdBackwardBackward0",
	backward(node, grad) {
		const [blocked, x] = [node.saved(0), node.saved(1)];
		const zeros = () => wrap(native.full(x.shape, 0, x.dtype.code, x.handle));
		return [node.needs(0) ? passed(grad, blocked, x) : null, node.needs(1) ? zeros() : null];
	},
};
