import { native } from "../core/native";
import type { Tensor } from "../core/tensor";
import type { Gradient } from "./node";

/*
 * Whose a gradient of a pass is. Most are made by one derivative and read by the next: nobody else ever sees them. Their memory
 * is given back as soon as they were read, and the next op finds it in a near cache; left to the garbage collector, every
 * op would write to memory that no cache holds.
 */

const shared = new WeakSet<Tensor>();

/** Says that somebody beside the pass may hold this gradient: a hook, the user's own backward, a second receiver. */
export function share(grad: Gradient | undefined): void {
	if (grad) shared.add(grad);
}

/** Whether nobody but the pass holds this gradient, as a tensor or by its memory. */
export function isOwn(grad: Tensor): boolean {
	return !shared.has(grad) && native.storageUses(grad.handle) === 1;
}

/** Gives the memory of a gradient back that is the pass's own; it can be used no more. */
export function spend(grad: Gradient | undefined): void {
	if (grad && !shared.has(grad)) native.giveBack(grad.handle);
}
