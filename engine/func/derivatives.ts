import { grad as gradients } from "../autograd/grad";
import { describe } from "../core/arguments";
import { enableGrad, gradMode } from "../core/gradMode";
import { native } from "../core/native";
import { Tensor, wrap } from "../core/tensor";
import { stack } from "../ops";
import { NotTogether } from "./batching";
import { leavesOf, withLeaves } from "./tree";
import { vmap } from "./vmap";

/*
 * Functions of functions: gradients, Jacobians and their products with vectors. What comes in is not changed and gets no
 * `grad`; what comes out can be differentiated again where an input came in so, and thus these can be put into each other.
 */

type Fn<A extends unknown[]> = (...args: A) => unknown;

export interface ArgnumsOptions<N = number | readonly number[]> {
	/** Which arguments to differentiate by: a position or several. Default 0. */
	argnums?: N;
	/** The function gives a pair, of which the second is handed through. Default false. */
	hasAux?: boolean;
}

/** A tensor of the same values whose graph begins here, or goes on where there is one. */
function fresh(x: Tensor): Tensor {
	if (!x.isFloatingPoint()) throw new TypeError(`[func] expected tensors of a floating point dtype, got ${x.dtype}`);
	return x.requiresGrad && gradMode.enabled ? x.viewAs(x) : x.detach().requiresGrad_();
}

interface Run {
	/** The arguments that are differentiated by, as they came and as the function saw them. */
	wanted: unknown;
	inputs: Tensor[];
	result: unknown;
	aux: unknown;
	/** Whether derivatives are to be recorded. */
	again: boolean;
}

function run(op: string, fn: (...args: never[]) => unknown, args: readonly unknown[], options: ArgnumsOptions): Run {
	const argnums = options.argnums ?? 0;
	const positions = [argnums].flat() as number[];
	for (const at of positions) {
		if (!Number.isInteger(at) || at < -args.length || at >= args.length) {
			throw new RangeError(`[${op}] argnums ${at} is out of range for ${args.length} arguments`);
		}
	}
	const wanted = positions.map((at) => args.at(at));
	const given = leavesOf(op, wanted);
	const again = gradMode.enabled && given.some((x) => x.requiresGrad);
	using _ = enableGrad();
	const inputs = given.map(fresh);
	const seen = withLeaves(wanted, inputs);
	const all = [...args];
	positions.forEach((at, i) => {
		all[at < 0 ? at + args.length : at] = seen[i];
	});
	const returned = fn(...(all as never[]));
	if (options.hasAux && !(Array.isArray(returned) && returned.length === 2)) {
		throw new TypeError(`[${op}] with hasAux the function must give a pair, got ${describe(returned)}`);
	}
	const [result, aux] = options.hasAux ? (returned as [unknown, unknown]) : [returned, undefined];
	return { wanted: typeof argnums === "number" ? wanted[0] : wanted, inputs, result, aux, again };
}

/** Gradients of outputs, zeros where there are none. */
function pulled(
	outputs: readonly Tensor[],
	starts: readonly Tensor[],
	inputs: readonly Tensor[],
	again: boolean,
	keep = true,
) {
	const zeros = (x: Tensor) => wrap(native.full(x.shape, 0, x.dtype.code, x.handle));
	const tied = outputs.map((y, i) => [y, starts[i]!] as const).filter(([y]) => y.requiresGrad);
	if (tied.length === 0) return inputs.map(zeros);
	const found = gradients(
		tied.map(([y]) => y),
		inputs,
		{ gradOutputs: tied.map(([, start]) => start), allowUnused: true, createGraph: again, retainGraph: keep || again },
	);
	return found.map((g, i) => g ?? zeros(inputs[i]!));
}

function cut(value: unknown, again: boolean): unknown {
	return again
		? value
		: withLeaves(
				value,
				leavesOf("func", value).map((x) => x.detach()),
			);
}

type First<A extends unknown[]> = A extends [infer T, ...unknown[]] ? T : never;
/** What is differentiated by: the argument at a position, or several. */
type Wanted<A extends unknown[], O> = O extends { argnums: infer N }
	? N extends number
		? A[N]
		: N extends readonly number[]
			? { [K in keyof N]: N[K] extends number ? A[N[K]] : never }
			: First<A>
	: First<A>;
type Aux<O, T> = O extends { hasAux: true } ? [T, unknown] : T;

/**
 * The function that gives the gradient of `fn` by its first argument (or `argnums`); `fn` gives one number. With `hasAux`
 * the pair of gradient and what `fn` gave beside.
 */
export function grad<A extends unknown[], const O extends ArgnumsOptions = Record<never, never>>(
	fn: Fn<A>,
	options?: O,
): (...args: A) => Aux<O, Wanted<A, O>> {
	const both = gradAndValue(fn, options);
	return (...args) => {
		const [slopes, value] = both(...args) as [unknown, unknown];
		return (options?.hasAux ? [slopes, (value as unknown[])[1]] : slopes) as Aux<O, Wanted<A, O>>;
	};
}

/** As `grad`, with the value of `fn` as the second of a pair (with `hasAux` it is a pair itself). */
export function gradAndValue<A extends unknown[], const O extends ArgnumsOptions = Record<never, never>>(
	fn: Fn<A>,
	options?: O,
): (...args: A) => [gradient: Wanted<A, O>, value: Aux<O, Tensor>] {
	return (...args) => {
		const { wanted, inputs, result, aux, again } = run("grad", fn, args, options ?? {});
		if (!(result instanceof Tensor) || result.ndim !== 0) {
			const what = result instanceof Tensor ? `shape [${result.shape.join(", ")}]` : describe(result);
			throw new RangeError(`[grad] expected the function to return a tensor of no dimensions, got ${what}`);
		}
		const one = wrap(native.full([], 1, result.dtype.code, result.handle));
		const slopes = withLeaves(wanted, pulled([result], [one], inputs, again, false));
		const value = cut(result, again);
		return [slopes, options?.hasAux ? [value, aux] : value] as [Wanted<A, O>, Aux<O, Tensor>];
	};
}

/** The value of `fn` and the function that takes a vector in its form to vector · Jacobian, an array with one entry for each input. */
export function vjp<A extends unknown[], R>(fn: (...args: A) => R, ...primals: A): [R, (cotangents: R) => A] {
	const { wanted, inputs, result, again } = run("vjp", fn, primals, { argnums: primals.map((_, i) => i) });
	const outputs = leavesOf("vjp", result);
	const pull = (cotangents: R): A => {
		const starts = leavesOf("vjp", cotangents);
		if (starts.length !== outputs.length) {
			throw new RangeError(`[vjp] expected ${outputs.length} cotangents, got ${starts.length}`);
		}
		return withLeaves(wanted, pulled(outputs, starts, inputs, again)) as A;
	};
	return [cut(result, again) as R, pull];
}

/** The value of `fn` and Jacobian · tangents, by differentiating the vector-Jacobian product once more. */
export function jvp<A extends unknown[], R>(fn: (...args: A) => R, primals: A, tangents: A): [R, R] {
	const { inputs, result, again } = run("jvp", fn, primals, { argnums: primals.map((_, i) => i) });
	const directions = leavesOf("jvp", tangents);
	if (directions.length !== inputs.length || directions.some((v, i) => `${v.shape}` !== `${inputs[i]!.shape}`)) {
		throw new RangeError("[jvp] expected tangents of the primals' form and shapes");
	}
	using _ = enableGrad();
	const outputs = leavesOf("jvp", result);
	const weights = outputs.map((y) => wrap(native.full(y.shape, 0, y.dtype.code, y.handle)).requiresGrad_());
	const products = pulled(outputs, weights, inputs, true);
	const moved = pulled(products, directions, weights, again, false);
	return [cut(result, again) as R, withLeaves(result, moved) as R];
}

/**
 * What `fn` gives for each unit vector of the shape of `like`, one behind the other: all at once, or, where a derivative looks at
 * values, in a pass for each.
 */
function forUnits(like: Tensor, fn: (unit: Tensor) => readonly Tensor[]): Tensor[] {
	const n = like.numel();
	const units = wrap(native.eye(n, n, like.dtype.code, like.handle)).reshape([n, ...like.shape]);
	if (n > 1) {
		try {
			return vmap(fn as (unit: Tensor) => Tensor[])(units);
		} catch (error) {
			if (!(error instanceof NotTogether)) throw error;
		}
	}
	const all = Array.from({ length: n }, (_, i) => fn(units.select(0, i)));
	return all[0]!.map((_, k) => stack(all.map((list) => list[k]!)));
}

function emptyJacobian(y: Tensor, x: Tensor): Tensor {
	return wrap(native.empty([...y.shape, ...x.shape], x.dtype.code, x.handle));
}

/** Rows of a Jacobian: backward from every element of every output. */
function rowsOf(outputs: readonly Tensor[], inputs: readonly Tensor[], again: boolean): Tensor[][] {
	return outputs.map((y) => {
		if (y.numel() === 0) return inputs.map((x) => emptyJacobian(y, x));
		const rows = forUnits(y, (unit) => pulled([y], [unit], inputs, again));
		return inputs.map((x, k) => rows[k]!.reshape([...y.shape, ...x.shape]));
	});
}

/**
 * The function that gives the Jacobian of `fn` by its first argument (or `argnums`): for every output a tree of the inputs'
 * form, with shapes [...output, ...input]. Backward, from all elements of an output at once.
 */
export function jacrev<A extends unknown[], const O extends ArgnumsOptions = Record<never, never>>(
	fn: Fn<A>,
	options?: O,
): (...args: A) => Aux<O, any> {
	return (...args) => {
		const { wanted, inputs, result, aux, again } = run("jacrev", fn, args, options ?? {});
		const jacobians = rowsOf(leavesOf("jacrev", result), inputs, again).map((list) => withLeaves(wanted, list));
		const found = withLeaves(result, jacobians);
		return (options?.hasAux ? [found, aux] : found) as Aux<O, any>;
	};
}

/** As `jacrev`, by columns with `jvp`: for functions of few numbers that give many. */
export function jacfwd<A extends unknown[], const O extends ArgnumsOptions = Record<never, never>>(
	fn: Fn<A>,
	options?: O,
): (...args: A) => Aux<O, any> {
	return (...args) => {
		const { wanted, inputs, result, aux, again } = run("jacfwd", fn, args, options ?? {});
		using _ = enableGrad();
		const outputs = leavesOf("jacfwd", result);
		const weights = outputs.map((y) => wrap(native.full(y.shape, 0, y.dtype.code, y.handle)).requiresGrad_());
		const products = pulled(outputs, weights, inputs, true);
		const jacobians = outputs.map((y, k) => {
			const ofInputs = inputs.map((x, i) => columnsOf(products[i]!, weights[k]!, x, y, again));
			return withLeaves(wanted, ofInputs);
		});
		const found = withLeaves(result, jacobians);
		return (options?.hasAux ? [found, aux] : found) as Aux<O, any>;
	};
}

function columnsOf(product: Tensor, weight: Tensor, x: Tensor, y: Tensor, again: boolean): Tensor {
	if (x.numel() === 0) return emptyJacobian(y, x);
	const [columns] = forUnits(x, (unit) => pulled([product], [unit], [weight], again));
	return columns!.movedim(0, -1).reshape([...y.shape, ...x.shape]);
}

/** The function that gives the Hessian of `fn` by its first argument (or `argnums`). */
export function hessian<A extends unknown[], const O extends ArgnumsOptions = Record<never, never>>(
	fn: Fn<A>,
	options?: O,
): (...args: A) => any {
	const first = jacrev(fn, options) as Fn<A>;
	return jacrev(first, options as ArgnumsOptions) as (...args: A) => any;
}
