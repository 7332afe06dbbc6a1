import { bind, describe, integer, isOptions, type SizesAnd, sizesAndOptions, sizesOf } from "../core/arguments";
import { getDefaultDtype } from "../core/defaults";
import { type DeviceLike, placeOf } from "../core/device";
import { bool, type DType, int64, isDType } from "../core/dtype";
import { native, type Place, under } from "../core/native";
import { type Scalar, Tensor, wrap } from "../core/tensor";
import { fromNested, fromTyped, isTypedArray, type TensorData, type TypedArray } from "./data";
import { asMethods } from "./methods";

/* Tensors from numbers, and tensors of given sizes. */

export interface TensorOptions {
	/** Default: the default dtype (float32), unless the function says otherwise. */
	dtype?: DType;
	/** Default: the one of `setDefaultDevice`, "cpu" at first; of functions that take a tensor, the tensor's. */
	device?: DeviceLike;
	/** Whether gradients are wanted. Default false. */
	requiresGrad?: boolean;
	/** Whether it is made in pinned memory, which cards read by themselves; on the CPU. Default false. */
	pinMemory?: boolean;
}

const optionNames = ["dtype", "device", "requiresGrad", "pinMemory"];

/** @internal Checks the options of a new tensor; the dtype or a fallback. */
export function newDtype(op: string, options: TensorOptions, fallback: () => DType): DType {
	const dtype = options.dtype ?? fallback();
	if (!isDType(dtype))
		throw new TypeError(`[${op}] dtype must be a dtype such as torch.float32, got ${describe(dtype)}`);
	return dtype;
}

/** @internal */
export function checkOptions(op: string, options: object, more: readonly string[] = []): void {
	for (const name of Object.keys(options)) {
		if (!optionNames.includes(name) && !more.includes(name)) {
			throw new TypeError(`[${op}] unknown option "${name}"; it takes ${[...optionNames, ...more].join(", ")}`);
		}
	}
}

/** @internal */
export function finish(x: Tensor, options: TensorOptions): Tensor {
	const made = options.pinMemory ? wrap(native.pinMemory(x.handle)) : x;
	return options.requiresGrad ? made.requiresGrad_() : made;
}

/**
 * A tensor of the given data, copied. Numbers give the default dtype (float32), bigints int64, booleans bool, typed arrays
 * their own type; `dtype` decides otherwise. Arrays nest to any depth and must not be ragged.
 */
export function tensor(data: TensorData, options: TensorOptions = {}): Tensor {
	checkOptions("tensor", options);
	if (data instanceof Tensor) {
		const copy = native.to(data.handle, newDtype("tensor", options, () => data.dtype).code);
		const place = options.device === undefined ? native.device(copy) : placeOf("tensor", options.device);
		return finish(wrap(native.toDevice(copy, place, false)), options);
	}
	if (options.dtype !== undefined) newDtype("tensor", options, getDefaultDtype);
	return finish(wrap(fromNested("tensor", data, options.dtype, placeOf("tensor", options.device))), options);
}

/** Data as a tensor: a tensor that is as wanted comes back itself. */
export function asTensor(data: TensorData, options: TensorOptions = {}): Tensor {
	if (!(data instanceof Tensor)) return tensor(data, options);
	return data.to({ dtype: newDtype("asTensor", options, () => data.dtype), device: options.device ?? data.device });
}

/** A typed array's elements, copied, in the given shape (default: a vector) and the array's dtype (default: its own). */
export function fromTypedArray(
	data: TypedArray,
	shape?: readonly number[] | null,
	options: TensorOptions = {},
): Tensor {
	if (!isTypedArray(data)) throw new TypeError(`[fromTypedArray] expected a typed array, got ${describe(data)}`);
	checkOptions("fromTypedArray", options);
	const place = placeOf("fromTypedArray", options.device);
	const sizes = shape ? [...shape] : [data.length];
	return finish(wrap(fromTyped("fromTypedArray", data, sizes, options.dtype, place)), options);
}

/** A tensor of given sizes with one value. */
function filled(op: string, args: readonly unknown[], value: number): Tensor {
	const { sizes, options } = sizesAndOptions<TensorOptions>(op, args);
	checkOptions(op, options);
	const dtype = newDtype(op, options, getDefaultDtype).code;
	const place = placeOf(op, options.device);
	return finish(wrap(under(op, () => native.full(sizes, value, dtype, place))), options);
}

/** Zeros of the given sizes. */
export function zeros(...args: SizesAnd<TensorOptions>): Tensor {
	return filled("zeros", args, 0);
}

/** Ones of the given sizes. */
export function ones(...args: SizesAnd<TensorOptions>): Tensor {
	return filled("ones", args, 1);
}

/** A tensor of the given sizes whose elements are whatever the memory held. */
export function empty(...args: SizesAnd<TensorOptions>): Tensor {
	const { sizes, options } = sizesAndOptions<TensorOptions>("empty", args);
	checkOptions("empty", options);
	const dtype = newDtype("empty", options, getDefaultDtype).code;
	return finish(wrap(native.empty(sizes, dtype, placeOf("empty", options.device))), options);
}

/** `value` everywhere: a number gives the default dtype, a bigint int64, a boolean bool. */
export function full(size: readonly number[], value: Scalar, options: TensorOptions = {}): Tensor {
	checkOptions("full", options);
	const sizes = sizesOf("full", [size]);
	if (typeof value !== "number" && typeof value !== "bigint" && typeof value !== "boolean") {
		throw new TypeError(`[full] value must be a number, bigint or boolean, got ${describe(value)}`);
	}
	const dtype = newDtype("full", options, () => dtypeOfScalar(value)).code;
	return finish(wrap(native.full(sizes, value, dtype, placeOf("full", options.device))), options);
}

function dtypeOfScalar(value: Scalar): DType {
	return typeof value === "number" ? getDefaultDtype() : typeof value === "bigint" ? int64 : bool;
}

/** @internal Where a new tensor goes that is like another one: where that one is, unless a device is named. */
export function besides(op: string, x: Tensor, options: TensorOptions): Place {
	return options.device === undefined ? x.handle : placeOf(op, options.device);
}

function like(op: string, x: Tensor, value: Scalar | null, options: TensorOptions): Tensor {
	if (!(x instanceof Tensor)) throw new TypeError(`[${op}] expected a tensor, got ${describe(x)}`);
	checkOptions(op, options);
	const dtype = newDtype(op, options, () => x.dtype).code;
	const place = besides(op, x, options);
	const out = wrap(under(op, () => native.emptyLikeOn(x.handle, dtype, place)));
	if (value !== null) native.fill_(out.handle, value);
	return finish(out, options);
}

/** Zeros of the shape and dtype of another tensor. */
export function zerosLike(x: Tensor, options: TensorOptions = {}): Tensor {
	return like("zerosLike", x, 0, options);
}

/** Ones of the shape and dtype of another tensor. */
export function onesLike(x: Tensor, options: TensorOptions = {}): Tensor {
	return like("onesLike", x, 1, options);
}

/** One value in the shape and dtype of another tensor. */
export function fullLike(x: Tensor, value: Scalar, options: TensorOptions = {}): Tensor {
	return like("fullLike", x, value, options);
}

/** Memory of the shape and dtype of another tensor that is not set. */
export function emptyLike(x: Tensor, options: TensorOptions = {}): Tensor {
	return like("emptyLike", x, null, options);
}

interface Range {
	start: number;
	end: number;
	step: number;
}

type RangeArguments =
	| [end: number, options?: TensorOptions]
	| [start: number, end: number, options?: TensorOptions]
	| [start: number, end: number, step: number, options?: TensorOptions]
	| [start: number, options: TensorOptions & { end: number; step?: number }]
	| [options: TensorOptions & { start?: number; end: number; step?: number }];

/** `start` (default 0), `start + step`, … below `end`: int64 where all three are whole numbers, else the default dtype. */
export function arange(...args: RangeArguments): Tensor {
	const numbers = args.filter((value) => typeof value === "number").length;
	const last = args.at(-1);
	const endByName = isOptions(last) && last.end !== undefined;
	const names = numbers === 1 && !endByName ? ["end"] : ["start", "end", "step"];
	const options = bind<Range & TensorOptions>(
		"arange",
		args,
		names as never,
		["start", "end", "step", ...optionNames] as never,
	);
	const { start = 0, end, step = 1 } = options;
	for (const [name, value] of Object.entries({ start, end, step })) {
		if (typeof value !== "number" || !Number.isFinite(value)) {
			throw new TypeError(`[arange] ${name} must be a finite number, got ${describe(value)}`);
		}
	}
	if (step === 0) throw new RangeError("[arange] step must not be 0");
	if (step > 0 ? end! < start : end! > start) {
		throw new RangeError(
			`[arange] upper bound and lower bound inconsistent with step sign: from ${start} to ${end} by ${step}`,
		);
	}
	const whole = [start, end, step].every(Number.isInteger);
	const dtype = newDtype("arange", options, () => (whole ? int64 : getDefaultDtype()));
	return finish(wrap(native.arange(start, end!, step, dtype.code, placeOf("arange", options.device))), options);
}

/** `steps` numbers from `start` to `end`, both included, at equal distances. */
export function linspace(start: number, end: number, steps: number, options: TensorOptions = {}): Tensor {
	checkOptions("linspace", options);
	if (integer("linspace", "steps", steps) < 0)
		throw new RangeError(`[linspace] steps must not be negative, got ${steps}`);
	const dtype = newDtype("linspace", options, getDefaultDtype).code;
	return finish(wrap(native.linspace(start, end, steps, dtype, placeOf("linspace", options.device))), options);
}

/** `base` (default 10) to the powers of `linspace(start, end, steps)`. */
export function logspace(
	start: number,
	end: number,
	steps: number,
	options: TensorOptions & { base?: number } = {},
): Tensor {
	checkOptions("logspace", options, ["base"]);
	const exponents = native.linspace(start, end, steps, 7, placeOf("logspace", options.device));
	const dtype = newDtype("logspace", options, getDefaultDtype).code;
	return finish(wrap(native.to(native.pow(options.base ?? 10, exponents), dtype)), options);
}

/** The identity matrix, of `n` rows and `m` (default `n`) columns. */
export function eye(n: number, m?: number | TensorOptions, options?: TensorOptions): Tensor {
	const given = typeof m === "object" ? m : (options ?? {});
	checkOptions("eye", given);
	const columns = typeof m === "number" ? integer("eye", "m", m) : n;
	const dtype = newDtype("eye", given, getDefaultDtype).code;
	return finish(wrap(native.eye(integer("eye", "n", n), columns, dtype, placeOf("eye", given.device))), given);
}

/** Row and column numbers of the lower triangle of a matrix, as the two rows of an int64 tensor. */
export function trilIndices(rows: number, columns: number, offset: number | { offset?: number } = 0): Tensor {
	const by = typeof offset === "object" ? (offset.offset ?? 0) : offset;
	return triangle("trilIndices", rows, columns, (row, column) => column <= row + by);
}

/** Row and column numbers of the upper triangle. */
export function triuIndices(rows: number, columns: number, offset: number | { offset?: number } = 0): Tensor {
	const by = typeof offset === "object" ? (offset.offset ?? 0) : offset;
	return triangle("triuIndices", rows, columns, (row, column) => column >= row + by);
}

function triangle(op: string, rows: number, columns: number, inside: (row: number, column: number) => boolean): Tensor {
	integer(op, "row", rows);
	integer(op, "col", columns);
	const at: [bigint[], bigint[]] = [[], []];
	for (let row = 0; row < rows; row++) {
		for (let column = 0; column < columns; column++) {
			if (!inside(row, column)) continue;
			at[0].push(BigInt(row));
			at[1].push(BigInt(column));
		}
	}
	return wrap(
		native.fromBigInts(
			BigInt64Array.from([...at[0], ...at[1]]),
			[2, at[0].length],
			int64.code,
			placeOf("tril", undefined),
		),
	);
}

function newFilled(op: string, x: Tensor, args: readonly unknown[], value: number): Tensor {
	const { sizes, options } = sizesAndOptions<TensorOptions>(op, args);
	checkOptions(op, options);
	const dtype = newDtype(op, options, () => x.dtype).code;
	const place = besides(op, x, options);
	return finish(wrap(under(op, () => native.full(sizes, value, dtype, place))), options);
}

declare module "../core/tensor" {
	interface Tensor {
		/** Zeros of the given sizes in this tensor's dtype. */
		newZeros(...args: SizesAnd<TensorOptions>): Tensor;
		/** Ones of this tensor's dtype and device. */
		newOnes(...args: SizesAnd<TensorOptions>): Tensor;
		/** Memory of this tensor's dtype and device that is not set. */
		newEmpty(...args: SizesAnd<TensorOptions>): Tensor;
		/** Filled with one value, of this tensor's dtype and device. */
		newFull(size: readonly number[], value: Scalar, options?: TensorOptions): Tensor;
		/** The data as a tensor of this one's dtype. */
		newTensor(data: TensorData, options?: TensorOptions): Tensor;
	}
}

asMethods({
	newZeros: (x, ...args: unknown[]) => newFilled("newZeros", x, args, 0),
	newOnes: (x, ...args: unknown[]) => newFilled("newOnes", x, args, 1),
	newEmpty: (x, ...args: unknown[]) => newFilled("newEmpty", x, args, 0),
	newFull: (x, size: readonly number[], value: Scalar, options: TensorOptions = {}) =>
		full(size, value, { ...options, dtype: options.dtype ?? x.dtype, device: options.device ?? x.device }),
	newTensor: (x, data: TensorData, options: TensorOptions = {}) =>
		tensor(data, { ...options, dtype: options.dtype ?? x.dtype, device: options.device ?? x.device }),
});
