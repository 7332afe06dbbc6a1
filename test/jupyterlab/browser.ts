import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";
import { needs, pathOf } from "../support/requirements";
import type { LabServer } from "./server";

/** Pictures of what the tests saw, for people; not kept in git. */
export const pictures = resolve(__dirname, "..", "..", "build", "screenshots");

/** A notebook open in JupyterLab in headless Chromium. */
export interface NotebookPage {
	page: Page;
	/** What the page has written to its console as errors, and errors that it did not catch. */
	problems: string[];
	/** Waits until the page has its kernel, which is idle: also after the page was loaded again, or the kernel started again. */
	ready(): Promise<void>;
	/** Chooses Run > Run All Cells and waits until every cell has run and the kernel is idle. */
	runAll(timeoutMs: number): Promise<void>;
	/** Output areas of all code cells, in order. */
	outputs(): Locator;
	close(): Promise<void>;
}

/** Opens a notebook of the server's folder as a reader does, and waits until its kernel is there. */
export async function openInBrowser(
	server: LabServer,
	path: string,
	options: { theme?: "light" | "dark"; frontEnd?: "lab" | "notebook" } = {},
): Promise<NotebookPage> {
	const browser = await chromium.launch({
		executablePath: pathOf(needs.chromium),
		// Chromium's sandbox does not work as root, which is what a container often runs as.
		args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
	});
	try {
		return await openPage(browser, server, path, options.theme ?? "light", options.frontEnd ?? "lab");
	} catch (error) {
		await browser.close();
		throw error;
	}
}

async function openPage(
	browser: Browser,
	server: LabServer,
	path: string,
	colorScheme: "light" | "dark",
	frontEnd: "lab" | "notebook",
) {
	const page = await browser.newPage({ viewport: { width: 1280, height: 1000 }, colorScheme });
	const problems: string[] = [];
	page.on("console", (message) => {
		if (message.type() === "error") problems.push(`${message.text()} (${message.location().url})`);
	});
	page.on("pageerror", (error) => problems.push(String(error)));
	// A workspace of its own: the default one would open again whatever an earlier test had open.
	const tree = frontEnd === "lab" ? `lab/workspaces/test-${randomUUID()}/tree` : "notebooks";
	await page.goto(`${server.url}${tree}/${encodeURI(path)}?token=${server.token}`);
	const notebook = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)");
	await notebook.waitFor({ timeout: 60_000 });
	const idle = notebook.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]');
	// The indicator is idle before there is a kernel, too; a cell run then asks the reader for one. JupyterLab's status bar knows.
	const status =
		frontEnd === "lab"
			? page.locator("#jp-main-statusbar").getByText(/^(?!No Kernel).* \| Idle$/)
			: page
					.locator(".jp-Toolbar-kernelName")
					.getByText(/^(?!No Kernel)/)
					.first();
	const ready = () => status.waitFor({ timeout: 60_000 });
	await ready();

	return {
		page,
		problems,
		ready,
		outputs: () => notebook.locator(".jp-CodeCell .jp-OutputArea-output"),
		async runAll(timeoutMs: number) {
			// Notebook 7 names its kernel before a run reaches it: asked again, nothing runs twice.
			for (let tries = 0; tries === 0 || (tries < 10 && (await page.evaluate(noneRan))); tries++) {
				await page.getByRole("menuitem", { name: "Run", exact: true }).click();
				await page.getByRole("menuitem", { name: "Run All Cells", exact: true }).click();
				await page.waitForFunction(`!(${noneRan})()`, undefined, { timeout: 5_000 }).catch(() => {});
			}
			await page
				.waitForFunction(allRan, undefined, { timeout: timeoutMs, polling: 100 })
				.catch(async (error: Error) => {
					const prompts = await notebook.locator(".jp-CodeCell .jp-InputPrompt").allTextContents();
					mkdirSync(pictures, { recursive: true });
					const picture = join(pictures, `${basename(path, ".ipynb")}-stuck.png`);
					await page.screenshot({ path: picture });
					throw new Error(`${path}: the cells' prompts are ${prompts.join(" ")}; see ${picture}\n${error.message}`);
				});
			await idle.waitFor({ timeout: timeoutMs });
		},
		close: () => browser.close(),
	};
}

/** In the page: every code cell with code in it has a number in its prompt, or the run stopped at an error. */
function allRan(): boolean {
	const cells = [...document.querySelectorAll(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell")];
	const prompts = cells.map((cell) => cell.querySelector(".jp-InputPrompt")?.textContent?.trim() ?? "");
	const waiting = prompts.some((prompt) => prompt === "[*]:");
	const failed =
		document.querySelector('.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.error"]') !== null;
	return !waiting && (failed || prompts.every((prompt) => /^\[\d+\]:$/.test(prompt)));
}

/** In the page: no code cell runs or has run. */
function noneRan(): boolean {
	const prompts = [...document.querySelectorAll(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell .jp-InputPrompt")];
	return prompts.every((prompt) => /^\[ *\]:$/.test(prompt.textContent?.trim() ?? ""));
}

/** Drags a slider's handle to a share of its length. */
export async function drag(page: Page, slider: Locator, share: number): Promise<void> {
	await slider.scrollIntoViewIfNeeded();
	const bar = (await slider.locator(".noUi-base").boundingBox())!;
	const handle = (await slider.locator(".noUi-handle").boundingBox())!;
	await page.mouse.move(handle.x + handle.width / 2, handle.y + handle.height / 2);
	await page.mouse.down();
	const steps = 12;
	const start = handle.x + handle.width / 2;
	for (let i = 1; i <= steps; i++) {
		await page.mouse.move(start + ((bar.x + bar.width * share - start) * i) / steps, bar.y + bar.height / 2);
		await page.waitForTimeout(25);
	}
	await page.mouse.up();
}
