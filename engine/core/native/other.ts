import type { Handle } from "./types";

/** Set by who makes handles that are no tensors of the addon (engine/func/batching). */
export const otherHandles: {
	/** A copy as one that takes what the other handle's tensor has in it, so that it can be written there. */
	widen: ((copy: Handle, like: Handle) => Handle) | null;
	/** A fresh tensor as one that is filled with random numbers. */
	toDraw: ((fresh: Handle) => Handle) | null;
} = { widen: null, toDraw: null };
