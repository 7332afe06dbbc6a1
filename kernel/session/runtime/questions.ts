import { promisify } from "node:util";

type Ask = (message: string) => string;
type Answered = (answer: string) => void;
type Reading = (this: Interface, ...given: any[]) => any;
type Interface = { input?: unknown };

/**
 * Has `question` of node:readline ask under the cell, as `prompt` does, where it would read the standard input: a kernel
 * has none, and the question would never be answered. node:readline is loaded when a cell first asks for `process.stdin`.
 */
export function answerQuestions(ask: Ask): void {
	const stdin = Object.getOwnPropertyDescriptor(process, "stdin")!;
	let patched = false;
	Object.defineProperty(process, "stdin", {
		...stdin,
		get() {
			if (!patched) {
				patched = true;
				patch(ask);
			}
			return stdin.get!.call(process);
		},
	});
}

function patch(ask: Ask): void {
	const classic = (require("node:readline") as typeof import("node:readline")).Interface.prototype;
	const promising = (require("node:readline/promises") as typeof import("node:readline/promises")).Interface.prototype;
	const [read, readLater] = [classic.question as Reading, promising.question as Reading];
	const asks = (one: Interface) => one.input === process.stdin;

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
}
