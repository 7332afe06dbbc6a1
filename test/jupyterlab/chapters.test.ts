import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { notebookText, readNotebook } from "../../dist/kernel/runner/notebook";
import { type Parameters, withParameters } from "../../dist/kernel/runner/parameters";
import { chapterNames, chapters } from "../support/chapters";
import { describeWith, needs } from "../support/requirements";
import { drag, type NotebookPage, openInBrowser, pictures } from "./browser";
import { type LabServer, startLab } from "./server";

/*
 * Every chapter as a reader opens it, one after the other in one JupyterLab: its stored outputs are drawn, its formulas
 * are set, nothing is reported as an error. One chapter is run there, and its slider dragged.
 */

const plotlyType = "application/vnd.plotly.v1+json";
/** A chapter with a slider over a plot, short to run. */
const dragged = "13_xor_and_decision_regions.ipynb";

/** What is used of JupyterLab's own objects in the page. */
interface Lab {
	commands: { execute(command: string, args: object): Promise<Panel> };
}
interface Panel {
	id: string;
	context: { ready: Promise<void>; sessionContext: { ready: Promise<void>; shutdown(): Promise<void> } };
	dispose(): void;
}
declare const jupyterapp: Lab;
declare const window: { panel?: Panel };

/** What a chapter's file holds that its page must show. */
function storedIn(name: string) {
	const { cells } = JSON.parse(readFileSync(join(chapters, name), "utf8")) as {
		cells: { cell_type: string; source: string[]; outputs?: { data?: Record<string, unknown> }[] }[];
	};
	const outputs = cells.flatMap((cell) => cell.outputs ?? []);
	return {
		cells: cells.length,
		texts: cells.filter((cell) => cell.cell_type === "markdown").length,
		formulas: cells.some((cell) => cell.cell_type === "markdown" && cell.source.join("").includes("$$")),
		outputs: outputs.length,
		plots: outputs.filter(({ data }) => data?.[plotlyType] !== undefined).length,
	};
}

describeWith([needs.jupyterlab, needs.chromium], "the chapters in JupyterLab", () => {
	let folder: string;
	let server: LabServer;
	let notebook: NotebookPage;
	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), "gradbook-chapters-"));
		cpSync(chapters, folder, { recursive: true });
		const short = readNotebook(join(chapters, dragged));
		const values = (short.metadata.gradbook as { short: Parameters }).short;
		writeFileSync(join(folder, "short.ipynb"), notebookText(withParameters(short, values)));
		mkdirSync(pictures, { recursive: true });
		server = await startLab(folder);
		notebook = await openInBrowser(server, "short.ipynb");
	}, 120_000);
	afterAll(async () => {
		await notebook?.close();
		await server?.close();
		rmSync(folder, { recursive: true });
	});

	test(`${dragged} runs, and its plot follows the slider`, { timeout: 120_000 }, async () => {
		const { page } = notebook;
		await notebook.runAll(90_000);
		expect(await page.locator('[data-mime-type="application/vnd.jupyter.error"]').allTextContents()).toEqual([]);
		const cell = page.locator(".jp-CodeCell", { has: page.locator(".widget-interact") }).first();
		const drawn = () => cell.locator(".js-plotly-plot .main-svg").first().innerHTML();
		const slider = cell.locator(".jupyter-widgets.widget-slider").first();
		await slider.scrollIntoViewIfNeeded();
		const [before, value] = [await drawn(), await slider.locator(".widget-readout").textContent()];
		await drag(page, slider, 0.95);
		await expect.poll(drawn, { timeout: 20_000 }).not.toBe(before);
		expect(await slider.locator(".widget-readout").textContent()).not.toBe(value);
		await page.screenshot({ path: join(pictures, "chapter-dragged.png") });
		expect(notebook.problems).toEqual([]);
	});

	test.each(chapterNames)("%s opens as it is stored", { timeout: 30_000 }, async (name) => {
		const { page } = notebook;
		const stored = storedIn(name);
		const id = await page.evaluate(async (path) => {
			const panel = await jupyterapp.commands.execute("docmanager:open", { path, factory: "Notebook" });
			window.panel = panel;
			await panel.context.ready;
			await panel.context.sessionContext.ready;
			return panel.id;
		}, name);
		const panel = page.locator(`[id="${id}"]`);
		const count = (selector: string) => panel.locator(selector).count();
		await expect.poll(() => count(".jp-Cell")).toBe(stored.cells);
		await expect.poll(() => count(".jp-MarkdownCell.jp-mod-rendered h1, .jp-MarkdownCell h2")).toBeGreaterThan(1);
		await expect.poll(() => count(".jp-OutputArea-child")).toBeGreaterThanOrEqual(stored.outputs);
		await expect.poll(() => count(".js-plotly-plot")).toBeGreaterThanOrEqual(stored.plots);
		if (stored.formulas) await expect.poll(() => count("mjx-container")).toBeGreaterThan(0);
		expect(await count("mjx-merror")).toBe(0);
		expect(await count(".jp-MarkdownCell")).toBe(stored.texts);
		expect(await panel.locator('[data-mime-type="application/vnd.jupyter.error"]').allTextContents()).toEqual([]);
		// Its kernel too: twenty would fill the machine.
		await page.evaluate(async () => {
			await window.panel?.context.sessionContext.shutdown();
			window.panel?.dispose();
		});
		// JupyterLab opens a subshell for a notebook's comms and asks for breakpoints, comms and more; a kernel that has just been
		// shut down answers no more. What is seen here is this chapter's: the next has its own.
		const ownFault = (problem: string) => /Canceled future for \w+_request/.test(problem);
		expect(notebook.problems.splice(0).filter((problem) => !ownFault(problem))).toEqual([]);
	});
});
