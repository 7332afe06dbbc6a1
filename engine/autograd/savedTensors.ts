import { entered, within } from "../core/block";
import { native } from "../core/native";
import { checkOptionNames } from "../core/signature";
import type { Tensor } from "../core/tensor";

/* What becomes of the tensors that operations save for their derivatives. */

/** Takes what is saved apart and puts it together again: `pack` gets a tensor, `unpack` what `pack` gave. */
export interface SavedTensorsHooks<P = any> {
	pack: (tensor: Tensor) => P;
	unpack: (packed: P) => Tensor;
}

/** @internal The hooks of the innermost open block; read by every recorded operation. */
export const savedTensors: { hooks: SavedTensorsHooks | null } = { hooks: null };

/** Why hooks may not be set now. */
let disabled: string | null = null;

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
	if (disabled !== null) throw new Error(`[savedTensorsHooks] ${disabled}`);
	const before = savedTensors.hooks;
	savedTensors.hooks = { pack, unpack };
	const block = entered(() => {
		savedTensors.hooks = before;
	});
	return body ? within("savedTensorsHooks", block, body) : block;
}

/** Within `body`, or for the rest of a `using` block, hooks for saved tensors are refused with this message. */
export function disableSavedTensorsHooks<T>(errorMessage: string, body: () => T): T;
export function disableSavedTensorsHooks(errorMessage: string): Disposable;
export function disableSavedTensorsHooks<T>(errorMessage: string, body?: () => T): T | Disposable {
	if (savedTensors.hooks !== null) throw new Error(`[disableSavedTensorsHooks] ${errorMessage}`);
	const before = disabled;
	disabled = errorMessage;
	const block = entered(() => {
		disabled = before;
	});
	return body ? within("disableSavedTensorsHooks", block, body) : block;
}

export interface SaveOnCpuOptions {
	/** Keep them in pinned memory, where cards copy faster. Default false. */
	pinMemory?: boolean;
}

/**
 * Within `body`, or for the rest of a `using` block, what operations save for their derivatives is kept in the host's memory, and
 * moved back to its card when the derivative asks for it: `torch.autograd.graph.save_on_cpu`.
 */
export function saveOnCpu<T>(body: () => T): T;
export function saveOnCpu<T>(options: SaveOnCpuOptions, body: () => T): T;
export function saveOnCpu(options?: SaveOnCpuOptions): Disposable;
export function saveOnCpu<T>(given: SaveOnCpuOptions | (() => T) = {}, body?: () => T): T | Disposable {
	if (typeof given === "function") return saveOnCpu({}, given);
	checkOptionNames("saveOnCpu", ["pinMemory"], given);
	const pinned = given.pinMemory ?? false;
	const pack = (tensor: Tensor) => {
		const onHost = tensor.cpu();
		return { device: tensor.device, tensor: pinned && native.cudaDeviceCount() > 0 ? onHost.pinMemory() : onHost };
	};
	const unpack = (packed: ReturnType<typeof pack>) => packed.tensor.to(packed.device, { nonBlocking: pinned });
	return body ? savedTensorsHooks(pack, unpack, body) : savedTensorsHooks(pack, unpack);
}
