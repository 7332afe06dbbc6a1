import { escapeHtml } from "../../display/escape";
import { highlight } from "./highlight";
import { definitionsOf, type Links, renderInline } from "./inline";
import { mathHtml } from "./math";

/*
 * Markdown cells as HTML: CommonMark's blocks, GitHub's tables, and formulas between dollars, as Jupyter has them.
 * Left out: reference definitions over several lines, and HTML beyond a list of harmless tags (the rest is shown as text).
 */

/** What a page knows beside the text: pictures attached to the cell or lying beside the notebook, as data URLs. */
export interface MarkdownOptions {
	/** The URL that a picture is to have; undefined for one that cannot be had without a network. */
	imageUrl?(source: string): string | undefined;
}

export function renderMarkdown(source: string, options: MarkdownOptions = {}): string {
	const { text, links } = definitionsOf(source.replace(/\r\n?/g, "\n").replace(/\t/g, "    "));
	return blocks(text.split("\n"), { links, imageUrl: options.imageUrl ?? ((url) => url) });
}

type Context = Links;

const fence = /^ {0,3}(`{3,}|~{3,})\s*([^\s`]*)[^`]*$/;
const heading = /^ {0,3}(#{1,6})(?:\s+(.*?))?(?:\s+#+)?\s*$/;
const rule = /^ {0,3}(?:(?:\*\s*){3,}|(?:-\s*){3,}|(?:_\s*){3,})$/;
const item = /^( {0,3})([-*+]|\d{1,9}[.)])( +|$)/;
const quote = /^ {0,3}> ?/;
const tableRule = /^ {0,3}\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;
const blank = /^\s*$/;

function blocks(lines: string[], context: Context, tight = false): string {
	const result: string[] = [];
	let at = 0;
	while (at < lines.length) {
		const line = lines[at]!;
		const from = at;
		if (blank.test(line)) at++;
		else if (fence.test(line)) at = fenced(lines, at, result);
		else if (/^ {4}/.test(line)) at = indented(lines, at, result);
		else if (heading.test(line)) {
			const [, marks, text = ""] = heading.exec(line)!;
			result.push(headingHtml(marks!.length, text, context));
			at++;
		} else if (rule.test(line)) {
			result.push("<hr>");
			at++;
		} else if (quote.test(line)) {
			while (at < lines.length && (quote.test(lines[at]!) || (at > from && !startsBlock(lines, at)))) at++;
			const inner = lines.slice(from, at).map((text) => text.replace(quote, ""));
			result.push(`<blockquote>${blocks(inner, context)}</blockquote>`);
		} else if (item.test(line)) at = list(lines, at, context, result);
		else if (/^\s*(\$\$|\\\[)/.test(line)) at = formula(lines, at, result);
		else if (line.includes("|") && tableRule.test(lines[at + 1] ?? "")) at = table(lines, at, context, result);
		else at = paragraph(lines, at, context, tight, result);
	}
	return result.join("\n");
}

/** Whether a line ends the paragraph before it. */
function startsBlock(lines: string[], at: number): boolean {
	const line = lines[at]!;
	const starts = [blank, fence, heading, rule, quote, /^\s*\$\$/];
	// A list may interrupt a paragraph only if it begins at one: "in\n1989. we" is no list.
	const listItem = item.exec(line);
	return starts.some((start) => start.test(line)) || (listItem !== null && /^([-*+]|1[.)])$/.test(listItem[2]!));
}

function fenced(lines: string[], start: number, result: string[]): number {
	const [, marks, language] = fence.exec(lines[start]!)!;
	const close = new RegExp(`^ {0,3}${marks![0]}{${marks!.length},}\\s*$`);
	const indent = /^ */.exec(lines[start]!)![0].length;
	let end = start + 1;
	while (end < lines.length && !close.test(lines[end]!)) end++;
	const code = lines.slice(start + 1, end).map((line) => line.replace(new RegExp(`^ {0,${indent}}`), ""));
	result.push(codeHtml(code.join("\n"), language ?? ""));
	return end + 1;
}

function indented(lines: string[], start: number, result: string[]): number {
	let end = start;
	while (end < lines.length && (/^ {4}/.test(lines[end]!) || blank.test(lines[end]!))) end++;
	const code = lines.slice(start, end).map((line) => line.slice(4));
	result.push(codeHtml(code.join("\n").trimEnd(), ""));
	return end;
}

function codeHtml(code: string, language: string): string {
	const typescript = /^(ts|typescript|js|javascript|tsx|jsx|json)$/i.test(language);
	return `<pre><code>${typescript ? highlight(code) : escapeHtml(code)}</code></pre>`;
}

/** Headings can be linked to as JupyterLab links to them: `#Training-loop`. */
function headingHtml(level: number, text: string, context: Context): string {
	const id = text.replace(/[`*_]/g, "").trim().replace(/\s+/g, "-");
	return `<h${level} id="${escapeHtml(id)}">${renderInline(text, context)}</h${level}>`;
}

function list(lines: string[], start: number, context: Context, result: string[]): number {
	const kind = item.exec(lines[start]!)![2]!;
	const ordered = /\d/.test(kind);
	const same = (line: string): RegExpExecArray | null => {
		const match = item.exec(line);
		return match !== null && match[2]!.at(-1) === kind.at(-1) && /\d/.test(match[2]!) === ordered ? match : null;
	};
	const items: string[][] = [];
	let loose = false;
	let at = start;
	while (at < lines.length) {
		const match = rule.test(lines[at]!) ? null : same(lines[at]!);
		if (match === null) break;
		const offset = match[1]!.length + match[2]!.length + Math.min(4, Math.max(1, match[3]!.length));
		const inner = [lines[at]!.slice(offset)];
		at++;
		while (at < lines.length) {
			const line = lines[at]!;
			if (blank.test(line)) {
				const next = lines.slice(at).findIndex((other) => !blank.test(other));
				const following = next < 0 ? "" : lines[at + next]!;
				if (!/^ *\S/.test(following) || indentOf(following) < offset) break;
				inner.push("");
			} else if (indentOf(line) >= offset) inner.push(line.slice(offset));
			else if (item.test(line) || startsBlock(lines, at)) break;
			else inner.push(line.trimStart());
			at++;
		}
		items.push(inner);
		const gap = lines.slice(at).findIndex((line) => !blank.test(line));
		if (inner.includes("")) loose = true;
		if (gap > 0 && same(lines[at + gap]!) !== null) {
			loose = true;
			at += gap;
		}
	}
	const first = ordered ? Number.parseInt(kind, 10) : 1;
	const open = ordered ? (first === 1 ? "<ol>" : `<ol start="${first}">`) : "<ul>";
	result.push(
		`${open}${items.map((inner) => `<li>${blocks(inner, context, !loose)}</li>`).join("")}</${ordered ? "ol" : "ul"}>`,
	);
	return at;
}

function indentOf(line: string): number {
	return /^ */.exec(line)![0].length;
}

/** A formula that stands alone: `$$ … $$` or `\[ … \]`, over any number of lines. */
function formula(lines: string[], start: number, result: string[]): number {
	const closing = lines[start]!.trimStart().startsWith("$$") ? "$$" : "\\]";
	let end = start;
	let text = lines[start]!.trimStart().slice(2);
	while (!text.includes(closing) && end + 1 < lines.length) text += `\n${lines[++end]!}`;
	const close = text.indexOf(closing);
	const content = close < 0 ? text : text.slice(0, close);
	result.push(mathHtml(content, true));
	const rest = close < 0 ? "" : text.slice(close + 2).trim();
	if (rest !== "") result.push(`<p>${escapeHtml(rest)}</p>`);
	return end + 1;
}

function table(lines: string[], start: number, context: Context, result: string[]): number {
	const cells = (line: string): string[] => {
		const trimmed = line
			.trim()
			.replace(/^\|/, "")
			.replace(/(?<!\\)\|$/, "");
		// Neither an escaped bar nor one inside code or a formula parts two cells.
		return (trimmed.match(/(?:\\.|`[^`]*`|\$[^$]*\$|[^|\\`$]|[`$])*(?:\||$)/g) ?? [])
			.slice(0, -1)
			.map((cell) => cell.replace(/\|$/, "").replace(/\\\|/g, "|").trim());
	};
	const heads = cells(lines[start]!);
	const align = cells(lines[start + 1]!).map((cell) =>
		/^:-+:$/.test(cell) ? "center" : /-:$/.test(cell) ? "right" : "left",
	);
	let end = start + 2;
	while (end < lines.length && !startsBlock(lines, end)) end++;
	const row = (texts: string[], tag: string) =>
		`<tr>${heads.map((_, i) => `<${tag} style="text-align:${align[i] ?? "left"}">${renderInline(texts[i] ?? "", context)}</${tag}>`).join("")}</tr>`;
	const body = lines.slice(start + 2, end).map((line) => row(cells(line), "td"));
	result.push(`<table><thead>${row(heads, "th")}</thead><tbody>${body.join("")}</tbody></table>`);
	return end;
}

function paragraph(lines: string[], start: number, context: Context, tight: boolean, result: string[]): number {
	let end = start + 1;
	let level = 0;
	while (end < lines.length) {
		const line = lines[end]!;
		if (/^ {0,3}(=+|-+)\s*$/.test(line)) {
			level = line.includes("=") ? 1 : 2;
			break;
		}
		if (startsBlock(lines, end)) break;
		end++;
	}
	const text = lines
		.slice(start, end)
		.map((line) => line.trimStart())
		.join("\n")
		.trimEnd();
	if (level > 0) {
		result.push(headingHtml(level, text, context));
		return end + 1;
	}
	const content = renderInline(text, context);
	// A block of HTML (`<details>`, `<table>`) is no paragraph, nor is the only text of a tight list's item.
	result.push(
		tight || /^<\/?(details|summary|div|table|p|figure|center|ul|ol)\b/i.test(content) ? content : `<p>${content}</p>`,
	);
	return end;
}
