import { escapeHtml } from "../../display/escape";

/** What a page knows beside the text: pictures attached to the cell or lying beside the notebook, as data URLs. */
export interface Pictures {
	/** The URL that a picture is to have; undefined for one that cannot be had without a network. */
	imageUrl(source: string): string | undefined;
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

const value = `\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s"'=<>\`]+))`;
const pieces = new RegExp(`<!--[\\s\\S]*?-->|</?[a-zA-Z][a-zA-Z0-9]*(?:\\s+[a-zA-Z-]+(?:${value})?)*\\s*/?>|<`, "g");

/** A text's own HTML, with what could run or load something shown as text. Comments are left out. */
export function harmlessHtml(source: string, pictures: Pictures): string {
	return source.replace(pieces, (piece) => {
		if (piece.startsWith("<!--")) return "";
		return piece === "<" ? "&lt;" : tagHtml(piece, pictures);
	});
}

function tagHtml(tag: string, pictures: Pictures): string {
	const [, slash, rawName] = /^<(\/?)([a-zA-Z0-9]+)/.exec(tag)!;
	const name = rawName!.toLowerCase();
	const allowed = harmless[name];
	if (allowed === undefined) return escapeHtml(tag);
	if (slash === "/") return `</${name}>`;
	const attributes = new Map<string, string>();
	for (const [, key, a, b, c] of tag.matchAll(new RegExp(`\\s([a-zA-Z-]+)(?:${value})?`, "g"))) {
		if (allowed.includes(key!.toLowerCase())) attributes.set(key!.toLowerCase(), a ?? b ?? c ?? "");
	}
	if (name === "img") return imageHtml(attributes, pictures);
	const written = [...attributes].filter(([key, text]) => key !== "href" || isSafe(text));
	return `<${name}${written.map(attributeHtml).join("")}>`;
}

/** A picture, or a link to one that the page cannot have. */
export function imageHtml(attributes: ReadonlyMap<string, string>, { imageUrl }: Pictures): string {
	const [source, alt] = [attributes.get("src") ?? "", attributes.get("alt") ?? ""];
	const url = imageUrl(source);
	const text = escapeHtml(alt === "" ? source : alt);
	if (url === undefined) return isSafe(source) ? `<a href="${escapeHtml(source)}">${text}</a>` : text;
	const others = [...attributes].filter(([key]) => key !== "src" && key !== "alt");
	return `<img src="${escapeHtml(url)}" alt="${escapeHtml(alt)}"${others.map(attributeHtml).join("")}>`;
}

function attributeHtml([key, text]: readonly [string, string]): string {
	return ` ${key}="${escapeHtml(text)}"`;
}

/** Web addresses, files and places in the page; nothing that runs. */
export function isSafe(url: string): boolean {
	// Browsers skip white space and control characters when they look for the scheme.
	// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
	const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url.replace(/[\u0000-\u0020\u007f]/g, ""))?.[1];
	return scheme === undefined || /^(https?|mailto)$/i.test(scheme);
}
