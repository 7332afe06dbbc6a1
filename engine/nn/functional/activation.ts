import type { Derivative } from "../../autograd/node";
import { inPlace, record, tracked } from "../../autograd/record";
import { autocastState } from "../../core/autocast";
import { defaultGenerator, type Generator } from "../../core/generator";
import { gradMode } from "../../core/gradMode";
import { type Handle, native } from "../../core/native";
import { quoted } from "../../core/signature";
import { Tensor, wrap } from "../../core/tensor";
import { cat } from "../../ops";
import { summedTo } from "../../ops/broadcast";
import { lowered, raisedOnCards } from "../../ops/castPolicy";
import { passed } from "../../ops/passed";
import type { SoftmaxArguments } from "../../ops/softmax";
import { swishOp } from "./swish";

/*
 * Activation functions beyond those that are tensor methods (relu, sigmoid, tanh, softmax). Each is a row: the addon's
 * kernel and its derivative kernel, and the same derivative in recorded operations for second derivatives.
 */

type Numbers = readonly number[];

interface Row {
	/** As PyTorch prints it, here and for the in-place form. */
	readonly node: string;
	readonly nodeInPlace?: string;
	/** Whether the in-place form has no derivative where its first number is negative, as in PyTorch. */
	readonly rising?: boolean;
	readonly kernel: (x: Handle, a: Numbers, out?: Handle) => Handle;
	readonly backward: (grad: Handle, x: Handle, a: Numbers) => Handle;
	/** g · f'(x), recorded. */
	readonly slope: (grad: Tensor, x: Tensor, a: Numbers) => Tensor;
}

type Activation = (x: Tensor, a: Numbers, inplace?: boolean) => Tensor;

function activation(name: string, row: Row): Activation {
	const derivative: Derivative = {
		name: `${row.node}Backward0`,
		backward(node, grad) {
			const x = node.saved(0);
			const a = node.attributes as Numbers;
			return [gradMode.enabled ? row.slope(grad, x, a) : wrap(row.backward(grad.handle, x.handle, a))];
		},
	};
	const inPlaceDerivative: Derivative = {
		name: `${row.nodeInPlace ?? `${row.node}Backward0`}`,
		backward(node, grad, grads) {
			if (row.rising && !((node.attributes as Numbers)[0]! >= 0)) {
				throw new Error(
					`[${name}_] in-place backward calculation is triggered with a negative slope which is not supported: call it out of place`,
				);
			}
			return derivative.backward(node, grad, grads);
		},
	};
	return (x, a, inplace = false) => {
		if (!(x instanceof Tensor)) throw new TypeError(`[${name}] input must be a tensor, got ${quoted(x)}`);
		if (inplace) {
			return inPlace(
				`${name}_`,
				x,
				[],
				() => row.kernel(x.handle, a, x.handle),
				inPlaceDerivative,
				() => [x.clone()],
				a,
			);
		}
		const out = wrap(row.kernel(x.handle, a));
		return tracked(x) ? record(out, derivative, [x], [x], a) : out;
	};
}

const leakyReluRow = activation("leakyRelu", {
	node: "LeakyRelu",
	nodeInPlace: "LeakyReluBackward1",
	rising: true,
	kernel: (x, [slope], out) => native.leakyRelu(x, slope!, out),
	backward: (g, x, [slope]) => native.leakyReluBackward(g, x, slope!),
	slope: (g, x, [slope]) => passed(g, x.gt(0).logicalNot(), x).add(passed(g, x.gt(0), x), { alpha: slope! }),
});

function eluRow(node: string): Activation {
	return activation(node.toLowerCase(), {
		node,
		nodeInPlace: `${node}Backward1`,
		rising: true,
		kernel: (x, [alpha, scale, inner], out) => native.elu(x, alpha!, scale!, inner!, out),
		backward: (g, x, [alpha, scale, inner]) => native.eluBackward(g, x, alpha!, scale!, inner!),
		slope(g, x, [alpha, scale, inner]) {
			// Beside the points where it counts the exponential is that of 0: no infinity or NaN comes in from there.
			const above = x.le(0).logicalNot();
			const below = x.maskedFill(above, 0).mul(inner!).exp();
			return passed(g, x.le(0), x)
				.mul(scale!)
				.add(passed(g, above, x).mul(below.mul(alpha! * scale! * inner!)));
		},
	});
}
const eluOp = eluRow("Elu");
const celuOp = eluRow("Celu");

const hardtanhOp = activation("hardtanh", {
	node: "Hardtanh",
	kernel: (x, [min, max], out) => native.hardtanh(x, min!, max!, out),
	backward: (g, x, [min, max]) => native.hardtanhBackward(g, x, min!, max!),
	slope: (g, x, [min, max]) => passed(g, x.le(min!).logicalOr(x.ge(max!)), x),
});

const hardsigmoidOp = activation("hardsigmoid", {
	node: "Hardsigmoid",
	kernel: (x, _, out) => native.hardsigmoid(x, out),
	backward: (g, x) => native.hardsigmoidBackward(g, x),
	slope: (g, x) => passed(g, x.gt(-3).logicalAnd(x.lt(3)).logicalNot(), x).mul(Math.fround(1 / 6)), // PyTorch's sixth
});

const hardswishOp = activation("hardswish", {
	node: "Hardswish",
	kernel: (x, _, out) => native.hardswish(x, out),
	backward: (g, x) => native.hardswishBackward(g, x),
	slope(g, x) {
		const inside = x.gt(-3).logicalAnd(x.lt(3));
		const outside = inside.logicalNot();
		const above = passed(g, x.le(-3).logicalOr(inside), x);
		return above.add(passed(g, outside, x).mul(x.maskedFill(outside, 0).div(3).add(0.5)));
	},
});

const siluOp = activation("silu", {
	node: "Silu",
	kernel: (x, _, out) => native.silu(x, out),
	backward: (g, x) => native.siluBackward(g, x),
	slope(g, x) {
		const s = x.sigmoid();
		return g.mul(s.mul(x.mul(s.neg().add(1)).add(1)));
	},
});

const mishOp = activation("mish", {
	node: "Mish",
	kernel: (x, _, out) => native.mish(x, out),
	backward: (g, x) => native.mishBackward(g, x),
	slope(g, x) {
		const t = softplus(x).tanh();
		return g.mul(t.add(x.mul(x.sigmoid()).mul(t.mul(t).neg().add(1))));
	},
});

const geluOp = activation("gelu", {
	node: "Gelu",
	kernel: (x, _, out) => native.gelu(x, out),
	backward: (g, x) => native.geluBackward(g, x),
	slope(g, x) {
		const cdf = x.mul(Math.SQRT1_2).erf().add(1).mul(0.5);
		const density = x
			.mul(x)
			.mul(-0.5)
			.exp()
			.mul(1 / Math.sqrt(2 * Math.PI));
		return g.mul(cdf.add(x.mul(density)));
	},
});

const geluTanhOp = activation("gelu", {
	node: "Gelu",
	kernel: (x, _, out) => native.geluTanh(x, out),
	backward: (g, x) => native.geluTanhBackward(g, x),
	slope(g, x) {
		const beta = Math.sqrt(2 / Math.PI);
		const kappa = 0.044715;
		const t = x.add(x.mul(x).mul(x), { alpha: kappa }).mul(beta).tanh();
		const inner = x
			.mul(x)
			.mul(3 * kappa)
			.add(1)
			.mul(beta);
		const right = x.mul(0.5).mul(t.mul(t).neg().add(1)).mul(inner);
		return g.mul(t.add(1).mul(0.5).add(right));
	},
});

const softplusOp = activation("softplus", {
	node: "Softplus",
	kernel: (x, [beta, threshold], out) => native.softplus(x, beta!, threshold!, out),
	backward: (g, x, [beta, threshold]) => native.softplusBackward(g, x, beta!, threshold!),
	slope(g, x, [beta, threshold]) {
		const scaled = x.mul(beta!);
		const linear = scaled.gt(threshold!);
		return passed(g, linear.logicalNot(), x).add(passed(g, linear, x).mul(scaled.sigmoid()));
	},
});

const logSigmoidOp = activation("logsigmoid", {
	node: "LogSigmoid",
	kernel: (x, _, out) => native.logSigmoid(x, out),
	backward: (g, x) => native.logSigmoidBackward(g, x),
	slope: (g, x) => g.mul(x.neg().sigmoid()),
});

const hardshrinkOp = activation("hardshrink", {
	node: "Hardshrink",
	kernel: (x, [lambda], out) => native.hardshrink(x, lambda!, out),
	backward: (g, x, [lambda]) => native.hardshrinkBackward(g, x, lambda!),
	slope: (g, x, [lambda]) => passed(g, x.abs().le(lambda!), x),
});

const softshrinkOp = activation("softshrink", {
	node: "Softshrink",
	kernel: (x, [lambda], out) => native.softshrink(x, lambda!, out),
	backward: (g, x, [lambda]) => native.softshrinkBackward(g, x, lambda!),
	slope: (g, x, [lambda]) => passed(g, x.abs().le(lambda!), x),
});

const thresholdOp = activation("threshold", {
	node: "Threshold",
	nodeInPlace: "ThresholdBackward1",
	kernel: (x, [threshold, value], out) => native.threshold(x, threshold!, value!, out),
	backward: (g, x, [threshold]) => native.thresholdBackward(g, x, threshold!),
	slope: (g, x, [threshold]) => passed(g, x.le(threshold!), x),
});

export interface InplaceOptions {
	/** Overwrite the input. Default false. */
	inplace?: boolean;
}

/** max(x, 0) */
export function relu(input: Tensor, options: InplaceOptions = {}): Tensor {
	return options.inplace ? input.relu_() : input.relu();
}

/** min(max(x, 0), 6) */
export function relu6(input: Tensor, options: InplaceOptions = {}): Tensor {
	return hardtanhOp(input, [0, 6], options.inplace);
}

/** x where x > 0, else negativeSlope · x (default 0.01) */
export function leakyRelu(
	input: Tensor,
	negativeSlope: number | (InplaceOptions & { negativeSlope?: number }) = {},
	options: InplaceOptions = {},
): Tensor {
	const given = typeof negativeSlope === "number" ? { negativeSlope, ...options } : negativeSlope;
	return leakyReluRow(input, [given.negativeSlope ?? 0.01], given.inplace);
}

/** x where x > 0, else alpha · (eˣ − 1) (alpha 1 by default) */
export function elu(input: Tensor, options: InplaceOptions & { alpha?: number } = {}): Tensor {
	return eluOp(input, [options.alpha ?? 1, 1, 1], options.inplace);
}

/** x where x > 0, else alpha · (e^(x / alpha) − 1) (alpha 1 by default) */
export function celu(input: Tensor, options: InplaceOptions & { alpha?: number } = {}): Tensor {
	const alpha = options.alpha ?? 1;
	if (alpha === 0) throw new RangeError("[celu] alpha cannot be 0");
	return celuOp(input, [alpha, 1, 1 / alpha], options.inplace);
}

/** The ELU whose networks keep mean 0 and variance 1 (Klambauer et al., 2017). */
export function selu(input: Tensor, options: InplaceOptions = {}): Tensor {
	return eluOp(input, [1.6732632423543772, 1.0507009873554805, 1], options.inplace);
}

/** x clamped to [minVal, maxVal] (−1 and 1 by default) */
export function hardtanh(input: Tensor, options: InplaceOptions & { minVal?: number; maxVal?: number } = {}): Tensor {
	const { minVal = -1, maxVal = 1, inplace } = options;
	if (minVal > maxVal) throw new RangeError(`[hardtanh] minVal must not exceed maxVal, got ${minVal} and ${maxVal}`);
	return hardtanhOp(input, [minVal, maxVal], inplace);
}

/** min(max(x + 3, 0), 6) / 6 */
export function hardsigmoid(input: Tensor, options: InplaceOptions = {}): Tensor {
	return hardsigmoidOp(input, [], options.inplace);
}

/** x · hardsigmoid(x) */
export function hardswish(input: Tensor, options: InplaceOptions = {}): Tensor {
	return hardswishOp(input, [], options.inplace);
}

/** x · sigmoid(x), also called swish */
export function silu(input: Tensor, options: InplaceOptions = {}): Tensor {
	return siluOp(input, [], options.inplace);
}

/** x · tanh(softplus(x)) */
export function mish(input: Tensor, options: InplaceOptions = {}): Tensor {
	return mishOp(input, [], options.inplace);
}

/** "none": x · Φ(x) itself; "tanh": by that formula; "sigmoid", which PyTorch has not: x · σ(1.702 x). */
export type GeluForm = "none" | "tanh" | "sigmoid";

/** x · Φ(x), Φ the normal distribution function, or an approximation (Hendrycks and Gimpel, 2016). */
export function gelu(input: Tensor, options: { approximate?: GeluForm } = {}): Tensor {
	const approximate = options.approximate ?? "none";
	if (approximate === "none") return geluOp(input, []);
	if (approximate === "tanh") return geluTanhOp(input, []);
	if (approximate === "sigmoid") return swishOp(1.702, input, null);
	throw new RangeError(`[gelu] approximate argument must be either none, tanh or sigmoid, got ${quoted(approximate)}`);
}

/** ln(1 + e^(beta·x)) / beta; x itself where beta·x exceeds the threshold (beta 1, threshold 20 by default) */
export function softplus(input: Tensor, options: { beta?: number; threshold?: number } = {}): Tensor {
	if (autocastState.active) return raisedOnCards(softplus, input, options);
	return softplusOp(input, [options.beta ?? 1, options.threshold ?? 20]);
}

/** ln sigmoid(x) */
export function logsigmoid(input: Tensor): Tensor {
	return logSigmoidOp(input, []);
}

/** x / (1 + |x|) */
export function softsign(input: Tensor): Tensor {
	return input.div(input.abs().add(1));
}

/** x − tanh x */
export function tanhshrink(input: Tensor): Tensor {
	return input.sub(input.tanh());
}

/** x where |x| > lambd (0.5 by default), else 0 */
export function hardshrink(input: Tensor, options: number | { lambd?: number } = {}): Tensor {
	return hardshrinkOp(input, [(typeof options === "number" ? options : options.lambd) ?? 0.5]);
}

/** x − lambd above lambd, x + lambd below −lambd (0.5 by default), else 0 */
export function softshrink(input: Tensor, options: number | { lambd?: number } = {}): Tensor {
	const lambd = (typeof options === "number" ? options : options.lambd) ?? 0.5;
	if (!(lambd >= 0)) throw new RangeError(`[softshrink] lambd must be at least 0, got ${lambd}`);
	return softshrinkOp(input, [lambd]);
}

/** x where x > threshold, else `value` */
export function threshold(input: Tensor, threshold: number, value: number, options: InplaceOptions = {}): Tensor {
	return thresholdOp(input, [threshold, value], options.inplace);
}

/**
 * x where x > 0, else weight · x; `weight` has one element, or one for each channel (dimension 1).
 */
export function prelu(input: Tensor, weight: Tensor): Tensor {
	if (autocastState.active) return lowered(prelu, input, weight);
	const count = weight.numel();
	if (count !== 1) {
		const channels = input.ndim >= 2 ? input.size(1) : 1;
		if (input.ndim === 0) throw new RangeError("[prelu] not allow zero-dim input tensor");
		if (channels !== count) {
			throw new RangeError(
				`[prelu] mismatch of parameter numbers and input channel size: found ${count} weights and ${channels} channels`,
			);
		}
	}
	const shape = input.ndim < 2 ? [count] : [count, ...new Array<number>(input.ndim - 2).fill(1)];
	const w = input.ndim === 0 ? weight.reshape([]) : weight.reshape(shape);
	const out = wrap(native.where(native.gt(input.handle, 0), input.handle, native.mul(input.handle, w.handle)));
	return tracked(input, weight) ? record(out, preluBackward, [input, w], [input, w]) : out;
}

const preluBackward: Derivative = {
	name: "PreluKernelBackward0",
	backward(node, grad) {
		const x = node.saved(0);
		const w = node.saved(1);
		const positive = x.gt(0);
		const below = passed(grad, positive, x);
		return [
			node.needs(0) ? passed(grad, positive.logicalNot(), x).add(below.mul(w)) : null,
			node.needs(1) ? summedTo(below.mul(x), w) : null,
		];
	},
};

export interface RReluOptions extends InplaceOptions {
	/** Default 1/8. */
	lower?: number;
	/** Default 1/3. */
	upper?: number;
	/** Draw the slopes (else their mean is taken). Default false. */
	training?: boolean;
	generator?: Generator;
}

/** x where x ≥ 0, else a·x with a slope drawn from U(lower, upper) for every element; its mean in evaluation. */
export function rrelu(input: Tensor, options: RReluOptions = {}): Tensor {
	const { lower = 1 / 8, upper = 1 / 3, training = false, inplace = false, generator } = options;
	if (!(lower <= upper)) {
		throw new RangeError(
			`[rrelu] lower bound should be less than or equal to the upper bound, got ${lower} and ${upper}`,
		);
	}
	const noise = training ? slopes(input, lower, upper, generator ?? defaultGenerator) : evalSlopes(input, lower, upper);
	if (inplace) {
		const write = () => native.mul(input.handle, noise.handle, input.handle);
		return inPlace("rrelu_", input, [], write, { ...rreluBackward, name: "RreluWithNoiseBackward1" }, () => [noise]);
	}
	const out = wrap(native.mul(input.handle, noise.handle));
	return tracked(input) ? record(out, rreluBackward, [input], [noise]) : out;
}

const rreluBackward: Derivative = {
	name: "RreluWithNoiseBackward0",
	backward: (node, grad) => [grad.mul(node.saved(0))],
};

/** One double for every element that is not positive, in their order, as PyTorch draws them. */
function slopes(input: Tensor, lower: number, upper: number, generator: Generator): Tensor {
	const noise = native.full(input.shape, 1, input.dtype.code, input.handle);
	const mask = native.le(input.handle, 0);
	const count = native.item(native.sum(mask, null, false, -1));
	const drawn = native.empty([count], 7, input.handle);
	native.uniform_(drawn, generator.handle, lower, upper);
	native.indexPut_(noise, [mask], native.to(drawn, input.dtype.code), false);
	return wrap(noise);
}

function evalSlopes(input: Tensor, lower: number, upper: number): Tensor {
	const slope = native.full([], (lower + upper) / 2, input.dtype.code, input.handle);
	return wrap(native.where(native.gt(input.handle, 0), native.full([], 1, input.dtype.code, input.handle), slope));
}

/** The first half along `dim` (−1 by default) times the sigmoid of the second. */
export function glu(input: Tensor, options: number | { dim?: number } = {}): Tensor {
	const dim = (typeof options === "number" ? options : options.dim) ?? -1;
	if (input.ndim === 0) throw new RangeError("[glu] does not support 0-dimensional tensors");
	const size = input.size(dim);
	if (size % 2 !== 0) {
		throw new RangeError(`[glu] halving dimension must be even, but dimension ${dim} is size ${size}`);
	}
	const half = (tensor: Tensor, start: number) => tensor.narrow(dim, start, size / 2);
	const out = wrap(
		native.mul(
			native.slice(input.handle, dim, 0, size / 2, 1),
			native.sigmoid(native.slice(input.handle, dim, size / 2, size, 1)),
		),
	);
	if (!tracked(input)) return out;
	return record(
		out,
		{
			name: "GluBackward0",
			backward(node, grad) {
				const x = node.saved(0);
				const a = half(x, 0);
				const s = half(x, size / 2).sigmoid();
				const gate = grad.mul(a).mul(s.mul(s.neg().add(1)));
				return [cat([grad.mul(s), gate], dim)];
			},
		},
		[input],
		[input],
	);
}

/** softmax(−x) */
export function softmin(input: Tensor, ...args: SoftmaxArguments): Tensor {
	return input.neg().softmax(...args);
}

export interface GumbelSoftmaxOptions {
	/** Temperature. Default 1. */
	tau?: number;
	/** One-hot results, with the gradient of the soft ones. Default false. */
	hard?: boolean;
	/** Default −1. */
	dim?: number;
}

/** A sample of the Gumbel-softmax distribution (Jang et al., 2017). */
export function gumbelSoftmax(logits: Tensor, options: GumbelSoftmaxOptions = {}): Tensor {
	const { tau = 1, hard = false, dim = -1 } = options;
	const drawn = wrap(native.empty(logits.shape, logits.dtype.code, logits.handle));
	native.exponential_(drawn.handle, defaultGenerator.handle, 1, 0);
	const soft = logits.add(drawn.log().neg()).div(tau).softmax(dim);
	if (!hard) return soft;
	const index = native.argmax(soft.handle, dim, true);
	const oneHot = native.full(logits.shape, 0, logits.dtype.code, logits.handle);
	native.scatter_(oneHot, dim, index, 1);
	return wrap(oneHot).sub(soft.detach()).add(soft);
}
