import { type Content, type Header, type Message, newHeader } from "./message";

export type StreamName = "stdout" | "stderr";
type Parent = Header | Record<string, never>;

/** How long text of a stream waits for more of it, in milliseconds. What follows a silence longer than this does not wait. */
const gatherMs = 10;
/** Text is published when it has grown to this many UTF-16 units, however little time has passed. */
const gatherLength = 64 * 1024;

/** Where a message goes; the sockets, in a kernel. */
export interface Publisher {
	send(channel: "iopub", message: Message): void;
}

/**
 * What everybody hears: one queue, in order. Text of the standard streams is gathered for some milliseconds, so that
 * a loop that prints makes few messages; everything else first publishes the text that came before it.
 */
export class IOPub {
	readonly #publisher: Publisher;
	readonly #session: string;
	#text: { parent: Parent; name: StreamName; parts: string[]; length: number } | undefined;
	#timer: NodeJS.Timeout | undefined;
	#lastFlush = 0;

	constructor(publisher: Publisher, session: string) {
		this.#publisher = publisher;
		this.#session = session;
	}

	publish(
		type: string,
		content: Content,
		parent: Parent,
		extra: { metadata?: Content; buffers?: Buffer[]; topic?: Buffer } = {},
	): void {
		this.flush();
		this.#publisher.send("iopub", {
			identities: [extra.topic ?? Buffer.from(`kernel.${this.#session}.${type}`)],
			header: newHeader(type, this.#session),
			parent,
			metadata: extra.metadata ?? {},
			content,
			buffers: extra.buffers ?? [],
		});
	}

	stream(name: StreamName, text: string, parent: Parent): void {
		if (text === "") return;
		if (this.#text !== undefined && (this.#text.parent !== parent || this.#text.name !== name)) this.flush();
		if (this.#text === undefined) {
			this.#text = { parent, name, parts: [], length: 0 };
			const wait = this.#lastFlush + gatherMs - performance.now();
			this.#timer = setTimeout(() => this.flush(), Math.max(wait, 0));
		}
		this.#text.parts.push(text);
		this.#text.length += text.length;
		if (this.#text.length >= gatherLength) this.flush();
	}

	/** Publishes the text that waits. */
	flush(): void {
		const text = this.#text;
		if (text === undefined) return;
		this.#text = undefined;
		clearTimeout(this.#timer);
		this.#lastFlush = performance.now();
		this.publish("stream", { name: text.name, text: text.parts.join("") }, text.parent);
	}
}
