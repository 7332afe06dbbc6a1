import { randomUUID } from "node:crypto";
import type { MimeBundle } from "./mime";
import type { Output } from "./output";
import { shared } from "./shared";

/** Shortest time between two pictures of one display, in milliseconds. */
const shortestInterval = 100;
/** What one live display may cost, as a share of the time: a picture that took 10 ms waits 1 s for the next. */
const costFactor = 100;
/** However slow a picture is to make, a reader does not wait longer than this for the next. */
const longestInterval = 1000;
/** The first pictures tell little of the cost: code runs for the first time, and a reader looks whether anything moves. */
const uncounted = 10;

/** Something with a state to show before its cell ends. */
interface Pending {
	flush(): void;
}

const pending = shared("pending", () => new WeakMap<Output, Set<Pending>>());

/**
 * Brings everything that this output's cell shows to its final state. Called by whoever runs a cell, before the reply:
 * a front end does not wait for what comes after it.
 */
export function flushOutput(output: Output): void {
	for (const item of [...(pending.get(output) ?? [])]) item.flush();
}

/** Calls `item.flush` when the output's cell ends, until the returned function is called. */
export function flushAtEnd(output: Output, item: Pending): () => void {
	let items = pending.get(output);
	if (items === undefined) {
		items = new Set();
		pending.set(output, items);
	}
	items.add(item);
	return () => items.delete(item);
}

/**
 * One display that changes often. However often `changed` is called, a picture goes out at most ten times a second, and
 * seldom enough that drawing costs about a hundredth of the time; the last state always goes out.
 */
export class LiveDisplay {
	readonly id = randomUUID();
	#dirty = false;
	/** Whether what the reader has is the complete form of the last state. */
	#final = false;
	#next = 0;
	/** Pictures sent so far. */
	#made = 0;
	#timer: NodeJS.Timeout | undefined;
	/** Takes the registration for the cell's end back; undefined while there is none. */
	#forget: (() => void) | undefined;

	/**
	 * @param render makes the bundle; `final` is false for pictures that are soon replaced and may leave out forms that
	 * only a saved notebook needs.
	 */
	constructor(
		readonly output: Output,
		private readonly render: (final: boolean) => MimeBundle,
	) {
		output.display(render(false), { displayId: this.id });
		this.#next = performance.now() + shortestInterval;
		this.#forget = flushAtEnd(output, this);
	}

	/** The state changed: shows it now, or as soon as it may be shown. Costs little when called in a hot loop. */
	changed(): void {
		this.#dirty = true;
		this.#final = false;
		this.#forget ??= flushAtEnd(this.output, this);
		if (performance.now() >= this.#next) this.#send(false);
		else if (this.#timer === undefined) {
			// For loops that yield and then rest; a loop that never yields is served by the calls themselves.
			this.#timer = setTimeout(() => this.#send(false), Math.max(1, this.#next - performance.now()));
			this.#timer.unref();
		}
	}

	/** Sends the complete form of the current state, unless it went out already. */
	flush(): void {
		if (this.#dirty || !this.#final) this.#send(true);
	}

	/** Flushes, and asks for nothing more at the cell's end. */
	close(): void {
		this.flush();
		this.#forget?.();
		this.#forget = undefined;
	}

	#send(final: boolean): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		if (!final && !this.#dirty) return;
		this.#dirty = false;
		this.#final = final;
		const start = performance.now();
		this.output.update(this.id, this.render(final));
		const end = performance.now();
		this.#made++;
		const wanted = this.#made > uncounted ? costFactor * (end - start) : 0;
		this.#next = end + Math.min(longestInterval, Math.max(shortestInterval, wanted));
	}
}
