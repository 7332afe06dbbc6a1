import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { startKernel, type TestKernel, wholeKernel } from "../support/kernel";
import { DebugFrontEnd, texts } from "./front-end";

let kernel: TestKernel;
let page: DebugFrontEnd;

beforeAll(async () => {
	kernel = await startKernel({ main: wholeKernel });
	page = new DebugFrontEnd(kernel);
	await page.attach();
});

/** A test that fails leaves nothing stopped to the next. */
afterEach(async () => {
	const { breakpoints, stoppedThreads } = await page.do("debugInfo");
	for (const { source } of breakpoints) await page.do("setBreakpoints", { source: { path: source }, breakpoints: [] });
	if (stoppedThreads.length > 0) await page.do("continue", {});
	page.skip("stopped");
});

/** Runs a cell that will be paused; its breakpoints are taken away before the test looks at how it ended. */
async function finish(cell: string, run: ReturnType<TestKernel["client"]["execute"]>) {
	await page.breakAt(cell);
	await page.do("continue", {});
	return run;
}

describe("breakpoints", () => {
	test("stop a loop of a cell at each turn", async () => {
		const cell = "let total = 0;\nfor (let i = 1; i < 4; i++) {\n  total += i;\n}\ntotal";
		expect(await page.breakAt(cell, 3)).toEqual([3]);
		const run = kernel.client.execute(cell);
		for (const turn of [1, 2, 3]) {
			expect(await page.stopped()).toMatchObject({
				reason: "breakpoint",
				frames: ["<cell>:3"],
			});
			expect((await page.variables("Locals")).i).toBe(String(turn));
			if (turn < 3) await page.do("continue", {});
		}
		expect((await finish(cell, run)).result).toEqual({ "text/plain": "6" });
	});

	test("stop a function of an earlier cell, also in its next runs", async () => {
		const cell = "function twice(x: number): number {\n  const y = 2 * x;\n  return y;\n}";
		await kernel.client.execute(cell);
		expect(await page.breakAt(cell, 2)).toEqual([2]);
		const caller = kernel.client.execute("const before = 1;\ntwice(21)");
		const { frames } = await page.stopped();
		expect(frames).toEqual(["twice:2", "<cell>:2"]);
		expect(await page.variables("Locals")).toMatchObject({ x: "21" });
		expect(await page.variables("Locals", 1)).toMatchObject({ before: "1" });
		await page.do("continue", {});
		expect((await caller).result).toEqual({ "text/plain": "42" });
		// The same text once more is the same code to the page.
		await kernel.client.execute(cell);
		const again = kernel.client.execute("twice(1)");
		expect((await page.stopped()).frames[0]).toBe("twice:2");
		expect((await finish(cell, again)).result).toEqual({ "text/plain": "2" });
	});

	test("move from lines that do nothing to the next that do", async () => {
		const cell =
			'// a comment\ntype T = number;\n\nconst moved: T = 1;\nimport { join } from "node:path";\n\n// the end';
		expect(await page.breakAt(cell, 1, 5, 7)).toEqual([4, 5, -7]);
		const run = kernel.client.execute(cell);
		// Imports come first.
		expect((await page.stopped()).frames).toEqual(["<cell>:5"]);
		expect((await page.to("continue")).frames).toEqual(["<cell>:4"]);
		await finish(cell, run);
	});

	test("take conditions, over locals and names of the notebook", async () => {
		await kernel.client.execute("const limit: number = 6;");
		const cell = "for (let i = 0; i < 10; i++) {\n  void i;\n}";
		expect(await page.breakAt(cell, { line: 2, condition: "i === 3 || (i as number) > limit" })).toEqual([2]);
		const run = kernel.client.execute(cell);
		await page.stopped();
		expect(await page.evaluate("i")).toBe("3");
		await page.to("continue");
		expect(await page.evaluate("i")).toBe("7");
		await finish(cell, run);
	});

	test("say what is wrong with a condition", async () => {
		const { sourcePath: path } = await page.do("dumpCell", { code: "1 + 1" });
		const asked = { source: { path }, breakpoints: [{ line: 1, condition: "i ===" }] };
		const { breakpoints } = await page.do("setBreakpoints", asked);
		expect(breakpoints).toMatchObject([
			{ verified: false, line: 1, message: expect.stringMatching(/^The condition: /) },
		]);
	});

	test("are listed, and replaced as a whole", async () => {
		const cell = "let listed = 1;\nlisted++;\nlisted++;";
		await page.breakAt(cell, 1, 2);
		await page.breakAt(cell, 3);
		const listed = async () => {
			const { sourcePath } = await page.do("dumpCell", { code: cell });
			const { breakpoints } = await page.do("debugInfo");
			return breakpoints.filter(({ source }: { source: string }) => source === sourcePath);
		};
		expect(await listed()).toMatchObject([{ breakpoints: [{ line: 3, verified: true }] }]);
		const run = kernel.client.execute(cell);
		expect((await page.stopped()).frames).toEqual(["<cell>:3"]);
		await finish(cell, run);
		expect(await listed()).toEqual([]);
	});

	test("stop callbacks that come when the cell is over", async () => {
		const cell = [
			'import { existsSync } from "node:fs";',
			"let late = 0;",
			"void setTimeout(function look() {",
			'  if (!existsSync("over")) return void setTimeout(look, 5);',
			"  late = 1;",
			"}, 5);",
		].join("\n");
		await page.breakAt(cell, 5);
		expect((await kernel.client.execute(cell)).reply.status).toBe("ok");
		kernel.release("over");
		expect((await page.stopped()).frames).toEqual(["look:5"]);
		await page.breakAt(cell);
		await page.do("continue", {});
		expect((await kernel.client.execute("late")).result).toEqual({ "text/plain": "1" });
	});
});

describe("steps", () => {
	test("go over, into and out of calls, and end with the cell", async () => {
		const functions =
			"const inner = (x: number) => {\n  const z = x + 1;\n  return z;\n};\nconst outer = (x: number) => inner(x) * 2;";
		await kernel.client.execute(functions);
		const cell = "const a = 1;\nconst b = outer(a);\nconst c = b + 1;";
		await page.breakAt(cell, 1);
		const run = kernel.client.execute(cell);
		await page.stopped();

		expect((await page.to("next")).frames).toEqual(["<cell>:2"]);
		expect((await page.to("stepIn")).frames).toEqual(["outer:5", "<cell>:2"]);
		expect((await page.to("stepIn")).frames).toEqual(["inner:2", "outer:5", "<cell>:2"]);
		expect(await page.variables("Locals", 1)).toEqual({ x: "1" });
		expect((await page.to("next")).frames[0]).toBe("inner:3");
		expect((await page.to("stepOut")).frames).toEqual(["outer:5", "<cell>:2"]);
		expect((await page.to("stepOut")).frames[0]).toMatch(/^<cell>:[23]$/);
		await page.breakAt(cell);
		// The last step leads out of the cell, and stops nowhere.
		for (let steps = 0; steps < 4; steps++) await page.do("next", {});
		expect((await run).reply.status).toBe("ok");
		expect((await kernel.client.execute("const fresh = 1;\nfresh")).result).toEqual({ "text/plain": "1" });
		expect((await page.do("debugInfo")).stoppedThreads).toEqual([]);
	});

	test("go over await, in a cell and in a function", async () => {
		const cell = [
			"const rest = (ms: number) => new Promise<void>((go) => setTimeout(go, ms));",
			"let steps = 0;",
			"await rest(30);",
			"steps++;",
			"async function work() {",
			"  await rest(10);",
			"  steps++;",
			"}",
			"await work();",
			"steps",
		].join("\n");
		await page.breakAt(cell, 2, 6);
		const run = kernel.client.execute(cell);
		expect((await page.stopped()).frames).toEqual(["<cell>:2"]);
		const lines: string[] = [];
		for (const line of [3, 4, 9]) {
			const { frames } = await page.to("next");
			lines.push(frames[0]!.replace(/.*:/, ""));
			expect(lines.at(-1)).toBe(String(line));
		}
		expect((await page.to("next")).frames[0]).toBe("work:6");
		expect((await page.to("next")).frames[0]).toBe("work:7");
		expect((await finish(cell, run)).result).toEqual({ "text/plain": "2" });
	});

	test("never land in the engine or the kernel, and reach what these call", async () => {
		const model = [
			'import * as torch from "gradbook";',
			"const { nn } = torch;",
			"class Net extends nn.Module {",
			"  layer = new nn.Linear(2, 1);",
			"  forward(x: torch.Tensor) {",
			"    const h = this.layer.call(x);",
			"    return h.relu();",
			"  }",
			"}",
			"const net = new Net();",
		].join("\n");
		expect((await kernel.client.execute(model.replace("this.layer.call(x)", "this.layer(x)"))).reply).toMatchObject({
			status: "ok",
		});
		const cell = 'const x = torch.ones(1, 2);\nconst y = net(x);\nconsole.log("done");\ny.shape';
		await page.breakAt(cell, 1);
		const run = kernel.client.execute(cell);
		await page.stopped();
		const seen: string[] = [];
		for (let steps = 0; steps < 12 && (await page.frames()).length > 0; steps++) {
			await page.do("stepIn", {});
			await Promise.race([page.stopped().then(({ frames }) => seen.push(frames[0]!)), run]);
		}
		await run;
		expect(seen).toEqual(expect.arrayContaining(["<cell>:2", "forward:6", "forward:7", "<cell>:3", "<cell>:4"]));
		expect(seen.every((one) => /^(<cell>|forward)/.test(one))).toBe(true);
	});
});

describe("variables", () => {
	test("of a tensor are its text, and below it what it is", async () => {
		const cell = [
			'import { tensor } from "gradbook";',
			"const w = tensor([[1, 2], [3, 4]], { requiresGrad: true });",
			"w.sum().backward();",
			"const half = (t: typeof w) => {",
			"  const scaled = t.mul(0.5);",
			"  return scaled;",
			"};",
			"half(w);",
		].join("\n");
		await page.breakAt(cell, 6);
		const run = kernel.client.execute(cell);
		await page.stopped();
		const locals = await page.children((await page.scope("Locals")).variablesReference);
		expect(texts(locals)).toEqual({
			t: "tensor([[1., 2.], [3., 4.]], requires_grad=True)",
			"(returned)": expect.any(String),
			scaled: expect.stringMatching(/^tensor\(\[\[0\.5000, 1\.0000\], \[1\.5000, 2\.0000\]\], grad_fn=<MulBackward0>/),
		});
		const below = await page.children(locals.find(({ name }) => name === "t")!.variablesReference);
		expect(texts(below)).toEqual({
			shape: "[ 2, 2 ]",
			dtype: "float32",
			device: "cpu",
			requiresGrad: "true",
			grad: "tensor([[1., 1.], [1., 1.]])",
			gradFn: "null",
			values: "[ [ 1, 2 ], [ 3, 4 ] ]",
		});
		const rows = await page.children(below.find(({ name }) => name === "values")!.variablesReference);
		expect(texts(rows)).toEqual({ "[0]": "[ 1, 2 ]", "[1]": "[ 3, 4 ]" });
		expect(Object.keys(await page.variables("Globals"))).toEqual(expect.arrayContaining(["tensor", "w", "half"]));
		await finish(cell, run);
	});

	test("are the user's: no boxes, nothing of the kernel, closures by their names", async () => {
		const cell = [
			"let shared = 1;",
			"const make = (step: number) => {",
			"  let count = 0;",
			"  return (by: number) => {",
			"    const module = step * by;",
			"    count += module;",
			"    return count + shared;",
			"  };",
			"};",
			"make(2)(5)",
		].join("\n");
		await page.breakAt(cell, 7);
		const run = kernel.client.execute(cell);
		await page.stopped();
		expect(await page.variables("Locals")).toEqual({ by: "5", module: "10" });
		expect(await page.variables("Closure")).toEqual({ count: "10", step: "2" });
		expect(await page.variables("Locals", 1)).toEqual({ make: "make(step)", shared: "1" });
		expect((await page.variables("Globals")).shared).toBe("1");
		expect((await finish(cell, run)).result).toEqual({ "text/plain": "11" });
	});

	test("of collections are paged and come in ranges", async () => {
		const cell =
			'const many = Array.from({ length: 250 }, (_, i) => i);\nconst map = new Map([["a", { b: 1 }]]);\nconst typed = new Float32Array(3);\nvoid many;';
		await page.breakAt(cell, 4);
		const run = kernel.client.execute(cell);
		await page.stopped();
		const locals = await page.children((await page.scope("Locals")).variablesReference);
		const below = async (name: string, from = locals) =>
			page.children(from.find((one) => one.name === name)!.variablesReference);
		const ranges = await below("many");
		expect(ranges.map(({ name }) => name)).toEqual(["[0 … 99]", "[100 … 199]", "[200 … 249]"]);
		const last = await below("[200 … 249]", ranges);
		expect(last).toHaveLength(50);
		expect(last[49]).toMatchObject({ name: "[249]", value: "249" });
		expect(texts(await below("map"))).toEqual({ "'a'": "{ b: 1 }" });
		expect(texts(await below("typed"))).toEqual({ "[0]": "0", "[1]": "0", "[2]": "0" });
		await finish(cell, run);
	});

	test("of the notebook are there while nothing is stopped", async () => {
		await kernel.client.execute(
			'class Point { constructor(readonly x = 1) {} get far() { throw new Error("looked"); } }\nconst point = new Point();',
		);
		const { variables } = await page.do("inspectVariables");
		const point = variables.find(({ name }: { name: string }) => name === "point");
		expect(point).toMatchObject({ value: "Point { x: 1 }", type: "Point" });
		expect(texts(await page.children(point.variablesReference))).toEqual({ x: "1" });
		expect(texts(variables).Point).toBe("class Point");
		const rich = await page.do("richInspectVariables", { variableName: "point" });
		expect(rich).toEqual({ data: { "text/plain": "Point { x: 1 }" }, metadata: {} });
		expect(await page.refused("richInspectVariables", { variableName: "nothing" })).toBe("the notebook has no nothing");
	});

	test("show themselves rich, in a frame too, and are copied to the notebook", async () => {
		const cell =
			'import { html } from "gradbook/display";\nconst show = () => {\n  const bold = html("<b>x</b>");\n  return bold;\n};\nvoid show();';
		await page.breakAt(cell, 4);
		const run = kernel.client.execute(cell);
		await page.stopped();
		const [frame] = await page.frames();
		const rich = await page.do("richInspectVariables", { variableName: "bold", frameId: frame!.id });
		expect(rich.data).toMatchObject({ "text/html": "<b>x</b>" });
		await page.do("copyToGlobals", { srcVariableName: "bold", dstVariableName: "kept", srcFrameId: frame!.id });
		await finish(cell, run);
		expect((await kernel.client.execute("typeof kept")).result).toEqual({ "text/plain": "'object'" });
	});
});

describe("evaluation", () => {
	test("sees and sets locals and names of the notebook, in TypeScript", async () => {
		const cell = "let factor = 2;\nconst scale = (x: number) => {\n  const r = x * factor;\n  return r;\n};\nscale(4)";
		await page.breakAt(cell, 4);
		const run = kernel.client.execute(cell);
		await page.stopped();
		expect(await page.evaluate("(r as number) + factor")).toBe("10");
		expect(await page.evaluate("{ r, factor }")).toBe("{ r: 8, factor: 2 }");
		expect(await page.evaluate("[1, 2].map((r) => r * factor)")).toBe("[ 2, 4 ]");
		expect(await page.evaluate('["a".repeat(60), "b".repeat(60)]')).toContain("',\n");
		expect(await page.evaluate("scale.name", 1)).toBe("'scale'");
		expect(await page.evaluate("factor", 0, "hover")).toBe("2");
		expect(await page.evaluate("factor = 5")).toBe("5");
		const [frame] = await page.frames();
		const refused = (expression: string, context = "repl") =>
			page.refused("evaluate", { expression, frameId: frame!.id, context });
		expect(await refused("unknown")).toBe("ReferenceError: unknown is not defined");
		expect(await refused("1 +")).toMatch(/Unexpected|Expected/);
		expect(await refused("await 1")).toMatch(/^await cannot be used here/);
		expect(await refused("factor = 7", "hover")).toMatch(/side-effect/);
		await finish(cell, run);
		expect((await kernel.client.execute("factor")).result).toEqual({ "text/plain": "5" });
	});

	test("without a frame is in the notebook", async () => {
		await kernel.client.execute("const outside = { a: [1] };");
		const { result, variablesReference } = await page.do("evaluate", { expression: "outside.a" });
		expect(result).toBe("[ 1 ]");
		expect(texts(await page.children(variablesReference))).toEqual({ "[0]": "1" });
	});
});

describe("what is not asked rightly", () => {
	test("is refused with what was expected", async () => {
		expect(await page.refused("fly")).toBe('the debugger knows no command "fly"');
		expect(await page.refused("scopes", {})).toBe("arguments.frameId: expected a whole number, got nothing");
		expect(await page.refused("scopes", { frameId: 1 })).toBe("there is no frame 1: the program has gone on");
		expect(await page.refused("setExceptionBreakpoints", { filters: ["all"] })).toBe(
			'no exceptions are called "all"; expected caught or uncaught',
		);
		expect(await page.refused("source", { source: { path: "/etc/passwd" } })).toBe('there is no source "/etc/passwd"');
	});
});
