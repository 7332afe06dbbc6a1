import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { folderWith, Notebook, plain } from "./notebook";

/** Cells with the real language server: what is checked, and what later cells know. */

const place = folderWith();
let notebook: Notebook;

beforeAll(async () => {
	notebook = new Notebook(place.folder);
	await notebook.run("1");
});
afterAll(async () => {
	await notebook.close();
	place.done();
	// Whatever TypeScript said about our own lines would be a mistake of ours.
	expect(notebook.log).toEqual([]);
});

const run = (source: string): Promise<unknown> => notebook.run(source);
/** The error a cell has before it runs; empty where it has none. */
async function errors(source: string): Promise<string> {
	const error = await notebook.check(source);
	return error === undefined ? "" : `${error.ename}: ${error.evalue}`;
}

describe("names of earlier cells have their types", () => {
	test("values", async () => {
		await run("let count = 1; const name = 'n'; function twice(n: number) { return n * 2 }");
		expect(await run("count += twice(count); count.toFixed() + name.length")).toBe("31");
		expect(await errors("count = 'text'")).toMatch(
			/^TypeScriptError: TS2322: Type 'string' is not assignable to type 'number'\. \(Cell \[\d+\], line 1, column 1\)$/,
		);
		expect(await errors("name = 'other'")).toContain("TS2632: Cannot assign to 'name' because it is a constant.");
		expect(await errors("twice('x')")).toContain("TS2345");
	});
	test("destructured values", async () => {
		await run(
			"const { first, rest: [second = 's', ...others], ...more } = { first: 1, rest: ['a', 'b'], extra: true }",
		);
		expect(await run("[first.toFixed(), second.toUpperCase(), others.join(), more.extra === true]")).toEqual([
			"1",
			"A",
			"b",
			true,
		]);
		expect(await errors("const wrong: string = first")).toContain("TS2322");
	});
	test("top-level await", async () => {
		await run("const loaded = await Promise.resolve({ rows: [1, 2] })");
		expect(await run("loaded.rows.map((row) => row.toFixed(1)).join()")).toBe("1.0,2.0");
		expect(await errors("loaded.columns")).toContain("TS2339");
	});
	test("generic classes, and subclasses of them", async () => {
		await run(
			"class Box<T> { constructor(public value: T) {} map<U>(f: (value: T) => U): Box<U> { return new Box(f(this.value)) } }",
		);
		await run("class NumberBox extends Box<number> { get double() { return this.value * 2 } }");
		expect(
			await run("const nb = new NumberBox(4); [nb.double, nb instanceof Box, nb.map(String).value.length]"),
		).toEqual([8, true, 1]);
		expect(await errors("new Box('x').value.toFixed()")).toContain("TS2551");
		expect(await run("const typed: Box<string> = new Box('t'); typed.value.toUpperCase()")).toBe("T");
	});
	test("interfaces, type aliases, enums and namespaces", async () => {
		await run(
			"interface Point { x: number; y?: number } type Pair<T> = [T, T]; enum Colour { Red, Green = 5 } const enum Fixed { A = 9 } namespace Units { export type Metre = number; export const foot = 0.3 }",
		);
		await run(
			"const p: Point = { x: 1 }; const pair: Pair<Colour> = [Colour.Red, Colour.Green]; const m: Units.Metre = Units.foot",
		);
		expect(await run("[p.x, pair, m, Fixed.A]")).toEqual([1, [0, 5], 0.3, 9]);
		expect(await errors("const q: Point = { y: 1 }")).toContain("TS2741");
		expect(await errors("interface Longer extends Point { z: number } const l: Longer = { x: 1 }")).toContain("TS2741");
	});
	test("overloads, generics and type guards", async () => {
		await run(
			"function pick(a: string): string; function pick(a: number): number; function pick(a: any): any { return a } const isText = (x: unknown): x is string => typeof x === 'string'; function must(x: unknown): asserts x is number { if (typeof x !== 'number') throw new Error('no number') }",
		);
		expect(
			await run("const u: unknown = 's'; [pick('a').length, pick(1).toFixed(), isText(u) ? u.length : 0]"),
		).toEqual([1, "1", 1]);
		expect(await run("const v: unknown = 1; must(v); v.toFixed()")).toBe("1");
		expect(await errors("pick(true)")).toContain("TS2769");
	});
	test("imports", async () => {
		await run(
			"import * as path from 'node:path'; import { EventEmitter as Emitter } from 'node:events'; import type { Stats } from 'node:fs'",
		);
		expect(
			await run(
				"class Mine extends Emitter {} const s: Stats | undefined = undefined; path.join('a', 'b') + new Mine().listenerCount('x')",
			),
		).toBe("a/b0");
		expect(await errors("path.nothing")).toContain("TS2339");
	});
	test("arrays that grow in a later cell", async () => {
		await run("const losses = []; losses.push(1)");
		expect(await run("losses.push(2); losses.length")).toBe(2);
		await run("const scores = []; let best");
		await run("scores.push(1); best = 5");
		expect(await run("[scores.map((score) => score * 2), best + 1, scores]")).toEqual([[2], 6, [1]]);
		expect(await errors("let mine; const read = () => mine; mine = 1")).toContain("TS7034");
	});
	test("symbols and literal types", async () => {
		await run(
			"const key: unique symbol = Symbol('key'); const mode = 'train' as const; let kind: 'sgd' | 'adam' = 'sgd'",
		);
		expect(
			await run("const o = { [key]: 1 }; kind = 'adam'; const exact: 'train' = mode; o[key].toFixed() + exact + kind"),
		).toBe("1trainadam");
		expect(await errors("kind = 'lion'")).toContain("TS2322");
	});
	test("global augmentation", async () => {
		await run(
			"declare global { var shared: number; interface Array<T> { second(): T } } globalThis.shared = 3; Array.prototype.second = function () { return this[1] }",
		);
		expect(await run("shared + [1, 2].second()")).toBe(5);
		await run("delete (Array.prototype as any).second");
	});
	test("names declared as somebody else's", async () => {
		await run("declare const fromOutside: number; (globalThis as any).fromOutside = 8");
		expect(await run("fromOutside.toFixed()")).toBe("8");
	});
});

describe("redeclaration", () => {
	test("in a later cell, also with another type", async () => {
		await run("let again = 1");
		await run("let again = 'text'");
		expect(await run("again.toUpperCase()")).toBe("TEXT");
		await run("class again { static kind = 'class' }");
		expect(await run("again.kind")).toBe("class");
		await run("type again = number");
		expect(await errors("again.kind")).toContain("TS2693");
	});
	test("from the old value is not possible, as in any block", async () => {
		await run("let self = 1");
		expect(await errors("let self = self + 1")).toMatch(/TS(2448|7022)/);
	});
	test("in one cell is an error", async () => {
		expect(await errors("let dup = 1; let dup = 2")).toContain("TS2451");
	});
	test("a cell that fails its check changes nothing", async () => {
		await run("let stays = 1");
		expect(await errors("let stays = 'x'; nowhere")).toContain("TS2304");
		expect(await run("stays.toFixed()")).toBe("1");
	});
	test("old classes stay what they were for what was made of them", async () => {
		await run("class Old { a = 1 } const old = new Old()");
		await run("class Old { b = 2 }");
		expect(await run("[old.a, old instanceof Old]")).toEqual([1, false]);
	});
	test("a silent cell leaves nothing", async () => {
		await notebook.run("const quiet = 1", { remember: false });
		expect(await errors("quiet")).toContain("TS2304");
	});
});

describe("what is no error", () => {
	test.each([
		[
			"unused names",
			"const unused = 1; import * as unusedModule from 'node:fs'; function f(unusedParameter: number) {}",
		],
		["code after a throw in a function", "function never() { throw new Error('x'); return 1 }"],
		["an empty cell", ""],
		["only a comment", "// nothing"],
		["exports", "export const exported = 1; export interface Shape { a: number }"],
		["a label, a debugger statement", "here: for (;;) { break here } debugger"],
		["@ts-nocheck", "// @ts-nocheck\nconst n: number = 'x'"],
		[
			"@ts-ignore and @ts-expect-error",
			"// @ts-ignore\nconst i: number = 'x';\n// @ts-expect-error\nconst e: number = 'x'",
		],
		["globals of the kernel", "const handlers = [prompt, confirm, password, display]; handlers.length"],
		[
			"globals of Node",
			"[process.pid, Buffer.from('a'), setTimeout, fetch, structuredClone, performance.now()].length",
		],
	])("%s", async (_name, source) => {
		expect(await errors(source)).toBe("");
	});
});

describe("an object alone in a cell", () => {
	test("is the cell's value, with its types and places", async () => {
		await run("const row = { a: 1 }; let step = 5");
		expect(await run("{ a: 1, b: 2 }")).toEqual({ a: 1, b: 2 });
		expect(await run("\n {\n  ...row, step, m() { return 1 },\n  late: await Promise.resolve(2)\n}\n")).toMatchObject({
			a: 1,
			step: 5,
			late: 2,
		});
		expect(await run("{}")).toEqual({});
		expect(await run("// what it is\n{ a: 1 } /* here */ // and there")).toEqual({ a: 1 });
		expect(await errors("{\n  row,\n  bad: missing }")).toMatch(/^TypeScriptError: TS2304.* line 3, column 8\)$/);
		expect(await notebook.compiler.isComplete("{ a: 1, b: 2 }")).toEqual({ status: "complete" });
	});
	test("a block is a block", async () => {
		expect(await run("{ const inner = 1; step = inner }")).toBeUndefined();
		expect(await run("step")).toBe(1);
		expect(await run("{ row }; { step }")).toBeUndefined();
		expect(await errors("{ a: 1, b: }")).toMatch(/^SyntaxError/);
	});
});

describe("errors before running", () => {
	test("name the cell, the line and the column, with the code", async () => {
		await run("1");
		const error = await notebook.check("const a = 1;\nconst 𝒳 = '😀', b: number = 'text';\na");
		const number = Number(/Cell \[(\d+)\]/.exec(error!.evalue)![1]);
		expect(error).toMatchObject({
			ename: "TypeScriptError",
			evalue: `TS2322: Type 'string' is not assignable to type 'number'. (Cell [${number}], line 2, column 16)`,
		});
		expect(plain(error!.traceback)).toBe(
			[
				"TypeScriptError: TS2322: Type 'string' is not assignable to type 'number'.",
				`    at Cell [${number}], line 2, column 16`,
				"    1 | const a = 1;",
				"  > 2 | const 𝒳 = '😀', b: number = 'text';",
				"      |                 ^",
			].join("\n"),
		);
		// biome-ignore lint/suspicious/noControlCharactersInRegex: ANSI colours are control characters
		expect(error!.traceback.join("\n")).toMatch(/\u001b\[31m/);
	});
	test("CRLF changes no place", async () => {
		expect(await errors("const a = 1;\r\n\r\nconst b: number = 'x';\r\n")).toMatch(/line 3, column 7\)$/);
		expect(await run("const t = `a\r\nb`;\r\nt.length")).toBe(3);
	});
	test("syntax errors only, where there are some", async () => {
		const error = await notebook.check("const a: number = 'x'\nfunction g( {");
		expect(error?.ename).toBe("SyntaxError");
		expect(plain(error!.traceback).match(/^\w+Error:/gm)).toEqual(["SyntaxError:"]);
	});
	test("what TypeScript numbers among syntax and is about types", async () => {
		const error = await notebook.check("const n = 1; n satisfies string; missing");
		expect(plain(error!.traceback).match(/^\w+Error: TS\d+/gm)).toEqual([
			"TypeScriptError: TS1360",
			"TypeScriptError: TS2304",
		]);
		expect(
			await errors("import one from 'node:fs/promises'; import type { Stats } from 'node:fs'; new Stats()"),
		).toMatch(/^TypeScriptError: TS1361/);
	});
	test.each([
		["an element", "const e = 1;\nconst a = <div>text</div>"],
		["an empty one", "const e = 1;\nconst a = <img src={e}/>"],
		["over lines", "const e = 1;\nreturnIt(<ul className='a'>\n  <li>{e}</li>\n</ul>)"],
		["a fragment", "const e = 1;\nconst a = <>text</>"],
	])("JSX is called so: %s", async (_, source) => {
		const error = await notebook.check(source);
		expect(error!.evalue).toMatch(/^Cells have no JSX\. .* \(Cell \[\d+\], line 2, column \d+\)$/);
		expect(plain(error!.traceback).match(/^\w+Error: /gm)).toEqual(["SyntaxError: "]);
	});
	test("comparisons and HTML beside another mistake are no JSX", async () => {
		expect(await errors("const html = '<b>x</b>'; const n = = 1; 1 < 2")).toContain("TS1109");
	});
	test("a name that is only assigned to: how one is declared", async () => {
		const hint = "TS2304: Cannot find name 'rate'. A new variable is declared: let rate = …";
		for (const source of ["rate = 0.1", "1;\n  rate = 2", "if (true) { rate = 3 }"])
			expect(await errors(source)).toContain(hint);
		for (const source of ["rate == 1", "rate += 1", "1 + (rate = 1)", "rate"]) {
			expect(await errors(source)).toContain("TS2304");
			expect(await errors(source)).not.toContain("A new variable");
		}
	});
	test("lines as Python has them: how they are written here", async () => {
		await run(
			'import * as torch from "gradbook"; const x = torch.ones(2, 2), y = torch.ones(2, 2), mask = torch.zeros(2);',
		);
		const said: Record<string, string> = {
			"x < 1": "a.lt(b) for a < b",
			"x + y": "a.add(b) for a + b",
			"x * 2": "a.mul(b) for a * b",
			"const z = 2 * x.exp()": "a.mul(b) for a * b",
			"(x - y)": "a.sub(b) for a - b",
			"x ** 2": "a.pow(b) for a ** b",
			"x == 1": "a.eq(b) for a == b",
			"(x == y).float()": "a.eq(b) for a == b",
			"x[0]": "x.at(0)",
			"x[mask]": "",
			"x @ y": "a.matmul(b) for a @ b",
			"print(x)": "console.log(String(x))",
			"for (const i of range(3)) {}": "for (let i = 0; i < n; i++)",
			"x.numpy()": "x.toTypedArray()",
			"const b = None": "None is null",
			"with torch.no_grad():\n  x.exp()": "torch.noGrad(() => { … })",
			"import torch": "",
			"import torch.nn as nn": 'import * as torch from "gradbook"',
			"def f(x):\n  return x": "function f(x: torch.Tensor)",
			"# a comment": "Comments begin with //",
			"for i in range(3): print(i)": "for (const x of items)",
			"const squares = [i**2 for i in [1, 2]]": "items.filter(c).map(f)",
			"lambda v: v": "(x) => x + 1",
			'f"value {x}"': "is `loss $",
			"True and False": "a && b",
			"const s = 1 if mask else 2": "c ? a : b",
			"import numpy as np": "There is no numpy",
			"import matplotlib.pyplot as plt": 'import { plot, liveCurve } from "gradbook/display"',
			"next(iter(x))": "const [batch] = loader",
			"help(x)": "x? on a line of its own",
			"tqdm([1])": 'import { progress } from "gradbook/display"',
			"function f(x) { return x }": "x: torch.Tensor",
		};
		for (const [source, hint] of Object.entries(said)) expect(`${source}: ${await errors(source)}`).toContain(hint);
		expect(await errors("torch.cuda.is_available()")).toContain(
			"'is_available' does not exist on type 'torch.cuda'. Did you mean 'isAvailable'?",
		);
		for (const source of ["'a' < 1", "null == undefined", "[1].flot()", "const q: string = 1"])
			expect(await errors(source)).not.toMatch(/tensor/i);
	});
	test("what to write: names, options, null", async () => {
		await run(
			'import * as torch from "gradbook"; const layer = new torch.nn.Linear(2, 2); const p = layer.parameters();',
		);
		const { nn, optim } = { nn: "torch.nn", optim: "torch.optim" };
		const said: Record<string, string> = {
			"nn.Linear": "It is brought in by const { nn } = torch;",
			"liveCurve()": 'It is brought in by import { liveCurve } from "gradbook/display";',
			"new Accuracy()": 'It is brought in by import { Accuracy } from "gradbook/metrics";',
			"layer.bias.data": "Where you know that it is there: layer.bias!",
			'import { progress } from "gradbook/display"; progress([1], "label")':
				"It is called so: progress(count: number, options?: ProgressOptions): Iterable<number> & Bar, or progress<",
			'import { image } from "gradbook/display"; image(torch.ones(3, 8, 8))': "imageGrid(x)",
			"torch.nn.functional.softmax(torch.ones(2))": "Arguments () do not fit softmax(x: Tensor, ",
			"torch.ones(2).tolist().map(String)": "x.tolist<number[]>()",
			"new torch.nn.Sequential(layer)[0]!.weight": "m instanceof nn.Linear",
			"layer.weight = torch.zeros(2, 2)": "A plain tensor is no parameter: one is new nn.Parameter(x)",
			"torch.zero_(layer.bias)": "Where you know that it is not null: layer.bias!",
			[`new ${nn}.Linear(2, 3, { bais: false })`]:
				"There is no option 'bais' here. Did you mean 'bias'? The options are inFeatures, outFeatures, bias, device, dtype.",
			"new torch.utils.data.DataLoader([1], { batch_size: 2 })": "Did you mean 'batchSize'?",
			[`new ${optim}.Adam(p, { betas: [0.9] })`]: "Expected are betas: readonly [number, number].",
			[`new ${optim}.SGD(layer, 0.1)`]: "An optimiser takes parameters: model.parameters()",
			'torch.zeros(2, { dtype: "float32" })': "is no dtype: one is torch.float32",
			"const wide: number = torch.ones(1)": "x.item()",
			"let sum = 0; sum += torch.ones(1)": "total += loss.item()",
			"torch.ones(1) > 0": "in a condition a.item() > b",
			"torch.cat(torch.ones(1), torch.ones(1))": "Arguments (Tensor, Tensor) do not fit cat(tensors, dim?).",
			[`new ${nn}.Conv2d(3, 8)`]:
				"Arguments (3, 8) do not fit new Conv2d(inChannels: number, outChannels: number, kernelSize: PerDimension,",
			[`new ${nn}.LSTM(3)`]: "It is called so: new LSTM(inputSize: number, hiddenSize: number, options?: LSTMOptions).",
			"new torch.utils.data.DataLoader(torch.ones(2))": "new TensorDataset(x, y)",
		};
		for (const [source, hint] of Object.entries(said)) expect(`${source}: ${await errors(source)}`).toContain(hint);
		for (const source of ["nothing", "const q: string = 1", "({ a: 1 } as { a: number }).b", "'a'.at({ b: 1 })"])
			expect(await errors(source)).not.toMatch(/brought|option|Where/);
	});
	test("a name that a refused cell declares: which cell, until one has declared it", async () => {
		const first = await notebook.check("const kept = 1; const lost: string = 2;");
		const cell = /Cell \[(\d+)\]/.exec(first!.evalue)![1];
		expect(await errors("kept + 1")).toContain(`Cell [${cell}], which declares it, did not run: it has errors.`);
		await run("const kept = 1");
		expect(await errors("kept.missing")).not.toContain("did not run");
	});
	test("two types of one name are told apart", async () => {
		await run("class Old { a = 1 }\nlet old = new Old()");
		await run("class Old { b = 1 }");
		const error = await errors("const now: Old = old");
		expect(error).toContain("'Old' was declared more than once");
		expect(error).not.toContain("gradbook-");
		expect(await errors("const text: Old = 'x'")).not.toContain("more than once");
	});
	test("what only our parser minds", async () => {
		expect(await errors("return 1")).toMatch(/^SyntaxError: /);
		expect(await errors("export * from 'node:fs'")).toContain("A cell exports nothing");
	});
	test("at most ten are shown", async () => {
		const error = await notebook.check(Array.from({ length: 14 }, (_, i) => `missing${i}`).join("\n"));
		expect(plain(error!.traceback).match(/^TypeScriptError:/gm)).toHaveLength(10);
		expect(error!.traceback.at(-1)).toBe("… and 4 more errors in this cell.");
	});
	test("types of other cells are called by their names", async () => {
		await run("class Net { forward(x: number) { return x } }");
		await run("let net = new Net()");
		expect(await errors("net = 5")).toContain("Type 'number' is not assignable to type 'Net'.");
		expect(await errors("const wrong: string = { net }")).toContain("'{ net: Net; }'");
	});
	test("the next cell is not touched by a broken one", async () => {
		await errors("function (");
		expect(await run("1 + 1")).toBe(2);
	});
});

describe("cells that no parser should look at", () => {
	test.each([
		["brackets", `${"[".repeat(20_000)}${"]".repeat(20_000)}`],
		["operators", `${"!".repeat(20_000)}1`],
		["functions", `${"x => ".repeat(20_000)}1`],
		["conditions", `${"a ? b : ".repeat(20_000)}1`],
		["else if", `if (a) {}${"else if (a) {}".repeat(5_000)}`],
		["types", `type T = ${"A<".repeat(5_000)}1${">".repeat(5_000)}`],
		["templates", `${"`${".repeat(5_000)}${"}`".repeat(5_000)}`],
	])("%s nested without end", async (_name, source) => {
		expect((await notebook.check(source))?.evalue).toContain("nested more than 1000 levels deep");
		expect(await notebook.compiler.complete(source, 10)).toMatchObject({ matches: [] });
		expect(await notebook.compiler.isComplete(source)).toEqual({ status: "unknown" });
	});
	test.each([
		["a long sum", `const long = ${"1 + ".repeat(1_500)}1`],
		["long data", `const data = [${"-1, ".repeat(5_000)}1]`],
		["brackets in text", `const text = "${"[(".repeat(5_000)}"; // ${"((".repeat(2_000)}`],
		["many comparisons", `let n = 0; ${"if (n < 1 && n < 2 && n < 3 && n < 4) n++; ".repeat(400)}`],
	])("%s is no such cell", async (_name, source) => {
		expect(await errors(source)).toBe("");
	});
});

test("two cells compiled at once are compiled one after the other", async () => {
	const [, second] = await Promise.all([
		notebook.compiler.compile("const both = 1", { executionCount: 900, remember: true }),
		notebook.compiler.compile("both + 1", { executionCount: 901, remember: true }),
	]);
	expect(second.status).toBe("ok");
});

test("every execution has a file name of its own", async () => {
	const files = new Set<string>();
	for (let i = 0; i < 3; i++) {
		const outcome = await notebook.compiler.compile("1", { executionCount: 950, remember: false });
		if (outcome.status === "ok") files.add(outcome.cell.file);
	}
	expect([...files]).toEqual(["cell-950.ts", "cell-950.1.ts", "cell-950.2.ts"]);
});
