import type { Derivative } from "../../autograd/node";
import { record, tracked } from "../../autograd/record";
import { native } from "../../core/native";
import { type Tensor, wrap } from "../../core/tensor";

/*
 * Convolution, the gradient of its input (the transposed convolution) and that of its weight. Each is linear in both of its
 * tensors, and the derivative of each is written in the two others, so derivatives of any order follow.
 */

/** One number for each spatial dimension. */
export interface ConvGeometry {
	stride: number[];
	padding: number[];
	dilation: number[];
	groups: number;
}

interface Attributes extends ConvGeometry {
	/** Spatial size of the input, and of the kernel. */
	size: number[];
	kernel: number[];
}

function record2(
	out: Tensor,
	derivative: Derivative,
	a: Tensor,
	b: Tensor,
	bias: Tensor | null,
	attributes: Attributes,
): Tensor {
	if (!tracked(a, b, bias)) return out;
	// Each of the two is kept for the other's gradient.
	const saved = [b.requiresGrad ? a : null, a.requiresGrad ? b : null];
	return record(out, derivative, [a, b, bias], saved, attributes);
}

function attributesOf(geometry: ConvGeometry, x: readonly number[], weight: readonly number[]): Attributes {
	return { ...geometry, size: x.slice(2), kernel: weight.slice(2) };
}

/** Sums over batch and space: a bias's gradient. */
function sumOfChannels(grad: Tensor): Tensor {
	return grad.sum(grad.shape.flatMap((_, dim) => (dim === 1 ? [] : [dim])));
}

/** `[N, F, …]` of an input `[N, C, …]` and a weight `[F, C / groups, …]`. */
export function convolve(x: Tensor, weight: Tensor, bias: Tensor | null, geometry: ConvGeometry): Tensor {
	const { stride, padding, dilation, groups } = geometry;
	const out = wrap(native.conv(x.handle, weight.handle, bias?.handle ?? null, stride, padding, dilation, groups));
	return record2(out, convolutionBackward, x, weight, bias, attributesOf(geometry, x.shape, weight.shape));
}

const convolutionBackward: Derivative = {
	name: "ConvolutionBackward0",
	backward(node, grad) {
		const attributes = node.attributes as Attributes;
		return [
			node.needs(0) ? inputOf(grad, node.saved(1), null, attributes) : null,
			node.needs(1) ? weightOf(grad, node.saved(0), attributes) : null,
			node.needs(2) ? sumOfChannels(grad) : null,
		];
	},
};

/** The input `[N, C, …size]` that belongs to a result `[N, F, …]`: what convolution's derivative gives. */
export function transposedConvolve(
	y: Tensor,
	weight: Tensor,
	bias: Tensor | null,
	geometry: ConvGeometry,
	size: number[],
): Tensor {
	return inputOf(y, weight, bias, { ...geometry, size, kernel: weight.shape.slice(2) });
}

function inputOf(y: Tensor, weight: Tensor, bias: Tensor | null, attributes: Attributes): Tensor {
	const { size, stride, padding, dilation, groups } = attributes;
	const offset = bias?.handle ?? null;
	const out = wrap(native.convInput(y.handle, weight.handle, offset, size, stride, padding, dilation, groups));
	return record2(out, inputBackward, y, weight, bias, attributes);
}

const inputBackward: Derivative = {
	name: "ConvolutionBackward0",
	backward(node, grad) {
		const attributes = node.attributes as Attributes;
		return [
			node.needs(0) ? convolve(grad, node.saved(1), null, attributes) : null,
			node.needs(1) ? weightOf(node.saved(0), grad, attributes) : null,
			node.needs(2) ? sumOfChannels(grad) : null,
		];
	},
};

function weightOf(y: Tensor, x: Tensor, attributes: Attributes): Tensor {
	const { kernel, stride, padding, dilation, groups } = attributes;
	const out = wrap(native.convWeight(y.handle, x.handle, kernel, stride, padding, dilation, groups));
	return record2(out, weightBackward, y, x, null, attributes);
}

const weightBackward: Derivative = {
	name: "ConvolutionBackwardBackward0",
	backward(node, grad) {
		const attributes = node.attributes as Attributes;
		return [
			node.needs(0) ? convolve(node.saved(1), grad, null, attributes) : null,
			node.needs(1) ? inputOf(node.saved(0), grad, null, attributes) : null,
		];
	},
};
