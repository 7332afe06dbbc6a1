import { sep } from "node:path";
import { fileURLToPath } from "node:url";
import { inspect, stripVTControlCharacters, types } from "node:util";
import type { CellError, CompiledCell } from "../requests/contract";
import { bold, codeFrame, cyan, dim, green, placeName, red } from "./frame";
import { nameSymbol } from "./scope";
import { moduleSourceMaps } from "./sourceMaps";
import { type Place, placeOfOffset, splitLines } from "./text";

/*
 * Thrown values as Jupyter reports them, in lines of the TypeScript cells. Runs on the main thread: loads no compiler, and
 * the reader of source maps only when something was thrown.
 */

/** Frames of one error beyond these are counted, not shown. */
const shownFrames = 12;
/** Causes and members of aggregated errors deeper than this are left out. */
const shownDepth = 4;
const shownMembers = 5;
/** Longer messages are cut: a notebook keeps them. */
const messageLimit = 8_000;

type TraceMapping = typeof import("@jridgewell/trace-mapping");
type TraceMap = import("@jridgewell/trace-mapping").TraceMap;

/** One line of a stack trace, in the coordinates that V8 gave. 0-based. */
interface Frame {
	function: string;
	file: string;
	line: number;
	column: number;
}

/** Any thrown value. Never throws, whatever the value does when it is looked at. */
export function describeError(error: unknown, cells: ReadonlyMap<string, CompiledCell>): CellError {
	try {
		const traceback: string[] = [];
		describe(error, cells, { traceback, seen: new Set(), depth: 0 });
		return { ename: nameOf(error), evalue: messageOf(error), traceback };
	} catch (failure) {
		const text = `The thrown value cannot be described: ${stackOf(failure)?.split("\n")[0] ?? "looking at it throws"}`;
		return { ename: "Error", evalue: text, traceback: [text] };
	}
}

/**
 * A text with stacks in it, as `console.error(error)` prints it: places in cells and modules as errors name them, without
 * the frames that are not the user's.
 */
export function readableStacks(text: string, cells: ReadonlyMap<string, CompiledCell>): string {
	const lines: string[] = [];
	for (const line of text.split("\n")) {
		// What `inspect` goes on with stands behind the last frame: the brace before further properties, the comma of a list.
		const [, indent, call, rest] = /^(\s+)(at .*?)( \{|,)?$/.exec(line) ?? [];
		if (call === undefined) {
			if (!/^\s+\.\.\. \d+ lines matching cause stack trace/.test(line)) lines.push(line);
			continue;
		}
		const frame = framesOf(` ${call}`)[0];
		const found = frame === undefined ? undefined : locate(frame, cells);
		if (found !== undefined) {
			const name = found.name === "" ? "" : `${found.name} `;
			lines.push(`${indent}at ${name}${found.place}${rest ?? ""}`);
		} else if (rest !== undefined && lines.length > 0) lines[lines.length - 1] += rest;
	}
	return lines.join("\n");
}

interface Report {
	traceback: string[];
	seen: Set<unknown>;
	depth: number;
}

function describe(error: unknown, cells: ReadonlyMap<string, CompiledCell>, report: Report): void {
	const { traceback, seen, depth } = report;
	if (seen.has(error)) {
		traceback.push(dim("(the same error again)"));
		return;
	}
	if (typeof error === "object" && error !== null) seen.add(error);
	traceback.push(`${red(bold(nameOf(error)))}: ${messageOf(error)}`);
	traceback.push(...place(framesOf(stackOf(error) ?? ""), cells, property(error, nameSymbol)));
	if (depth >= shownDepth) return;
	const cause = property(error, "cause");
	if (cause !== undefined && cause !== null) {
		traceback.push("", cyan("Caused by:"));
		describe(cause, cells, { ...report, depth: depth + 1 });
	}
	for (const [key, title] of [
		["error", "Thrown while disposing:"],
		["suppressed", "Suppressed by it:"],
	] as const) {
		const inner = nameOf(error) === "SuppressedError" ? property(error, key) : undefined;
		if (inner === undefined) continue;
		traceback.push("", cyan(title));
		describe(inner, cells, { ...report, depth: depth + 1 });
	}
	const members = property(error, "errors");
	if (!Array.isArray(members) || !isError(error)) return;
	for (const [index, member] of members.slice(0, shownMembers).entries()) {
		traceback.push("", cyan(`Error ${index + 1} of ${members.length}:`));
		describe(member, cells, { ...report, depth: depth + 1 });
	}
	if (members.length > shownMembers) traceback.push("", `… and ${members.length - shownMembers} more errors`);
}

/** The code around the innermost place of the user's, then one line for each frame. */
function place(frames: Frame[], cells: ReadonlyMap<string, CompiledCell>, about: unknown): string[] {
	const lines: string[] = [];
	let shown = 0;
	let framed = false;
	const located = frames.flatMap((frame) => locate(frame, cells) ?? []);
	if (located[0]?.cell !== undefined && located[0].at === undefined) located[0] = atName(located[0], about);
	const placed = located.filter(({ cell, at }) => cell === undefined || at !== undefined);
	// A place without a line is in what was put around the cell's own code: worth naming only where there is no other.
	for (const { name, place, cell, at } of placed.length > 0 ? placed : located.slice(0, 1)) {
		if (++shown > shownFrames) continue;
		lines.push(`    at ${name === "" ? "" : `${cyan(name)} `}${cell === undefined ? dim(place) : green(place)}`);
		if (!framed && cell !== undefined && at !== undefined) {
			lines.push(...codeFrame(cell.source, at.line, at.column));
			framed = true;
		}
	}
	if (shown > shownFrames) lines.push(dim(`    … and ${shown - shownFrames} more`));
	return lines;
}

/** The place with the line where a name first stands in its cell. */
function atName(located: Located, name: unknown): Located {
	const { cell } = located;
	if (cell === undefined || typeof name !== "string") return located;
	const word = new RegExp(`(?<![\\p{ID_Continue}$.])${name.replaceAll("$", "\\$")}(?![\\p{ID_Continue}$])`, "u").exec(
		cell.source,
	);
	if (word === null) return located;
	const at = placeOfOffset(cell.source, word.index);
	return { ...located, place: placeName(cell.executionCount, cell.source, at.line, at.column), at };
}

interface Located {
	name: string;
	place: string;
	cell?: CompiledCell;
	at?: Place;
}

/** What a reader calls the place of a frame, and where in which cell that is; undefined where the frame is not the user's. */
function locate(frame: Frame, cells: ReadonlyMap<string, CompiledCell>): Located | undefined {
	const { function: name, file } = frame;
	const cell = cells.get(file);
	if (cell === undefined) {
		if (!isUsers(file)) return undefined;
		const { line, column } = original(frame, moduleSourceMaps.get(file)) ?? frame;
		return { name, place: `${readableFile(file)}, line ${line + 1}, column ${column + 1}` };
	}
	const at = startOfCall(original(frame, cell.sourceMap), cell.source);
	if (at === undefined) return { name, place: `Cell [${cell.executionCount}]`, cell };
	return { name, place: placeName(cell.executionCount, cell.source, at.line, at.column), cell, at };
}

const mapCache = new Map<string, TraceMap>();

function original(frame: Frame, sourceMap: string | undefined): Place | undefined {
	if (sourceMap === undefined || sourceMap === "") return undefined;
	const tracing = require("@jridgewell/trace-mapping") as TraceMapping;
	let map = mapCache.get(sourceMap);
	if (map === undefined) {
		map = new tracing.TraceMap(sourceMap);
		// Errors come from few cells at a time; a map is quick to read again.
		if (mapCache.size > 20) mapCache.clear();
		mapCache.set(sourceMap, map);
	}
	const found = tracing.originalPositionFor(map, { line: frame.line + 1, column: frame.column });
	return found.line === null ? undefined : { line: found.line - 1, column: found.column };
}

/** V8 places a call of a rewritten name at its bracket: the name is what a reader looks for. */
function startOfCall(at: Place | undefined, source: string): Place | undefined {
	if (at === undefined) return undefined;
	const before = splitLines(source)[at.line]?.slice(0, at.column) ?? "";
	if (splitLines(source)[at.line]?.[at.column] !== "(") return at;
	const name = /(?<![\p{ID_Continue}$.])[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.exec(before);
	return name === null ? at : { line: at.line, column: name.index };
}

const textOf = Object.prototype.toString;

const location = /^(.*):(\d+):(\d+)$/;

/** The lines of a V8 stack that name a place. */
function framesOf(stack: string): Frame[] {
	const frames: Frame[] = [];
	for (const line of stack.split("\n")) {
		const text = /^\s+at (.*)$/.exec(line)?.[1];
		if (text === undefined) continue;
		const parts = /^(?:(async )?(.*?) \()?(.*?)\)?$/.exec(text.replace(/^async (?=[^\s(]+:\d+:\d+$)/, ""));
		const where = location.exec(parts?.[3] ?? "");
		if (where === null) continue;
		frames.push({
			function: readableFunction(parts?.[2] ?? ""),
			file: filePath(where[1]!),
			line: Number(where[2]) - 1,
			column: Number(where[3]) - 1,
		});
	}
	return frames;
}

function filePath(file: string): string {
	try {
		return file.startsWith("file:") ? fileURLToPath(file) : file;
	} catch {
		return file;
	}
}

/** Names that only compiled code has, back to the user's. */
function readableFunction(name: string): string {
	// V8 calls a function without a name after what it was called on: a timer, a server, an array.
	if (name === "eval" || /^([\p{ID_Continue}$]+\.)?<anonymous>$/u.test(name)) return "";
	return withoutBoxes(name)
		.replace(/^async /, "")
		.replace(/^Object\./, "");
}

/** `(0 , $$f.v)` and `$$f.v`, as V8 quotes the code of compiled cells, are `f` (see compiler/transform.ts). */
function withoutBoxes(text: string): string {
	return text
		.replace(/\${2,}\.on\(\.\.\.\)/g, "(intermediate value)")
		.replace(/\(0 , \${2,}([\p{ID_Continue}$]+)\.v\)/gu, "$1")
		.replace(/\${2,}([\p{ID_Continue}$]+)\.v\b/gu, "$1");
}

/** The folder of our compiled files, whose frames help no user; `node_modules` of our own likewise. */
const ownFolder = __dirname.slice(0, __dirname.lastIndexOf(`${sep}kernel${sep}`) + 1);

function isUsers(file: string): boolean {
	if (
		file === "" ||
		file.startsWith("eval at ") ||
		file.startsWith("node:") ||
		file === "native" ||
		file.startsWith("evalmachine.")
	)
		return false;
	if (file.startsWith(ownFolder)) return false;
	return !file.includes(`${sep}node_modules${sep}tslab${sep}`);
}

function readableFile(file: string): string {
	const modules = file.lastIndexOf(`${sep}node_modules${sep}`);
	if (modules >= 0) return file.slice(modules + `${sep}node_modules${sep}`.length);
	const here = process.cwd() + sep;
	return file.startsWith(here) ? `.${sep}${file.slice(here.length)}` : file;
}

/** Also of another realm, and of what stands for an error; cells may have put anything in the place of `Error`. */
function isError(value: unknown): boolean {
	if (types.isNativeError(value)) return true;
	try {
		return value instanceof Error || textOf.call(value) === "[object Error]";
	} catch {
		return false;
	}
}

/** A property of any value; undefined where looking throws. */
function property(value: unknown, key: string | symbol): unknown {
	if ((typeof value !== "object" && typeof value !== "function") || value === null) return undefined;
	try {
		return (value as Record<string | symbol, unknown>)[key];
	} catch {
		return undefined;
	}
}

function stackOf(error: unknown): string | undefined {
	if (!isError(error)) return undefined;
	const stack = property(error, "stack");
	if (typeof stack !== "string") return undefined;
	// The message comes first and may itself look like frames.
	const message = property(error, "message");
	const end = typeof message === "string" && message !== "" ? stack.indexOf(message) : -1;
	return end >= 0 ? stack.slice(end + message!.toString().length) : stack;
}

function nameOf(error: unknown): string {
	if (!isError(error)) return "Thrown";
	const name = property(error, "name");
	const made = property(property(error, "constructor"), "name");
	// `class Refused extends Error {}` is still called "Error".
	if (name === "Error" && typeof made === "string" && made !== "") return made;
	return typeof name === "string" && name !== "" ? name : "Error";
}

function messageOf(error: unknown): string {
	if (!isError(error)) return cut(shown(error));
	const message = property(error, "message");
	return cut(withoutBoxes(typeof message === "string" ? message : shown(message)));
}

function shown(value: unknown): string {
	try {
		return inspect(value, { depth: 2, maxArrayLength: 20, maxStringLength: 1_000, breakLength: 100 });
	} catch {
		return "a value that cannot be shown";
	}
}

function cut(text: string): string {
	const plain = stripVTControlCharacters(text);
	if (plain.length <= messageLimit) return plain;
	return `${plain.slice(0, messageLimit)}… (${plain.length - messageLimit} more characters)`;
}
