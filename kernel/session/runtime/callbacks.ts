import { receiveComm } from "../../display/comm";
import type { CommPacket, Host } from "../../display/host";
import { flushOutput } from "../../display/live";
import { type Output, withOutput } from "../../display/output";
import type { CellError } from "../../requests/contract";
import { log } from "../../wire/log";
import type { ToTransport } from "./protocol";
import { currentRun, isInterruption } from "./run-output";

/** A message's own text may stand in the reason why it was refused. */
const longestReason = 500;

/**
 * What cells do when they have ended or while they wait: the handlers of comms, and with them all of widgets. Each call
 * has an output of its own, so that the stop button ends that call and not the next one.
 */
export class Callbacks implements Host {
	readonly #post: (message: ToTransport) => void;
	readonly #describe: (error: unknown) => CellError;
	readonly #latestRun: () => number;
	/** Outputs of the calls that are under way, also those that wait for a promise. */
	readonly #running = new Set<Output>();
	/** What is to be undone when a cell of the notebook is run again, by the name that the front end gives the cell. */
	readonly #undoing = new Map<string, (() => void)[]>();
	stops = 0;
	/** The front end's message that is being dealt with. */
	#request: number | undefined;

	/** @param latestRun the run that a message belongs to which no cell has sent */
	constructor(post: (message: ToTransport) => void, describe: (error: unknown) => CellError, latestRun: () => number) {
		this.#post = post;
		this.#describe = describe;
		this.#latestRun = latestRun;
	}

	post(packet: CommPacket): void {
		const run = currentRun()?.run ?? this.#latestRun();
		this.#post({ kind: "comm", run, request: this.#request, packet });
	}

	onRunAgain(undo: () => void): void {
		const cell = currentRun()?.cell;
		if (cell === undefined) return;
		const undoing = this.#undoing.get(cell);
		if (undoing === undefined) this.#undoing.set(cell, [undo]);
		else undoing.push(undo);
	}

	/** A cell of the notebook is about to run, perhaps again. */
	runAgain(cell: string): void {
		const undoing = this.#undoing.get(cell) ?? [];
		this.#undoing.delete(cell);
		for (const undo of undoing) undo();
	}

	callback<T>(output: Output, body: () => T): T | undefined {
		const own = output.fork?.() ?? output;
		this.#running.add(own);
		let result: T;
		try {
			result = withOutput(own, body);
		} catch (error) {
			this.#end(own, { error });
			return undefined;
		}
		if (isPromise(result)) {
			result.then(
				() => this.#end(own),
				(error: unknown) => this.#end(own, { error }),
			);
		} else this.#end(own);
		return result;
	}

	/** A message from a front end. */
	receive(request: number, packet: CommPacket): void {
		// Where the stop button has terminated the one before, nothing has come behind it.
		this.#handled();
		this.#request = request;
		try {
			receiveComm(packet);
		} catch (error) {
			// Errors of callbacks are shown by now: this is a message that makes no sense.
			const reason = error instanceof Error ? error.message : String(error);
			log(`${packet.type} for ${packet.id}: ${reason.slice(0, longestReason)}`);
		}
		this.#handled();
	}

	/**
	 * The stop button: ends every call, with this error. What terminated its JavaScript, if anything did, has left it
	 * unfinished. How many there were.
	 */
	interrupt(error: CellError): number {
		this.stops++;
		const running = [...this.#running];
		for (const own of running) {
			this.#end(own);
			own.error?.(error);
			own.stop?.();
		}
		this.#handled();
		return running.length;
	}

	#end(own: Output, failure?: { error: unknown }): void {
		if (!this.#running.delete(own)) return;
		let failed = failure;
		try {
			withOutput(own, () => flushOutput(own));
		} catch (error) {
			failed ??= { error };
		}
		if (failed !== undefined && !isInterruption(failed.error)) own.error?.(this.#describe(failed.error));
	}

	#handled(): void {
		if (this.#request === undefined) return;
		const request = this.#request;
		this.#request = undefined;
		this.#post({ kind: "handled", request });
	}
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
	return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}
