import { expect, test } from "vitest";
import { SessionNames } from "../../../../dist/kernel/session/compiler/names";
import { scan } from "../../../../dist/kernel/session/compiler/scan";
import { parse } from "../../../../dist/kernel/session/compiler/syntax";

function session(): {
	names: SessionNames;
	keep(source: string): { text: string; dropped: string[]; document: string };
} {
	const names = new SessionNames("hub.ts");
	let count = 0;
	return {
		names,
		keep(source) {
			const document = `cell-${++count}.ts`;
			return { ...names.keep(document, source, scan(parse(source).program)), document };
		},
	};
}

test("a cell whose names are all declared anew is dropped", () => {
	const { names, keep } = session();
	keep("let a = 1; let b = 2");
	expect(keep("let a = 2").dropped).toEqual([]);
	expect(keep("let b = 3").dropped).toEqual(["cell-1.ts"]);
	expect(names.hub()).not.toContain("cell-1");
});

test("a cell that another one uses stays, until that one goes", () => {
	const { keep } = session();
	keep("class A {}");
	keep("class B extends A {}");
	expect(keep("class A { other = 1 }").dropped).toEqual([]);
	expect(keep("class B {}").dropped.sort()).toEqual(["cell-1.ts", "cell-2.ts"]);
});

test("a cell that runs again and again leaves one document", () => {
	const { names, keep } = session();
	for (let i = 0; i < 50; i++) keep("let x = 1; const f = () => x");
	expect(names.hub().match(/cell-/g)).toHaveLength(1);
});

test("a cell that augments types stays", () => {
	const { names, keep } = session();
	keep("declare global { var x: number }");
	keep("let y = 1");
	expect(names.hub()).toContain("cell-1");
});

test("a kept cell takes names from the cells that declared them then", () => {
	const { keep } = session();
	keep("let n = 1; class A {}");
	const { text } = keep("const f = () => [n, A]");
	keep("let n = 'later'");
	expect(text).toContain('import { A } from "./cell-1"');
	expect(text).toContain('declare let n: typeof import("./cell-1").n;');
	expect(text).toContain("export { f };");
});

test("the prelude leaves out what the cell declares or does not mention", () => {
	const { names, keep } = session();
	keep("let a = 1, b = 2; const c = 3, d = 4");
	const prelude = names.prelude(new Set(["a", "c"]), new Set(["a", "b", "c"]));
	expect(prelude).toContain("declare let b:");
	expect(prelude).not.toMatch(/\b[acd]\b/);
	expect(prelude).not.toContain("\n");
});
