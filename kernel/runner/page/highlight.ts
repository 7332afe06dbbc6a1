import { escapeHtml } from "../../display/escape";

const keywords = new Set(
	(
		"abstract as asserts async await break case catch class const constructor continue debugger declare default delete do " +
		"else enum export extends finally for from function get if implements import in infer instanceof interface is keyof " +
		"let module namespace new of override private protected public readonly return satisfies set static super switch " +
		"this throw try type typeof unique using var void while with yield"
	).split(" "),
);
const constants = new Set(["true", "false", "null", "undefined", "NaN", "Infinity"]);

// In this order: what begins as a comment is no regular expression, what begins as a word is no number.
const token =
	/(?<comment>\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|(?<string>"(?:[^"\\\n]|\\[\s\S])*"?|'(?:[^'\\\n]|\\[\s\S])*'?)|(?<template>`)|(?<word>[\p{ID_Start}$_][\p{ID_Continue}$]*)|(?<number>0[xob][\da-f_]+n?|\d[\d_]*(?:\.[\d_]*)?(?:e[+-]?\d+)?n?|\.\d+(?:e[+-]?\d+)?)|(?<slash>\/)|(?<space>\s+)|(?<other>[\s\S])/giuy;

/** TypeScript as HTML with classes `hl-keyword`, `hl-string`, `hl-comment`, `hl-number`, `hl-constant`. Never fails. */
export function highlight(source: string): string {
	let result = "";
	let at = 0;
	/** Whether a slash here divides: after a value, not after an operator or a keyword. */
	let afterValue = false;
	const put = (kind: string, text: string) => {
		result += kind === "" ? escapeHtml(text) : `<span class="hl-${kind}">${escapeHtml(text)}</span>`;
	};
	while (at < source.length) {
		token.lastIndex = at;
		const match = token.exec(source)!;
		let text = match[0];
		const { comment, string, template, word, number, slash, space } = match.groups!;
		if (comment !== undefined) put("comment", text);
		else if (string !== undefined) put("string", text);
		else if (template !== undefined) {
			text = templateAt(source, at);
			result += templateHtml(text);
		} else if (word !== undefined) {
			const member = /\.\s*$/.test(source.slice(Math.max(0, at - 20), at));
			put(member ? "" : keywords.has(text) ? "keyword" : constants.has(text) ? "constant" : "", text);
		} else if (number !== undefined) put("number", text);
		else if (slash !== undefined && !afterValue) {
			text = /^\/(?![*/])(?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/.exec(source.slice(at))?.[0] ?? "/";
			put(text === "/" ? "" : "string", text);
		} else put("", text);
		if (space === undefined && comment === undefined) {
			afterValue =
				string !== undefined ||
				template !== undefined ||
				number !== undefined ||
				(word !== undefined && (!keywords.has(word) || word === "this" || word === "super")) ||
				/^[)\]}]$/.test(text);
		}
		at += text.length;
	}
	return result;
}

/** A template literal from its first backtick to its last, templates inside its expressions included. */
function templateAt(source: string, start: number): string {
	let depth = 0;
	for (let i = start + 1; i < source.length; i++) {
		const character = source[i];
		if (character === "\\") i++;
		else if (depth === 0 && character === "`") return source.slice(start, i + 1);
		else if (character === "`") i += templateAt(source, i).length - 1;
		else if (character === "$" && source[i + 1] === "{" && depth === 0) {
			depth = 1;
			i++;
		} else if (depth > 0 && character === "{") depth++;
		else if (depth > 0 && character === "}") depth--;
	}
	return source.slice(start);
}

function templateHtml(template: string): string {
	let result = "";
	let rest = template;
	for (;;) {
		const open = /(?<!\\)\$\{/.exec(rest);
		if (open === null) break;
		let depth = 1;
		let end = open.index + 2;
		for (; end < rest.length && depth > 0; end++) {
			if (rest[end] === "`") end += templateAt(rest, end).length - 1;
			else if (rest[end] === "{") depth++;
			else if (rest[end] === "}") depth--;
		}
		result += `<span class="hl-string">${escapeHtml(rest.slice(0, open.index + 2))}</span>`;
		const closed = depth === 0 ? end - 1 : end;
		result += highlight(rest.slice(open.index + 2, closed));
		rest = rest.slice(closed);
	}
	return `${result}<span class="hl-string">${escapeHtml(rest)}</span>`;
}
