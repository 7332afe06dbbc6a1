import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Dealer, Request as PingSocket, Subscriber } from "zeromq";
import { address, type Connection } from "../wire/connection";
import { type Content, decode, encode, type Message, newHeader } from "../wire/message";
import { SendQueue } from "../wire/send-queue";

export type ClientChannel = "shell" | "control" | "stdin" | "iopub";

/** A message as a client receives it. */
export interface Received extends Message {
	channel: ClientChannel;
}

export interface RequestOptions {
	channel?: "shell" | "control";
	metadata?: Content;
	buffers?: Buffer[];
	/** The queue that the request is for. */
	subshell?: string;
	/** Answers the questions of the cell; without it, `allow_stdin` should be false. */
	onInput?(prompt: string, password: boolean): string | Promise<string>;
}

/** How long no message must have come from a kernel that has ended, in milliseconds: its end is heard of by another way. */
const lastMessagesMs = 100;

/** The kernel's process ended, or the client was closed, before the answer came. */
export class KernelGone extends Error {}

/** A request on its way: iterate it for the messages that belong to it, in order, until reply and `idle` are there. */
export class PendingRequest implements AsyncIterable<Received> {
	readonly #arrived: Received[] = [];
	#waiting: (() => void)[] = [];
	#reply: Received | undefined;
	#idle = false;
	#failure: Error | undefined;

	constructor(
		readonly id: string,
		readonly options: RequestOptions,
		private readonly wantsReply: boolean,
	) {}

	get finished(): boolean {
		return this.#idle && (this.#reply !== undefined || !this.wantsReply);
	}

	/** Everything that has come so far. */
	get messages(): readonly Received[] {
		return this.#arrived;
	}

	/** The reply, when it and `idle` are there. Rejects with KernelGone. */
	async reply(): Promise<Received> {
		for await (const _ of this);
		if (this.#reply === undefined) throw new Error("this message gets no reply");
		return this.#reply;
	}

	async *[Symbol.asyncIterator](): AsyncGenerator<Received> {
		for (let i = 0; ; i++) {
			while (i >= this.#arrived.length) {
				if (this.finished) return;
				if (this.#failure !== undefined) throw this.#failure;
				await new Promise<void>((resolve) => this.#waiting.push(resolve));
			}
			yield this.#arrived[i]!;
		}
	}

	/** Called by the client. */
	receive(message: Received): void {
		this.#arrived.push(message);
		if (message.channel === "iopub") {
			if (message.header.msg_type === "status" && message.content.execution_state === "idle") this.#idle = true;
		} else if (message.channel !== "stdin") this.#reply = message;
		this.#wake();
	}

	fail(error: Error): void {
		this.#failure ??= error;
		this.#wake();
	}

	#wake(): void {
		const waiting = this.#waiting;
		this.#waiting = [];
		for (const resolve of waiting) resolve();
	}
}

/** What one executed cell gave. */
export interface Executed {
	reply: Content;
	/** Every iopub message of the cell but `status` and `execute_input`. */
	outputs: Received[];
	stdout: string;
	stderr: string;
	/** The bundle of the last expression's value. */
	result: Content | undefined;
	messages: readonly Received[];
}

const messagesWithoutReply = new Set(["comm_open", "comm_msg", "comm_close", "input_reply"]);

/** A Jupyter client over ZeroMQ: the command-line runner's, and the tests'. */
export class KernelClient {
	readonly session = randomUUID();
	readonly #connection: Connection;
	readonly #sockets: { shell: Dealer; control: Dealer; stdin: Dealer; iopub: Subscriber };
	readonly #queues: Record<"shell" | "control" | "stdin", SendQueue>;
	readonly #pending = new Map<string, PendingRequest>();
	readonly #listeners = new Set<(message: Received) => void>();
	/** Messages so far. */
	#heard = 0;
	#closed = false;

	constructor(connection: Connection) {
		this.#connection = connection;
		// One identity on all channels: the kernel sends questions of a cell to whoever sent the cell.
		const dealer = () => new Dealer({ routingId: this.session, linger: 0, receiveHighWaterMark: 0 });
		this.#sockets = {
			shell: dealer(),
			control: dealer(),
			stdin: dealer(),
			iopub: new Subscriber({ linger: 0, receiveHighWaterMark: 0 }),
		};
		const queue = (channel: "shell" | "control" | "stdin") =>
			new SendQueue(this.#sockets[channel], (error) => {
				if (!this.#closed) throw error;
			});
		this.#queues = { shell: queue("shell"), control: queue("control"), stdin: queue("stdin") };
	}

	/**
	 * Connects; resolves when the kernel has answered and this client hears all that it publishes. Kernels of others may not
	 * welcome who subscribes: those are asked until something is heard.
	 */
	async open({ welcomes = true } = {}): Promise<void> {
		for (const channel of ["shell", "control", "stdin", "iopub"] as const) {
			this.#sockets[channel].connect(address(this.#connection, channel));
		}
		const welcomed = new Promise<void>((resolve) => {
			const stop = this.listen((message) => {
				if (message.header.msg_type !== "iopub_welcome") return;
				stop();
				resolve();
			});
		});
		this.#sockets.iopub.subscribe();
		for (const channel of ["shell", "control", "stdin", "iopub"] as const) void this.#receive(channel);
		while (!welcomes) {
			const asked = this.request("kernel_info_request", {});
			const heard = asked.reply().then(() => true);
			heard.catch(() => {});
			if (await Promise.race([heard, new Promise((resolve) => setTimeout(resolve, 50, false))])) return;
		}
		// Only then: the `idle` of a request that is answered before would be missed.
		await welcomed;
		await this.request("kernel_info_request", {}).reply();
	}

	/** Calls `listener` for every message, also those that belong to no request of ours. Returns a function that ends it. */
	listen(listener: (message: Received) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	request(type: string, content: Content, options: RequestOptions = {}): PendingRequest {
		const header = newHeader(type, this.session, "gradbook");
		const pending = new PendingRequest(header.msg_id, options, !messagesWithoutReply.has(type));
		this.#pending.set(header.msg_id, pending);
		if (this.#closed) pending.fail(new KernelGone("the client is closed"));
		this.#send(options.channel ?? "shell", {
			identities: [],
			header: options.subshell === undefined ? header : { ...header, subshell_id: options.subshell },
			parent: {},
			metadata: options.metadata ?? {},
			content,
			buffers: options.buffers ?? [],
		});
		return pending;
	}

	/** Runs a cell to its end. */
	async execute(code: string, content: Content = {}, options: RequestOptions = {}): Promise<Executed> {
		const pending = this.request(
			"execute_request",
			{ code, allow_stdin: options.onInput !== undefined, ...content },
			options,
		);
		const reply = await pending.reply();
		return collect(reply, pending.messages);
	}

	/** Also subscribes to one topic of iopub; `open` has subscribed to all. */
	subscribe(topic: string): void {
		this.#sockets.iopub.subscribe(topic);
	}

	/** Sends raw frames: for what a well-behaved client never sends. */
	sendFrames(channel: "shell" | "control" | "stdin", frames: Buffer[]): void {
		this.#queues[channel].push(frames);
	}

	/** The frames of a request, signed. */
	frames(type: string, content: Content): Buffer[] {
		const header = newHeader(type, this.session, "gradbook");
		return encode({ identities: [], header, parent: {}, metadata: {}, content, buffers: [] }, this.#connection.key);
	}

	/** Sends a heartbeat and waits for it to come back. */
	async ping(timeoutMs = 5000): Promise<void> {
		const socket = new PingSocket({ linger: 0, receiveTimeout: timeoutMs });
		try {
			socket.connect(address(this.#connection, "hb"));
			await socket.send("ping");
			await socket.receive();
		} finally {
			socket.close();
		}
	}

	/** The kernel has ended: what it had sent is still taken in, and then all that is pending ends with an error. */
	async ended(reason: KernelGone): Promise<void> {
		for (let heard = -1; heard !== this.#heard && this.#pending.size > 0; ) {
			heard = this.#heard;
			await sleep(lastMessagesMs);
		}
		this.close(reason);
	}

	/** Ends all that is pending with an error. */
	close(reason = new KernelGone("the client is closed")): void {
		if (this.#closed) return;
		this.#closed = true;
		for (const socket of Object.values(this.#sockets)) socket.close();
		for (const pending of this.#pending.values()) pending.fail(reason);
	}

	#send(channel: "shell" | "control" | "stdin", message: Message): void {
		if (!this.#closed) this.#queues[channel].push(encode(message, this.#connection.key));
	}

	async #receive(channel: ClientChannel): Promise<void> {
		for await (const frames of this.#sockets[channel]) {
			this.#heard++;
			const message = { ...decode(frames, this.#connection.key), channel };
			for (const listener of this.#listeners) listener(message);
			const parent = message.parent.msg_id;
			const pending = parent === undefined ? undefined : this.#pending.get(parent);
			if (pending === undefined) continue;
			pending.receive(message);
			if (pending.finished) this.#pending.delete(pending.id);
			if (channel === "stdin" && message.header.msg_type === "input_request") void this.#answer(pending, message);
		}
	}

	async #answer(pending: PendingRequest, question: Received): Promise<void> {
		const { prompt, password } = question.content as { prompt: string; password: boolean };
		if (pending.options.onInput === undefined) {
			pending.fail(new Error(`the cell asks for input (${prompt}), and nobody is here to answer`));
			return;
		}
		const value = await pending.options.onInput(prompt, password);
		this.#send("stdin", {
			identities: [],
			header: newHeader("input_reply", this.session, "gradbook"),
			parent: question.header,
			metadata: {},
			content: { value },
			buffers: [],
		});
	}
}

function collect(reply: Received, messages: readonly Received[]): Executed {
	const outputs = messages.filter(
		({ channel, header }) => channel === "iopub" && header.msg_type !== "status" && header.msg_type !== "execute_input",
	);
	const text = (name: string) =>
		outputs
			.filter(({ header, content }) => header.msg_type === "stream" && content.name === name)
			.map(({ content }) => content.text)
			.join("");
	return {
		reply: reply.content,
		outputs,
		stdout: text("stdout"),
		stderr: text("stderr"),
		result: outputs.find(({ header }) => header.msg_type === "execute_result")?.content.data as Content | undefined,
		messages,
	};
}
