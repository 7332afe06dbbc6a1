import { quoted } from "../../core/signature";
import { Tensor } from "../../core/tensor";

/* What functions over the last one, two or three dimensions share. */

/** One number for all spatial dimensions, or one for each. */
export type PerDimension = number | readonly number[];

/** A number for each of `count` dimensions. */
export function perDimension(op: string, name: string, value: unknown, count: number): number[] {
	if (Number.isInteger(value)) return new Array<number>(count).fill(value as number);
	if (Array.isArray(value) && (value.length === count || value.length === 1) && value.every(Number.isInteger)) {
		return value.length === count ? [...value] : new Array<number>(count).fill(value[0] as number);
	}
	throw new TypeError(`[${op}] ${name} must be an integer or ${count} of them, got ${quoted(value)}`);
}

/** `[N, C, …]` of `spatial` dimensions, as it is or as the one sample of a batch. */
export interface Batched {
	batch: Tensor;
	single: boolean;
}

/** Makes a sample without batch dimension a batch of one; any other number of dimensions is an error. */
export function batched(op: string, input: Tensor, spatial: number): Batched {
	const single = checkRank(op, input, spatial).ndim === spatial + 1;
	return { batch: single ? input.unsqueeze(0) : input, single };
}

/** The input, which must be `[N, C, …]` or `[C, …]`. */
export function checkRank(op: string, input: Tensor, spatial: number): Tensor {
	if (!(input instanceof Tensor)) throw new TypeError(`[${op}] input must be a tensor, got ${quoted(input)}`);
	if (input.ndim === spatial + 2 || input.ndim === spatial + 1) return input;
	throw new RangeError(
		`[${op}] expected ${spatial + 1}D (unbatched) or ${spatial + 2}D (batched) input, but got input of size [${input.shape.join(", ")}]`,
	);
}

/** The batch's result for what `batched` got. */
export function unbatched(result: Tensor, { single }: Batched): Tensor {
	return single ? result.squeeze(0) : result;
}
