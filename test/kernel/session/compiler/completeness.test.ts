import { describe, expect, test } from "vitest";
import { completenessOf } from "../../../../dist/kernel/session/compiler/completeness";

describe("complete", () => {
	test.each([
		"",
		"1",
		"const a = 1",
		"if (a) {\n}",
		"f(1,\n2)",
		"`a\nb`",
		"// open (",
		"await x",
		"class A {}",
		"import a from 'b'",
		"let a = 1; let a = 2",
	])("%j", (text) => {
		expect(completenessOf(text)).toEqual({ status: "complete" });
	});
});

describe("incomplete", () => {
	test.each([
		["const x = ", ""],
		["if (a) {", "  "],
		["f(", "  "],
		["f(a,", ""],
		["[1, 2", ""],
		["a?.", ""],
		["`abc", ""],
		["`a ${b", ""],
		["/* a", ""],
		["function f() {\n  return 1;", "  "],
		["function f() {\n\tif (a) {", "\t\t"],
		["class A {", "  "],
		["x =>", "  "],
		["try {}", ""],
		["@decorated", ""],
		["interface A { a:", ""],
		["let a: Array<", ""],
		["switch (x) {\n  case 1:", "  "],
		["a ? b", ""],
		["enum E {\n", "  "],
	])("%j", (text, indent) => {
		expect(completenessOf(text)).toEqual({ status: "incomplete", indent });
	});
});

describe("invalid", () => {
	test.each([
		"a b",
		"let x = 1; }",
		")",
		"const const",
		"'abc",
		'"abc\n',
		"/abc",
		"return 1",
		"else",
		"function (a) {",
		"import {a} from b",
	])("%j", (text) => {
		expect(completenessOf(text)).toEqual({ status: "invalid" });
	});
});
