import { dtypeOf } from "../../core/dtype";
import { type NativeData, native } from "../../core/native";
import { Tensor, wrap } from "../../core/tensor";

/*
 * Values on their way to another thread: tensors as typed arrays, whose memory moves; everything that a structured clone
 * takes as it is.
 */

const mark = "gradbook.tensor";

interface PackedTensor {
	readonly [mark]: NativeData;
	readonly shape: number[];
	readonly dtype: number;
}

/** `value` without tensors, and the buffers to move. */
export function pack(value: unknown): { packed: unknown; transfer: ArrayBuffer[] } {
	const transfer: ArrayBuffer[] = [];
	const walk = (part: unknown, where: string): unknown => {
		if (part instanceof Tensor) {
			const data = native.toData(part.handle);
			transfer.push(data.buffer as ArrayBuffer);
			return { [mark]: data, shape: part.shape, dtype: part.dtype.code } satisfies PackedTensor;
		}
		if (typeof part === "function" || typeof part === "symbol") {
			throw new TypeError(`a ${typeof part}${where && ` at ${where}`} cannot be sent to another thread`);
		}
		if (Array.isArray(part)) return part.map((item, i) => walk(item, `${where}[${i}]`));
		if (!isPlain(part)) return part;
		return Object.fromEntries(Object.entries(part).map(([key, item]) => [key, walk(item, `${where}.${key}`)]));
	};
	return { packed: walk(value, ""), transfer };
}

/** What `pack` made, as it was. */
export function unpack(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(unpack);
	if (!isPlain(value)) return value;
	if (mark in value) {
		const { [mark]: data, shape, dtype } = value as unknown as PackedTensor;
		return wrap(native.fromData(data, shape, dtypeOf(dtype).code));
	}
	return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unpack(item)]));
}

function isPlain(value: unknown): value is Record<string, unknown> {
	if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return false;
	const prototype = Object.getPrototypeOf(value) as object | null;
	return prototype === null || Object.getPrototypeOf(prototype) === null;
}
