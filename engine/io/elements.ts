import type { DType } from "../core/dtype";
import * as dtypes from "../core/dtype";
import { type NativeData, native } from "../core/native";
import { type Tensor, wrap } from "../core/tensor";

/* Elements of tensors as the bytes of a file, little-endian. */

type ArrayType = {
	new (buffer: ArrayBuffer, byteOffset: number, length: number): NativeData;
	BYTES_PER_ELEMENT: number;
};

/** The typed array that holds a dtype's elements: half types by their bits, bool as bytes. */
function arrayOf(dtype: DType): ArrayType {
	switch (dtype) {
		case dtypes.float64:
			return Float64Array;
		case dtypes.float32:
			return Float32Array;
		case dtypes.float16:
		case dtypes.bfloat16:
			return Uint16Array;
		case dtypes.int64:
			return BigInt64Array;
		case dtypes.int32:
			return Int32Array;
		case dtypes.int16:
			return Int16Array;
		case dtypes.int8:
			return Int8Array;
		default:
			return Uint8Array;
	}
}

const hostIsLittle = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Turns the bytes of every element around, in place. */
export function swapBytes(bytes: Uint8Array, itemsize: number): void {
	if (itemsize === 1) return;
	for (let i = 0; i + itemsize <= bytes.length; i += itemsize) bytes.subarray(i, i + itemsize).reverse();
}

/** A tensor of the elements in `bytes`, which it may change. */
export function tensorFromBytes(
	bytes: Uint8Array<ArrayBuffer>,
	shape: readonly number[],
	dtype: DType,
	bigEndian = false,
): Tensor {
	if (bigEndian === hostIsLittle) swapBytes(bytes, dtype.itemsize);
	if (dtype === dtypes.bool) for (let i = 0; i < bytes.length; i++) bytes[i] = bytes[i] === 0 ? 0 : 1;
	const ArrayType = arrayOf(dtype);
	const aligned = bytes.byteOffset % ArrayType.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice();
	const elements = new ArrayType(aligned.buffer, aligned.byteOffset, bytes.length / dtype.itemsize);
	return wrap(native.fromData(elements, [...shape], dtype.code));
}

/** A tensor's elements in row-major order. */
export function bytesOfTensor(tensor: Tensor): Uint8Array {
	const data = native.toData(tensor.handle);
	const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
	if (!hostIsLittle) swapBytes(bytes, tensor.dtype.itemsize);
	return bytes;
}

/** Elements of a shape; an error in `fail` where that is no count. */
export function countOf(shape: readonly number[], fail: (problem: string) => never): number {
	let count = 1;
	for (const size of shape) {
		if (!Number.isSafeInteger(size) || size < 0) fail(`has a tensor of shape [${shape.join(", ")}]`);
		count *= size;
	}
	if (!Number.isSafeInteger(count)) fail(`has a tensor of the impossible shape [${shape.join(", ")}]`);
	return count;
}
