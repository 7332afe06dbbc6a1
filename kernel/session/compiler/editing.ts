import type { Completion } from "../../requests/contract";
import { codePointsBefore, normalizeLines, offsetOfCursor, offsetOfPlace, type Place, placeOfOffset } from "../text";
import { hubName } from "./names";
import type { LanguageServer } from "./server";

/*
 * Completion and inspection of a cell while it is written: the language server's answers, as Jupyter wants them.
 */

/** A cell being edited, as a document of the server: the cell's text comes after `head`. */
export interface EditedCell {
	document: string;
	/** Lines before the cell's own. */
	headLines: number;
	/** The cell as the front end has it. */
	source: string;
	/** The whole document: behind it more can be asked. */
	text: string;
}

interface Range {
	start: { line: number; character: number };
	end: { line: number; character: number };
}

export interface CompletionItem {
	label: string;
	kind?: number;
	sortText?: string;
	filterText?: string;
	insertText?: string;
	textEdit?: { newText: string; range?: Range; insert?: Range };
	detail?: string;
	data?: unknown;
}

/** By the protocol's number of the kind. */
const kinds = [
	"",
	"text",
	"method",
	"function",
	"constructor",
	"field",
	"variable",
	"class",
	"interface",
	"module",
	"property",
	"unit",
	"value",
	"enum",
	"keyword",
	"snippet",
	"color",
	"file",
	"reference",
	"folder",
	"constant",
	"constant",
	"struct",
	"event",
	"operator",
	"typeparameter",
];

/** Types are asked for of so many of the best matches; each costs the server a moment. */
const typedMatches = 25;
const signatureWidth = 200;

export async function completeCell(
	server: LanguageServer,
	cell: EditedCell,
	cursor: number,
	hidden: string,
): Promise<Completion> {
	const { source } = cell;
	const offset = offsetOfCursor(source, cursor);
	const answer = await server.ask<{ items: CompletionItem[] } | CompletionItem[] | null>(
		"textDocument/completion",
		cell.document,
		{
			position: positionIn(cell, offset),
			context: { triggerKind: 1 },
		},
	);
	const items = Array.isArray(answer) ? answer : (answer?.items ?? []);
	const start = startOf(items, cell, offset);
	const typed = source.slice(start, offset);
	const found: { text: string; item: CompletionItem; rank: number }[] = [];
	for (const item of items) {
		const text = insertedText(item, cell, start, offset);
		if (text === undefined || text.includes(hubName) || text.includes(hidden)) continue;
		const rank = rankOf(text, typed);
		if (rank !== undefined) found.push({ text, item, rank });
	}
	const best = Math.min(...found.map(({ rank }) => rank));
	// Letters in between are only looked for where nothing starts with what was typed.
	const matches = found
		.filter(({ rank }) => rank < 2 || best === 2)
		.sort(
			(a, b) =>
				a.rank - b.rank ||
				Number(isInner(a.text, typed)) - Number(isInner(b.text, typed)) ||
				compare(a.item.sortText ?? "", b.item.sortText ?? "") ||
				compare(a.text.toLowerCase(), b.text.toLowerCase()) ||
				compare(a.text, b.text),
		);
	const seen = new Set<string>();
	const unique = matches.filter(({ text }) => !seen.has(text) && seen.add(text));
	const behindNew = /\bnew\s+[\p{ID_Continue}$.]*$/u.test(source.slice(0, start));
	const types = await Promise.all(
		unique.slice(0, typedMatches).map(({ item }) => describeItem(server, item, behindNew)),
	);
	const range = { start: codePointsBefore(source, start), end: codePointsBefore(source, offset) };
	return {
		matches: unique.map(({ text }) => text),
		cursorStart: range.start,
		cursorEnd: range.end,
		items: unique.map(({ text, item }, index) => ({
			text,
			type: kindOf(item, types[index]),
			...range,
			...(types[index] === undefined ? {} : { signature: types[index] }),
		})),
	};
}

export function positionIn(cell: EditedCell, offset: number): { line: number; character: number } {
	const { line, column } = placeOfOffset(cell.source, offset);
	return { line: line + cell.headLines, character: column };
}

function placeIn(cell: EditedCell, position: { line: number; character: number }): Place {
	return { line: position.line - cell.headLines, column: position.character };
}

/** Where most of the items start to replace. */
function startOf(items: CompletionItem[], cell: EditedCell, offset: number): number {
	const word = startOfWord(cell.source, offset);
	const counts = new Map<number, number>([[word, 0]]);
	for (const item of items) {
		const start = itemStart(item, cell) ?? word;
		counts.set(start, (counts.get(start) ?? 0) + 1);
	}
	return [...counts].reduce((best, one) => (one[1] > best[1] ? one : best))[0];
}

/** Where an item says that its text goes. Without a word at the cursor it says nothing. */
function itemStart(item: CompletionItem, cell: EditedCell): number | undefined {
	const range = item.textEdit?.insert ?? item.textEdit?.range;
	return range === undefined ? undefined : offsetOfPlace(cell.source, placeIn(cell, range.start));
}

function startOfWord(source: string, offset: number): number {
	return offset - /[\p{ID_Continue}$]*$/u.exec(source.slice(0, offset))![0].length;
}

/** The item's text from `start` on; undefined where it does not fit there. */
function insertedText(item: CompletionItem, cell: EditedCell, start: number, offset: number): string | undefined {
	const text = item.textEdit?.newText ?? item.insertText ?? item.label;
	const from = itemStart(item, cell) ?? startOfWord(cell.source, offset);
	if (from === start) return text;
	if (from > start) return cell.source.slice(start, from) + text;
	const before = cell.source.slice(from, start);
	return text.startsWith(before) ? text.slice(before.length) : undefined;
}

/** 0: starts with what was typed; 1: so, in other case; 2: has its letters at starts of words; undefined: no match. */
function rankOf(text: string, typed: string): number | undefined {
	if (text.startsWith(typed)) return 0;
	if (text.toLowerCase().startsWith(typed.toLowerCase())) return 1;
	return hasLetters(text, 0, typed.toLowerCase()) ? 2 : undefined;
}

/** "rfs" in "readFileSync": each letter follows the one before or starts a word. */
function hasLetters(text: string, from: number, letters: string): boolean {
	if (letters === "") return true;
	for (let at = from; at < text.length; at++) {
		const startsWord = at === 0 || /[A-Z]/.test(text[at]!) || /[^\p{L}\p{N}]/u.test(text[at - 1]!);
		const follows = at === from && from > 0;
		if ((startsWord || follows) && text[at]!.toLowerCase() === letters[0] && hasLetters(text, at + 1, letters.slice(1)))
			return true;
	}
	return false;
}

/** `_names` are their owner's business, unless they are asked for. */
function isInner(text: string, typed: string): boolean {
	return text.startsWith("_") && !typed.startsWith("_");
}

function compare(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}

/** TypeScript's own words about a name, on one line: `const x: number`. */
async function describeItem(
	server: LanguageServer,
	item: CompletionItem,
	behindNew: boolean,
): Promise<string | undefined> {
	if (item.data === undefined) return undefined;
	try {
		const { detail } = await server.request<CompletionItem>("completionItem/resolve", item);
		// The first of several overloads or meanings.
		const first = readable(detail ?? "").split(/\n(?=function |namespace |interface |class |type |\/\/ \+)/)[0]!;
		const text = first.replaceAll(/\s+/g, " ").trim();
		// Behind `new`, while the brackets are missing, the server says this of whatever it does not know to be a class.
		if (behindNew && /\(\)(: any| => any)$/.test(text)) return undefined;
		return text === "" ? undefined : text.length > signatureWidth ? `${text.slice(0, signatureWidth)}…` : text;
	} catch {
		// The list is useful without it.
		return undefined;
	}
}

const declaredKinds = /^(class|constructor|function|enum|interface|type|namespace|module) /;

/** A name from an earlier cell is an alias to the server: what it stands for is in its description. */
function kindOf(item: CompletionItem, description: string | undefined): string {
	const declared = declaredKinds.exec(description ?? "")?.[1];
	if (kinds[item.kind ?? 1] === "variable" && declared !== undefined)
		return { namespace: "module", constructor: "class" }[declared] ?? declared;
	return kinds[item.kind ?? 1] ?? "text";
}

/** The offset of a character of the identifier that the cursor touches. */
export function wordAt(source: string, offset: number): number | undefined {
	const part = /[\p{ID_Continue}$]/u;
	if (part.test(source[offset] ?? "")) return offset;
	return part.test(source[offset - 1] ?? "") ? offset - 1 : undefined;
}

/** `["model", "weight"]` where the cursor touches `weight` of `model.weight`; undefined where something else is before it. */
export function pathAt(source: string, offset: number): string[] | undefined {
	const at = wordAt(source, offset);
	if (at === undefined) return undefined;
	const end = at + /^[\p{ID_Continue}$]*/u.exec(source.slice(at))![0].length;
	const path =
		/(?<![\p{ID_Continue}$.)\]"'`])[\p{ID_Start}$_][\p{ID_Continue}$]*(?:\.[\p{ID_Start}$_][\p{ID_Continue}$]*)*$/u.exec(
			source.slice(0, end),
		);
	return path?.[0].split(".");
}

/** The names before the dot in front of the cursor, where what stands there is code: `["user", "address"]` of `user.address.c`. */
export async function objectBefore(
	server: LanguageServer,
	cell: EditedCell,
	cursor: number,
): Promise<{ path: string[]; typed: string } | undefined> {
	const written = cell.source.slice(0, offsetOfCursor(cell.source, cursor));
	const [, names, typed] = members.exec(written) ?? [];
	if (names === undefined || typed === undefined) return undefined;
	const path = names.match(/[\p{ID_Continue}$]+/gu)!;
	// In a string or a comment TypeScript knows of no name.
	const start = written.length - typed.length - names.length;
	return (await hover(server, cell, start)) === undefined ? undefined : { path, typed };
}

/** `a.b?.` and what follows the last dot. */
const members =
	/(?<![\p{ID_Continue}$.)\]"'`])([\p{ID_Start}$_][\p{ID_Continue}$]*(?:!?\??\.[\p{ID_Start}$_][\p{ID_Continue}$]*)*!?\??\.)([\p{ID_Continue}$]*)$/u;

export function hover(server: LanguageServer, cell: EditedCell, offset: number): Promise<string | undefined> {
	return hoverAt(server, cell, positionIn(cell, offset));
}

export async function hoverAt(
	server: LanguageServer,
	cell: EditedCell,
	position: { line: number; character: number },
): Promise<string | undefined> {
	const answer = await server.ask<{ contents: { value: string } | string } | null>(
		"textDocument/hover",
		cell.document,
		{ position },
	);
	const text = typeof answer?.contents === "string" ? answer.contents : answer?.contents.value;
	// Of a name that is not there TypeScript says that it may be anything.
	if (text === undefined || text.trim() === "" || plain(text) === "any" || text.includes("/*unresolved*/"))
		return undefined;
	return readable(text).trim();
}

/** Without what only our documents bring in. */
export function readable(text: string): string {
	return text
		.replaceAll(
			/import\("(?:[^"]*gradbook-[^"]*|gradbook(?:\/\w+)?|[^"]*\/dist\/(?:engine|kernel)(?:\/[^"]*)?)"\)\./g,
			"",
		)
		.replaceAll(`${hubName}.`, "")
		.replaceAll(/^\(alias\) /gm, "")
		.replaceAll(/\nimport [^\n]*(?=\n```)/g, "");
}

/** Markdown as it reads without rendering. */
export function plain(markdown: string): string {
	// Every other part is code, in which a star is a star.
	const parts = normalizeLines(markdown).split(/^```\w*\n?/m);
	return parts
		.map((part, index) => (index % 2 === 0 ? part.replaceAll(/\*([^*\n]+)\*/g, "$1") : part))
		.join("")
		.replaceAll(/\n{3,}/g, "\n\n")
		.trim();
}
