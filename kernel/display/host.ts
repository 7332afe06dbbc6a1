import type { Json } from "./mime";
import { currentOutput, type Output, withOutput } from "./output";
import { shared } from "./shared";

/** One message of a comm, in either direction. */
export interface CommPacket {
	type: "comm_open" | "comm_msg" | "comm_close";
	id: string;
	/** Of `comm_open` only: what the other side should make of it. */
	target?: string;
	data: Record<string, unknown>;
	metadata: Record<string, Json>;
	/** Each with an ArrayBuffer of its own. */
	buffers: Uint8Array<ArrayBuffer>[];
}

/** What a kernel does for the display layer. A plain Node program has none. */
export interface Host {
	/**
	 * How often the stop button was obeyed. What was under way when the count was another is over, though its code may not
	 * have come to its end: code that is terminated runs no `finally`.
	 */
	readonly stops: number;
	/** Calls back when the cell whose code is running is run again; never where the front end does not name its cells. */
	onRunAgain(undo: () => void): void;
	/** Sends to the front ends, behind everything that was shown before. */
	post(packet: CommPacket): void;
	/**
	 * Runs a callback as a part of the cell that `output` belongs to: its errors are shown there, also when they come
	 * later from a promise, and the stop button ends it. What it returns; undefined where it threw.
	 */
	callback<T>(output: Output, body: () => T): T | undefined;
}

const holder = shared<{ host: Host | undefined }>("host", () => ({ host: undefined }));

export function setHost(host: Host): void {
	holder.host = host;
}

export function currentHost(): Host | undefined {
	return holder.host;
}

/** Runs `body` with everything it shows going to `output`; in a kernel as a callback of that output's cell. */
export function runCallback<T>(output: Output | undefined, body: () => T): T | undefined {
	if (output === undefined) return body();
	return holder.host === undefined ? withOutput(output, body) : holder.host.callback(output, body);
}

/**
 * A callback that belongs to the cell whose code is running now: whenever it is called, its output and its errors stand
 * under that cell. The function that is returned never throws in a kernel.
 */
export function ofThisCell<A extends unknown[]>(callback: (...given: A) => unknown): (...given: A) => void {
	const output = currentOutput();
	return (...given) => void runCallback(output, () => callback(...given));
}
