import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { describeError } from "../../../../dist/kernel/session/errors";
import { plain, UncheckedNotebook } from "./notebook";

/** Where an error stands in the TypeScript, whatever became of the code above it. */

let notebook: UncheckedNotebook;
beforeEach(() => {
	notebook = new UncheckedNotebook("/");
});
afterEach(() => notebook.close());

/** Line and column, 1-based, of the innermost place in a cell. */
async function place(source: string): Promise<string> {
	const error: unknown = await notebook.run(source).then(
		() => {
			throw new Error("the cell did not throw");
		},
		(thrown: unknown) => thrown,
	);
	const { traceback } = describeError(error, notebook.runner.cells);
	return /line (\d+), column (\d+)/.exec(plain(traceback))!.slice(1).join(":");
}

/** Everything that changes the number and length of lines. */
const above: [name: string, lines: string][] = [
	["nothing", ""],
	["types", "interface A {\n  a: number;\n}\ntype B = {\n  [K in keyof A]: string;\n};\n"],
	["enums", "enum E {\n  A,\n  B,\n}\n"],
	["a namespace", "namespace N {\n  export const a = 1;\n}\n"],
	["fields from parameters", "class P {\n  constructor(private a: number, readonly b = 2) {}\n}\n"],
	[
		"standard decorators",
		"function dec(v: any, c: any) {}\n@dec\nclass D {\n  @dec m() {}\n  @dec accessor p = 1;\n}\n",
	],
	[
		"imports",
		"import * as fs from 'node:fs';\nimport {\n  join,\n} from 'node:path';\nimport type { Stats } from 'node:fs';\n",
	],
	["destructuring", "const {\n  a,\n  b: [c],\n} = { a: 1, b: [2] };\n"],
	["surrogate pairs", "const 𝒳 = '😀😀'; const 𝒴 = `😀\n😀`;\n"],
	["tabs and comments", "\t/* a\n\t\tb */ const t = 1;\n\t// c\n"],
	["using", "using r = { [Symbol.dispose]() {} };\n"],
	["top-level await", "await Promise.resolve(1);\n"],
];

describe.each(above)("below %s", (_name, lines) => {
	const offset = lines.split("\n").length - 1;
	test("a throw", async () => {
		expect(await place(`${lines}if (true) {\n  throw new Error('x');\n}`)).toBe(`${offset + 2}:9`);
	});
	test("a call of a name, and of a member", async () => {
		expect(await place(`${lines}const f: any = undefined;\n  f();`)).toBe(`${offset + 2}:3`);
		expect(await place(`${lines}const o: any = {};\n  o.missing.deep;`)).toBe(`${offset + 2}:13`);
	});
});

test("inside decorated and lowered code", async () => {
	expect(
		await place(
			"function dec(v: any, c: any) {}\nclass A {\n  @dec m(this: any, a: number) {\n    enum E { X }\n    throw new Error('in');\n  }\n}\nnew A().m(1)",
		),
	).toBe("5:11");
	expect(await place("enum E {\n  A = 1,\n  B = (() => {\n    throw new Error('in');\n  })(),\n}")).toBe("4:11");
	expect(await place("namespace N {\n  export function f() {\n    throw new Error('in');\n  }\n}\nN.f()")).toBe("3:11");
	expect(await place("const f = (a: number): never => {\n  throw new Error('in');\n};\nf(1)")).toBe("2:9");
	expect(await place("function* g() {\n  yield 1;\n  throw new Error('in');\n}\n[...g()]")).toBe("3:9");
	expect(await place("async function a() {\n  await 0;\n  throw new Error('in');\n}\nawait a()")).toBe("3:9");
});

test("columns count code points", async () => {
	expect(await place("const s = '😀😀'; throw new Error(s)")).toBe("1:23");
});

test("CRLF", async () => {
	expect(await place("const a = 1;\r\nconst b = 2;\r\nthrow new Error('x')")).toBe("3:7");
});

test("the map names the cell and nothing else", () => {
	const cell = notebook.compile("const a: number = 1;\na.toFixed()");
	const map = JSON.parse(cell.sourceMap) as { version: number; sources: string[]; sourcesContent?: unknown };
	expect(map).toMatchObject({ version: 3, sources: [cell.file] });
	const lines = cell.code.split("\n");
	const line = lines.findIndex((text) => text.includes("toFixed"));
	const found = originalPositionFor(new TraceMap(cell.sourceMap), {
		line: line + 1,
		column: lines[line]!.indexOf("toFixed"),
	});
	expect(found).toMatchObject({ line: 2, column: 2 });
});
