import { randomUUID } from "node:crypto";
import { type Addition, endParts, growingKey, partsAreWelcome, sendParts } from "./growth";
import type { Json, MimeBundle } from "./mime";
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

/** What lets a display grow: what was added goes out, and not the whole again. */
export interface Growth {
	/**
	 * Whether only a whole picture will do: lines are new, points were merged, or as many have come as the last whole one
	 * held. So whole pictures are few, and all of them together no longer than the parts.
	 */
	wholeIsDue(): boolean;
	/** What has come since the last picture or parts; counts as sent then. */
	parts(): Addition[];
}

/**
 * One display that changes often. However often `changed` is called, a picture goes out at most ten times a second, and
 * seldom enough that drawing costs about a hundredth of the time; the last state always goes out.
 *
 * With a `growth` the pictures between those that are due are parts, where a page can put them together (`growth.ts`); where
 * none has said so, they are whole ones, one a second.
 */
export class LiveDisplay {
	readonly id = randomUUID();
	#dirty = false;
	/** Whether what the reader has is the complete form of the last state. */
	#final = false;
	#next = 0;
	/** Pictures sent so far. */
	#made = 0;
	/** When the last whole picture went out. */
	#wholeAt = 0;
	/** Counts whole pictures: parts belong to one of them. */
	#revision = 0;
	/** Whether the last whole picture has told pages that parts will come. */
	#growing = false;
	/** Whether its cell has ended: nobody will ask for the last state then. */
	#over = false;
	#timer: NodeJS.Timeout | undefined;
	#quiet: NodeJS.Timeout | undefined;
	/** Takes the registration for the cell's end back; undefined while there is none. */
	#forget: (() => void) | undefined;

	/**
	 * @param render makes the bundle; `final` is false for pictures that are soon replaced and may leave out forms that
	 * only a saved notebook needs.
	 */
	constructor(
		readonly output: Output,
		private readonly render: (final: boolean) => MimeBundle,
		private readonly growth?: Growth,
	) {
		output.display(render(false), { displayId: this.id, metadata: this.#metadata(false) });
		this.#wholeAt = performance.now();
		this.#next = this.#wholeAt + shortestInterval;
		this.#flushAtEnd();
	}

	/** The state changed: shows it now, or as soon as it may be shown. Costs little when called in a hot loop. */
	changed(): void {
		this.#dirty = true;
		this.#final = false;
		if (this.#forget === undefined) this.#flushAtEnd();
		if (performance.now() >= this.#next) this.#send(false);
		else this.#wait();
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

	#flushAtEnd(): void {
		const flush = () => {
			this.#over = true;
			this.flush();
		};
		this.#forget = flushAtEnd(this.output, { flush });
	}

	/** For loops that yield and then rest; a loop that never yields is served by the calls themselves. */
	#wait(): void {
		if (this.#timer !== undefined) return;
		this.#timer = setTimeout(() => this.#send(false), Math.max(1, this.#next - performance.now()));
		this.#timer.unref();
	}

	#send(final: boolean): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		if (!final && !this.#dirty) return;
		const start = performance.now();
		const sendable = final ? "whole" : this.#sendable(start);
		if (sendable === "nothing") {
			this.#next = start + shortestInterval;
			this.#wait();
			return;
		}
		this.#dirty = false;
		this.#final = final;
		if (sendable === "whole") this.#sendWhole(final);
		else sendParts(this.id, this.#revision, this.growth!.parts());
		const end = performance.now();
		this.#made++;
		const wanted = this.#made > uncounted ? costFactor * (end - start) : 0;
		this.#next = end + Math.min(longestInterval, Math.max(shortestInterval, wanted));
		this.#flushWhenQuiet();
	}

	#sendable(now: number): "whole" | "parts" | "nothing" {
		if (this.growth === undefined || this.growth.wholeIsDue()) return "whole";
		if (partsAreWelcome()) return this.#growing ? "parts" : "whole";
		return now >= this.#wholeAt + longestInterval ? "whole" : "nothing";
	}

	#sendWhole(final: boolean): void {
		const wasGrowing = this.#growing;
		this.output.update(this.id, this.render(final), this.#metadata(final));
		this.#wholeAt = performance.now();
		if (wasGrowing && !this.#growing) endParts(this.id);
	}

	/** Of a whole picture: its name for the parts that will follow. The last one has none, nor does a saved notebook. */
	#metadata(final: boolean): Record<string, Json> | undefined {
		this.#growing = !final && this.growth !== undefined && partsAreWelcome();
		return this.#growing ? { [growingKey]: { id: this.id, revision: ++this.#revision } } : undefined;
	}

	/** After the cell's end, what timers and promises add: parts alone would not be in the saved notebook. */
	#flushWhenQuiet(): void {
		clearTimeout(this.#quiet);
		this.#quiet = undefined;
		if (!this.#over || this.growth === undefined || this.#final) return;
		this.#quiet = setTimeout(() => this.flush(), longestInterval);
		this.#quiet.unref();
	}
}
