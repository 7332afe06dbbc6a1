import type { DType } from "../../core/dtype";

/** The distance from 1 to the next number; half types compute in float32. */
export function finfoEps(dtype: DType): number {
	return dtype.name === "float64" ? 2 ** -52 : 2 ** -23;
}
