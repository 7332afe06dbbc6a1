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

/** Of overloads the first that has its options by their own name, and no other ways to give them. */
function bestOf(labels: readonly string[]): string | undefined {
	const rank = (label: string) =>
		(/\bOmit<|\bargs_\d|\bnamed: | & \{/.test(label) ? 2 : 0) + (/\boptions\??: /.test(label) ? 0 : 1);
	return [...labels].sort((a, b) => rank(a) - rank(b))[0];
}

/** Long types of types lose their inside. */
function shortened(label: string): string {
	let text = label;
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

/** What the options object of a call takes, with what is said of each. */
async function optionsOf(server: LanguageServer, cell: EditedCell, call: string, label: string): Promise<string[]> {
	const names = parametersIn(label);
	const place = names.findIndex((name) => name.replace("?", "") === "options");
	if (place < 0) return [];
	const answer = await server.ask<{ items: CompletionItem[] } | CompletionItem[] | null>(
		"textDocument/completion",
		cell.document,
		{
			position: behind(server, cell, `${call}(${"undefined!, ".repeat(place)}{ `),
			context: { triggerKind: 1 },
		},
	);
	const fields = (Array.isArray(answer) ? answer : (answer?.items ?? [])).filter(
		({ kind }) => kind === 5 || kind === 10,
	);
	const inPlace = new Set(names.slice(0, place));
	const given = fields.filter((item) => !inPlace.has(item.label.replace("?", "")));
	if (given.length > mostOptions) return [];
	const said = await Promise.all(
		given.map(async (item) => {
			const { detail = "", documentation } = await server.request<
				CompletionItem & { documentation?: string | { value: string } }
			>("completionItem/resolve", item);
			const text = (typeof documentation === "string" ? documentation : documentation?.value) ?? "";
			const type = /^[^:]*: ([\s\S]*)$/
				.exec(readable(detail))?.[1]
				?.replace(/ \| undefined$/, "")
				.replaceAll(/\s+/g, " ");
			const short = type === undefined || type.length > 60 ? "" : ` ${type}.`;
			const line = `- \`${item.label.replace("?", "")}\`:${short} ${text.replaceAll(/\s+/g, " ")}`.trimEnd();
			return { line, text };
		}),
	);
	// Names and types alone are in the signature.
	return said.every(({ text }) => text === "") ? [] : said.map(({ line }) => line);
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
