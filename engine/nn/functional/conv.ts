import { bind } from "../../core/arguments";
import { autocastState } from "../../core/autocast";
import { quoted } from "../../core/signature";
import { Tensor } from "../../core/tensor";
import { lowered } from "../../ops/castPolicy";
import { type ConvGeometry, convolve, transposedConvolve } from "./convolution";
import { constantPad } from "./pad";
import { type Batched, batched, type PerDimension, perDimension, unbatched } from "./spatial";

/* Convolutions over one, two and three dimensions, and transposed ones. */

export interface ConvOptions {
	/** `[outChannels]`, or null for none (default). */
	bias?: Tensor | null;
	/** Steps between results. Default 1. */
	stride?: PerDimension;
	/**
	 * Zeros on both sides, default 0; "valid" is none, "same" as many as keep the size (for stride 1; an odd one goes to the
	 * end).
	 */
	padding?: PerDimension | "same" | "valid";
	/** Steps between the elements that a kernel sees. Default 1. */
	dilation?: PerDimension;
	/** Channels fall into groups that do not see each other. Default 1. */
	groups?: number;
}

export interface ConvTransposeOptions extends Omit<ConvOptions, "padding"> {
	/** dilation · (kernelSize − 1) − padding zeros stand around the input. Default 0. */
	padding?: PerDimension;
	/** Added to one side of the result's size: several sizes convolve to the same one. Default 0. */
	outputPadding?: PerDimension;
}

/** The arguments after the weight, in place in PyTorch's order or by name. */
export type ConvArguments =
	| [options?: ConvOptions]
	| [bias: Tensor | null, options?: Omit<ConvOptions, "bias">]
	| [
			bias: Tensor | null,
			stride: PerDimension,
			padding?: PerDimension | "same" | "valid",
			dilation?: PerDimension,
			groups?: number,
	  ];
export type ConvTransposeArguments =
	| [options?: ConvTransposeOptions]
	| [bias: Tensor | null, options?: Omit<ConvTransposeOptions, "bias">]
	| [
			bias: Tensor | null,
			stride: PerDimension,
			padding?: PerDimension,
			outputPadding?: PerDimension,
			groups?: number,
			dilation?: PerDimension,
	  ];

const order = ["bias", "stride", "padding", "dilation", "groups"] as const;
const transposedOrder = ["bias", "stride", "padding", "outputPadding", "groups", "dilation"] as const;

function checkedWeight(op: string, weight: unknown, spatial: number): Tensor {
	if (!(weight instanceof Tensor)) throw new TypeError(`[${op}] weight must be a tensor, got ${quoted(weight)}`);
	if (weight.ndim === spatial + 2) return weight;
	throw new RangeError(
		`[${op}] expected a weight of ${spatial + 2} dimensions, but got weight of size [${weight.shape.join(", ")}]`,
	);
}

/** Zeros on both sides, and those at the end of each dimension that "same" adds. */
function paddingOf(
	op: string,
	padding: PerDimension | "same" | "valid",
	kernel: readonly number[],
	stride: readonly number[],
	dilation: readonly number[],
): { padding: number[]; atEnd: number[] } {
	const none = kernel.map(() => 0);
	if (padding === "valid") return { padding: none, atEnd: none };
	if (padding !== "same") {
		if (typeof padding === "string") {
			throw new RangeError(`[${op}] invalid padding string ${quoted(padding)}, should be one of "valid", "same"`);
		}
		return { padding: perDimension(op, "padding", padding, kernel.length), atEnd: none };
	}
	if (stride.some((step) => step !== 1)) {
		throw new RangeError(`[${op}] padding="same" is not supported for strided convolutions, got stride [${stride}]`);
	}
	const total = kernel.map((size, i) => dilation[i]! * (size - 1));
	return { padding: total.map((count) => Math.floor(count / 2)), atEnd: total.map((count) => count % 2) };
}

function conv(op: string, spatial: number, input: Tensor, weight: Tensor, args: readonly unknown[]): Tensor {
	if (autocastState.active) return lowered(conv, op, spatial, input, weight, args);
	const given = bind<ConvOptions>(op, args, order);
	const sample: Batched = batched(op, input, spatial);
	const kernel = checkedWeight(op, weight, spatial).shape.slice(2);
	const stride = perDimension(op, "stride", given.stride ?? 1, spatial);
	const dilation = perDimension(op, "dilation", given.dilation ?? 1, spatial);
	const { padding, atEnd } = paddingOf(op, given.padding ?? 0, kernel, stride, dilation);
	const geometry: ConvGeometry = { stride, padding, dilation, groups: given.groups ?? 1 };
	const wider = atEnd.some((count) => count > 0)
		? constantPad(
				sample.batch,
				atEnd.toReversed().flatMap((count) => [0, count]),
				0,
			)
		: sample.batch;
	return unbatched(convolve(wider, weight, given.bias ?? null, geometry), sample);
}

function transposed(op: string, spatial: number, input: Tensor, weight: Tensor, args: readonly unknown[]): Tensor {
	if (autocastState.active) return lowered(transposed, op, spatial, input, weight, args);
	const given = bind<ConvTransposeOptions>(op, args, transposedOrder);
	const sample = batched(op, input, spatial);
	const kernel = checkedWeight(op, weight, spatial).shape.slice(2);
	const numbers = (name: keyof ConvTransposeOptions, value: unknown) => perDimension(op, name, value, spatial);
	const stride = numbers("stride", given.stride ?? 1);
	const padding = numbers("padding", given.padding ?? 0);
	const outputPadding = numbers("outputPadding", given.outputPadding ?? 0);
	const dilation = numbers("dilation", given.dilation ?? 1);
	outputPadding.forEach((extra, i) => {
		if (extra < 0) throw new RangeError(`[${op}] negative outputPadding is not supported, got [${outputPadding}]`);
		if (extra >= stride[i]! && extra >= dilation[i]!) {
			throw new RangeError(
				`[${op}] output padding must be smaller than either stride or dilation, but got outputPadding [${outputPadding}], stride [${stride}], dilation [${dilation}]`,
			);
		}
	});
	// As much of it as a whole stride is a step of the result more: one of zeros.
	const steps = outputPadding.map((extra, i) => Math.floor(extra / stride[i]!));
	const wider = steps.some((count) => count > 0)
		? constantPad(
				sample.batch,
				steps.toReversed().flatMap((count) => [0, count]),
				0,
			)
		: sample.batch;
	const inner = wider.shape.slice(2);
	const size = inner.map(
		(size, i) =>
			(size - 1) * stride[i]! -
			2 * padding[i]! +
			dilation[i]! * (kernel[i]! - 1) +
			(outputPadding[i]! % stride[i]!) +
			1,
	);
	if (size.some((length) => length < 1)) {
		throw new RangeError(
			`[${op}] given input size per channel: [${inner}]. Calculated output size per channel: [${size}]. Output size is too small`,
		);
	}
	const geometry = { stride, padding, dilation, groups: given.groups ?? 1 };
	return unbatched(transposedConvolve(wider, weight, given.bias ?? null, geometry, size), sample);
}

/**
 * @param input `[N, C, L]` or `[C, L]`
 * @param weight `[outChannels, C / groups, kernel]`
 * @returns `[N, outChannels, (L + 2·padding − dilation·(kernel − 1) − 1) / stride + 1]`, rounded down
 */
export function conv1d(input: Tensor, weight: Tensor, ...args: ConvArguments): Tensor {
	return conv("conv1d", 1, input, weight, args);
}

/** Like `conv1d`, of `[N, C, H, W]` or `[C, H, W]` and a weight `[outChannels, C / groups, kH, kW]`. */
export function conv2d(input: Tensor, weight: Tensor, ...args: ConvArguments): Tensor {
	return conv("conv2d", 2, input, weight, args);
}

/** Like `conv1d`, of `[N, C, D, H, W]` or `[C, D, H, W]` and a weight `[outChannels, C / groups, kD, kH, kW]`. */
export function conv3d(input: Tensor, weight: Tensor, ...args: ConvArguments): Tensor {
	return conv("conv3d", 3, input, weight, args);
}

/**
 * The gradient of a convolution with respect to its input, as an operation.
 *
 * @param input `[N, C, L]` or `[C, L]`
 * @param weight `[C, outChannels / groups, kernel]`
 * @returns `[N, outChannels, (L − 1)·stride − 2·padding + dilation·(kernel − 1) + outputPadding + 1]`
 */
export function convTranspose1d(input: Tensor, weight: Tensor, ...args: ConvTransposeArguments): Tensor {
	return transposed("convTranspose1d", 1, input, weight, args);
}

/** Like `convTranspose1d`, of `[N, C, H, W]` or `[C, H, W]` and a weight `[C, outChannels / groups, kH, kW]`. */
export function convTranspose2d(input: Tensor, weight: Tensor, ...args: ConvTransposeArguments): Tensor {
	return transposed("convTranspose2d", 2, input, weight, args);
}

/** Like `convTranspose1d`, of `[N, C, D, H, W]` or `[C, D, H, W]` and a weight `[C, outChannels / groups, kD, kH, kW]`. */
export function convTranspose3d(input: Tensor, weight: Tensor, ...args: ConvTransposeArguments): Tensor {
	return transposed("convTranspose3d", 3, input, weight, args);
}
