import type { Derivative, Node } from "../../autograd/node";
import { record, tracked } from "../../autograd/record";
import { shapeText } from "../../core/arguments";
import { autocastState } from "../../core/autocast";
import { gradMode } from "../../core/gradMode";
import { type Handle, native } from "../../core/native";
import { quoted } from "../../core/signature";
import { Tensor, wrap } from "../../core/tensor";
import { lowered, promotedOnCards } from "../../ops/castPolicy";

/**
 * x Wᵀ + b over the last dimension.
 *
 * @param input `[…, inFeatures]`
 * @param weight `[outFeatures, inFeatures]`
 * @param bias `[outFeatures]`, or null for none
 * @returns `[…, outFeatures]`
 */
export function linear(input: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
	if (autocastState.active) return lowered(linear, input, weight, bias);
	if (!(input instanceof Tensor)) throw new TypeError(`[linear] input must be a tensor, got ${quoted(input)}`);
	const out = wrap(native.linear(input.handle, weight.handle, bias === null ? null : bias.handle));
	if (!tracked(input, weight, bias)) return out;
	// The input is kept for the weight's gradient only.
	const saved = [weight.requiresGrad ? input : null, weight];
	return record(out, derivativeOf(out.ndim, bias !== null), [input, weight, bias], saved);
}

/** PyTorch shows the last of the operations that it takes. */
function derivativeOf(rank: number, bias: boolean): Derivative {
	if (rank === 2) return bias ? addmmBackward : mmBackward;
	return rank === 1 && !bias ? vectorBackward : linearBackward;
}

const linearBackward: Derivative = {
	name: "UnsafeViewBackward0",
	backward(node, grad) {
		const x = node.needs(1) ? node.saved(0) : null;
		const weight = node.needs(0) ? node.saved(1) : null;
		if (gradMode.enabled) return recorded(node, grad, x, weight);
		const shapeOfWeight = node.savedTensors[1]!;
		const [dx, dw, db] = native.linearBackward(
			grad.handle,
			x?.handle ?? standIn(grad, shapeOfWeight),
			shapeOfWeight.handle,
			weight !== null,
			x !== null,
			node.needs(2),
		);
		return [dx && wrap(dx), dw && wrap(dw), db && wrap(db)];
	},
};

const addmmBackward: Derivative = { ...linearBackward, name: "AddmmBackward0" };
const mmBackward: Derivative = { ...linearBackward, name: "MmBackward0" };
const vectorBackward: Derivative = { ...linearBackward, name: "SqueezeBackward4" };

/** A tensor of the input's shape, for an input that was not kept since its values are not asked for. */
function standIn(grad: Tensor, weight: Tensor): Handle {
	return native.expand(native.full([], 0, grad.dtype.code, grad.handle), [...grad.shape.slice(0, -1), weight.size(1)]);
}

function recorded(node: Node, grad: Tensor, x: Tensor | null, weight: Tensor | null) {
	const rows = (tensor: Tensor) => (tensor.ndim < 2 ? tensor.reshape(1, tensor.numel()) : tensor.flatten(0, -2));
	return [weight && grad.matmul(weight), x && rows(grad).t().matmul(rows(x)), node.needs(2) ? rows(grad).sum(0) : null];
}

/**
 * x₁ᵀ A x₂ + b for every output feature.
 *
 * @param input1 `[…, in1Features]`
 * @param input2 `[…, in2Features]`, like the first but for the last dimension
 * @param weight `[outFeatures, in1Features, in2Features]`
 */
export function bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
	if (autocastState.active) return promotedOnCards(bilinear, input1, input2, weight, bias);
	const lead = input1.shape.slice(0, -1);
	if (`${lead}` !== `${input2.shape.slice(0, -1)}`) {
		throw new RangeError(
			`[bilinear] the inputs must agree in all dimensions but the last, got ${shapeText(input1.shape)} and ${shapeText(input2.shape)}`,
		);
	}
	const [out, in1, in2] = weight.shape as [number, number, number];
	if (input1.size(-1) !== in1 || input2.size(-1) !== in2) {
		throw new RangeError(
			`[bilinear] a weight of shape ${shapeText(weight.shape)} takes inputs of ${in1} and ${in2} features, got ${shapeText(input1.shape)} and ${shapeText(input2.shape)}`,
		);
	}
	const a = input1.reshape(-1, in1);
	const b = input2.reshape(-1, in2);
	// [N, out, in2], then the inner product with the second input.
	const mixed = a.matmul(weight.permute(1, 0, 2).reshape(in1, out * in2)).view(-1, out, in2);
	const result = mixed
		.mul(b.unsqueeze(1))
		.sum(-1)
		.reshape([...lead, out]);
	return bias === null ? result : result.add(bias);
}
