import { describe, type Sizes, sizesOf } from "../core/arguments";
import { device } from "../core/device";
import * as dtypes from "../core/dtype";
import { type DType, dtypeOf } from "../core/dtype";
import { native } from "../core/native";
import { type Scalar, Tensor, wrap } from "../core/tensor";
import { summedTo } from "./broadcast";
import { empty, tensor } from "./create";
import type { TensorData } from "./data";
import { asProperties, methods } from "./methods";

/* Questions about tensors and dtypes, and PyTorch's older names of them. */

/** Whether a value is a tensor. */
export function isTensor(value: unknown): value is Tensor {
	return value instanceof Tensor;
}

/** Whether the dtype is a floating point one. */
export function isFloatingPoint(x: Tensor): boolean {
	return x.isFloatingPoint();
}

/** Number of elements. */
export function numel(x: Tensor): number {
	return x.numel();
}

/** Whether a tensor of one element is not 0. */
export function isNonzero(x: Tensor): boolean {
	if (x.numel() !== 1) throw new RangeError(`[isNonzero] expected a tensor of one element, got ${x.numel()}`);
	return x.item() !== 0;
}

/** The dtype of an operation on both: of tensors by their dtypes and ranks, of numbers by their kind. */
export function resultType(a: Tensor | Scalar, b: Tensor | Scalar): DType {
	if (a instanceof Tensor && b instanceof Tensor) return dtypeOf(native.resultType(a.handle, b.handle));
	const both = [a, b].map((value) => (value instanceof Tensor ? native.empty([0], value.dtype.code) : value));
	if (a instanceof Tensor || b instanceof Tensor) return wrap(native.add(both[0]!, both[1]!, 1)).dtype;
	return resultType(tensor(a as Scalar), tensor(b as Scalar));
}

/** The smallest dtype that both can become. */
export function promoteTypes(a: DType, b: DType): DType {
	return dtypeOf(native.resultType(native.empty([1], a.code), native.empty([1], b.code)));
}

const kinds = (dtype: DType) => (dtype.name === "bool" ? 0 : dtype.isFloatingPoint ? 2 : 1);

/** Whether PyTorch's promotion lets `from` be stored as `to`: bool < integers < floats. */
export function canCast(from: DType, to: DType): boolean {
	return kinds(from) <= kinds(to);
}

/** A constructor of PyTorch's older kind: of data or of sizes. */
export interface LegacyTensor {
	/** A tensor of the data. */
	(data: TensorData): Tensor;
	/** Memory of these sizes, not set. */
	(...sizes: number[]): Tensor;
	new (data: TensorData): Tensor;
	new (...sizes: number[]): Tensor;
}

function legacy(dtype: DType): LegacyTensor {
	// A declaration, since an arrow function cannot be called with `new`.
	function make(...args: [TensorData] | number[]): Tensor {
		const [first] = args;
		if (args.length === 0) return empty([0], { dtype });
		return typeof first === "number" ? empty(args as number[], { dtype }) : tensor(first as TensorData, { dtype });
	}
	return make as unknown as LegacyTensor;
}

/** `tensor(data, { dtype: float32 })`; with numbers as arguments, memory of these sizes that is not set. */
export const FloatTensor: LegacyTensor = legacy(dtypes.float32);
/** `tensor(data, { dtype: float64 })`; with numbers as arguments, memory of these sizes that is not set. */
export const DoubleTensor: LegacyTensor = legacy(dtypes.float64);
/** `tensor(data, { dtype: float16 })`; with numbers as arguments, memory of these sizes that is not set. */
export const HalfTensor: LegacyTensor = legacy(dtypes.float16);
/** `tensor(data, { dtype: bfloat16 })`; with numbers as arguments, memory of these sizes that is not set. */
export const BFloat16Tensor: LegacyTensor = legacy(dtypes.bfloat16);
/** `tensor(data, { dtype: int64 })`; with numbers as arguments, memory of these sizes that is not set. */
export const LongTensor: LegacyTensor = legacy(dtypes.int64);
/** `tensor(data, { dtype: int32 })`; with numbers as arguments, memory of these sizes that is not set. */
export const IntTensor: LegacyTensor = legacy(dtypes.int32);
/** `tensor(data, { dtype: int16 })`; with numbers as arguments, memory of these sizes that is not set. */
export const ShortTensor: LegacyTensor = legacy(dtypes.int16);
/** `tensor(data, { dtype: int8 })`; with numbers as arguments, memory of these sizes that is not set. */
export const CharTensor: LegacyTensor = legacy(dtypes.int8);
/** `tensor(data, { dtype: uint8 })`; with numbers as arguments, memory of these sizes that is not set. */
export const ByteTensor: LegacyTensor = legacy(dtypes.uint8);
/** `tensor(data, { dtype: bool })`; with numbers as arguments, memory of these sizes that is not set. */
export const BoolTensor: LegacyTensor = legacy(dtypes.bool);

declare module "../core/tensor" {
	interface Tensor {
		/** Number of elements. */
		nelement(): number;
		/** Number of dimensions. */
		ndimension(): number;
		/** Bytes of one element. */
		readonly itemsize: number;
		/** Whether the tensor lies on a card. */
		readonly isCuda: boolean;
		/** Whether the dtype has negative numbers. */
		isSigned(): boolean;
		/** Whether the elements are complex numbers: there are none here. */
		isComplex(): boolean;
		/** Whether a tensor of one element is not 0. */
		isNonzero(): boolean;
		/** Whether both have one shape. */
		isSameSize(other: Tensor): boolean;
		/** Whether both are the same view of the same memory. */
		isSetTo(other: Tensor): boolean;
		/** Whether the tensor was made in inference mode. */
		isInference(): boolean;
		/** Summed over dimensions to a shape that broadcasts to this one. */
		sumToSize(...size: Sizes): Tensor;
		/** Replaces each element by what `fn` makes of it; slow, and without gradients. */
		apply_(fn: (value: number) => number): this;
	}
}

methods({
	nelement() {
		return this.numel();
	},
	ndimension() {
		return this.ndim;
	},
	isSigned() {
		return this.dtype.name !== "uint8" && this.dtype.name !== "bool";
	},
	isComplex() {
		return false;
	},
	isNonzero() {
		return isNonzero(this);
	},
	isSameSize(other) {
		return `${this.shape}` === `${other.shape}`;
	},
	isSetTo(other) {
		return (
			native.storageId(this.handle) === native.storageId(other.handle) &&
			this.storageOffset() === other.storageOffset() &&
			`${this.shape};${this.stride()}` === `${other.shape};${other.stride()}`
		);
	},
	isInference() {
		return this._inference;
	},
	sumToSize(...size) {
		const shape = sizesOf("sumToSize", size);
		const front = this.ndim - shape.length;
		if (front < 0 || shape.some((n, i) => n !== 1 && n !== this.size(front + i))) {
			throw new RangeError(
				`[sumToSize] size [${shape.join(", ")}] is not expandable to size [${this.shape.join(", ")}]`,
			);
		}
		return summedTo(this, wrap(native.empty(shape, this.dtype.code, this.handle)));
	},
	apply_(fn) {
		if (typeof fn !== "function") throw new TypeError(`[apply_] expected a function, got ${describe(fn)}`);
		if (this.requiresGrad)
			throw new Error("[apply_] has no gradient: use it on x.detach(), or inside noGrad on x.data");
		const values = Float64Array.from(native.toNumbers(this.handle), (value) => fn(value));
		return this.copy_(tensor(values).view(this.shape));
	},
});

asProperties({ itemsize: (x) => x.dtype.itemsize, isCuda: (x) => x.device.type === device("cuda").type });
