import { entered } from "../core/block";
import { CapturedUpdates, recordUpdates } from "../core/capture";
import { native } from "../core/native";
import { type Card, cardOf } from "./device";
import { currentStream, Stream, setStream } from "./streams";

/*
 * Graphs: what is queued while a graph captures is recorded instead of being done, and the whole is queued again by one call. What
 * a graph writes to and reads from stays where it is: new data is copied into the tensors that were captured.
 */

/** Work of a card that is queued as a whole: PyTorch's `torch.cuda.CUDAGraph`. `cuda.graph` is the simple way to one. */
export class CUDAGraph {
	/** The card's number. */
	readonly device: number;
	/** When `owner` is collected, the graph's memory is free for others. */
	#graph: { readonly id: number; readonly owner: object } | null = null;
	#updates: CapturedUpdates | null = null;
	#open = false;

	constructor(options: { device?: Card } = {}) {
		this.device = cardOf("CUDAGraph", options.device);
	}

	/**
	 * What is queued on the current stream, which must not be the default one, is the graph's from now on. `pool`: memory that
	 * another graph's `pool()` names, for graphs that are replayed in the order in which they were captured; by default the graph
	 * has its own. `fuse`: runs of pointwise ops become one kernel, with the numbers to the bit. Default true.
	 */
	captureBegin(options: { pool?: number; fuse?: boolean } = {}): void {
		if (this.#graph !== null) {
			throw new Error("[captureBegin] the graph has captured something already: call reset() first, or make another");
		}
		const stream = currentStream(this.device);
		if (stream.id === 0) {
			throw new Error(
				"[captureBegin] the default stream cannot be captured: capture within cuda.stream(new cuda.Stream(), () => …)",
			);
		}
		const id = native.cudaNewGraph(this.device, options.pool ?? 0);
		try {
			native.cudaGraphBegin(id, stream.id, options.fuse ?? true);
		} catch (error) {
			native.cudaFreeGraph(id);
			throw error;
		}
		this.#graph = { id, owner: native.cudaGraphOwner(id) };
		this.#open = true;
		this.#updates = new CapturedUpdates(id);
		recordUpdates(this.#updates);
	}

	/** Ends the capture. Nothing was computed yet: `replay()` does that. */
	captureEnd(): void {
		if (!this.#open) throw new Error("[captureEnd] the graph is not capturing");
		this.#open = false;
		recordUpdates(null);
		try {
			native.cudaGraphEnd(this.#graph!.id);
		} catch (error) {
			this.reset();
			throw error;
		}
	}

	/** @internal Ends a capture that failed; the graph is as new. */
	abandon(): void {
		if (!this.#open) return;
		this.#open = false;
		recordUpdates(null);
		native.cudaGraphAbandon(this.#graph!.id);
		this.reset();
	}

	/** Queues everything that was captured on the current stream, with the optimisers' next steps. */
	replay(): void {
		if (this.#graph === null || this.#open) throw new Error("[replay] nothing was captured yet");
		this.#updates!.set();
		native.cudaGraphReplay(this.#graph.id);
	}

	/** Gives up what was captured, and its memory. */
	reset(): void {
		if (this.#graph === null) return;
		native.cudaFreeGraph(this.#graph.id);
		this.#graph = null;
		this.#updates = null;
	}

	/** What names the graph's memory for other graphs. */
	pool(): number {
		return native.cudaGraphInfo(this.#captured("pool")).pool;
	}

	/** How many kernels, copies and fillings the graph consists of. */
	get nodes(): number {
		return native.cudaGraphInfo(this.#captured("nodes")).nodes;
	}

	#captured(op: string): number {
		if (this.#graph === null) throw new Error(`[${op}] nothing was captured yet`);
		return this.#graph.id;
	}
}

/** Whether a graph captures what is queued. */
export function isCurrentStreamCapturing(): boolean {
	return native.cudaCapturing();
}

/** @internal */
export interface CaptureOptions {
	pool?: number;
	fuse?: boolean;
	/** The stream to capture on. Default: one beside the current one. */
	stream?: Stream;
}

const sides = new Map<number, Stream>();

/** @internal The stream that a card's steps are captured on. */
export function sideStream(device: number): Stream {
	let side = sides.get(device);
	if (side === undefined) {
		side = new Stream({ device });
		sides.set(device, side);
	}
	return side;
}

/** @internal Captures what `body` queues; where it throws, or is stopped, the graph is as new. */
export function captureInto<T>(graph: CUDAGraph, body: () => T, options: CaptureOptions = {}): T {
	const before = currentStream(graph.device);
	setStream(options.stream ?? sideStream(graph.device));
	using _ = entered(() => {
		graph.abandon();
		setStream(before);
	});
	graph.captureBegin(options);
	const result = synchronous(body());
	graph.captureEnd();
	return result;
}

/** @internal What comes later is not captured. */
export function synchronous<T>(result: T): T {
	if (typeof (result as { then?: unknown } | null | undefined)?.then === "function") {
		throw new TypeError("[graph] a captured step must be synchronous, but this one returned a promise");
	}
	return result;
}
