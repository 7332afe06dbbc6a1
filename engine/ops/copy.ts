import type { Derivative } from "../autograd/node";
import { inPlace, record, tracked } from "../autograd/record";
import { bind, describe, isOptions, shapeText } from "../core/arguments";
import { Device, type DeviceLike, device, deviceOf, placeOf } from "../core/device";
import * as dtypes from "../core/dtype";
import { type DType, dtypeOf, isDType } from "../core/dtype";
import { gradMode } from "../core/gradMode";
import { type Handle, native, otherHandles } from "../core/native";
import { type Scalar, Tensor, wrap } from "../core/tensor";
import { type Broadcast, broadcastOf, unbroadcast } from "./broadcast";
import { asMethods, asProperties, methods } from "./methods";

/* The same elements in other memory, of another dtype, or overwritten. */

/** A copy with memory of its own; gradients flow through it. */
export function clone(x: Tensor): Tensor {
	return cloneFor(x);
}

/** A copy that is about to be overwritten, in part, by these. */
export function cloneFor(x: Tensor, ...written: (Tensor | Scalar)[]): Tensor {
	const out = wrap(bareCloneFor(x, ...written));
	return tracked(x) ? record(out, cloneBackward, [x]) : out;
}

/** The same, unrecorded: of an op that has a derivative of its own. */
export function bareCloneFor(x: Tensor, ...written: (Tensor | Scalar)[]): Handle {
	const copy = native.clone(x.handle);
	const { widen } = otherHandles;
	if (widen === null) return copy;
	return written.reduce<Handle>((wide, other) => (other instanceof Tensor ? widen(wide, other.handle) : wide), copy);
}

const cloneBackward: Derivative = { name: "CloneBackward0", backward: (_node, grad) => [grad] };

/** The tensor itself where its elements lie in row-major order, else a copy where they do. */
function contiguous(x: Tensor): Tensor {
	if (x.isContiguous()) return x;
	const out = wrap(native.contiguous(x.handle));
	return tracked(x) ? record(out, cloneBackward, [x]) : out;
}

/** Overwrites `x` with `source`, broadcast and cast. */
function copy_<T extends Tensor>(x: T, source: Tensor | Scalar, ...args: [options?: boolean | CopyOptions]): T {
	const { nonBlocking } = bind<CopyOptions>("copy_", args, ["nonBlocking"]);
	if (!(source instanceof Tensor)) return fill_(x, source);
	const write = () => native.copy_(x.handle, source.handle, nonBlocking ? 1 : undefined);
	return inPlace("copy_", x, [source], write, copyBackward, undefined, copied(source, x));
}

/** How the source was broadcast, and the device that it came from. */
interface Copied {
	b: Broadcast;
	place: number;
}

function copied(source: Tensor, x: Tensor): Copied {
	return { b: broadcastOf(source, x), place: native.device(source.handle) };
}

const copyBackward: Derivative = {
	name: "CopyBackwards",
	backward(node, grad) {
		const { b, place } = node.attributes as Copied;
		return [node.needs(0) ? zerosAs(grad) : null, node.needs(1) ? moved(unbroadcast(grad, b), place, false) : null];
	},
};

/**
 * @internal The in-place form of an op that has no kernel of its own for it: the op of a copy, whose result is written
 * into the tensor. It must have the tensor's shape.
 */
export function writtenBack<A extends unknown[]>(op: string, fn: (x: Tensor, ...args: A) => Tensor) {
	return <T extends Tensor>(x: T, ...args: A): T => {
		const result = fn(gradMode.enabled ? clone(x) : x, ...args);
		if (`${result.shape}` !== `${x.shape}`) {
			throw new RangeError(
				`[${op}] the result of shape ${shapeText(result.shape)} does not fit the tensor of shape ${shapeText(x.shape)}`,
			);
		}
		const write = () => native.copy_(x.handle, result.handle);
		return inPlace(op, x, [result], write, copyBackward, undefined, copied(result, x));
	};
}

/** Sets every element to 0. */
function zero_<T extends Tensor>(x: T): T {
	return inPlace("zero_", x, [], () => native.fill_(x.handle, 0), zeroBackward);
}

const zeroBackward: Derivative = { name: "ZeroBackward0", backward: (_node, grad) => [zerosAs(grad)] };

/** Sets every element to `value`, a number or a tensor of no dimensions. */
function fill_<T extends Tensor>(x: T, value: Tensor | Scalar): T {
	if (!(value instanceof Tensor)) {
		checkScalar("fill_", value);
		return inPlace("fill_", x, [], () => native.fill_(x.handle, value), fillBackward);
	}
	if (value.ndim !== 0) {
		throw new RangeError(`[fill_] takes a tensor of no dimensions as value, got one of ${value.ndim} dimensions`);
	}
	const write = () => native.copy_(x.handle, value.handle);
	return inPlace("fill_", x, [value], write, fillWithTensorBackward, undefined, copied(value, x));
}

const fillBackward: Derivative = { ...zeroBackward, name: "FillBackward2" };
const fillWithTensorBackward: Derivative = { ...copyBackward, name: "FillBackward3" };

function checkScalar(op: string, value: unknown): void {
	if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") return;
	throw new TypeError(`[${op}] expected a tensor or a number, got ${describe(value)}`);
}

/** @internal Zeros of the same shape and dtype, outside the graph. */
export function zerosAs(x: Tensor): Tensor {
	return wrap(native.full(x.shape, 0, x.dtype.code, x.handle));
}

export interface CopyOptions {
	/** Copy from or to pinned memory without waiting for it: read the host's side after `cuda.synchronize()`. Default false. */
	nonBlocking?: boolean;
}

export interface ToOptions {
	dtype?: DType;
	device?: DeviceLike;
	/** Make a copy also where nothing changes. Default false. */
	copy?: boolean;
	/**
	 * Copy to another device without waiting, from pinned memory; from memory that is not it means nothing. To the CPU it gives a
	 * pinned tensor, whose elements are there after `cuda.synchronize()`. Default false.
	 */
	nonBlocking?: boolean;
}

type ToArguments =
	| [target: DType | DeviceLike | Tensor | ToOptions]
	| [target: DType | DeviceLike | Tensor, options: ToOptions]
	| [device: DeviceLike, dtype: DType, options?: ToOptions];

function toOptions(args: readonly unknown[]): ToOptions {
	const options: ToOptions = {};
	for (const given of args) {
		if (given === undefined) continue;
		if (isDType(given)) options.dtype = given;
		else if (given instanceof Device || typeof given === "string") options.device = device(given as DeviceLike);
		else if (given instanceof Tensor) {
			options.dtype = given.dtype;
			options.device = given.device;
		} else if (isOptions(given)) {
			for (const name of Object.keys(given)) {
				if (!["dtype", "device", "copy", "nonBlocking"].includes(name)) {
					throw new TypeError(`[to] unknown option "${name}"; it takes dtype, device, copy, nonBlocking`);
				}
			}
			Object.assign(options, given);
		} else throw new TypeError(`[to] expected a dtype, a device or a tensor, got ${describe(given)}`);
	}
	if (options.dtype !== undefined && !isDType(options.dtype)) {
		throw new TypeError(`[to] dtype must be a dtype such as torch.float32, got ${describe(options.dtype)}`);
	}
	return options;
}

/** The tensor in another dtype or on another device; the tensor itself where nothing changes. */
function to(x: Tensor, ...args: ToArguments): Tensor {
	const { dtype, device: target, copy, nonBlocking } = toOptions(args);
	const place = target === undefined ? null : placeOf("to", target);
	const stays = place === null || place === native.device(x.handle);
	if (dtype === undefined || dtype === x.dtype) {
		if (!stays) return moved(x, place, nonBlocking ?? false);
		return copy ? clone(x) : x;
	}
	const typed = cast(x, dtype);
	return stays ? typed : moved(typed, place, nonBlocking ?? false);
}

/** The tensor on the device of this code; itself where it is there. */
function moved(x: Tensor, place: number, nonBlocking: boolean): Tensor {
	const from = native.device(x.handle);
	if (from === place) return x;
	const out = wrap(native.toDevice(x.handle, place, nonBlocking));
	return tracked(x) ? record(out, moveBackward, [x], [], from) : out;
}

const moveBackward: Derivative = {
	name: "ToCopyBackward0",
	backward: (node, grad) => [moved(grad, node.attributes as number, false)],
};

/** @internal The tensor in another dtype. */
export function cast(x: Tensor, dtype: DType): Tensor {
	if (dtype === x.dtype) return x;
	const out = wrap(native.to(x.handle, dtype.code));
	if (!dtype.isFloatingPoint || !tracked(x)) return out;
	return record(out, toBackward, [x], [], x.dtype.code);
}

/** The tensor itself where it is pinned. */
function pinMemory(x: Tensor): Tensor {
	if (native.isPinned(x.handle)) return x;
	const out = wrap(native.pinMemory(x.handle));
	return tracked(x) ? record(out, pinBackward, [x]) : out;
}

const pinBackward: Derivative = { ...cloneBackward, name: "PinMemoryBackward0" };

const toBackward: Derivative = {
	name: "ToCopyBackward0",
	backward: (node, grad) => [cast(grad, dtypeOf(node.attributes as number))],
};

declare module "../core/tensor" {
	interface Tensor {
		/** A copy with memory of its own; gradients flow through it. */
		clone(): Tensor;
		/** The tensor itself where its elements lie in row-major order, else a copy where they do. */
		contiguous(): Tensor;
		/** Overwrites this tensor with `source`, broadcast and cast. */
		copy_(source: Tensor | Scalar, options?: boolean | CopyOptions): this;
		/** Sets every element to 0. */
		zero_(): this;
		/** Sets every element to `value`, a number or a tensor of no dimensions. */
		fill_(value: Tensor | Scalar): this;
		/** The tensor in another dtype, on another device, or as another tensor is; itself where nothing changes. */
		to(...args: ToArguments): Tensor;
		/** In another tensor's dtype. */
		typeAs(other: Tensor): Tensor;
		/** The name of the dtype, or the tensor in another dtype. */
		type(): string;
		type(dtype: DType): Tensor;
		/** As float64: `to(torch.float64)`. */
		double(): Tensor;
		/** As float32: `to(torch.float32)`. */
		float(): Tensor;
		/** As float16: `to(torch.float16)`. */
		half(): Tensor;
		/** As bfloat16: `to(torch.bfloat16)`. */
		bfloat16(): Tensor;
		/** As int64, fractions cut off: `to(torch.int64)`. Class indices are of this dtype. */
		long(): Tensor;
		/** As int32, fractions cut off: `to(torch.int32)`. */
		int(): Tensor;
		/** As int16, fractions cut off: `to(torch.int16)`. */
		short(): Tensor;
		/** As int8, fractions cut off: `to(torch.int8)`. */
		char(): Tensor;
		/** As uint8, fractions cut off: `to(torch.uint8)`. */
		byte(): Tensor;
		/** As bool: whether each element is not 0. */
		bool(): Tensor;
		/** The tensor in the host's memory; itself where it is there. */
		cpu(): Tensor;
		/** The tensor on a card, the current one by default. */
		cuda(index?: number): Tensor;
		/**
		 * A copy in pinned memory of the host, which a card reads by itself: `x.pinMemory().to("cuda", { nonBlocking: true })` does
		 * not wait. The tensor itself where it is pinned; an error without a card, and for tensors that are not on the CPU.
		 */
		pinMemory(): Tensor;
		/** Whether the memory is pinned, which makes copies to a card faster. */
		isPinned(): boolean;
		/** Where the elements are. */
		readonly device: Device;
	}
}

asMethods({ clone, contiguous, copy_, zero_, fill_, to, pinMemory });

methods({
	isPinned() {
		return native.isPinned(this.handle);
	},
	typeAs(other) {
		return cast(this, other.dtype);
	},
	type(dtype?: DType) {
		return dtype === undefined ? typeNames[this.dtype.name] : cast(this, dtype);
	},
	double() {
		return cast(this, dtypes.float64);
	},
	float() {
		return cast(this, dtypes.float32);
	},
	half() {
		return cast(this, dtypes.float16);
	},
	bfloat16() {
		return cast(this, dtypes.bfloat16);
	},
	long() {
		return cast(this, dtypes.int64);
	},
	int() {
		return cast(this, dtypes.int32);
	},
	short() {
		return cast(this, dtypes.int16);
	},
	char() {
		return cast(this, dtypes.int8);
	},
	byte() {
		return cast(this, dtypes.uint8);
	},
	bool() {
		return cast(this, dtypes.bool);
	},
	cpu() {
		return to(this, "cpu");
	},
	cuda(index) {
		return to(this, new Device("cuda", index ?? null));
	},
});

const typeNames: Record<dtypes.DTypeName, string> = {
	float64: "torch.DoubleTensor",
	float32: "torch.FloatTensor",
	float16: "torch.HalfTensor",
	bfloat16: "torch.BFloat16Tensor",
	int64: "torch.LongTensor",
	int32: "torch.IntTensor",
	int16: "torch.ShortTensor",
	int8: "torch.CharTensor",
	uint8: "torch.ByteTensor",
	bool: "torch.BoolTensor",
};

asProperties({ device: (x) => deviceOf(x.handle) });
