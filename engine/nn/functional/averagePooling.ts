import { bind } from "../../core/arguments";
import { autocastState } from "../../core/autocast";
import { quoted } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { raisedOnHost } from "../../ops/castPolicy";
import { type AdaptiveSize, adaptiveSize } from "./maxPooling";
import { LineMatrix, mixed } from "./mix";
import { checkRank, type PerDimension, perDimension } from "./spatial";

/* Pooling by the mean and by the p-norm. A mean over a window of several dimensions is a mean of means. */

export interface AvgPoolOptions {
	/** Steps between windows. Default: the kernel's size. */
	stride?: PerDimension | null;
	/** Zeros on both sides, at most half of the kernel. Default 0. */
	padding?: PerDimension;
	/** Round the result's size up. Default false. */
	ceilMode?: boolean;
	/** Divide by the kernel's size at the edges too, as if the zeros counted. Default true. */
	countIncludePad?: boolean;
	/** Divide by this instead (two and three dimensions). */
	divisorOverride?: number | null;
}

/** The arguments after the kernel's size, in place or by name. */
export type AvgPoolArguments<Options = AvgPoolOptions> =
	| [options?: Options]
	| [stride: PerDimension | null, options?: Omit<Options, "stride">]
	| [stride: PerDimension | null, padding: PerDimension, options?: Omit<Options, "stride" | "padding">];

interface Windows {
	kernel: number;
	stride: number;
	padding: number;
	ceilMode: boolean;
	countIncludePad: boolean;
	/** Sum instead of averaging. */
	summed: boolean;
}

/** The number of windows along a dimension. */
function countOf(op: string, size: number, { kernel, stride, padding, ceilMode }: Windows): number {
	if (kernel < 1) throw new RangeError(`[${op}] kernel size should be greater than zero, got ${kernel}`);
	if (stride < 1) throw new RangeError(`[${op}] stride should be greater than zero, got ${stride}`);
	if (padding < 0 || padding > Math.floor(kernel / 2)) {
		throw new RangeError(
			`[${op}] pad should be non-negative and at most half of kernel size, but got pad=${padding} and kernelSize=${kernel}`,
		);
	}
	const room = size + 2 * padding - kernel + (ceilMode ? stride - 1 : 0);
	const count = room < 0 ? 0 : Math.floor(room / stride) + 1;
	// The last window must begin inside the input or its left padding.
	const found = ceilMode && (count - 1) * stride >= size + padding ? count - 1 : count;
	if (found < 1 || size < 1) {
		throw new RangeError(
			`[${op}] output size is too small: an input of size ${size} has no window of kernelSize=${kernel}, stride=${stride}, padding=${padding}`,
		);
	}
	return found;
}

function averages(op: string, size: number, windows: Windows): LineMatrix {
	const { kernel, stride, padding, ceilMode, countIncludePad, summed } = windows;
	const key = `average ${size} ${kernel} ${stride} ${padding} ${ceilMode} ${countIncludePad} ${summed}`;
	return LineMatrix.kept(key, () => averagesOf(countOf(op, size, windows), size, windows));
}

function averagesOf(count: number, size: number, windows: Windows): LineMatrix {
	const { kernel, stride, padding, countIncludePad, summed } = windows;
	const rows = Array.from({ length: count }, (_, i) => {
		const begin = i * stride - padding;
		const end = Math.min(begin + kernel, size + padding);
		const [first, last] = [Math.max(begin, 0), Math.min(end, size)];
		const divisor = summed ? 1 : countIncludePad ? end - begin : last - first;
		return Array.from({ length: Math.max(0, last - first) }, (_, j): [number, number] => [first + j, 1 / divisor]);
	});
	return LineMatrix.of(rows, size);
}

const order = ["stride", "padding", "ceilMode", "countIncludePad", "divisorOverride"] as const;

function avgPool(
	op: string,
	spatial: number,
	input: Tensor,
	kernelSize: PerDimension,
	args: readonly unknown[],
): Tensor {
	const given = bind<AvgPoolOptions>(op, args, spatial === 1 ? order.slice(0, 4) : order);
	checkRank(op, input, spatial);
	const kernel = perDimension(op, "kernelSize", kernelSize, spatial);
	const stride = given.stride == null ? kernel : perDimension(op, "stride", given.stride, spatial);
	const padding = perDimension(op, "padding", given.padding ?? 0, spatial);
	const { ceilMode = false, countIncludePad = true, divisorOverride: divisor = null } = given;
	if (divisor === 0) throw new RangeError(`[${op}] divisor must be not zero`);
	const summed = divisor !== null;
	const inner = input.shape.slice(-spatial);
	// Only the three-dimensional one asks for it, whatever the padding.
	if (spatial === 3 && inner.some((size, i) => size < kernel[i]!)) {
		throw new RangeError(
			`[${op}] input image (T: ${inner[0]} H: ${inner[1]} W: ${inner[2]}) smaller than kernel size (kT: ${kernel[0]} kH: ${kernel[1]} kW: ${kernel[2]})`,
		);
	}
	const matrices = inner.map((size, i) =>
		averages(op, size, {
			kernel: kernel[i]!,
			stride: stride[i]!,
			padding: padding[i]!,
			ceilMode,
			countIncludePad,
			summed,
		}),
	);
	if (summed) matrices[0] = matrices[0]!.scaled(1 / divisor);
	// As PyTorch does, one dimension goes by way of two.
	if (spatial === 1) return mixed("AvgPool2DBackward0", input.unsqueeze(-2), matrices).squeeze(-2);
	return mixed(`AvgPool${spatial}DBackward0`, input, matrices);
}

/**
 * The mean of every window.
 *
 * @param input `[N, C, L]` or `[C, L]`
 * @returns `[N, C, (L + 2·padding − kernelSize) / stride + 1]`, rounded down
 */
export function avgPool1d(
	input: Tensor,
	kernelSize: PerDimension,
	...args: AvgPoolArguments<Omit<AvgPoolOptions, "divisorOverride">>
): Tensor {
	return avgPool("avgPool1d", 1, input, kernelSize, args);
}

/** Like `avgPool1d`, of `[N, C, H, W]` or `[C, H, W]`. */
export function avgPool2d(input: Tensor, kernelSize: PerDimension, ...args: AvgPoolArguments): Tensor {
	return avgPool("avgPool2d", 2, input, kernelSize, args);
}

/** Like `avgPool1d`, of `[N, C, D, H, W]` or `[C, D, H, W]`. */
export function avgPool3d(input: Tensor, kernelSize: PerDimension, ...args: AvgPoolArguments): Tensor {
	if (autocastState.active) return raisedOnHost(avgPool3d, input, kernelSize, ...args);
	return avgPool("avgPool3d", 3, input, kernelSize, args);
}

function adaptive(op: string, spatial: number, input: Tensor, outputSize: AdaptiveSize): Tensor {
	const size = adaptiveSize(op, outputSize, checkRank(op, input, spatial), spatial);
	const inner = input.shape.slice(-spatial);
	// PyTorch takes the mean where one element is left.
	if (size.every((length) => length === 1)) {
		const dims = inner.map((_, i) => i - spatial);
		return spatial === 1 ? input.unsqueeze(-2).mean([-1, -2], true).squeeze(-2) : input.mean(dims, true);
	}
	if (inner.some((length) => length === 0)) {
		throw new RangeError(
			`[${op}] expected input to have non-zero size for non-batch dimensions, but input has sizes [${input.shape.join(", ")}]`,
		);
	}
	const matrices = inner.map((length, i) => {
		const count = size[i]!;
		return LineMatrix.kept(`adaptive ${length} ${count}`, () => {
			const rows = Array.from({ length: count }, (_, j) => {
				const first = Math.floor((j * length) / count);
				const last = Math.ceil(((j + 1) * length) / count);
				return Array.from({ length: last - first }, (_, k): [number, number] => [first + k, 1 / (last - first)]);
			});
			return LineMatrix.of(rows, length);
		});
	});
	if (spatial === 1) return mixed("AdaptiveAvgPool2DBackward0", input.unsqueeze(-2), matrices).squeeze(-2);
	return mixed(`AdaptiveAvgPool${spatial}DBackward0`, input, matrices);
}

/** Means of as many windows as `outputSize` says, which together cover `[N, C, L]` or `[C, L]`. */
export function adaptiveAvgPool1d(input: Tensor, outputSize: AdaptiveSize): Tensor {
	return adaptive("adaptiveAvgPool1d", 1, input, outputSize);
}

/** Like `adaptiveAvgPool1d`, of `[N, C, H, W]` or `[C, H, W]`. */
export function adaptiveAvgPool2d(input: Tensor, outputSize: AdaptiveSize): Tensor {
	return adaptive("adaptiveAvgPool2d", 2, input, outputSize);
}

/** Like `adaptiveAvgPool1d`, of `[N, C, D, H, W]` or `[C, D, H, W]`. */
export function adaptiveAvgPool3d(input: Tensor, outputSize: AdaptiveSize): Tensor {
	return adaptive("adaptiveAvgPool3d", 3, input, outputSize);
}

export interface LPPoolOptions {
	/** Steps between windows. Default: the kernel's size. */
	stride?: PerDimension | null;
	/** Round the result's size up. Default false. */
	ceilMode?: boolean;
}

/** The arguments after the kernel's size, in place or by name. */
export type LPPoolArguments =
	| [options?: LPPoolOptions]
	| [stride: PerDimension | null, options?: Pick<LPPoolOptions, "ceilMode">];

function lpPool(
	op: string,
	spatial: number,
	input: Tensor,
	normType: number,
	kernelSize: PerDimension,
	args: readonly unknown[],
): Tensor {
	if (typeof normType !== "number") throw new TypeError(`[${op}] normType must be a number, got ${quoted(normType)}`);
	const options = bind<LPPoolOptions>(op, args, ["stride", "ceilMode"]);
	const volume = perDimension(op, "kernelSize", kernelSize, spatial).reduce((product, size) => product * size, 1);
	const powers = avgPool(op, spatial, input.pow(normType), kernelSize, [options]);
	return powers
		.sign()
		.mul(powers.abs().relu())
		.mul(volume)
		.pow(1 / normType);
}

/** (Σ xᵖ)^(1/p) of every window of `[N, C, L]` or `[C, L]`, p = normType. The gradient where the sum is 0 is NaN or infinite. */
export function lpPool1d(input: Tensor, normType: number, kernelSize: PerDimension, ...args: LPPoolArguments): Tensor {
	return lpPool("lpPool1d", 1, input, normType, kernelSize, args);
}

/** Like `lpPool1d`, of `[N, C, H, W]` or `[C, H, W]`. */
export function lpPool2d(input: Tensor, normType: number, kernelSize: PerDimension, ...args: LPPoolArguments): Tensor {
	return lpPool("lpPool2d", 2, input, normType, kernelSize, args);
}

/** Like `lpPool1d`, of `[N, C, D, H, W]` or `[C, D, H, W]`. */
export function lpPool3d(input: Tensor, normType: number, kernelSize: PerDimension, ...args: LPPoolArguments): Tensor {
	return lpPool("lpPool3d", 3, input, normType, kernelSize, args);
}
