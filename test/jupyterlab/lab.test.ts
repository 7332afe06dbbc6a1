import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runNotebook } from "../../dist/kernel/runner";
import { readNotebook } from "../../dist/kernel/runner/notebook";
import { describeWith, needs } from "../support/requirements";
import { drag, openInBrowser, pictures } from "./browser";
import { openNotebook } from "./client";
import { type LabServer, startLab } from "./server";

const root = resolve(__dirname, "..", "..");
const fixture = join(root, "test", "fixtures", "small.ipynb");

const chapter = join(root, "notebooks", "01_first_network.ipynb");

const codeOf = (file: string) =>
	readNotebook(file)
		.cells.filter((cell) => cell.cell_type === "code")
		.map((cell) => cell.source);

describeWith([needs.jupyterlab], "a real JupyterLab", () => {
	let folder: string;
	let server: LabServer;
	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), "gradbook-notebooks-"));
		for (const name of ["client.ipynb", "browser.ipynb"]) copyFileSync(fixture, join(folder, name));
		for (const name of ["client-of-01.ipynb", "01_first_network.ipynb"]) copyFileSync(chapter, join(folder, name));
		const page = JSON.parse(readFileSync(fixture, "utf8"));
		const last = page.cells.at(-1);
		const source = [
			'import { interact } from "gradbook/display";\n',
			'interact(({ n }) => console.log("twice", n, "is", 2 * n), { n: 3 })',
		];
		page.cells.push({ ...last, id: "interaction", source });
		writeFileSync(join(folder, "page.ipynb"), JSON.stringify(page));
		server = await startLab(folder);
	}, 90_000);
	afterAll(async () => {
		await server?.close();
		rmSync(folder, { recursive: true });
	});

	describe("gradbook run --server", () => {
		const screen = () => {
			const printed = { stdout: "", stderr: "" };
			const write = (name: "stdout" | "stderr", text: string) => {
				printed[name] += text;
			};
			return { printed, screen: { write, interactive: false, columns: 80, rows: 50 } };
		};
		const notebook = (name: string, sources: string[]) => {
			const file = join(folder, name);
			const cells = sources.map((source, index) => ({
				cell_type: "code",
				id: `c${index}`,
				metadata: index === 0 ? { tags: ["parameters"] } : {},
				source,
				outputs: [],
				execution_count: null,
			}));
			writeFileSync(file, JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells }));
			return file;
		};

		test("runs the same cells there, with parameters, outputs and late output", async () => {
			const file = notebook("remote.ipynb", [
				"let epochs = 9;",
				'import { display, html } from "gradbook/display";\nconsole.log("epochs", epochs);\ndisplay(html("<b>x</b>"));\nvoid setTimeout(() => console.log("late"), 50);',
				"await new Promise((go) => setTimeout(go, 200));\nprocess.cwd()",
			]);
			const { printed, screen: shown } = screen();
			const url = `${server.url}lab?token=${server.token}`;
			const result = await runNotebook(file, {
				server: { url },
				params: { epochs: 2 },
				out: join(folder, "out"),
				screen: shown,
			});
			expect(result.problem).toBeUndefined();
			const outputs = result.notebook.cells.map((cell) => (cell.cell_type === "code" ? cell.outputs : []));
			expect(outputs[2]).toMatchObject([
				{ output_type: "stream", text: "epochs 2\n" },
				{ output_type: "display_data", data: { "text/html": "<b>x</b>" } },
				{ output_type: "stream", text: "late\n" },
			]);
			expect(outputs[3]).toMatchObject([{ output_type: "execute_result", data: { "text/plain": `'${folder}'` } }]);
			expect(printed.stdout).not.toContain("WebSocket");
		});

		test("stops a cell that takes too long, and leaves no kernel behind", async () => {
			const file = notebook("slow.ipynb", ["1", "for (;;) ;"]);
			const { screen: shown } = screen();
			const { url, token } = server;
			const result = await runNotebook(file, {
				server: { url, token },
				timeout: 3,
				out: join(folder, "out"),
				screen: shown,
			});
			expect(result.problem).toMatch(/cell 2 of 2 .*it took longer than 3.0 s and was stopped/);
			const kernels = await fetch(`${url}api/kernels?token=${token}`);
			expect(await kernels.json()).toEqual([]);
		});

		test.each([
			["a wrong token", () => ({ url: server.url, token: "wrong" }), /does not accept the token/],
			["no server", () => ({ url: "http://127.0.0.1:9/" }), /--server http:\/\/127\.0\.0\.1:9\/: /],
			["no address", () => ({ url: "host" }), /--server host: expected an address such as/],
		])("says so where there is %s", async (_, there, said) => {
			const { screen: shown } = screen();
			const file = notebook("never.ipynb", ["1"]);
			await expect(runNotebook(file, { server: there(), out: join(folder, "out"), screen: shown })).rejects.toThrow(
				said,
			);
		});
	});

	describe("through @jupyterlab/services", () => {
		test("knows the kernel, as its default", async () => {
			const answer = await fetch(`${server.url}api/kernelspecs?token=${server.token}`);
			const specs = (await answer.json()) as { default: string; kernelspecs: Record<string, { spec: object }> };
			expect(specs.default).toBe("gradbook");
			expect(specs.kernelspecs.gradbook?.spec).toMatchObject({
				display_name: "TypeScript (gradbook)",
				interrupt_mode: "message",
			});
		});

		test("runs every cell of a notebook", { timeout: 60_000 }, async () => {
			const notebook = await openNotebook(server, "client.ipynb", "gradbook");
			try {
				const runs = [];
				for (const code of codeOf(fixture)) runs.push(await notebook.run(code));
				expect(runs.map((run) => run.reply.status)).toEqual(runs.map(() => "ok"));
				expect(runs.map((run) => run.reply.execution_count)).toEqual(runs.map((_, index) => index + 1));
				const [printed, squares, bold, curve, lines] = runs;
				expect(printed?.text("stdout")).toBe("there are 4\n");
				expect(squares?.data()).toMatchObject({ "text/plain": "[ 1, 4, 9, 16 ]" });
				expect(bold?.data()).toMatchObject({ "text/html": '<b class="from-a-cell">bold</b>' });
				expect(curve?.data()).toMatchObject({
					"application/vnd.plotly.v1+json": { layout: { title: { text: "A falling curve" } } },
					"text/plain": expect.stringContaining("A falling curve"),
				});
				expect(lines?.text("stdout")).toBe("line 0\nline 1\nline 2\n");
			} finally {
				await notebook.close();
			}
		});

		test("runs the first chapter, which trains its network", { timeout: 240_000 }, async () => {
			const notebook = await openNotebook(server, "client-of-01.ipynb", "gradbook");
			try {
				const printed: string[] = [];
				const plots = new Set<unknown>();
				for (const code of codeOf(chapter)) {
					const run = await notebook.run(code);
					expect(run.reply.status, `${code}\n${JSON.stringify(run.reply)}`).toBe("ok");
					printed.push(run.text("stdout"));
					for (const { content } of run.messages) {
						const data = "data" in content ? (content.data as Record<string, unknown>) : {};
						if ("application/vnd.plotly.v1+json" in data) plots.add(data["text/plain"]);
					}
				}
				const accuracy = /([\d.]+) % of 10000 test pictures are right/.exec(printed.join(""))?.[1];
				expect(Number(accuracy)).toBeGreaterThan(83);
				expect(plots.size, "states of the live loss curve").toBeGreaterThan(3);
			} finally {
				await notebook.close();
			}
		});

		test("stops a loop by the stop button, and the next cell finds the variables", { timeout: 60_000 }, async () => {
			const notebook = await openNotebook(server, "client.ipynb", "gradbook");
			try {
				await notebook.run("let kept = 41;");
				let stopped = false;
				const looping = notebook.run('console.log("in"); for (;;) kept++;', (run) => {
					// Once: a second stop would reach the next cell.
					if (stopped || run.text("stdout") !== "in\n") return;
					stopped = true;
					void notebook.kernel.interrupt();
				});
				expect((await looping).reply.status).toBe("error");
				expect((await notebook.run("kept > 41")).data()).toMatchObject({ "text/plain": "true" });
			} finally {
				await notebook.close();
			}
		});
	});

	describeWith([needs.chromium], "in Chromium", () => {
		test("shows what every cell of a notebook makes", { timeout: 120_000 }, async () => {
			const notebook = await openInBrowser(server, "browser.ipynb");
			try {
				await notebook.runAll(60_000);
				const { page } = notebook;
				expect(await page.locator('[data-mime-type="application/vnd.jupyter.error"]').allTextContents()).toEqual([]);
				await page.getByText("[ 1, 4, 9, 16 ]").waitFor();
				await page.locator(".jp-OutputArea-output b.from-a-cell").waitFor();
				const curve = page.locator(".js-plotly-plot .scatterlayer .trace");
				await curve.waitFor();
				expect(await curve.count()).toBe(1);
				await page.getByText("A falling curve").first().waitFor();
				mkdirSync(pictures, { recursive: true });
				await page.screenshot({ path: join(pictures, "small.png") });
				expect(notebook.problems).toEqual([]);
			} finally {
				await notebook.close();
			}
		});

		test("shows the same in the page of Jupyter Notebook 7, with a plot and a widget", {
			timeout: 120_000,
		}, async () => {
			const notebook = await openInBrowser(server, "page.ipynb", { frontEnd: "notebook" });
			try {
				await notebook.runAll(60_000);
				const { page } = notebook;
				expect(await page.locator('[data-mime-type="application/vnd.jupyter.error"]').allTextContents()).toEqual([]);
				await page.locator(".js-plotly-plot .scatterlayer .trace").waitFor();
				await page.getByText("twice 3 is 6").waitFor();
				await drag(page, page.locator(".jupyter-widgets.widget-slider"), 1);
				await page.getByText("twice 9 is 18").waitFor();
				mkdirSync(pictures, { recursive: true });
				await page.screenshot({ path: join(pictures, "notebook_page.png") });
				// The page has problems of its own: with JupyterLab's settings, and with the list of files that it has not got.
				const ownFault = (problem: string) => /reading 'schema'|'filebrowser:open-path' not registered/.test(problem);
				expect(notebook.problems.filter((problem) => !ownFault(problem))).toEqual([]);
			} finally {
				await notebook.close();
			}
		});

		test("shows the first chapter with its loss curve", { timeout: 300_000 }, async () => {
			const notebook = await openInBrowser(server, "01_first_network.ipynb");
			try {
				await notebook.runAll(200_000);
				const { page } = notebook;
				expect(await page.locator('[data-mime-type="application/vnd.jupyter.error"]').allTextContents()).toEqual([]);
				const curve = page.locator(".js-plotly-plot", { has: page.getByText("Training on FashionMNIST") });
				await curve.locator(".scatterlayer .trace").first().waitFor();
				// The train loss and the test accuracy, in one picture: updates replaced it and added none.
				expect(await curve.count()).toBe(1);
				expect(await curve.locator(".scatterlayer .trace").count()).toBe(2);
				expect(await page.getByText("test pictures are right").count()).toBeGreaterThan(0);
				// The picture of the README: the training cell with its curve, without the list of files.
				await page.keyboard.press("Control+b");
				await curve.evaluate((element) => element.scrollIntoView({ block: "center" }));
				mkdirSync(pictures, { recursive: true });
				await page.screenshot({ path: join(pictures, "first_network.png") });
				expect(notebook.problems).toEqual([]);
			} finally {
				await notebook.close();
			}
		});
	});
});
