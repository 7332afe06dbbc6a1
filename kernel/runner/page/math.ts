import { escapeHtml } from "../../display/escape";

/** What is used of temml, whose types are not found beside its CommonJS file. */
interface Temml {
	renderToString(source: string, options: { displayMode: boolean; throwOnError: boolean; annotate: boolean }): string;
}

/**
 * A formula in TeX as MathML, which browsers draw (and read out) without a script or a font of ours; the TeX is kept
 * beside it, for those who copy it. What is no formula stays as it was written.
 */
export function mathHtml(source: string, display: boolean): string {
	const temml = require("temml") as Temml;
	const tex = source.trim();
	try {
		return temml.renderToString(tex, { displayMode: display, throwOnError: true, annotate: true });
	} catch {
		// Besides its ParseError, TypeErrors: it does not expect what is no TeX at all.
		const tag = display ? "div" : "span";
		return `<${tag} class="math" role="math">${escapeHtml(tex)}</${tag}>`;
	}
}
