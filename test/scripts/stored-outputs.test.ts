import { homedir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, expect, test } from "vitest";
import type { CellOutput, Notebook } from "../../dist/kernel/runner/notebook";

let keep: (notebook: Notebook) => Notebook;
let withoutPicture: (notebook: Notebook) => string[];
beforeAll(async () => {
	const script = pathToFileURL(join(__dirname, "../../scripts/stored-outputs.mjs")).href;
	({ keep, withoutPicture } = await import(script));
});

const plotlyType = "application/vnd.plotly.v1+json";
const stateType = "application/vnd.jupyter.widget-state+json";

function notebook(...outputs: CellOutput[]): Notebook {
	const cell = { cell_type: "code" as const, id: "a", source: "", metadata: {}, execution_count: 1, outputs };
	return { cells: [{ cell_type: "markdown", id: "b", source: "", metadata: {} }, cell], metadata: {} };
}
const shown = (data: Record<string, string | object>) =>
	({ output_type: "display_data", metadata: {}, data }) as CellOutput;

test("a stored chapter keeps a progress bar's text, and a plot's numbers and picture", () => {
	const bar = shown({ "text/plain": "100%", "text/html": '<div class="gradbook-progress">…</div>' });
	const plot = shown({ "text/plain": "Plot", "text/html": "<svg>", [plotlyType]: {}, "image/png": "AA==" });
	const table = shown({ "text/plain": "a", "text/html": "<table>" });
	const kept = keep(notebook(bar, plot, table));
	const bundles = (kept.cells[1] as { outputs: { data: object }[] }).outputs.map(({ data }) => Object.keys(data));
	expect(bundles).toEqual([["text/plain"], ["text/plain", plotlyType, "image/png"], ["text/plain", "text/html"]]);
});

test("so do plots among widgets", () => {
	const one = notebook();
	const outputs = [shown({ "text/html": "<svg>", [plotlyType]: {} })];
	one.metadata.widgets = { [stateType]: { state: { area: { state: { outputs } }, slider: { state: { value: 1 } } } } };
	keep(one);
	expect(outputs).toEqual([shown({ [plotlyType]: {} })]);
});

test("no text names a folder of the machine", () => {
	const printed: CellOutput = {
		output_type: "stream",
		name: "stdout",
		text: `Root: ${homedir()}/data\n${process.cwd()}/a`,
	};
	const { cells } = keep(notebook(printed, shown({ "text/plain": `in ${process.cwd()}/notebooks` })));
	expect(cells[1]).toMatchObject({
		outputs: [{ text: "Root: ~/data\n./a" }, { data: { "text/plain": "in ./notebooks" } }],
	});
});

test("a plot without a picture is named", () => {
	const bare = shown({ "text/plain": "Plot of losses", [plotlyType]: {} });
	const drawn = shown({ "text/plain": "Plot", [plotlyType]: {}, "image/png": "AA==" });
	expect(withoutPicture(notebook(bare, drawn))).toEqual(["Plot of losses"]);
});
