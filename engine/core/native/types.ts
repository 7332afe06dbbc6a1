/* What rows take and give. */

declare const brand: unique symbol;
/** A native tensor (storage, shape, strides, dtype, device) behind an External; freed inside garbage collection. */
export interface Handle {
	readonly [brand]: "tensor";
}
declare const generatorBrand: unique symbol;
/** A native random number generator. */
export interface GeneratorHandle {
	readonly [generatorBrand]: "generator";
}

/** A tensor, or a number that takes part as PyTorch's wrapped number does: it never raises the dtype within its kind. */
export type Operand = Handle | number | bigint | boolean;

/** Where a new tensor goes: where another one is, or a device's code (0: the host, 1 + i: cuda:i). Default: the host. */
export type Place = Handle | number;

/** Writes into `out` (in-place forms) instead of allocating; the result must be castable to its dtype. */
export type Out = Handle | undefined;

export type Unary = (x: Handle, out?: Out) => Handle;
export type Unary1 = (x: Handle, a: number, out?: Out) => Handle;
export type Unary2 = (x: Handle, a: number, b: number, out?: Out) => Handle;
export type Unary3 = (x: Handle, a: number, b: number, c: number, out?: Out) => Handle;
export type Binary = (a: Operand, b: Operand, out?: Out) => Handle;
/** Derivative kernels: first the gradient, then the saved tensor. */
export type Grad = (grad: Handle, saved: Handle) => Handle;
export type Grad1 = (grad: Handle, saved: Handle, a: number) => Handle;
export type Grad2 = (grad: Handle, saved: Handle, a: number, b: number) => Handle;
export type Grad3 = (grad: Handle, saved: Handle, a: number, b: number, c: number) => Handle;
/** `dims` null or empty: over all. A dtype code of -1 means PyTorch's default for the reduction. */
export type Reduce = (x: Handle, dims: number[] | null, keepdim: boolean, dtype: number) => Handle;
export type Extreme = (x: Handle, dims: number[] | null, keepdim: boolean) => Handle;
export type ArgReduce = (x: Handle, dim: number | null, keepdim: boolean) => Handle;
export type ReducePair = (x: Handle, dim: number, keepdim: boolean) => [values: Handle, indices: Handle];
export type Fill = (x: Handle, generator: GeneratorHandle, a: number, b: number) => void;

/** Elements as JavaScript sees them: int64 as BigInt64Array; bool as Uint8Array, half types by their bits. */
export type NativeData =
	| Float32Array
	| Float64Array
	| BigInt64Array
	| Int32Array
	| Int16Array
	| Int8Array
	| Uint8Array
	| Uint16Array;
