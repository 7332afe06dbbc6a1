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
	/** Whether the last piece of code, comments aside, was a dot: a name follows. */
	let afterDot = false;
	/** Braces open in each template's expression that is open here; the innermost last. */
	const templates: number[] = [];
	const put = (kind: string, text: string) => {
		result += kind === "" ? escapeHtml(text) : `<span class="hl-${kind}">${escapeHtml(text)}</span>`;
		at += text.length;
	};
	const putTemplate = () => {
		const text = templatePart.exec(source.slice(at))![0];
		if (text.endsWith("${")) templates.push(0);
		put("string", text);
		afterValue = !text.endsWith("${");
	};
	while (at < source.length) {
		token.lastIndex = at;
		const match = token.exec(source)!;
		const text = match[0];
		const { comment, string, template, word, number, slash, space } = match.groups!;
		if (comment !== undefined) put("comment", text);
		else if (space !== undefined) put("", text);
		else if (string !== undefined) {
			put("string", text);
			afterValue = true;
		} else if (template !== undefined) putTemplate();
		else if (word !== undefined) {
			const keyword = !afterDot && keywords.has(text);
			put(keyword ? "keyword" : !afterDot && constants.has(text) ? "constant" : "", text);
			afterValue = !keyword || text === "this" || text === "super";
		} else if (number !== undefined) {
			put("number", text);
			afterValue = true;
		} else if (slash !== undefined && !afterValue && pattern.test(source.slice(at))) {
			put("string", pattern.exec(source.slice(at))![0]);
			afterValue = true;
		} else if (text === "}" && templates.at(-1) === 0) {
			templates.pop();
			putTemplate();
		} else {
			if (templates.length > 0 && text === "{") templates[templates.length - 1]!++;
			if (templates.length > 0 && text === "}") templates[templates.length - 1]!--;
			put("", text);
			afterValue = /^[)\]}]$/.test(text);
		}
		// The dots of `...rest` are no access.
		if (comment === undefined && space === undefined) afterDot = text === "." && !source.startsWith("..", at - 2);
	}
	return result;
}

const pattern = /^\/(?![*/])(?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/;

/** A template's text from its backtick, or from the brace that ends an expression in it, to the next of either. */
const templatePart = /^[`}](?:[^`\\$]|\\[\s\S]|\$(?!\{))*(?:`|\$\{|\\?$)/;
