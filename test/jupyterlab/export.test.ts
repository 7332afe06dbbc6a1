import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runNotebook } from "../../dist/kernel/runner";
import { describeWith, needs, pathOf } from "../support/requirements";

/** Names and data that would run, or break out of their place, where they are not escaped. */
const hostile = `"'><img src=x onerror="window.broken = 1"></script><script>window.broken = 2</script>&lt;`;

const cells = [
	`import * as torch from "gradbook";\nimport * as show from "gradbook/display";\nconst { nn } = torch;\nconst bad = ${JSON.stringify(hostile)};`,
	"show.table([{ [bad]: bad }], { caption: bad })",
	"show.parameterTable(new nn.Linear(2, 2), { caption: bad })",
	"show.imageGrid(torch.rand(1, 8, 8), { titles: [bad] })",
	"const a = torch.ones(2, { requiresGrad: true });\nshow.computationGraph(a.exp().sum(), { names: { [bad]: a } })",
	"show.heatmap([[1, 2]], { title: bad, rows: [bad] })",
	"show.confusionMatrixPlot([0, 1], [0, 1], { classes: [bad, 'b'] })",
	"show.activationGallery({ [bad]: (x) => x.square() })",
	"show.plot([{ y: [1, 2], name: bad, text: [bad, bad], mode: 'text+lines' }], { title: { text: bad } })",
	"show.mcDropout(new nn.Sequential(new nn.Dropout(), new nn.Linear(2, 2)), torch.ones(1, 2), { classes: [bad, 'b'] })",
	"bad",
];

/** An ordinary renderer, with nothing of ours installed: writes nbconvert.html beside the notebook. */
function nbconvert(file: string, config: string): void {
	const made = spawnSync(
		pathOf(needs.python),
		["-m", "nbconvert", "--to", "html", "--output", "nbconvert.html", file],
		{ encoding: "utf8", env: { ...process.env, JUPYTER_CONFIG_DIR: config, JUPYTER_DATA_DIR: config } },
	);
	expect(made.status, made.stderr).toBe(0);
}

describeWith([needs.python, needs.chromium], "hostile names and data, exported", () => {
	let folder: string;
	let browser: Browser;
	let files: string[];
	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), "gradbook-export-"));
		const file = join(folder, "hostile.ipynb");
		const metadata = {
			kernelspec: { name: "gradbook", display_name: "TypeScript (gradbook)", language: "typescript" },
		};
		const code = (source: string, index: number) => ({
			...{ cell_type: "code", id: `c${index}`, metadata: {}, source, outputs: [], execution_count: null },
		});
		writeFileSync(file, JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata, cells: cells.map(code) }));
		const screen = { write: () => {}, interactive: false, columns: 80, rows: 50 };
		const result = await runNotebook(file, { out: join(folder, "out"), screen });
		expect(result.problem).toBeUndefined();
		const pictured = await runNotebook(file, {
			...{ out: join(folder, "pictured"), screen, images: true, chromium: pathOf(needs.chromium) },
		});
		expect(pictured.problem).toBeUndefined();
		for (const made of [result, pictured]) nbconvert(made.files[0]!, folder);
		files = [result.files[1]!, ...["out", "pictured"].map((name) => join(folder, name, "nbconvert.html"))];
		browser = await chromium.launch({
			executablePath: pathOf(needs.chromium),
			args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
		});
	}, 120_000);
	afterAll(async () => {
		await browser?.close();
		rmSync(folder, { recursive: true });
	});

	test("by nbconvert, of a notebook with pictures: a PNG of every plot and graph, and no script", async () => {
		const page = await open(files[2]!);
		const pictures = page.locator('.jp-OutputArea img[src^="data:image/png"]');
		// Four plots, the graph, the bars of what is uncertain; the image grid has one of its own.
		await expect.poll(() => pictures.count()).toBeGreaterThanOrEqual(6);
		const sizes = await pictures.evaluateAll((images) =>
			images.map((image) => (image as unknown as { naturalWidth: number }).naturalWidth),
		);
		expect(Math.min(...sizes)).toBeGreaterThan(0);
		expect(await page.evaluate(() => (window as { broken?: number }).broken)).toBeUndefined();
		await page.context().close();
	});

	async function open(file: string) {
		const context = await browser.newContext({ offline: true });
		const page = await context.newPage();
		await page.goto(`file://${file}`, { waitUntil: "domcontentloaded" });
		return page;
	}

	test.each([
		["by gradbook run, drawn by Plotly", 0, ".figure .js-plotly-plot .main-svg"],
		["by nbconvert, without any script", 1, ".gradbook-plot svg"],
	] as const)("%s: everything is seen, nothing runs", async (_name, index, plots) => {
		const page = await open(files[index]!);
		await page.locator(plots).nth(3).waitFor({ state: "attached" });
		expect(await page.evaluate(() => (window as { broken?: number }).broken)).toBeUndefined();
		expect(await page.locator('img[src="x"]').count()).toBe(0);
		expect(await page.locator(".gradbook-table caption").first().textContent()).toBe(hostile);
		expect(await page.locator(".gradbook-images figcaption").textContent()).toBe(hostile);
		expect(await page.locator(".gradbook-graph svg[role=img]").count()).toBe(1);
		expect(await page.locator(".gradbook-cases svg").count()).toBe(1);
		await page.context().close();
	});
});
