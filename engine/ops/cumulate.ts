import type { Derivative } from "../autograd/node";
import { record, recordAll, tracked } from "../autograd/record";
import { bind, integer, wrapDim } from "../core/arguments";
import { autocastState } from "../core/autocast";
import type { DType } from "../core/dtype";
import { finfo } from "../core/limits";
import { type ValuesAndIndices, valuesAndIndices } from "../core/namedTuple";
import { native } from "../core/native";
import { type Tensor, wrap } from "../core/tensor";
import { raisedOnCards } from "./castPolicy";
import { cast, writtenBack } from "./copy";
import { catAlong } from "./join";
import { asMethods } from "./methods";
import { where } from "./ternary";

/* Running sums, products and extremes along one dimension. */

type CumulateArguments = [dim: number, options?: { dtype?: DType }] | [options: { dim: number; dtype?: DType }];

function parse(op: string, x: Tensor, args: readonly unknown[]): { source: Tensor; dim: number } {
	const { dim, dtype } = bind<{ dim: number; dtype: DType }>(op, args, ["dim"], ["dtype"]);
	return { source: dtype ? cast(x, dtype) : x, dim: wrapDim(op, integer(op, "dim", dim), x.ndim) };
}

/** Running sum along `dim`. */
export function cumsum(x: Tensor, ...args: CumulateArguments): Tensor {
	if (autocastState.active) return raisedOnCards(cumsum, x, ...args);
	const { source, dim } = parse("cumsum", x, args);
	const out = wrap(native.cumsum(source.handle, dim, -1));
	return tracked(source) ? record(out, cumsumBackward, [source], [], dim) : out;
}

const cumsumBackward: Derivative = {
	name: "CumsumBackward0",
	backward: (node, grad) => [reverseCumsum(grad, node.attributes as number)],
};

function reverseCumsum(x: Tensor, dim: number): Tensor {
	return x.ndim === 0 ? x : x.flip(dim).cumsum(dim).flip(dim);
}

/** Running product along `dim`. */
export function cumprod(x: Tensor, ...args: CumulateArguments): Tensor {
	if (autocastState.active) return raisedOnCards(cumprod, x, ...args);
	const { source, dim } = parse("cumprod", x, args);
	const out = wrap(native.cumprod(source.handle, dim, -1));
	return tracked(source) ? record(out, cumprodBackward, [source], [source, out], dim) : out;
}

const cumprodBackward: Derivative = {
	name: "CumprodBackward0",
	backward(node, grad) {
		const [x, result] = [node.saved(0), node.saved(1)];
		const dim = node.attributes as number;
		if (x.ndim === 0 || x.numel() === 0) return [grad];
		const hasZero = native.item(native.any(native.eq(x.handle, 0), null, false)) !== 0;
		if (!hasZero) return [reverseCumsum(grad.mul(result), dim).div(x)];
		return [throughZeros(grad, x, dim)];
	},
};

/** Element k is left out of every product behind it, one k at a time: right where elements are 0. */
function throughZeros(grad: Tensor, x: Tensor, dim: number): Tensor {
	const size = x.size(dim);
	const one = wrap(native.full(x.shape.with(dim, 1), 1, x.dtype.code, x.handle));
	const columns = Array.from({ length: size }, (_, k) => {
		const behind = catAlong([one, x.narrow(dim, k + 1, size - k - 1)], dim).cumprod(dim);
		const others = k === 0 ? behind : behind.mul(x.narrow(dim, 0, k).prod(dim, true));
		return grad
			.narrow(dim, k, size - k)
			.mul(others)
			.sum(dim, true);
	});
	return catAlong(columns, dim);
}

function extreme(op: string, kernel: typeof native.cummax, derivative: Derivative) {
	return (x: Tensor, dim: number | { dim: number }): ValuesAndIndices => {
		const at = wrapDim(op, typeof dim === "object" ? dim.dim : dim, x.ndim);
		const [values, indices] = kernel(x.handle, at).map(wrap) as [Tensor, Tensor];
		if (tracked(x)) recordAll([values, indices], derivative, [x], [indices], { dim: at, shape: x.shape });
		return valuesAndIndices(op, values, indices);
	};
}

const cummaxBackward: Derivative = {
	name: "CummaxBackward0",
	backward(node, grad) {
		const { dim, shape } = node.attributes as { dim: number; shape: number[] };
		if (shape.length === 0) return [grad];
		return [wrap(native.full(shape, 0, grad.dtype.code, grad.handle)).scatterAdd(dim, node.saved(0), grad)];
	},
};

/** Running maximum along `dim`, and where it was met last. */
export const cummax = extreme("cummax", native.cummax, cummaxBackward);
/** Running minimum along `dim`, and where it was met last. */
export const cummin = extreme("cummin", native.cummin, { ...cummaxBackward, name: "CumminBackward0" });

/** Running log Σ exp along `dim`. */
export function logcumsumexp(x: Tensor, dim: number | { dim: number }): Tensor {
	const at = wrapDim("logcumsumexp", typeof dim === "object" ? dim.dim : dim, x.ndim);
	if (!x.isFloatingPoint()) throw new TypeError(`[logcumsumexp] expects a floating point dtype, got ${x.dtype}`);
	const out = wrap(native.logcumsumexp(x.handle, at));
	return tracked(x) ? record(out, logcumsumexpBackward, [x], [x, out], at) : out;
}

/* Σₖ≥ᵢ gₖ·exp(xᵢ − yₖ), whose exponents would overflow one by one: the logarithms of gains and of losses run back, each by itself. */
const logcumsumexpBackward: Derivative = {
	name: "LogcumsumexpBackward0",
	backward(node, grad) {
		const [x, result] = [node.saved(0), node.saved(1)];
		const dim = node.attributes as number;
		if (x.ndim === 0 || x.numel() === 0) return [grad];
		const size = grad.abs().log();
		const part = (mask: Tensor) => {
			const sizes = where(mask, size, finfo(grad.dtype).min);
			return logcumsumexp(sizes.sub(result).flip(dim), dim).flip(dim).add(x).exp();
		};
		return [part(grad.gt(0)).sub(part(grad.lt(0)))];
	},
};

declare module "../core/tensor" {
	interface Tensor {
		/** Running sum along `dim`. */
		cumsum(...args: CumulateArguments): Tensor;
		cumsum_(...args: CumulateArguments): this;
		/** Running product along `dim`. */
		cumprod(...args: CumulateArguments): Tensor;
		cumprod_(...args: CumulateArguments): this;
		/** Running maximum along `dim`, and where it was met last. */
		cummax(dim: number | { dim: number }): ValuesAndIndices;
		/** Running minimum along `dim`, and where it was met last. */
		cummin(dim: number | { dim: number }): ValuesAndIndices;
		/** Running log Σ exp along `dim`. */
		logcumsumexp(dim: number | { dim: number }): Tensor;
	}
}

asMethods({
	cumsum,
	cumsum_: writtenBack("cumsum_", cumsum),
	cumprod,
	cumprod_: writtenBack("cumprod_", cumprod),
	cummax,
	cummin,
	logcumsumexp,
});
