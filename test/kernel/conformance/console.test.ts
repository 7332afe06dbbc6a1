import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith, needs, pathOf } from "../../support/requirements";
import { jupyterHome } from "./jupyter";

describeWith([needs.python], "front ends of a terminal", () => {
	let home: ReturnType<typeof jupyterHome>;
	beforeAll(() => {
		home = jupyterHome();
	});
	afterAll(() => home.remove());

	const python = (...args: string[]) => {
		const env = { ...home.env, TERM: "xterm" };
		return spawnSync(pathOf(needs.python), args, { env, cwd: home.folder, encoding: "utf8", timeout: 110_000 });
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
		writeFileSync(join(home.folder, "in.ipynb"), JSON.stringify(notebook));
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
		const ran = JSON.parse(readFileSync(join(home.folder, "out.ipynb"), "utf8"));
		expect(ran.cells.at(-1).outputs[0].data["text/plain"].join("")).toBe("[ 5.25, 'b \"c\"', true ]");
	});
});
