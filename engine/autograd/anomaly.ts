import { entered } from "../core/block";
import { gradMode } from "../core/gradMode";

/**
 * While on, every operation remembers where it was recorded, and a backward pass that makes a NaN throws there and names
 * the operation. Slow: for looking for errors only.
 */
export function setDetectAnomaly(enabled: boolean, options: { checkNan?: boolean } = {}): void {
	gradMode.anomaly = enabled;
	gradMode.checkNan = options.checkNan ?? true;
}

/** `setDetectAnomaly` for the duration of `body`, or of a `using` block. */
export function detectAnomaly<T>(body: () => T): T;
export function detectAnomaly(): Disposable;
export function detectAnomaly<T>(body?: () => T): T | Disposable {
	const before = { anomaly: gradMode.anomaly, checkNan: gradMode.checkNan };
	setDetectAnomaly(true);
	const block = entered(() => {
		Object.assign(gradMode, before);
	});
	if (!body) return block;
	using _ = block;
	return body();
}

/** Whether backward passes look for NaN and name the op that made it. */
export function isAnomalyEnabled(): boolean {
	return gradMode.anomaly;
}
