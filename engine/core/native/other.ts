import type { Handle } from "./types";

/**
 * Set by who makes handles that are no tensors of the addon (engine/func/batching). `widen`: a copy as one that takes what the
 * other handle's tensor has in it, so that it can be written there.
 */
export const otherHandles: { widen: ((copy: Handle, like: Handle) => Handle) | null } = { widen: null };
