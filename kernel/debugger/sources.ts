import { readFileSync } from "node:fs";
import { basename, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import type { CompiledCell } from "../requests/contract";
import type { Source } from "./dap";
import { pathOfCell } from "./paths";

/*
 * What front ends call the code of a notebook. A cell is named by a path that comes from its text, so that a page knows
 * its own cells again; nothing is written there. Local modules are files, by their own path.
 */

/** A place in a text: both 0-based, in UTF-16 units, as V8 counts. */
export interface At {
	line: number;
	column: number;
}

/** Code that runs, and the text that it was made of. */
export class Code {
	readonly #map: TraceMap | undefined;

	constructor(
		/** The address that V8 knows it by. */
		readonly url: string,
		readonly path: string,
		/** For people: `Cell [3]`, `model.ts`. */
		readonly name: string,
		sourceMap: string | null,
		/** Of a cell. */
		readonly cell?: CompiledCell,
	) {
		this.#map = sourceMap === null || sourceMap === "" ? undefined : new TraceMap(sourceMap);
	}

	get source(): Source {
		return { name: this.name, path: this.path };
	}

	/** Where in the text a place of the running code comes from; undefined where it comes from nowhere. */
	original({ line, column }: At): At | undefined {
		if (this.#map === undefined) return this.cell === undefined ? { line, column } : undefined;
		const found = originalPositionFor(this.#map, { line: line + 1, column: Math.max(0, column) });
		return found.line === null ? undefined : { line: found.line - 1, column: found.column };
	}
}

/** The folder of our compiled files. */
const ownFolder = __dirname.slice(0, __dirname.lastIndexOf(`${sep}kernel${sep}`) + 1);

/** Of a file among ours, as V8 knows it. */
const addressOf = (file: string) => pathToFileURL(ownFolder).href + file;

/** Patterns of scripts that nobody wants to step into: everything but cells and local modules. */
export const foreignPatterns = [escapeRegExp(addressOf("")), "/node_modules/", "^node:"];
/** Of the kernel alone. */
export const kernelPatterns = [escapeRegExp(addressOf("kernel/"))];

/** The file of a script that is a local module; undefined where it is anything else. */
export function localModule(url: string): string | undefined {
	const file = fileOf(url);
	if (file === undefined || file.startsWith(ownFolder)) return undefined;
	return file.includes(`${sep}node_modules${sep}`) ? undefined : file;
}

function fileOf(url: string): string | undefined {
	try {
		return url.startsWith("file:") ? fileURLToPath(url) : undefined;
	} catch {
		return undefined;
	}
}

function escapeRegExp(text: string): string {
	return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

/** All code of a session that may be looked at. */
export class Sources {
	/** By address. */
	readonly #codes = new Map<string, Code>();
	/** Module cells, by the file that their module would be. */
	readonly #moduleCells = new Map<string, CompiledCell>();
	/** Texts of cells that have not run, by path. */
	readonly #dumped = new Map<string, string>();

	/** A cell's text that breakpoints are set in: the path that it will be known by. */
	dump(text: string): string {
		const path = pathOfCell(text);
		this.#dumped.set(path, text);
		return path;
	}

	/** Undefined for a module cell, whose code is another script. */
	addCell(cell: CompiledCell): Code | undefined {
		const path = pathOfCell(cell.source);
		if (cell.module !== undefined) {
			this.#moduleCells.set(cell.module, cell);
			this.#dumped.set(path, cell.source);
			return undefined;
		}
		const code = new Code(cell.file, path, `Cell [${cell.executionCount}]`, cell.sourceMap, cell);
		this.#codes.set(code.url, code);
		return code;
	}

	addModule(url: string, file: string, sourceMap: string | null): Code {
		const cell = this.#moduleCells.get(file);
		const path = cell === undefined ? file : pathOfCell(cell.source);
		const code = new Code(url, path, basename(file), sourceMap);
		this.#codes.set(url, code);
		return code;
	}

	at(url: string): Code | undefined {
		return this.#codes.get(url);
	}

	/** All that was made of one text: a cell may have run many times. */
	ofPath(path: string): Code[] {
		return [...this.#codes.values()].filter((code) => code.path === path);
	}

	all(): Code[] {
		return [...this.#codes.values()];
	}

	modules(): Code[] {
		return [...this.#codes.values()].filter(({ cell }) => cell === undefined);
	}

	/** The text behind a path; undefined where there is none. */
	text(path: string): string | undefined {
		const dumped = this.#dumped.get(path);
		if (dumped !== undefined) return dumped;
		const [code] = this.ofPath(path);
		if (code?.cell !== undefined) return code.cell.source;
		try {
			return code === undefined ? undefined : readFileSync(code.path, "utf8");
		} catch {
			return undefined;
		}
	}
}
