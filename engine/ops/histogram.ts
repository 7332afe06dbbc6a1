import { bind, describe, integer, shapeText } from "../core/arguments";
import { namedTuple } from "../core/namedTuple";
import { native } from "../core/native";
import { Tensor, wrap } from "../core/tensor";
import { linspace } from "./create";
import { asMethods } from "./methods";
import { searchsorted } from "./sort";

export interface Histogram {
	readonly 0: Tensor;
	readonly 1: Tensor;
	readonly length: 2;
	readonly hist: Tensor;
	readonly binEdges: Tensor;
	[Symbol.iterator](): IterableIterator<Tensor>;
}

export interface HistogramOptions {
	/** From where to where, where `bins` is a count. Default: the tensor's own extremes. */
	range?: readonly [number, number] | null;
	/** A weight for each element instead of 1. */
	weight?: Tensor | null;
	/** Divide by the whole and by each bin's width, so that the area is 1. Default false. */
	density?: boolean;
}

/** How many elements lie in each of `bins` intervals (a count, or their edges); the last one includes its end. No gradient. */
export function histogram(
	x: Tensor,
	...args: [bins: number | Tensor, options?: HistogramOptions] | [options: HistogramOptions & { bins: number | Tensor }]
): Histogram {
	const { bins, range, weight, density } = bind<HistogramOptions & { bins: number | Tensor }>(
		"histogram",
		args,
		["bins"],
		["range", "weight", "density"],
	);
	if (!x.isFloatingPoint()) throw new TypeError(`[histogram] expects a floating point dtype, got ${x.dtype}`);
	const flat = x.detach().reshape(-1);
	const edges = bins instanceof Tensor ? edgesOf(bins) : equal(flat, bins, range ?? null);
	const count = edges.size(0) - 1;
	const [low, high] = [edges.at(0), edges.at(-1)];
	const inside = flat.ge(low).logicalAnd(flat.le(high));
	const places = searchsorted(edges, flat, { right: true })
		.sub(1)
		.clamp(0, count - 1);
	const weights = weight ? weight.reshape(-1).to(x.dtype) : wrap(native.full(flat.shape, 1, x.dtype.code, x.handle));
	if (weights.numel() !== flat.numel()) {
		throw new RangeError(
			`[histogram] weight must have the input's shape ${shapeText(x.shape)}, got ${shapeText(weight!.shape)}`,
		);
	}
	const zeros = wrap(native.full([count], 0, x.dtype.code, x.handle));
	let hist = zeros.scatterAdd(0, places.maskedSelect(inside), weights.maskedSelect(inside));
	if (density) hist = hist.div(hist.sum()).div(edges.diff());
	return namedTuple("histogram", ["hist", "bin_edges"], [hist, edges]);
}

function edgesOf(bins: Tensor): Tensor {
	if (bins.ndim !== 1 || bins.size(0) < 2) {
		throw new RangeError(`[histogram] bins must be a vector of at least 2 edges, got shape ${shapeText(bins.shape)}`);
	}
	return bins;
}

function equal(x: Tensor, bins: unknown, range: readonly [number, number] | null): Tensor {
	const count = integer("histogram", "bins", bins);
	if (count < 1) throw new RangeError(`[histogram] bins must be positive, got ${describe(count)}`);
	let [low, high] = range ?? (x.numel() === 0 ? [0, 1] : [x.min().item(), x.max().item()]);
	if (!(low <= high) || !Number.isFinite(low) || !Number.isFinite(high)) {
		throw new RangeError(`[histogram] the range must be finite and rise, got ${low} to ${high}`);
	}
	// As for NumPy: elements that are all one lie in the middle.
	if (low === high) [low, high] = [low - 0.5, high + 0.5];
	return linspace(low, high, count + 1, { dtype: x.dtype, device: x.device });
}

declare module "../core/tensor" {
	interface Tensor {
		/** How many elements lie in each of `bins` intervals, and their edges. */
		histogram(
			...args:
				| [bins: number | Tensor, options?: HistogramOptions]
				| [options: HistogramOptions & { bins: number | Tensor }]
		): Histogram;
	}
}

asMethods({ histogram });
