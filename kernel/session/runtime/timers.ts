import { currentRun } from "./run-output";

type Start = (callback: (...given: unknown[]) => void, ...rest: unknown[]) => unknown;

/** Makes what a cell has set for later (timers, immediates, ticks) end with the cell when the stop button ends it. */
export function stopTimersWithCells(): void {
	const globals = globalThis as unknown as Record<string, Start>;
	for (const name of ["setTimeout", "setInterval", "setImmediate"]) globals[name] = stopping(globals[name]!);
	process.nextTick = stopping(process.nextTick as Start) as typeof process.nextTick;
}

function stopping(original: Start): Start {
	const start: Start = (callback, ...rest) => {
		const output = currentRun();
		if (output === undefined || typeof callback !== "function") return original(callback, ...rest);
		return original(
			function (this: unknown, ...given: unknown[]) {
				if (!output.stopped) callback.apply(this, given);
				// Of these only an interval comes again.
				else if (this instanceof Object) clearInterval(this as NodeJS.Timeout);
			},
			...rest,
		);
	};
	// With what `util.promisify` looks for.
	Object.defineProperties(start, Object.getOwnPropertyDescriptors(original));
	return start;
}
