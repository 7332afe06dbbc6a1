/* Blocks in which the engine works in another mode: `noGrad`, `autocast`. */

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
