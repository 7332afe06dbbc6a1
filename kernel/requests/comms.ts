import type { CommPacket } from "../display/host";
import type { IOPub } from "../wire/iopub";
import { log } from "../wire/log";
import type { Header, Message } from "../wire/message";
import type { CellRunner } from "./contract";

/** Bytes of all buffers of one message beyond which it is dropped: they are copied from thread to thread. */
const mostBytes = 256 * 2 ** 20;
const mostBuffers = 10_000;

/**
 * The comms that are open, as the transport thread knows them: their ends are on the main thread, but what is open can be
 * told while a cell runs.
 */
export class Comms {
	readonly #iopub: IOPub;
	readonly #runner: CellRunner;
	/** Targets by the comms' ids. */
	readonly #open = new Map<string, string>();

	constructor(iopub: IOPub, runner: CellRunner) {
		this.#iopub = iopub;
		this.#runner = runner;
	}

	/** Ids and targets of those that are open, of one target or of all. */
	list(target: string | undefined): Record<string, { target_name: string }> {
		const listed = [...this.#open].filter(([, name]) => target === undefined || name === target);
		return Object.fromEntries(listed.map(([id, name]) => [id, { target_name: name }]));
	}

	/** A message from a front end. Resolves when the main thread has dealt with it. */
	async receive(
		type: CommPacket["type"],
		content: { comm_id: string; target_name?: string; data?: Record<string, unknown> },
		message: Message,
	): Promise<void> {
		const { comm_id: id, target_name: target, data = {} } = content;
		const isOpen = this.#open.has(id);
		if (type === "comm_open" ? isOpen : !isOpen) {
			// The front end closes what the kernel has closed already: nothing to tell.
			if (type !== "comm_close") log(`${type} for ${id}, which is ${isOpen ? "open already" : "not open"}`);
			return;
		}
		const bytes = message.buffers.reduce((sum, buffer) => sum + buffer.length, 0);
		if (bytes > mostBytes || message.buffers.length > mostBuffers) {
			log(`dropped a ${type} for ${id} with ${bytes} bytes in ${message.buffers.length} buffers`);
			return;
		}
		if (type === "comm_open") this.#open.set(id, target!);
		if (type === "comm_close") this.#open.delete(id);
		const metadata = message.metadata as CommPacket["metadata"];
		// Copies: a frame may lie in a larger piece of memory, all of which would go to the other thread.
		const buffers = message.buffers.map((buffer) => new Uint8Array(buffer));
		await this.#runner.comm(
			{ type, id, target, data, metadata, buffers },
			{ comm: (packet) => this.publish(packet, message.header) },
		);
	}

	/** A message from the main thread, to all front ends. */
	publish({ type, id, target, data, metadata, buffers }: CommPacket, parent: Header): void {
		if (type === "comm_open") this.#open.set(id, target!);
		if (type === "comm_close") this.#open.delete(id);
		const content = type === "comm_open" ? { comm_id: id, target_name: target, data } : { comm_id: id, data };
		this.#iopub.publish(type, content, parent, {
			metadata,
			buffers: buffers.map((bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
		});
	}
}
