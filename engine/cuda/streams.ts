import { native } from "../core/native";
import { type Card, cardOf } from "./device";

/*
 * Streams: operations of one stream run in the order in which they were called, those of different streams side by side.
 * Memory belongs to the stream on which it was allocated: a tensor that is used on another one needs `recordStream`.
 */

/** A queue of operations on a card. Negative priorities are more urgent. */
export class Stream {
	/** The card's number. */
	readonly device: number;
	/** @internal */
	readonly id: number;

	constructor(options: { device?: Card; priority?: number } = {}, id?: number) {
		this.device = cardOf("Stream", options.device);
		this.id = id ?? native.cudaNewStream(this.device, options.priority ?? 0);
	}

	/** Whether all that was queued is done. */
	query(): boolean {
		return native.cudaStreamQuery(this.device, this.id);
	}

	/** Waits until all that was queued is done. */
	synchronize(): void {
		native.cudaStreamSynchronize(this.device, this.id);
	}

	/** What is queued from now on waits for the event. */
	waitEvent(event: Event): void {
		native.cudaWaitEvent(this.device, this.id, event.idOn(this.device));
	}

	/** What is queued from now on waits for all that is queued on the other stream. */
	waitStream(other: Stream): void {
		this.waitEvent(other.recordEvent());
	}

	/** Marks this place of the queue, with a new event by default. */
	recordEvent(event: Event = new Event()): Event {
		event.record(this);
		return event;
	}

	toString(): string {
		return `<torch.cuda.Stream device=cuda:${this.device} stream=${this.id}>`;
	}
}

const forgotten = new FinalizationRegistry<number>((id) => native.cudaFreeEvent(id));

/** A place in a stream's queue: it has happened when all before it is done. */
export class Event {
	readonly #timing: boolean;
	#id: number | null = null;
	#device = -1;

	/** `enableTiming`: for `elapsedTime`. Default false. */
	constructor(options: { enableTiming?: boolean } = {}) {
		this.#timing = options.enableTiming ?? false;
	}

	/** @internal The native event; made on the card where it is used first. */
	idOn(device: number): number {
		if (this.#id === null) {
			this.#id = native.cudaNewEvent(device, this.#timing);
			this.#device = device;
			forgotten.register(this, this.#id);
		}
		return this.#id;
	}

	/** Marks this place of a stream's queue; the current stream's by default. */
	record(stream: Stream = currentStream()): void {
		const id = this.idOn(stream.device);
		if (this.#device !== stream.device) {
			throw new Error(`[Event] the event belongs to cuda:${this.#device}, the stream to cuda:${stream.device}`);
		}
		native.cudaRecordEvent(id, stream.id);
	}

	/** Makes a stream wait for the event; the current one by default. */
	wait(stream: Stream = currentStream()): void {
		if (this.#id !== null) stream.waitEvent(this);
	}

	/** Whether it has happened; true where it was never recorded. */
	query(): boolean {
		return this.#id === null || native.cudaEventQuery(this.#id);
	}

	/** Waits until it has happened. */
	synchronize(): void {
		if (this.#id !== null) native.cudaEventSynchronize(this.#id);
	}

	/** Milliseconds from this event to another; both made with `enableTiming`, recorded and done. */
	elapsedTime(end: Event): number {
		if (!this.#timing || !end.#timing)
			throw new Error("[elapsedTime] both events must be made with enableTiming: true");
		if (this.#id === null || end.#id === null) throw new Error("[elapsedTime] both events must be recorded first");
		return native.cudaElapsed(this.#id, end.#id);
	}
}

const current = new Map<number, Stream>();

/** The stream that everything is queued on unless another is chosen. */
export function defaultStream(card?: Card): Stream {
	return new Stream({ device: cardOf("defaultStream", card) }, 0);
}

/** The stream that operations on the card are queued on now. */
export function currentStream(card?: Card): Stream {
	const index = cardOf("currentStream", card);
	return current.get(index) ?? defaultStream(index);
}

/** Queues what follows on this stream. */
export function setStream(stream: Stream): void {
	native.cudaSetStream(stream.device, stream.id);
	current.set(stream.device, stream);
}

/** Runs `body` with this stream as the current one of its card: `cuda.stream(s, () => …)`. */
export function stream<T>(stream: Stream, body: () => T): T {
	const before = currentStream(stream.device);
	setStream(stream);
	try {
		return body();
	} finally {
		setStream(before);
	}
}
