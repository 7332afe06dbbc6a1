/** The part of Node's own binding that keeps the ids of asynchronous contexts. */
interface AsyncWrap {
	async_hook_fields: Uint32Array;
	constants: Record<string, number>;
	clearAsyncIdStack(): void;
}

/**
 * Makes a termination of JavaScript survivable where AsyncLocalStorage is in use.
 *
 * A callback's ids are pushed before it runs and popped behind. JavaScript that is terminated in between (the stop button) never
 * pops, and Node aborts the whole process when it finds the stack out of balance. A kernel is started with that check off
 * (`kernelCommand`). Up to Node 23 AsyncLocalStorage is made of async hooks, which turn it on again and bring one more: both
 * are governed by counters, set to zero here; the hooks themselves work as before. From Node 24 it uses no hooks, and nothing
 * more is to be done, nor could it be: the binding is out of reach.
 */
export class AsyncStack {
	readonly #binding: AsyncWrap | undefined;

	constructor() {
		if (Number(process.versions.node.split(".")[0]) >= 24) return;
		const quiet = process.noDeprecation;
		process.noDeprecation = true;
		try {
			this.#binding = (process as unknown as { binding(name: string): AsyncWrap }).binding("async_wrap");
		} finally {
			process.noDeprecation = quiet;
		}
		const { constants, async_hook_fields: fields, clearAsyncIdStack: clear } = this.#binding;
		if (!(fields instanceof Uint32Array) || constants.kCheck === undefined || typeof clear !== "function") {
			throw new Error(`Node ${process.versions.node} keeps its asynchronous contexts in a way that is not known here`);
		}
	}

	/**
	 * The array with the counters, and their places in it: to be set to zero before each termination, since hooks may be
	 * enabled at any time.
	 */
	get counters(): { fields: Uint32Array; places: number[] } | undefined {
		const binding = this.#binding;
		if (binding === undefined) return undefined;
		return { fields: binding.async_hook_fields, places: [binding.constants.kCheck!, binding.constants.kTotals!] };
	}

	/** Sets them to zero. */
	relax(): void {
		const { fields, places } = this.counters ?? { places: [] };
		for (const place of places) fields![place] = 0;
	}

	/** Forgets the ids that terminated callbacks left behind. Only from the outermost callback. */
	clear(): void {
		this.#binding?.clearAsyncIdStack();
	}
}
