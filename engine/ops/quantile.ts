import { wrapDim } from "../core/arguments";
import { autocastState } from "../core/autocast";
import { native } from "../core/native";
import { Tensor } from "../core/tensor";
import { raisedOnHost } from "./castPolicy";
import { stackAlong } from "./join";
import { asMethods } from "./methods";
import { sort } from "./sort";

/* The values below which given parts of the elements lie. */

export interface QuantileOptions {
	/** Along this dimension. Default: of all elements. */
	dim?: number | null;
	/** Default false. */
	keepdim?: boolean;
	/** Between two elements: "linear" (default), "lower", "higher", "midpoint", "nearest". */
	interpolation?: "linear" | "lower" | "higher" | "midpoint" | "nearest";
}

type QuantileArguments = [dim?: number | null | QuantileOptions, options?: QuantileOptions];

/** The value below which the part `q` (of [0, 1]; a vector gives several, in front) of the elements lies; NaN beside a NaN. */
export function quantile(x: Tensor, q: number | Tensor, ...args: QuantileArguments): Tensor {
	if (autocastState.active) return raisedOnHost(quantile, x, q, ...args);
	return quantiles("quantile", x, q, args, false);
}

/** `quantile` of the elements that are not NaN. */
export function nanquantile(x: Tensor, q: number | Tensor, ...args: QuantileArguments): Tensor {
	if (autocastState.active) return raisedOnHost(nanquantile, x, q, ...args);
	return quantiles("nanquantile", x, q, args, true);
}

function quantiles(
	op: string,
	x: Tensor,
	q: number | Tensor,
	[dim, options]: QuantileArguments,
	skipNan: boolean,
): Tensor {
	const given = typeof dim === "object" && dim !== null ? dim : { ...options, dim: dim ?? options?.dim ?? null };
	if (!x.isFloatingPoint() || x.elementSize() < 4) {
		throw new TypeError(`[${op}] expects a float32 or float64 tensor, got ${x.dtype}`);
	}
	const { keepdim = false, interpolation = "linear" } = given;
	const along = given.dim ?? null;
	const at = along === null ? 0 : wrapDim(op, along, x.ndim);
	const sorted = sort(along === null ? x.reshape(-1) : x, at).values;
	if (sorted.size(at) === 0) throw new RangeError(`[${op}] input tensor must be non-empty`);
	const nan = sorted.detach().isnan();
	// NaN are sorted behind everything else.
	const count = skipNan ? nan.logicalNot().sum(at, true).clamp(1) : nan.logicalOr(nan.logicalNot()).sum(at, true);
	const spoilt = skipNan ? nan.all(at, true) : nan.any(at, true);
	const parts = q instanceof Tensor ? [...native.toNumbers(q.handle)] : [q];
	const shaped = parts.map((part) => {
		if (!(part >= 0 && part <= 1)) throw new RangeError(`[${op}] q must lie in [0, 1], got ${part}`);
		const value = picked(sorted, at, count.sub(1).to(sorted.dtype).mul(part), interpolation).maskedFill(
			spoilt,
			Number.NaN,
		);
		const whole = along === null && keepdim ? value.reshape(x.shape.map(() => 1)) : value;
		return keepdim ? whole : whole.squeeze(at);
	});
	return q instanceof Tensor && q.ndim > 0 ? stackAlong(shaped, 0) : shaped[0]!;
}

/** The element of a rank (of the size of one row) that need not be whole. */
function picked(sorted: Tensor, at: number, rank: Tensor, interpolation: string): Tensor {
	const pick = (position: Tensor) => sorted.gather(at, position.long());
	const [low, high] = [rank.floor(), rank.ceil()];
	switch (interpolation) {
		case "lower":
			return pick(low);
		case "higher":
			return pick(high);
		case "nearest":
			return pick(rank.round());
		case "midpoint":
			return pick(low).lerp(pick(high), 0.5);
		case "linear":
			return pick(low).lerp(pick(high), rank.sub(low));
		default:
			throw new RangeError(
				`[quantile] interpolation must be "linear", "lower", "higher", "midpoint" or "nearest", got ${JSON.stringify(interpolation)}`,
			);
	}
}

declare module "../core/tensor" {
	interface Tensor {
		/** The value below which the part `q` (of [0, 1]; a vector gives several, in front) of the elements lies. */
		quantile(q: number | Tensor, ...args: QuantileArguments): Tensor;
		/** `quantile` of the elements that are not NaN. */
		nanquantile(q: number | Tensor, ...args: QuantileArguments): Tensor;
	}
}

asMethods({ quantile, nanquantile });
