import { readdirSync } from "node:fs";
import { homedir } from "node:os";
import { resolve } from "node:path";
import { completenessOf } from "./completeness";
import { parse } from "./syntax";

/*
 * The lines of a cell that are no TypeScript: `%magic`, `!command`, `name?`. They stand at the beginning of a line of the top
 * level, where a statement could begin, and are blanked before anything else looks at the cell: what is left has every
 * character in its place, so types, completion and errors know nothing of them. The transform puts calls where they stood.
 */

/** Each magic with what it does. There are few, and what a cell can do in TypeScript has none. */
export const magicHelp = {
	time: "%time CODE, or %%time on top of a cell: how long the code takes, as processor time and as time on the wall",
	timeit:
		"%timeit [-n LOOPS] [-r RUNS] CODE, or %%timeit on top of a cell: how long the code takes, over many loops in several runs",
	who: "%who: the names of this session",
	whos: "%whos: the names of this session with types and values",
	reset: "%reset, on top of a cell: forgets all names of this session",
} as const;

type MagicName = keyof typeof magicHelp;

const packages = "Packages come from npm: !npm install NAME, and npx gradbook doctor says what else is there.";
const afresh =
	"Modules beside the notebook are compiled anew when they have changed: nothing is to be loaded for that.";
const shell = "Each line for the shell begins with !, such as !ls.";
const debugging = "JupyterLab's debugger, the bug in the toolbar, stops at breakpoints and shows variables.";

/** What stands here for magics of IPython's that many write. */
const elsewhere: Readonly<Record<string, string>> = {
	matplotlib: "Plots need none: a figure of gradbook/display shows itself on the last line of a cell.",
	pip: packages,
	conda: packages,
	mamba: packages,
	cd: 'process.chdir("folder") changes the folder.',
	pwd: "process.cwd() is the folder.",
	ls: shell,
	bash: shell,
	sh: shell,
	system: shell,
	env: 'process.env.NAME = "value" sets a variable of the environment.',
	set_env: 'process.env.NAME = "value" sets a variable of the environment.',
	load_ext: afresh,
	reload_ext: afresh,
	autoreload: afresh,
	run: 'await import("./file.ts") runs a file beside the notebook.',
	load: 'await import("./file.ts") runs a file beside the notebook.',
	writefile: 'A file is written by fs.writeFileSync("name", text) of node:fs.',
	html: "html(text) of gradbook/display shows HTML.",
	markdown: "markdown(text) of gradbook/display shows Markdown.",
	latex: "markdown(text) of gradbook/display shows formulas between dollars.",
	debug: debugging,
	pdb: debugging,
	capture: "new Output() of gradbook/display captures what a function prints.",
	prun: "%time and %timeit measure; console.time(label) measures a part.",
};

export type Magic =
	/** The statements that begin between `start` and `end`. */
	| { kind: "time"; start: number; end: number }
	| { kind: "timeit"; start: number; end: number; loops: number | undefined; runs: number | undefined }
	| { kind: "who" | "whos" | "reset"; start: number; end: number }
	| { kind: "shell"; start: number; end: number; command: string }
	/** `name?`, and `name??` for more. */
	| { kind: "inspect"; start: number; end: number; name: string; detail: 0 | 1 };

export interface Magics {
	/** The cell as TypeScript: blanks where a magic stood. */
	text: string;
	found: Magic[];
	/** A magic that does not exist, or is used wrongly. */
	problem?: { message: string; start: number; end: number };
}

const candidate = /^[%!?]|\?[ \t]*$/m;
const line = /[^\n]*(?:\n|$)/y;
const magicLine = /^(%{1,2})(\p{ID_Start}[\p{ID_Continue}]*)/u;
const shellLine =
	/^![ \t]*(?:(?<path>[.~]{0,2}\/)|(?<word>[\p{ID_Start}$_][\p{ID_Continue}$]*)(?![\p{ID_Continue}$([`]))/u;
const path = String.raw`[\p{ID_Start}$_][\p{ID_Continue}$]*(?:\.[\p{ID_Start}$_][\p{ID_Continue}$]*)*`;
const inspectLine = new RegExp(
	String.raw`^(?:(?<before>\?{1,2})[ \t]*(?<name>${path})|(?<other>${path})(?<after>\?{1,2}))[ \t]*;?[ \t]*$`,
	"u",
);
/** Words that begin an expression: `!await ready()` is none of the shell's. */
const keywords = new Set(
	"async await class delete false function import new null super this true typeof undefined void".split(" "),
);

/** @param isName whether a word is a name in this cell: `!done` is an expression where there is a `done`. */
export function readMagics(text: string, isName: (word: string) => boolean): Magics {
	if (!candidate.test(text)) return { text, found: [] };
	const reader = new Reader(text, isName);
	reader.read();
	return reader.magics;
}

class Reader {
	readonly magics: Magics;
	/** Whether all of the cell is TypeScript as it stands: only lines that nobody would write so are magics then. */
	readonly #whole: boolean;

	constructor(
		readonly source: string,
		readonly isName: (word: string) => boolean,
	) {
		this.magics = { text: source, found: [] };
		const { problems, hopeless } = parse(source);
		this.#whole = problems.length === 0 && !hopeless;
	}

	read(): void {
		const { source } = this;
		for (let start = 0; start < source.length; ) {
			line.lastIndex = start;
			const end = start + line.exec(source)![0].length;
			start = this.#line(source.slice(start, end).replace(/\n$/, ""), start) ?? end;
		}
	}

	/** Reads one line; where the next one starts, if that is not the next line. */
	#line(text: string, start: number): number | undefined {
		const end = start + text.length;
		const magic = magicLine.exec(text);
		if (magic !== null) {
			const [, signs, name] = magic as unknown as [string, "%" | "%%", string];
			if (this.#whole && !(name in magicHelp)) return undefined;
			if (!this.#begins(start)) return undefined;
			const message = this.#magic(signs, name, start, end);
			if (message !== undefined) {
				this.#blank(start, end);
				this.magics.problem ??= { message, start, end: start + signs.length + name.length };
			}
			return undefined;
		}
		const shell = shellLine.exec(text)?.groups;
		if (shell !== undefined) {
			const { word } = shell;
			if (word !== undefined && (keywords.has(word) || this.isName(word))) return undefined;
			return this.#begins(start) ? this.#shell(start) : undefined;
		}
		const inspected = this.#whole ? undefined : inspectLine.exec(text)?.groups;
		if (inspected !== undefined && this.#begins(start)) {
			const detail = (inspected.before ?? inspected.after)!.length === 2 ? 1 : 0;
			this.#blank(start, end);
			this.magics.found.push({ kind: "inspect", start, end, name: (inspected.name ?? inspected.other)!, detail });
		}
		return undefined;
	}

	/** Whether a statement could begin here, outside all brackets, strings and comments. */
	#begins(start: number): boolean {
		const before = this.magics.text.slice(0, start);
		return before.trim() === "" || completenessOf(before).status !== "incomplete";
	}

	/** Reads a line with a magic; what is wrong with it, if anything is. */
	#magic(signs: "%" | "%%", name: string, start: number, end: number): string | undefined {
		const { found } = this.magics;
		const stop = start + signs.length + name.length;
		const top = this.magics.text.slice(0, start).trim() === "";
		const rest = this.source.slice(stop, end);
		switch (name as MagicName) {
			case "time":
			case "timeit":
				if (signs === "%%" && !top) return `%%${name} stands on top of its cell; %${name} is for one line.`;
				return this.#timing(name as "time" | "timeit", start, stop, end, signs === "%%" ? this.source.length : end);
			case "reset":
				if (!top || found.length > 0)
					return "%reset stands on top of its cell: what is above it would be forgotten too.";
				break;
			case "who":
			case "whos":
				break;
			default: {
				const all = Object.keys(magicHelp).map((one) => `%${one}`);
				const hint = Object.hasOwn(elsewhere, name) ? `${elsewhere[name]} ` : "";
				return `There is no magic ${signs}${name}. ${hint}There are ${all.join(", ")}, !command for the shell and name? for help.`;
			}
		}
		if (signs === "%%") return `%%${name} takes no cell: write %${name}.`;
		// `%reset -f` is what Python's users write: nothing is asked here, so it means the same.
		if (rest.trim() !== "" && !(name === "reset" && rest.trim() === "-f")) return `%${name} stands alone on its line.`;
		this.#blank(start, end);
		found.push({ kind: name as "who" | "whos" | "reset", start, end });
		return undefined;
	}

	/** `%time` and `%timeit`, of the code between `stop` and `covered`. */
	#timing(kind: "time" | "timeit", start: number, stop: number, end: number, covered: number): string | undefined {
		const rest = this.source.slice(stop, end);
		const options = kind === "timeit" ? /^(?:[ \t]+-[nr][ \t]*\d+)*/.exec(rest)![0] : "";
		const code = stop + options.length;
		if (kind === "timeit" && /^[ \t]+-[a-z]/.test(this.source.slice(code, end)))
			return `${magicHelp.timeit}. There are no other options than -n and -r.`;
		if (this.source.slice(code, covered).trim() === "") return `There is no code to measure: ${magicHelp[kind]}.`;
		this.#blank(start, code);
		const place = { start: code, end: covered };
		this.magics.found.push(
			kind === "time"
				? { kind, ...place }
				: { kind, ...place, loops: option(options, "n"), runs: option(options, "r") },
		);
		return undefined;
	}

	/** A command goes on in the next line where its line ends with a backslash. */
	#shell(start: number): number {
		let end = start;
		for (;;) {
			line.lastIndex = end;
			const text = line.exec(this.source)![0];
			end += text.length;
			if (!/\\\n$/.test(text)) break;
		}
		const command = this.source.slice(start + 1, end).trim();
		this.#blank(start, end);
		this.magics.found.push({ kind: "shell", start, end, command });
		return end;
	}

	#blank(start: number, end: number): void {
		const { text } = this.magics;
		this.magics.text = text.slice(0, start) + text.slice(start, end).replace(/[^\n]/g, " ") + text.slice(end);
	}
}

function option(options: string, name: string): number | undefined {
	const given = new RegExp(`-${name}[ \\t]*(\\d+)`).exec(options)?.[1];
	return given === undefined ? undefined : Math.max(1, Number(given));
}

/** What may stand for the sign and letters of a magic that is being written at `offset`; undefined where none is. */
export function completeMagic(text: string, offset: number): { start: number; matches: string[] } | undefined {
	const start = text.lastIndexOf("\n", offset - 1) + 1;
	const typed = /^(%{1,2})(\w*)$/.exec(text.slice(start, offset));
	if (typed === null) return undefined;
	const before = readMagics(text.slice(0, start), () => true).text;
	if (before.trim() !== "" && completenessOf(before).status === "incomplete") return undefined;
	const [, signs, letters] = typed;
	const names = signs === "%%" ? ["time", "timeit"] : Object.keys(magicHelp);
	return { start, matches: names.filter((name) => name.startsWith(letters!)).map((name) => `${signs}${name}`) };
}

/** Files that a word of the shell's line that begins at `line` may name. */
export function completeFile(
	text: string,
	offset: number,
	line: number,
	folder: string,
): { start: number; matches: string[] } {
	const word = /[^\s"'`|;&<>()=]*$/.exec(text.slice(line + 1, offset))![0];
	const base = word.slice(word.lastIndexOf("/") + 1);
	const place = word.slice(0, word.length - base.length).replace(/^~(?=\/)/, homedir());
	const start = offset - base.length;
	try {
		const names = readdirSync(resolve(folder, place), { withFileTypes: true })
			.filter(({ name }) => name.startsWith(base) && (base !== "" || !name.startsWith(".")))
			.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
		return { start, matches: names.sort() };
	} catch {
		// There is no such folder.
		return { start, matches: [] };
	}
}

/** The help for the magic whose name stands at `offset`. */
export function magicAt(text: string, offset: number): string | undefined {
	const start = text.lastIndexOf("\n", offset - 1) + 1;
	const found = magicLine.exec(text.slice(start));
	if (found === null || offset > start + found[0].length) return undefined;
	return magicHelp[found[2] as MagicName];
}
