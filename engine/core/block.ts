/*
 * Blocks in which the engine works in another mode: `noGrad`, `autocast`.
 *
 * The stop button of a notebook ends JavaScript where it stands, and no `finally` runs: whoever does that calls the functions
 * in `globalThis[Symbol.for("gradbook.afterStop")]`, and the blocks that were open are left.
 */

/** Blocks that were entered and not left yet, the outermost first. */
const open: Disposable[] = [];

const afterStop = Symbol.for("gradbook.afterStop");
const holder = globalThis as unknown as Record<symbol, Array<() => void> | undefined>;
// One list for all copies of the engine in a process.
holder[afterStop] ??= [];
holder[afterStop].push(() => {
	for (const block of open.toReversed()) block[Symbol.dispose]();
});

/** A block that was entered. `leave` runs once, however often it is left. */
export function entered(leave: () => void): Disposable {
	const block = {
		[Symbol.dispose]() {
			const at = open.lastIndexOf(block);
			if (at < 0) return;
			open.splice(at, 1);
			leave();
		},
	};
	open.push(block);
	return block;
}

/**
 * Runs `body` in a block that was entered, and leaves it. A block is global: an asynchronous body would leave the mode on
 * for whoever runs in between, so it is refused.
 */
export function within<T>(name: string, block: Disposable, body: () => T): T {
	using _ = block;
	const result = body();
	if (typeof (result as { then?: unknown } | null | undefined)?.then === "function") {
		throw new TypeError(
			`[${name}] takes a synchronous function, but this one returned a promise: put ${name} around the operations inside it`,
		);
	}
	return result;
}
