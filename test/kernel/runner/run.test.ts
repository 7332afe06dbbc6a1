import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodePng } from "../../../dist/kernel/display/png";
import { type RunOptions, runNotebook } from "../../../dist/kernel/runner";
import { describeWith, needs, pathOf } from "../../support/requirements";

// A kernel whose compiler takes JavaScript: what is tested here is what happens around the cells.
const kernelMain = resolve(__dirname, "../support/stand-in/main.cjs");
const runner = resolve(__dirname, "../../../dist/kernel/runner/index.js");
const library = JSON.stringify(resolve(__dirname, "../../../dist/kernel/views/index.js"));

let folder: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "gradbook-test-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

type Source = string | { markdown: string } | { code: string; tags: string[] };

let notebooks = 0;
function notebook(...sources: Source[]): string {
	const cells = sources.map((source, index) => {
		const common = { id: `c${index}`, metadata: {} };
		if (typeof source === "object" && "markdown" in source)
			return { cell_type: "markdown", ...common, source: source.markdown };
		const text = typeof source === "string" ? source : source.code;
		const metadata = typeof source === "string" ? {} : { tags: source.tags };
		return { cell_type: "code", ...common, metadata, source: text, outputs: [], execution_count: null };
	});
	const file = join(folder, `notebook ${++notebooks}.ipynb`);
	writeFileSync(file, JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells }));
	return file;
}

/** Runs a notebook and gives what was written and printed. */
async function run(file: string, options: RunOptions = {}) {
	const printed = { stdout: "", stderr: "" };
	const screen = {
		write: (name: "stdout" | "stderr", text: string) => {
			printed[name] += text;
		},
		interactive: false,
		columns: 80,
		rows: 50,
	};
	const result = await runNotebook(file, { kernelMain, screen, out: join(folder, `out ${notebooks}`), ...options });
	const written = JSON.parse(readFileSync(result.files[0]!, "utf8")) as {
		cells: { outputs: Record<string, unknown>[]; execution_count: number }[];
	};
	const page = result.files[1] === undefined ? "" : readFileSync(result.files[1], "utf8");
	return { ...result, ...printed, cells: written.cells, page };
}

describe("running", () => {
	test("cells in order, in the notebook's folder; what they show is written and told", async () => {
		const file = notebook(
			{ markdown: "# Title" },
			"// what follows\nconst a = 2",
			"console.log('here', process.cwd())",
			"",
			"a * 21",
		);
		const { ok, cells, stdout, stderr, files } = await run(file);
		expect(ok).toBe(true);
		expect(stderr).toBe("");
		expect(cells[2]!.outputs).toEqual([{ output_type: "stream", name: "stdout", text: [`here ${folder}\n`] }]);
		expect(cells[4]).toMatchObject({
			execution_count: 3,
			outputs: [{ output_type: "execute_result", data: { "text/plain": ["42"] }, execution_count: 3, metadata: {} }],
		});
		const lines = stdout.replace(/[\d.]+ m?s/g, "TIME").split("\n");
		expect(lines).toEqual([
			"[1/3] const a = 2  TIME",
			"[2/3] console.log('here', process.cwd())",
			`here ${folder}`,
			"[2/3] TIME",
			"[3/3] a * 21  TIME",
			`TIME, written to ${files.join(" and ")}`,
			"",
		]);
	});

	test("progress bars end in one line each where the cursor cannot move; the notebook has their last state", async () => {
		const file = notebook(
			`import * as d from ${library}`,
			"for (const i of d.progress(40, { label: 'steps' })) { const t = Date.now(); while (Date.now() - t < 10); }",
		);
		const { cells, stdout } = await run(file);
		expect(stdout.match(/steps/g)?.length).toBe(2);
		expect(stdout).toMatch(/\nsteps 100% \|█{24}\| 40\/40 /);
		expect(cells[1]!.outputs.length).toBe(1);
		expect(String((cells[1]!.outputs[0]!.data as Record<string, string[]>)["text/plain"])).toContain("40/40");
	});

	test("what comes after a cell's end lands in its own cell", async () => {
		const file = notebook(
			`import * as d from ${library}`,
			"const h = d.display('first')\nconst timer = setTimeout(() => { h.update('second'); console.log('late') }, 50);",
			"const end = Date.now() + 300",
			"for (;;) { await new Promise((r) => setTimeout(r, 10)); if (Date.now() > end) break; }",
		);
		const { cells } = await run(file);
		expect(cells[1]!.outputs).toMatchObject([
			{ data: { "text/plain": ["'second'"] } },
			{ name: "stdout", text: ["late\n"] },
		]);
		expect(cells[3]!.outputs).toEqual([]);
	});

	test("parameters go into a cell behind the tagged one", async () => {
		const file = notebook({ code: "let n = 1", tags: ["parameters"] }, "n + 1");
		const { cells } = await run(file, { params: { n: 5 }, html: false });
		expect(cells.length).toBe(3);
		expect(cells[2]!.outputs).toMatchObject([{ data: { "text/plain": ["6"] } }]);
	});
});

describe("failing", () => {
	test("an error ends the run: its traceback on stderr, the notebook up to there", async () => {
		const { ok, problem, cells, stderr } = await run(notebook("1", "throw new TypeError('no <b>')", "3"));
		expect(ok).toBe(false);
		expect(problem).toBe("cell 2 of 3 (throw new TypeError('no <b>')): TypeError: no <b>");
		expect(stderr).toContain("TypeError: no <b>\n");
		expect(stderr.trimEnd().endsWith(problem!)).toBe(true);
		expect(cells.map((cell) => cell.outputs.map((output) => output.output_type))).toEqual([
			["execute_result"],
			["error"],
			[],
		]);
	});

	test("a cell that may fail (raises-exception) does not", async () => {
		const { ok, cells } = await run(notebook({ code: "throw new Error('expected')", tags: ["raises-exception"] }, "7"));
		expect(ok).toBe(true);
		expect(cells[1]!.outputs).toMatchObject([{ data: { "text/plain": ["7"] } }]);
	});

	test("a cell that takes too long is stopped, its output kept", async () => {
		const { problem, cells } = await run(notebook("1", "console.log('start');\nfor (;;);", "1"), { timeout: 1 });
		expect(problem).toBe("cell 2 of 3 (console.log('start');): it took longer than 1.0 s and was stopped");
		expect(cells[1]!.outputs[0]).toEqual({ output_type: "stream", name: "stdout", text: ["start\n"] });
	});

	test("a kernel that dies is said", async () => {
		// From outside: the session itself does not do that.
		const cell = "require('child_process').execSync('kill -9 ' + process.pid)";
		const { problem } = await run(notebook(cell));
		expect(problem).toBe(`cell 1 of 1 (${cell}): the kernel's process ended (SIGKILL) while the cell ran`);
	});

	test("a kernel that does not start is said", async () => {
		const main = join(folder, "broken.cjs");
		writeFileSync(main, "process.exit(3)");
		await expect(run(notebook("1"), { kernelMain: main })).rejects.toThrow("ended before it answered (exit status 3)");
	});

	test("a run that is aborted stops its cell and writes what there is", async () => {
		const stop = new AbortController();
		const file = notebook("console.log('running');\nfor (;;);", "2");
		const write = (_: string, text: string) => {
			if (text.includes("running\n")) stop.abort();
		};
		const screen = { write, interactive: false, columns: 80, rows: 50 };
		const { problem, files } = await run(file, { signal: stop.signal, screen });
		expect(problem).toContain("it was stopped");
		expect(existsSync(files[0]!)).toBe(true);
	});

	test("the exit status tells, and no process is left", async () => {
		const command = (file: string, ...args: unknown[]) => {
			const program = `require(${JSON.stringify(runner)}).runCommand(${JSON.stringify(file)}, ${JSON.stringify({ kernelMain, out: join(folder, "command"), ...Object(args[0]) })}).then((status) => { process.exitCode = status; })`;
			const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "pipe"] });
			let stderr = "";
			child.stderr.setEncoding("utf8").on("data", (text: string) => {
				stderr += text;
			});
			return new Promise<{ status: number | null; stderr: string }>((done) => {
				child.on("close", (status) => done({ status, stderr }));
			});
		};
		expect((await command(notebook("1"))).status).toBe(0);
		expect((await command(notebook("throw 1"))).status).toBe(1);
		expect(await command(join(folder, "missing.ipynb"))).toEqual({
			status: 1,
			stderr: `${join(folder, "missing.ipynb")}: there is no such file\n`,
		});
		const occupied = join(folder, "a file");
		writeFileSync(occupied, "");
		const { status, stderr } = await command(notebook("1"), { out: occupied });
		expect(status).toBe(1);
		expect(stderr).toContain("EEXIST");
	});
});

test("where there is no Chromium, or none that works, a line says so and the notebook is as it was", async () => {
	const file = notebook(`import * as d from ${library}`, "d.plot([{ y: [1, 2] }])");
	const without = await run(file, { images: true });
	expect(without.stdout).toContain("no pictures of the plots: found no Chromium on PATH (GRADBOOK_CHROMIUM names one)");
	expect(without.ok).toBe(true);
	const broken = await run(file, { images: true, chromium: "/bin/false" });
	expect(broken.stdout).toContain("no pictures of the plots: /bin/false ended with 1");
	const [output] = broken.cells[1]!.outputs;
	expect(Object.keys(output!.data as object)).toContain("text/html");
});

describeWith([needs.chromium], "the page, without network", () => {
	let browser: Browser;
	beforeAll(async () => {
		browser = await chromium.launch({
			executablePath: pathOf(needs.chromium),
			args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
		});
	});
	afterAll(() => browser.close());

	const sources: Source[] = [
		{ markdown: "# Figures\n\n$x_1$ and ![far](https://example.org/x.png)" },
		`import * as d from ${library}`,
		"d.plot([{ y: [1, 4, 9], name: '</script><b>' }], { title: { text: 'Squares' } })",
		"d.plot([{ type: 'heatmap', z: [[1, 2], [3, 4]] }])",
		"d.table([{ a: '<img src=x>' }])",
	];
	const askingFor = (url: string) => `d.html('<b id=rich>rich</b><img src="${url}"><script src="${url}"></script>')`;

	test.each(["light", "dark"] as const)("opens and draws its figures (%s)", async (colorScheme) => {
		// A server that anything loaded from elsewhere would reach.
		const asked: string[] = [];
		const server = createServer((request, response) => {
			asked.push(request.url ?? "");
			response.end();
		});
		await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
		const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
		const { files, page: source } = await run(notebook(...sources, askingFor(url)));
		expect(source.match(/plotly\.js \(cartesian - minified\) v/g)?.length).toBe(1);
		const context = await browser.newContext({ colorScheme });
		const page = await context.newPage();
		const problems: string[] = [];
		page.on("pageerror", (error) => problems.push(String(error)));
		await page.goto(`file://${encodeURI(files[1]!)}`);
		await page.locator(".figure .js-plotly-plot .main-svg").nth(3).waitFor({ state: "attached" });

		expect(problems).toEqual([]);
		expect(await page.title()).toBe("Figures");
		expect(await page.locator(".figure .gtitle").first().textContent()).toBe("Squares");
		expect(await page.locator(".figure .hm image").count()).toBe(1);
		expect(await page.locator("#rich").textContent()).toBe("rich");
		expect(await page.locator(".gradbook-table td").textContent()).toBe("<img src=x>");
		const title = page.locator(".figure .gtitle").first();
		const colour = await title.evaluate((node) => getComputedStyle(node).fill);
		expect(colour).toBe(colorScheme === "dark" ? "rgb(230, 237, 243)" : "rgb(31, 35, 40)");
		await context.close();
		await new Promise((closed) => server.close(closed));
		expect(asked).toEqual([]);
	});

	test("without scripts the still pictures are there", async () => {
		const { files } = await run(notebook(...sources));
		const context = await browser.newContext({ javaScriptEnabled: false, offline: true });
		const page = await context.newPage();
		await page.goto(`file://${encodeURI(files[1]!)}`);
		expect(await page.locator(".figure .still svg[role=img]").count()).toBe(2);
		await context.close();
	});

	test("--images gives the notebook a PNG of every plot and graph, in place of HTML that GitHub would show", async () => {
		const graph =
			'<div class="gradbook-graph"><svg xmlns="http://www.w3.org/2000/svg" width="9" height="8"></svg></div>';
		const asHtml = `d.html(${JSON.stringify(graph)})`;
		const bars = "d.plot([{ type: 'bar', y: [1, 2], name: '</pre></script>&amp;' }], { width: 300, height: 200 })";
		const square = `<img width="20" height="10" src="data:image/png;base64,${encodePng({ width: 1, height: 1, channels: 1, data: new Uint8Array([0]) }).toString("base64")}">`;
		const grid = `<div class="gradbook-images"><img src=x onerror="document.title='ran'">${square}</div>`;
		const file = notebook(...sources, bars, asHtml, `d.html(${JSON.stringify(grid)})`);
		const { cells, page, stdout } = await run(file, { images: true, chromium: pathOf(needs.chromium) });
		expect(stdout).toContain("5 plots got pictures");
		const data = cells.flatMap((cell) => cell.outputs ?? []).map((output) => output.data as Record<string, string>);
		const pictures = data.filter((bundle) => bundle["image/png"] !== undefined);
		expect(pictures.map((bundle) => Object.keys(bundle).sort())).toEqual([
			...new Array(3).fill(["application/vnd.plotly.v1+json", "image/png", "text/plain"]),
			["image/png", "text/plain"],
			["image/png", "text/plain"],
		]);
		const sizes = pictures.map((bundle) => {
			const png = Buffer.from(bundle["image/png"]!, "base64");
			return [png.toString("latin1", 1, 4), png.readUInt32BE(16), png.readUInt32BE(20)];
		});
		expect(sizes.slice(2)).toEqual([
			["PNG", 300, 200],
			["PNG", 9, 8],
			// What is white is cut off, but for a margin; the picture that cannot be loaded has its frame.
			["PNG", expect.any(Number), expect.any(Number)],
		]);
		expect(sizes.at(-1)![1]).toBeLessThan(80);
		expect(sizes.at(-1)![2]).toBeLessThan(80);
		expect(page, "the page keeps its own forms").toContain("<svg");
		expect(pictures.map((bundle) => bundle["text/html"])).toEqual(new Array(5).fill(undefined));
	});

	test("a page without figures carries no plotly.js", async () => {
		const { page } = await run(notebook("1 + 1"));
		expect(page.length).toBeLessThan(10_000);
	});
});
