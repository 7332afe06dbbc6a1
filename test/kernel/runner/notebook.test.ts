import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseParameter } from "../../../dist/kernel/runner";
import {
	type CellOutput,
	type CodeCell,
	type Notebook,
	notebookText,
	readNotebook,
} from "../../../dist/kernel/runner/notebook";
import { NotebookOutputs } from "../../../dist/kernel/runner/outputs";
import { withParameters } from "../../../dist/kernel/runner/parameters";

let folder: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "gradbook-test-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(content: unknown): string {
	const path = join(folder, `${Math.random()}.ipynb`);
	writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
	return path;
}

const code = (source: string, tags?: string[]): CodeCell => ({
	cell_type: "code",
	id: source,
	source,
	metadata: tags === undefined ? {} : { tags },
	outputs: [],
	execution_count: null,
});

describe("reading", () => {
	test("texts in lines, ids added where an older notebook has none, outputs left out", () => {
		const notebook = readNotebook(
			file({
				nbformat: 4,
				nbformat_minor: 2,
				metadata: { kernelspec: { name: "tslab", language: "typescript" } },
				cells: [
					{ cell_type: "markdown", metadata: {}, source: ["# a\n", "b"] },
					{
						cell_type: "code",
						metadata: { tags: ["x"] },
						source: "1",
						outputs: [{ output_type: "stream" }],
						execution_count: 7,
					},
				],
			}),
		);
		expect(notebook.cells).toEqual([
			{ cell_type: "markdown", id: "cell-1", metadata: {}, source: "# a\nb", attachments: undefined },
			{ cell_type: "code", id: "cell-2", metadata: { tags: ["x"] }, source: "1", outputs: [], execution_count: null },
		]);
	});

	test.each([
		["{", /is no notebook: .*JSON/],
		[{ nbformat: 4 }, /is no notebook: it has no list of cells/],
		[{ nbformat: 3, worksheets: [] }, /the notebook format of before 2015 \(version 3\)/],
		[{ cells: [{ cell_type: "heading", source: "" }] }, /cell 1 is neither code nor text \(cell_type "heading"\)/],
		[
			{ cells: [], metadata: { kernelspec: { name: "python3", display_name: "Python 3", language: "python" } } },
			/is a notebook for Python 3 \(python\); gradbook runs TypeScript and JavaScript/,
		],
		[{ cells: [], metadata: { language_info: { name: "R" } } }, /is a notebook for R \(R\)/],
	])("what is no notebook to run is said: %#", (content, message) => {
		expect(() => readNotebook(file(content))).toThrow(message);
	});

	test("a missing file", () => {
		expect(() => readNotebook(join(folder, "none.ipynb"))).toThrow("none.ipynb: there is no such file");
	});
});

test("writing: as Jupyter does, format 4.5, texts in lines", () => {
	const cell = code("a\nb");
	cell.execution_count = 3;
	cell.outputs = [
		{ output_type: "stream", name: "stdout", text: "x\ny\n" },
		{
			output_type: "display_data",
			data: { "text/plain": "p\nq", "image/png": "AAA\n", "application/json": { a: 1 } },
			metadata: {},
		},
	];
	const written = JSON.parse(notebookText({ cells: [cell], metadata: { m: 1 } })) as Record<string, unknown>;
	expect(written).toEqual({
		cells: [
			{
				cell_type: "code",
				execution_count: 3,
				id: "a\nb",
				metadata: {},
				outputs: [
					{ output_type: "stream", name: "stdout", text: ["x\n", "y\n"] },
					{
						output_type: "display_data",
						data: { "text/plain": ["p\n", "q"], "image/png": "AAA\n", "application/json": { a: 1 } },
						metadata: {},
					},
				],
				source: ["a\n", "b"],
			},
		],
		metadata: { m: 1 },
		nbformat: 4,
		nbformat_minor: 5,
	});
});

describe("outputs as a front end keeps them", () => {
	const message = (msg_type: string, content: Record<string, unknown>) => ({ header: { msg_type }, content });
	const display = (text: string, id?: string) =>
		message("display_data", {
			data: { "text/plain": text },
			metadata: {},
			transient: id === undefined ? {} : { display_id: id },
		});

	test("streams are merged where they follow each other", () => {
		const outputs: CellOutput[] = [];
		const all = new NotebookOutputs();
		for (const [name, text] of [
			["stdout", "a"],
			["stdout", "b"],
			["stderr", "c"],
			["stdout", "d"],
		]) {
			all.apply(outputs, message("stream", { name, text }));
		}
		expect(outputs.map((output) => "text" in output && [output.name, output.text])).toEqual([
			["stdout", "ab"],
			["stderr", "c"],
			["stdout", "d"],
		]);
	});

	test("an update changes every output with the id, in other cells too", () => {
		const [first, second]: [CellOutput[], CellOutput[]] = [[], []];
		const all = new NotebookOutputs();
		all.apply(first, display("1", "id"));
		all.apply(second, display("1", "id"));
		all.apply(second, display("other"));
		all.apply(
			second,
			message("update_display_data", {
				data: { "text/plain": "2" },
				metadata: { k: 1 },
				transient: { display_id: "id" },
			}),
		);
		all.apply(second, message("update_display_data", { data: {}, transient: { display_id: "unknown" } }));
		expect(first).toEqual([{ output_type: "display_data", data: { "text/plain": "2" }, metadata: { k: 1 } }]);
		expect(second.length).toBe(2);
		expect(second[0]).toEqual(first[0]);
	});

	test("clear_output empties now, or when the next output comes", () => {
		const outputs: CellOutput[] = [];
		const all = new NotebookOutputs();
		all.apply(outputs, display("1"));
		all.apply(outputs, message("clear_output", { wait: true }));
		expect(outputs.length).toBe(1);
		all.apply(outputs, message("stream", { name: "stdout", text: "x" }));
		expect(outputs).toEqual([{ output_type: "stream", name: "stdout", text: "x" }]);
		all.apply(outputs, message("clear_output", { wait: false }));
		expect(outputs).toEqual([]);
	});

	test("results and errors", () => {
		const outputs: CellOutput[] = [];
		const all = new NotebookOutputs();
		all.apply(outputs, message("execute_result", { data: { "text/plain": "3" }, metadata: {}, execution_count: 2 }));
		all.apply(outputs, message("error", { ename: "E", evalue: "v", traceback: ["t"] }));
		expect(outputs).toEqual([
			{ output_type: "execute_result", data: { "text/plain": "3" }, metadata: {}, execution_count: 2 },
			{ output_type: "error", ename: "E", evalue: "v", traceback: ["t"] },
		]);
	});
});

describe("parameters", () => {
	const notebook: Notebook = {
		metadata: {},
		cells: [
			code("import 'x'"),
			code("let epochs = 3;\nconst name = 'a';", ["parameters"]),
			code("epochs"),
			code("old", ["injected-parameters"]),
		],
	};

	test("NAME=VALUE: JSON, else text", () => {
		const written = ["a=1", "b=x y", 'c="1"', "d=[1,2]", "e=", "f=a=b"].map(parseParameter);
		expect(written.map(([name, { value }]) => [name, value])).toEqual([
			["a", 1],
			["b", "x y"],
			["c", "1"],
			["d", [1, 2]],
			["e", ""],
			["f", "a=b"],
		]);
		expect(() => parseParameter("1a=2")).toThrow("--param 1a=2: expected NAME=VALUE");
	});

	test("a cell behind the tagged one sets them, in place of an earlier one", () => {
		const { cells } = withParameters(notebook, { epochs: 1, name: 'b"' });
		expect(cells.map((cell) => cell.source)).toEqual([
			"import 'x'",
			"let epochs = 3;\nconst name = 'a';",
			'epochs = 1;\nlet name = "b\\"";',
			"epochs",
		]);
		expect(withParameters(notebook, {})).toBe(notebook);
	});

	test("of every declaration at the top level; a variable of texts gets text", () => {
		const source =
			"let [x] = [1], a = 'x', b: string = `y`, n = 1;\n// let none = 1\nexport const k = 'k'; let u: string | null = null; { let inner = 1 }\n!ls";
		const given = Object.fromEntries(["a=1.0", "b=true", 'k="q"', "n=2", "u=null"].map(parseParameter));
		const { cells } = withParameters({ metadata: {}, cells: [code(source, ["parameters"])] }, given);
		expect(cells[1]!.source).toBe('a = "1.0";\nb = "true";\nlet k = "q";\nn = 2;\nu = null;');
		const refused = (text: string) => () =>
			withParameters({ metadata: {}, cells: [code(text, ["parameters"])] }, { none: 1 });
		expect(refused(source)).toThrow("--param none: the notebook's parameters are a, b, n, k, u");
		expect(refused("let =")).toThrow('the cell tagged "parameters" is wrong: ');
	});

	test("a name that the notebook does not know, or no tagged cell, is said", () => {
		expect(() => withParameters(notebook, { epoch: 1 })).toThrow(
			"--param epoch: the notebook's parameters are epochs, name",
		);
		expect(() => withParameters({ metadata: {}, cells: [] }, { a: 1 })).toThrow(
			'no cell of the notebook has the tag "parameters"',
		);
	});
});
