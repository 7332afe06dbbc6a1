import { anything, array, boolean, integer, literal, object, optional, string } from "../wire/shape";
import { handler } from "./handler";

interface Entry {
	session: number;
	line: number;
	input: string;
	output: string | null;
}

/** The number of the running session; earlier ones count backwards from it. */
const currentSession = 1;

/** What was executed in this session, with the text of its results. */
export class History {
	readonly #entries: Entry[] = [];

	add(line: number, input: string): { setOutput(text: string): void } {
		const entry: Entry = { session: currentSession, line, input, output: null };
		this.#entries.push(entry);
		return {
			setOutput(text) {
				entry.output = text;
			},
		};
	}

	/** The last `n`. */
	tail(n: number): Entry[] {
		return n <= 0 ? [] : this.#entries.slice(-n);
	}

	/** Lines `start` up to but without `stop` of a session: a positive number, or 0 for this and -1 for the last one. */
	range(session: number, start: number, stop: number | undefined): Entry[] {
		if (session !== 0 && session !== currentSession) return [];
		return this.#entries.filter(({ line }) => line >= start && (stop === undefined || line < stop));
	}

	/** The last `n` whose input matches a glob pattern (`*`, `?`, `[a-z]`); `unique`: each input once, at its last use. */
	search(pattern: string, n: number | undefined, unique: boolean): Entry[] {
		const matches = globMatcher(pattern);
		let found = this.#entries.filter(({ input }) => matches(input));
		if (unique) {
			const last = new Map(found.map((entry) => [entry.input, entry]));
			found = found.filter((entry) => last.get(entry.input) === entry);
		}
		return n === undefined ? found : n <= 0 ? [] : found.slice(-n);
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
