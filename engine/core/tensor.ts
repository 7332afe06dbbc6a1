import { type DType, dtypeOf } from "./dtype";
import { gradMode } from "./gradMode";
import { type Handle, native } from "./native";

/** A number that can stand where a tensor stands in arithmetic. */
export type Scalar = number | bigint | boolean;

/** What a tensor knows of the graph node that made it. The autograd folder implements it. */
export interface GraphNode {
	/** As PyTorch prints it: `AddBackward0`. */
	readonly name: string;
	/** The nodes that this one hands gradients to; null where none is wanted. */
	readonly nextFunctions: readonly (readonly [GraphNode | null, number])[];
}

/**
 * How a view came from its base. In-place writes to either change the other, so autograd must be able to make the view's
 * history anew from the base's.
 */
export interface ViewOrigin {
	readonly base: Tensor;
	/** Makes this view again from (another version of) the base. */
	readonly replay: (base: Tensor) => Tensor;
	/** The shared version at which `gradFn` was made. */
	seenVersion: number;
	/** The base's handle when the view was made: a base that changed its shape in place is no longer what `replay` takes. */
	readonly baseHandle: Handle;
	/** False for a view made while recording was off: it never gets a history. */
	readonly differentiable: boolean;
}

/** Counts in-place writes to one memory; shared by a tensor and its views. */
export interface Version {
	count: number;
}

/**
 * A multi-dimensional array of one dtype on one device, with PyTorch's semantics: views share storage, operations run
 * when called and are recorded while a gradient may be wanted. Operations are methods (and functions of the same name).
 *
 * Memory is freed by garbage collection; `dispose()` is never needed.
 */
export class Tensor {
	/** @internal */
	handle: Handle;
	/** @internal */
	_gradFn: GraphNode | null = null;
	/** @internal Which output of its node this is. */
	_outputIndex = 0;
	/** @internal Set by the user on a leaf. */
	_requiresGrad = false;
	/** @internal */
	_version: Version;
	/** @internal */
	_view: ViewOrigin | null = null;
	/** @internal The leaf's own graph node, made when first needed. */
	_accumulator: GraphNode | null = null;
	/** @internal Made in inference mode. */
	_inference: boolean;
	#grad: Tensor | null = null;
	/** Whether anybody may hold `#grad` beside this tensor. */
	#gradSeen = false;
	#dtype: DType | null = null;

	/** @internal Tensors come from functions such as `tensor`, `zeros`, `rand`. */
	constructor(handle: Handle, version?: Version) {
		this.handle = handle;
		this._version = version ?? { count: 0 };
		this._inference = gradMode.inference;
	}

	/** Sizes of the dimensions. */
	get shape(): number[] {
		return native.shape(this.handle);
	}

	/** The shape, or one of its sizes. */
	size(): number[];
	size(dim: number): number;
	size(dim?: number): number[] | number {
		const shape = this.shape;
		if (dim === undefined) return shape;
		const size = shape.at(dim);
		if (size === undefined || !Number.isInteger(dim)) throw new RangeError(outOfRange("size", dim, shape.length));
		return size;
	}

	/** Number of dimensions. */
	get ndim(): number {
		return native.dim(this.handle);
	}

	/** Number of dimensions. */
	dim(): number {
		return native.dim(this.handle);
	}

	/** Number of elements. */
	numel(): number {
		return native.numel(this.handle);
	}

	/** Size of the first dimension. */
	get length(): number {
		return this.size(0);
	}

	/** Type of the elements, such as `torch.float32`. */
	get dtype(): DType {
		this.#dtype ??= dtypeOf(native.dtype(this.handle));
		return this.#dtype;
	}

	/** @internal After the handle was exchanged. */
	_forgetMeta(): void {
		this.#dtype = null;
	}

	/** Steps between neighbours along each dimension, in elements. */
	stride(): number[];
	stride(dim: number): number;
	stride(dim?: number): number[] | number {
		const strides = native.strides(this.handle);
		if (dim === undefined) return strides;
		const stride = strides.at(dim);
		if (stride === undefined) throw new RangeError(outOfRange("stride", dim, strides.length));
		return stride;
	}

	/** Position of the first element in the storage, in elements. */
	storageOffset(): number {
		return native.offset(this.handle);
	}

	/** Whether the elements lie in memory in the order of the indices, without gaps. */
	isContiguous(): boolean {
		return native.isContiguous(this.handle);
	}

	/** Whether the dtype is a floating point one. */
	isFloatingPoint(): boolean {
		return this.dtype.isFloatingPoint;
	}

	/** Bytes of one element. */
	elementSize(): number {
		return this.dtype.itemsize;
	}

	/** Bytes of the elements. */
	get nbytes(): number {
		return this.numel() * this.dtype.itemsize;
	}

	/** Where the gradient accumulates on `backward()`; null before. */
	get grad(): Tensor | null {
		this.#gradSeen = true;
		return this.#grad;
	}

	set grad(grad: Tensor | null | undefined) {
		if (grad != null) {
			if (grad.dtype !== this.dtype) {
				throw new TypeError(
					`[grad] assigned grad has data of a different type: expected ${this.dtype}, got ${grad.dtype}`,
				);
			}
			if (!native.alike(this.handle, grad.handle)) {
				throw new RangeError(
					`[grad] assigned grad has data of a different size: expected [${this.shape.join(", ")}], got [${grad.shape.join(", ")}]`,
				);
			}
		}
		// What nobody has seen can be used by nobody: its memory is free at once, for the next pass's gradients.
		if (grad == null && this.#grad !== null && !this.#gradSeen) native.giveBack(this.#grad.handle);
		this.#grad = grad ?? null;
		this.#gradSeen = true;
	}

	/** @internal `grad`, for those who keep it from everybody else. */
	get _grad(): Tensor | null {
		return this.#grad;
	}

	/** @internal Makes a fresh tensor that nobody else holds the gradient. */
	_takeGrad(grad: Tensor): void {
		this.#grad = grad;
		this.#gradSeen = false;
	}

	/** The node that made this tensor; null for a leaf. */
	get gradFn(): GraphNode | null {
		const view = this._view;
		if (view !== null && view.seenVersion !== this._version.count) renewHistory(this, view);
		return this._gradFn;
	}

	/** Whether gradients flow here: set on a leaf, inherited by results. */
	get requiresGrad(): boolean {
		return this._requiresGrad || this.gradFn !== null;
	}

	set requiresGrad(value: boolean) {
		this.requiresGrad_(value);
	}

	/** Sets `requiresGrad` of a leaf. */
	requiresGrad_(value = true): this {
		if (this.gradFn !== null) {
			if (value) return this;
			throw new Error(
				"[requiresGrad_] you can only change requiresGrad of leaf tensors; to use a computed tensor in a subgraph that does not require differentiation use `x.detach()`",
			);
		}
		if (value && !this.dtype.isFloatingPoint) {
			throw new TypeError(
				`[requiresGrad_] only tensors of floating point dtype can require gradients, got ${this.dtype}`,
			);
		}
		if (value && this._inference && !gradMode.inference) {
			throw new Error(
				"[requiresGrad_] a tensor made in inference mode cannot require gradients; clone it outside first",
			);
		}
		this._requiresGrad = value;
		if (value) leafMade?.(this);
		return this;
	}

	/** A leaf was made by the user, or needs no gradient. */
	get isLeaf(): boolean {
		return this.gradFn === null;
	}

	/**
	 * Elements as a typed array, copied in row-major order: the dtype's own array type (int64: BigInt64Array; bool:
	 * Uint8Array; float16 and bfloat16: Float32Array of their values).
	 */
	toTypedArray(): Float32Array | Float64Array | BigInt64Array | Int32Array | Int16Array | Int8Array | Uint8Array {
		const data = native.toData(this.handle);
		if (data instanceof Uint16Array) return Float32Array.from(native.toNumbers(this.handle));
		return data;
	}

	/** The only element as a number: int64 exactly up to 2⁵³, bool as 0 or 1. */
	item(): number {
		return native.item(this.handle);
	}

	/**
	 * Nested arrays of numbers, bool as 0 and 1; a plain number for a 0-dimensional tensor. Types do not know how many dimensions
	 * there are: `x.tolist<number[]>()`.
	 */
	tolist<T extends NestedNumbers = NestedNumbers>(): T {
		const flat = native.toNumbers(this.handle);
		const shape = this.shape;
		let next = 0;
		const build = (dim: number): NestedNumbers =>
			dim === shape.length ? flat[next++]! : Array.from({ length: shape[dim]! }, () => build(dim + 1));
		return build(0) as T;
	}

	/** For `JSON.stringify`: as `tolist()`, where JSON has null for what is no finite number. */
	toJSON(): NestedNumbers {
		return this.tolist();
	}

	/** For the rare object that must give its memory back now: the tensor may not be used afterwards. */
	dispose(): void {
		native.setData_(this.handle, native.empty([0], this.dtype.code, this.handle));
	}

	[Symbol.dispose](): void {
		this.dispose();
	}
}

export type NestedNumbers = number | NestedNumbers[];

/** @internal A native result as a tensor. */
export function wrap(handle: Handle): Tensor {
	return new Tensor(handle);
}

/** @internal */
export function outOfRange(op: string, dim: number, rank: number): string {
	const limit = Math.max(rank, 1);
	return `[${op}] dimension out of range (expected to be in range of [${-limit}, ${limit - 1}], but got ${dim})`;
}

let leafMade: ((leaf: Tensor) => void) | null = null;

/** @internal For who must know when a graph begins (engine/func/batching). */
export function setLeafMade(made: typeof leafMade): void {
	leafMade = made;
}

let renewHistory: (tensor: Tensor, view: ViewOrigin) => void = () => {
	throw new Error("[view] autograd is not loaded");
};

/** @internal The autograd folder says how a view's history is made anew after an in-place write to its memory. */
export function setHistoryRenewal(renew: typeof renewHistory): void {
	renewHistory = renew;
}
