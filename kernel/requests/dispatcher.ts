import { log } from "../wire/log";
import { type Content, type Header, type Message, newHeader } from "../wire/message";
import type { RequestChannel, Sockets } from "../wire/sockets";
import { errorContent, type Handler, type Reply, replyType } from "./handler";
import type { Kernel } from "./kernel";
import { unknownSubshell } from "./subshells";

interface Waiting {
	handler: Handler;
	channel: RequestChannel;
	message: Message;
	arrived: bigint;
}

/** Serial requests of one subshell. */
interface Queue {
	waiting: Waiting[];
	/** The one that is being answered. */
	running: Waiting | undefined;
}

/**
 * Gives each message to its handler, with `busy` before and `idle` behind. Serial requests (execute) wait for one
 * another, in each subshell for itself; all others are answered at once, also while a cell runs.
 */
export class Dispatcher {
	readonly #kernel: Kernel;
	readonly #sockets: Pick<Sockets, "send">;
	readonly #handlers: ReadonlyMap<string, Handler>;
	/** By the subshell's id; the notebook's own has none. Those that nothing runs in are not kept. */
	readonly #queues = new Map<string | undefined, Queue>();

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
			return;
		}
		const request = { handler, channel, message, arrived: process.hrtime.bigint() };
		const subshell = (channel === "shell" ? message.header.subshell_id : undefined) ?? undefined;
		if (subshell !== undefined && !this.#kernel.subshells.has(subshell)) {
			this.#refuse(request, unknownSubshell(subshell));
		} else if (handler.serial) {
			const queue = this.#queues.get(subshell);
			if (queue !== undefined) queue.waiting.push(request);
			else void this.#runQueue(subshell, { waiting: [request], running: undefined });
		} else {
			void this.#answer(request).then(() => this.#stillBusy());
		}
	}

	async #runQueue(subshell: string | undefined, queue: Queue): Promise<void> {
		this.#queues.set(subshell, queue);
		for (let next = queue.waiting.shift(); next !== undefined; next = queue.waiting.shift()) {
			if (subshell !== undefined && !this.#kernel.subshells.has(subshell)) {
				this.#refuse(next, aborted);
				continue;
			}
			queue.running = next;
			let others: Waiting[] = [];
			await this.#answer(next, async (reply) => {
				if (!stopsOthers(next, reply)) return;
				// "Run all" sends every cell at once: take in what is still on its way through the socket. What is sent once
				// the reply is out was sent in spite of the error.
				await new Promise((resolve) => setImmediate(resolve));
				others = queue.waiting;
				queue.waiting = [];
			});
			queue.running = undefined;
			for (const waiting of others) this.#refuse(waiting, aborted);
			this.#stillBusy();
		}
		this.#queues.delete(subshell);
	}

	/** A reply without doing what was asked for. */
	#refuse({ handler, channel, message }: Waiting, content: Content): void {
		this.#status("busy", message.header);
		if (handler.reply !== undefined) this.#reply(channel, message, handler, { content });
		this.#status("idle", message.header);
	}

	async #answer(
		{ handler, channel, message, arrived }: Waiting,
		beforeReply?: (reply: Reply | undefined) => Promise<void>,
	): Promise<void> {
		this.#status("busy", message.header);
		let reply: Reply | undefined;
		try {
			const problem = handler.content.check(message.content, "");
			if (problem !== undefined && handler.reply === undefined) log(`dropped a ${handler.type}: ${problem}`);
			reply =
				problem === undefined
					? await handler.handle({ channel, message, arrived, content: message.content }, this.#kernel)
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
		for (const { running } of this.#queues.values())
			if (running !== undefined) this.#status("busy", running.message.header);
	}
}

const aborted: Content = { status: "aborted" };

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
