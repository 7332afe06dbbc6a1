import { Readable } from "node:stream";
import { promisify } from "node:util";

type Ask = (message: string) => string;
type Answered = (answer: string) => void;
type Reading = (this: Interface, ...given: any[]) => any;
type Interface = { input?: unknown; listenerCount(event: string): number; close(): void };

/**
 * Gives cells a standard input: whoever reads `process.stdin`, also line by line by node:readline, asks the reader for one line
 * after the other, as `prompt` does, and `question` of node:readline asks its question. node:readline is loaded when a cell first
 * asks for `process.stdin`.
 */
export function answerQuestions(ask: Ask): void {
	const stdin = Object.getOwnPropertyDescriptor(process, "stdin")!;
	let input: StandardInput | undefined;
	Object.defineProperty(process, "stdin", {
		...stdin,
		get() {
			if (input === undefined) patch(ask);
			// A loop over it that ends has closed it, which later cells know nothing of.
			if (input === undefined || input.destroyed) input = new StandardInput(ask);
			return input;
		},
	});
}

/** Lines that the reader is asked for, each when somebody wants it and the one before has been dealt with. */
class StandardInput extends Readable {
	readonly fd = 0;
	readonly isTTY = false;
	readonly #ask: Ask;
	/** Node asked for more while nobody wanted lines. */
	#due = false;
	/** Interfaces of node:readline that somebody has listened to for their lines. */
	readonly lines = new Set<Interface>();
	/** Listeners of node:readline itself: it reads ahead as soon as an interface is made, also for questions alone. */
	readonly #ahead = new Set<unknown>();

	constructor(ask: Ask) {
		// Nothing is read ahead.
		super({ highWaterMark: 0 });
		this.#ask = ask;
		this.on("newListener", (event, listener) => {
			if (event === "data" && isReadlines()) this.#ahead.add(listener);
			else if (event === "data" || event === "readable") {
				// An interface of an earlier cell that was closed has left it paused.
				if (event === "data" && this.isPaused()) process.nextTick(() => this.resume());
				this.wake();
			}
		});
	}

	/** Nobody's process ends for want of a terminal. */
	ref(): this {
		return this;
	}

	unref(): this {
		return this;
	}

	/** Somebody wants lines now. */
	wake(): void {
		if (!this.#due) return;
		this.#due = false;
		this._read();
	}

	override _read(): void {
		// What was done with the last line comes first: it may have been the end.
		setImmediate(() => {
			if (this.destroyed || this.readableEnded) return;
			if (!this.#isWanted()) this.#due = true;
			else this.#next();
		});
	}

	#next(): void {
		try {
			this.push(`${this.#ask("")}\n`);
		} catch (error) {
			// Nobody answers, or the stop button came first. An interface that a loop has left would throw the error on.
			for (const one of this.lines) if (one.listenerCount("line") === 0) one.close();
			this.destroy(error as Error);
		}
	}

	#isWanted(): boolean {
		if (this.listenerCount("readable") > 0) return true;
		if (this.isPaused()) return false;
		// A loop that ends leaves its interface open, and listens no more.
		const listened = [...this.lines].some((one) => one.listenerCount("line") > 0);
		return listened || this.listeners("data").some((listener) => !this.#ahead.has(listener));
	}
}

/** Whether node:readline is what calls. */
function isReadlines(): boolean {
	return new Error().stack?.includes("node:internal/readline/") === true;
}

function patch(ask: Ask): void {
	const classic = (require("node:readline") as typeof import("node:readline")).Interface.prototype;
	const promising = (require("node:readline/promises") as typeof import("node:readline/promises")).Interface.prototype;
	const [read, readLater] = [classic.question as Reading, promising.question as Reading];
	const asks = (one: Interface): one is Interface & { input: StandardInput } => one.input instanceof StandardInput;

	const question: Reading = function (query: string, ...rest: (object | Answered)[]) {
		if (!asks(this)) return read.call(this, query, ...rest);
		const answer = ask(query);
		process.nextTick(() => (rest.at(-1) as Answered).call(this, answer));
	};
	const later = promisify(read) as Reading;
	Object.defineProperty(question, promisify.custom, {
		async value(this: Interface, query: string, ...rest: object[]) {
			return asks(this) ? ask(query) : later.call(this, query, ...rest);
		},
	});
	Object.assign(classic, { question });
	Object.assign(promising, {
		async question(this: Interface, query: string, ...rest: object[]) {
			return asks(this) ? ask(query) : readLater.call(this, query, ...rest);
		},
	});

	// Lines are wanted while somebody listens for them; `for await` over an interface listens too.
	for (const prototype of [classic, promising] as { on: Reading; addListener: Reading; close: Reading }[]) {
		const { on, close } = prototype;
		const listening: Reading = function (event: unknown, ...rest: unknown[]) {
			const result = on.call(this, event, ...rest);
			if (event === "line" && asks(this)) {
				this.input.lines.add(this);
				this.input.wake();
			}
			return result;
		};
		Object.assign(prototype, { on: listening, addListener: listening });
		Object.assign(prototype, {
			close(this: Interface, ...rest: unknown[]) {
				if (asks(this)) this.input.lines.delete(this);
				return close.call(this, ...rest);
			},
		});
	}
}
