import { wordsOf } from "./names";
import { scan } from "./scan";
import { parse } from "./syntax";

/*
 * What is known of a cell by its text alone, while it does not parse.
 */

/** `// @ts-nocheck` and `/// <reference … />` count only on top of a file, before our own line. */
export function leadingPragmas(text: string): string {
	const head = /^(?:\s*(?:\/\/[^\n]*|\/\*[\s\S]*?\*\/))+/.exec(text)?.[0] ?? "";
	return (head.match(/^\s*(?:\/\/\s*@ts-(?:nocheck|check)\b.*|\/\/\/\s*<reference .*)$/gm) ?? [])
		.map((line) => `${line.trim()}\n`)
		.join("");
}

/** Names that a cell declares which is being written: where it does not parse, once more with a word at the cursor. */
export function declaredWhileTyping(text: string, cursor: number): Set<string> {
	for (const attempt of [text, `${text.slice(0, cursor)}x${text.slice(cursor)}`]) {
		const { program, problems } = parse(attempt);
		if (problems.length === 0) return new Set(scan(program).declared.keys());
	}
	return guessDeclared(text);
}

/** Names that a cell which does not parse may declare: better too many than to meet two of a name. */
export function guessDeclared(text: string): Set<string> {
	const names = new Set<string>();
	const single =
		/\b(?:let|const|var|function|class|enum|namespace|interface|type)\s*\*?\s+([\p{ID_Start}$_][\p{ID_Continue}$]*)/gu;
	for (const [, name] of text.matchAll(single)) names.add(name!);
	const several = /\b(?:let|const|var|import)\s*([{[][^=;]*?[}\]])\s*(?:=|from)/g;
	for (const [, pattern] of text.matchAll(several)) for (const word of wordsOf(pattern!)) names.add(word);
	for (const [, name] of text.matchAll(/\bimport\s+(?:type\s+)?(?:\*\s*as\s+)?([\p{ID_Start}$_][\p{ID_Continue}$]*)/gu))
		names.add(name!);
	return names;
}
