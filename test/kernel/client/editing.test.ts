import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { startKernel, type TestKernel, until, wholeKernel } from "../support/kernel";

/** Completion, inspection and errors as a front end gets them, from the kernel as users have it. The cursor is at the `|`. */

let kernel: TestKernel;
beforeAll(async () => {
	kernel = await startKernel({ main: wholeKernel });
	const { reply } = await kernel.client.execute(`
		import * as torch from "gradbook";
		const model = new torch.nn.Linear(3, 2);
		const data = { rows: [1, 2, 3], get costly() { throw new Error("asked") }, name: "💥 d" };
		let mode: "train" | "test" = "train";
		/** Adds.
		 * @param a first
		 */
		const add = (a: number, b = 1) => a + b;
	`);
	expect(reply.evalue).toBeUndefined();
});

const at = (marked: string) => {
	const cursor = Array.from(marked.slice(0, marked.indexOf("|"))).length;
	return { code: marked.replace("|", ""), cursor_pos: cursor };
};
const ask = async (type: string, content: object) =>
	(await kernel.client.request(type, { ...content }).reply()).content;
const complete = (marked: string) => ask("complete_request", at(marked));
const inspect = async (marked: string) => (await ask("inspect_request", at(marked))).data as Record<string, string>;

describe("completion", () => {
	test("gives members with kinds and types, in an editor's order", async () => {
		const { matches, metadata } = await complete("model.wei|");
		expect((matches as string[])[0]).toBe("weight");
		const [first] = (metadata as { _jupyter_types_experimental: object[] })._jupyter_types_experimental;
		expect(first).toMatchObject({
			text: "weight",
			type: "field",
			signature: expect.stringMatching(/weight.*Parameter/),
		});
	});

	test("gives option names, string unions, packages and files", async () => {
		expect((await complete("new torch.nn.Linear(3, 2, { bi| })")).matches).toEqual(["bias"]);
		expect((await complete('mode = "|"')).matches).toEqual(["test", "train"]);
		expect((await complete('import { x } from "gradb|"')).matches).toEqual(
			expect.arrayContaining(["gradbook", "gradbook/display"]),
		);
		expect((await complete('import fs from "node:f|"')).matches).toEqual(expect.arrayContaining(["node:fs"]));
	});

	test("gives what a value has where its type says nothing", async () => {
		await kernel.client.execute(`
			const parsed: any = JSON.parse('{"alpha": {"beta": [1]}, "not a name": 2, "_inner": 1}');
			const made: any = new (class { #hidden = 1; shown = 2; step() {} get costly() { throw new Error("asked") } });
			const hostile: any = new Proxy({}, { getPrototypeOf() { throw 1 }, ownKeys() { throw 2 } });
		`);
		expect(await complete("parsed.|")).toMatchObject({ matches: ["alpha", "_inner"], cursor_start: 7, cursor_end: 7 });
		expect((await complete("f(parsed?.alpha?.b|")).matches).toEqual(["beta"]);
		expect((await complete("made.|")).metadata).toMatchObject({
			_jupyter_types_experimental: [
				{ text: "costly", type: "field" },
				{ text: "shown", type: "field" },
				{ text: "step", type: "method" },
			],
		});
		expect((await complete("process.env.PA|")).matches).toContain("PATH");
		for (const none of ['"parsed.|"', "// parsed.|", "hostile.|", "nobody.|", "(parsed).|"])
			expect((await complete(none)).matches).toEqual([]);
	});

	test("knows classes behind new, and says nothing wrong of what is none", async () => {
		await kernel.client.execute("class Made { constructor(readonly size: number) {} }\nconst maker = 1;");
		const { metadata } = await complete("new Ma|");
		const items = (metadata as { _jupyter_types_experimental: { text: string; type: string; signature?: string }[] })
			._jupyter_types_experimental;
		const of = (name: string) => items.find(({ text }) => text === name);
		expect(of("Made")).toMatchObject({ type: "class", signature: expect.stringContaining("Made(") });
		for (const name of ["Map", "maker"]) expect(of(name)?.signature ?? "").not.toContain("=> any");
		const linear = await complete("new torch.nn.Linear|");
		expect(JSON.stringify(linear.metadata)).not.toContain("(): any");
	});

	test("gives files in a line of the shell", async () => {
		mkdirSync(join(kernel.folder, "some", "folder"), { recursive: true });
		writeFileSync(join(kernel.folder, "some", "file.txt"), "");
		writeFileSync(join(kernel.folder, "some", ".hidden"), "");
		expect(await complete("1\n!cat so|")).toMatchObject({ matches: ["some/"], cursor_start: 7, cursor_end: 9 });
		expect((await complete("!ls some/|")).matches).toEqual(["file.txt", "folder/"]);
		expect((await complete("!ls some/.|")).matches).toEqual([".hidden"]);
		expect((await complete("!ls nowhere/|")).matches).toEqual([]);
	});

	test("counts the cursor by code points", async () => {
		expect(await complete('"💥💥"; data.ro|ws')).toMatchObject({ matches: ["rows"], cursor_start: 11, cursor_end: 13 });
	});
});

describe("inspection", () => {
	test("of types, and of what is not there; code keeps its stars", async () => {
		await kernel.client.execute(
			"/** Doubles: `a * 2 * 1`.\n * @example\n * 2 * 3 * 4\n */\ninterface Doubled { a: number }",
		);
		const page = async (code: string) => {
			const { reply, stdout } = await kernel.client.execute(code);
			return stdout || (reply.payload as { data: Record<string, string> }[])[0]?.data["text/plain"];
		};
		expect(await page("?Doubled")).toMatch(/^interface Doubled\n[\s\S]*2 \* 3 \* 4/);
		expect(await page("Undoubled?")).toBe("There is no Undoubled here.\n");
		expect((await inspect("torch.nn.functional.re|lu"))["text/plain"]).not.toContain("import(");
	});

	test("shows signature and documentation", async () => {
		expect((await inspect("ad|d(1)"))["text/plain"]).toMatch(
			/const add: \(a: number, b\?: number\) => number\s+Adds\.[\s\S]*first/,
		);
	});

	test("says of classes how they are made and what their options do, of functions their parameters by name", async () => {
		for (const marked of ["torch.nn.Con|v2d", "new torch.nn.Conv2d(1, |", "new torch.nn.Conv2|d(1, 2, 3)"]) {
			const { "text/plain": text } = await inspect(marked);
			expect(text, marked).toMatch(/^class Conv2d\nnew Conv2d\(inChannels: number, outChannels: number, kernelSize: /);
			expect(text, marked).toMatch(
				/\nShape: [\s\S]*\nOptions:\n(?:- `\w+`: .*\n)*- `groups`: number\. Channels fall into/,
			);
			expect(text, marked).not.toMatch(/- `(?:inChannels|kernelSize)`/);
		}
		expect((await inspect("torch.nn.functional.crossEntropy(model, |"))["text/plain"]).toMatch(
			/^crossEntropy\(input, target, weight\?, \{ ignoreIndex\?, reduction\?, labelSmoothing\? \}\): Tensor\nCross-entropy/,
		);
		expect((await inspect("new torch.utils.data.DataLoader(|"))["text/plain"]).toMatch(
			/\nnew DataLoader<.*\nLoads a data set in batches[\s\S]*- `batchSize`: /,
		);
		expect((await inspect("torch.ca|t"))["text/plain"]).toMatch(
			/^cat\(tensors, dim\?\): Tensor\nThe tensors after one/,
		);
		expect((await inspect("model.weight.relu_|"))["text/plain"]).toMatch(/^In place: max\(x, 0\)/m);
	});

	test("leaves signatures of one's own alone", async () => {
		await kernel.client.execute("class Made { constructor(readonly width: number) {} }");
		expect((await inspect("Mad|e"))["text/plain"]).toBe("class Made\nnew Made(width: number): Made");
		expect((await inspect("new Made(|"))["text/plain"]).toBe("Made(width: number): Made");
		expect((await inspect("[1].at(Math.max(0, |"))["text/plain"]).toMatch(/max\(\.\.\.values: number\[\]\): number/);
	});

	test("shows the text of a value of the session below its type, of its properties too", async () => {
		expect((await inspect("mode|"))["text/plain"]).toMatch(/let mode: .*\n\nValue:\n'train'$/);
		expect((await inspect("model|"))["text/plain"]).toMatch(
			/Value:\nLinear\(in_features=3, out_features=2, bias=True\)$/,
		);
		expect((await inspect("model.bias|"))["text/plain"]).toMatch(/Value:\n.*tensor\(\[.*requires_grad=True\)$/);
		expect((await inspect("data.rows|"))["text/markdown"]).toMatch(/```text\n\[ 1, 2, 3 \]\n```$/);
	});

	test("calls no getter and shows no value where there is none", async () => {
		for (const marked of ["data.costly|", "Math.PI|", "({ data }).data|", "f().mode|"]) {
			expect((await inspect(marked))?.["text/plain"] ?? "", marked).not.toContain("Value:");
		}
	});

	test("while a cell runs shows types alone, and does not wait for it", async () => {
		const cell = kernel.client.request("execute_request", {
			code: until("inspected").replace("require(", "(require as any)("),
		});
		await kernel.message(({ header, parent }) => header.msg_type === "execute_input" && parent.msg_id === cell.id);
		expect((await inspect("mode|"))["text/plain"]).toMatch(/^let mode: [^\n]*$/);
		expect(cell.finished).toBe(false);
		kernel.release("inspected");
		expect((await cell.reply()).content.status).toBe("ok");
	});

	test("by name? is a page with the value", async () => {
		const { reply } = await kernel.client.execute("data.rows?");
		expect(reply.payload).toEqual([
			{
				source: "page",
				start: 0,
				data: expect.objectContaining({ "text/plain": expect.stringMatching(/Value:\n\[ 1, 2, 3 \]$/) }),
			},
		]);
	});
});

test("long chains of reasons and long types lose their middle", async () => {
	const nested = (inner: string) => `Promise<Set<Promise<Array<Map<string, Promise<Set<Array<${inner}>>>>>>>>`;
	const { reply } = await kernel.client.execute(
		`declare const given: ${nested("number")};\nconst wanted: ${nested("string")} = given;`,
	);
	const traceback = (reply.traceback as string[]).join("\n");
	expect(traceback).toMatch(/Type 'Promise<Set<.*is not assignable/);
	expect(traceback).toMatch(/… \(\d+ more reasons\)/);
	expect(traceback).toMatch(/Type 'number' is not assignable to type 'string'/);
	const { reply: wide } = await kernel.client.execute(
		"const wide: { [K in keyof typeof process]: number } = { pid: 1 } as { pid: number };",
	);
	expect(Math.max(...(wide.traceback as string[]).map((line) => line.length))).toBeLessThan(500);
});
