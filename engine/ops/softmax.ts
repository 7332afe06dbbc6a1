import type { Derivative } from "../autograd/node";
import { record, tracked } from "../autograd/record";
import { bind, integer, wrapDim } from "../core/arguments";
import { autocastState } from "../core/autocast";
import type { DType } from "../core/dtype";
import { native } from "../core/native";
import { type Tensor, wrap } from "../core/tensor";
import { raisedOnCards } from "./castPolicy";
import { cast } from "./copy";
import { asMethods } from "./methods";

/* Softmax and its logarithm along one dimension, with fused derivatives. */

export type SoftmaxArguments = [dim: number, options?: { dtype?: DType }] | [options: { dim: number; dtype?: DType }];

function parse(op: string, x: Tensor, args: readonly unknown[]): { source: Tensor; dim: number } {
	const { dim, dtype } = bind<{ dim: number; dtype: DType }>(op, args, ["dim"], ["dtype"]);
	return { source: dtype ? cast(x, dtype) : x, dim: wrapDim(op, integer(op, "dim", dim), x.ndim) };
}

/** exp(x) / Σ exp(x) along `dim`, without overflow. */
export function softmax(x: Tensor, ...args: SoftmaxArguments): Tensor {
	if (autocastState.active) return raisedOnCards(softmax, x, ...args);
	const { source, dim } = parse("softmax", x, args);
	const out = wrap(native.softmax(source.handle, dim));
	return tracked(source) ? record(out, softmaxBackward, [source], [out], dim) : out;
}

const softmaxBackward: Derivative = {
	name: "SoftmaxBackward0",
	backward(node, grad) {
		const result = node.saved(0);
		const dim = node.attributes as number;
		if (!tracked(grad, result)) return [wrap(native.softmaxBackward(grad.handle, result.handle, dim))];
		const product = grad.mul(result);
		return [product.sub(result.mul(result.ndim === 0 ? product : product.sum(dim, true)))];
	},
};

/** ln softmax(x) along `dim`, exact where softmax would round to 0. */
export function logSoftmax(x: Tensor, ...args: SoftmaxArguments): Tensor {
	if (autocastState.active) return raisedOnCards(logSoftmax, x, ...args);
	const { source, dim } = parse("logSoftmax", x, args);
	const out = wrap(native.logSoftmax(source.handle, dim));
	return tracked(source) ? record(out, logSoftmaxBackward, [source], [out], dim) : out;
}

const logSoftmaxBackward: Derivative = {
	name: "LogSoftmaxBackward0",
	backward(node, grad) {
		const result = node.saved(0);
		const dim = node.attributes as number;
		if (!tracked(grad, result)) return [wrap(native.logSoftmaxBackward(grad.handle, result.handle, dim))];
		return [grad.sub(result.exp().mul(result.ndim === 0 ? grad : grad.sum(dim, true)))];
	},
};

declare module "../core/tensor" {
	interface Tensor {
		/** exp(x) / Σ exp(x) along `dim`, without overflow. */
		softmax(...args: SoftmaxArguments): Tensor;
		/** ln softmax(x) along `dim`, exact where softmax would round to 0. */
		logSoftmax(...args: SoftmaxArguments): Tensor;
	}
}

asMethods({ softmax, logSoftmax });
