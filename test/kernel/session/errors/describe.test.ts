import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { describeError, readableStacks } from "../../../../dist/kernel/session/errors";
import { plain, UncheckedNotebook } from "../compiler/notebook";

/** Thrown values, as the reader of a notebook sees them. */

let notebook: UncheckedNotebook;
beforeEach(() => {
	notebook = new UncheckedNotebook("/");
});
afterEach(() => notebook.close());

async function thrown(...sources: string[]): Promise<unknown> {
	for (const [index, source] of sources.entries()) {
		try {
			await notebook.run(source);
		} catch (error) {
			if (index === sources.length - 1) return error;
			throw error;
		}
	}
	throw new Error("no cell threw");
}

/** The error without the frames of this test. */
function report(error: unknown): { ename: string; evalue: string; text: string } {
	const { ename, evalue, traceback } = describeError(error, notebook.runner.cells);
	const text = plain(traceback)
		.split("\n")
		.filter((line) => !/^ {4}at .*(notebook\.ts|test\.ts|vitest)/.test(line))
		.join("\n");
	return { ename, evalue, text };
}

test("name, message, code and the way through the cells", async () => {
	const error = await thrown(
		"function check(n: number) {\n  if (n < 0)\n    throw new RangeError('negative: ' + n);\n}",
		"const start = 1;\ncheck(start - 2)",
	);
	expect(report(error)).toEqual({
		ename: "RangeError",
		evalue: "negative: -1",
		text: [
			"RangeError: negative: -1",
			"    at check Cell [1], line 3, column 11",
			"    1 | function check(n: number) {",
			"    2 |   if (n < 0)",
			"  > 3 |     throw new RangeError('negative: ' + n);",
			"      |           ^",
			"    at Cell [2], line 2, column 1",
		].join("\n"),
	});
});

test("in colours", async () => {
	const { traceback } = describeError(await thrown("throw new Error('x')"), notebook.runner.cells);
	// biome-ignore lint/suspicious/noControlCharactersInRegex: ANSI colours are control characters
	expect(traceback[0]).toMatch(/^\u001b\[31m/);
});

test("nothing of compiled code shows", async () => {
	const error = report(await thrown("let f: any; let o: any = {}", "f()"));
	expect(error.evalue).toBe("f is not a function");
	expect(report(await thrown("let o: any = { p: {} }", "o.p.q()")).evalue).toBe("o.p.q is not a function");
	expect(report(await thrown("let u: any", "u.x")).evalue).toBe("Cannot read properties of undefined (reading 'x')");
	expect(report(await thrown("let k: any = 5", "new k()")).evalue).toBe("k is not a constructor");
	expect(report(await thrown("let it: any = 5", "const [a] = it")).evalue).toMatch(
		/^it is not iterable|number 5 is not iterable/,
	);
	for (const line of [error.text, report(await thrown("let g: any", "() => 1; g``")).text])
		expect(line).not.toContain("$$");
});

test("no frames of Node or the kernel", async () => {
	const error = await thrown("await new Promise((_, no) => setTimeout(() => no(new Error('later')), 1))");
	expect(report(error).text).not.toMatch(/node:|dist\/kernel/);
	const { text } = report(await thrown("JSON.parse('{')"));
	expect(text).toMatch(/^SyntaxError: .*\n {4}at (JSON\.parse )?.*Cell \[\d\], line 1/s);
});

test("a name whose cell stopped before it got there, where it is asked for", async () => {
	await thrown("const half = 1; throw new Error('x'); const $rest = 2");
	const { text } = report(await thrown("1;\nhalf + x.$rest + $rest; var x: any"));
	expect(text).toMatch(/^ReferenceError: \$rest has no value.*\n {4}at Cell \[2\], line 2, column 18\n/);
});

test("no frames of what was put around the cell's code", async () => {
	const { text } = report(
		await thrown("function dec(value: any, context: any) {\n  throw new Error('refused');\n}\n@dec class D {}"),
	);
	expect(text).not.toMatch(/__|Cell \[1\]$/m);
	expect(text).toMatch(/at dec Cell \[1\], line 2, column 9/);
	const late = report(await thrown("class Timer {}\n(function () { throw new Error('x') }).call(new Timer())"));
	expect(late.text).toMatch(/^Error: x\n {4}at Cell \[2\], line 2/);
});

test("methods, async functions and constructors", async () => {
	const error = await thrown(
		"class Net {\n  forward() { throw new Error('deep') }\n}\nasync function step() {\n  await 0;\n  new Net().forward();\n}",
		"await step()",
	);
	const { text } = report(error);
	expect(text).toMatch(/at Net\.forward Cell \[1\], line 2, column 21/);
	expect(text).toMatch(/at step Cell \[1\], line 6, column 13/);
	expect(text).toMatch(/at Cell \[2\], line 1, column 1/);
});

test("causes, and causes of causes", async () => {
	const error = await thrown(
		"const low = new Error('low');\nconst mid = new TypeError('mid', { cause: low });\nthrow new Error('high', { cause: mid })",
	);
	expect(report(error).text.replace(/\n {2,}.*/g, "")).toBe(
		"Error: high\n\nCaused by:\nTypeError: mid\n\nCaused by:\nError: low",
	);
	expect(report(await thrown("throw new Error('a', { cause: 'only text' })")).text).toMatch(
		/Caused by:\nThrown: 'only text'$/,
	);
});

test("a cause that is the error itself", async () => {
	const error = await thrown("const e: any = new Error('round'); e.cause = e; throw e");
	expect(report(error).text).toMatch(/Caused by:\n\(the same error again\)$/);
});

test("aggregated errors", async () => {
	const { text, ename } = report(
		await thrown("await Promise.any([Promise.reject(new Error('one')), Promise.reject('two')])"),
	);
	expect(ename).toBe("AggregateError");
	expect(text).toMatch(/Error 1 of 2:\nError: one\n {4}at .*Cell \[1\], line 1, column 35/);
	expect(text).toMatch(/Error 2 of 2:\nThrown: 'two'$/);
	const many = report(
		await thrown("throw new AggregateError(Array.from({ length: 20 }, (_, i) => new Error(String(i))))"),
	).text;
	expect(many).toMatch(/… and 15 more errors$/);
});

describe("what is thrown and is no error", () => {
	test.each([
		["'text'", "'text'"],
		["5", "5"],
		["undefined", "undefined"],
		["null", "null"],
		["({ a: [1, { b: 2 }] })", "{ a: [ 1, { b: 2 } ] }"],
		["Symbol('s')", "Symbol(s)"],
	])("%s", async (source, evalue) => {
		expect(report(await thrown(`throw ${source}`))).toEqual({ ename: "Thrown", evalue, text: `Thrown: ${evalue}` });
	});
});

describe("errors that make trouble", () => {
	test.each([
		["no stack", "const e = new Error('m'); delete e.stack; throw e", "Error", "m"],
		["a stack that is no text", "const e: any = new Error('m'); e.stack = 5; throw e", "Error", "m"],
		[
			"a stack that throws",
			"const e = new Error('m'); Object.defineProperty(e, 'stack', { get() { throw 1 } }); throw e",
			"Error",
			"m",
		],
		["a message that is no text", "const e: any = new Error(); e.message = { a: 1 }; throw e", "Error", "{ a: 1 }"],
		[
			"a message that throws",
			"const e = new Error(); Object.defineProperty(e, 'message', { get() { throw 1 } }); throw e",
			"Error",
			"undefined",
		],
		["a class without a name of its own", "class Refused extends Error {} throw new Refused('no')", "Refused", "no"],
		["a name of its own", "const e = new Error('m'); e.name = 'Special'; throw e", "Special", "m"],
		["an empty message", "throw new Error()", "Error", ""],
		["colours in the message", "throw new Error('\\u001b[31mred\\u001b[0m')", "Error", "red"],
		[
			"one from another realm",
			"const vm = require('vm'); vm.runInNewContext('throw new TypeError(\"other\")')",
			"TypeError",
			"other",
		],
	])("%s", async (_name, source, ename, evalue) => {
		expect(report(await thrown(source))).toMatchObject({ ename, evalue });
	});

	test("a Proxy that refuses everything", () => {
		const refuse = (): never => {
			throw new Error("refused");
		};
		const hostile = new Proxy({}, { get: refuse, getPrototypeOf: refuse, ownKeys: refuse, has: refuse });
		expect(describeError(hostile, new Map()).traceback.join()).not.toBe("");
	});
	test("a message that looks like a stack", async () => {
		const { text } = report(await thrown("throw new Error('x\\n    at fake (cell-1.ts:1:1)')"));
		expect(text.match(/Cell \[1\]/g)).toHaveLength(1);
	});
	test("a huge message is cut", async () => {
		const { evalue, text } = report(await thrown("throw new Error('x'.repeat(1e6))"));
		expect(evalue).toMatch(/^x{8000}… \(992000 more characters\)$/);
		expect(text.length).toBeLessThan(10_000);
	});
	test("endless recursion is short", async () => {
		const { ename, text } = report(await thrown("const down = (): number => 1 + down()", "down()"));
		expect(ename).toBe("RangeError");
		expect(text.split("\n").length).toBeLessThan(30);
	});
	test("a cell that is not known any more", async () => {
		const error = await thrown("throw new Error('x')");
		expect(describeError(error, new Map())).toMatchObject({ ename: "Error", evalue: "x" });
	});
});

test("a printed error has the same places, and none of the kernel's frames", async () => {
	const error = (await thrown(
		"\n  function f(): never { throw Object.assign(new Error('a'), { code: 7 }) }\ntry { f() } catch (cause) { throw new Error('b', { cause }) }",
	)) as Error;
	for (const one of [error, error.cause as Error]) {
		const own = one.stack!.split("\n").filter((line) => !/^ +at .*(notebook|test)\.ts|vitest/.test(line));
		one.stack = [...own, "    at emit (node:events:1:2)"].join("\n");
	}
	const lines = readableStacks(inspect([error, 1]), notebook.runner.cells).split("\n");
	expect(lines).toEqual([
		"[",
		"  Error: b",
		"      at Cell [1], line 3, column 35 {",
		"    [cause]: Error: a",
		"        at f Cell [1], line 2, column 45",
		"        at Cell [1], line 3, column 7 {",
		"      code: 7",
		"    }",
		"  },",
		"  1",
		"]",
	]);
});

test("loads no compiler", async () => {
	const { execFileSync } = await import("node:child_process");
	const { resolve } = await import("node:path");
	const errors = resolve(__dirname, "../../../../dist/kernel/session/errors.js");
	const script = `const { describeError } = require(${JSON.stringify(errors)}); const before = Object.keys(require.cache).length;
		describeError(new Error("x"), new Map([["[eval]", { file: "[eval]", executionCount: 1, source: "a", sourceMap: '{"version":3,"sources":["a"],"names":[],"mappings":"AAAA"}' }]]));
		console.log(JSON.stringify(Object.keys(require.cache)))`;
	const loaded = execFileSync(process.execPath, ["-e", script], { encoding: "utf8" });
	expect(loaded).not.toMatch(/oxc|typescript|magic-string|vscode/);
	expect(loaded).toContain("trace-mapping");
});
