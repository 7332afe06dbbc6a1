import { randomUUID } from "node:crypto";
import type { Content } from "../wire/message";
import { errorContent } from "./handler";

/**
 * Further queues of cells beside the notebook's (JEP 91): a front end sends a request to one by `subshell_id` in its header.
 * There is one thread of JavaScript, so cells of different queues take turns where they await; they never run at the same
 * time. All see the same names.
 */
export class Subshells {
	readonly #ids = new Set<string>();

	create(): string {
		const id = randomUUID();
		this.#ids.add(id);
		return id;
	}

	/** What waits there is aborted, what runs there runs to its end. False where there is none of that name. */
	delete(id: string): boolean {
		return this.#ids.delete(id);
	}

	list(): string[] {
		return [...this.#ids];
	}

	has(id: string): boolean {
		return this.#ids.has(id);
	}
}

/** The reply to a request for a subshell that does not exist. */
export function unknownSubshell(id: string): Content {
	const evalue = `there is no subshell ${JSON.stringify(id)}`;
	return errorContent({ ename: "UnknownSubshell", evalue, traceback: [`UnknownSubshell: ${evalue}`] });
}
