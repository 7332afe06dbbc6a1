import type { Derivative } from "../../autograd/node";
import { record, tracked } from "../../autograd/record";
import { gradMode, noGrad } from "../../core/gradMode";
import { quoted } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { gradientsOf } from "../../ops/composite";
import { finfoEps } from "./precision";

/*
 * Normalisations. All but RMSNorm are one thing: subtract the mean and divide by the standard deviation (biased, with eps
 * under the root) over some dimensions of a view of the input, then scale and shift. They differ in the view.
 */

interface Standard {
	/** How the input is seen while statistics are taken, and over which dimensions of that. */
	view: number[];
	dims: number[];
	/** How weight and bias are seen beside the input. */
	affine: number[];
	eps: number;
}

interface Kept extends Standard {
	mean: Tensor;
	inverse: Tensor;
}

function formula({ view, dims, affine, eps }: Standard, x: Tensor, weight: Tensor | null, bias: Tensor | null): Tensor {
	const seen = x.reshape(view);
	const centred = seen.sub(seen.mean(dims, true));
	const inverse = centred.square().mean(dims, true).add(eps).rsqrt();
	return scaled(centred.mul(inverse).reshape(x.shape), affine, weight, bias);
}

function scaled(x: Tensor, affine: number[], weight: Tensor | null, bias: Tensor | null): Tensor {
	const grown = weight === null ? x : x.mul(weight.reshape(affine));
	return bias === null ? grown : grown.add(bias.reshape(affine));
}

/** A gradient summed to a parameter's shape. */
function toParameter(grad: Tensor, affine: readonly number[], parameter: Tensor): Tensor {
	const offset = grad.ndim - affine.length;
	const dims = grad.shape.flatMap((_, i) => (i < offset || affine[i - offset] === 1 ? [i] : []));
	return (dims.length === 0 ? grad : grad.sum(dims)).reshape(parameter.shape);
}

function derivative(name: string): Derivative {
	return {
		name,
		backward(node, grad) {
			const kept = node.attributes as Kept;
			const x = node.saved(0);
			const weight = node.savedTensors[1] ? node.saved(1) : null;
			const bias = node.savedTensors[2] ? node.saved(2) : null;
			if (gradMode.enabled) {
				return gradientsOf((...own: any[]) => formula(kept, own[0], own[1], own[2]), [x, weight, bias], grad);
			}
			const { view, dims, affine, mean, inverse } = kept;
			const unit = x.reshape(view).sub(mean).mul(inverse);
			let dx: Tensor | null = null;
			if (node.needs(0)) {
				const g = (weight === null ? grad : grad.mul(weight.reshape(affine))).reshape(view);
				const along = unit.mul(g.mul(unit).mean(dims, true));
				dx = g.sub(g.mean(dims, true)).sub(along).mul(inverse).reshape(x.shape);
			}
			return [
				dx,
				node.needs(1) ? toParameter(grad.mul(unit.reshape(x.shape)), affine, weight!) : null,
				node.needs(2) ? toParameter(grad, affine, bias!) : null,
			];
		},
	};
}

function standardise(
	x: Tensor,
	standard: Standard,
	weight: Tensor | null,
	bias: Tensor | null,
	by: Derivative,
	see?: (mean: Tensor, variance: Tensor) => void,
): Tensor {
	const { out, kept } = noGrad(() => {
		const seen = x.reshape(standard.view);
		const mean = seen.mean(standard.dims, true);
		const centred = seen.sub(mean);
		const variance = centred.square().mean(standard.dims, true);
		see?.(mean, variance);
		const inverse = variance.add(standard.eps).rsqrt();
		const out = scaled(centred.mul(inverse).reshape(x.shape), standard.affine, weight, bias);
		return { out, kept: { ...standard, mean, inverse } satisfies Kept };
	});
	return tracked(x, weight, bias) ? record(out, by, [x, weight, bias], [x, weight, bias], kept) : out;
}

const batchNormBackward = derivative("NativeBatchNormBackward0");
const layerNormBackward = derivative("NativeLayerNormBackward0");
const groupNormBackward = derivative("NativeGroupNormBackward0");

export interface BatchNormOptions {
	/** `[C]`, or null for none. */
	weight?: Tensor | null;
	/** `[C]`, or null for none. */
	bias?: Tensor | null;
	/** Take the statistics of this batch, and move the running ones; else use the running ones. Default false. */
	training?: boolean;
	/** How far the running statistics move. Default 0.1. */
	momentum?: number;
	/** Default 1e-5. */
	eps?: number;
}

/** Batch normalisation over all dimensions but the channels', dimension 1 (Ioffe and Szegedy, 2015). */
export function batchNorm(
	input: Tensor,
	runningMean: Tensor | null,
	runningVar: Tensor | null,
	options: BatchNormOptions = {},
): Tensor {
	const { weight = null, bias = null, training = false, momentum = 0.1, eps = 1e-5 } = options;
	if (input.ndim < 2) throw new RangeError(`[batchNorm] expected at least 2 dimensions, got shape [${input.shape}]`);
	const channels = input.size(1);
	for (const [name, tensor] of Object.entries({ runningMean, runningVar, weight, bias })) {
		if (tensor !== null && tensor.numel() !== channels) {
			throw new RangeError(`[batchNorm] ${name} should contain ${channels} elements, not ${tensor.numel()}`);
		}
	}
	const affine = [channels, ...input.shape.slice(2).map(() => 1)];
	const count = input.numel() / channels;
	if (!training) {
		if (runningMean === null || runningVar === null) {
			throw new TypeError("[batchNorm] expected runningMean and runningVar to be given when training is false");
		}
		return frozen(input, runningMean, runningVar, weight, bias, affine, eps);
	}
	if (count === 1) {
		throw new RangeError(
			`[batchNorm] expected more than 1 value per channel when training, got input size [${input.shape}]`,
		);
	}
	const dims = input.shape.flatMap((_, dim) => (dim === 1 ? [] : [dim]));
	const move = (mean: Tensor, variance: Tensor) => {
		// The running variance is the unbiased one.
		const unbiased = variance.mul(count / (count - 1));
		runningMean?.mul_(1 - momentum).add_(mean.reshape(-1), { alpha: momentum });
		runningVar?.mul_(1 - momentum).add_(unbiased.reshape(-1), { alpha: momentum });
	};
	return standardise(input, { view: input.shape, dims, affine, eps }, weight, bias, batchNormBackward, move);
}

/** With statistics that are given: scale and shift alone. */
function frozen(
	input: Tensor,
	mean: Tensor,
	variance: Tensor,
	weight: Tensor | null,
	bias: Tensor | null,
	affine: number[],
	eps: number,
): Tensor {
	const [centre, inverse] = noGrad(() => [mean.clone().reshape(affine), variance.add(eps).rsqrt().reshape(affine)]);
	const run = (x: Tensor, w: Tensor | null, b: Tensor | null) => scaled(x.sub(centre!).mul(inverse!), affine, w, b);
	const out = noGrad(() => run(input, weight, bias));
	const inputs = [input, weight, bias];
	return tracked(input, weight, bias) ? record(out, frozenBackward, inputs, inputs, run) : out;
}

const frozenBackward: Derivative = {
	name: "NativeBatchNormBackward0",
	backward(node, grad) {
		const inputs = node.savedTensors.map((saved, i) => saved && node.saved(i));
		return gradientsOf(node.attributes as (...inputs: any[]) => Tensor, inputs, grad);
	},
};

export interface LayerNormOptions {
	/** Of the normalised shape, or null for none. */
	weight?: Tensor | null;
	bias?: Tensor | null;
	/** Default 1e-5. */
	eps?: number;
}

function checkNormalized(op: string, input: Tensor, shape: readonly number[]): void {
	if (shape.length === 0) throw new RangeError(`[${op}] normalizedShape must have at least one dimension`);
	if (`${input.shape.slice(-shape.length)}` !== `${shape}` || input.ndim < shape.length) {
		throw new RangeError(
			`[${op}] given normalizedShape [${shape}], expected input with shape [*, ${shape}], but got input of size [${input.shape}]`,
		);
	}
}

/** Normalisation over the last dimensions, `normalizedShape` (Ba et al., 2016). */
export function layerNorm(
	input: Tensor,
	normalizedShape: number | readonly number[],
	options: LayerNormOptions = {},
): Tensor {
	const { weight = null, bias = null, eps = 1e-5 } = options;
	const shape = typeof normalizedShape === "number" ? [normalizedShape] : [...normalizedShape];
	checkNormalized("layerNorm", input, shape);
	const inner = shape.reduce((product, size) => product * size, 1);
	const view = [inner === 0 ? 0 : input.numel() / inner, inner];
	return standardise(input, { view, dims: [1], affine: shape, eps }, weight, bias, layerNormBackward);
}

export interface GroupNormOptions {
	/** `[C]`, or null for none. */
	weight?: Tensor | null;
	bias?: Tensor | null;
	/** Default 1e-5. */
	eps?: number;
}

/** Normalisation of groups of channels of each sample (Wu and He, 2018). */
export function groupNorm(input: Tensor, numGroups: number, options: GroupNormOptions = {}): Tensor {
	const { weight = null, bias = null, eps = 1e-5 } = options;
	if (input.ndim < 2) throw new RangeError(`[groupNorm] expected at least 2 dimensions, got shape [${input.shape}]`);
	const [samples, channels] = input.shape as [number, number];
	if (!(Number.isInteger(numGroups) && numGroups > 0 && channels % numGroups === 0)) {
		throw new RangeError(
			`[groupNorm] expected number of channels in input to be divisible by numGroups, but got input of shape [${input.shape}] and numGroups=${quoted(numGroups)}`,
		);
	}
	const affine = [channels, ...input.shape.slice(2).map(() => 1)];
	const view = [samples * numGroups, samples === 0 ? 0 : input.numel() / (samples * numGroups)];
	return standardise(input, { view, dims: [1], affine, eps }, weight, bias, groupNormBackward);
}

export interface InstanceNormOptions extends Omit<BatchNormOptions, "training"> {
	runningMean?: Tensor | null;
	runningVar?: Tensor | null;
	/** Take each sample's statistics; else the running ones. Default true. */
	useInputStats?: boolean;
}

/** Normalisation of every channel of every sample (Ulyanov et al., 2016). */
export function instanceNorm(input: Tensor, options: InstanceNormOptions = {}): Tensor {
	const { runningMean = null, runningVar = null, weight = null, bias = null } = options;
	const { useInputStats = true, momentum = 0.1, eps = 1e-5 } = options;
	const [samples, channels, ...spatial] = input.shape as [number, number, ...number[]];
	if (useInputStats && spatial.reduce((product, size) => product * size, 1) === 1) {
		throw new RangeError(
			`[instanceNorm] expected more than 1 spatial element when training, got input size [${input.shape}]`,
		);
	}
	const repeated = (tensor: Tensor | null) => (tensor === null ? null : tensor.repeat(samples));
	const [mean, variance] = [repeated(runningMean), repeated(runningVar)];
	const together = input.reshape(1, samples * channels, ...spatial);
	const own = { weight: repeated(weight), bias: repeated(bias), training: useInputStats, momentum, eps };
	const out = batchNorm(together, mean, variance, own).view(input.shape);
	if (useInputStats) {
		noGrad(() => {
			if (mean) runningMean!.copy_(mean.reshape(samples, channels).mean(0));
			if (variance) runningVar!.copy_(variance.reshape(samples, channels).mean(0));
		});
	}
	return out;
}

/** x divided by its root mean square over the last dimensions (Zhang and Sennrich, 2019); eps null: the dtype's own. */
export function rmsNorm(
	input: Tensor,
	normalizedShape: number | readonly number[],
	options: { weight?: Tensor | null; eps?: number | null } = {},
): Tensor {
	const { weight = null, eps = null } = options;
	const shape = typeof normalizedShape === "number" ? [normalizedShape] : [...normalizedShape];
	checkNormalized("rmsNorm", input, shape);
	const dims = shape.map((_, i) => -1 - i);
	const unit = input.mul(
		input
			.square()
			.mean(dims, true)
			.add(eps ?? finfoEps(input.dtype))
			.rsqrt(),
	);
	return weight === null ? unit : unit.mul(weight);
}
