import { randomUUID } from "node:crypto";
import { ending } from "./format";
import { type CommPacket, currentHost, ofThisCell } from "./host";
import type { Json } from "./mime";
import { shared } from "./shared";

/** Bytes to send: an ArrayBuffer, a typed array, a DataView or a Buffer. They are copied. */
export type BufferSource = ArrayBufferLike | ArrayBufferView;

/** What has come through a comm. */
export interface CommMessage {
	data: Record<string, unknown>;
	metadata: Record<string, Json>;
	/** Each with an ArrayBuffer of its own: `new Float32Array(buffers[0].buffer)`. */
	buffers: Uint8Array<ArrayBuffer>[];
}

export interface CommSendOptions {
	metadata?: Record<string, Json>;
	buffers?: readonly BufferSource[];
}

type Handler = (message: CommMessage) => unknown;

/**
 * A line to the front ends, by Jupyter's comm messages. Handlers run as a part of the cell that has set them: what they
 * print, show and throw stands under it. A message waits while a cell runs, unless the cell awaits something.
 */
export class Comm {
	readonly #messages = new Set<Handler>();
	readonly #ends = new Set<Handler>();
	#closed = false;

	/** @internal Comms are made by `openComm` and by the front end. */
	constructor(
		readonly id: string,
		readonly target: string,
	) {
		comms.set(id, this);
	}

	get closed(): boolean {
		return this.#closed;
	}

	/** Sends data, which must be plain JSON, and bytes beside it. Does nothing once the comm is closed. */
	send(data: Record<string, unknown>, options: CommSendOptions = {}): void {
		if (!this.#closed) post("comm_msg", this.id, data, options);
	}

	/** Closes the comm on both sides. */
	close(data: Record<string, unknown> = {}): void {
		if (this.#closed) return;
		this.#forget();
		post("comm_close", this.id, data, {});
	}

	/** Calls `handler` for every message from the front end. Returns a function that ends it. */
	onMessage(handler: (message: CommMessage) => unknown): () => void {
		return add(this.#messages, ofThisCell(handler));
	}

	/** Calls `handler` when the front end closes the comm. Returns a function that ends it. */
	onClose(handler: (message: CommMessage) => unknown): () => void {
		return add(this.#ends, ofThisCell(handler));
	}

	/** @internal Calls `handler` without a cell: for what the display layer does itself. */
	onMessageDirectly(handler: Handler): void {
		this.#messages.add(handler);
	}

	/** @internal What the front end sent. */
	receive(type: "comm_msg" | "comm_close", message: CommMessage): void {
		const handlers = type === "comm_msg" ? this.#messages : this.#ends;
		if (type === "comm_close") this.#forget();
		for (const handler of [...handlers]) handler(message);
	}

	#forget(): void {
		this.#closed = true;
		comms.delete(this.id);
	}
}

const comms = shared("comms", () => new Map<string, Comm>());
type Opened = (comm: Comm, message: CommMessage) => unknown;
const targets = shared("comm targets", () => new Map<string, Opened>());

/**
 * Opens a comm to every front end; what it is for they know by `target`. `id` is given where others must know it before.
 * In a plain Node program nobody listens.
 */
export function openComm(
	target: string,
	data: Record<string, unknown> = {},
	options: CommSendOptions & { id?: string } = {},
): Comm {
	const comm = new Comm(options.id ?? randomUUID(), target);
	post("comm_open", comm.id, data, options, target);
	return comm;
}

/**
 * Lets front ends open comms to this target: `opened` gets each with the data of its opening, as a part of the cell that
 * registers it. A later registration replaces an earlier one. Returns a function that takes it back.
 *
 * @example registerTarget("echo", (comm) => comm.onMessage(({ data, buffers }) => comm.send(data, { buffers })));
 */
export function registerTarget(target: string, opened: (comm: Comm, message: CommMessage) => unknown): () => void {
	return setTarget(target, ofThisCell(opened));
}

/** For targets of the display layer itself, which belong to no cell. */
export function setTarget(target: string, opened: Opened): () => void {
	targets.set(target, opened);
	return ending(() => {
		if (targets.get(target) === opened) targets.delete(target);
	});
}

/** A message from a front end. A target that nobody registered is told by closing the comm at once. */
export function receiveComm({ type, id, target, ...message }: CommPacket): void {
	if (type !== "comm_open") {
		comms.get(id)?.receive(type, message);
		return;
	}
	const opened = targets.get(target ?? "");
	if (opened === undefined) post("comm_close", id, {}, {});
	else opened(new Comm(id, target!), message);
}

function post(
	type: CommPacket["type"],
	id: string,
	data: Record<string, unknown>,
	{ metadata = {}, buffers = [] }: CommSendOptions,
	target?: string,
): void {
	currentHost()?.post({ type, id, target, data, metadata, buffers: buffers.map(bytesOf) });
}

/** A copy of the bytes. A view into a larger buffer would take all of that along to the other thread. */
export function bytesOf(source: BufferSource): Uint8Array<ArrayBuffer> {
	if (ArrayBuffer.isView(source))
		return Uint8Array.from(new Uint8Array(source.buffer, source.byteOffset, source.byteLength));
	return Uint8Array.from(new Uint8Array(source));
}

function add(handlers: Set<Handler>, handler: Handler): () => void {
	handlers.add(handler);
	return ending(() => void handlers.delete(handler));
}
