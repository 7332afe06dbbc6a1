import type { CompiledCell } from "../requests/contract";
import type { Breakpoint, SourceBreakpoint } from "./dap";
import { conditionOf } from "./expressions";
import type { Inspector } from "./inspector";
import { type At, Code, type Sources } from "./sources";

/** A cell compiled to see where it could be paused; undefined where its text is no TypeScript. */
export type Draft = (text: string) => Pick<CompiledCell, "code" | "sourceMap" | "hasTopLevelAwait"> | undefined;

/** Places where code can be paused: for each line of its text the first, in the order of lines. */
type Lines = { line: number; place: At }[];

/** A breakpoint of a front end, and what V8 made of it in each script. */
interface Standing extends Breakpoint {
	condition: string | undefined;
}

/**
 * Breakpoints in texts, which stand in all code that was or will be made of the text: functions of earlier runs of a
 * cell, and its next run.
 */
export class Breakpoints {
	readonly #inspector: Inspector;
	readonly #sources: Sources;
	readonly #draft: Draft;
	readonly #standing = new Map<string, Standing[]>();
	/** V8's ids of breakpoints, by path, each with the id of ours. */
	readonly #placed = new Map<string, Map<string, number>>();
	readonly #lines = new Map<string, Lines>();
	/** V8's ids of those that stand on every line, while the program is to pause wherever it comes to the user's code. */
	#everywhere: string[] | undefined;
	#lastId = 0;

	constructor(inspector: Inspector, sources: Sources, draft: Draft) {
		this.#inspector = inspector;
		this.#sources = sources;
		this.#draft = draft;
	}

	/** For `debugInfo`. */
	list(): { source: string; breakpoints: Breakpoint[] }[] {
		const paths = [...this.#standing].filter(([, standing]) => standing.length > 0);
		return paths.map(([source, standing]) => ({ source, breakpoints: standing.map(shown) }));
	}

	/** Replaces the breakpoints of a text. A line that cannot be paused at gives way to the next that can. */
	async set(path: string, asked: readonly SourceBreakpoint[]): Promise<Breakpoint[]> {
		for (const id of this.#placed.get(path)?.keys() ?? [])
			await this.#inspector.post("Debugger.removeBreakpoint", { breakpointId: id });
		this.#placed.delete(path);
		const codes = this.#sources.ofPath(path);
		const lines = await this.#linesOf(path, codes);
		const standing = asked.map(({ line, condition }) => this.#stand(path, line, condition, lines));
		this.#standing.set(path, standing);
		for (const code of codes) await this.#place(code);
		return standing.map(shown);
	}

	/** New code is about to run: the breakpoints of its text are in it from its first line on. */
	async beforeRun(code: Code): Promise<void> {
		if ((this.#standing.get(code.path) ?? []).length > 0) await this.#place(code);
		if (this.#everywhere !== undefined) await this.#placeEverywhere(code);
	}

	/** Pauses at the next line of the user's, whatever it is. */
	async pauseAnywhere(): Promise<void> {
		if (this.#everywhere !== undefined) return;
		this.#everywhere = [];
		for (const code of this.#sources.all()) await this.#placeEverywhere(code);
	}

	async pauseNoMore(): Promise<void> {
		const everywhere = this.#everywhere ?? [];
		this.#everywhere = undefined;
		for (const breakpointId of everywhere) await this.#inspector.post("Debugger.removeBreakpoint", { breakpointId });
	}

	async #placeEverywhere(code: Code): Promise<void> {
		for (const { place } of await this.#linesIn(code)) {
			try {
				const { breakpointId } = await this.#inspector.post("Debugger.setBreakpointByUrl", {
					url: code.url,
					lineNumber: place.line,
					columnNumber: place.column,
				});
				this.#everywhere?.push(breakpointId);
			} catch (error) {
				// One of the user's stands there: it does as well.
				if (!/already exists/.test((error as Error).message)) throw error;
			}
		}
	}

	/** Ours among V8's. */
	ids(hit: readonly string[]): number[] {
		return hit
			.flatMap((id) => [...this.#placed.values()].map((placed) => placed.get(id)))
			.filter((id) => id !== undefined);
	}

	#stand(path: string, line: number, condition: string | undefined, lines: Lines | undefined): Standing {
		const standing: Standing = { id: ++this.#lastId, verified: true, line, source: { path }, condition };
		const found = lines?.find((one) => one.line >= line - 1);
		if (lines === undefined) Object.assign(standing, { verified: false, message: "The code cannot be compiled." });
		else if (found === undefined) Object.assign(standing, { verified: false, message: "Nothing runs here or below." });
		else standing.line = found.line + 1;
		if (condition !== undefined) {
			try {
				conditionOf(condition);
			} catch (error) {
				Object.assign(standing, { verified: false, message: `The condition: ${(error as Error).message}` });
			}
		}
		return standing;
	}

	async #place(code: Code): Promise<void> {
		const standing = (this.#standing.get(code.path) ?? []).filter(({ verified }) => verified);
		if (standing.length === 0) return;
		const lines = await this.#linesIn(code);
		const placed = this.#placed.get(code.path) ?? new Map<string, number>();
		this.#placed.set(code.path, placed);
		const taken = new Set<number>();
		for (const { id, line, condition } of standing) {
			const found = lines.find((one) => one.line >= line - 1);
			if (found === undefined || taken.has(found.line)) continue;
			taken.add(found.line);
			const { breakpointId } = await this.#inspector.post("Debugger.setBreakpointByUrl", {
				url: code.url,
				lineNumber: found.place.line,
				columnNumber: found.place.column,
				condition: condition === undefined ? undefined : conditionOf(condition),
			});
			placed.set(breakpointId, id);
		}
	}

	/** The lines of a text that can be paused at; undefined where it cannot be compiled. */
	async #linesOf(path: string, codes: readonly Code[]): Promise<Lines | undefined> {
		const [code] = codes;
		if (code !== undefined) return this.#linesIn(code);
		const known = this.#lines.get(path);
		if (known !== undefined) return known;
		const text = this.#sources.text(path);
		const draft = text === undefined ? undefined : this.#draft(text);
		if (draft === undefined) return undefined;
		const code_ = new Code("", path, "", draft.sourceMap, { ...draft } as CompiledCell);
		const lines = firstPlaces(code_, await this.#inspector.pausePlaces(draft));
		this.#lines.set(path, lines);
		return lines;
	}

	async #linesIn(code: Code): Promise<Lines> {
		const known = this.#lines.get(code.url);
		if (known !== undefined) return known;
		const script = [...this.#inspector.scripts.values()].findLast(({ url }) => url === code.url);
		const places =
			code.cell !== undefined
				? await this.#inspector.pausePlaces(code.cell)
				: script === undefined
					? []
					: await this.#inspector.placesOf(script);
		const lines = firstPlaces(code, places);
		this.#lines.set(code.url, lines);
		return lines;
	}
}

/** The first place of each line: a statement's start where one begins there, else the end of a function. */
function firstPlaces(code: Code, places: { lineNumber: number; columnNumber?: number; type?: string }[]): Lines {
	const lines = new Map<number, { place: At; isReturn: boolean }>();
	for (const { lineNumber, columnNumber = 0, type } of places) {
		const place = { line: lineNumber, column: columnNumber };
		const from = code.original(place);
		if (from === undefined) continue;
		const isReturn = type === "return";
		const found = lines.get(from.line);
		if (found === undefined || (found.isReturn && !isReturn)) lines.set(from.line, { place, isReturn });
	}
	return [...lines].map(([line, { place }]) => ({ line, place })).sort((a, b) => a.line - b.line);
}

function shown({ id, verified, line, source, message }: Standing): Breakpoint {
	return { id, verified, line, source, ...(message === undefined ? {} : { message }) };
}
