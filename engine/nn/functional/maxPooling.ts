import type { Derivative } from "../../autograd/node";
import { record, tracked } from "../../autograd/record";
import { bind } from "../../core/arguments";
import { int64 } from "../../core/dtype";
import { type Handle, native } from "../../core/native";
import { quoted } from "../../core/signature";
import { Tensor, wrap } from "../../core/tensor";
import { checkRank, type PerDimension, perDimension } from "./spatial";

/*
 * Pooling by the maximum and its inverse. Both move elements by their places in a plane: one picks, the other puts, and
 * each is the other's derivative.
 */

export interface MaxPoolOptions {
	/** Steps between windows. Default: the kernel's size. */
	stride?: PerDimension | null;
	/** Negative infinities on both sides, at most half of the kernel. Default 0. */
	padding?: PerDimension;
	/** Steps between a window's elements. Default 1. */
	dilation?: PerDimension;
	/** Round the result's size up. Default false. */
	ceilMode?: boolean;
	/** Give the places of the maxima too (int64, in the plane of a channel). Default false. */
	returnIndices?: boolean;
}

/** The arguments after the kernel's size, in place or by name. */
export type MaxPoolArguments =
	| [options?: MaxPoolOptions]
	| [stride: PerDimension | null, options?: Omit<MaxPoolOptions, "stride">]
	| [stride: PerDimension | null, padding: PerDimension, options?: Omit<MaxPoolOptions, "stride" | "padding">];
type Indexed = { returnIndices: true };
type IndexedArguments =
	| [options: MaxPoolOptions & Indexed]
	| [stride: PerDimension | null, options: MaxPoolOptions & Indexed]
	| [stride: PerDimension | null, padding: PerDimension, options: MaxPoolOptions & Indexed];

export type WithIndices = [values: Tensor, indices: Tensor];

/** Number of a plane's dimensions, and the size of the planes that places refer to. */
interface Moved {
	spatial: number;
	size: number[];
	/** Kernel, stride, padding and dilation of the windows that the places were found in; four empty ones: adaptive windows. */
	windows?: Windows;
}
type Windows = readonly [kernel: number[], stride: number[], padding: number[], dilation: number[]];

const pickBackward: Derivative = {
	name: "MaxPoolBackwardBackward0",
	backward: (node, grad) => [put(grad, node.saved(0), node.attributes as Moved)],
};

function pick(x: Tensor, places: Tensor, moved: Moved): Tensor {
	const out = wrap(native.poolPick(x.handle, places.handle, moved.spatial));
	return tracked(x) ? record(out, pickBackward, [x], [places], moved) : out;
}

const putBackward: Derivative = {
	name: "MaxPoolBackwardBackward0",
	backward: (node, grad) => [pick(grad, node.saved(0), node.attributes as Moved)],
};

function put(x: Tensor, places: Tensor, moved: Moved): Tensor {
	const { size, windows } = moved;
	const out = wrap(
		windows
			? native.maxPoolBackward(x.handle, places.handle, size, ...windows)
			: native.poolPut(x.handle, places.handle, size, true),
	);
	return tracked(x) ? record(out, putBackward, [x], [places], moved) : out;
}

const derivatives = new Map<string, Derivative>();

/** Pooling's derivative under the name that PyTorch prints. */
function namedPick(name: string): Derivative {
	const found = derivatives.get(name) ?? { ...pickBackward, name };
	derivatives.set(name, found);
	return found;
}

function pooled(
	x: Tensor,
	spatial: number,
	name: string,
	[values, places]: readonly [Handle, Handle],
	windows: Windows,
	indices: boolean,
): Tensor | WithIndices {
	const out = wrap(values);
	if (tracked(x)) {
		const moved: Moved = { spatial, size: x.shape.slice(-spatial), windows };
		record(out, namedPick(name), [x], [wrap(places)], moved);
	}
	return indices ? [out, wrap(native.to(places, int64.code))] : out;
}

/** Undoes what was done to the input, in both results. */
function finish(result: Tensor | WithIndices, restore: (x: Tensor) => Tensor): any {
	return result instanceof Tensor ? restore(result) : [restore(result[0]), restore(result[1])];
}

const order = ["stride", "padding", "dilation", "ceilMode", "returnIndices"] as const;

function maxPool(op: string, spatial: number, input: Tensor, kernelSize: PerDimension, args: readonly unknown[]): any {
	const given = bind<MaxPoolOptions>(op, args, order);
	checkRank(op, input, spatial);
	const kernel = perDimension(op, "kernelSize", kernelSize, spatial);
	const stride = given.stride == null ? kernel : perDimension(op, "stride", given.stride, spatial);
	const padding = perDimension(op, "padding", given.padding ?? 0, spatial);
	const dilation = perDimension(op, "dilation", given.dilation ?? 1, spatial);
	const ceil = given.ceilMode ?? false;
	const indices = given.returnIndices ?? false;
	// As PyTorch does, one dimension goes by way of two.
	if (spatial === 1) {
		const x = input.unsqueeze(-2);
		const wide = (value: number[], fill: number) => [fill, ...value];
		const windows: Windows = [wide(kernel, 1), wide(stride, 1), wide(padding, 0), wide(dilation, 1)];
		const found = native.maxPool(x.handle, ...windows, ceil);
		const result = pooled(x, 2, "MaxPool2DWithIndicesBackward0", found, windows, indices);
		return finish(result, (y) => y.squeeze(-2));
	}
	const windows: Windows = [kernel, stride, padding, dilation];
	const found = native.maxPool(input.handle, ...windows, ceil);
	return pooled(input, spatial, `MaxPool${spatial}DWithIndicesBackward0`, found, windows, indices);
}

/**
 * The maximum of every window; a NaN wins.
 *
 * @param input `[N, C, L]` or `[C, L]`
 * @returns `[N, C, (L + 2·padding − dilation·(kernelSize − 1) − 1) / stride + 1]`, rounded down; with `returnIndices` the
 * places too
 */
export function maxPool1d(input: Tensor, kernelSize: PerDimension, ...args: IndexedArguments): WithIndices;
export function maxPool1d(input: Tensor, kernelSize: PerDimension, ...args: MaxPoolArguments): Tensor;
export function maxPool1d(input: Tensor, kernelSize: PerDimension, ...args: unknown[]): Tensor | WithIndices {
	return maxPool("maxPool1d", 1, input, kernelSize, args);
}

/** Like `maxPool1d`, of `[N, C, H, W]` or `[C, H, W]`. */
export function maxPool2d(input: Tensor, kernelSize: PerDimension, ...args: IndexedArguments): WithIndices;
export function maxPool2d(input: Tensor, kernelSize: PerDimension, ...args: MaxPoolArguments): Tensor;
export function maxPool2d(input: Tensor, kernelSize: PerDimension, ...args: unknown[]): Tensor | WithIndices {
	return maxPool("maxPool2d", 2, input, kernelSize, args);
}

/** Like `maxPool1d`, of `[N, C, D, H, W]` or `[C, D, H, W]`. */
export function maxPool3d(input: Tensor, kernelSize: PerDimension, ...args: IndexedArguments): WithIndices;
export function maxPool3d(input: Tensor, kernelSize: PerDimension, ...args: MaxPoolArguments): Tensor;
export function maxPool3d(input: Tensor, kernelSize: PerDimension, ...args: unknown[]): Tensor | WithIndices {
	return maxPool("maxPool3d", 3, input, kernelSize, args);
}

/** A size for each dimension; null keeps the input's. */
export type AdaptiveSize = number | null | readonly (number | null)[];

/** The numbers of an adaptive size. @internal */
export function adaptiveSize(op: string, size: AdaptiveSize, input: Tensor, spatial: number): number[] {
	const list = Array.isArray(size) ? size : new Array<number | null>(spatial).fill(size as number | null);
	const inner = input.shape.slice(-spatial);
	if (list.length !== spatial || !list.every((one) => one === null || (Number.isInteger(one) && one >= 0))) {
		throw new TypeError(`[${op}] outputSize must be a size or null, or ${spatial} of them, got ${quoted(size)}`);
	}
	return list.map((one, i) => one ?? inner[i]!);
}

export interface ReturnIndices {
	/** Give the places of the maxima too. Default false. */
	returnIndices?: boolean;
}

const adaptively: Windows = [[], [], [], []];

function adaptive(op: string, spatial: number, input: Tensor, outputSize: AdaptiveSize, args: readonly unknown[]): any {
	const { returnIndices = false } = bind<ReturnIndices>(op, args, ["returnIndices"]);
	const size = adaptiveSize(op, outputSize, checkRank(op, input, spatial), spatial);
	if (spatial === 1) {
		const x = input.unsqueeze(-2);
		const result = pooled(
			x,
			2,
			"AdaptiveMaxPool2DBackward0",
			native.adaptiveMaxPool(x.handle, [1, ...size]),
			adaptively,
			returnIndices,
		);
		return finish(result, (y) => y.squeeze(-2));
	}
	const found = native.adaptiveMaxPool(input.handle, size);
	return pooled(input, spatial, `AdaptiveMaxPool${spatial}DBackward0`, found, adaptively, returnIndices);
}

/** Maxima of as many windows as `outputSize` says, which together cover `[N, C, L]` or `[C, L]`. */
export function adaptiveMaxPool1d(input: Tensor, outputSize: AdaptiveSize, options: Indexed | true): WithIndices;
export function adaptiveMaxPool1d(input: Tensor, outputSize: AdaptiveSize, options?: ReturnIndices): Tensor;
export function adaptiveMaxPool1d(input: Tensor, outputSize: AdaptiveSize, ...args: unknown[]): Tensor | WithIndices {
	return adaptive("adaptiveMaxPool1d", 1, input, outputSize, args);
}

/** Like `adaptiveMaxPool1d`, of `[N, C, H, W]` or `[C, H, W]`. */
export function adaptiveMaxPool2d(input: Tensor, outputSize: AdaptiveSize, options: Indexed | true): WithIndices;
export function adaptiveMaxPool2d(input: Tensor, outputSize: AdaptiveSize, options?: ReturnIndices): Tensor;
export function adaptiveMaxPool2d(input: Tensor, outputSize: AdaptiveSize, ...args: unknown[]): Tensor | WithIndices {
	return adaptive("adaptiveMaxPool2d", 2, input, outputSize, args);
}

/** Like `adaptiveMaxPool1d`, of `[N, C, D, H, W]` or `[C, D, H, W]`. */
export function adaptiveMaxPool3d(input: Tensor, outputSize: AdaptiveSize, options: Indexed | true): WithIndices;
export function adaptiveMaxPool3d(input: Tensor, outputSize: AdaptiveSize, options?: ReturnIndices): Tensor;
export function adaptiveMaxPool3d(input: Tensor, outputSize: AdaptiveSize, ...args: unknown[]): Tensor | WithIndices {
	return adaptive("adaptiveMaxPool3d", 3, input, outputSize, args);
}

export interface MaxUnpoolOptions {
	/** Of the pooling. Default: the kernel's size. */
	stride?: PerDimension | null;
	/** Of the pooling. Default 0. */
	padding?: PerDimension;
	/** The result's size, where several pool to the same one: of the spatial dimensions, or of all. */
	outputSize?: readonly number[] | null;
}

function unpooledSize(
	op: string,
	inner: readonly number[],
	kernelSize: PerDimension,
	given: MaxUnpoolOptions,
	full: number,
): number[] {
	const spatial = inner.length;
	const kernel = perDimension(op, "kernelSize", kernelSize, spatial);
	const stride = given.stride == null ? kernel : perDimension(op, "stride", given.stride, spatial);
	const padding = perDimension(op, "padding", given.padding ?? 0, spatial);
	const usual = inner.map((size, i) => (size - 1) * stride[i]! + kernel[i]! - 2 * padding[i]!);
	if (given.outputSize == null) return usual;
	const size = given.outputSize.length === full ? given.outputSize.slice(-spatial) : [...given.outputSize];
	if (size.length !== spatial) {
		throw new RangeError(
			`[${op}] outputSize should be a sequence containing ${spatial} or ${full} elements, but it has a length of ${given.outputSize.length}`,
		);
	}
	size.forEach((length, i) => {
		const [low, high] = [usual[i]! - stride[i]!, usual[i]! + stride[i]!];
		if (!(low < length && length < high)) {
			throw new RangeError(`[${op}] invalid outputSize [${size}] (dim ${i} must be between ${low} and ${high})`);
		}
	});
	return size;
}

const unpoolBackward = (name: string): Derivative => ({
	name,
	backward: (node, grad) => [pick(grad, node.saved(0), node.attributes as Moved)],
});
const unpoolBackwards = [2, 3].map((spatial) => unpoolBackward(`MaxUnpool${spatial}DBackward0`));

function unpool(
	op: string,
	spatial: number,
	input: Tensor,
	indices: Tensor,
	kernelSize: PerDimension,
	args: readonly unknown[],
): Tensor {
	const given = bind<MaxUnpoolOptions>(op, args, ["stride", "padding", "outputSize"]);
	if (!(indices instanceof Tensor) || indices.dtype !== int64) {
		throw new TypeError(`[${op}] elements in indices should be type int64, but got ${quoted(indices)}`);
	}
	checkRank(op, input, spatial);
	const size = unpooledSize(op, input.shape.slice(-spatial), kernelSize, given, input.ndim);
	// As PyTorch does, one dimension goes by way of two.
	const [x, places] = spatial === 1 ? [input.unsqueeze(-1), indices.unsqueeze(-1)] : [input, indices];
	const moved: Moved = { spatial: Math.max(spatial, 2), size: spatial === 1 ? [...size, 1] : size };
	const out = wrap(native.poolPut(x.handle, places.handle, moved.size, false));
	if (tracked(x)) record(out, unpoolBackwards[moved.spatial - 2]!, [x], [places], moved);
	return spatial === 1 ? out.squeeze(-1) : out;
}

/** The arguments after the kernel's size, in place or by name. */
export type MaxUnpoolArguments =
	| [options?: MaxUnpoolOptions]
	| [stride: PerDimension | null, options?: Omit<MaxUnpoolOptions, "stride">]
	| [stride: PerDimension | null, padding: PerDimension, options?: Pick<MaxUnpoolOptions, "outputSize">];

/** The inverse of `maxPool1d` as far as there is one: maxima at their places (`indices`), zeros elsewhere. */
export function maxUnpool1d(
	input: Tensor,
	indices: Tensor,
	kernelSize: PerDimension,
	...args: MaxUnpoolArguments
): Tensor {
	return unpool("maxUnpool1d", 1, input, indices, kernelSize, args);
}

/** The inverse of `maxPool2d` as far as there is one. */
export function maxUnpool2d(
	input: Tensor,
	indices: Tensor,
	kernelSize: PerDimension,
	...args: MaxUnpoolArguments
): Tensor {
	return unpool("maxUnpool2d", 2, input, indices, kernelSize, args);
}

/** The inverse of `maxPool3d` as far as there is one. */
export function maxUnpool3d(
	input: Tensor,
	indices: Tensor,
	kernelSize: PerDimension,
	...args: MaxUnpoolArguments
): Tensor {
	return unpool("maxUnpool3d", 3, input, indices, kernelSize, args);
}
