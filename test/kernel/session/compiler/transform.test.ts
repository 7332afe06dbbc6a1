import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { UncheckedNotebook } from "./notebook";

let notebook: UncheckedNotebook;

beforeEach(() => {
	notebook = new UncheckedNotebook("/");
});
afterEach(() => notebook.close());

/** The value of the last of these cells. */
async function cells(...sources: string[]): Promise<unknown> {
	let value: unknown;
	for (const source of sources) value = await notebook.run(source);
	return value;
}

describe("the value of a cell", () => {
	const values: [name: string, source: string, value: unknown][] = [
		["an expression", "1 + 1", 2],
		["with a semicolon, spaces and a comment after it", "1 + 1 ;; // two", 2],
		["a string alone is no directive", '"text"', "text"],
		["an assignment", "let x = 1; x = 5", 5],
		["an object in parentheses", "({ a: 1 })", { a: 1 }],
		["a call without semicolons around", "const f = () => 7\nf()", 7],
		["an expression with a type", "(3 as number)!", 3],
		["an awaited value", "await Promise.resolve(4)", 4],
		["nothing for a declaration", "const a = 1", undefined],
		["nothing for a loop", "for (const a of [1]) a", undefined],
		["nothing for a function", "function f() { return 1 }", undefined],
		["nothing for an empty cell", "", undefined],
		["nothing for a comment", "// nothing", undefined],
		["nothing for a type", "type A = string", undefined],
		["a comma expression", "1, 2", 2],
		["an arrow function, named after its variable", "let g; g = () => 1; g.name", "g"],
		["a named assignment as the last expression", "let h; h = function () { return 3 }", expect.any(Function)],
		["a template tag", "const t = (s) => s[0]; t`x`", "x"],
		["an optional call", "const o = undefined as any; o?.()", undefined],
	];
	test.each(values)("%s", async (_name, source, value) => {
		expect(await cells(source)).toEqual(value);
	});
});

describe("declarations outlive their cell", () => {
	const declarations: [name: string, source: string, expression: string, value: unknown][] = [
		["let, const and var", "let a = 1, b; const c = 2; var d = 3; b = 4", "[a, b, c, d]", [1, 4, 2, 3]],
		["without values", "let a; var b", "[a, b]", [undefined, undefined]],
		[
			"with types",
			"let a: number = 1, b!: string; const c: Map<string, number> = new Map<string, number>()",
			"[a, b, c.size]",
			[1, undefined, 0],
		],
		[
			"object pattern",
			"const { a, b: { c = 3 }, ['d']: e, ...rest } = { a: 1, b: {}, d: 4, f: 5 }",
			"[a, c, e, rest]",
			[1, 3, 4, { f: 5 }],
		],
		["object pattern with a type", "const { a }: { a: number } = { a: 1 }", "a", 1],
		["array pattern", "const [a, , b = 2, ...c] = [1, 0, undefined, 3, 4]", "[a, b, c]", [1, 2, [3, 4]]],
		[
			"pattern between declarators",
			"let a = 1, { b } = { b: a + 1 }, [c] = [b + 1], d = c + 1",
			"[a, b, c, d]",
			[1, 2, 3, 4],
		],
		[
			"var in blocks",
			"if (true) { var a = 1 } for (var i = 0; i < 3; i++) var j = i; for (var k of [7]); for (var [l] of [[8]]);",
			"[a, i, j, k, l]",
			[1, 3, 2, 7, 8],
		],
		["var of a block that was not entered", "if (false) { var a = 1 }", "a", undefined],
		["function, hoisted", "const a = f(); function f() { return 1 }", "[a, f()]", [1, 1]],
		[
			"async and generator functions",
			"async function f() { return 1 } function* g() { yield 2 }",
			"[await f(), [...g()]]",
			[1, [2]],
		],
		[
			"overloads",
			"function f(a: string): string; function f(a: number): number; function f(a: any) { return a }",
			"f(1)",
			1,
		],
		[
			"class",
			"class A { static s = 1; v = 2; static make() { return new A() } }",
			"[A.s, A.make().v, A.name]",
			[1, 2, "A"],
		],
		[
			"abstract class with fields from parameters",
			"abstract class A { constructor(readonly v: number) {} abstract m(): void } class B extends A { m() {} }",
			"new B(3).v",
			3,
		],
		["enum", "enum E { A, B = 5, C = B * 2, D = 'd' as any }", "[E.A, E[5], E.C]", [0, "B", 10]],
		["const enum", "const enum E { A = 3 }", "E.A", 3],
		["namespace", "namespace N { export const a = 1; export function f() { return a + 1 } }", "[N.a, N.f()]", [1, 2]],
		["namespace of types", "namespace N { export type T = string }", "N", undefined],
		["class merged with a namespace", "class A {} namespace A { export const b = 2 }", "A.b", 2],
		[
			"exports",
			"export const a = 1; export function f() { return a } export class C {} export enum E { A } export type T = 1; export { a as b }",
			"[a, f(), new C() instanceof C, E.A]",
			[1, 1, true, 0],
		],
		["import = of a name", "const deep = { a: { b: 3 } }; import b = deep.a.b", "b", 3],
		["names from Unicode", "const größe = 1; const 变量 = 2; const \\u0061b = 3", "[größe, 变量, ab]", [1, 2, 3]],
		[
			"names that look like the compiler's own",
			"const $$ = 1, $$x = 2, x = 3, $last = 4",
			"[$$, $$x, x, $last]",
			[1, 2, 3, 4],
		],
		["names of globals", "const process = 1, name = 2, Array = 3", "[process, name, Array]", [1, 2, 3]],
	];
	test.each(declarations)("%s", async (_name, source, expression, value) => {
		expect(await cells(source, expression)).toEqual(value);
	});

	test("not from silent cells", async () => {
		await notebook.run("const quiet = 1; const f = () => quiet; f()", false);
		expect(notebook.runner.scope.has("quiet")).toBe(false);
		expect(await cells("typeof quiet")).toBe("undefined");
	});
});

describe("cells share their names", () => {
	test("a function sees what a later cell assigns", async () => {
		expect(await cells("let x = 1; const f = () => x", "x = 2", "f()")).toBe(2);
	});
	test("a later cell sees what a function assigned", async () => {
		expect(await cells("let n = 0; function inc() { n++ }", "inc(); inc()", "n")).toBe(2);
	});
	test("a function sees what a later cell declares anew", async () => {
		expect(await cells("const rate = 0.1; const step = () => rate * 10", "const rate = 0.5", "step()")).toBe(5);
	});
	test("a function calls the new form of another", async () => {
		expect(
			await cells("function a() { return 1 } function b() { return a() }", "function a() { return 2 }", "b()"),
		).toBe(2);
	});
	test("an enum that is run again forgets its old members", async () => {
		expect(await cells("enum E { Old }", "enum E { New }", "Object.keys(E)")).toEqual(["0", "New"]);
	});
	test("inner names hide them", async () => {
		const source = `
			const out = [x];
			{ let x = 2; out.push(x) }
			for (let x = 3; x < 4; x++) out.push(x);
			(function (x) { out.push(x) })(4);
			((x = 5) => out.push(x))();
			try { throw 6 } catch (x) { out.push(x) }
			(function f() { var x = 7; out.push(x) })();
			(class x { static m() { out.push(x.name) } }).m();
			switch (1) { case 1: let x = 9; out.push(x) }
			function g() { out.push(typeof x); if (true) { function x() {} out.push(x.name) } }
			g(); out`;
		expect(await cells("let x: any = 1", source)).toEqual([1, 2, 3, 4, 5, 6, 7, "x", 9, "number", "x"]);
	});
	test("in every place where a name can stand", async () => {
		const source = `
			x += 1; x++; --x;
			const object = { x, [x]: x, y: x, x2() { return x }, get z() { return x } };
			[x, y] = [y, x];
			({ x, y } = { x: x + 1, y: y + 1 });
			({ x = 7 } = {} as any);
			for (x of [10]);
			for ([x, y] of [[11, 12]]);
			label: for (;;) { break label }
			const f = (a = x) => a;
			class K { [x] = x; static s = x; m = (z = x) => z }
			[object.x, object[2], object.y, object.x2(), object.z, f(), new K().m(), K.s, x, y, \`\${x}\`, typeof x, -x]`;
		expect(await cells("let x = 1, y = 5", source)).toEqual([2, 2, 2, 11, 11, 11, 11, 11, 11, 12, "11", "number", -11]);
	});
	test("functions get no `this`", async () => {
		expect(
			await cells(
				"function f(this: any) { return this } const o = { f() { return this === o } }",
				"[f(), (f as any)(), f!(), o.f(), f`x`]",
			),
		).toEqual([undefined, undefined, undefined, true, undefined]);
	});
	test("names of functions and classes are kept", async () => {
		expect(
			await cells(
				"const a = () => 1, b = function () {}, c = class {}, { d = () => 2 } = {} as any; let e; e ??= () => 3",
				"[a, b, c, d, e].map((f) => f.name)",
			),
		).toEqual(["a", "b", "c", "d", "e"]);
	});
	test("lines without semicolons stay apart", async () => {
		const source =
			"let a = 1\nconst { b } = { b: 2 }\nconst [c] = [3]\nf()\n;[a] = [4]\nlet d\n(f)()\nif (a) f()\nelse f()\ndo f()\nwhile (false)\nfunction f() { let q = 1\nf.n = (f.n ?? 0) + q\nreturn f }\n[a, b, c, f.n]";
		expect(await cells("let unrelated = 1", source)).toEqual([4, 2, 3, 4]);
	});
});

describe("a cell that stops halfway", () => {
	test("what it had declared is there, what it had not is named", async () => {
		await expect(notebook.run("const early = 1; throw new Error('stop'); const late = 2")).rejects.toThrow("stop");
		expect(await cells("early")).toBe(1);
		await expect(cells("late")).rejects.toThrow(/^late has no value/);
	});
	test("undefined is a value", async () => {
		expect(await cells("let nothing: undefined", "nothing")).toBe(undefined);
	});
});

describe("using", () => {
	test("disposes at the end of the cell, in reverse, also after an error", async () => {
		await cells("const log: string[] = []; const res = (n: string) => ({ n, [Symbol.dispose]() { log.push(n) } })");
		await cells("using a = res('a'), b = res('b'); log.push('body')");
		expect(await cells("log.join()")).toBe("body,b,a");
		await expect(cells("using c = res('c'); throw new Error('x')")).rejects.toThrow("x");
		expect(await cells("[log.join(), a.n]")).toEqual(["body,b,a,c", "a"]);
	});
	test("stacks of what is to be disposed of", async () => {
		const source = `
			const log: unknown[] = [];
			const stack = new DisposableStack();
			stack.defer(() => log.push("deferred"));
			stack.adopt(5, (n) => log.push(n));
			stack.use({ [Symbol.dispose]() { log.push("used") } });
			const moved = stack.move();
			{ using all = moved }
			{ await using later = new AsyncDisposableStack(); later.defer(async () => { await 0; log.push("later") }) }`;
		expect(await cells(source, "[log, stack.disposed, moved.disposed]")).toEqual([
			["used", 5, "deferred", "later"],
			true,
			true,
		]);
		const thrown = (await cells(
			`const both = new DisposableStack();
			both.defer(() => { throw new Error("first") });
			both.defer(() => { throw new Error("second") });
			let thrown: any;
			try { both.dispose() } catch (error) { thrown = error }
			thrown`,
		)) as { error: Error; suppressed: Error };
		expect(thrown).toBeInstanceOf((globalThis as unknown as { SuppressedError: typeof Error }).SuppressedError);
		expect([thrown.error.message, thrown.suppressed.message]).toEqual(["first", "second"]);
		await expect(cells("both.defer(() => {})")).rejects.toThrow("disposed");
	});
	test("await using waits", async () => {
		await cells("const log: string[] = []");
		await cells("await using a = { async [Symbol.asyncDispose]() { await 0; log.push('closed') } }; log.push('body')");
		expect(await cells("log")).toEqual(["body", "closed"]);
	});
	test("inside functions, and two errors are one", async () => {
		const source =
			"function f() { using a = { [Symbol.dispose]() { throw new Error('second') } }; throw new Error('first') }";
		await cells(source);
		await expect(cells("f()")).rejects.toMatchObject({
			name: "SuppressedError",
			error: { message: "second" },
			suppressed: { message: "first" },
		});
	});
	test("refuses what cannot be disposed", async () => {
		await expect(cells("using a = {} as any")).rejects.toThrow("[Symbol.dispose]");
	});
});

describe("decorators", () => {
	const standard = `
		const seen: string[] = [];
		function log(value: any, context: any) {
			seen.push(context.kind + ":" + String(context.name));
			if (context.kind === "method") return function (this: any, ...args: any[]) { return "<" + value.apply(this, args) + ">" };
		}`;
	test("standard ones", async () => {
		const source = `@log class A { @log m(x: string) { return x } @log f = 1; @log accessor p = 2; @log static s() { return "s" } }`;
		expect(await cells(standard, source, "[new A().m('x'), new A().p, A.s(), A.name]")).toEqual(["<x>", 2, "<s>", "A"]);
		expect(await cells("seen.sort()")).toEqual(["accessor:p", "class:A", "field:f", "method:m", "method:s"]);
	});
	test("metadata of a class and of its parent", async () => {
		const source = `
			const tag = (key: string) => (_: any, context: any) => { (context.metadata[key] ??= []).push(context.name) };
			@tag("class") class A { @tag("member") m() { return { kind: "method", name: "m" } } @tag("member") f = 1; @tag("member") static s() {} }
			class B extends A { @tag("own") n() {} }
			const of = (one: any) => one[(Symbol as any).metadata];`;
		expect(
			await cells(source, "[{ ...of(A) }, { ...of(B) }, Object.getPrototypeOf(of(B)) === of(A), new A().m()]"),
		).toEqual([{ class: ["A"], member: ["s", "m", "f"] }, { own: ["n"] }, true, { kind: "method", name: "m" }]);
	});
	test("legacy ones", async () => {
		const legacy = new UncheckedNotebook("/", { legacyDecorators: true });
		try {
			await legacy.run(`const seen: string[] = [];
				function cls(target: any) { seen.push("class " + target.name) }
				function member(target: any, key: string, descriptor?: PropertyDescriptor) { seen.push("member " + key); if (descriptor?.value) { const f = descriptor.value; descriptor.value = function () { return "<" + f.call(this) + ">" } } }
				function parameter(target: any, key: string, index: number) { seen.push("parameter " + key + index) }`);
			await legacy.run("@cls class A { @member m() { return 'm' } @member f = 1; n(@parameter x: number) {} }");
			expect(await legacy.run("[new A().m(), seen]")).toEqual([
				"<m>",
				["member m", "member f", "parameter n0", "class A"],
			]);
		} finally {
			legacy.close();
		}
	});
});

describe("imports", () => {
	test("in every form", async () => {
		const source = `
			import path, { join as j, default as d } from "node:path";
			import * as fs from "node:fs";
			import type { Stats } from "node:fs";
			import { type Dirent } from "node:fs";
			import os = require("node:os");
			import "node:url";`;
		expect(
			await cells(
				source,
				"[path === d, j('a', 'b'), typeof fs.readFileSync, fs.default === require('fs'), typeof os.cpus]",
			),
		).toEqual([true, "a/b", "function", true, "function"]);
	});
	test("run before the cell's other code", async () => {
		expect(await cells("const a = sep; import { sep } from 'node:path'; a")).toBe("/");
	});
	test("on demand", async () => {
		expect(await cells("const m = await import('node:path'); [m.sep, m.default.sep]")).toEqual(["/", "/"]);
	});
	test("import.meta", async () => {
		expect(await cells("[import.meta.dirname, import.meta.url, import.meta.resolve('fs')]")).toEqual([
			"/",
			"file:///notebook.ts",
			"node:fs",
		]);
	});
	test.each(["export * from 'node:fs'", "export { sep } from 'node:path'", "export default 1", "export = 1"])(
		"%s is refused",
		async (source) => {
			await expect(cells(source)).rejects.toThrow(/^A cell (exports nothing|has no default export)/);
		},
	);
});

test("a variable of the top level costs no Proxy and no dictionary", () => {
	const { code } = notebook.compile("let total = 0; for (let i = 0; i < 10; i++) total += i");
	expect(code).toContain("total.v += i");
	expect(code.match(/exports/g)).toHaveLength(1);
});
