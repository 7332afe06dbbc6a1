import { Router, type Socket, XPublisher } from "zeromq";
import { address, type Channel, type Connection } from "./connection";
import { log } from "./log";
import { BadMessage, decode, encode, type Message } from "./message";
import { type Sender, SendQueue } from "./send-queue";

export type RequestChannel = "shell" | "control" | "stdin";

/** ZeroMQ drops the connection of whoever announces a larger frame, before a byte of it is stored. */
const maxFrameBytes = 256 * 2 ** 20;
/** How long closing waits for what is already handed to ZeroMQ, in milliseconds. */
const lingerMs = 500;

export interface SocketEvents {
	/** A well-formed and rightly signed message. */
	message(channel: RequestChannel, message: Message): void;
	/** A front end began to listen to a topic of iopub. */
	subscribed(topic: Buffer): void;
}

/** How long a question waits for a front end that is about to connect, in milliseconds. */
const connectMs = 10_000;

/** Sends to a peer as soon as it is connected. A front end's sockets connect one by one, and shell may be the first. */
function whenConnected(socket: Router): Sender {
	return {
		async send(frames) {
			const end = Date.now() + connectMs;
			for (;;) {
				try {
					return await socket.send(frames);
				} catch (error) {
					if ((error as NodeJS.ErrnoException).code !== "EHOSTUNREACH" || Date.now() > end) throw error;
					await new Promise((resolve) => setTimeout(resolve, 10));
				}
			}
		},
	};
}

/** The five sockets of a kernel. What is not a message of ours is logged and dropped here. */
export class Sockets {
	readonly #connection: Connection;
	readonly #events: SocketEvents;
	readonly #routers: Record<RequestChannel | "hb", Router>;
	readonly #iopub: XPublisher;
	readonly #queues: Record<Channel, SendQueue>;
	#closed = false;

	constructor(connection: Connection, events: SocketEvents) {
		this.#connection = connection;
		this.#events = events;
		const router = () => {
			const socket = new Router({ linger: lingerMs, sendHighWaterMark: 0, receiveHighWaterMark: 0 });
			socket.maxMessageSize = maxFrameBytes;
			// A front end that connects again under its old identity takes its place.
			socket.handover = true;
			return socket;
		};
		this.#routers = { shell: router(), control: router(), stdin: router(), hb: router() };
		// A question to a front end whose stdin is not connected yet must not vanish: the cell would wait for ever.
		this.#routers.stdin.mandatory = true;
		// Without a high-water mark: ZeroMQ would drop what a loop prints faster than the network takes it.
		this.#iopub = new XPublisher({ linger: lingerMs, sendHighWaterMark: 0 });
		// Every subscription is reported, not only the first to a topic: each subscriber is welcomed.
		this.#iopub.verbosity = "allSubs";
		const queue = (channel: Channel, socket: Sender) =>
			new SendQueue(socket, (error) => {
				if (!this.#closed) log(`${channel}: a message could not be sent: ${error.message}`);
			});
		this.#queues = {
			shell: queue("shell", this.#routers.shell),
			control: queue("control", this.#routers.control),
			stdin: queue("stdin", whenConnected(this.#routers.stdin)),
			hb: queue("hb", this.#routers.hb),
			iopub: queue("iopub", this.#iopub),
		};
	}

	async open(): Promise<void> {
		const bind = (channel: Channel, socket: Socket) =>
			socket.bind(address(this.#connection, channel)).catch((error: Error) => {
				throw new Error(`cannot listen on ${address(this.#connection, channel)} (${channel}): ${error.message}`);
			});
		await Promise.all([
			bind("iopub", this.#iopub),
			...(["shell", "control", "stdin", "hb"] as const).map((channel) => bind(channel, this.#routers[channel])),
		]);
		void this.#receive("shell");
		void this.#receive("control");
		void this.#receive("stdin");
		void this.#beat();
		void this.#welcome();
	}

	send(channel: RequestChannel | "iopub", message: Message): void {
		if (!this.#closed) this.#queues[channel].push(encode(message, this.#connection.key));
	}

	/** Hands everything to ZeroMQ and closes. Must be awaited before the process exits: ZeroMQ aborts otherwise. */
	async close(): Promise<void> {
		await Promise.all(Object.values(this.#queues).map((queue) => queue.drained()));
		this.#closed = true;
		for (const socket of [...Object.values(this.#routers), this.#iopub]) socket.close();
	}

	async #receive(channel: RequestChannel): Promise<void> {
		for await (const frames of this.#routers[channel]) {
			let message: Message;
			try {
				message = decode(frames, this.#connection.key);
			} catch (error) {
				if (!(error instanceof BadMessage)) throw error;
				log(`${channel}: dropped a message: ${error.message}`);
				continue;
			}
			this.#events.message(channel, message);
		}
	}

	/** The heartbeat: whatever comes goes back, on a thread that no cell can hold up. */
	async #beat(): Promise<void> {
		for await (const frames of this.#routers.hb) this.#queues.hb.push(frames);
	}

	async #welcome(): Promise<void> {
		for await (const [frame] of this.#iopub) {
			// 1 and the topic: a subscription. 0 and the topic: its end.
			if (frame?.[0] === 1) this.#events.subscribed(frame.subarray(1));
		}
	}
}
