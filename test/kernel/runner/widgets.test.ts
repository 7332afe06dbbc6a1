import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runNotebook } from "../../../dist/kernel/runner";
import { describeWith, needs, pathOf } from "../../support/requirements";

const kernelMain = resolve(__dirname, "../support/stand-in/main.cjs");
const sources = [
	'import * as d from "gradbook/display"',
	'var bar = new d.FloatProgress(0, { max: 8, description: "steps" })\nvar box = new d.VBox([bar, new d.Password("sec" + "ret"), new d.Image(new Uint8Array([71, 73, 70]), { format: "gif" })])\nbox',
	"for (let i = 1; i <= 6; i++) bar.value = i",
	'd.interact(({ k }) => d.plot([{ y: [k] }], { title: { text: "k is " + k } }), { k: [0, 10] })',
	"new d.IntSlider().close()",
];

const screen = { write: () => {}, interactive: false, columns: 80, rows: 50 };
let folder: string;
let file: string;
let files: string[];
beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), "gradbook-test-"));
	const cells = sources.map((source, i) => ({
		...{ cell_type: "code", id: `c${i}`, metadata: {}, source, outputs: [], execution_count: null },
	}));
	file = join(folder, "widgets.ipynb");
	writeFileSync(file, JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells }));
	const result = await runNotebook(file, { kernelMain, screen, out: join(folder, "out") });
	expect(result.problem).toBeUndefined();
	files = result.files;
});
afterAll(() => rmSync(folder, { recursive: true }));

interface State {
	model_name: string;
	state: Record<string, unknown>;
	buffers?: { encoding: string; path: string[]; data: string }[];
}

test("a notebook that was run holds the widgets as they stood at its end, for readers and for programs", () => {
	const notebook = JSON.parse(readFileSync(files[0]!, "utf8"));
	const { version_major, state } = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"];
	expect(version_major).toBe(2);
	const states = Object.values(state as Record<string, State>);
	const of = (name: string) => states.filter((one) => one.model_name === name);
	expect(of("FloatProgressModel")[0]!.state).toMatchObject({ value: 6, max: 8 });
	expect(of("PasswordModel")[0]!.state.value).toBe("");
	expect(of("ImageModel")[0]!.buffers).toEqual([{ encoding: "base64", path: ["value"], data: "R0lG" }]);
	expect(of("IntSliderModel").map((one) => one.state.description)).toEqual(["k"]);

	const shown = notebook.cells.flatMap((cell: { outputs: { data?: Record<string, string[] | object> }[] }) =>
		cell.outputs.filter(({ data }) => data?.["application/vnd.jupyter.widget-view+json"] !== undefined),
	);
	expect(shown).toHaveLength(2);
	const html = shown.map(({ data }: { data: Record<string, string | string[]> }) =>
		[data["text/html"]].flat().join(""),
	);
	expect(html[0]).toContain("width:75%");
	expect(html[1]).toContain("5 (0 to 10)");
	expect(html[1]).toContain("k is 5");
	const everything = readFileSync(files[0]!, "utf8") + readFileSync(files[1]!, "utf8");
	expect(everything).not.toContain("secret");
});

describeWith([needs.chromium], "pictures", () => {
	test("controls over a plot get a picture of it", { timeout: 60_000 }, async () => {
		const out = join(folder, "pictures");
		const { notebook } = await runNotebook(file, {
			...{ kernelMain, screen, out, html: false, images: true },
			chromium: pathOf(needs.chromium),
		});
		const bundles = notebook.cells.flatMap((cell) =>
			cell.cell_type === "code" ? cell.outputs.flatMap((output) => ("data" in output ? [output.data] : [])) : [],
		);
		const pictures = bundles.filter((data) => data["image/png"] !== undefined);
		expect(pictures.map((data) => Object.keys(data).sort())).toEqual([
			["application/vnd.jupyter.widget-view+json", "image/png", "text/plain"],
		]);
		expect(Buffer.from(String(pictures[0]!["image/png"]), "base64").toString("latin1", 1, 4)).toBe("PNG");
	});
});

describeWith([needs.python], "nbconvert", () => {
	test("takes the widgets' states from it", { timeout: 60_000 }, () => {
		const args = ["-m", "nbconvert", "--to", "html", "--stdout", files[0]!];
		const { stdout, stderr } = spawnSync(pathOf(needs.python), args, { encoding: "utf8" });
		expect(stdout, stderr).toContain('<script type="application/vnd.jupyter.widget-state+json">');
		expect(stdout).toContain('"FloatProgressModel"');
	});
});
