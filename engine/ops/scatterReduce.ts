import type { Derivative } from "../autograd/node";
import { record, tracked } from "../autograd/record";
import { bind, describe, shapeText, wrapDim } from "../core/arguments";
import { int64 } from "../core/dtype";
import { type Handle, native } from "../core/native";
import { Tensor, wrap } from "../core/tensor";
import { bareCloneFor, cast, writtenBack } from "./copy";
import { covered } from "./gather";
import { asMethods } from "./methods";
import { where } from "./ternary";

/* Values that fall on one place are reduced: to their sum, product, mean, largest or smallest. */

const kernels = { sum: 0, mean: 0, prod: 1, amax: 2, amin: 3 } as const;

export type ScatterReduction = keyof typeof kernels;

export interface ScatterReduceOptions {
	/** Whether the tensor's own elements at those places count. Default true. */
	includeSelf?: boolean;
}

/** The reduction in place or by name. */
type ReduceArguments<R> = [reduce: R, options?: ScatterReduceOptions] | [options: ScatterReduceOptions & { reduce: R }];

interface Reduction {
	dim: number;
	reduce: ScatterReduction;
	includeSelf: boolean;
}

function reduction(op: string, x: Tensor, dim: number, args: readonly unknown[], names: readonly string[]): Reduction {
	const { reduce, includeSelf = true } = bind<ScatterReduceOptions & { reduce: string }>(
		op,
		args,
		["reduce"],
		["includeSelf"],
	);
	if (reduce === undefined || !names.includes(reduce)) {
		const expected = names.map((name) => JSON.stringify(name)).join(", ");
		throw new RangeError(`[${op}] reduce must be one of ${expected}, got ${describe(reduce)}`);
	}
	return { dim: wrapDim(op, dim, x.ndim), reduce: reduce as ScatterReduction, includeSelf };
}

function places(op: string, index: Tensor): Tensor {
	if (index instanceof Tensor && !index.isFloatingPoint() && index.dtype.name !== "bool") return cast(index, int64);
	const got = index instanceof Tensor ? `${index.dtype}: index.long() makes one` : describe(index);
	throw new TypeError(`[${op}] index must be an int64 tensor, got ${got}`);
}

/** What changes nothing: the places start from it where their own elements do not count. */
function neutral(reduce: ScatterReduction, x: Handle): number | bigint {
	if (kernels[reduce] < 2) return kernels[reduce];
	const bits = { 0: 8n, 1: 7n, 2: 15n, 3: 31n, 4: 63n }[native.dtype(x)];
	const largest = reduce === "amin";
	if (native.dtype(x) === 8) return largest ? 1 : 0;
	if (bits === undefined) return largest ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
	if (largest) return 2n ** bits - 1n;
	return native.dtype(x) === 0 ? 0 : -(2n ** bits);
}

/** Reduces `source` into `x` itself. */
function write(x: Handle, { dim, reduce, includeSelf }: Reduction, index: Handle, source: Handle): void {
	if (!includeSelf) native.scatter_(x, dim, index, neutral(reduce, x));
	native.scatterReduce_(x, dim, index, source, kernels[reduce]);
	if (reduce !== "mean") return;
	const count = native.full(native.shape(x), includeSelf ? 1 : 0, native.dtype(x), x);
	native.scatterAdd_(count, dim, index, native.full(native.shape(source), 1, native.dtype(x), x));
	const divisor = native.maximum(count, 1);
	const isFloat = [5, 6, 7, 9].includes(native.dtype(x));
	native.copy_(x, isFloat ? native.div(x, divisor) : native.floorDivide(x, divisor));
}

function apply(op: string, x: Tensor, attributes: Reduction, index: Tensor, source: Tensor, node: Derivative): Tensor {
	const at = places(op, index);
	const part = covered(source, at);
	const out = wrap(bareCloneFor(x, at, part));
	write(out.handle, attributes, at.handle, part.handle);
	return tracked(x, part) ? record(out, node, [x, part], [x, at, part, out], attributes) : out;
}

const scatterReduceBackward: Derivative = {
	name: "ScatterReduceBackward0",
	backward(node, grad) {
		const { dim, reduce, includeSelf } = node.attributes as Reduction;
		const [x, index, source, result] = [0, 1, 2, 3].map((i) => node.saved(i)) as [Tensor, Tensor, Tensor, Tensor];
		const add = (values: Tensor, to: Tensor) => to.scatterAdd(dim, index, values);
		const pick = (values: Tensor) => values.gather(dim, index);
		const filled = (like: Tensor, value: number) => wrap(native.full(like.shape, value, like.dtype.code, like.handle));
		let [ofX, ofSource] = [grad, grad];
		if (reduce === "sum") {
			ofSource = pick(grad);
		} else if (reduce === "mean") {
			ofX = grad.div(add(filled(source, 1), filled(x, includeSelf ? 1 : 0)).clampMin(1));
			ofSource = pick(ofX);
		} else if (reduce === "prod") {
			[ofX, ofSource] = productSlopes(grad, x, source, result, index, { dim, reduce, includeSelf });
		} else {
			// Equal extremes share the gradient.
			const own = x.eq(result).to(grad.dtype);
			const taken = source.eq(pick(result)).to(grad.dtype);
			const share = grad.div(add(taken, own));
			[ofX, ofSource] = [own.mul(share), taken.mul(pick(share))];
			ofX = where(own.ne(0), ofX, 0);
			ofSource = where(taken.ne(0), ofSource, 0);
		}
		return [includeSelf ? ofX : ofX.scatter(dim, index, 0), node.needs(1) ? ofSource : null];
	},
};

/** The product of the others, also where one of them is 0. */
function productSlopes(
	grad: Tensor,
	x: Tensor,
	source: Tensor,
	result: Tensor,
	index: Tensor,
	attributes: Reduction,
): [Tensor, Tensor] {
	const { dim } = attributes;
	const one = x.maskedFill(x.eq(0), 1);
	const withoutOwnZero = scatterReduce(one, dim, index, source, "prod", { includeSelf: attributes.includeSelf });
	const ofX = grad.mul(withoutOwnZero).div(one);
	const zero = source.eq(0);
	const zeros = wrap(native.full(x.shape, 0, x.dtype.code, x.handle))
		.scatterAdd(dim, index, zero.to(x.dtype))
		.gather(dim, index);
	const alone = zero.logicalAnd(zeros.eq(1));
	const withoutIt = scatterReduce(x, dim, index, source.maskedFill(alone, 1), "prod", {
		includeSelf: attributes.includeSelf,
	});
	const others = grad.mul(result).gather(dim, index).div(source.maskedFill(zero, 1));
	return [ofX, where(alone, grad.mul(withoutIt).gather(dim, index), others)];
}

const reductions: readonly string[] = Object.keys(kernels);

/** Reduces source[i][j] into x[index[i][j]][j] for dim 0, and so on. */
export function scatterReduce(
	x: Tensor,
	dim: number,
	index: Tensor,
	source: Tensor,
	...args: ReduceArguments<ScatterReduction>
): Tensor {
	const attributes = reduction("scatterReduce", x, dim, args, reductions);
	return apply("scatterReduce", x, attributes, index, source, scatterReduceBackward);
}

export type IndexReduction = Exclude<ScatterReduction, "sum">;
const indexReductions = reductions.filter((name) => name !== "sum");

/** A vector of indices along `dim` as one for each element of `source`. */
function spread(op: string, x: Tensor, dim: number, index: Tensor, source: Tensor): Tensor {
	const at = wrapDim(op, dim, x.ndim);
	if (index.ndim > 1 || index.numel() !== source.size(at)) {
		throw new RangeError(
			`[${op}] expected an index for each of the ${source.size(at)} entries of source, got shape ${shapeText(index.shape)}`,
		);
	}
	return index.reshape(source.shape.map((_, i) => (i === at ? -1 : 1))).expand(source.shape);
}

const indexReduceBackward: Derivative = { ...scatterReduceBackward, name: "IndexReduceBackward0" };

/** Reduces entry i of `source` into entry index[i] along `dim`. */
export function indexReduce(
	x: Tensor,
	dim: number,
	index: Tensor,
	source: Tensor,
	...args: ReduceArguments<IndexReduction>
): Tensor {
	const attributes = reduction("indexReduce", x, dim, args, indexReductions);
	return apply("indexReduce", x, attributes, spread("indexReduce", x, dim, index, source), source, indexReduceBackward);
}

type Arguments<R> = [dim: number, index: Tensor, source: Tensor, ...ReduceArguments<R>];

declare module "../core/tensor" {
	interface Tensor {
		/** Reduces source[i][j] into self[index[i][j]][j] for dim 0, and so on. */
		scatterReduce(...args: Arguments<ScatterReduction>): Tensor;
		scatterReduce_(...args: Arguments<ScatterReduction>): this;
		/** Reduces entry i of `source` into entry index[i] along `dim`. */
		indexReduce(...args: Arguments<IndexReduction>): Tensor;
		indexReduce_(...args: Arguments<IndexReduction>): this;
	}
}

asMethods({
	scatterReduce,
	scatterReduce_: writtenBack("scatterReduce_", scatterReduce),
	indexReduce,
	indexReduce_: writtenBack("indexReduce_", indexReduce),
});
