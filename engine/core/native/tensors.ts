import type { Handle, NativeData, Operand, Place } from "./types";

/* Making tensors, seeing them otherwise, taking parts of them. */

export interface CreateOps {
	empty: (shape: number[], dtype: number, place?: Place) => Handle;
	/** Of the shape of another tensor and the order of its dimensions in memory. */
	emptyLikeOn: (x: Handle, dtype: number, place: Place) => Handle;
	full: (shape: number[], value: number | bigint | boolean, dtype: number, place?: Place) => Handle;
	arange: (start: number, end: number, step: number, dtype: number, place?: Place) => Handle;
	linspace: (start: number, end: number, steps: number, dtype: number, place?: Place) => Handle;
	eye: (rows: number, columns: number, dtype: number, place?: Place) => Handle;
	/** Copies a typed array whose element type is the dtype's own. */
	fromData: (data: NativeData, shape: number[], dtype: number, place?: Place) => Handle;
	/** Numbers to any dtype: what `tensor([…])` uses. */
	fromNumbers: (data: Float64Array, shape: number[], dtype: number, place?: Place) => Handle;
	fromBigInts: (data: BigInt64Array, shape: number[], dtype: number, place?: Place) => Handle;
	/** Row-major copy of the elements. */
	toData: (x: Handle) => NativeData;
	/** Row-major copy as doubles (int64 beyond 2⁵³ is rounded). */
	toNumbers: (x: Handle) => Float64Array;
	/** The only element as a number; bool as 0 or 1. */
	item: (x: Handle) => number;
}

export interface ShapeOps {
	/* Views: share storage. Negative dimensions count from the end. */
	asStrided: (x: Handle, shape: number[], strides: number[], offset: number) => Handle;
	/** A view, or an error that says why not; -1 infers. */
	view: (x: Handle, shape: number[]) => Handle;
	/** A view where possible, else a copy. */
	reshape: (x: Handle, shape: number[]) => Handle;
	transpose: (x: Handle, dim0: number, dim1: number) => Handle;
	permute: (x: Handle, dims: number[]) => Handle;
	/** -1 keeps a dimension */
	expand: (x: Handle, shape: number[]) => Handle;
	/** null: every dimension of size 1 */
	squeeze: (x: Handle, dims: number[] | null) => Handle;
	unsqueeze: (x: Handle, dim: number) => Handle;
	/** Python's slice: negative and clamped bounds, step > 0. */
	slice: (x: Handle, dim: number, start: number, end: number, step: number) => Handle;
	select: (x: Handle, dim: number, index: number) => Handle;
	diagonal: (x: Handle, offset: number, dim0: number, dim1: number) => Handle;
	unfold: (x: Handle, dim: number, size: number, step: number) => Handle;
	/** Another handle on the same storage, shape and strides. */
	alias: (x: Handle) => Handle;
	/* Copies. */
	/** The same handle's data where it is contiguous already (a new handle, shared storage), else a copy. */
	contiguous: (x: Handle) => Handle;
	clone: (x: Handle) => Handle;
	cat: (xs: Handle[], dim: number) => Handle;
	flip: (x: Handle, dims: number[]) => Handle;
	roll: (x: Handle, shifts: number[], dims: number[]) => Handle;
	repeat: (x: Handle, repeats: number[]) => Handle;
	tril: (x: Handle, diagonal: number) => Handle;
	triu: (x: Handle, diagonal: number) => Handle;
	/** Copies `source`, broadcast and cast, into `x`; overlapping memory is handled. */
	/** `nonBlocking` 1: between devices, with pinned memory, the copy need not be done when the call comes back. */
	copy_: (x: Handle, source: Handle, nonBlocking?: 1) => void;
	fill_: (x: Handle, value: number | bigint | boolean) => void;
	/** Makes `x` another tensor: the storage, shape and strides of `source` (PyTorch's set_data). */
	setData_: (x: Handle, source: Handle) => void;
	/** A copy in another (or the same) dtype. */
	to: (x: Handle, dtype: number) => Handle;
	/** The handle's data where it is on that device already (a new handle, shared storage), else a copy there. */
	toDevice: (x: Handle, device: number, nonBlocking: boolean) => Handle;
	/** A copy in pinned memory, the same handle's tensor where it is pinned. */
	pinMemory: (x: Handle) => Handle;
	isPinned: (x: Handle) => boolean;
}

export interface IndexOps {
	/** Index tensors (int64, or bool masks) and null for a whole dimension: PyTorch's `x[…]`. */
	index: (x: Handle, indices: (Handle | null)[]) => Handle;
	indexPut_: (x: Handle, indices: (Handle | null)[], values: Handle, accumulate: boolean) => void;
	indexSelect: (x: Handle, dim: number, index: Handle) => Handle;
	indexAdd_: (x: Handle, dim: number, index: Handle, source: Handle, alpha: number) => void;
	indexCopy_: (x: Handle, dim: number, index: Handle, source: Handle) => void;
	gather: (x: Handle, dim: number, index: Handle) => Handle;
	scatter_: (x: Handle, dim: number, index: Handle, source: Operand) => void;
	scatterAdd_: (x: Handle, dim: number, index: Handle, source: Handle) => void;
	/** reduce: 0 sum, 1 product, 2 maximum, 3 minimum */
	scatterReduce_: (x: Handle, dim: number, index: Handle, source: Handle, reduce: number) => void;
	maskedSelect: (x: Handle, mask: Handle) => Handle;
	maskedFill: (x: Handle, mask: Handle, value: Operand) => Handle;
	maskedFill_: (x: Handle, mask: Handle, value: Operand) => void;
	nonzero: (x: Handle) => Handle;
	embedding: (weight: Handle, index: Handle) => Handle;
	/** A row's gradient is summed over its uses, and zero for `paddingIdx` (-1: none). */
	embeddingBackward: (grad: Handle, index: Handle, rows: number, paddingIdx: number) => Handle;
	oneHot: (index: Handle, classes: number) => Handle;
}

export interface MetaOps {
	shape: (x: Handle) => number[];
	strides: (x: Handle) => number[];
	offset: (x: Handle) => number;
	dim: (x: Handle) => number;
	numel: (x: Handle) => number;
	dtype: (x: Handle) => number;
	/** A device's code: 0 for the host, 1 + i for cuda:i. */
	device: (x: Handle) => number;
	isContiguous: (x: Handle) => boolean;
	/** Whether shape and dtype are the same: the question that every broadcasting op's derivative asks. */
	alike: (a: Handle, b: Handle) => boolean;
	/** Tensors that share the storage; 1 where a gradient's memory may be taken over. */
	storageUses: (x: Handle) => number;
	/** Gives back memory that no other tensor shares; the handle holds nothing then. */
	giveBack: (x: Handle) => void;
	resultType: (a: Operand, b: Operand) => number;
	/** Identity of the storage, to tell views of one memory. */
	storageId: (x: Handle) => number;
	storageBytes: (x: Handle) => number;
	setDefaultDtype: (dtype: number) => void;
}
