import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readNotebook } from "../../dist/kernel/runner/notebook";
import { describeWith, needs } from "../support/requirements";
import { openInBrowser, pictures } from "./browser";
import { type LabServer, startLab } from "./server";

const notebook = resolve(__dirname, "../../docs/gallery.ipynb");

/** Pictures of every view; `node scripts/gallery.mjs` makes docs/gallery.md of them. */
const folder = join(pictures, "gallery");

const cells = readNotebook(notebook).cells.filter((cell) => cell.cell_type === "code");
const views = cells.flatMap((cell, index) =>
	cell.metadata.tags?.includes("view") ? [{ id: String(cell.id), index }] : [],
);

/** JupyterLab's theme, by its menu. */
async function chooseTheme(page: Page, name: string): Promise<void> {
	await page.getByRole("menuitem", { name: "Settings", exact: true }).click();
	await page.locator('.lm-Menu-itemLabel:text-is("Theme")').hover();
	await page.locator(`.lm-Menu-itemLabel:text-is("${name}")`).click();
	await page.locator(`body[data-jp-theme-name="${name}"]`).waitFor({ state: "attached" });
}

describeWith([needs.jupyterlab, needs.chromium], "the gallery", () => {
	let notebooks: string;
	let server: LabServer;
	beforeAll(async () => {
		notebooks = mkdtempSync(join(tmpdir(), "gradbook-gallery-"));
		copyFileSync(notebook, join(notebooks, "gallery.ipynb"));
		server = await startLab(notebooks);
	}, 90_000);
	afterAll(async () => {
		await server?.close();
		rmSync(notebooks, { recursive: true });
	});

	test("every view is drawn, light and dark, without an error", { timeout: 300_000 }, async () => {
		const opened = await openInBrowser(server, "gallery.ipynb");
		try {
			const { page } = opened;
			await page.setViewportSize({ width: 1000, height: 1000 });
			await page.keyboard.press("Control+b");
			await opened.runAll(200_000);
			expect(await page.locator('[data-mime-type="application/vnd.jupyter.error"]').allTextContents()).toEqual([]);
			mkdirSync(folder, { recursive: true });
			for (const theme of ["light", "dark"]) {
				if (theme === "dark") await chooseTheme(page, "JupyterLab Dark");
				for (const { id, index } of views) {
					const cell = page.locator(".jp-CodeCell").nth(index);
					const outputs = cell.locator(".jp-OutputArea-output");
					const area = (await outputs.count()) > 1 ? cell.locator(".jp-OutputArea").first() : outputs;
					await area.scrollIntoViewIfNeeded();
					// Over a plot the pointer would bring up its buttons.
					await page.mouse.move(0, 0);
					const figure = area.locator(".gradbook-figure");
					if ((await figure.count()) > 0) {
						await figure.locator(".main-svg").first().waitFor();
						// Plotly draws anew in the page's colours after a change of theme.
						await page.waitForTimeout(150);
					}
					const box = await area.boundingBox();
					expect(box?.height, `${id} shows something`).toBeGreaterThan(30);
					await area.screenshot({ path: join(folder, `${id}-${theme}.png`), animations: "disabled" });
				}
			}
			expect(opened.problems).toEqual([]);
			// As JupyterLab would save it, or more: not indented by one.
			const saved = await page.evaluate(async () => {
				const response = await fetch(`${location.origin}/api/contents/gallery.ipynb?content=1`);
				return (await response.text()).length;
			});
			expect(saved).toBeLessThan(2e6);
		} finally {
			await opened.close();
		}
	});

	test("docs/gallery.md shows the notebook's cells", () => {
		const text = readFileSync(resolve(__dirname, "../../docs/gallery.md"), "utf8");
		for (const { id, index } of views) {
			expect(text).toContain(cells[index]!.source);
			expect(text).toContain(`images/gallery/${id}-light.webp`);
		}
	});
});
