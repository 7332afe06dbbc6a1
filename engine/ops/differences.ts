import { bind, integer, wrapDim } from "../core/arguments";
import { native } from "../core/native";
import { type Scalar, Tensor, wrap } from "../core/tensor";
import { catAlong } from "./join";
import { asMethods } from "./methods";

/* Differences of neighbours, sums of areas between them, and slopes. */

export interface DiffOptions {
	/** How many times. Default 1. */
	n?: number;
	/** Default -1, the last. */
	dim?: number;
	/** Put before (behind) the tensor along `dim` first. */
	prepend?: Tensor | null;
	append?: Tensor | null;
}

type DiffArguments =
	| [options?: DiffOptions]
	| [n: number, options?: DiffOptions]
	| [n: number, dim: number, options?: DiffOptions];

/** out[i] = x[i + 1] − x[i] along `dim`, `n` times over; of bool whether neighbours differ. */
export function diff(x: Tensor, ...args: DiffArguments): Tensor {
	const { n = 1, dim = -1, prepend, append } = bind<DiffOptions>("diff", args, ["n", "dim", "prepend", "append"]);
	if (integer("diff", "n", n) < 0) throw new RangeError(`[diff] n must not be negative, got ${n}`);
	if (x.ndim === 0) throw new RangeError("[diff] expects input to be at least one-dimensional");
	const at = wrapDim("diff", dim, x.ndim);
	const ends = [prepend, x, append].filter((part): part is Tensor => part instanceof Tensor);
	let result = ends.length === 1 ? x : catAlong(ends, at);
	if (n === 0) return result.clone();
	// Once nothing is left, further differences change nothing.
	for (let i = 0; i < n && (i === 0 || result.size(at) > 0); i++) {
		const size = result.size(at);
		const [later, earlier] = [
			result.narrow(at, Math.min(1, size), Math.max(size - 1, 0)),
			result.narrow(at, 0, Math.max(size - 1, 0)),
		];
		result = result.dtype.name === "bool" ? later.logicalXor(earlier) : later.sub(earlier);
	}
	return result;
}

export interface TrapezoidOptions {
	/** The distance of neighbours, where no positions are given. Default 1. */
	dx?: number;
	/** Default -1, the last. */
	dim?: number;
}

type Spacing = [x?: Tensor | TrapezoidOptions, options?: TrapezoidOptions];

/** The areas between neighbours, by the trapezoidal rule. */
function areas(op: string, y: Tensor, [x, options]: Spacing): { areas: Tensor; dim: number } {
	const given = x instanceof Tensor ? (options ?? {}) : (x ?? options ?? {});
	const { dx = 1, dim = -1 } = bind<TrapezoidOptions>(op, [given], [], ["dx", "dim"]);
	const at = wrapDim(op, dim, y.ndim);
	const size = y.size(at);
	if (size === 0) return { areas: y.narrow(at, 0, 0), dim: at };
	const sums = y.narrow(at, 0, size - 1).add(y.narrow(at, 1, size - 1));
	if (!(x instanceof Tensor)) return { areas: sums.mul(dx / 2), dim: at };
	// Positions of one dimension run along `dim`.
	const steps = x.ndim === 1 ? diff(x).reshape(y.shape.map((_, i) => (i === at ? -1 : 1))) : diff(x, 1, at - y.ndim);
	return { areas: sums.mul(steps).div(2), dim: at };
}

/** ∫ y dx along `dim` by the trapezoidal rule: positions `x`, or a distance `dx` (default 1) between neighbours. */
export function trapezoid(y: Tensor, ...spacing: Spacing): Tensor {
	const found = areas("trapezoid", y, spacing);
	return found.areas.sum(found.dim);
}

/** The running integral: `trapezoid` from the first entry to each later one. */
export function cumulativeTrapezoid(y: Tensor, ...spacing: Spacing): Tensor {
	const found = areas("cumulativeTrapezoid", y, spacing);
	return found.areas.cumsum(found.dim);
}

export interface GradientOptions {
	/** Distance of neighbours (one number, or one for each dimension), or their positions as vectors. Default 1. */
	spacing?: Scalar | readonly (number | Tensor)[];
	/** Along these dimensions. Default: all. */
	dim?: number | readonly number[] | null;
	/** How the slope at the ends is estimated: from 2 points (1, the default) or 3. */
	edgeOrder?: 1 | 2;
}

/** The slope along each of the dimensions, by central differences of second order. */
export function gradient(x: Tensor, options: GradientOptions = {}): Tensor[] {
	const {
		spacing = 1,
		dim,
		edgeOrder = 1,
	} = bind<GradientOptions>("gradient", [options], [], ["spacing", "dim", "edgeOrder"]);
	const dims =
		dim === undefined || dim === null
			? x.shape.map((_, i) => i)
			: [dim].flat().map((d) => wrapDim("gradient", d as number, x.ndim));
	const steps = Array.isArray(spacing) ? (spacing as (number | Tensor)[]) : dims.map(() => Number(spacing));
	if (steps.length !== dims.length) {
		throw new RangeError(`[gradient] expected spacing to be a number or ${dims.length} values, got ${steps.length}`);
	}
	return dims.map((at, i) => slope(x, at, steps[i]!, edgeOrder));
}

function slope(x: Tensor, at: number, step: number | Tensor, edgeOrder: number): Tensor {
	const size = x.size(at);
	if (size < edgeOrder + 1) {
		throw new RangeError(
			`[gradient] needs at least ${edgeOrder + 1} entries along each dimension, got ${size} in dim ${at}`,
		);
	}
	const along = x.shape.map((_, i) => (i === at ? -1 : 1));
	const gaps =
		step instanceof Tensor
			? diff(step).reshape(along)
			: wrap(
					native.full(
						along.map((n) => (n === -1 ? size - 1 : 1)),
						step,
						x.isFloatingPoint() ? x.dtype.code : 6,
						x.handle,
					),
				);
	const slopes = diff(x, 1, at).div(gaps);
	const part = (values: Tensor, start: number, length: number) => values.narrow(at, start, length);
	const [first, second] = [part(gaps, 0, size - 2), part(gaps, 1, size - 2)];
	const inner = part(slopes, 0, size - 2)
		.mul(second)
		.add(part(slopes, 1, size - 2).mul(first))
		.div(first.add(second));
	let [start, end] = [part(slopes, 0, 1), part(slopes, size - 2, 1)];
	if (edgeOrder === 2) {
		const bent = (edge: Tensor, next: Tensor, near: Tensor, far: Tensor) =>
			edge.sub(next.sub(edge).mul(near.div(near.add(far))));
		const last = size - 2;
		const ends = [
			bent(start, part(slopes, 1, 1), part(gaps, 0, 1), part(gaps, 1, 1)),
			bent(end, part(slopes, last - 1, 1), part(gaps, last, 1), part(gaps, last - 1, 1)),
		] as const;
		[start, end] = ends;
	}
	return catAlong([start, inner, end], at);
}

export { trapezoid as trapz };

declare module "../core/tensor" {
	interface Tensor {
		/** Differences of neighbours along `dim` (default the last), `n` times over. */
		diff(...args: DiffArguments): Tensor;
	}
}

asMethods({ diff });
