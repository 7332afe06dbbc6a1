import type { Derivative } from "../autograd/node";
import { inPlace, record, tracked } from "../autograd/record";
import { bind, describe, integer, shapeText, wrapDim } from "../core/arguments";
import { autocastState } from "../core/autocast";
import { int64 } from "../core/dtype";
import { native } from "../core/native";
import { type Scalar, Tensor, wrap } from "../core/tensor";
import { promotedOnCards } from "./castPolicy";
import { bareCloneFor, cast, cloneFor } from "./copy";
import { asMethods } from "./methods";
import { underivable } from "./underivable";
import { broadcastShapes } from "./view";

/* Elements picked and placed by index tensors along one dimension. Indices are int64. */

/** What a derivative needs of a pick: where it was made, and how large the tensor was. */
interface Pick {
	dim: number;
	shape: number[];
}

function zeros(grad: Tensor, shape: number[]): Tensor {
	return wrap(native.full(shape, 0, grad.dtype.code, grad.handle));
}

function indexTensor(op: string, index: Tensor): Tensor {
	if (!(index instanceof Tensor)) throw new TypeError(`[${op}] index must be an int64 tensor, got ${describe(index)}`);
	if (index.dtype.isFloatingPoint || index.dtype.name === "bool") {
		throw new TypeError(`[${op}] index must be an int64 tensor, got ${index.dtype}: index.long() makes one`);
	}
	return cast(index, int64);
}

/** out[i][j] = x[index[i][j]][j] for dim 0, and so on: one element for each of `index`. */
export function gather(x: Tensor, dim: number, index: Tensor): Tensor {
	const at = indexTensor("gather", index);
	const out = wrap(native.gather(x.handle, wrapDim("gather", dim, x.ndim), at.handle));
	return tracked(x) ? record(out, gatherBackward, [x], [at], { dim, shape: x.shape }) : out;
}

const gatherBackward: Derivative = {
	name: "GatherBackward0",
	backward(node, grad) {
		const { dim, shape } = node.attributes as Pick;
		return [zeros(grad, shape).scatterAdd(dim, node.saved(0), grad)];
	},
};

/** `gather` whose index broadcasts against the tensor; without `dim`, flat. */
export function takeAlongDim(x: Tensor, index: Tensor, dim?: number | { dim?: number }): Tensor {
	const along = typeof dim === "object" ? dim.dim : dim;
	if (along === undefined) return gather(x.reshape(-1), 0, index.reshape(-1));
	if (index.ndim !== x.ndim) {
		throw new RangeError(
			`[takeAlongDim] index must have as many dimensions as the tensor, got ${shapeText(index.shape)} and ${shapeText(x.shape)}`,
		);
	}
	const at = wrapDim("takeAlongDim", along, x.ndim);
	if (x.ndim === 0) return gather(x, at, index);
	const shape = broadcastShapes(x.shape.with(at, 1), index.shape.with(at, 1));
	return gather(x.expand(shape.with(at, x.size(at))), at, index.expand(shape.with(at, index.size(at))));
}

/** Elements of the tensor taken as flat, by position. */
export function take(x: Tensor, index: Tensor): Tensor {
	const at = indexTensor("take", index);
	const flat = wrap(native.reshape(x.handle, [-1]));
	// As an index in brackets: a negative position counts from the end.
	const out = wrap(native.view(native.index(flat.handle, [native.reshape(at.handle, [-1])]), at.shape));
	return tracked(x) ? record(out, takeBackward, [x], [at], { dim: 0, shape: x.shape }) : out;
}

const takeBackward: Derivative = {
	name: "TakeBackward0",
	backward(node, grad) {
		const { shape } = node.attributes as Pick;
		const count = shape.reduce((product, size) => product * size, 1);
		const at = node.saved(0).handle;
		const positions = wrap(native.where(native.lt(at, 0), native.add(at, count, 1), at));
		return [zeros(grad, [count]).indexAdd(0, positions.reshape(-1), grad.reshape(-1)).reshape(shape)];
	},
};

/** The entries along `dim` that a vector of indices names. */
export function indexSelect(x: Tensor, dim: number, index: Tensor): Tensor {
	const at = indexTensor("indexSelect", index);
	if (x.ndim === 0 && at.numel() !== 1) {
		throw new RangeError(`[indexSelect] an index to a scalar can have only 1 value, got ${at.numel()}`);
	}
	const out = wrap(native.indexSelect(x.handle, wrapDim("indexSelect", dim, x.ndim), at.handle));
	return tracked(x) ? record(out, indexSelectBackward, [x], [at], { dim, shape: x.shape }) : out;
}

const indexSelectBackward: Derivative = {
	name: "IndexSelectBackward0",
	backward(node, grad) {
		const { dim, shape } = node.attributes as Pick;
		return [zeros(grad, shape).indexAdd(dim, node.saved(0).reshape(-1), grad)];
	},
};

interface Placed {
	dim: number;
	alpha?: number;
}

function alphaOf(options: { alpha?: number } | undefined): number {
	return options?.alpha ?? 1;
}

/** Adds `alpha`·entry i of `source` to entry index[i] along `dim`. */
function indexAdd_<T extends Tensor>(
	x: T,
	dim: number,
	index: Tensor,
	source: Tensor,
	options?: { alpha?: number },
): T {
	const at = indexTensor("indexAdd_", index);
	const alpha = alphaOf(options);
	const along = wrapDim("indexAdd_", dim, x.ndim);
	const write = () => native.indexAdd_(x.handle, along, at.handle, source.handle, alpha);
	return inPlace("indexAdd_", x, [source], write, indexAddBackward, () => [at], { dim: along, alpha });
}

export function indexAdd(x: Tensor, dim: number, index: Tensor, source: Tensor, options?: { alpha?: number }): Tensor {
	const at = indexTensor("indexAdd", index);
	const alpha = alphaOf(options);
	const along = wrapDim("indexAdd", dim, x.ndim);
	const out = wrap(bareCloneFor(x, at, source));
	native.indexAdd_(out.handle, along, at.handle, source.handle, alpha);
	return tracked(x, source) ? record(out, indexAddBackward, [x, source], [at], { dim: along, alpha }) : out;
}

const indexAddBackward: Derivative = {
	name: "IndexAddBackward0",
	backward(node, grad) {
		const { dim, alpha = 1 } = node.attributes as Placed;
		const picked = node.needs(1) ? indexSelect(grad, dim, node.saved(0)) : null;
		return [grad, picked && alpha !== 1 ? picked.mul(alpha) : picked];
	},
};

/** Overwrites entry index[i] along `dim` with entry i of `source`. */
function indexCopy_<T extends Tensor>(x: T, dim: number, index: Tensor, source: Tensor): T {
	const at = indexTensor("indexCopy_", index);
	const along = wrapDim("indexCopy_", dim, x.ndim);
	const write = () => native.indexCopy_(x.handle, along, at.handle, source.handle);
	return inPlace("indexCopy_", x, [source], write, indexCopyBackward, () => [at], { dim: along });
}

const indexCopyBackward: Derivative = {
	name: "IndexCopyBackward0",
	backward(node, grad) {
		const { dim } = node.attributes as Placed;
		const index = node.saved(0);
		return [node.needs(0) ? grad.indexFill(dim, index, 0) : null, node.needs(1) ? indexSelect(grad, dim, index) : null];
	},
};

export function indexCopy(x: Tensor, dim: number, index: Tensor, source: Tensor): Tensor {
	return indexCopy_(cloneFor(x, index, source), dim, index, source);
}

/** Overwrites the entries along `dim` that `index` names with one value. */
function indexFill_<T extends Tensor>(x: T, dim: number, index: Tensor, value: Tensor | Scalar): T {
	const at = indexTensor("indexFill_", index);
	const along = wrapDim("indexFill_", dim, x.ndim);
	if (value instanceof Tensor && value.ndim !== 0) {
		throw new RangeError(
			`[indexFill_] takes a number or a tensor of no dimensions as value, got ${shapeText(value.shape)}`,
		);
	}
	const values = value instanceof Tensor ? value.handle : native.full([], value, x.dtype.code, x.handle);
	const indices = [...new Array<null>(along).fill(null), native.reshape(at.handle, [-1])];
	// A tensor of no dimensions is filled as a vector of one element.
	const target = () => (x.ndim === 0 ? native.view(x.handle, [1]) : x.handle);
	const write = () => native.indexPut_(target(), indices, native.to(values, x.dtype.code), false);
	return inPlace(
		"indexFill_",
		x,
		[value],
		write,
		value instanceof Tensor ? indexFillTensorBackward : indexFillBackward,
		() => [at],
		{
			dim: along,
		},
	);
}

const indexFillBackward: Derivative = {
	name: "IndexFillBackward0",
	backward(node, grad) {
		const { dim } = node.attributes as Placed;
		const rest = grad.indexFill(dim, node.saved(0).reshape(-1), 0);
		// By difference: an index that occurs twice counts once.
		return [node.needs(0) ? rest : null, node.needs(1) ? grad.sub(rest).sum() : null];
	},
};

const indexFillTensorBackward: Derivative = { ...indexFillBackward, name: "IndexFillBackward1" };

export function indexFill(x: Tensor, dim: number, index: Tensor, value: Tensor | Scalar): Tensor {
	return indexFill_(cloneFor(x, index, value), dim, index, value);
}

/** Writes x[index[i][j]][j] = source[i][j] for dim 0, and so on; a number as source goes everywhere. */
function scatter_<T extends Tensor>(
	x: T,
	dim: number,
	index: Tensor,
	source: Tensor | Scalar,
	...args: ReduceArguments
): T {
	const at = indexTensor("scatter_", index);
	const along = wrapDim("scatter_", dim, x.ndim);
	const kernel = joiningOf(args);
	if (kernel !== null) return joined(x, along, at, source, kernel);
	const part = covered(source, index);
	const values = part instanceof Tensor ? part.handle : part;
	const write = () => native.scatter_(x.handle, along, at.handle, values);
	const derivative = part instanceof Tensor ? scatterBackward : scatterScalarBackward;
	return inPlace("scatter_", x, [part], write, derivative, () => [at], { dim: along });
}

function joined<T extends Tensor>(x: T, dim: number, index: Tensor, source: Tensor | Scalar, kernel: number): T {
	const values =
		source instanceof Tensor ? covered(source, index) : wrap(native.full(index.shape, source, x.dtype.code, x.handle));
	const write = () => native.scatterReduce_(x.handle, dim, index.handle, values.handle, kernel);
	return inPlace("scatter_", x, [values], write, joinedBackward);
}

const joinedBackward = underivable("scatter");

const scatterBackward: Derivative = {
	name: "ScatterBackward0",
	backward(node, grad) {
		const { dim } = node.attributes as Placed;
		const index = node.saved(0);
		return [node.needs(0) ? grad.scatter(dim, index, 0) : null, node.needs(1) ? gather(grad, dim, index) : null];
	},
};

const scatterScalarBackward: Derivative = { ...scatterBackward, name: "ScatterBackward1" };

export function scatter(
	x: Tensor,
	dim: number,
	index: Tensor,
	source: Tensor | Scalar,
	...args: ReduceArguments
): Tensor {
	return scatter_(cloneFor(x, index, source), dim, index, source, ...args);
}

/** How values join what is there; without it they replace it. Not differentiable: `scatterReduce` is. */
type ReduceArguments = [options?: { reduce?: "add" | "multiply" }];

const joining = { add: 0, multiply: 1 } as const;

function joiningOf(args: readonly unknown[]): number | null {
	const { reduce } = bind<{ reduce: keyof typeof joining }>("scatter_", args, [], ["reduce"]);
	if (reduce === undefined) return null;
	if (!Object.hasOwn(joining, reduce)) {
		throw new RangeError(`[scatter_] reduce must be "add" or "multiply", got ${describe(reduce)}`);
	}
	return joining[reduce];
}

/** @internal A source may be larger than the index; what lies outside is not used. */
export function covered<S extends Tensor | Scalar>(source: S, index: Tensor): S {
	if (!(source instanceof Tensor) || `${source.shape}` === `${index.shape}`) return source;
	if (source.ndim !== index.ndim) return source;
	let part: Tensor = source;
	index.shape.forEach((size, dim) => {
		if (part.size(dim) > size) part = part.narrow(dim, 0, size);
	});
	return part as S;
}

/** Adds source[i][j] to x[index[i][j]][j] for dim 0, and so on. */
function scatterAdd_<T extends Tensor>(x: T, dim: number, index: Tensor, source: Tensor): T {
	const at = indexTensor("scatterAdd_", index);
	const along = wrapDim("scatterAdd_", dim, x.ndim);
	const part = covered(source, index);
	const write = () => native.scatterAdd_(x.handle, along, at.handle, part.handle);
	return inPlace("scatterAdd_", x, [part], write, scatterAddBackward, () => [at], { dim: along });
}

const scatterAddBackward: Derivative = {
	name: "ScatterAddBackward0",
	backward(node, grad) {
		const { dim } = node.attributes as Placed;
		return [grad, node.needs(1) ? gather(grad, dim, node.saved(0)) : null];
	},
};

export function scatterAdd(x: Tensor, dim: number, index: Tensor, source: Tensor): Tensor {
	if (autocastState.active) return promotedOnCards(scatterAdd, x, dim, index, source);
	const at = indexTensor("scatterAdd", index);
	const along = wrapDim("scatterAdd", dim, x.ndim);
	const part = covered(source, index);
	const out = wrap(bareCloneFor(x, at, part));
	native.scatterAdd_(out.handle, along, at.handle, part.handle);
	return tracked(x, part) ? record(out, scatterAddBackward, [x, part], [at], { dim: along }) : out;
}

/** Rows of `weight` by index; used by nn.functional's embedding, which adds PyTorch's options. */
export function embeddingLookup(weight: Tensor, index: Tensor, paddingIdx: number): Tensor {
	const at = indexTensor("embedding", index);
	const out = wrap(native.embedding(weight.handle, at.handle));
	if (!tracked(weight)) return out;
	return record(out, embeddingBackward, [weight], [at], { rows: weight.size(0), paddingIdx });
}

const embeddingBackward: Derivative = {
	name: "EmbeddingBackward0",
	backward(node, grad) {
		const { rows, paddingIdx } = node.attributes as { rows: number; paddingIdx: number };
		const index = node.saved(0);
		const out = wrap(native.embeddingBackward(grad.handle, index.handle, rows, paddingIdx));
		return [tracked(grad) ? record(out, embeddingBackwardBackward, [grad], [index], paddingIdx) : out];
	},
};

const embeddingBackwardBackward: Derivative = {
	name: "EmbeddingBackwardBackward0",
	backward(node, grad) {
		const index = node.saved(0);
		const picked = embeddingLookup(grad, index, -1);
		const paddingIdx = node.attributes as number;
		return [paddingIdx < 0 ? picked : picked.maskedFill(index.eq(paddingIdx).unsqueeze(-1), 0)];
	},
};

/** int64 vectors with 1 at each index; `classes` -1 takes the largest index + 1. */
export function oneHot(index: Tensor, classes: number | { numClasses?: number } = -1): Tensor {
	const given = typeof classes === "number" ? classes : (classes.numClasses ?? -1);
	const at = indexTensor("oneHot", index).handle;
	const count = integer("oneHot", "numClasses", given);
	return wrap(
		native.oneHot(at, count === -1 && index.numel() > 0 ? native.item(native.amax(at, null, false)) + 1 : count),
	);
}

declare module "../core/tensor" {
	interface Tensor {
		/** out[i][j] = x[index[i][j]][j] for dim 0, and so on: one element for each of `index`. */
		gather(dim: number, index: Tensor): Tensor;
		/** `gather` whose index broadcasts against the tensor; without `dim`, flat. */
		takeAlongDim(index: Tensor, dim?: number | { dim?: number }): Tensor;
		/** Elements of the tensor taken as flat, by position. */
		take(index: Tensor): Tensor;
		/** The entries along `dim` that a vector of indices names. */
		indexSelect(dim: number, index: Tensor): Tensor;
		/** Adds `alpha`·entry i of `source` to entry index[i] along `dim`. */
		indexAdd(dim: number, index: Tensor, source: Tensor, options?: { alpha?: number }): Tensor;
		indexAdd_(dim: number, index: Tensor, source: Tensor, options?: { alpha?: number }): this;
		/** Overwrites entry index[i] along `dim` with entry i of `source`. */
		indexCopy(dim: number, index: Tensor, source: Tensor): Tensor;
		indexCopy_(dim: number, index: Tensor, source: Tensor): this;
		/** Overwrites the entries along `dim` that `index` names with one value. */
		indexFill(dim: number, index: Tensor, value: Tensor | Scalar): Tensor;
		indexFill_(dim: number, index: Tensor, value: Tensor | Scalar): this;
		/** Writes x[index[i][j]][j] = source[i][j] for dim 0, and so on; a number as source goes everywhere. */
		scatter(dim: number, index: Tensor, source: Tensor | Scalar, ...args: ReduceArguments): Tensor;
		scatter_(dim: number, index: Tensor, source: Tensor | Scalar, ...args: ReduceArguments): this;
		/** Adds source[i][j] to x[index[i][j]][j] for dim 0, and so on. */
		scatterAdd(dim: number, index: Tensor, source: Tensor): Tensor;
		scatterAdd_(dim: number, index: Tensor, source: Tensor): this;
	}
}

asMethods({
	gather,
	takeAlongDim,
	take,
	indexSelect,
	indexAdd,
	indexAdd_,
	indexCopy,
	indexCopy_,
	indexFill,
	indexFill_,
	scatter,
	scatter_,
	scatterAdd,
	scatterAdd_,
});
