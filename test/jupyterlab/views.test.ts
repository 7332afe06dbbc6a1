import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

const growing = [
	'import { liveCurve } from "gradbook/display";',
	'const curves = liveCurve({ title: "Growing", points: 2000 });\nfor (let step = 0; step < 1000; step++) {\n  const end = performance.now() + 6;\n  while (performance.now() < end);\n  curves.add(step, { loss: Math.exp(-step / 300) });\n}',
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
		for (const [name, sources] of Object.entries({ views: cells, growing })) {
			const notebook = { nbformat: 4, nbformat_minor: 5, metadata, cells: sources.map(code) };
			writeFileSync(join(folder, `${name}.ipynb`), JSON.stringify(notebook));
		}
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

	test("a live curve grows by its new points; the saved notebook has the last state", {
		timeout: 120_000,
	}, async () => {
		const notebook = await openInBrowser(server, "growing.ipynb");
		try {
			const { page } = notebook;
			let [wholes, parts] = [0, 0];
			page.on("websocket", (socket) =>
				socket.on("framereceived", ({ payload }) => {
					const text = payload.toString();
					if (text.includes('"update_display_data"')) wholes++;
					if (text.includes('"parts"')) parts++;
				}),
			);
			// The page is loaded again: what it knew of the kernel is gone, and the kernel has the comm of before.
			await page.reload();
			await notebook.ready();
			const live = page.locator(".js-plotly-plot", { hasText: "Growing" });
			const points = () =>
				live.evaluate((node) => (node as unknown as { data: { y: number[] }[] }).data[0]?.y.length ?? 0);
			// Looked at in the page: on a busy machine a look from here takes longer than a picture.
			await page.evaluate(() => {
				const seen = new Set<number>();
				Object.assign(window, { seenPoints: seen });
				setInterval(() => {
					for (const node of document.querySelectorAll(".js-plotly-plot")) {
						seen.add((node as unknown as { data: { y: number[] }[] }).data[0]?.y.length ?? 0);
					}
				}, 20);
			});
			await notebook.runAll(60_000);
			const seen = await page.evaluate(() => [...(window as unknown as { seenPoints: Set<number> }).seenPoints]);
			// More than the whole pictures alone would show: how many a page comes to draw is the machine's matter.
			expect(seen.length).toBeGreaterThan(2);
			expect(seen).toEqual(seen.toSorted((a, b) => a - b));
			await live.waitFor();
			expect(await points()).toBe(1000);
			expect(parts).toBeGreaterThan(0);
			// One for each doubling of the points, the first and the last.
			expect(wholes).toBeLessThan(14);

			await page.evaluate(() =>
				(
					window as unknown as { jupyterapp: { commands: { execute(id: string): Promise<void> } } }
				).jupyterapp.commands.execute("docmanager:save"),
			);
			const saved = () => JSON.parse(readFileSync(join(folder, "growing.ipynb"), "utf8")).cells[1].outputs;
			await expect.poll(() => saved().length, { timeout: 10_000 }).toBe(1);
			expect(saved()[0].metadata).toEqual({});
			expect(saved()[0].data["application/vnd.plotly.v1+json"].data[0].y.length).toBe(1000);
			await page.reload();
			await live.locator(".scatterlayer .trace").waitFor();
			expect(await points()).toBe(1000);
			expect(notebook.problems).toEqual([]);
		} finally {
			await notebook.close();
		}
	});
});
