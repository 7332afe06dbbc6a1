import { entered, within } from "./block";

/*
 * Whether operations are recorded. Global and synchronous, as PyTorch's is per thread: a block ends before anything else
 * runs, so an asynchronous body is refused rather than left to switch recording off for whoever runs in between.
 */

/** @internal The state itself; read on every operation. */
export const gradMode = { enabled: true, inference: false, anomaly: false, checkNan: true };

/** Whether operations are recorded for a backward pass: not in `noGrad` and `inferenceMode`. */
export function isGradEnabled(): boolean {
	return gradMode.enabled;
}

/** Whether this runs in `inferenceMode`. */
export function isInferenceModeEnabled(): boolean {
	return gradMode.inference;
}

function enter(enabled: boolean, inference: boolean): Disposable {
	const before = { enabled: gradMode.enabled, inference: gradMode.inference };
	gradMode.enabled = enabled;
	gradMode.inference = inference;
	return entered(() => {
		gradMode.enabled = before.enabled;
		gradMode.inference = before.inference;
	});
}

/** Runs `body` without recording operations; without a body, for the rest of a `using` block. */
export function noGrad<T>(body: () => T): T;
export function noGrad(): Disposable;
export function noGrad<T>(body?: () => T): T | Disposable {
	return body ? within("noGrad", enter(false, gradMode.inference), body) : enter(false, gradMode.inference);
}

/** Runs `body` with recording on, also inside `noGrad`. */
export function enableGrad<T>(body: () => T): T;
export function enableGrad(): Disposable;
export function enableGrad<T>(body?: () => T): T | Disposable {
	return body ? within("enableGrad", enter(true, false), body) : enter(true, false);
}

/** `noGrad` whose results can never take part in a graph later. */
export function inferenceMode<T>(body: () => T): T;
export function inferenceMode(): Disposable;
export function inferenceMode<T>(body?: () => T): T | Disposable {
	return body ? within("inferenceMode", enter(false, true), body) : enter(false, true);
}

/** Switches recording for good, or with a body for its duration. */
export function setGradEnabled(enabled: boolean): void;
export function setGradEnabled<T>(enabled: boolean, body: () => T): T;
export function setGradEnabled<T>(enabled: boolean, body?: () => T): T | void {
	if (body) return within("setGradEnabled", enter(enabled, gradMode.inference), body);
	gradMode.enabled = enabled;
}
