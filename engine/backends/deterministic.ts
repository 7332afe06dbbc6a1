import { quoted } from "../core/signature";
import { cudnn } from "./cudnn";

let wanted = false;
let warnOnly = false;

/**
 * Asks for results that are the same each time. The engine's own kernels always are, on a CPU and on cards; of cuDNN's algorithms
 * only such are used from now on (`backends.cudnn.deterministic`).
 */
export function useDeterministicAlgorithms(mode: boolean, options: { warnOnly?: boolean } = {}): void {
	if (typeof mode !== "boolean") {
		throw new TypeError(`[useDeterministicAlgorithms] mode must be true or false, got ${quoted(mode)}`);
	}
	wanted = mode;
	warnOnly = mode && (options.warnOnly ?? false);
	if (mode) cudnn.deterministic = true;
}

/** What `useDeterministicAlgorithms` has set. Default false; the engine's own kernels always are deterministic. */
export function areDeterministicAlgorithmsEnabled(): boolean {
	return wanted;
}

/** Whether `useDeterministicAlgorithms` was told to warn only. */
export function isDeterministicAlgorithmsWarnOnlyEnabled(): boolean {
	return warnOnly;
}
