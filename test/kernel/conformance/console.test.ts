import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { installInto } from "../../../dist/kernel/install";
import { describeWith, needs, pathOf } from "../../support/requirements";

describeWith([needs.python], "front ends of a terminal", () => {
	let folder: string;
	beforeAll(() => {
		folder = mkdtempSync(join(tmpdir(), "gradbook-console-"));
		installInto(folder);
	});
	afterAll(() => rmSync(folder, { recursive: true }));

	const python = (...args: string[]) => {
		const env = {
			...process.env,
			TERM: "xterm",
			JUPYTER_PATH: folder,
			JUPYTER_RUNTIME_DIR: folder,
			JUPYTER_CONFIG_DIR: folder,
		};
		return spawnSync(pathOf(needs.python), args, { env, cwd: folder, encoding: "utf8", timeout: 110_000 });
	};

	test("jupyter console: results, errors, lines that go on, input, the stop button, completion", {
		timeout: 120_000,
	}, () => {
		const { status, stderr } = python(join(__dirname, "console.py"));
		expect(status, stripVTControlCharacters(stderr).slice(-4000)).toBe(0);
	});

	test("papermill: parameters, by the syntax that C# has in common with TypeScript", { timeout: 120_000 }, () => {
		const code = (source: string, tags: string[] = []) => ({
			cell_type: "code",
			id: `id${source.length}`,
			metadata: { tags },
			source,
			outputs: [],
			execution_count: null,
		});
		const cells = [
			code('let epochs = 1; let name = "a"; let shuffle = false; let rate = 0.5;', ["parameters"]),
			code("[epochs + rate, name, shuffle]"),
		];
		const kernelspec = { name: "gradbook", display_name: "gradbook", language: "typescript" };
		const notebook = { cells, metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 };
		writeFileSync(join(folder, "in.ipynb"), JSON.stringify(notebook));
		const given = ["-p", "epochs", "5", "-p", "rate", "0.25", "-p", "shuffle", "True", "-p", "name", 'b "c"'];
		const { status, stderr } = python(
			"-m",
			"papermill",
			"in.ipynb",
			"out.ipynb",
			"--language",
			".net-csharp",
			...given,
		);
		expect(status, stderr).toBe(0);
		const ran = JSON.parse(readFileSync(join(folder, "out.ipynb"), "utf8"));
		expect(ran.cells.at(-1).outputs[0].data["text/plain"].join("")).toBe("[ 5.25, 'b \"c\"', true ]");
	});
});
