import type { Derivative, Node } from "../../autograd/node";
import { record, tracked } from "../../autograd/record";
import { shapeText } from "../../core/arguments";
import { autocastState } from "../../core/autocast";
import { gradMode, noGrad } from "../../core/gradMode";
import { type Handle, native } from "../../core/native";
import { type Tensor, wrap } from "../../core/tensor";
import { raisedOnCards } from "../../ops/castPolicy";
import { gradientsOf } from "../../ops/composite";
import { finfoEps } from "./precision";

/*
 * Normalisations: subtract a mean and divide by a standard deviation (biased, with eps under the root), then scale and
 * shift. Forward and derivative are one call of the addon each; where the derivative is recorded itself (createGraph), it
 * is that of the formula in single operations.
 */

const handleOf = (tensor: Tensor | null) => (tensor === null ? null : tensor.handle);

type Inputs = readonly [x: Tensor, weight: Tensor | null, bias: Tensor | null];

/** What a derivative needs beside the inputs. */
interface Kept {
	mean: Tensor;
	inverse: Tensor;
	/** Of the batch; false: given ones. Absent: of rows. */
	training?: boolean;
	/** How the addon saw the rows. */
	rows?: { groups: number; inner: number; centred: boolean };
	formula: (...inputs: any[]) => Tensor;
}

function derivative(name: string): Derivative {
	return {
		name,
		backward(node, grad) {
			const kept = node.attributes as Kept;
			const x = node.saved(0);
			const weight = node.savedTensors[1] ? node.saved(1) : null;
			// No gradient depends on the values of the shift.
			const bias = node.savedTensors[2] ?? null;
			if (gradMode.enabled) return gradientsOf(kept.formula, [x, weight, bias], grad);
			return firstDerivative(node, kept, grad, [x, weight, bias]).map((handle) => handle && wrap(handle));
		},
	};
}

function firstDerivative(node: Node, kept: Kept, grad: Tensor, inputs: Inputs) {
	const [x, weight, bias] = inputs.map(handleOf) as [Handle, Handle | null, Handle | null];
	const [mean, inverse] = [kept.mean.handle, kept.inverse.handle];
	const wanted = [node.needs(0), node.needs(1), node.needs(2)] as const;
	if (kept.rows === undefined) {
		return native.batchNormBackward(grad.handle, x, weight, bias, mean, inverse, kept.training!, ...wanted);
	}
	const { groups, inner, centred } = kept.rows;
	return native.rowNormBackward(grad.handle, x, weight, bias, mean, inverse, groups, inner, centred, ...wanted);
}

function kept(
	[out, mean, inverse]: readonly [Handle, Handle, Handle],
	by: Derivative,
	inputs: Inputs,
	how: (mean: Tensor, inverse: Tensor) => Omit<Kept, "mean" | "inverse">,
): Tensor {
	const result = wrap(out);
	if (!tracked(inputs[0], inputs[1], inputs[2])) return result;
	const statistics = { mean: wrap(mean), inverse: wrap(inverse) };
	return record(result, by, inputs, inputs, { ...statistics, ...how(statistics.mean, statistics.inverse) });
}

/** Statistics over `dims` of the input seen as `view`; weight and bias are seen as `affine` beside the input. */
function standardised(view: number[], dims: number[], affine: number[], eps: number) {
	return (...[x, weight, bias]: Inputs) => {
		const seen = x.reshape(view);
		const centred = seen.sub(seen.mean(dims, true));
		const inverse = centred.square().mean(dims, true).add(eps).rsqrt();
		return scaled(centred.mul(inverse).reshape(x.shape), affine, weight, bias).to(x.dtype);
	};
}

function scaled(x: Tensor, affine: number[], weight: Tensor | null, bias: Tensor | null): Tensor {
	const grown = weight === null ? x : x.mul(weight.reshape(affine));
	return bias === null ? grown : grown.add(bias.reshape(affine));
}

const batchNormBackward = derivative("NativeBatchNormBackward0");
const layerNormBackward = derivative("NativeLayerNormBackward0");
const groupNormBackward = derivative("NativeGroupNormBackward0");
/** PyTorch shows the last of the operations that it takes. */
const rmsNormBackward = derivative("MulBackward0");
const halfRmsNormBackward = derivative("ToCopyBackward0");

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
	const handles = native.batchNorm(
		input.handle,
		handleOf(weight),
		handleOf(bias),
		handleOf(runningMean),
		handleOf(runningVar),
		training,
		momentum,
		eps,
	);
	if (training) for (const running of [runningMean, runningVar]) if (running !== null) running._version.count++;
	return kept(handles, batchNormBackward, [input, weight, bias], (mean, inverse) => ({
		training,
		formula(...[x, w, b]: Inputs) {
			const affine = x.shape.map((size, dim) => (dim === 1 ? size : 1));
			const dims = x.shape.flatMap((_, dim) => (dim === 1 ? [] : [dim]));
			if (training) return standardised(x.shape, dims, affine, eps)(x, w, b);
			const unit = x.sub(mean.reshape(affine)).mul(inverse.reshape(affine));
			return scaled(unit, affine, w, b).to(x.dtype);
		},
	}));
}

export interface LayerNormOptions {
	/** Of the normalised shape, or null for none. */
	weight?: Tensor | null;
	bias?: Tensor | null;
	/** Default 1e-5. */
	eps?: number;
}

/** Normalisation over the last dimensions, `normalizedShape` (Ba et al., 2016). */
export function layerNorm(
	input: Tensor,
	normalizedShape: number | readonly number[],
	options: LayerNormOptions = {},
): Tensor {
	if (autocastState.active) return raisedOnCards(layerNorm, input, normalizedShape, options);
	const { weight = null, bias = null, eps = 1e-5 } = options;
	const shape = typeof normalizedShape === "number" ? [normalizedShape] : normalizedShape;
	const handles = native.layerNorm(input.handle, shape, handleOf(weight), handleOf(bias), eps);
	return kept(handles, layerNormBackward, [input, weight, bias], () => ({
		rows: { groups: 1, inner: 1, centred: true },
		formula: (...inputs: Inputs) => standardised(inputs[0].shape, lastOf(shape), [...shape], eps)(...inputs),
	}));
}

/** The last dimensions, as many as `shape` has. */
function lastOf(shape: readonly number[]): number[] {
	return shape.map((_, i) => -1 - i);
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
	if (autocastState.active) return raisedOnCards(groupNorm, input, numGroups, options);
	const { weight = null, bias = null, eps = 1e-5 } = options;
	if (input.ndim >= 2 && input.shape.reduce((product, size) => product * size, 1) === numGroups) {
		const shape = [1, numGroups, ...input.shape.slice(2)];
		throw new RangeError(
			`[groupNorm] Expected more than 1 value per channel when training, got input size ${shapeText(shape)}`,
		);
	}
	const handles = native.groupNorm(input.handle, numGroups, handleOf(weight), handleOf(bias), eps);
	return kept(handles, groupNormBackward, [input, weight, bias], () => {
		const [samples, channels, ...spatial] = input.shape as [number, number, ...number[]];
		const inner = spatial.reduce((product, size) => product * size, 1);
		const view = [samples * numGroups, (channels / numGroups) * inner];
		const affine = [channels, ...spatial.map(() => 1)];
		return {
			rows: { groups: numGroups, inner, centred: true },
			formula: standardised(view, [1], affine, eps),
		};
	});
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
			`[instanceNorm] expected more than 1 spatial element when training, got input size ${shapeText(input.shape)}`,
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
	if (autocastState.active) return raisedOnCards(rmsNorm, input, normalizedShape, options);
	const { weight = null } = options;
	const eps = options.eps ?? finfoEps(input.dtype);
	const shape = typeof normalizedShape === "number" ? [normalizedShape] : normalizedShape;
	const handles = native.rmsNorm(input.handle, shape, handleOf(weight), eps);
	const by = input.elementSize() === 2 ? halfRmsNormBackward : rmsNormBackward;
	return kept(handles, by, [input, weight, null], () => ({
		rows: { groups: 1, inner: 1, centred: false },
		formula(...[x, w]: Inputs) {
			const unit = x.mul(x.square().mean(lastOf(shape), true).add(eps).rsqrt());
			return (w === null ? unit : unit.mul(w)).to(x.dtype);
		},
	}));
}
