import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { folderWith, Notebook, packageRoot } from "./notebook";

/** The folder around a notebook: its modules, packages and tsconfig.json. */

const packages = {
	"node_modules/only-esm/package.json":
		'{"name":"only-esm","type":"module","exports":{".":{"types":"./index.d.ts","import":"./index.js"},"./waits":{"types":"./index.d.ts","default":"./waits.js"}}}',
	"node_modules/only-esm/index.d.ts": "export const es: number; declare const hi: () => string; export default hi;",
	"node_modules/only-esm/index.js": "export const es = 42; export default () => 'hi';",
	"node_modules/only-esm/waits.js": "export const es = await Promise.resolve(43); export default () => 'waited';",
	"node_modules/plain/package.json": '{"name":"plain","main":"main.js"}',
	"node_modules/plain/main.js": "module.exports = { a: 1, self() { return this.a } };",
	"node_modules/was-esm/package.json": '{"name":"was-esm","main":"main.js","types":"main.d.ts"}',
	"node_modules/was-esm/main.js":
		"Object.defineProperty(exports, '__esModule', { value: true }); exports.default = 'default'; exports.named = 'named';",
	"node_modules/was-esm/main.d.ts": "declare const d: string; export default d; export const named: string;",
	"node_modules/no-default/package.json": '{"name":"no-default","main":"main.js","types":"main.d.ts"}',
	"node_modules/no-default/main.js":
		"Object.defineProperty(exports, Symbol.toStringTag, { value: 'Module' }); exports.load = () => 'loaded';",
	"node_modules/no-default/main.d.ts": "export declare function load(): string;",
	"node_modules/bad/package.json": '{"name":"bad"}',
	"node_modules/bad/index.js": "throw new RangeError('at load')",
};

const local = {
	"model.ts":
		"import { scale } from './parts/scale.js';\nimport type { Shape } from './shapes';\nimport { Unused } from './shapes';\nexport let calls = 0;\nexport function size(s: Shape): number { calls++; return scale(s.a); }\nexport default class Model { constructor(private n: number) {} get twice() { return this.n * 2 } }\nexport enum Mode { Fast = 3 }\nexport type { Shape };\n",
	"parts/scale.ts":
		"export const scale = (n: number): number => n * 10;\nexport * from '../more';\nexport * as more from '../more';\n",
	"more.ts": "export const extra = 1;\n",
	"shapes.ts": "export interface Shape { a: number }\nexport type Unused = string;\n",
	"data.json": '{"rows": [1, 2]}',
	"plain.js": "export const j = 5; export { j as default };",
	"common.js": "exports.c = 6;",
	"a.ts": "import { b } from './b'; export function a(n: number): number { return n > 0 ? b(n - 1) : 0 }",
	"b.ts": "import { a } from './a'; export function b(n: number): number { return n > 0 ? a(n - 1) : 1 }",
	"counter.ts": "export let n = 0; export const inc = () => { n++ };",
	"uses.ts": "import { n, inc } from './counter'; export const after = () => { inc(); return n };",
	"broken.ts": "export const a = 1;\nexport const b = ;\n",
	"waits.ts": "export const a = await Promise.resolve(1);\n",
};

type Opened = { notebook: Notebook; write(name: string, text: string): void; folder: string; close(): Promise<void> };

function start(files: Record<string, string>): Opened {
	const { folder, write, done } = folderWith(files);
	const notebook = new Notebook(folder);
	const close = async (): Promise<void> => {
		await notebook.close();
		done();
	};
	return { notebook, write, folder, close };
}

/** One notebook for all tests that need no folder of their own: a server takes a while to start. */
let shared: Opened;
let own: Opened | undefined;

beforeAll(() => {
	shared = start({ ...packages, ...local });
});
afterEach(async () => {
	await own?.close();
	own = undefined;
});
afterAll(() => shared.close());

function open(files: Record<string, string>): Opened {
	own = start(files);
	return own;
}

describe("packages beside the notebook", () => {
	test("ES modules only, with top-level await, CommonJS, and what was compiled from ES modules", async () => {
		const { notebook } = shared;
		expect(await notebook.run("import hi, { es } from 'only-esm'; [hi(), es.toFixed()]")).toEqual(["hi", "42"]);
		expect(await notebook.run("import * as waits from 'only-esm/waits'; [waits.default(), waits.es]")).toEqual([
			"waited",
			43,
		]);
		expect(
			await notebook.run(
				"import * as all from 'plain'; import one from 'plain'; [all.a, all.default.self(), one.self()]",
			),
		).toEqual([1, 1, 1]);
		expect(
			await notebook.run("import d, { named } from 'was-esm'; import * as ns from 'was-esm'; [d, named, ns.default]"),
		).toEqual(["default", "named", "default"]);
		expect(
			await notebook.run(
				"const [a, b] = await Promise.all([import('only-esm'), import('plain')]); [a.es, b.default.a]",
			),
		).toEqual([42, 1]);
		expect((await notebook.check("es.toUpperCase()"))?.evalue).toContain("TS2339");
	});
	test("that were ES modules without a default export are imported whole where TypeScript allows it", async () => {
		const { notebook } = shared;
		expect(await notebook.run("import none, { load } from 'no-default'; none.load() + load()")).toBe("loadedloaded");
		expect(await notebook.run("import * as parts from 'no-default'; parts.load()")).toBe("loaded");
	});
	test("that are installed while the notebook is open", async () => {
		const { notebook, write } = open({});
		expect((await notebook.check("import late from 'late'"))?.evalue).toContain("npm install late");
		write("node_modules/late/package.json", '{"name":"late","types":"t.d.ts","main":"m.js"}');
		write("node_modules/late/t.d.ts", "declare const n: number; export default n;");
		write("node_modules/late/m.js", "module.exports = 7;");
		expect(await notebook.run("import late from 'late'; late.toFixed()")).toBe("7");
	});
	test("an error while one loads stands in the cell", async () => {
		const { notebook } = shared;
		expect(await notebook.thrown("import * as bad from 'bad'")).toMatchObject({ message: "at load" });
		expect(await notebook.run("1")).toBe(1);
	});
});

describe("our own package, from any folder", () => {
	test("gradbook is typed without being installed", async () => {
		const { notebook } = shared;
		expect(
			await notebook.check("import type { Tensor } from 'gradbook'; const t: Tensor | undefined = undefined"),
		).toBeUndefined();
		expect((await notebook.check("import { noSuchName } from 'gradbook'"))?.evalue).toContain("TS2305");
		expect((await notebook.check("import * as x from 'gradbook/nothing'"))?.evalue).toContain("TS2307");
	});
	test("gradbook/display and tslab run", async () => {
		const { notebook } = shared;
		expect(await notebook.run("import { display as show } from 'gradbook/display'; typeof show")).toBe("function");
		expect(await notebook.run("import * as tslab from 'tslab'; typeof tslab.display.html")).toBe("function");
	});
});

describe("local modules", () => {
	test("TypeScript, JavaScript and JSON, by every kind of path", async () => {
		const { notebook } = shared;
		expect(
			await notebook.run(
				"import Model, { size, Mode, type Shape } from './model'; const s: Shape = { a: 2 }; [new Model(4).twice, size(s), Mode.Fast]",
			),
		).toEqual([8, 20, 3]);
		expect(
			await notebook.run(
				"import { size as again } from './model.ts'; import { extra, more } from './parts/scale'; [again === size, extra, more.extra]",
			),
		).toEqual([true, 1, 1]);
		expect(
			await notebook.run(
				"import data, { rows } from './data.json'; import j from './plain.js'; import { c } from './common'; [data.rows.length, rows[1]!.toFixed(), j, c]",
			),
		).toEqual([2, "2", 5, 6]);
		expect((await notebook.check("size({ b: 1 })"))?.evalue).toContain("TS2353");
	});
	test("are read again when they or what they import has changed", async () => {
		const { notebook, write } = shared;
		expect(await notebook.run("import { size } from './model'; size({ a: 1 })")).toBe(10);
		write("parts/scale.ts", "export const scale = (n: number): number => n * 1000;\n");
		expect(await notebook.run("import { size } from './model'; size({ a: 1 })")).toBe(1000);
		write("model.ts", "export const size = (s: { b: string }): string => s.b.toUpperCase();\n");
		expect(await notebook.run("import { size } from './model'; size({ b: 'x' })")).toBe("X");
	});
	test("that were written after the notebook was opened", async () => {
		const { notebook, write } = shared;
		expect((await notebook.check("import { late } from './late'"))?.evalue).toContain("TS2307");
		write("late.ts", "export const late = 3;\n");
		expect(await notebook.run("import { late } from './late'; late.toFixed()")).toBe("3");
	});
	test("that import each other in a circle", async () => {
		const { notebook } = shared;
		expect(await notebook.run("import { a } from './a'; [a(2), a(3)]")).toEqual([0, 1]);
	});
	test("exports are live", async () => {
		const { notebook } = shared;
		expect(await notebook.run("import { after } from './uses'; [after(), after()]")).toEqual([1, 2]);
	});
	test("a syntax error in one names the file and line", async () => {
		const { notebook } = shared;
		expect(String(await notebook.thrown("import * as broken from './broken'"))).toMatch(/broken\.ts, line 2: /);
	});
	test("top-level await in one is refused with the way out", async () => {
		const { notebook } = shared;
		expect(String(await notebook.thrown("import { a } from './waits'"))).toContain("Export an async function");
	});
});

describe("module cells of tslab", () => {
	test("are imported, replaced, and keep their old form when the new one has errors", async () => {
		const { notebook } = shared;
		await notebook.run(
			"/**\n * A module.\n * @module net\n */\nexport const width: number = 3;\nexport function make() { return width }",
		);
		expect(await notebook.run("import { make } from './net'; make()")).toBe(3);
		await notebook.run("/** @module net */\nexport const width = 'wide'; export function make() { return width }");
		expect(await notebook.run("import { make } from './net'; make().toUpperCase()")).toBe("WIDE");
		expect((await notebook.check("/** @module net */\nexport const width: number = 'x'"))?.evalue).toMatch(
			/TS2322.*line 2, column 14/,
		);
		expect(await notebook.run("import { make } from './net'; make().length")).toBe(4);
		await notebook.run("/** @module user */\nimport { width } from './net'; export const twice = width + width;");
		expect(await notebook.run("import { twice } from './user'; twice")).toBe("widewide");
	});
	test("@browser has nowhere to run", async () => {
		const { notebook } = shared;
		expect((await notebook.check("/** @browser\n@module page */ export const a = 1"))?.evalue).toContain("no browser");
	});
});

describe("tsconfig.json beside the notebook", () => {
	test("its options count", async () => {
		const { notebook } = open({
			"tsconfig.json":
				'{\n  // comments, and a trailing comma\n  "compilerOptions": { "strict": false, "noImplicitReturns": true, },\n}',
		});
		expect(await notebook.check("function f(untyped) { return untyped } const n: number = null")).toBeUndefined();
		expect((await notebook.check("function g(a: boolean) { if (a) return 1 }"))?.evalue).toContain("TS7030");
	});
	test("decorators, paths and extends", async () => {
		const { notebook } = open({
			"base/tsconfig.json":
				'{ "compilerOptions": { "experimentalDecorators": true, "paths": { "@lib/*": ["./lib/*"] } } }',
			"base/lib/tool.ts": "export const tool: string = 't';",
			"uses.ts": "import { tool } from '@lib/tool'; export const more = tool;",
			"tsconfig.json":
				'{ "extends": "./base/tsconfig", "compilerOptions": { "noUnusedLocals": true, "isolatedModules": true, "verbatimModuleSyntax": true, "module": "commonjs", "outDir": "x" }, "include": ["nothing"] }',
		});
		await notebook.run(
			"const seen: string[] = []; function member(target: object, key: string) { seen.push(key) } class A { @member field = 1 }",
		);
		expect(await notebook.run("seen")).toEqual(["field"]);
		expect(await notebook.run("import { tool } from '@lib/tool'; import { more } from './uses'; tool + more")).toBe(
			"tt",
		);
	});
	test("JSX of local modules", async () => {
		const element = "export const El = ({ n }: { n: number }) => <b title='t'>{n}</b>;";
		const types =
			"export namespace JSX { export interface IntrinsicElements { [name: string]: object } export type Element = unknown }";
		const { notebook } = open({
			"tsconfig.json": '{ "compilerOptions": { "jsx": "react-jsx", "jsxImportSource": "tiny" } }',
			"el.tsx": element,
			"node_modules/tiny/package.json":
				'{"name":"tiny","exports":{"./jsx-runtime":{"types":"./r.d.ts","default":"./r.js"}}}',
			"node_modules/tiny/r.js": "exports.jsx = (type, props) => ({ by: 'tiny', type, props });",
			"node_modules/tiny/r.d.ts": `export declare const jsx: unknown; ${types}`,
		});
		expect(await notebook.run("import { El } from './el'; El({ n: 3 })")).toEqual({
			by: "tiny",
			type: "b",
			props: { title: "t", children: 3 },
		});
	});
	test("without one, elements call React, which the module imports", async () => {
		const { notebook } = open({
			"el.tsx": "import React from './react'; export const El = (p: { n: number }) => <b>{p.n}</b>;",
			"react.ts":
				"export default { createElement: (...all: unknown[]) => all }; declare global { namespace JSX { interface IntrinsicElements { [name: string]: object } } }",
		});
		expect(await notebook.run("import { El } from './el'; El({ n: 3 })")).toEqual(["b", null, 3]);
	});
	test("one that cannot be read is left out, and said", async () => {
		const { notebook } = open({ "tsconfig.json": "{ not json" });
		expect(await notebook.run("1 + 1")).toBe(2);
		expect(notebook.log.join()).toContain("tsconfig.json is left out");
	});
});

test.runIf(process.platform === "linux")("a tsconfig.json further up is not read", async () => {
	const { folder, done } = folderWith({
		"tsconfig.json": '{ "files": ["endless.ts"] }',
		"notebooks/a.ts": "export {}",
	});
	// Whoever reads it waits for ever.
	execFileSync("mkfifo", [join(folder, "endless.ts")]);
	symlinkSync(join(packageRoot, "node_modules"), join(folder, "node_modules"));
	const notebook = new Notebook(join(folder, "notebooks"));
	try {
		expect(await notebook.run("1 + 1")).toBe(2);
	} finally {
		await notebook.close();
		done();
	}
});

test("nothing is written into the notebook's folder", async () => {
	const { notebook, folder } = open({});
	await notebook.run("const a = 1");
	await notebook.run("/** @module inMemory */ export const b = 2");
	await notebook.compiler.complete("a.", 2);
	expect(readdirSync(folder)).toEqual([]);
});

test("a folder with odd letters in its name", async () => {
	const { notebook } = shared;
	const odd = join(notebook.runner.scope.meta.dirname, "a b#ü%20");
	mkdirSync(odd);
	symlinkSync(join(packageRoot, "node_modules"), join(odd, "node_modules"));
	const other = new Notebook(odd);
	try {
		expect(await other.run("let x = 1; x")).toBe(1);
		expect(await other.run("x + 1")).toBe(2);
	} finally {
		await other.close();
	}
});
