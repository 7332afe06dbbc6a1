import type { Derivative } from "../../autograd/node";
import { inPlace, record, tracked } from "../../autograd/record";
import { defaultGenerator, type Generator } from "../../core/generator";
import { native } from "../../core/native";
import { quoted } from "../../core/signature";
import { type Tensor, wrap } from "../../core/tensor";
import { warn } from "../../core/warn";

/* Elements or channels set to 0 at random, the others scaled up so that the expectation stays. */

export interface DropoutOptions {
	/** Probability of an element to be zeroed. Default 0.5. */
	p?: number;
	/** Drop, or give back the input. Default true. */
	training?: boolean;
	/** Overwrite the input. Default false. */
	inplace?: boolean;
	/** Where the numbers come from. Default: the default generator. */
	generator?: Generator;
}

function checkP(op: string, p: number): void {
	if (!(typeof p === "number" && p >= 0 && p <= 1)) {
		throw new RangeError(`[${op}] dropout probability has to be between 0 and 1, but got ${quoted(p)}`);
	}
}

const maskBackward: Derivative = { name: "MulBackward0", backward: (node, grad) => [grad.mul(node.saved(0))] };

/** input · mask, the mask known to need no gradient. */
function masked(op: string, input: Tensor, mask: Tensor, inplace: boolean): Tensor {
	if (inplace) {
		const write = () => native.mul(input.handle, mask.handle, input.handle);
		return inPlace(op, input, [], write, maskBackward, () => [mask]);
	}
	const out = wrap(native.mul(input.handle, mask.handle));
	return tracked(input) ? record(out, maskBackward, [input], [mask]) : out;
}

/** Every element 0 with probability p, else divided by 1 − p. */
export function dropout(input: Tensor, options: number | DropoutOptions = {}, more: DropoutOptions = {}): Tensor {
	const { p = 0.5, training = true, inplace = false, generator } = together(options, more);
	checkP("dropout", p);
	if (p === 0 || !training || input.numel() === 0) return input;
	if (p === 1) return masked("dropout_", input, wrap(native.full([], 0, input.dtype.code, input.handle)), inplace);
	const [result, mask] = native.dropout(input.handle, p, (generator ?? defaultGenerator).handle);
	if (inplace) {
		const write = () => native.copy_(input.handle, result);
		return inPlace("dropout_", input, [], write, maskBackward, () => [wrap(mask)]);
	}
	const out = wrap(result);
	return tracked(input) ? record(out, maskBackward, [input], [wrap(mask)]) : out;
}

function together(options: number | DropoutOptions, more: DropoutOptions): DropoutOptions {
	return typeof options === "number" ? { ...more, p: options } : options;
}

/** One draw for each sample and channel. */
function channelNoise(input: Tensor, p: number, generator: Generator | undefined): Tensor {
	if (input.ndim < 2) throw new RangeError("[featureDropout] requires at least 2 dimensions in the input");
	const shape = input.shape.map((size, dim) => (dim < 2 ? size : 1));
	const noise = native.empty(shape, input.dtype.code, input.handle);
	native.bernoulli_(noise, (generator ?? defaultGenerator).handle, 1 - p, 0);
	return wrap(noise);
}

/** Whole channels `[N, C, …]` 0 with probability p, else divided by 1 − p. */
export function featureDropout(input: Tensor, options: DropoutOptions = {}): Tensor {
	const { p = 0.5, training = true, inplace = false, generator } = options;
	checkP("featureDropout", p);
	if (p === 0 || !training || input.numel() === 0) return input;
	if (p === 1)
		return masked("featureDropout_", input, wrap(native.full([], 0, input.dtype.code, input.handle)), inplace);
	const noise = channelNoise(input, p, generator);
	native.div(noise.handle, 1 - p, noise.handle);
	return masked("featureDropout_", input, noise, inplace);
}

/** `featureDropout` of a batch, or of one sample without its dimension. */
function dropChannels(op: string, input: Tensor, spatial: number, options: DropoutOptions): Tensor {
	checkP(op, options.p ?? 0.5);
	if (input.ndim === spatial + 1) return featureDropout(input.unsqueeze(0), options).squeeze(0);
	if (input.ndim !== spatial + 2) {
		const text = `expected ${spatial + 1}D or ${spatial + 2}D input (channels, ${spatial} spatial dimensions, with or without a batch dimension), but received a ${input.ndim}D input`;
		if (spatial === 1) throw new RangeError(`[${op}] ${text}`);
		// PyTorch still takes it.
		warn(`${op}: ${text}`);
	}
	return featureDropout(input, options);
}

/** Whole channels of `[N, C, L]` or `[C, L]` dropped. */
export function dropout1d(input: Tensor, options: DropoutOptions = {}): Tensor {
	return dropChannels("dropout1d", input, 1, options);
}

/** Whole channels of `[N, C, H, W]` dropped. */
export function dropout2d(input: Tensor, options: DropoutOptions = {}): Tensor {
	checkP("dropout2d", options.p ?? 0.5);
	return featureDropout(input, options);
}

/** Whole channels of `[N, C, D, H, W]` or `[C, D, H, W]` dropped. */
export function dropout3d(input: Tensor, options: DropoutOptions = {}): Tensor {
	return dropChannels("dropout3d", input, 3, options);
}

const seluLimit = 1.7580993408473766;

/** Elements set to SELU's limit with probability p, then scaled and moved so that mean and variance stay. */
export function alphaDropout(input: Tensor, options: DropoutOptions = {}): Tensor {
	return alpha("alphaDropout", input, options, (p, generator) => {
		// Laid out as the input, since numbers are drawn in the order of memory.
		const noise = native.clone(input.handle);
		native.bernoulli_(noise, (generator ?? defaultGenerator).handle, 1 - p, 0);
		return wrap(noise);
	});
}

/** `alphaDropout` of whole channels. */
export function featureAlphaDropout(input: Tensor, options: DropoutOptions = {}): Tensor {
	return alpha("featureAlphaDropout", input, options, (p, generator) => channelNoise(input, p, generator));
}

function alpha(
	op: string,
	input: Tensor,
	options: DropoutOptions,
	draw: (p: number, generator: Generator | undefined) => Tensor,
): Tensor {
	// Unlike the others these do nothing unless told that they train.
	const { p = 0.5, training = false, inplace = false, generator } = options;
	checkP(op, p);
	if (p === 0 || !training || input.numel() === 0) return input;
	if (p === 1) return masked(`${op}_`, input, wrap(native.full([], 0, input.dtype.code, input.handle)), inplace);
	const noise = draw(p, generator);
	const a = 1 / Math.sqrt((seluLimit * seluLimit * p + 1) * (1 - p));
	const shift = noise
		.sub(1)
		.mul(seluLimit * a)
		.add(seluLimit * a * p);
	const scale = noise.mul(a);
	return inplace ? input.mul_(scale).add_(shift) : input.mul(scale).add(shift);
}
