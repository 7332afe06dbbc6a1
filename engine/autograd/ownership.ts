import { native } from "../core/native";
import type { Tensor } from "../core/tensor";
import { AccumulateGrad, type Gradient, type Node } from "./node";
import { savedTensors } from "./savedTensors";

/*
 * Memory that is given back without waiting for the garbage collector, so that the next op finds it in a near cache; left to
 * the collector, every op would write to memory that no cache holds. Most gradients of a pass are made by one derivative and
 * read by the next: nobody else ever sees them.
 */

const shared = new WeakSet<Tensor>();

/** Says that somebody beside the pass may hold this gradient: a hook, the user's own backward, a second receiver. */
export function share(grad: Gradient | undefined): void {
	if (grad) shared.add(grad);
}

const pieces = new WeakSet<Tensor>();

/** Says that these gradients are pieces of one memory, each in a place of its own, and that nobody else holds that. */
export function inPieces(grads: readonly Tensor[]): void {
	for (const grad of grads) pieces.add(grad);
}

/** Whether nobody but the pass holds this gradient, as a tensor or by its memory. */
export function isOwn(grad: Tensor): boolean {
	return !shared.has(grad) && (pieces.has(grad) || native.storageUses(grad.handle) === 1);
}

/** Gives the memory of a gradient back that is the pass's own; it can be used no more. */
export function spend(grad: Gradient | undefined): void {
	if (grad && !shared.has(grad)) native.giveBack(grad.handle);
}

/**
 * Gives the memory of `input` back where no derivative needs it: an intermediate result that only the op which made `output`
 * has read, and that nobody else holds.
 */
export function letGo(input: Tensor, output: Tensor): void {
	if (savedTensors.hooks !== null || input._view !== null) return;
	const maker = input._gradFn as Node | null;
	const reader = output._gradFn as Node | null;
	if ((maker === null) !== (reader === null)) return;
	if (maker !== null && reader !== null) {
		// One node between the two: what was recorded in several parts may hold it in any of them.
		const before = reader.edges.filter((edge) => edge !== null && !(edge instanceof AccumulateGrad));
		if (before.length !== 1 || before[0] !== maker || maker._holds(input) || reader._holds(input)) return;
	}
	spend(input);
}
