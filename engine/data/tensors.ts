import { bool, type DType, float32, int64, uint8 } from "../core/dtype";
import { defaultGenerator, Generator } from "../core/generator";
import { native } from "../core/native";
import { type Tensor, wrap } from "../core/tensor";

/* Narrow door for what the data folder makes: replaced by ops/create and ops/random when they land. */
export { bool, float64, int64 } from "../core/dtype";
export { cat, stack } from "../ops/join";
export { where } from "../ops/ternary";

export type TypedArray = Uint8Array | Int8Array | Int16Array | Int32Array | BigInt64Array | Float32Array | Float64Array;

export function fromTypedArray(data: TypedArray, options: { shape?: number[] } = {}): Tensor {
	const dtype = data instanceof Uint8Array ? uint8 : data instanceof BigInt64Array ? int64 : float32;
	return wrap(native.fromData(data as never, options.shape ?? [data.length], dtype.code));
}
export function tensor(data: number | readonly (number | bigint | boolean)[], options: { dtype?: DType } = {}): Tensor {
	const list = typeof data === "number" ? [data] : data;
	const shape = typeof data === "number" ? [] : [data.length];
	const dtype = options.dtype ?? (typeof list[0] === "bigint" ? int64 : typeof list[0] === "boolean" ? bool : float32);
	return wrap(native.fromNumbers(Float64Array.from(list, Number), shape, dtype.code));
}
export function arange(n: number, options: { dtype: DType }): Tensor {
	return wrap(native.arange(0, n, 1, options.dtype.code));
}
export function full(shape: number[], value: number, options: { dtype: DType }): Tensor {
	return wrap(native.full(shape, value, options.dtype.code));
}
export function zeros(shape: number[], options: { dtype: DType }): Tensor {
	return full(shape, 0, options);
}
type Options = { generator?: Generator };
export function randperm(n: number, options: Options = {}): Tensor {
	return wrap(native.randperm(n, (options.generator ?? defaultGenerator).handle));
}
export function randint(low: number, high: number, shape: number[], options: Options = {}): Tensor {
	const out = native.empty(shape, int64.code);
	native.randint_(out, (options.generator ?? defaultGenerator).handle, low, high);
	return wrap(out);
}
export function rand(shape: number[], options: Options = {}): Tensor {
	const out = native.empty(shape, float32.code);
	native.uniform_(out, (options.generator ?? defaultGenerator).handle, 0, 1);
	return wrap(out);
}
export function multinomial(weights: Tensor, n: number, options: Options & { replacement: boolean }): Tensor {
	return wrap(
		native.multinomial(weights.handle, n, options.replacement, (options.generator ?? defaultGenerator).handle),
	);
}
export function bincount(x: Tensor, options: { minlength: number }): Tensor {
	return wrap(native.bincount(x.handle, options.minlength));
}

/** A 63-bit number, as PyTorch draws for a seed. */
export function freshSeed(generator: Generator = defaultGenerator): bigint {
	return native.random63(generator.handle);
}
export function newGenerator(seed: bigint): Generator {
	return new Generator().manualSeed(seed);
}
export function indexTensor(indices: readonly number[]): Tensor {
	return fromTypedArray(BigInt64Array.from(indices, BigInt));
}
