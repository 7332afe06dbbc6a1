import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith, needs } from "../support/requirements";
import { drag, openInBrowser, pictures } from "./browser";
import { type LabServer, startLab } from "./server";

const cells = [
	'import { Accordion, Button, Checkbox, Dropdown, FloatProgress, FloatSlider, HBox, HTML, interact, IntSlider, jslink, Label, Output, Play, plot, SelectMultiple, Tab, Text, ToggleButtons, VBox } from "gradbook/display";',
	'interact(({ k, act }) => plot([{ y: Array.from({ length: 50 }, (_, i) => Math.sin((k * i) / 8)), name: act }], { title: { text: "k is " + k } }), { k: [0, 10], act: ["relu", "gelu"] })',
	'interact(({ n }) => { if (n === 3) throw new RangeError("three is refused"); console.log("printed", n); return "n is " + n; }, { n: new IntSlider(1, { max: 5 }) })',
	'const out = new Output();\nconst button = new Button({ description: "Press", buttonStyle: "primary" });\nlet presses = 0;\nbutton.onClick(() => { presses++; console.log("below the cell", presses); out.run(() => console.log("in the area", presses)); });\nnew VBox([button, out])',
	'const play = new Play(0, { max: 20, interval: 20 });\nconst slider = new IntSlider(0, { max: 20, description: "step" });\njslink([play, "value"], [slider, "value"]);\nnew Tab([new HBox([play, slider]), new VBox([new Text("text", { description: "name" }), new Checkbox(true, { description: "on" }), new SelectMultiple({ options: ["a", "b", "c"], value: ["b"] })]), new Accordion([new HTML("<b>inside</b>")], { titles: ["Open me"] })], { titles: ["Play", "Fields", "More"] })',
	'new VBox([new FloatSlider(0.5, { max: 1, description: "p" }), new Dropdown({ options: ["relu", "gelu"], description: "act" }), new ToggleButtons({ options: ["train", "eval"], description: "mode" }), new FloatProgress(0.7, { max: 1, barStyle: "success", description: "done" }), new Label("$\\\\alpha$ and <i>text</i>")])',
	'import { BoundedFloatText, ColorPicker, Combobox, DatePicker, encodePng, FloatLogSlider, FloatRangeSlider, GridBox, HTMLMath, Image, IntProgress, IntRangeSlider, Password, RadioButtons, Select, SelectionRangeSlider, SelectionSlider, Stack, Textarea, ToggleButton, Valid } from "gradbook/display";\nconst png = encodePng({ width: 2, height: 2, channels: 3, data: new Uint8Array([230, 60, 0, 0, 114, 178, 0, 158, 115, 240, 228, 66]) });\nnew GridBox([new FloatLogSlider(0.01, { min: -4, max: 0, description: "rate" }), new IntRangeSlider(), new FloatRangeSlider(), new BoundedFloatText(2.5), new IntProgress(40), new RadioButtons({ options: ["mean", "sum"] }), new Select({ options: ["SGD", "Adam"] }), new SelectionSlider({ options: [16, 32, 64], value: 32 }), new SelectionRangeSlider({ options: ["a", "b", "c"], index: [0, 1] }), new ToggleButton(true, { description: "shuffle" }), new Valid(true), new Textarea("lines"), new Password("secret"), new Combobox("re", { options: ["relu"] }), new ColorPicker("#0072b2"), new DatePicker(new Date(Date.UTC(2024, 1, 29))), new HTMLMath("$x^2$"), new Image(png, { width: "40", height: "40" }), new Stack([new Label("hidden"), new Label("seen")], { selectedIndex: 1 })], { layout: { gridTemplateColumns: "1fr 1fr" } })',
	"console.log(slider.value)",
];

const notebookOf = (sources: string[]) => ({
	nbformat: 4,
	nbformat_minor: 5,
	metadata: { kernelspec: { name: "gradbook", display_name: "TypeScript (gradbook)", language: "typescript" } },
	cells: sources.map((source, index) => ({
		...{ cell_type: "code", id: `c${index}`, metadata: {}, source },
		...{ outputs: [], execution_count: null },
	})),
});

describeWith([needs.jupyterlab, needs.chromium], "widgets in JupyterLab", () => {
	let folder: string;
	let server: LabServer;
	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), "gradbook-notebooks-"));
		writeFileSync(join(folder, "widgets.ipynb"), JSON.stringify(notebookOf(cells)));
		server = await startLab(folder);
		mkdirSync(pictures, { recursive: true });
	}, 90_000);
	afterAll(async () => {
		await server?.close();
		rmSync(folder, { recursive: true });
	});

	test("sliders, buttons, tabs; a page that comes late; a restart", { timeout: 240_000 }, async () => {
		const notebook = await openInBrowser(server, "widgets.ipynb");
		const { page } = notebook;
		const cell = (index: number) => page.locator(".jp-CodeCell").nth(index).locator(".jp-Cell-outputWrapper");
		try {
			await notebook.runAll(60_000);
			expect(await page.locator('[data-mime-type="application/vnd.jupyter.error"]').allTextContents()).toEqual([]);

			// A plot follows the slider, drawn in place: one element from first to last.
			await cell(1).locator(".gtitle", { hasText: "k is 5" }).waitFor({ timeout: 20_000 });
			const plots = await cell(1)
				.locator(".js-plotly-plot")
				.evaluateHandle((node) => {
					const seen = new Set<Element>([node]);
					const cell = node.closest(".jp-CodeCell")!;
					new MutationObserver(() => {
						for (const plot of cell.querySelectorAll(".js-plotly-plot")) seen.add(plot);
					}).observe(document.body, { childList: true, subtree: true });
					return seen;
				});
			await drag(page, cell(1).locator(".jupyter-widgets.widget-slider").first(), 0.9);
			await cell(1).locator(".gtitle", { hasText: "k is 9" }).waitFor({ timeout: 20_000 });
			expect(await plots.evaluate((seen) => seen.size)).toBe(1);
			await cell(1).locator("select").selectOption("gelu");

			// Text, an error in the area, and the next good value.
			await cell(2).getByText("n is 1").waitFor();
			const slider = cell(2).locator(".jupyter-widgets.widget-slider").first();
			await drag(page, slider, 0.6);
			await cell(2).getByText("three is refused").first().waitFor();
			await drag(page, slider, 0.8);
			await cell(2).getByText("n is 4").waitFor();
			expect(await cell(2).getByText("three is refused").count()).toBe(0);
			await cell(2).getByText("printed 4").waitFor();

			// A button: its cell's output, and an Output.
			await cell(3).getByRole("button", { name: "Press" }).click();
			await cell(3).getByText("below the cell 1").waitFor();
			await cell(3).getByText("in the area 1").waitFor();

			await cell(4).locator(".lm-TabBar-tab", { hasText: "Fields" }).click();
			await cell(4).locator("input[type=text]").waitFor();
			await cell(4).locator(".lm-TabBar-tab", { hasText: "Play" }).click();
			await cell(4).locator(".widget-play button").first().click();
			await expect.poll(() => cell(4).locator(".widget-readout").textContent(), { timeout: 20_000 }).toBe("20");

			await page.screenshot({ path: join(pictures, "widgets-light.png") });
			await cell(5).evaluate((node) => node.scrollIntoView({ block: "end" }));
			await page.screenshot({ path: join(pictures, "widgets-light-2.png") });
			await page.getByRole("menuitem", { name: "Settings", exact: true }).click();
			await page.locator('.lm-Menu-itemLabel:text-is("Theme")').hover();
			await page.locator('.lm-Menu-itemLabel:text-is("JupyterLab Dark")').click();
			await expect
				.poll(() => page.evaluate(() => document.body.dataset.jpThemeLight), { timeout: 20_000 })
				.toBe("false");
			await page.waitForTimeout(500);
			await page.screenshot({ path: join(pictures, "widgets-dark-2.png") });
			await cell(1).evaluate((node) => node.scrollIntoView({ block: "start" }));
			await page.waitForTimeout(300);
			await page.screenshot({ path: join(pictures, "widgets-dark.png") });

			const grid = cell(6);
			await grid.evaluate((node) => node.scrollIntoView({ block: "center" }));
			expect(await grid.locator("img").evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(2);
			expect(await grid.locator("input[type=date]").inputValue()).toBe("2024-02-29");
			expect(await grid.getByText("seen", { exact: true }).isVisible()).toBe(true);
			expect(await grid.locator(".gradbook-widget").count()).toBe(0);
			await page.screenshot({ path: join(pictures, "widgets-dark-3.png") });

			// A page that is loaded again has the state as it was left, and its sliders still move the plot.
			const saved = page.waitForResponse(
				(response) => response.request().method() === "PUT" && response.url().includes("/api/contents/widgets.ipynb"),
			);
			await page.keyboard.press("Control+s");
			await saved;
			await page.reload();
			await notebook.ready();
			await cell(1).locator(".gtitle", { hasText: "k is 9" }).waitFor({ timeout: 60_000 });
			await cell(2).getByText("n is 4").waitFor();
			await drag(page, cell(1).locator(".jupyter-widgets.widget-slider").first(), 0.2);
			await cell(1).locator(".gtitle", { hasText: "k is 2" }).waitFor({ timeout: 20_000 });
			expect(notebook.problems).toEqual([]);
		} catch (error) {
			await page.screenshot({ path: join(pictures, "widgets-failed.png") });
			throw error;
		} finally {
			await notebook.close();
		}
	});

	test("after a restart of the kernel the cells make new ones", { timeout: 120_000 }, async () => {
		writeFileSync(join(folder, "restart.ipynb"), JSON.stringify(notebookOf([cells[0]!, cells[2]!])));
		const notebook = await openInBrowser(server, "restart.ipynb");
		const { page } = notebook;
		try {
			for (let i = 0; i < 2; i++) {
				await notebook.runAll(60_000);
				const output = page.locator(".jp-CodeCell").nth(1).locator(".jp-Cell-outputWrapper");
				await output.getByText("n is 1").waitFor({ timeout: 20_000 });
				await drag(page, output.locator(".jupyter-widgets.widget-slider").first(), 0.8);
				await output.getByText("n is 4").waitFor({ timeout: 20_000 });
				if (i === 1) break;
				await page.getByRole("menuitem", { name: "Kernel", exact: true }).click();
				await page.locator('.lm-Menu-itemLabel:text-is("Restart Kernel…")').click();
				const restarted = page.waitForResponse((response) => /\/api\/kernels\/[^/]+\/restart/.test(response.url()));
				await page.locator(".jp-Dialog-button.jp-mod-warn, .jp-Dialog-button.jp-mod-accept").last().click();
				await restarted;
				await notebook.ready();
			}
		} catch (error) {
			await page.screenshot({ path: join(pictures, "restart-failed.png") });
			throw error;
		} finally {
			await notebook.close();
		}
	});
});
