import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openInBrowser } from "../jupyterlab/browser";
import { openNotebook } from "../jupyterlab/client";
import { type LabServer, startLab } from "../jupyterlab/server";
import { startKernel } from "../kernel/support/kernel";
import { codeOf, notebooksFolder } from "../support/notebooks";
import { describeWith, needs } from "../support/requirements";

/*
 * Chapter 1 as its readers meet it: over ZeroMQ, through a JupyterLab server, and in the browser. The chapter itself
 * throws where fewer than 83 % of the test pictures are named rightly. The first run fetches the data.
 */

const name = "01_first_network.ipynb";
const chapter = join(notebooksFolder, name);
const cells = codeOf(chapter);
const minutes = 60_000;
const trained = /epoch 3: mean loss (\d\.\d+), test accuracy (\d\d\.\d\d) %/;

test("over ZeroMQ: every cell runs, and the network learns", { timeout: 8 * minutes }, async () => {
	const kernel = await startKernel({ main: undefined, folder: notebooksFolder });
	const seen = [];
	for (const code of cells) {
		const run = await kernel.client.execute(code);
		expect(run.reply, code).toMatchObject({ status: "ok" });
		seen.push(run);
	}
	const printed = seen.map((run) => run.stdout).join("");
	expect(printed).toContain("60000 + 10000 pictures of T-shirt/top, Trouser");
	expect(printed).toContain("(1): Linear(in_features=784, out_features=100, bias=True)");
	const [, loss, accuracy] = trained.exec(printed) ?? [];
	expect(Number(loss)).toBeLessThan(0.45);
	expect(Number(accuracy)).toBeGreaterThan(83);
	const types = new Set(seen.flatMap((run) => run.messages.map(({ header }) => header.msg_type)));
	expect([...types]).toContain("update_display_data");
});

describeWith([needs.jupyterlab], "in JupyterLab", () => {
	let folder: string;
	let server: LabServer;
	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), "gradbook-chapter-"));
		copyFileSync(chapter, join(folder, name));
		server = await startLab(folder);
	}, 90_000);
	afterAll(async () => {
		await server?.close();
		rmSync(folder, { recursive: true });
	});

	test("through @jupyterlab/services: the same, with pictures and a plot", { timeout: 8 * minutes }, async () => {
		const notebook = await openNotebook(server, name, "gradbook");
		try {
			const runs = [];
			for (const code of cells) runs.push(await notebook.run(code));
			expect(runs.map((run) => run.reply.status)).toEqual(cells.map(() => "ok"));
			expect(runs.map((run) => run.text("stdout")).join("")).toMatch(trained);
			const bundles = runs.map((run) => run.data()).filter((data) => data !== undefined);
			expect(bundles.every((data) => typeof data["text/plain"] === "string")).toBe(true);
			expect(bundles.some((data) => "application/vnd.plotly.v1+json" in data)).toBe(true);
		} finally {
			await notebook.close();
		}
	});

	describeWith([needs.chromium], "in Chromium", () => {
		test("Run All shows pictures, tables and the loss curve, and no error", { timeout: 8 * minutes }, async () => {
			const notebook = await openInBrowser(server, name);
			try {
				await notebook.runAll(7 * minutes);
				const { page } = notebook;
				expect(await page.locator('[data-mime-type="application/vnd.jupyter.error"]').allTextContents()).toEqual([]);
				const curve = page.locator(".js-plotly-plot .scatterlayer .trace").first();
				await curve.scrollIntoViewIfNeeded();
				await curve.waitFor();
				await page.getByText("Training on FashionMNIST").first().waitFor();
				const pictures = join(resolve(notebooksFolder, ".."), "build", "screenshots");
				mkdirSync(pictures, { recursive: true });
				await page.waitForTimeout(500);
				await page.screenshot({ path: join(pictures, "first_network.png") });
				expect(notebook.problems).toEqual([]);
			} finally {
				await notebook.close();
			}
		});
	});
});
