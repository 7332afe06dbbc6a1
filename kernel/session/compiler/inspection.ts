import type { MimeBundle } from "../../display/mime";
import { offsetOfCursor } from "../text";
import {
	type CompletionItem,
	type EditedCell,
	hover,
	hoverAt,
	pathAt,
	plain,
	positionIn,
	readable,
	wordAt,
} from "./editing";
import type { LanguageServer } from "./server";

/*
 * What stands at the cursor, for people: the language server's words, with what a class is made of, the parameters by their
 * names where types list all the ways to give them, and the options with what is said of each.
 */

/** What stands at the cursor, or the call whose arguments are being written. */
export async function inspectCell(
	server: LanguageServer,
	cell: EditedCell,
	cursor: number,
): Promise<MimeBundle | undefined> {
	const offset = offsetOfCursor(cell.source, cursor);
	const word = wordAt(cell.source, offset);
	const callee = calleeBefore(cell.source, offset);
	const text =
		(word === undefined ? undefined : await explained(server, cell, word)) ??
		(callee === undefined ? undefined : await explained(server, cell, callee, true)) ??
		(await signature(server, cell, offset)) ??
		(await hoverBefore(server, cell, offset));
	if (text === undefined) return undefined;
	return { "text/plain": plain(text), "text/markdown": text };
}

/** The last character of the name whose call's arguments are being written: of `conv` in `f(1); new nn.conv(a, (b), |`. */
function calleeBefore(source: string, offset: number): number | undefined {
	let open = 0;
	for (let at = offset - 1; at >= 0; at--) {
		const character = source[at]!;
		if (")]}".includes(character)) open++;
		else if ("([{".includes(character) && open-- === 0) {
			if (character !== "(") return undefined;
			const end = source.slice(0, at).trimEnd().length;
			return wordAt(source, end) === end - 1 ? end - 1 : undefined;
		}
	}
	return undefined;
}

const codeBlock = /^```\w*\n([\s\S]*?)\n```\n?([\s\S]*)$/;
/** What scripts/document-types.mjs puts first: `cat(tensors, dim?)`. */
const parametersLine = /^`([\w$]+\(.*\))`\s*/;
/** Types that list the ways to give the parameters. */
const allWays = /\bNamed<|\bBy<|\bnamed: |\bargs_\d/;

/**
 * The server's words about the name at `at`, with what a class is made of and the options. Of a call undefined where nothing
 * is said beyond types: a signature then knows the overload that the arguments so far are for.
 */
async function explained(
	server: LanguageServer,
	cell: EditedCell,
	at: number,
	called = false,
): Promise<string | undefined> {
	const path = pathAt(cell.source, at)?.join(".");
	let text = await hover(server, cell, at);
	// Behind `new` only the constructor is shown, of which nothing is said.
	if (path !== undefined && /^```\w*\n(?:constructor |const [\w$]+: new )/.test(text ?? "")) {
		const { line, character } = behind(server, cell, path);
		text = (await hoverAt(server, cell, { line, character: character - 1 })) ?? text;
	}
	const [, code, said] = codeBlock.exec(text ?? "") ?? [];
	if (code === undefined || said === undefined) return called ? undefined : text;
	const [line, parameters] = parametersLine.exec(said) ?? [];
	const rest = line === undefined ? said : said.slice(line.length);
	const isClass = /^(abstract )?class |^const [\w$]+: [\w$.]*Constructor$/.test(code);
	if (called && line === undefined && rest.trim() === "") return undefined;

	let shown = code;
	if (parameters !== undefined && allWays.test(code)) {
		const owner = /^\((?:method|property)\) ([\w$.]+\.)/.exec(code)?.[1] ?? "";
		const result = /(?:=>|\):) ([\w$.]+(?:\[\])?)\)?$/.exec(code)?.[1];
		shown = `${owner}${parameters}${result === undefined ? "" : `: ${result}`}`;
	}
	let options: string[] = [];
	if (path !== undefined && (isClass || /^(function|const|\(method\)) /.test(code))) {
		const call = isClass ? `new ${path}` : path;
		const best = bestOf(await signaturesOf(server, cell, `${call}(`));
		if (isClass && best !== undefined && parametersIn(best).length > 0) shown += `\nnew ${shortened(readable(best))}`;
		if (best !== undefined) options = await optionsOf(server, cell, call, best);
	}
	if (called && !isClass && line === undefined && options.length === 0) return undefined;
	const listed = options.length === 0 ? "" : `\n\nOptions:\n${options.join("\n")}`;
	return `\`\`\`typescript\n${shown}\n\`\`\`\n${rest}${listed}`.trim();
}

/** Whether it is one of the ways to give options in place, or parameters by name. */
function isUnreadable(label: string): boolean {
	return /\bOmit<|\bargs_\d|\bnamed: | & \{/.test(label);
}

/** Of overloads the first that has its options by their own name, and no other ways to give them. */
function bestOf(labels: readonly string[]): string | undefined {
	const rank = (label: string) => (isUnreadable(label) ? 2 : 0) + (/\boptions\??: /.test(label) ? 0 : 1);
	return [...labels].sort((a, b) => rank(a) - rank(b))[0];
}

/** Long types of types lose their inside. */
function shortened(label: string): string {
	let text = label.replaceAll(/(\?: [\w$.]+) \| undefined/g, "$1");
	for (let before = ""; text !== before && text.length > 160; ) {
		before = text;
		text = text.replace(/<(?!…>)(?:[^<>]|<…>)*>/, "<…>");
	}
	return text;
}

/** `["inFeatures", "options?"]`. */
function parametersIn(label: string): string[] {
	const names: string[] = [];
	let open = 0;
	for (const [at, character] of [...label].entries()) {
		if ("(<[{".includes(character)) open++;
		else if (")]}".includes(character) || (character === ">" && label[at - 1] !== "=")) open--;
		if (open === 1 && (character === "(" || character === ",")) {
			const name = /^[(,]\s*(?:\.\.\.)?([\w$]+\??):/.exec(label.slice(at))?.[1];
			if (name !== undefined) names.push(name);
		}
	}
	return names;
}

interface SignatureHelp {
	signatures: { label: string; documentation?: string | { value: string } }[];
	activeSignature?: number;
}

/** The signatures of a call that is written behind the cell. */
async function signaturesOf(server: LanguageServer, cell: EditedCell, call: string): Promise<string[]> {
	const help = await server.ask<SignatureHelp | null>("textDocument/signatureHelp", cell.document, {
		position: behind(server, cell, call),
		context: { triggerKind: 1, isRetrigger: false },
	});
	return (help?.signatures ?? []).map(({ label }) => label);
}

const mostOptions = 24;

interface Field {
	name: string;
	/** Its type, on one line; undefined where it is long. */
	type: string | undefined;
	said: string;
}

/** What the options object of a call takes. `inPlace`: the names of the parameters before it. */
async function fieldsOf(
	server: LanguageServer,
	cell: EditedCell,
	call: string,
	label: string,
): Promise<{ inPlace: string[]; fields: Field[] }> {
	const names = parametersIn(label).map((name) => name.replace("?", ""));
	const place = names.indexOf("options");
	const inPlace = names.slice(0, place);
	if (place < 0) return { inPlace: names, fields: [] };
	const items = await completionsBehind(server, cell, `${call}(${"undefined!, ".repeat(place)}{ `);
	const given = items.filter(({ kind, label: name }) => (kind === 5 || kind === 10) && !inPlace.includes(nameOf(name)));
	if (given.length > mostOptions) return { inPlace, fields: [] };
	const fields = given.map(async (item): Promise<Field> => {
		const resolved = await server.request<CompletionItem & { documentation?: string | { value: string } }>(
			"completionItem/resolve",
			item,
		);
		const { detail = "", documentation } = resolved;
		const text = (typeof documentation === "string" ? documentation : documentation?.value) ?? "";
		const type = /^[^:]*: ([\s\S]*)$/.exec(readable(detail))?.[1]?.replace(/ \| undefined$/, "");
		const short = type?.replaceAll(/\s+/g, " ");
		return {
			name: nameOf(item.label),
			type: short === undefined || short.length > 60 ? undefined : short,
			said: text.replaceAll(/\s+/g, " "),
		};
	});
	// What nearly every layer takes comes last.
	const isCommon = ({ name }: Field) => Number(name === "device" || name === "dtype");
	return { inPlace, fields: (await Promise.all(fields)).sort((a, b) => isCommon(a) - isCommon(b)) };
}

const nameOf = (label: string) => label.replace("?", "");

async function completionsBehind(server: LanguageServer, cell: EditedCell, code: string): Promise<CompletionItem[]> {
	return completionsAt(server, cell, behind(server, cell, code));
}

async function completionsAt(
	server: LanguageServer,
	cell: EditedCell,
	position: { line: number; character: number },
): Promise<CompletionItem[]> {
	const answer = await server.ask<{ items: CompletionItem[] } | CompletionItem[] | null>(
		"textDocument/completion",
		cell.document,
		{ position, context: { triggerKind: 1 } },
	);
	return Array.isArray(answer) ? answer : (answer?.items ?? []);
}

/** The options of a call, each on a line with what is said of it. */
async function optionsOf(server: LanguageServer, cell: EditedCell, call: string, label: string): Promise<string[]> {
	const { fields } = await fieldsOf(server, cell, call, label);
	// Names and types alone are in the signature.
	if (fields.every(({ said }) => said === "")) return [];
	return fields.map(({ name, type, said }) =>
		`- \`${name}\`:${type === undefined ? "" : ` ${type}.`} ${said}`.trimEnd(),
	);
}

/**
 * How a function or class of the engine is called whose arguments stand at an offset: `cat(tensors, dim?)`. `any`: also one of
 * others.
 */
export async function callAt(
	server: LanguageServer,
	cell: EditedCell,
	offset: number,
	any: boolean,
): Promise<string | undefined> {
	const callee = calleeBefore(cell.source, offset);
	if (callee === undefined) return undefined;
	const text = await hover(server, cell, callee);
	const parameters = parametersLine.exec(codeBlock.exec(text ?? "")?.[2] ?? "")?.[1];
	if (parameters !== undefined) return parameters;
	const call = callOf(cell.source, callee);
	if (call === undefined) return undefined;
	const labels = await signaturesOf(server, cell, `${call}(`);
	const best = bestOf(labels);
	if (best === undefined || (!any && !/\btorch\./.test(best))) return undefined;
	// Of functions of others there may be several ways that have nothing in common.
	const told = /\btorch\./.test(best) ? [best] : labels.filter((label) => !isUnreadable(label)).slice(0, shownWays);
	const written = told
		.filter((label) => parametersIn(label).length > 0)
		.map((label) => shortened(readable(label)).replaceAll("torch.nn.", "").replaceAll("torch.", ""))
		.map((label) => (call.startsWith("new ") ? `new ${label.replace(/\): [\w.]+(?:<.*>)?$/, ")")}` : label));
	return written.length === 0 ? undefined : written.join(", or ");
}

const shownWays = 3;

/** What stands before the brackets of a call, with its `new`. */
function callOf(source: string, callee: number): string | undefined {
	const path = pathAt(source, callee)?.join(".");
	if (path === undefined) return undefined;
	return /\bnew\s+$/.test(source.slice(0, callee + 1 - path.length)) ? `new ${path}` : path;
}

/** Options of the call whose arguments stand at an offset, as far as they can be given by name, with their types. */
export async function optionsAt(
	server: LanguageServer,
	cell: EditedCell,
	offset: number,
): Promise<Map<string, string | undefined> | undefined> {
	const callee = calleeBefore(cell.source, offset);
	const call = callee === undefined ? undefined : callOf(cell.source, callee);
	if (call === undefined) return undefined;
	const best = bestOf(await signaturesOf(server, cell, `${call}(`));
	if (best === undefined) return undefined;
	const { inPlace, fields } = await fieldsOf(server, cell, call, best);
	if (fields.length === 0) return undefined;
	return new Map([
		...inPlace.map((name) => [name, undefined] as const),
		...fields.map(({ name, type }) => [name, type] as const),
	]);
}

const ownModules = ["gradbook", "gradbook/display", "gradbook/vision", "gradbook/metrics"];

/** What each of our modules exports, asked for once. */
const exported = new WeakMap<LanguageServer, Map<string, ReadonlySet<string>>>();

/** The module of our package that exports a name. */
export async function exporterOf(server: LanguageServer, cell: EditedCell, name: string): Promise<string | undefined> {
	const known = exported.get(server) ?? new Map<string, ReadonlySet<string>>();
	exported.set(server, known);
	for (const module of ownModules) {
		if (!known.has(module)) {
			const { line } = behind(server, cell, `import { } from "${module}"`);
			const items = await completionsAt(server, cell, { line, character: ";import { ".length });
			known.set(module, new Set(items.map((item) => item.label)));
		}
		if (known.get(module)!.has(name)) return module;
	}
	return undefined;
}

/** Writes code behind the cell; where it ends. The next question about the document begins by writing it anew. */
function behind(server: LanguageServer, cell: EditedCell, code: string): { line: number; character: number } {
	server.put(cell.document, `${cell.text}\n;${code}`);
	return { line: cell.text.split("\n").length, character: code.length + 1 };
}

async function signature(server: LanguageServer, cell: EditedCell, offset: number): Promise<string | undefined> {
	server.put(cell.document, cell.text);
	const help = await server.ask<SignatureHelp | null>("textDocument/signatureHelp", cell.document, {
		position: positionIn(cell, offset),
		context: { triggerKind: 1, isRetrigger: false },
	});
	const active = help?.signatures[help.activeSignature ?? 0];
	if (help === null || active === undefined) return undefined;
	const others = help.signatures.length - 1;
	const documentation = typeof active.documentation === "string" ? active.documentation : active.documentation?.value;
	const more = others > 0 ? ` // and ${others} more ${others === 1 ? "overload" : "overloads"}` : "";
	return readable(`\`\`\`typescript\n${active.label}${more}\n\`\`\`\n${documentation ?? ""}`).trim();
}

/** `f(…)` with the cursor behind it: the last identifier of its line. */
async function hoverBefore(server: LanguageServer, cell: EditedCell, offset: number): Promise<string | undefined> {
	const line = /[^\n\r]*$/.exec(cell.source.slice(0, offset))![0];
	const last = [...line.matchAll(/[\p{ID_Start}$_][\p{ID_Continue}$]*/gu)].at(-1);
	return last === undefined ? undefined : hover(server, cell, offset - line.length + last.index);
}
