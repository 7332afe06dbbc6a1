import { type DType, float32, isDType } from "./dtype";
import { native } from "./native";

/* The dtype of tensors made from plain numbers. */

let current: DType = float32;

/** Dtype of tensors made of JavaScript's numbers. Default float32. */
export function getDefaultDtype(): DType {
	return current;
}

/** The dtype of tensors made from plain numbers, and of the division of integers. float32 at the start. */
export function setDefaultDtype(dtype: DType): void {
	if (!isDType(dtype) || !dtype.isFloatingPoint) {
		throw new TypeError(`[setDefaultDtype] only floating-point dtypes can be the default, got ${String(dtype)}`);
	}
	native.setDefaultDtype(dtype.code);
	current = dtype;
}
