import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Completion } from "../../../../dist/kernel/requests/contract";
import { folderWith, Notebook } from "./notebook";

/** Completion and inspection with the real language server. The cursor is where the `|` stands. */

const place = folderWith({ "model.ts": "export const layers = 3;\n", "data.json": "{}" });
let notebook: Notebook;

beforeAll(async () => {
	notebook = new Notebook(place.folder);
	await notebook.run(`
		/** Trains for a while.
		 * @param rate how fast */
		function train(rate: number, options: { decay?: number; warmUp?: boolean; mode?: "fast" | "slow" } = {}): string { return "" }
		const model = { layers: [1], name: "m", "odd name": 2, readFileSync() {} };
		let kind: "adam" | "sgd" = "adam";
		class Net {
			/** Goes through. */
			forward(x: number): string { return "" } }
		enum Stage { Fit, Test }`);
});
afterAll(async () => {
	await notebook.close();
	place.done();
	expect(notebook.log).toEqual([]);
});

function cursorOf(marked: string): [source: string, cursor: number] {
	const at = marked.indexOf("|");
	return [marked.replace("|", ""), Array.from(marked.slice(0, at)).length];
}

const complete = (marked: string): Promise<Completion> => notebook.compiler.complete(...cursorOf(marked));

describe("completion", () => {
	test("members with kinds and types", async () => {
		const { items, cursorStart, cursorEnd } = await complete("model.|");
		expect(items.map(({ text, type }) => [text, type])).toEqual([
			["layers", "field"],
			["name", "field"],
			["readFileSync", "method"],
		]);
		expect(items[0]).toMatchObject({ signature: "(property) layers: number[]", start: 6, end: 6 });
		expect([cursorStart, cursorEnd]).toEqual([6, 6]);
	});
	test("of what was typed already", async () => {
		const { matches, cursorStart, cursorEnd } = await complete("model.la|yers");
		expect(matches).toEqual(["layers"]);
		expect([cursorStart, cursorEnd]).toEqual([6, 8]);
	});
	test("letters that start words, where nothing begins so", async () => {
		expect((await complete("model.rfs|")).matches).toEqual(["readFileSync"]);
		expect((await complete("model.zq|")).matches).toEqual([]);
	});
	test("names of options inside an object literal", async () => {
		expect((await complete("train(1, { |")).matches).toEqual(["decay", "mode", "warmUp"]);
		expect((await complete("train(1, { decay: 1, w| })")).matches).toEqual(["warmUp"]);
	});
	test("string unions", async () => {
		expect((await complete("kind = '|'")).matches).toEqual(["adam", "sgd"]);
		expect((await complete('train(1, { mode: "s|" })')).matches).toEqual(["slow"]);
	});
	test("import paths and imported names", async () => {
		expect((await complete("import * as p from 'node:pat|'")).matches).toContain("node:path");
		expect((await complete("import { joi| } from 'node:path'")).matches).toEqual(["join"]);
		const local = await complete("import { layers } from './|'");
		expect(local.matches).toContain("model");
		expect(local.matches.join()).not.toContain("gradbook-");
	});
	test("names of earlier cells, with what they are", async () => {
		const { items } = await complete("|");
		const kinds = new Map(items.map(({ text, type }) => [text, type]));
		for (const [name, type] of Object.entries({
			model: "variable",
			train: "function",
			Net: "class",
			Stage: "enum",
			kind: "variable",
		}))
			expect([name, kinds.get(name)]).toEqual([name, type]);
		expect([...kinds.keys()].join()).not.toContain("gradbook");
		// What the notebook declares comes before what JavaScript has.
		expect(items.findIndex(({ text }) => text === "model")).toBeLessThan(
			items.findIndex(({ text }) => text === "Array"),
		);
	});
	test("of a name that this cell declares anew", async () => {
		expect((await complete("const model = new Map<string, number>();\nmodel.si|")).matches).toEqual(["size"]);
		expect((await complete("const { model } = { model: new Set([1]) };\nif (true) {\n  model.si|")).matches).toEqual([
			"size",
		]);
	});
	test("inside code that is not finished", async () => {
		expect((await complete("function f() {\n  const net = new Net();\n  net.fo|")).matches).toEqual(["forward"]);
		expect((await complete("for (const layer of model.layers) { layer.toF|")).matches).toEqual(["toFixed"]);
	});
	test("counts code points, in lines that end with \\r\\n too", async () => {
		expect(await complete("const 𝒳 = '😀😀';\r\nmodel.na|")).toMatchObject({
			matches: ["name"],
			cursorStart: 23,
			cursorEnd: 25,
		});
		expect(await complete("const 𝒴 = '😀'; model.na|")).toMatchObject({
			matches: ["name"],
			cursorStart: 21,
			cursorEnd: 23,
		});
	});
	test("in the order of an editor, with inner names last", async () => {
		await notebook.run("const mixed = { beta: 1, Alpha: 2, _inner: 3, alpha2: 4 }");
		expect((await complete("mixed.|")).matches).toEqual(["Alpha", "alpha2", "beta", "_inner"]);
		expect((await complete("mixed._|")).matches).toEqual(["_inner"]);
	});
	test("case matters less than the start", async () => {
		expect((await complete("new Net().FOR|")).matches).toEqual(["forward"]);
	});
	test("nothing in a comment or a string", async () => {
		expect((await complete("// model.|")).matches).toEqual([]);
		expect((await complete("const s = 'mo|'")).matches).toEqual([]);
	});
	test("globals that the kernel gives", async () => {
		expect((await complete("passw|")).matches).toEqual(["password"]);
	});
	test("while a cell is compiled", async () => {
		const compiled = notebook.compiler.compile("const slow = model.layers", { executionCount: 50, remember: false });
		expect((await complete("model.na|")).matches).toEqual(["name"]);
		expect((await compiled).status).toBe("ok");
	});
});

describe("inspection", () => {
	const inspect = async (marked: string) => notebook.compiler.inspect(...cursorOf(marked), 0);
	test("signature and documentation", async () => {
		const found = await inspect("tra|in(1)");
		expect(found?.["text/plain"]).toMatch(
			/^function train\(rate: number, options\?: \{[\s\S]*\}\): string\nTrains for a while\.\n\n@param `rate` — how fast$/,
		);
		expect(found?.["text/markdown"]).toMatch(/^```typescript\nfunction train/);
	});
	test("the call whose arguments are written", async () => {
		expect((await inspect("train(1, |"))?.["text/plain"]).toMatch(/^train\(rate: number, options/);
		expect((await inspect("new Net().forward(|)"))?.["text/plain"]).toMatch(
			/^forward\(x: number\): string\nGoes through\./,
		);
	});
	test("behind a name or a call", async () => {
		expect((await inspect("kind|"))?.["text/plain"]).toBe('let kind: "adam" | "sgd"');
		expect((await inspect("train(1)|"))?.["text/plain"]).toMatch(/^function train/);
		expect((await inspect("Net|"))?.["text/plain"]).toBe("class Net");
	});
	test("nothing where nothing stands", async () => {
		expect(await inspect("|")).toBeUndefined();
		expect(await inspect("1 + |")).toBeUndefined();
	});
	test("unknown names", async () => {
		expect(await inspect("nowhere|")).toBeUndefined();
	});
});
