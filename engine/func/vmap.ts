import { takeSequence } from "../autograd/node";
import { describe, integer, isOptions, wrapDim } from "../core/arguments";
import { Tensor } from "../core/tensor";
import { stack } from "../ops";
import {
	allDrawsKnown,
	enter,
	Level,
	leave,
	NotTogether,
	prepare,
	type Randomness,
	randomnessError,
	running,
	undoDraws,
	watchDraws,
} from "./batching";
import { leavesOf, withLeaves } from "./tree";

/** The dimension that is mapped over, for every tensor of an argument; null: the same for all. */
export type InDims = number | null | readonly InDims[] | { readonly [key: string]: InDims };

export interface VmapOptions {
	/** Which dimension of each argument is mapped over, for all one or for each; null where it is the same for all. Default 0. */
	inDims?: InDims;
	/** Where the mapped dimension stands in the results; for all one or for each. Default 0. */
	outDims?: number | readonly number[];
	/** What random operations in `fn` do: fail, draw anew each time, or draw the same each time. Default "error". */
	randomness?: Randomness;
}

/**
 * The function that does for every entry of a dimension what `fn` does for one, and stacks the results: `vmap(dot)(a, b)` for
 * rows, per-sample gradients by `vmap(grad(loss), …)`. `fn` runs once, with tensors that stand for all entries: each operation is
 * done for all of them at once, so that `fn` cannot look at values that differ (`item`, `tolist`, `if`). Where random numbers are to be
 * "different" they are drawn for all entries at once too; where that cannot be (a permutation, a generator of one's own) it runs
 * again, for one entry after the other.
 */
export function vmap<A extends unknown[], R>(fn: (...args: A) => R, options: VmapOptions = {}): (...args: A) => R {
	const { inDims = 0, outDims = 0, randomness = "error" } = options;
	if (!["error", "different", "same"].includes(randomness)) {
		throw new RangeError(`[vmap] randomness must be "error", "different" or "same", got ${JSON.stringify(randomness)}`);
	}
	return (...args) => {
		const leaves: Tensor[] = [];
		const dims: (number | null)[] = [];
		args.forEach((arg, i) => {
			const own = Array.isArray(inDims) ? (inDims as readonly InDims[])[i] : (inDims as InDims);
			if (Array.isArray(inDims) && inDims.length !== args.length) {
				throw new RangeError(`[vmap] inDims has ${inDims.length} entries for ${args.length} arguments`);
			}
			collect(arg, own!, leaves, dims);
		});
		const mapped = leaves.map((x, i) => ({ x, dim: dims[i]! })).filter(({ dim }) => dim !== null);
		if (mapped.length === 0)
			throw new RangeError("[vmap] at least one argument must be mapped over: all inDims are null");
		const places = leaves.map((x, i) => (dims[i] === null ? null : wrapDim("vmap", dims[i]!, x.ndim)));
		const sizes = leaves.flatMap((x, i) => (places[i] === null ? [] : [x.size(places[i]!)]));
		const count = sizes[0]!;
		if (sizes.some((size) => size !== count)) {
			throw new RangeError(`[vmap] expected all mapped dimensions to have one size, got ${sizes.join(", ")}`);
		}
		if (count === 0) throw new RangeError("[vmap] cannot map over a dimension of size 0");
		prepare();
		const level = new Level(count, running.length + 1, randomness);
		const together = (): R | typeof unknownDraws => {
			const own = leaves.map((x, k) => (places[k] === null ? x : enter(level, x, places[k]!)));
			watchDraws(level);
			running.push(level);
			let result: R;
			try {
				result = fn(...(withArguments(args, own) as A));
			} finally {
				running.pop();
				level.last = takeSequence();
			}
			if (!allDrawsKnown(level)) return unknownDraws;
			const outputs = leavesOf("vmap", result);
			const to = outDimsOf(outDims, outputs.length);
			return withLeaves(
				result,
				outputs.map((x, k) => leave(level, x, to(k))),
			) as R;
		};
		const oneByOne = (): R => {
			const results = Array.from({ length: count }, (_, i) => {
				const own = leaves.map((x, k) => (places[k] === null ? x : x.select(places[k]!, i)));
				return fn(...(withArguments(args, own) as A));
			});
			return joined(results, outDims) as R;
		};
		let result: R | typeof unknownDraws;
		try {
			result = together();
		} catch (error) {
			if (randomness !== "different" || !(error instanceof NotTogether)) throw error;
			result = unknownDraws;
		}
		if (result !== unknownDraws) return result;
		if (randomness === "error") throw new Error(randomnessError("beside the tensors that are mapped over"));
		undoDraws(level);
		return oneByOne();
	};
}

/** Random numbers were drawn that are the same for all entries. */
const unknownDraws = Symbol("unknown draws");

function outDimsOf(outDims: number | readonly number[], outputs: number): (output: number) => number {
	if (typeof outDims === "number") return () => outDims;
	if (outDims.length !== outputs) {
		throw new RangeError(`[vmap] outDims has ${outDims.length} entries for ${outputs} results`);
	}
	return (output) => outDims[output]!;
}

/** The tensors of an argument with their dimensions. What is no tensor is handed on as it is. */
function collect(arg: unknown, dims: InDims, leaves: Tensor[], found: (number | null)[]): void {
	if (arg instanceof Tensor) {
		if (dims !== null) integer("vmap", "inDims", dims);
		leaves.push(arg);
		found.push(dims as number | null);
	} else if (Array.isArray(arg)) {
		arg.forEach((item, i) => {
			collect(item, (Array.isArray(dims) ? dims[i] : dims) as InDims, leaves, found);
		});
	} else if (isOptions(arg)) {
		for (const [key, item] of Object.entries(arg)) {
			collect(item, (isOptions(dims) ? (dims as Record<string, InDims>)[key]! : dims) as InDims, leaves, found);
		}
	} else if (typeof dims === "number" && dims !== 0) {
		throw new TypeError(`[vmap] inDims ${dims} is for a tensor, got ${describe(arg)}`);
	}
}

function withArguments(args: readonly unknown[], leaves: readonly Tensor[]): unknown[] {
	let next = 0;
	const replaced = (value: unknown): unknown => {
		if (value instanceof Tensor) return leaves[next++];
		if (Array.isArray(value)) return value.map(replaced);
		if (!isOptions(value)) return value;
		return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaced(item)]));
	};
	return args.map(replaced);
}

function joined(results: readonly unknown[], outDims: number | readonly number[]): unknown {
	const lists = results.map((result) => leavesOf("vmap", result));
	const to = outDimsOf(outDims, lists[0]!.length);
	const stacked = lists[0]!.map((_, k) =>
		stack(
			lists.map((list) => list[k]!),
			to(k),
		),
	);
	return withLeaves(results[0], stacked);
}
