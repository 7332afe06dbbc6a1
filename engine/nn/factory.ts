import { getDefaultDtype } from "../core/defaults";
import { type DeviceLike, placeOf } from "../core/device";
import type { DType } from "../core/dtype";
import { native } from "../core/native";
import { anything, dtype } from "../core/signature";
import { type Tensor, wrap } from "../core/tensor";
import { Parameter } from "./parameter";

/* How layers make their tensors. */

/** What every layer with parameters takes. */
export interface FactoryOptions {
	/** Where the parameters are. */
	device?: DeviceLike;
	/** A floating point dtype. Default: the default dtype, float32. */
	dtype?: DType;
}

/** The rules of `FactoryOptions` in a layer's signature. */
export const factory = {
	device: anything<DeviceLike | null>("a device", () => true, null),
	dtype: dtype(),
};

interface Factory {
	device: DeviceLike | null;
	dtype: DType | null;
}

/** Memory with whatever values: an initialiser fills it. */
export function newTensor(op: string, shape: number[], { device, dtype }: Factory): Tensor {
	return wrap(native.empty(shape, (dtype ?? getDefaultDtype()).code, placeOf(op, device)));
}

export function newParameter(op: string, shape: number[], options: Factory): Parameter {
	return new Parameter(newTensor(op, shape, options));
}
