import MarkdownIt = require("markdown-it");

import { escapeHtml } from "../../display/escape";
import { harmlessHtml, imageHtml, isSafe, type Pictures } from "./harmless";
import { highlight } from "./highlight";
import { mathHtml } from "./math";

/*
 * Markdown cells as HTML, by markdown-it: CommonMark with GitHub's tables, and what Jupyter adds, formulas. Of HTML only
 * what is harmless is left.
 */

/** What the rules of one text share. */
type Env = { pictures: Pictures };

export function renderMarkdown(source: string, pictures: Partial<Pictures> = {}): string {
	const env: Env = { pictures: { imageUrl: (url) => url, ...pictures } };
	const text = source.replace(/\uE000/g, "");
	// A bar in a formula is not the end of a table's cell.
	const marked = text.replace(formulas, (tex) => tex.replaceAll("|", "\uE000"));
	return markdown.render(marked, env).trimEnd().replaceAll("\uE000", "|");
}

/** Formulas between dollars, within a line. */
const formulas = /\$(?![\s$])(?:\\.|[^$\\\n])*?(?<!\s)\$(?!\d)/g;
/** At the place where one may begin: `$$ … $$`, `\[ … \]`, `\( … \)`, or between dollars. */
const formulaHere = new RegExp(`(?:\\$\\$[^]+?\\$\\$|\\\\\\[[^]+?\\\\\\]|\\\\\\([^]+?\\\\\\)|${formulas.source})`, "y");

const markdown = new MarkdownIt({ html: true, linkify: true, highlight: codeHtml });
markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
// Pictures may be inside the notebook; what a link may lead to is looked at again when it is written.
markdown.validateLink = (url) => isSafe(url) || /^(attachment:|data:image\/)/i.test(url);

markdown.inline.ruler.before("escape", "formula", (state, silent) => {
	formulaHere.lastIndex = state.pos;
	const found = formulaHere.exec(state.src)?.[0];
	if (found === undefined) return false;
	if (!silent) {
		const token = state.push("formula", "", 0);
		token.block = found.startsWith("$$") || found.startsWith("\\[");
		token.content = token.block || found.startsWith("\\(") ? found.slice(2, -2) : found.slice(1, -1);
	}
	state.pos = formulaHere.lastIndex;
	return true;
});

/** A formula that stands alone: `$$ … $$` or `\[ … \]`, over any number of lines. */
markdown.block.ruler.before(
	"fence",
	"formula",
	(state, start, end, silent) => {
		const from = state.bMarks[start]! + state.tShift[start]!;
		const open = state.src.slice(from, from + 2);
		if (open !== "$$" && open !== "\\[") return false;
		const close = state.src.indexOf(open === "$$" ? "$$" : "\\]", from + 2);
		let last = start;
		while (last < end && state.eMarks[last]! < close) last++;
		// What follows it in its line belongs to a paragraph, and the formula with it.
		if (close < 0 || last >= end || state.src.slice(close + 2, state.eMarks[last]!).trim() !== "") return false;
		if (silent) return true;
		const token = state.push("formula_block", "", 0);
		token.content = state
			.getLines(start, last + 1, state.tShift[start]!, false)
			.trim()
			.slice(2, -2);
		state.line = last + 1;
		return true;
	},
	{ alt: ["paragraph", "reference", "blockquote", "list"] },
);

const { rules } = markdown.renderer;
rules.formula = (tokens, at) => {
	const { content, block } = tokens[at]!;
	return mathHtml(content.replaceAll("\uE000", "|"), block);
};
rules.formula_block = (tokens, at) => `${mathHtml(tokens[at]!.content.replaceAll("\uE000", "|"), true)}\n`;
rules.html_inline = rules.html_block = (tokens, at, _options, env) =>
	harmlessHtml(tokens[at]!.content, (env as Env).pictures);
rules.code_block = (tokens, at) => codeHtml(tokens[at]!.content, "");
rules.image = (tokens, at, options, env, self) => {
	const token = tokens[at]!;
	const attributes = new Map((token.attrs ?? []).map(([key, text]) => [key, String(text)]));
	attributes.set("alt", self.renderInlineAsText(token.children ?? [], options, env));
	return imageHtml(attributes, (env as Env).pictures);
};
rules.link_open = (tokens, at, options, _env, self) => {
	const token = tokens[at]!;
	if (!isSafe(String(token.attrGet("href") ?? ""))) token.attrs = [];
	return self.renderToken(tokens, at, options);
};
/** Headings can be linked to as JupyterLab links to them: `#Training-loop`. */
rules.heading_open = (tokens, at, options, _env, self) => {
	const id = tokens[at + 1]!.content.replace(/[`*_]/g, "").trim().replace(/\s+/g, "-");
	tokens[at]!.attrSet("id", id);
	return self.renderToken(tokens, at, options);
};

function codeHtml(code: string, language: string): string {
	const typescript = /^(ts|typescript|js|javascript|tsx|jsx|json)$/i.test(language);
	const text = code.replace(/\n$/, "");
	return `<pre><code>${typescript ? highlight(text) : escapeHtml(text)}</code></pre>\n`;
}
