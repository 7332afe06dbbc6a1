import { describe, shapeText } from "../core/arguments";
import { getDefaultDtype } from "../core/defaults";
import { bool, type DType, float32, float64, int8, int16, int32, int64, uint8 } from "../core/dtype";
import { type Handle, type NativeData, native, type Place } from "../core/native";
import { Tensor } from "../core/tensor";

/*
 * JavaScript data as native tensors: numbers, bigints, booleans, nested arrays of them, typed arrays. Numbers become the
 * default float dtype, bigints int64, booleans bool, typed arrays their own type.
 */

export type TypedArray =
	| Float32Array
	| Float64Array
	| BigInt64Array
	| Int32Array
	| Int16Array
	| Int8Array
	| Uint8Array
	| Uint8ClampedArray;

/** What `tensor` takes: a number, bigint or boolean, arrays of them to any depth, typed arrays, and tensors as parts. */
export type TensorData = number | bigint | boolean | Tensor | TypedArray | readonly TensorData[];

// By name, not by instanceof: arrays may come from another realm, as those of notebook cells do.
const ofTypedArray: Record<string, DType> = {
	Float32Array: float32,
	Float64Array: float64,
	BigInt64Array: int64,
	Int32Array: int32,
	Int16Array: int16,
	Int8Array: int8,
	Uint8Array: uint8,
	Uint8ClampedArray: uint8,
};

/** @internal */
export function isTypedArray(value: unknown): value is TypedArray {
	return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

/** @internal A typed array's elements, copied, in the array's own dtype or another. */
export function fromTyped(op: string, data: TypedArray, shape: number[], dtype?: DType, place?: Place): Handle {
	const kind = data[Symbol.toStringTag] as string;
	const own = ofTypedArray[kind];
	if (own === undefined) {
		throw new TypeError(`[${op}] ${kind} has no dtype: copy it to ${suggested[kind] ?? "a Float32Array"} first`);
	}
	const count = shape.reduce((product, size) => product * size, 1);
	if (count !== data.length) {
		throw new RangeError(`[${op}] ${data.length} elements do not fill shape ${shapeText(shape)}`);
	}
	const bytes = kind === "Uint8ClampedArray" ? new Uint8Array(data.buffer, data.byteOffset, data.length) : data;
	const handle = native.fromData(bytes as NativeData, shape, own.code, place);
	return dtype === undefined || dtype === own ? handle : native.to(handle, dtype.code);
}

const suggested: Record<string, string> = {
	Uint16Array: "an Int32Array",
	Uint32Array: "a BigInt64Array",
	BigUint64Array: "a BigInt64Array",
};

/** @internal Any data as a native tensor. */
export function fromNested(op: string, data: unknown, dtype?: DType, place?: Place): Handle {
	if (isTypedArray(data)) return fromTyped(op, data, [data.length], dtype, place);
	const shape = shapeOf(op, data);
	const walk = new Walk(op, shape);
	walk.visit(data, 0);
	return walk.handle(dtype, place);
}

/** The shape that the first elements have; `Walk` checks the others against it. */
function shapeOf(op: string, data: unknown): number[] {
	const shape: number[] = [];
	let level = data;
	while (Array.isArray(level) || isTypedArray(level)) {
		shape.push(level.length);
		if (shape.length > 64) throw new RangeError(`[${op}] arrays are nested more than 64 deep`);
		if (level.length === 0) break;
		level = (level as readonly unknown[])[0];
	}
	return level instanceof Tensor ? [...shape, ...level.shape] : shape;
}

const kinds = { boolean: 0, bigint: 1, number: 2 } as const;

/** One pass over nested data: fills the numbers and notes what kinds of them there are. */
class Walk {
	readonly #op: string;
	readonly #shape: number[];
	readonly #numbers: Float64Array;
	#bigints: BigInt64Array | null = null;
	#next = 0;
	/** The widest kind met: of booleans, bigints and numbers the last one there decides. */
	#kind = -1;
	/** The joint dtype of tensors among the data. */
	#tensorDtype: DType | null = null;
	readonly #path: number[] = [];

	constructor(op: string, shape: number[]) {
		this.#op = op;
		this.#shape = shape;
		this.#numbers = new Float64Array(shape.reduce((product, size) => product * size, 1));
	}

	visit(data: unknown, depth: number): void {
		const size = this.#shape[depth];
		if (data instanceof Tensor) {
			this.#visitTensor(data, depth);
			return;
		}
		if (Array.isArray(data) || isTypedArray(data)) {
			if (size === undefined) throw this.#error(`expected a number, got ${describe(data)}`, depth);
			if (data.length !== size) {
				throw this.#error(`expected sequence of length ${size} at dim ${depth} (got ${data.length})`, depth);
			}
			for (let i = 0; i < size; i++) {
				this.#path[depth] = i;
				this.visit((data as readonly unknown[])[i], depth + 1);
			}
			return;
		}
		if (size !== undefined)
			throw this.#error(`expected sequence of length ${size} at dim ${depth}, got ${describe(data)}`, depth);
		this.#put(data, depth);
	}

	#put(value: unknown, depth: number): void {
		const kind = kinds[typeof value as keyof typeof kinds];
		if (kind === undefined) throw this.#error(`expected a number, bigint or boolean, got ${describe(value)}`, depth);
		if (kind > this.#kind) this.#kind = kind;
		if (typeof value === "bigint") {
			this.#bigints ??= new BigInt64Array(this.#numbers.length);
			this.#bigints[this.#next] = value;
		}
		this.#numbers[this.#next++] = Number(value);
	}

	#visitTensor(tensor: Tensor, depth: number): void {
		const rest = this.#shape.slice(depth);
		if (`${tensor.shape}` !== `${rest}`) {
			throw this.#error(`expected shape ${shapeText(rest)}, got a tensor of shape ${shapeText(tensor.shape)}`, depth);
		}
		const dtype = tensor.dtype;
		if (this.#tensorDtype === null || dtype.isFloatingPoint) this.#tensorDtype = dtype;
		this.#numbers.set(native.toNumbers(tensor.handle), this.#next);
		this.#next += tensor.numel();
	}

	#error(message: string, depth: number): Error {
		const at = this.#path.slice(0, depth);
		return new TypeError(`[${this.#op}] ${message}${at.length > 0 ? `, at position [${at.join("][")}]` : ""}`);
	}

	handle(dtype: DType | undefined, place: Place | undefined): Handle {
		const inferred =
			this.#kind === kinds.number || this.#next === 0
				? (this.#tensorDtype ?? getDefaultDtype())
				: this.#kind === kinds.bigint
					? int64
					: (this.#tensorDtype ?? bool);
		const target = dtype ?? inferred;
		// Numbers beyond 2⁵³ are exact only as bigints.
		if (this.#bigints !== null && this.#kind === kinds.bigint && !target.isFloatingPoint) {
			return native.fromBigInts(this.#bigints, this.#shape, target.code, place);
		}
		return native.fromNumbers(this.#numbers, this.#shape, target.code, place);
	}
}
