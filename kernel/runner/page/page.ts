import { readFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { escapeHtml, scriptJson } from "../../display/escape";
import { plotlyMimeType } from "../../display/figure/figure";
import { browserScript, plotlyFileFor, plotlyPath } from "../../labextension/bundle";
import type { Bundle, Cell, CellOutput, CodeCell, Notebook, TextCell } from "../notebook";
import { ansiToHtml } from "./ansi";
import { highlight } from "./highlight";
import { renderMarkdown } from "./markdown";
import { mathHtml } from "./math";
import { pageStyle } from "./style";

export interface PageOptions {
	/** The notebook's file: its name is the title where no heading is, pictures are looked for beside it. */
	file: string;
}

/** Forms of an output that a page shows, best first. */
const preferred = [
	plotlyMimeType,
	"text/html",
	"image/svg+xml",
	"text/markdown",
	"text/latex",
	"image/png",
	"image/jpeg",
	"image/gif",
	"image/webp",
	"application/json",
	"text/plain",
];

/**
 * A notebook as one HTML page that needs no network: pictures, styles and (once, where a figure needs it) plotly.js are
 * inside, and the page itself forbids loading anything from elsewhere.
 */
export function notebookPage(notebook: Notebook, { file }: PageOptions): string {
	const title = titleOf(notebook) ?? file;
	const figures = new Set<string>();
	const cells = notebook.cells.map((cell) => cellHtml(cell, file, figures));
	return [
		`<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">`,
		`<meta name="viewport" content="width=device-width, initial-scale=1">`,
		`<meta http-equiv="Content-Security-Policy" content="${policy}">`,
		`<title>${escapeHtml(title)}</title>\n<style>${pageStyle}</style>\n</head>\n<body>\n<main>`,
		...cells,
		"</main>",
		figures.size > 0 ? plotlyScripts(figures) : "",
		"</body>\n</html>\n",
	].join("\n");
}

/** Nothing is fetched, whatever a cell's HTML asks for. Plotly makes styles and pictures of its own while it draws. */
const policy = [
	"default-src 'none'",
	"script-src 'unsafe-inline' 'unsafe-eval' blob:",
	"style-src 'unsafe-inline'",
	"img-src data: blob:",
	"font-src data:",
	"media-src data: blob:",
	"worker-src blob:",
	"form-action 'none'",
].join("; ");

function titleOf(notebook: Notebook): string | undefined {
	for (const cell of notebook.cells) {
		const heading = cell.cell_type === "markdown" ? /^#\s+(.+)$/m.exec(cell.source) : null;
		if (heading !== null) return heading[1]!.replace(/[*_`$]/g, "").trim();
	}
	return undefined;
}

function cellHtml(cell: Cell, file: string, figures: Set<string>): string {
	if (cell.cell_type === "code") return codeHtml(cell, figures);
	if (cell.cell_type === "raw") return `<pre class="raw">${escapeHtml(cell.source)}</pre>`;
	return `<section class="text">${renderMarkdown(cell.source, { imageUrl: (source) => imageUrl(source, cell, file) })}</section>`;
}

function codeHtml(cell: CodeCell, figures: Set<string>): string {
	const prompt = cell.execution_count === null ? "" : `<span class="prompt">[${cell.execution_count}]</span>`;
	const source =
		cell.source.trim() === ""
			? ""
			: `<div class="input">${prompt}<pre><code>${highlight(cell.source)}</code></pre></div>`;
	const outputs = cell.outputs.map((output) => `<div class="output">${outputHtml(output, figures)}</div>`);
	if (source === "" && outputs.length === 0) return "";
	return `<div class="cell" data-cell="${escapeHtml(cell.id)}">${source}${outputs.length > 0 ? `<div class="outputs">${outputs.join("\n")}</div>` : ""}</div>`;
}

function outputHtml(output: CellOutput, figures: Set<string>): string {
	if (output.output_type === "stream") return `<pre class="${output.name}">${ansiToHtml(lastLines(output.text))}</pre>`;
	if (output.output_type === "error") {
		const text = output.traceback.length > 0 ? output.traceback.join("\n") : `${output.ename}: ${output.evalue}`;
		return `<pre class="error" role="alert">${ansiToHtml(text)}</pre>`;
	}
	return bundleHtml(output.data, figures);
}

/** Carriage returns as a terminal takes them: what follows overwrites the line. */
function lastLines(text: string): string {
	return text
		.replace(/\r+\n/g, "\n")
		.split("\n")
		.map((line) => line.slice(line.replace(/\r+$/, "").lastIndexOf("\r") + 1))
		.join("\n");
}

function bundleHtml(data: Bundle, figures: Set<string>): string {
	const type = preferred.find((candidate) => data[candidate] !== undefined);
	if (type === undefined) return "";
	const value = data[type];
	const alt = escapeHtml(String(data["text/plain"] ?? ""));
	switch (type) {
		case plotlyMimeType:
			return figureHtml(value, data, alt, figures);
		case "text/html":
			return String(value);
		case "image/svg+xml":
			return `<img src="data:image/svg+xml;base64,${Buffer.from(String(value)).toString("base64")}" alt="${alt}">`;
		case "text/markdown":
			return `<div class="text">${renderMarkdown(String(value))}</div>`;
		case "text/latex":
			return mathHtml(String(value).replace(/^\s*\$+|\$+\s*$/g, ""), true);
		case "application/json":
			return `<pre>${highlight(JSON.stringify(value, null, 2))}</pre>`;
		case "text/plain":
			return `<pre>${ansiToHtml(String(value))}</pre>`;
		default:
			return `<img src="data:${type};base64,${String(value).replace(/\s/g, "")}" alt="${alt}">`;
	}
}

/** The figure's numbers, and its still picture for as long as (and wherever) no script has drawn it. */
function figureHtml(figure: unknown, data: Bundle, alt: string, figures: Set<string>): string {
	const traces = (figure as { data?: unknown } | null)?.data;
	for (const trace of Array.isArray(traces) ? traces : [])
		figures.add(String((trace as { type?: unknown })?.type ?? "scatter"));
	const still = typeof data["text/html"] === "string" ? data["text/html"] : `<p>${alt}</p>`;
	return `<div class="figure" role="img" aria-label="${alt}"><div class="still">${still}</div><script type="application/json">${scriptJson(figure)}</script></div>`;
}

/** plotly.js, once, and the code that draws the page's figures with it. */
function plotlyScripts(types: Set<string>): string {
	// No end tag is in the file; should one come with a new version, the page must not break on it.
	const plotly = readFileSync(plotlyPath(plotlyFileFor(types)), "utf8").replace(/<\/script/gi, "<\\/script");
	const draw = browserScript(["dom", "figure", "page"], "drawFigures()");
	return `<script>${plotly}</script>\n<script>${draw}</script>`;
}

const imageTypes: Record<string, string> = {
	".png": "image/png",
	".jpg": "image/jpeg",
	".jpeg": "image/jpeg",
	".gif": "image/gif",
	".webp": "image/webp",
	".svg": "image/svg+xml",
};

/** A picture of a text cell as a data URL: attached to the cell, or lying beside the notebook. */
function imageUrl(source: string, cell: TextCell, file: string): string | undefined {
	if (/^data:image\/(png|jpeg|gif|webp|svg\+xml)[;,]/.test(source)) return source;
	if (source.startsWith("attachment:")) {
		const attached = Object.entries(cell.attachments?.[decodeURIComponent(source.slice(11))] ?? {})[0];
		return attached === undefined ? undefined : `data:${attached[0]};base64,${attached[1].replace(/\s/g, "")}`;
	}
	if (/^[a-z][a-z0-9+.-]*:|^\/\//i.test(source)) return undefined;
	const type = imageTypes[extname(source).toLowerCase()];
	if (type === undefined) return undefined;
	try {
		return `data:${type};base64,${readFileSync(join(dirname(file), decodeURIComponent(source))).toString("base64")}`;
	} catch {
		// Named as a link in its place: a page without one of its pictures is still worth reading.
		return undefined;
	}
}
