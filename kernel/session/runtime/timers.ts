import { currentOutput } from "../../display/output";
import { RunOutput } from "./run-output";

type Start = (callback: (...given: unknown[]) => void, ...rest: unknown[]) => unknown;

/** Makes the timers that a cell sets end with it when the stop button ends the cell. */
export function stopTimersWithCells(): void {
	for (const name of ["setTimeout", "setInterval", "setImmediate"] as const) {
		const original = globalThis[name] as unknown as Start;
		const start: Start = (callback, ...rest) => {
			const output = currentOutput();
			if (!(output instanceof RunOutput) || typeof callback !== "function") return original(callback, ...rest);
			return original(
				function (this: unknown, ...given: unknown[]) {
					if (!output.stopped) callback.apply(this, given);
					else if (name === "setInterval") clearInterval(this as NodeJS.Timeout);
				},
				...rest,
			);
		};
		// With what `util.promisify` looks for.
		Object.defineProperties(start, Object.getOwnPropertyDescriptors(original));
		(globalThis as Record<string, unknown>)[name] = start;
	}
}
