import { type Derivative, type Node, takeSequence } from "../../autograd/node";
import { type Input, record, tracked } from "../../autograd/record";
import { type Handle, native } from "../../core/native";
import { Tensor, wrap } from "../../core/tensor";
import { type Batched, batched, isBatched, isOf, type Level, running, whole } from "./level";

/* Where gradients come in and go out: at the ends of a vmap, and where what is the same for all entries meets what is not. */

/** `x` as one tensor of the level, whose entries lie along `dim`. */
export function enter(level: Level, x: Tensor, dim: number): Tensor {
	const out = wrap(batched(level, moved(x.handle, dim, 0)));
	if (!tracked(x)) return out;
	return record(out, enterBackward, [x], [], { level, dim });
}

/** The entries of `x` along dimension `dim` of one tensor; what is the same for all, once for each. */
export function leave(level: Level, x: Tensor, dim: number): Tensor {
	const out = wrap(moved(isOf(level, x.handle) ? x.handle.inner : native.clone(whole(level, x.handle)), 0, dim));
	if (!tracked(x)) return out;
	return record(out, leaveBackward, [isOf(level, x.handle) ? x : lifted(x, [level])], [], { level, dim });
}

interface End {
	level: Level;
	dim: number;
}

const enterBackward: Derivative = {
	name: "VmapEnterBackward",
	backward(node, grad) {
		const { level, dim } = node.attributes as End;
		return [leave(level, grad, dim)];
	},
};

const leaveBackward: Derivative = {
	name: "VmapLeaveBackward",
	backward(node, grad) {
		const { level, dim } = node.attributes as End;
		return [enter(level, grad, dim)];
	},
};

function moved(x: Handle, from: number, to: number): Handle {
	const rank = native.dim(x);
	const [source, target] = [from < 0 ? from + rank : from, to < 0 ? to + rank : to];
	const order = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== source);
	order.splice(target, 0, source);
	return native.permute(x, order);
}

function levelsOf(x: Handle): Level[] {
	const levels: Level[] = [];
	for (let at: unknown = x; isBatched(at); at = at.inner) levels.push(at.level);
	return levels;
}

/** A copy with memory for each entry of the levels that `like` has. */
export function widen(copy: Handle, like: Handle): Handle {
	const own = levelsOf(copy);
	const missing = levelsOf(like).filter((level) => !own.includes(level));
	// The innermost vmap's is the outermost handle.
	return missing.reduceRight((x, level) => batched(level, native.clone(whole(level, x))), copy);
}

/** The sum over the entries of these levels. */
function summed(x: Handle, levels: readonly Level[]): Handle {
	if (!isBatched(x)) return x;
	const { level, inner } = x as Batched;
	return levels.includes(level)
		? summed(native.sum(inner, [0], false, -1), levels)
		: batched(level, summed(inner, levels));
}

function total(x: Tensor, levels: readonly Level[]): Tensor {
	if (!levelsOf(x.handle).some((level) => levels.includes(level))) return x;
	const out = wrap(summed(x.handle, levels));
	// What each entry gave counts once in the sum: its gradient is the sum's, the same for all.
	return tracked(x) ? record(out, totalBackward, [x]) : out;
}

const totalBackward: Derivative = { name: "VmapSumBackward", backward: (_, grad) => [grad] };

/** Stands for `x` among the inputs of an op: what comes back for it is summed over the entries of these levels. */
function lifted(x: Tensor, levels: readonly Level[]): Tensor {
	isLifting = true;
	try {
		return record(wrap(x.handle), liftedBackward, [x], [], levels);
	} finally {
		isLifting = false;
	}
}
let isLifting = false;

const liftedBackward: Derivative = {
	name: "VmapExpandBackward",
	backward: (node, grad) => [total(grad, node.attributes as readonly Level[])],
};

/** When leaves were made, in numbers of nodes: those that were made while a vmap ran. */
const births = new WeakMap<Tensor, number>();
export function noteLeaf(leaf: Tensor): void {
	if (running.length > 0) births.set(leaf, takeSequence());
}

/** Whether the graph of `x` begins, or goes on, within the function that a level runs: each entry has its own gradient then. */
function isWithin(level: Level, x: Tensor): boolean {
	const born = (x.gradFn as Node | null)?.sequence ?? births.get(x) ?? -1;
	return born > level.first && born < level.last;
}

/**
 * The inputs of an op as its node is to see them: what came from outside of a vmap gets the sum of what its entries give it. An
 * input may come from outside also where the op itself has nothing of the entries.
 */
export function lift(inputs: readonly Input[]): readonly Input[] {
	const isBetween = running.length > 0 || inputs.some((x) => x instanceof Tensor && isBatched(x.handle));
	if (!isBetween || isLifting) return inputs;
	const levels = new Set(running);
	for (const x of inputs) if (x instanceof Tensor) for (const level of levelsOf(x.handle)) levels.add(level);
	return inputs.map((x) => {
		if (!(x instanceof Tensor) || !x.requiresGrad) return x;
		const own = levelsOf(x.handle);
		const missing = [...levels].filter((level) => !own.includes(level) && !isWithin(level, x));
		return missing.length === 0 ? x : lifted(x, missing);
	});
}
