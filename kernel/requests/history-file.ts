import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, statSync, unlinkSync, writeSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { log } from "../wire/log";

/*
 * The inputs of earlier sessions, in one file for each session: a line of JSON for each cell. No two kernels write to one file,
 * and what a crash leaves half written is one line, which readers skip. The name of the file is the session's number.
 */

/** An input as the file has it. Results are not kept: they may be large, and are not the reader's own words. */
export interface StoredInput {
	line: number;
	input: string;
}

/** Sessions and bytes that are kept; the oldest go first. */
const keptSessions = 1_000;
const keptBytes = 16 * 2 ** 20;
/** A longer input (data pasted into a cell) is not stored. */
const longestInput = 256 * 2 ** 10;

/**
 * Where histories are kept: the folder that GRADBOOK_HISTORY names, undefined where it says `off`, else the user's folder
 * for state.
 */
export function historyFolder(env: NodeJS.ProcessEnv = process.env): string | undefined {
	const named = env.GRADBOOK_HISTORY;
	if (named === "off") return undefined;
	if (named) return resolve(named);
	const base =
		process.platform === "darwin"
			? join(homedir(), "Library", "Application Support")
			: env.XDG_STATE_HOME || join(homedir(), ".local", "state");
	return join(base, "gradbook", "history");
}

/** The files of all sessions. A folder that cannot be read or written costs the history, never the session. */
export class HistoryFiles {
	readonly #folder: string | undefined;
	#own: { session: number; descriptor: number | undefined } | undefined;

	constructor(folder: string | undefined) {
		this.#folder = folder;
	}

	/** The number of the running session, taken when it is first asked for. */
	get session(): number {
		this.#own ??= this.#begin();
		return this.#own.session;
	}

	/** Numbers of the other sessions, ascending; those of kernels that run beside this one among them. */
	others(): number[] {
		const own = this.#own?.session;
		return this.#list().filter((session) => session !== own);
	}

	read(session: number): StoredInput[] {
		if (this.#folder === undefined) return [];
		let text: string;
		try {
			text = readFileSync(this.#file(session), "utf8");
		} catch {
			// Another kernel may have found it too old in between.
			return [];
		}
		return text.split("\n").flatMap((line) => parse(line) ?? []);
	}

	append(entry: StoredInput): void {
		this.#own ??= this.#begin();
		const { descriptor } = this.#own;
		if (descriptor === undefined || entry.input.length > longestInput) return;
		try {
			writeSync(descriptor, `${JSON.stringify(entry)}\n`);
		} catch (error) {
			log(`the history is not stored any more: ${(error as Error).message}`);
			closeSync(descriptor);
			this.#own.descriptor = undefined;
		}
	}

	#begin(): { session: number; descriptor: number | undefined } {
		const sessions = this.#list();
		let session = (sessions.at(-1) ?? 0) + 1;
		if (this.#folder === undefined) return { session, descriptor: undefined };
		try {
			mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
			for (;;) {
				try {
					// Whoever makes the file has the number.
					const descriptor = openSync(this.#file(session), "ax", 0o600);
					this.#tidy(sessions);
					return { session, descriptor };
				} catch (error) {
					if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
					session++;
				}
			}
		} catch (error) {
			log(`the history is not stored: ${(error as Error).message}`);
			return { session, descriptor: undefined };
		}
	}

	/** Removes the oldest sessions beyond the limits. A kernel that still writes to one loses nothing of its own session. */
	#tidy(sessions: number[]): void {
		let bytes = 0;
		for (const [age, session] of sessions.toReversed().entries()) {
			const file = this.#file(session);
			bytes += sizeOf(file);
			if (age < keptSessions - 1 && bytes <= keptBytes) continue;
			try {
				unlinkSync(file);
			} catch {
				// Another kernel was first.
			}
		}
	}

	#file(session: number): string {
		return join(this.#folder!, `${String(session).padStart(8, "0")}.jsonl`);
	}

	#list(): number[] {
		if (this.#folder === undefined) return [];
		try {
			const names = readdirSync(this.#folder).filter((name) => /^\d{8,}\.jsonl$/.test(name));
			return names.map((name) => Number.parseInt(name, 10)).sort((a, b) => a - b);
		} catch {
			return [];
		}
	}
}

function sizeOf(file: string): number {
	return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function parse(line: string): StoredInput | undefined {
	try {
		const { line: number, input } = JSON.parse(line) as Partial<StoredInput>;
		return Number.isInteger(number) && typeof input === "string" ? { line: number!, input } : undefined;
	} catch {
		return undefined;
	}
}
