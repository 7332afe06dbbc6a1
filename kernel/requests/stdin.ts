import { log } from "../wire/log";
import { type Message, newHeader } from "../wire/message";
import { boolean, object, string } from "../wire/shape";
import type { Sockets } from "../wire/sockets";

export const inputRequestShape = object({ prompt: string, password: boolean });
export const inputReplyShape = object({ value: string });

/** Input that a cell waits for was not given: the stop button came first. */
export class InputCancelled extends Error {}

/** Questions to the reader, on the stdin socket. */
export class Stdin {
	readonly #sockets: Pick<Sockets, "send">;
	readonly #session: string;
	#pending: { id: string; resolve(value: string): void; reject(error: Error): void } | undefined;

	constructor(sockets: Pick<Sockets, "send">, session: string) {
		this.#sockets = sockets;
		this.#session = session;
	}

	/** Asks the front end that sent `request`. One question at a time: the main thread waits for the answer. */
	ask(request: Message, prompt: string, password: boolean): Promise<string> {
		this.cancel();
		const header = newHeader("input_request", this.#session);
		return new Promise((resolve, reject) => {
			this.#pending = { id: header.msg_id, resolve, reject };
			this.#sockets.send("stdin", {
				identities: request.identities,
				header,
				parent: request.header,
				metadata: {},
				content: { prompt, password },
				buffers: [],
			});
		});
	}

	receive(message: Message): void {
		const problem = inputReplyShape.check(message.content, "");
		if (message.header.msg_type !== "input_reply" || problem !== undefined) {
			log(`stdin: dropped ${message.header.msg_type}${problem === undefined ? "" : `: ${problem}`}`);
			return;
		}
		const pending = this.#pending;
		// Some front ends leave the parent out; an answer to an earlier question names that one.
		const parent = message.parent.msg_id;
		if (pending === undefined || (parent !== undefined && parent !== pending.id)) {
			log("stdin: dropped an input_reply that nothing waits for");
			return;
		}
		this.#pending = undefined;
		pending.resolve(message.content.value as string);
	}

	cancel(): void {
		const pending = this.#pending;
		this.#pending = undefined;
		pending?.reject(new InputCancelled("interrupted"));
	}
}
