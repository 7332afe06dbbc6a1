import type { Derivative } from "../../autograd/node";
import { record, tracked } from "../../autograd/record";
import { bind } from "../../core/arguments";
import { type Handle, native } from "../../core/native";
import { quoted } from "../../core/signature";
import { Tensor, wrap } from "../../core/tensor";
import { type PerDimension, perDimension } from "./spatial";

/*
 * Patches of images as columns, and columns summed to images. Each is the other's derivative. A patch's element (i, j) is,
 * over all patches, a strided view of the padded image: all that is done is to copy or to add such views.
 */

export interface UnfoldOptions {
	/** Steps between a patch's elements. Default 1. */
	dilation?: PerDimension;
	/** Zeros on both sides. Default 0. */
	padding?: PerDimension;
	/** Steps between patches. Default 1. */
	stride?: PerDimension;
}

interface Patches {
	/** Height and width of the image. */
	image: number[];
	kernel: number[];
	dilation: number[];
	padding: number[];
	stride: number[];
	/** Patches down and across. */
	count: number[];
}

function patchesOf(op: string, image: number[], kernelSize: PerDimension, options: UnfoldOptions): Patches {
	const kernel = perDimension(op, "kernelSize", kernelSize, 2);
	const dilation = perDimension(op, "dilation", options.dilation ?? 1, 2);
	const padding = perDimension(op, "padding", options.padding ?? 0, 2);
	const stride = perDimension(op, "stride", options.stride ?? 1, 2);
	for (const [name, values, least] of [
		["kernelSize", kernel, 1],
		["dilation", dilation, 1],
		["padding", padding, 0],
		["stride", stride, 1],
	] as const) {
		if (values.some((value) => value < least)) {
			throw new RangeError(`[${op}] ${name} should be at least ${least}, but got [${values}]`);
		}
	}
	const count = image.map(
		(size, i) => Math.floor((size + 2 * padding[i]! - dilation[i]! * (kernel[i]! - 1) - 1) / stride[i]!) + 1,
	);
	if (count.some((number) => number < 1)) {
		throw new RangeError(
			`[${op}] given an image of spatial size [${image}], kernelSize [${kernel}], dilation [${dilation}], padding [${padding}] and stride [${stride}], calculated shape of the array of sliding blocks as [${count}], which is too small (non-positive)`,
		);
	}
	return { image, kernel, dilation, padding, stride, count };
}

/** The padded image's elements (i, j) of all patches: [N, C, down, across]. */
function elements(padded: Handle, i: number, j: number, { dilation, stride, count }: Patches): Handle {
	const along = (x: Handle, axis: 0 | 1, tap: number) => {
		const first = tap * dilation[axis]!;
		return native.slice(x, 2 + axis, first, first + (count[axis]! - 1) * stride[axis]! + 1, stride[axis]!);
	};
	return along(along(padded, 0, i), 1, j);
}

/** The image inside its padding. */
function inside(padded: Handle, { image, padding }: Patches): Handle {
	const rows = native.slice(padded, 2, padding[0]!, padding[0]! + image[0]!, 1);
	return native.slice(rows, 3, padding[1]!, padding[1]! + image[1]!, 1);
}

function padding(batch: number, channels: number, like: Tensor, { image, padding }: Patches): Handle {
	const shape = [batch, channels, image[0]! + 2 * padding[0]!, image[1]! + 2 * padding[1]!];
	return native.full(shape, 0, like.dtype.code, like.handle);
}

const im2colBackward: Derivative = {
	name: "Im2ColBackward0",
	backward: (node, grad) => [toImage(grad, node.attributes as Patches)],
};

/** A shape's leading dimension as a list, which is empty where there is none. */
const batchOf = (x: Tensor, rank: number) => (x.ndim === rank ? [x.size(0)] : []);

/** [N, C, H, W] to [N, C·kH·kW, patches], or both without N. */
function toColumns(x: Tensor, patches: Patches): Tensor {
	const lead = batchOf(x, 4);
	const [batch, channels] = [lead[0] ?? 1, x.size(-3)];
	const [kH, kW] = patches.kernel as [number, number];
	const [down, across] = patches.count as [number, number];
	const padded = padding(batch, channels, x, patches);
	native.copy_(inside(padded, patches), x.handle);
	const columns = native.empty([batch, channels, kH * kW, down, across], x.dtype.code, x.handle);
	for (let i = 0; i < kH; i++) {
		for (let j = 0; j < kW; j++) native.copy_(native.select(columns, 2, i * kW + j), elements(padded, i, j, patches));
	}
	const out = wrap(native.view(columns, [...lead, channels * kH * kW, down * across]));
	return tracked(x) ? record(out, im2colBackward, [x], [], patches) : out;
}

const col2imBackward: Derivative = {
	name: "Col2ImBackward0",
	backward: (node, grad) => [toColumns(grad, node.attributes as Patches)],
};

/** [N, C·kH·kW, patches] to [N, C, H, W], or both without N. */
function toImage(x: Tensor, patches: Patches): Tensor {
	const lead = batchOf(x, 3);
	const [batch, rows] = [lead[0] ?? 1, x.size(-2)];
	const [kH, kW] = patches.kernel as [number, number];
	const [down, across] = patches.count as [number, number];
	const channels = rows / (kH * kW);
	const columns = native.reshape(x.handle, [batch, channels, kH * kW, down, across]);
	const padded = padding(batch, channels, x, patches);
	for (let i = 0; i < kH; i++) {
		for (let j = 0; j < kW; j++) {
			const view = elements(padded, i, j, patches);
			native.add(view, native.select(columns, 2, i * kW + j), 1, view);
		}
	}
	const image = native.contiguous(inside(padded, patches));
	const out = wrap(native.view(image, [...lead, channels, ...patches.image]));
	return tracked(x) ? record(out, col2imBackward, [x], [], patches) : out;
}

/** The arguments after the kernel's size, in place or by name. */
export type UnfoldArguments =
	| [options?: UnfoldOptions]
	| [dilation: PerDimension, padding?: PerDimension, stride?: PerDimension];

const order = ["dilation", "padding", "stride"] as const;

function checked(op: string, input: unknown, ranks: readonly [number, number]): Tensor {
	if (input instanceof Tensor && ranks.includes(input.ndim) && input.isFloatingPoint()) return input;
	throw new TypeError(
		`[${op}] expected a floating point tensor of ${ranks[0]} (unbatched) or ${ranks[1]} dimensions, got ${quoted(input)}`,
	);
}

/**
 * The patches of an image as columns.
 *
 * @param input `[N, C, H, W]` or `[C, H, W]`
 * @returns `[N, C·kH·kW, patches]`
 */
export function unfold(input: Tensor, kernelSize: PerDimension, ...args: UnfoldArguments): Tensor {
	checked("unfold", input, [3, 4]);
	const options = bind<UnfoldOptions>("unfold", args, order);
	const patches = patchesOf("unfold", input.shape.slice(-2), kernelSize, options);
	return toColumns(input, patches);
}

/**
 * Columns summed to the image of which they would be the patches.
 *
 * @param input `[N, C·kH·kW, patches]` or `[C·kH·kW, patches]`
 * @param outputSize height and width of the image
 * @returns `[N, C, H, W]`
 */
export function fold(
	input: Tensor,
	outputSize: PerDimension,
	kernelSize: PerDimension,
	...args: UnfoldArguments
): Tensor {
	checked("fold", input, [2, 3]);
	const options = bind<UnfoldOptions>("fold", args, order);
	const size = perDimension("fold", "outputSize", outputSize, 2);
	const patches = patchesOf("fold", size, kernelSize, options);
	const volume = patches.kernel[0]! * patches.kernel[1]!;
	const expected = patches.count[0]! * patches.count[1]!;
	if (input.size(-2) % volume !== 0) {
		throw new RangeError(
			`[fold] expected size of input's dimension 1 to be divisible by the product of kernelSize, but got ${input.size(-2)} and kernelSize [${patches.kernel}]`,
		);
	}
	if (input.size(-1) !== expected) {
		throw new RangeError(
			`[fold] expected size of input's dimension 2 to match the calculated number of sliding blocks ${patches.count[0]} * ${patches.count[1]} = ${expected}, but got ${input.size(-1)}`,
		);
	}
	return toImage(input, patches);
}
