import { bind, shapeText } from "../core/arguments";
import { type ValuesAndIndices, valuesAndIndices } from "../core/namedTuple";
import { native } from "../core/native";
import type { Tensor } from "../core/tensor";
import { type DimArguments, dimArguments, picking } from "./extremes";
import { asMethods } from "./methods";

/* Covariances, and the middle of what is not NaN. */

export interface CovOptions {
	/** Subtracted from the number of observations in the divisor. Default 1. */
	correction?: number;
	/** How often each observation counts: integers, one for each. */
	fweights?: Tensor | null;
	/** How much each observation counts: numbers ≥ 0, one for each. */
	aweights?: Tensor | null;
}

/** The covariances of variables (rows) over observations (columns); of a vector its variance. */
export function cov(x: Tensor, options: CovOptions = {}): Tensor {
	const {
		correction = 1,
		fweights,
		aweights,
	} = bind<CovOptions>("cov", [options], [], ["correction", "fweights", "aweights"]);
	if (x.ndim > 2) throw new RangeError(`[cov] expects a vector or a matrix, got shape ${shapeText(x.shape)}`);
	const rows = x.ndim < 2 ? x.reshape(1, -1) : x;
	const count = rows.size(1);
	for (const [name, weights] of [
		["fweights", fweights],
		["aweights", aweights],
	] as const) {
		if (weights && (weights.ndim > 1 || weights.numel() !== count)) {
			throw new RangeError(
				`[cov] expected ${name} to have one element for each of ${count} observations, got ${weights.numel()}`,
			);
		}
	}
	const weights = fweights && aweights ? fweights.mul(aweights) : (fweights ?? aweights ?? null);
	const total = weights === null ? count : weights.sum();
	const mean = weights === null ? rows.sum(1, true).div(count) : rows.mul(weights).sum(1, true).div(total);
	const centred = rows.sub(mean);
	let freedom: Tensor | number;
	if (weights === null) freedom = Math.max(count - correction, 0);
	else if (aweights && correction !== 0)
		freedom = (total as Tensor).sub(weights.mul(aweights).sum().div(total).mul(correction)).clampMin(0);
	else freedom = (total as Tensor).sub(correction).clampMin(0);
	const result = centred.matmul((weights === null ? centred : centred.mul(weights)).t()).div(freedom);
	return result.squeeze();
}

/** The correlation coefficients of variables (rows): covariances divided by standard deviations, kept in [−1, 1]. */
export function corrcoef(x: Tensor): Tensor {
	const c = cov(x);
	if (c.ndim === 0) return c.div(c);
	const deviation = c.diag().sqrt();
	return c.div(deviation.unsqueeze(1)).div(deviation.unsqueeze(0)).clamp(-1, 1);
}

const nanmedianAlong = picking("nanmedian", "NanmedianBackward1", (x, dim, keepdim) => {
	if (native.dim(x) === 0) return native.medianDim(x, dim, keepdim);
	const [values, indices] = native.sort(x, dim, false);
	// NaN stand last: the lower middle of what comes before them.
	const present = native.sum(native.logicalNot(native.isnan(values)), [dim], true, -1);
	const middle = native.clamp(native.floorDivide(native.sub(present, 1, 1), 2), 0, Number.NaN);
	const part = (sorted: typeof x) => {
		const picked = native.gather(sorted, dim, middle);
		return keepdim ? picked : native.squeeze(picked, [dim]);
	};
	return [part(values), part(indices)];
});

/** The middle of the elements that are not NaN, of an even number the lower one; with `dim`, along it and where. */
export function nanmedian(x: Tensor): Tensor;
export function nanmedian(x: Tensor, ...args: DimArguments): ValuesAndIndices;
export function nanmedian(x: Tensor, ...args: [] | DimArguments): Tensor | ValuesAndIndices {
	if (args.length === 0 || args[0] === undefined) return nanmedianAlong(x.reshape(-1), [0]).values;
	const { dim, keepdim } = dimArguments("nanmedian", x, args);
	const { values, indices } = nanmedianAlong(x, [dim, keepdim]);
	return valuesAndIndices("nanmedian", values, indices);
}

declare module "../core/tensor" {
	interface Tensor {
		/** The covariances of variables (rows) over observations (columns). */
		cov(options?: CovOptions): Tensor;
		/** The correlation coefficients of variables (rows). */
		corrcoef(): Tensor;
		/** The middle of the elements that are not NaN; with `dim`, along it and where. */
		nanmedian(): Tensor;
		nanmedian(...args: DimArguments): ValuesAndIndices;
	}
}

asMethods({ cov, corrcoef, nanmedian: nanmedian as never });
