import { describe, expect, test } from "vitest";
import { completeMagic, magicAt, readMagics } from "../../../../dist/kernel/session/compiler/magics";

const names = new Set(["done", "process"]);
const read = (text: string) => readMagics(text, (word) => names.has(word));
const kinds = (text: string) => read(text).found.map(({ kind }) => kind);

describe("lines that are magics", () => {
	test.each<[string, string[]]>([
		["%time f()", ["time"]],
		["const a = 1\n%who", ["who"]],
		["const a = 1;\n%whos\n%who", ["whos", "who"]],
		["%%time\nconst a = 1;\na", ["time"]],
		["%timeit -n 10 -r3 f(a)", ["timeit"]],
		["%%timeit\nf();\ng();", ["timeit"]],
		["%reset", ["reset"]],
		["%reset -f\nconst a = 1", ["reset"]],
		["!ls -la", ["shell"]],
		["!ls", ["shell"]],
		["! npm install left-pad", ["shell"]],
		["!./run.sh && echo yes", ["shell"]],
		["const a = 1\n!echo one \\\n  two\nconst b = 2", ["shell"]],
		["Math.hypot?", ["inspect"]],
		["?name", ["inspect"]],
		["const a = 1\na.b??", ["inspect"]],
		["function f() {\n  return 1\n}\n%time f()", ["time"]],
		["/* a comment */\n%time f()", ["time"]],
	])("%j", (text, expected) => {
		const { found, text: left, problem } = read(text);
		expect(problem).toBeUndefined();
		expect(found.map(({ kind }) => kind)).toEqual(expected);
		expect(left).toHaveLength(text.length);
		expect(left.split("\n")).toHaveLength(text.split("\n").length);
	});
});

describe("lines that are TypeScript", () => {
	test.each([
		"a\n% b",
		"const m = a\n%b",
		"`\n%time x\n!ls\n`",
		"/*\n%time x\n?name\n*/",
		"function f() {\n!ls\n}",
		"f(\n%time x\n)",
		"!done",
		"!done && f()",
		"!process.env.X",
		"!function () {}()",
		"!(a)",
		"!!ls",
		"!f()",
		"!await ready",
		"a\n? b\n: c",
		"const x = a ??\nb",
		"if (a)\n!ls",
		"  %time x",
	])("%j", (text) => {
		expect(read(text)).toMatchObject({ text, found: [] });
	});

	test("a name of the session is no command", () => {
		expect(kinds("!done")).toEqual([]);
		expect(kinds("!undone")).toEqual(["shell"]);
	});
});

test("what is blanked keeps every other character in its place", () => {
	expect(read("%time  const x = f()\n!ls\nx?").text).toBe("       const x = f()\n   \n  ");
	expect(read("const a = 1\n%timeit -n 3 a + 1 // sum").text).toBe(`const a = 1\n${" ".repeat(12)} a + 1 // sum`);
	expect(read("!a \\\n b\nc").text).toBe("    \n  \nc");
});

test("options, commands and names are read", () => {
	expect(read("%timeit -n 10 -r3 f()").found[0]).toMatchObject({ loops: 10, runs: 3 });
	expect(read("%timeit -r 2 f()").found[0]).toMatchObject({ loops: undefined, runs: 2 });
	expect(read("! echo one \\\n two ").found[0]).toMatchObject({ command: "echo one \\\n two" });
	expect(read("?a.b").found[0]).toMatchObject({ name: "a.b", detail: 0 });
	expect(read("a.b??").found[0]).toMatchObject({ name: "a.b", detail: 1 });
});

test.each([
	[
		"%matplotlib inline",
		/There is no magic %matplotlib\. Plots need none: .*\. There are %time, %timeit, %who, %whos, %reset, !command/,
	],
	["%pip install torch", /There is no magic %pip\. Packages come from npm: !npm install NAME/],
	["%lsmagic", /There is no magic %lsmagic\. There are %time/],
	["%%bash\nls", /There is no magic %%bash/],
	["const a = 1\n%%time\na", /%%time stands on top of its cell/],
	["%time", /no code to measure/],
	["%timeit -n 3", /no code to measure/],
	["%timeit -q f()", /no other options than -n and -r/],
	["%who a b", /%who stands alone on its line/],
	["%%who\na", /takes no cell/],
	["const a = 1\n%reset", /%reset stands on top/],
])("%j is refused at its place", (text, message) => {
	const { problem } = read(text);
	expect(problem?.message).toMatch(message);
	expect(text.slice(problem!.start, problem!.end)).toMatch(/^%+\w+$/);
});

describe("while it is written", () => {
	test("a magic's name is completed", () => {
		expect(completeMagic("%ti", 3)).toEqual({ start: 0, matches: ["%time", "%timeit"] });
		expect(completeMagic("a\n%%", 4)).toEqual({ start: 2, matches: ["%%time", "%%timeit"] });
		expect(completeMagic("a\n%w + 1", 4)).toEqual({ start: 2, matches: ["%who", "%whos"] });
		expect(completeMagic("f(\n%w", 5)).toBeUndefined();
		expect(completeMagic("%time ma", 8)).toBeUndefined();
		expect(completeMagic("a %t", 4)).toBeUndefined();
	});

	test("its help is found", () => {
		expect(magicAt("a\n%time f()", 4)).toMatch(/^%time CODE/);
		expect(magicAt("a\n%time f()", 9)).toBeUndefined();
		expect(magicAt("%nothing", 2)).toBeUndefined();
	});
});
