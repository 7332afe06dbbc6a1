import { bind, shapeText } from "../core/arguments";
import { defaultGenerator, type Generator } from "../core/generator";
import { noGrad } from "../core/gradMode";
import { native } from "../core/native";
import { quoted } from "../core/signature";
import { type Tensor, wrap } from "../core/tensor";
import { emptyLike } from "../ops/create";
import { orthogonal } from "./orthogonal";

/*
 * Initialisers: each fills its tensor in place, without recording, with PyTorch's numbers for the same seed, and gives it
 * back.
 */

/** The nonlinearity that follows a layer, by PyTorch's names. */
export type Nonlinearity =
	| "linear"
	| "conv1d"
	| "conv2d"
	| "conv3d"
	| "conv_transpose1d"
	| "conv_transpose2d"
	| "conv_transpose3d"
	| "sigmoid"
	| "tanh"
	| "relu"
	| "leaky_relu"
	| "selu";

export type FanMode = "fan_in" | "fan_out";

export interface RandomOptions {
	/** Where the numbers come from. Default: the default generator. */
	generator?: Generator;
}

const linearFunctions = new Set([
	"linear",
	"conv1d",
	"conv2d",
	"conv3d",
	"conv_transpose1d",
	"conv_transpose2d",
	"conv_transpose3d",
	"sigmoid",
]);

/**
 * The factor by which weights before a nonlinearity should be wider: 1 for linear functions and the sigmoid, 5/3 for
 * tanh, √2 for ReLU, √(2 / (1 + slope²)) for leaky ReLU (slope 0.01 where none is given), 3/4 for SELU.
 */
export function calculateGain(nonlinearity: Nonlinearity, param: number | null = null): number {
	if (linearFunctions.has(nonlinearity)) return 1;
	switch (nonlinearity) {
		case "tanh":
			return 5 / 3;
		case "relu":
			return Math.SQRT2;
		case "leaky_relu": {
			const slope = param ?? 0.01;
			if (typeof slope !== "number") {
				throw new TypeError(`[calculateGain] negative_slope ${quoted(slope)} not a valid number`);
			}
			return Math.sqrt(2 / (1 + slope ** 2));
		}
		case "selu":
			return 3 / 4;
		default:
			throw new RangeError(`[calculateGain] unsupported nonlinearity ${quoted(nonlinearity)}`);
	}
}

/** @internal Products of sizes: inputs and outputs that meet in one weight tensor `[out, in, …kernel]`. */
export function calculateFanInAndFanOut(tensor: Tensor): [fanIn: number, fanOut: number] {
	const [out, input, ...kernel] = tensor.shape;
	if (out === undefined || input === undefined) {
		throw new RangeError(
			`[init] fan in and fan out can not be computed for tensor with fewer than 2 dimensions, got shape ${shapeText(tensor.shape)}`,
		);
	}
	const field = kernel.reduce((product, size) => product * size, 1);
	return [input * field, out * field];
}

function correctFan(tensor: Tensor, mode: FanMode): number {
	const name = typeof mode === "string" ? mode.toLowerCase() : mode;
	if (name !== "fan_in" && name !== "fan_out") {
		throw new RangeError(`[init] mode ${quoted(mode)} not supported, please use "fan_in" or "fan_out"`);
	}
	const [fanIn, fanOut] = calculateFanInAndFanOut(tensor);
	return name === "fan_in" ? fanIn : fanOut;
}

function fill<T extends Tensor>(tensor: T, write: () => void): T {
	noGrad(write);
	return tensor;
}

function fillUniform<T extends Tensor>(tensor: T, a: number, b: number, generator: Generator | undefined): T {
	native.uniform_(tensor.handle, (generator ?? defaultGenerator).handle, a, b);
	tensor._version.count++;
	return tensor;
}

function fillNormal<T extends Tensor>(tensor: T, mean: number, std: number, generator: Generator | undefined): T {
	if (!(std >= 0))
		throw new RangeError(`[init] a normal distribution expects std >= 0.0, but found std ${quoted(std)}`);
	native.normal_(tensor.handle, (generator ?? defaultGenerator).handle, mean, std);
	tensor._version.count++;
	return tensor;
}

export interface UniformOptions extends RandomOptions {
	/** Lower bound, included. Default 0. */
	a?: number;
	/** Upper bound, not included. Default 1. */
	b?: number;
}

/** U(a, b) */
export function uniform_<T extends Tensor>(tensor: T, a: number, b: number, options?: RandomOptions): T;
export function uniform_<T extends Tensor>(tensor: T, a: number, options?: UniformOptions): T;
export function uniform_<T extends Tensor>(tensor: T, options?: UniformOptions): T;
export function uniform_<T extends Tensor>(tensor: T, ...args: unknown[]): T {
	const { a = 0, b = 1, generator } = bind<UniformOptions>("init.uniform_", args, ["a", "b", "generator"]);
	return fillUniform(tensor, a, b, generator);
}

/** U(−1/√fan, 1/√fan), as the default of biases; nothing where fan is 0. @internal */
export function uniformByFan_(tensor: Tensor, fan: number): void {
	const bound = fan > 0 ? 1 / Math.sqrt(fan) : 0;
	uniform_(tensor, -bound, bound);
}

export interface NormalOptions extends RandomOptions {
	/** Default 0. */
	mean?: number;
	/** Default 1. */
	std?: number;
}

/** N(mean, std²) */
export function normal_<T extends Tensor>(tensor: T, mean: number, std: number, options?: RandomOptions): T;
export function normal_<T extends Tensor>(tensor: T, mean: number, options?: NormalOptions): T;
export function normal_<T extends Tensor>(tensor: T, options?: NormalOptions): T;
export function normal_<T extends Tensor>(tensor: T, ...args: unknown[]): T {
	const { mean = 0, std = 1, generator } = bind<NormalOptions>("init.normal_", args, ["mean", "std", "generator"]);
	return fillNormal(tensor, mean, std, generator);
}

export interface TruncNormalOptions extends NormalOptions {
	/** The least value. Default −2. */
	a?: number;
	/** The greatest value. Default 2. */
	b?: number;
}

/** N(mean, std²) with values outside [a, b] drawn again. */
export function truncNormal_<T extends Tensor>(tensor: T, ...args: [...number[], TruncNormalOptions] | number[]): T {
	const given = bind<TruncNormalOptions>("init.truncNormal_", args, ["mean", "std", "a", "b", "generator"]);
	const { mean = 0, std = 1, a = -2, b = 2, generator } = given;
	const cdf = (x: number) => (1 + erf(x / Math.SQRT2)) / 2;
	const inside = cdf((b - mean) / std) - cdf((a - mean) / std);
	return fill(tensor, () => {
		if (inside > 0.3) redrawNormal(tensor, mean, std, a, b, generator);
		else rejectUniform(tensor, mean, std, a, b, generator);
	});
}

function erf(x: number): number {
	return native.item(native.erf(native.fromData(Float64Array.of(x), [], 7)));
}

const any = (mask: Tensor) => native.item(native.any(mask.handle, null, false)) !== 0;

/** Where most of the distribution lies within the bounds. */
function redrawNormal(tensor: Tensor, mean: number, std: number, a: number, b: number, generator?: Generator): void {
	// The bounds as the dtype has them.
	const [low, high] = [a, b].map((bound) => native.item(native.full([], bound, tensor.dtype.code, tensor.handle))) as [
		number,
		number,
	];
	fillNormal(tensor, mean, std, generator);
	for (;;) {
		const outside = tensor.lt(low).logicalOr(tensor.gt(high));
		if (!any(outside)) return;
		// In the layout of the tensor: numbers are drawn in the order of memory.
		const drawn = fillNormal(emptyLike(tensor), mean, std, generator);
		tensor.copy_(wrap(native.where(outside.handle, drawn.handle, tensor.handle)));
	}
}

/** Where the bounds cut off most of the distribution: uniform candidates, kept by their density. */
function rejectUniform(tensor: Tensor, mean: number, std: number, a: number, b: number, generator?: Generator): void {
	const mode = Math.max(a, Math.min(mean, b));
	const logPeak = -0.5 * ((mode - mean) / std) ** 2;
	const candidates = emptyLike(tensor);
	const level = emptyLike(tensor);
	const rejected = () => {
		const density = candidates.sub(mean).div(std).pow(2).mul(-0.5).sub(logPeak);
		return fillUniform(level, 0, 1, generator).log().gt(density);
	};
	fillUniform(candidates, a, b, generator);
	tensor.copy_(candidates);
	let pending = rejected();
	while (any(pending)) {
		fillUniform(candidates, a, b, generator);
		tensor.copy_(wrap(native.where(pending.handle, candidates.handle, tensor.handle)));
		pending = pending.logicalAnd(rejected());
	}
}

/** Every element `val`. */
export function constant_<T extends Tensor>(tensor: T, val: number | { val: number }): T {
	const given = bind<{ val: number }>("init.constant_", [val], ["val"]);
	if (given.val === undefined) throw new TypeError("[init.constant_] val is missing: expected a number");
	const value = given.val;
	return fill(tensor, () => tensor.fill_(value));
}

/** Fills with 1. */
export function ones_<T extends Tensor>(tensor: T): T {
	return constant_(tensor, 1);
}

/** Fills with 0. */
export function zeros_<T extends Tensor>(tensor: T): T {
	return fill(tensor, () => tensor.zero_());
}

/** The identity matrix, as far as it fits. */
export function eye_<T extends Tensor>(tensor: T): T {
	if (tensor.ndim !== 2) {
		throw new RangeError(
			`[init.eye_] only tensors with 2 dimensions are supported, got shape ${shapeText(tensor.shape)}`,
		);
	}
	const [rows, columns] = tensor.shape as [number, number];
	return fill(tensor, () => tensor.copy_(wrap(native.eye(rows, columns, tensor.dtype.code, tensor.handle))));
}

/** Convolution weights `[out, in, …kernel]` that pass as many channels through unchanged as there are, in every group. */
export function dirac_<T extends Tensor>(tensor: T, options: number | { groups?: number } = {}): T {
	const groups = typeof options === "number" ? options : (options.groups ?? 1);
	const [out, input, ...kernel] = tensor.shape as [number, number, ...number[]];
	if (kernel.length < 1 || kernel.length > 3) {
		throw new RangeError(
			`[init.dirac_] only tensors with 3, 4 or 5 dimensions are supported, got shape ${shapeText(tensor.shape)}`,
		);
	}
	if (out % groups !== 0) {
		throw new RangeError(`[init.dirac_] dim 0 must be divisible by groups, got ${out} and groups ${groups}`);
	}
	const perGroup = out / groups;
	return fill(tensor, () => {
		tensor.zero_();
		let middle: Tensor = tensor;
		for (const size of kernel) middle = middle.select(2, Math.floor(size / 2));
		for (let group = 0; group < groups; group++) {
			for (let channel = 0; channel < Math.min(perGroup, input); channel++) {
				middle
					.select(0, group * perGroup + channel)
					.select(0, channel)
					.fill_(1);
			}
		}
	});
}

export interface GainOptions extends RandomOptions {
	/** Factor on the standard deviation: see `calculateGain`. Default 1. */
	gain?: number;
}

function xavierStd(tensor: Tensor, gain: number): number {
	const [fanIn, fanOut] = calculateFanInAndFanOut(tensor);
	if (fanIn + fanOut === 0) {
		throw new RangeError(`[init] xavier needs a fan in or a fan out above 0, got shape ${shapeText(tensor.shape)}`);
	}
	return gain * Math.sqrt(2 / (fanIn + fanOut));
}

/** U(−a, a) with a = gain · √(6 / (fanIn + fanOut)) (Glorot and Bengio, 2010). */
export function xavierUniform_<T extends Tensor>(tensor: T, gain: number, options?: RandomOptions): T;
export function xavierUniform_<T extends Tensor>(tensor: T, options?: GainOptions): T;
export function xavierUniform_<T extends Tensor>(tensor: T, ...args: unknown[]): T {
	const { gain = 1, generator } = bind<GainOptions>("init.xavierUniform_", args, ["gain", "generator"]);
	const bound = Math.sqrt(3) * xavierStd(tensor, gain);
	return fillUniform(tensor, -bound, bound, generator);
}

/** N(0, std²) with std = gain · √(2 / (fanIn + fanOut)) (Glorot and Bengio, 2010). */
export function xavierNormal_<T extends Tensor>(tensor: T, gain: number, options?: RandomOptions): T;
export function xavierNormal_<T extends Tensor>(tensor: T, options?: GainOptions): T;
export function xavierNormal_<T extends Tensor>(tensor: T, ...args: unknown[]): T {
	const { gain = 1, generator } = bind<GainOptions>("init.xavierNormal_", args, ["gain", "generator"]);
	return fillNormal(tensor, 0, xavierStd(tensor, gain), generator);
}

export interface KaimingOptions extends RandomOptions {
	/** Negative slope of the rectifier that follows; for "leaky_relu" only. Default 0. */
	a?: number;
	/** "fan_in" (default) keeps the variance of activations, "fan_out" that of gradients. */
	mode?: FanMode;
	/** What follows the layer. Default "leaky_relu". */
	nonlinearity?: Nonlinearity;
}

function kaimingStd(tensor: Tensor, { a = 0, mode = "fan_in", nonlinearity = "leaky_relu" }: KaimingOptions): number {
	return calculateGain(nonlinearity, a) / Math.sqrt(correctFan(tensor, mode));
}

/** What stands in place, and the rest by name. */
type KaimingArguments =
	| [options?: KaimingOptions]
	| [a: number, options?: KaimingOptions]
	| [a: number, mode: FanMode, options?: KaimingOptions]
	| [a: number, mode: FanMode, nonlinearity: Nonlinearity, options?: RandomOptions];

/** U(−bound, bound) with bound = gain · √(3 / fan) (He et al., 2015). Nothing for a tensor without elements. */
export function kaimingUniform_<T extends Tensor>(tensor: T, ...args: KaimingArguments): T {
	const given = bind<KaimingOptions>("init.kaimingUniform_", args, ["a", "mode", "nonlinearity", "generator"]);
	if (tensor.numel() === 0) return tensor;
	const bound = Math.sqrt(3) * kaimingStd(tensor, given);
	return fillUniform(tensor, -bound, bound, given.generator);
}

/** N(0, std²) with std = gain / √fan (He et al., 2015). Nothing for a tensor without elements. */
export function kaimingNormal_<T extends Tensor>(tensor: T, ...args: KaimingArguments): T {
	const given = bind<KaimingOptions>("init.kaimingNormal_", args, ["a", "mode", "nonlinearity", "generator"]);
	if (tensor.numel() === 0) return tensor;
	const std = kaimingStd(tensor, given);
	return fillNormal(tensor, 0, std, given.generator);
}

/**
 * A matrix with orthonormal rows or columns, whichever are fewer, times `gain` (Saxe et al., 2013); dimensions after the
 * first count as one.
 */
export function orthogonal_<T extends Tensor>(tensor: T, gain: number, options?: RandomOptions): T;
export function orthogonal_<T extends Tensor>(tensor: T, options?: GainOptions): T;
export function orthogonal_<T extends Tensor>(tensor: T, ...args: unknown[]): T {
	const { gain = 1, generator } = bind<GainOptions>("init.orthogonal_", args, ["gain", "generator"]);
	if (tensor.ndim < 2) {
		throw new RangeError(
			`[init.orthogonal_] only tensors with 2 or more dimensions are supported, got shape ${shapeText(tensor.shape)}`,
		);
	}
	if (tensor.numel() === 0) return tensor;
	const rows = tensor.size(0);
	const columns = tensor.numel() / rows;
	return fill(tensor, () => {
		const drawn = fillNormal(wrap(native.empty([rows, columns], tensor.dtype.code, tensor.handle)), 0, 1, generator);
		const values = orthogonal(native.toNumbers(drawn.handle), rows, columns);
		tensor.copy_(wrap(native.fromNumbers(values, tensor.shape, tensor.dtype.code, tensor.handle)));
		tensor.mul_(gain);
	});
}

export interface SparseOptions extends RandomOptions {
	/** Part of every column that becomes 0. */
	sparsity: number;
	/** Standard deviation of the others. Default 0.01. */
	std?: number;
}

/** N(0, std²) with the same part of every column set to 0 (Martens, 2010). */
export function sparse_<T extends Tensor>(tensor: T, sparsity: number, options?: Omit<SparseOptions, "sparsity">): T;
export function sparse_<T extends Tensor>(tensor: T, sparsity: number, std: number, options?: RandomOptions): T;
export function sparse_<T extends Tensor>(tensor: T, options: SparseOptions): T;
export function sparse_<T extends Tensor>(tensor: T, ...args: unknown[]): T {
	const {
		sparsity,
		std = 0.01,
		generator,
	} = bind<SparseOptions>("init.sparse_", args, ["sparsity", "std", "generator"]);
	if (tensor.ndim !== 2) {
		throw new RangeError(
			`[init.sparse_] only tensors with 2 dimensions are supported, got shape ${shapeText(tensor.shape)}`,
		);
	}
	if (typeof sparsity !== "number" || !(sparsity >= 0 && sparsity <= 1)) {
		throw new RangeError(`[init.sparse_] sparsity must lie between 0 and 1, got ${quoted(sparsity)}`);
	}
	const [rows, columns] = tensor.shape as [number, number];
	const zeros = Math.ceil(sparsity * rows);
	return fill(tensor, () => {
		fillNormal(tensor, 0, std, generator);
		for (let column = 0; column < columns; column++) {
			const chosen = native.slice(native.randperm(rows, defaultGenerator.handle), 0, 0, zeros, 1);
			const target = tensor.select(1, column);
			native.indexPut_(target.handle, [chosen], native.full([], 0, tensor.dtype.code, tensor.handle), false);
		}
	});
}
