import { entered, within } from "../core/block";
import type { Tensor } from "../core/tensor";

/* What becomes of the tensors that operations save for their derivatives. */

/** Takes what is saved apart and puts it together again: `pack` gets a tensor, `unpack` what `pack` gave. */
export interface SavedTensorsHooks<P = any> {
	pack: (tensor: Tensor) => P;
	unpack: (packed: P) => Tensor;
}

/** @internal The hooks of the innermost open block; read by every recorded operation. */
export const savedTensors: { hooks: SavedTensorsHooks | null } = { hooks: null };

/**
 * Within `body`, or for the rest of a `using` block, every tensor that an operation saves for its derivative goes through
 * `pack`, and comes back through `unpack` when the derivative asks for it: `torch.autograd.graph.saved_tensors_hooks`. What
 * comes back has the history of what was saved, for derivatives of derivatives.
 */
export function savedTensorsHooks<P, T>(pack: (tensor: Tensor) => P, unpack: (packed: P) => Tensor, body: () => T): T;
export function savedTensorsHooks<P>(pack: (tensor: Tensor) => P, unpack: (packed: P) => Tensor): Disposable;
export function savedTensorsHooks<P, T>(
	pack: (tensor: Tensor) => P,
	unpack: (packed: P) => Tensor,
	body?: () => T,
): T | Disposable {
	const before = savedTensors.hooks;
	savedTensors.hooks = { pack, unpack };
	const block = entered(() => {
		savedTensors.hooks = before;
	});
	return body ? within("savedTensorsHooks", block, body) : block;
}
