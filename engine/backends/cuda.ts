import { withSwitches } from "./switches";

export interface MatmulSwitches {
	/**
	 * Whether float32 products may round their operands to TF32 (10 bits of mantissa), for tensor cores from compute capability
	 * 8.0 on. Default false.
	 */
	allowTf32: boolean;
	/** Whether the sums of float16 products may be rounded to float16 in between. Default true. */
	allowFp16ReducedPrecisionReduction: boolean;
	/** Whether the sums of bfloat16 products may be rounded to bfloat16 in between. Default true. */
	allowBf16ReducedPrecisionReduction: boolean;
}

/** How products on cards are computed, where cuBLASLt computes them. */
export const matmul: MatmulSwitches = withSwitches(
	{
		allowTf32: "matmulTf32",
		allowFp16ReducedPrecisionReduction: "matmulReducedHalf",
		allowBf16ReducedPrecisionReduction: "matmulReducedBFloat16",
	},
	{},
);

/** Always true: the engine finds CUDA when it runs. `torch.cuda.isAvailable()` says whether there is a card. */
export function isBuilt(): boolean {
	return true;
}

const precisions = ["highest", "high", "medium"] as const;
/** How float32 products may be computed: `highest` in float32, `high` and `medium` by TF32 on cards. */
export type Float32MatmulPrecision = (typeof precisions)[number];

let precision: Float32MatmulPrecision = "highest";

/** The same switch as `backends.cuda.matmul.allowTf32`, in words. Default "highest". */
export function setFloat32MatmulPrecision(wanted: Float32MatmulPrecision): void {
	if (!precisions.includes(wanted)) {
		throw new RangeError(
			`[setFloat32MatmulPrecision] expected one of ${precisions.map((p) => `"${p}"`).join(", ")}, got ${JSON.stringify(wanted)}`,
		);
	}
	precision = wanted;
	matmul.allowTf32 = wanted !== "highest";
}

/** How exact products of float32 matrices are: "highest", "high" or "medium". */
export function getFloat32MatmulPrecision(): Float32MatmulPrecision {
	if (!matmul.allowTf32) return "highest";
	return precision === "highest" ? "high" : precision;
}
