import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { scriptJson } from "../display/escape";
import { plotlyMimeType } from "../display/figure/figure";
import { recompressPng } from "../display/png";
import { browserScript, plotlyFileFor, plotlyPath } from "../labextension/bundle";
import type { Bundle, Notebook } from "./notebook";
import { figureOfWidget, widgetViewType } from "./widgets";

/** How long Chromium may take for all pictures of a notebook. */
const patienceSeconds = 120;

/**
 * Gives every plot, computation graph and grid of images of a notebook a PNG, drawn by this Chromium, in place of its HTML:
 * GitHub, JupyterLab where a notebook is not trusted, and other places that show notebooks without running anything of
 * them prefer HTML, and then leave out the SVG and the pictures in it. Returns how many there are. Throws where Chromium does not answer, or a picture cannot be drawn.
 */
export async function addPictures(notebook: Notebook, chromium: string): Promise<number> {
	const bundles = notebook.cells
		.flatMap((cell) => (cell.cell_type === "code" ? cell.outputs : []))
		.flatMap((output) => ("data" in output ? [output.data] : []))
		.filter((bundle) => bundle["image/png"] === undefined && drawable(bundle, notebook) !== undefined);
	if (bundles.length === 0) return 0;
	const sources = bundles.map((bundle) => drawable(bundle, notebook));
	const pictures = await draw(sources, chromium);
	for (const [i, bundle] of bundles.entries()) {
		const picture = pictures[i] ?? "missing";
		const data = /^data:image\/png;base64,([A-Za-z0-9+/=]+)$/.exec(picture)?.[1];
		if (data === undefined) throw new Error(`the picture of "${bundle["text/plain"]}" ${picture.slice(0, 200)}`);
		bundle["image/png"] = recompressPng(Buffer.from(data, "base64")).toString("base64");
		delete bundle["text/html"];
	}
	return bundles.length;
}

/** A figure, also one among widgets, the SVG of a graph, or HTML with pictures in it; undefined for what needs no picture. */
function drawable(bundle: Bundle, notebook: Notebook): unknown {
	const html = bundle["text/html"];
	if (bundle[plotlyMimeType] !== undefined) return bundle[plotlyMimeType];
	const widget = (bundle[widgetViewType] as { model_id?: string } | undefined)?.model_id;
	if (widget !== undefined) return figureOfWidget(notebook, widget);
	if (typeof html !== "string") return undefined;
	if (html.startsWith('<div class="gradbook-graph"')) return /<svg[\s\S]*<\/svg>/.exec(html)?.[0];
	return /<div class="gradbook-(images|cases)">/.test(html) ? { html } : undefined;
}

async function draw(sources: readonly unknown[], chromium: string): Promise<string[]> {
	const folder = mkdtempSync(join(tmpdir(), "gradbook-pictures-"));
	try {
		const file = join(folder, "pictures.html");
		writeFileSync(file, pageOf(sources));
		const page = await dumped(chromium, file, folder);
		return [...page.matchAll(/<pre class="picture">([^<]*)<\/pre>/g)].map((match) => match[1]!);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

function pageOf(sources: readonly unknown[]): string {
	const types = sources.flatMap((source) => {
		const traces = (source as { data?: { type?: unknown }[] }).data;
		return Array.isArray(traces) ? traces.map((trace) => String(trace.type ?? "scatter")) : [];
	});
	const plotly = types.length === 0 ? "" : readFileSync(plotlyPath(plotlyFileFor(new Set(types))), "utf8");
	return [
		'<!DOCTYPE html><html><head><meta charset="utf-8"></head><body>',
		...sources.map((source) => `<pre class="picture">${scriptJson(source).replace(/&/g, "\\u0026")}</pre>`),
		`<script>${plotly.replace(/<\/script/gi, "<\\/script")}</script>`,
		`<script>${browserScript(["dom", "figure", "pictures"], "drawPictures()")}</script></body></html>`,
	].join("\n");
}

/** The page after its scripts have run, as text. */
function dumped(chromium: string, file: string, profile: string): Promise<string> {
	const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
	const args = [...sandbox, "--headless", "--disable-gpu", "--disable-background-networking", "--no-first-run"];
	args.push(`--user-data-dir=${join(profile, "profile")}`, "--virtual-time-budget=100000", "--dump-dom");
	const child = spawn(chromium, [...args, pathToFileURL(file).href], { stdio: ["ignore", "pipe", "pipe"] });
	const timer = setTimeout(() => child.kill("SIGKILL"), patienceSeconds * 1000);
	const texts = { stdout: "", stderr: "" };
	for (const name of ["stdout", "stderr"] as const) {
		child[name].setEncoding("utf8").on("data", (text: string) => {
			texts[name] += text;
		});
	}
	return new Promise((resolve, reject) => {
		child.on("error", reject);
		child.on("close", (code, signal) => {
			clearTimeout(timer);
			if (code === 0) resolve(texts.stdout);
			else reject(new Error(`${chromium} ended with ${signal ?? code}: ${texts.stderr.trim().split("\n").at(-1)}`));
		});
	});
}
