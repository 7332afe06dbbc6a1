import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith, needs } from "../support/requirements";
import { openInBrowser } from "./browser";
import { type LabServer, startLab } from "./server";

const pictures = resolve(__dirname, "../../build/screenshots");

const cells = [
	'import * as torch from "gradbook";\nimport { imageGrid, liveCurve, parameterTable, plot, progress, table } from "gradbook/display";\nconst { nn } = torch;',
	"const model = new nn.Sequential(new nn.Linear(8, 4), new nn.ReLU(), new nn.Linear(4, 2));\nmodel",
	"torch.arange(12).reshape(3, 4)",
	'imageGrid(torch.rand(3, 1, 8, 8), { titles: ["<b>one</b>", "two", "three"] })',
	'table([{ name: "<script>", value: 0.5 }], { caption: "Hostile" })',
	'const curves = liveCurve({ title: "Live" });\nfor (const step of progress(200, { label: "steps" })) {\n  const end = performance.now() + 5;\n  while (performance.now() < end);\n  curves.add(step, { loss: Math.exp(-step / 50) });\n}',
	'plot([{ type: "bar", x: ["a", "b"], y: [1, 2], name: "</script>" }], { title: { text: "Bars" } })',
];

describeWith([needs.jupyterlab, needs.chromium], "views in JupyterLab", () => {
	let folder: string;
	let server: LabServer;
	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), "gradbook-notebooks-"));
		const metadata = {
			kernelspec: { name: "gradbook", display_name: "TypeScript (gradbook)", language: "typescript" },
		};
		const code = (source: string, index: number) => ({
			...{ cell_type: "code", id: `c${index}`, metadata: {}, source },
			...{ outputs: [], execution_count: null },
		});
		const notebook = { nbformat: 4, nbformat_minor: 5, metadata, cells: cells.map(code) };
		writeFileSync(join(folder, "views.ipynb"), JSON.stringify(notebook));
		server = await startLab(folder);
	}, 90_000);
	afterAll(async () => {
		await server?.close();
		rmSync(folder, { recursive: true });
	});

	test("each is shown, in light and in dark, and a live plot is drawn in place", { timeout: 120_000 }, async () => {
		const notebook = await openInBrowser(server, "views.ipynb");
		try {
			const { page } = notebook;
			// A live display is one element from its first picture to its last.
			await page.evaluate(() => {
				const seen = new Set<Element>();
				new MutationObserver(() => {
					for (const plot of document.querySelectorAll(".js-plotly-plot")) seen.add(plot);
				}).observe(document.body, { childList: true, subtree: true });
				Object.assign(window, { seenPlots: seen });
			});
			await notebook.runAll(60_000);
			const output = page.locator(".jp-OutputArea-output");
			expect(await page.locator('[data-mime-type="application/vnd.jupyter.error"]').allTextContents()).toEqual([]);
			await output.locator(".gradbook-table caption", { hasText: "Sequential" }).waitFor();
			await output.getByText("3 × 4 · int64 · cpu").waitFor();
			expect(await output.locator(".gradbook-images figcaption").first().textContent()).toBe("<b>one</b>");
			expect(await output.locator(".gradbook-table td").getByText("<script>", { exact: true }).count()).toBe(1);
			// JupyterLab's own rules put every cell right.
			const alignment = output
				.locator(".gradbook-table td")
				.getByText("<script>")
				.evaluate((cell) => getComputedStyle(cell).textAlign);
			expect(await alignment).toBe("left");
			await output.locator(".gradbook-progress", { hasText: "200/200" }).waitFor();
			await page.locator(".js-plotly-plot .gtitle", { hasText: "Bars" }).waitFor();

			const live = page.locator(".js-plotly-plot", { hasText: "Live" });
			await live.locator(".scatterlayer .trace").waitFor();
			const points = await live.evaluate((node) => (node as unknown as { data: { y: number[] }[] }).data[0]!.y.length);
			expect(points).toBe(200);
			expect(await page.evaluate(() => (window as unknown as { seenPlots: Set<Element> }).seenPlots.size)).toBe(2);

			const colour = () => live.locator(".gtitle").evaluate((node) => getComputedStyle(node).fill);
			const light = await colour();
			mkdirSync(pictures, { recursive: true });
			await page.screenshot({ path: join(pictures, "views-light.png") });
			await page.getByRole("menuitem", { name: "Settings", exact: true }).click();
			await page.locator('.lm-Menu-itemLabel:text-is("Theme")').hover();
			await page.locator('.lm-Menu-itemLabel:text-is("JupyterLab Dark")').click();
			await expect.poll(colour, { timeout: 20_000 }).not.toBe(light);
			await page.screenshot({ path: join(pictures, "views-dark.png") });
			expect(notebook.problems).toEqual([]);
		} finally {
			await notebook.close();
		}
	});
});
