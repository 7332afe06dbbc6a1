/** Element types. `code` is the addon's number for it. */
export interface DType {
	readonly name: DTypeName;
	readonly code: number;
	/** Bytes of one element. */
	readonly itemsize: number;
	readonly isFloatingPoint: boolean;
	/** PyTorch's text: `torch.float32`. */
	toString(): string;
}

export type DTypeName =
	| "float64"
	| "float32"
	| "float16"
	| "bfloat16"
	| "int64"
	| "int32"
	| "int16"
	| "int8"
	| "uint8"
	| "bool";

function define(name: DTypeName, code: number, itemsize: number, isFloatingPoint: boolean): DType {
	const text = () => `torch.${name}`;
	const dtype: DType = { name, code, itemsize, isFloatingPoint, toString: text };
	// As a cell's last expression, too.
	Object.defineProperty(dtype, Symbol.for("nodejs.util.inspect.custom"), { value: text });
	return Object.freeze(dtype);
}

export const uint8 = define("uint8", 0, 1, false);
export const int8 = define("int8", 1, 1, false);
export const int16 = define("int16", 2, 2, false);
export const int32 = define("int32", 3, 4, false);
export const int64 = define("int64", 4, 8, false);
export const float16 = define("float16", 5, 2, true);
export const float32 = define("float32", 6, 4, true);
export const float64 = define("float64", 7, 8, true);
export const bool = define("bool", 8, 1, false);
export const bfloat16 = define("bfloat16", 9, 2, true);

export { float16 as half, float32 as float, float64 as double, int16 as short, int32 as int, int64 as long };

const byCode: readonly DType[] = [uint8, int8, int16, int32, int64, float16, float32, float64, bool, bfloat16];

/** Whether a value is one of the dtypes. */
export function isDType(value: unknown): value is DType {
	return byCode.includes(value as DType);
}

export function dtypeOf(code: number): DType {
	const dtype = byCode[code];
	if (!dtype) throw new RangeError(`[dtype] no dtype has the code ${code}`);
	return dtype;
}
