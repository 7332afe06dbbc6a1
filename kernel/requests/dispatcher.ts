import { log } from "../wire/log";
import { type Content, type Header, type Message, newHeader } from "../wire/message";
import type { RequestChannel, Sockets } from "../wire/sockets";
import { errorContent, type Handler, type Reply, replyType } from "./handler";
import type { Kernel } from "./kernel";

interface Waiting {
	handler: Handler;
	channel: RequestChannel;
	message: Message;
}

/**
 * Gives each message to its handler, with `busy` before and `idle` behind. Serial requests (execute) wait for one
 * another; all others are answered at once, also while a cell runs.
 */
export class Dispatcher {
	readonly #kernel: Kernel;
	readonly #sockets: Pick<Sockets, "send">;
	readonly #handlers: ReadonlyMap<string, Handler>;
	#queue: Waiting[] = [];
	#draining = false;
	/** The serial request that is being answered. */
	#serial: Waiting | undefined;

	constructor(kernel: Kernel, sockets: Pick<Sockets, "send">, handlers: readonly Handler[]) {
		this.#kernel = kernel;
		this.#sockets = sockets;
		this.#handlers = new Map(handlers.map((handler) => [handler.type, handler]));
	}

	receive(channel: RequestChannel, message: Message): void {
		if (channel === "stdin") {
			this.#kernel.stdin.receive(message);
			return;
		}
		const type = message.header.msg_type;
		const handler = this.#handlers.get(type);
		if (handler === undefined) {
			log(`${channel}: dropped a message of unknown type ${JSON.stringify(type)}`);
		} else if (handler.serial) {
			this.#queue.push({ handler, channel, message });
			if (!this.#draining) void this.#runQueue();
		} else {
			void this.#answer({ handler, channel, message }).then(() => this.#stillBusy());
		}
	}

	async #runQueue(): Promise<void> {
		this.#draining = true;
		for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
			this.#serial = next;
			let aborted: Waiting[] = [];
			await this.#answer(next, async (reply) => {
				if (!stopsOthers(next, reply)) return;
				// "Run all" sends every cell at once: take in what is still on its way through the socket. What is sent once
				// the reply is out was sent in spite of the error.
				await new Promise((resolve) => setImmediate(resolve));
				aborted = this.#queue;
				this.#queue = [];
			});
			this.#serial = undefined;
			for (const waiting of aborted) this.#abort(waiting);
		}
		this.#draining = false;
	}

	#abort({ handler, channel, message }: Waiting): void {
		this.#status("busy", message.header);
		this.#reply(channel, message, handler, { content: { status: "aborted" } });
		this.#status("idle", message.header);
	}

	async #answer(
		{ handler, channel, message }: Waiting,
		beforeReply?: (reply: Reply | undefined) => Promise<void>,
	): Promise<void> {
		this.#status("busy", message.header);
		let reply: Reply | undefined;
		try {
			const problem = handler.content.check(message.content, "");
			if (problem !== undefined && handler.reply === undefined) log(`dropped a ${handler.type}: ${problem}`);
			reply =
				problem === undefined
					? await handler.handle({ channel, message, content: message.content }, this.#kernel)
					: { content: badContent(handler.type, problem) };
		} catch (error) {
			log(`${handler.type}: ${error instanceof Error ? error.stack : String(error)}`);
			reply = { content: failure(error) };
		}
		await beforeReply?.(reply);
		// What the cell has printed is out before the reply is, and the reply before `idle`.
		this.#kernel.iopub.flush();
		if (reply !== undefined && handler.reply !== undefined) this.#reply(channel, message, handler, reply);
		this.#status("idle", message.header);
		reply?.afterwards?.();
	}

	#reply(channel: RequestChannel, message: Message, handler: Handler, reply: Reply): void {
		this.#sockets.send(channel, {
			identities: message.identities,
			header: newHeader(replyType(handler.type), this.#kernel.session),
			parent: message.header,
			metadata: reply.metadata ?? {},
			content: reply.content,
			buffers: [],
		});
	}

	#status(state: "busy" | "idle", parent: Header): void {
		this.#kernel.iopub.publish("status", { execution_state: state }, parent);
	}

	/** Front ends show the latest status, whosever it is: the `idle` of a completion must not hide a running cell. */
	#stillBusy(): void {
		if (this.#serial !== undefined) this.#status("busy", this.#serial.message.header);
	}
}

/** Whether the requests that wait behind this one are aborted. */
function stopsOthers({ message }: Waiting, reply: Reply | undefined): boolean {
	const { silent = false, stop_on_error: stopOnError = true } = message.content;
	return reply?.content.status === "error" && Boolean(stopOnError) && !silent;
}

function badContent(type: string, problem: string): Content {
	const evalue = `${type}: ${problem}`;
	return errorContent({ ename: "BadRequest", evalue, traceback: [`BadRequest: ${evalue}`] });
}

function failure(error: unknown): Content {
	const { name, message } = error instanceof Error ? error : { name: "Error", message: String(error) };
	return errorContent({ ename: name, evalue: message, traceback: [`${name}: ${message}`] });
}
