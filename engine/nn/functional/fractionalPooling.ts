import { shapeText } from "../../core/arguments";
import { native } from "../../core/native";
import { type Tensor, wrap } from "../../core/tensor";
import { rand } from "../../ops";
import type { WithIndices } from "./maxPooling";
import { checkRank, type PerDimension, perDimension } from "./spatial";

export interface FractionalMaxPoolOptions {
	/** Sizes of the result; this or `outputRatio`. */
	outputSize?: PerDimension | null;
	/** The result's sizes as parts of the input's, between 0 and 1. */
	outputRatio?: number | readonly number[] | null;
	/** Give the places of the maxima too. Default false. */
	returnIndices?: boolean;
	/** `[N, C, spatial]`: where the windows begin, of [0, 1). Default: drawn. */
	_randomSamples?: Tensor | null;
}

type Indexed = FractionalMaxPoolOptions & { returnIndices: true };

/** The first places of windows, at steps that are random and nearly equal (Graham, 2014). */
function starts(sample: number, size: number, count: number, kernel: number): number[] {
	const places: number[] = [];
	const step = count > 1 ? (size - kernel) / (count - 1) : 0;
	for (let i = 0; i < count - 1; i++) places.push(Math.trunc((i + sample) * step) - Math.trunc(sample * step));
	return [...places, size - kernel];
}

function fractional(
	op: string,
	spatial: 2 | 3,
	input: Tensor,
	kernelSize: PerDimension,
	options: FractionalMaxPoolOptions,
): Tensor | WithIndices {
	const { outputSize = null, outputRatio = null, returnIndices = false, _randomSamples = null } = options;
	if ((outputSize === null) === (outputRatio === null)) {
		throw new TypeError(`[${op}] requires specifying either outputSize or outputRatio, and not both`);
	}
	const single = checkRank(op, input, spatial).ndim === spatial + 1;
	const x = single ? input.unsqueeze(0) : input;
	const kernel = perDimension(op, "kernelSize", kernelSize, spatial);
	const inner = x.shape.slice(2);
	const ratios = typeof outputRatio === "number" ? inner.map(() => outputRatio) : outputRatio;
	if (ratios?.some((ratio) => !(ratio > 0 && ratio < 1))) {
		throw new RangeError(`[${op}] outputRatio must be between 0 and 1 (got [${ratios}])`);
	}
	const size = ratios
		? inner.map((length, i) => Math.floor(length * ratios[i]!))
		: perDimension(op, "outputSize", outputSize!, spatial);
	if (size.some((length, i) => length < 1 || length + kernel[i]! - 1 > inner[i]!)) {
		throw new RangeError(
			`[${op}] pool size [${kernel}] too large relative to input size ${shapeText(inner)} for output size [${size}]`,
		);
	}
	const [n, channels] = x.shape as [number, number];
	const { dtype, device } = x;
	const samples = _randomSamples ?? rand([n, channels, spatial], { dtype, device });
	if (`${samples.shape}` !== `${[n, channels, spatial]}`) {
		throw new RangeError(
			`[${op}] _randomSamples must have shape [${n}, ${channels}, ${spatial}], got ${shapeText(samples.shape)}`,
		);
	}
	const places = placesOf(native.toNumbers(samples.handle), inner, size, kernel);
	const volume = kernel.reduce((a, b) => a * b, 1);
	const index = wrap(native.fromNumbers(places, [n, channels, places.length / (n * channels)], 4, x.handle));
	const windows = x.reshape(n, channels, -1).gather(2, index).reshape(n, channels, -1, volume);
	const { values, indices } = windows.max(3);
	const at = index.reshape(n, channels, -1, volume).gather(3, indices.unsqueeze(3));
	const shaped = (y: Tensor) => (single ? y.reshape(channels, ...size) : y.reshape(n, channels, ...size));
	return returnIndices ? [shaped(values), shaped(at)] : shaped(values);
}

/** For every plane and window the places of its elements in the plane. */
function placesOf(samples: Float64Array, inner: number[], size: number[], kernel: number[]): Float64Array {
	const spatial = inner.length;
	const planes = samples.length / spatial;
	const results = size.reduce((a, b) => a * b, 1);
	const volume = kernel.reduce((a, b) => a * b, 1);
	const places = new Float64Array(planes * results * volume);
	for (let plane = 0, next = 0; plane < planes; plane++) {
		// Of two dimensions the last one's sample comes first.
		const begins = inner.map((length, i) =>
			starts(samples[plane * spatial + (spatial === 2 ? 1 - i : i)]!, length, size[i]!, kernel[i]!),
		);
		for (let result = 0; result < results; result++) {
			const corner = unravelled(result, size).map((place, i) => begins[i]![place]!);
			for (let element = 0; element < volume; element++) {
				const offset = unravelled(element, kernel);
				places[next++] = corner.reduce((at, begin, i) => at * inner[i]! + begin + offset[i]!, 0);
			}
		}
	}
	return places;
}

function unravelled(flat: number, sizes: readonly number[]): number[] {
	const places = new Array<number>(sizes.length);
	for (let i = sizes.length - 1, rest = flat; i >= 0; i--) {
		places[i] = rest % sizes[i]!;
		rest = Math.floor(rest / sizes[i]!);
	}
	return places;
}

/**
 * Maxima of windows at random steps (Graham, 2014).
 *
 * @param input `[N, C, H, W]` or `[C, H, W]`
 */
export function fractionalMaxPool2d(input: Tensor, kernelSize: PerDimension, options: Indexed): WithIndices;
export function fractionalMaxPool2d(input: Tensor, kernelSize: PerDimension, options: FractionalMaxPoolOptions): Tensor;
export function fractionalMaxPool2d(
	input: Tensor,
	kernelSize: PerDimension,
	options: FractionalMaxPoolOptions,
): Tensor | WithIndices {
	return fractional("fractionalMaxPool2d", 2, input, kernelSize, options);
}

/** Like `fractionalMaxPool2d`, of `[N, C, D, H, W]` or `[C, D, H, W]`. */
export function fractionalMaxPool3d(input: Tensor, kernelSize: PerDimension, options: Indexed): WithIndices;
export function fractionalMaxPool3d(input: Tensor, kernelSize: PerDimension, options: FractionalMaxPoolOptions): Tensor;
export function fractionalMaxPool3d(
	input: Tensor,
	kernelSize: PerDimension,
	options: FractionalMaxPoolOptions,
): Tensor | WithIndices {
	return fractional("fractionalMaxPool3d", 3, input, kernelSize, options);
}
