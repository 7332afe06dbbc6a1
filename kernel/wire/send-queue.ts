/** What of a ZeroMQ socket a queue needs. */
export interface Sender {
	send(frames: (Buffer | string)[]): Promise<void>;
}

/**
 * Sends one message after another. zeromq.js throws EBUSY when a second `send` starts before the first has ended, and
 * the message is lost: every socket has one of these, and nothing else sends.
 */
export class SendQueue {
	readonly #socket: Sender;
	readonly #failed: (error: Error) => void;
	#waiting: Buffer[][] = [];
	#running: Promise<void> | undefined;

	constructor(socket: Sender, failed: (error: Error) => void) {
		this.#socket = socket;
		this.#failed = failed;
	}

	push(frames: Buffer[]): void {
		this.#waiting.push(frames);
		this.#running ??= this.#run();
	}

	/** Resolves when everything pushed so far is handed to ZeroMQ. */
	async drained(): Promise<void> {
		await this.#running;
	}

	async #run(): Promise<void> {
		while (this.#waiting.length > 0) {
			const batch = this.#waiting;
			this.#waiting = [];
			for (const frames of batch) {
				try {
					await this.#socket.send(frames);
				} catch (error) {
					this.#failed(error as Error);
				}
			}
		}
		this.#running = undefined;
	}
}
