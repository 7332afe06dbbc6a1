import { escapeHtml } from "../../display/escape";
import { mathHtml } from "./math";

/** Targets of `[text][name]` in a text, and where its pictures are. */
export interface Links {
	links: ReadonlyMap<string, string>;
	imageUrl(source: string): string | undefined;
}

/** Takes the definitions `[name]: url` out of a text. */
export function definitionsOf(source: string): { text: string; links: Map<string, string> } {
	const links = new Map<string, string>();
	const text = source.replace(
		/^ {0,3}\[([^\]\n^]+)\]:\s*<?([^\s>]+)>?(?:\s+["'(].*["')])?\s*$/gm,
		(_, name: string, url: string) => {
			links.set(name.toLowerCase(), url);
			return "";
		},
	);
	return { text, links };
}

/** Tags that a text may hold as HTML, each with the attributes it may have. */
const harmless: Record<string, readonly string[]> = {
	...Object.fromEntries(
		"br,sub,sup,kbd,b,i,em,strong,u,s,small,mark,code,pre,p,div,span,center,hr,ul,li"
			.split(",")
			.map((tag) => [tag, []]),
	),
	...Object.fromEntries("table,thead,tbody,tr,figure,figcaption,blockquote,summary".split(",").map((tag) => [tag, []])),
	ol: ["start"],
	td: ["align", "colspan", "rowspan"],
	th: ["align", "colspan", "rowspan"],
	details: ["open"],
	a: ["href", "title", "id", "name"],
	img: ["src", "alt", "title", "width", "height"],
};

const pieces = new RegExp(
	[
		"(?<escaped>\\\\[!-/:-@[-`{-~])",
		"(?<ticks>(?<!`)`+)(?<code>[^`]|[^`][\\s\\S]*?[^`])\\k<ticks>(?!`)",
		"(?<math>\\$\\$[\\s\\S]+?\\$\\$|\\$(?![\\s$])(?:\\\\.|[^$\\\\])*?(?<!\\s)\\$(?!\\d)|\\\\\\([\\s\\S]+?\\\\\\))",
		"<(?<auto>(?:https?://|mailto:)[^\\s<>]+)>",
		"(?<comment><!--[\\s\\S]*?-->)",
		"(?<tag></?[a-zA-Z][a-zA-Z0-9]*(?:\\s+[a-zA-Z-]+(?:\\s*=\\s*(?:\"[^\"]*\"|'[^']*'|[^\\s\"'=<>`]+))?)*\\s*/?>)",
		"(?<image>!?)\\[(?<label>(?:\\\\.|\\[[^\\]]*\\]|[^\\[\\]\\\\])*)\\](?:\\(\\s*<?(?<url>(?:[^\\s()<>]|\\([^\\s()]*\\))*)>?(?:\\s+[\"'(](?<title>[^\"']*)[\"')])?\\s*\\)|\\[(?<name>[^\\]]*)\\])?",
		"(?<url2>https?://[^\\s<>\\[\\]`*]*[^\\s<>\\[\\]`*.,;:!?'\")])",
		"(?<hard> {2,}\\n|\\\\\\n)",
		"(?<strike>~~(?!\\s)(?<struck>[\\s\\S]+?)(?<!\\s)~~)",
	].join("|"),
	"g",
);

/** The inline parts of a text: emphasis, code, formulas, links, pictures, harmless HTML. All else is escaped. */
export function renderInline(text: string, context: Links): string {
	// What is finished is put aside under a mark, so that emphasis, which may span it, sees plain text around it.
	const finished: string[] = [];
	const aside = (html: string): string => `\uE000${finished.push(html) - 1}\uE001`;
	const plain = text.replace(/[\uE000\uE001]/g, "").replace(pieces, (whole, ...args) => {
		const groups = args.at(-1) as Record<string, string | undefined>;
		if (groups.escaped !== undefined) return aside(escapeHtml(whole[1]!));
		if (groups.code !== undefined) return aside(`<code>${escapeHtml(codeText(groups.code))}</code>`);
		if (groups.math !== undefined) return aside(formulaHtml(groups.math));
		if (groups.auto !== undefined) return aside(linkHtml(groups.auto, escapeHtml(groups.auto.replace(/^mailto:/, ""))));
		if (groups.comment !== undefined) return "";
		if (groups.tag !== undefined) return aside(tagHtml(groups.tag, context));
		if (groups.url2 !== undefined) return aside(linkHtml(whole, escapeHtml(whole)));
		if (groups.hard !== undefined) return aside("<br>\n");
		if (groups.struck !== undefined) return aside(`<del>${renderInline(groups.struck, context)}</del>`);
		return linkOrImage(whole, groups, context, aside);
	});
	const html = emphasis(escapeHtml(plain));
	return html.replace(/\uE000(\d+)\uE001/g, (_, index: string) => finished[Number(index)]!);
}

function linkOrImage(
	whole: string,
	{ image, label = "", url, title, name }: Record<string, string | undefined>,
	context: Links,
	aside: (html: string) => string,
): string {
	const target = url ?? context.links.get((name || label).toLowerCase());
	// No link: the brackets are text, and what is inside them may be more than text.
	if (target === undefined)
		return `${image}${aside("[")}${aside(renderInline(label, context))}${aside(whole.slice((image?.length ?? 0) + label.length + 1))}`;
	if (image === "!") return aside(imageHtml(target, label, title, context));
	return aside(linkHtml(target, renderInline(label, context), title));
}

function codeText(code: string): string {
	const line = code.replace(/\n/g, " ");
	return /^ .*[^ ].* $/.test(line) ? line.slice(1, -1) : line;
}

function formulaHtml(source: string): string {
	const display = source.startsWith("$$");
	return mathHtml(display || source.startsWith("\\(") ? source.slice(2, -2) : source.slice(1, -1), display);
}

function linkHtml(url: string, content: string, title?: string): string {
	if (!isSafe(url)) return content;
	return `<a href="${escapeHtml(url)}"${title ? ` title="${escapeHtml(title)}"` : ""}>${content}</a>`;
}

function imageHtml(source: string, alt: string, title: string | undefined, context: Links, size = ""): string {
	const url = context.imageUrl(source);
	const text = escapeHtml(alt === "" ? source : alt);
	if (url === undefined) return isSafe(source) ? `<a href="${escapeHtml(source)}">${text}</a>` : text;
	return `<img src="${escapeHtml(url)}" alt="${escapeHtml(alt)}"${title ? ` title="${escapeHtml(title)}"` : ""}${size}>`;
}

function tagHtml(tag: string, context: Links): string {
	const [, slash, rawName] = /^<(\/?)([a-zA-Z0-9]+)/.exec(tag)!;
	const name = rawName!.toLowerCase();
	const allowed = harmless[name];
	if (allowed === undefined) return escapeHtml(tag);
	if (slash === "/") return `</${name}>`;
	const attributes = new Map<string, string>();
	for (const [, key, a, b, c] of tag.matchAll(/\s([a-zA-Z-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?/g)) {
		if (allowed.includes(key!.toLowerCase())) attributes.set(key!.toLowerCase(), a ?? b ?? c ?? "");
	}
	if (name === "img") {
		const size = ["width", "height"].map((side) =>
			attributes.has(side) ? ` ${side}="${escapeHtml(attributes.get(side)!)}"` : "",
		);
		return imageHtml(
			attributes.get("src") ?? "",
			attributes.get("alt") ?? "",
			attributes.get("title"),
			context,
			size.join(""),
		);
	}
	const written = [...attributes].filter(([key, value]) => key !== "href" || isSafe(value));
	return `<${name}${written.map(([key, value]) => ` ${key}="${escapeHtml(value)}"`).join("")}>`;
}

/** Web addresses, files and places in the page; nothing that runs. */
function isSafe(url: string): boolean {
	// Browsers skip white space and control characters when they look for the scheme.
	// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
	const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url.replace(/[\u0000-\u0020\u007f]/g, ""))?.[1];
	return scheme === undefined || /^(https?|mailto)$/i.test(scheme);
}

/** `**strong**`, `*emphasis*` and both with underscores, which count only at the edges of words. */
function emphasis(text: string): string {
	const inner = (content: string): string => emphasis(content);
	return text
		.replace(/\*\*(?=\S)([\s\S]*?[^\s*]\**)\*\*(?!\*)/g, (_, content: string) => `<strong>${inner(content)}</strong>`)
		.replace(
			/(?<![\p{L}\p{N}_])__(?=\S)([\s\S]*?\S)__(?![\p{L}\p{N}_])/gu,
			(_, content: string) => `<strong>${inner(content)}</strong>`,
		)
		.replace(/\*(?=[^\s*])([^*]*?[^\s*])\*/g, (_, content: string) => `<em>${content}</em>`)
		.replace(
			/(?<![\p{L}\p{N}_])_(?=[^\s_])([^_]*?[^\s_])_(?![\p{L}\p{N}_])/gu,
			(_, content: string) => `<em>${content}</em>`,
		);
}
