/*
 * What the views need of the engine's objects. They are recognised by what they offer, not by their class: a notebook's
 * folder may have a gradbook of its own, whose tensors are shown as well as the kernel's.
 */

export interface TensorLike {
	readonly shape: readonly number[];
	readonly dtype: unknown;
	readonly requiresGrad?: boolean;
	readonly grad?: TensorLike | null;
	readonly gradFn?: { readonly name: string } | null;
	readonly device?: unknown;
	toTypedArray(): NumberArray;
	tolist(): unknown;
	detach?(): TensorLike;
	narrow?(dim: number, start: number, length: number): TensorLike;
	reshape?(...shape: number[]): TensorLike;
	at?(index: string): TensorLike;
}

export type NumberArray = ArrayLike<number> | ArrayLike<bigint>;

export interface ModuleLike {
	readonly training: boolean;
	namedModules(): Iterable<readonly [string, ModuleLike]>;
	namedParameters(options?: { recurse?: boolean }): Iterable<readonly [string, TensorLike]>;
	namedBuffers?(): Iterable<readonly [string, TensorLike]>;
	registerForwardHook(hook: (module: any, args: any, output: any) => unknown): { remove(): void };
	toString(): string;
}

/** A group of an optimiser: its parameters, and options by name. */
export interface ParamGroupLike {
	params: TensorLike[];
	lr?: number;
	momentum?: number;
	betas?: readonly number[];
	[option: string]: unknown;
}

export function isTensor(value: unknown): value is TensorLike {
	if (typeof value !== "object" || value === null) return false;
	const { shape, dtype, toTypedArray, tolist } = value as Partial<TensorLike>;
	return (
		Array.isArray(shape) && dtype !== undefined && typeof toTypedArray === "function" && typeof tolist === "function"
	);
}

/** Modules are functions with methods. */
export function isModule(value: unknown): value is ModuleLike {
	if ((typeof value !== "function" && typeof value !== "object") || value === null) return false;
	const { namedModules, namedParameters, registerForwardHook } = value as Partial<ModuleLike>;
	return [namedModules, namedParameters, registerForwardHook].every((method) => typeof method === "function");
}

/** `float32` of `torch.float32`. */
export function dtypeName(tensor: TensorLike): string {
	return String(tensor.dtype).replace(/^torch\./, "");
}

/** Number of elements. */
export function sizeOf(shape: readonly number[]): number {
	return shape.reduce((product, size) => product * size, 1);
}

/** Memory that the elements take. */
export function bytesOf(tensors: readonly TensorLike[]): number {
	return tensors.reduce((sum, tensor) => sum + sizeOf(tensor.shape) * itemSize(tensor), 0);
}

function itemSize(tensor: TensorLike): number {
	const { itemsize } = tensor.dtype as { itemsize?: unknown };
	return typeof itemsize === "number" ? itemsize : 4;
}

/** `32 × 100`; `scalar` for no dimension. */
export function shapeText(shape: readonly number[]): string {
	return shape.length === 0 ? "scalar" : shape.join(" × ");
}

/** Elements as numbers, in row-major order. */
export function numbersOf(tensor: TensorLike): ArrayLike<number> {
	const data = tensor.toTypedArray();
	return typeof data[0] === "bigint"
		? Float64Array.from(data as ArrayLike<bigint>, Number)
		: (data as ArrayLike<number>);
}

/** The tensor without its history. */
export function detached(tensor: TensorLike): TensorLike {
	return typeof tensor.detach === "function" ? tensor.detach() : tensor;
}
