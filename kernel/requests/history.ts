import { anything, array, boolean, integer, literal, object, optional, string } from "../wire/shape";
import { handler } from "./handler";
import { HistoryFiles } from "./history-file";

interface Entry {
	session: number;
	line: number;
	input: string;
	output: string | null;
}

/** What was executed, in this session and in earlier ones, with the text of this session's results. */
export class History {
	readonly #entries: Entry[] = [];
	readonly #files: HistoryFiles;

	/** @param folder where the sessions are kept (history-file.ts); undefined: this one is forgotten at its end. */
	constructor(folder?: string) {
		this.#files = new HistoryFiles(folder);
	}

	add(line: number, input: string): { setOutput(text: string): void } {
		const entry: Entry = { session: this.#files.session, line, input, output: null };
		this.#entries.push(entry);
		this.#files.append({ line, input });
		return {
			setOutput(text) {
				entry.output = text;
			},
		};
	}

	/** The last `n` of all sessions. */
	tail(n: number): Entry[] {
		if (n <= 0) return [];
		let found: Entry[] = [];
		for (const session of this.#sessions().toReversed()) {
			found = [...this.#of(session), ...found];
			if (found.length >= n) break;
		}
		return found.slice(-n);
	}

	/**
	 * Lines `start` up to but without `stop` of a session: its number, or 0 for this and -1 for the one before it. Negative
	 * lines count from the end of this session.
	 */
	range(session: number, start: number, stop: number | undefined): Entry[] {
		const number = session <= 0 ? this.#files.session + session : session;
		const end = number === this.#files.session ? (this.#entries.at(-1)?.line ?? 0) + 1 : 0;
		const from = start < 0 ? start + end : start;
		const to = stop !== undefined && stop < 0 ? stop + end : stop;
		return this.#of(number).filter(({ line }) => line >= from && (to === undefined || line < to));
	}

	/** The last `n` whose input matches a glob pattern (`*`, `?`, `[a-z]`); `unique`: each input once, at its last use. */
	search(pattern: string, n: number | undefined, unique: boolean): Entry[] {
		const matches = globMatcher(pattern);
		let found = this.#sessions().flatMap((session) => this.#of(session).filter(({ input }) => matches(input)));
		if (unique) {
			const last = new Map(found.map((entry) => [entry.input, entry]));
			found = found.filter((entry) => last.get(entry.input) === entry);
		}
		return n === undefined ? found : n <= 0 ? [] : found.slice(-n);
	}

	#sessions(): number[] {
		return [...this.#files.others(), this.#files.session].sort((a, b) => a - b);
	}

	#of(session: number): Entry[] {
		if (session === this.#files.session) return this.#entries;
		return this.#files.read(session).map((stored) => ({ session, ...stored, output: null }));
	}
}

/** SQLite's GLOB, which ipykernel's history uses. */
function globMatcher(pattern: string): (text: string) => boolean {
	let source = "";
	for (let i = 0; i < pattern.length; i++) {
		const character = pattern[i]!;
		if (character === "*") source += "[^]*";
		else if (character === "?") source += "[^]";
		else if (character === "[") {
			const end = pattern.indexOf("]", i + 2);
			if (end < 0) source += "\\[";
			else {
				const inside = pattern.slice(i + 1, end).replace(/[\\\]]/g, "\\$&");
				source += `[${inside}]`;
				i = end;
			}
		} else source += character.replace(/[\\^$.|+(){}\]]/g, "\\$&");
	}
	const expression = new RegExp(`^${source}$`, "u");
	return (text) => expression.test(text);
}

export const history = handler({
	type: "history_request",
	content: object({
		hist_access_type: literal("range", "tail", "search"),
		output: optional(boolean),
		raw: optional(boolean),
		session: optional(integer),
		start: optional(integer),
		/** Absent or null: to the end. */
		stop: optional(anything),
		n: optional(anything),
		pattern: optional(string),
		unique: optional(boolean),
	}),
	reply: object({ status: literal("ok"), history: array(array(anything)) }),
	handle({ content }, kernel) {
		const whole = (value: unknown) => (Number.isInteger(value) ? (value as number) : undefined);
		const entries = (() => {
			switch (content.hist_access_type) {
				case "tail":
					return kernel.history.tail(whole(content.n) ?? 10);
				case "range":
					return kernel.history.range(content.session ?? 0, content.start ?? 0, whole(content.stop));
				case "search":
					return kernel.history.search(content.pattern ?? "*", whole(content.n), content.unique ?? false);
			}
		})();
		return {
			content: {
				status: "ok",
				history: entries.map(({ session, line, input, output }) => [
					session,
					line,
					content.output ? [input, output] : input,
				]),
			},
		};
	},
});
