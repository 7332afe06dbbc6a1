import { getDefaultDtype } from "./defaults";
import { type DType, type DTypeName, int64, isDType } from "./dtype";

/* The ranges of the dtypes: what torch.finfo and torch.iinfo tell. */

export interface FloatInfo {
	/** Of one number. */
	readonly bits: number;
	/** The distance of 1 and the next larger number. */
	readonly eps: number;
	readonly max: number;
	readonly min: number;
	/** The smallest positive number of full precision. */
	readonly tiny: number;
	readonly smallestNormal: number;
	/** 10 to the power of minus the decimal digits that are sure. */
	readonly resolution: number;
	/** The dtype's name. */
	readonly dtype: DTypeName;
}

export interface IntegerInfo {
	readonly bits: number;
	/** Of int64 rounded to the nearest JavaScript number. */
	readonly max: number;
	readonly min: number;
	readonly dtype: DTypeName;
}

/** Fraction bits, largest exponent, sure decimal digits. */
const floats: Partial<Record<DTypeName, readonly [fraction: number, exponent: number, digits: number]>> = {
	float16: [10, 15, 3],
	bfloat16: [7, 127, 2],
	float32: [23, 127, 6],
	float64: [52, 1023, 15],
};

/** What a floating-point dtype (default: the default one) can hold. */
export function finfo(dtype: DType = getDefaultDtype()): FloatInfo {
	const format = isDType(dtype) ? floats[dtype.name] : undefined;
	if (format === undefined)
		throw new TypeError(`[finfo] expected a floating-point dtype, got ${String(dtype)}; integers have iinfo`);
	const [fraction, exponent, digits] = format;
	const eps = 2 ** -fraction;
	const max = (2 - eps) * 2 ** exponent;
	const tiny = 2 ** (1 - exponent);
	return {
		bits: dtype.itemsize * 8,
		eps,
		max,
		min: -max,
		tiny,
		smallestNormal: tiny,
		resolution: Number(`1e-${digits}`),
		dtype: dtype.name,
	};
}

/** What an integer dtype can hold. */
export function iinfo(dtype: DType = int64): IntegerInfo {
	if (!isDType(dtype) || dtype.isFloatingPoint || dtype.name === "bool") {
		throw new TypeError(`[iinfo] expected an integer dtype, got ${String(dtype)}; floating-point dtypes have finfo`);
	}
	const bits = dtype.itemsize * 8;
	if (dtype.name === "uint8") return { bits, max: 255, min: 0, dtype: dtype.name };
	return { bits, max: 2 ** (bits - 1) - 1, min: -(2 ** (bits - 1)), dtype: dtype.name };
}
