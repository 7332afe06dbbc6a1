import { describe, isOptions } from "../core/arguments";
import { Tensor } from "../core/tensor";

/* Tensors in arrays and plain objects, nested as one likes: what PyTorch calls a pytree. */

export type Tree = Tensor | readonly Tree[] | { readonly [key: string]: Tree };

/** A tree with other leaves. */
export type Mapped<T, V> = T extends Tensor ? V : { [K in keyof T]: Mapped<T[K], V> };

function isTree(value: unknown): value is { readonly [key: string]: Tree } {
	return isOptions(value);
}

/** The tensors of a tree, in order. Anything else in it is an error that names `op`. */
export function leavesOf(op: string, tree: unknown): Tensor[] {
	if (tree instanceof Tensor) return [tree];
	if (Array.isArray(tree)) return tree.flatMap((item) => leavesOf(op, item));
	if (isTree(tree)) return Object.values(tree).flatMap((item) => leavesOf(op, item));
	throw new TypeError(`[${op}] expected tensors, or arrays and objects of them, got ${describe(tree)}`);
}

/** The tree with its tensors replaced, in order. */
export function withLeaves<T>(tree: T, leaves: readonly unknown[]): T {
	let next = 0;
	const replaced = (value: unknown): unknown => {
		if (value instanceof Tensor) return leaves[next++];
		if (Array.isArray(value)) return value.map(replaced);
		return Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, replaced(item)]));
	};
	return replaced(tree) as T;
}
