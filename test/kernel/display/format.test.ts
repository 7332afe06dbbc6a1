import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, test } from "vitest";
import {
	displaySymbol,
	formatResult,
	formatValue,
	html,
	link,
	registerRenderer,
	widgets,
} from "../../../dist/kernel/display";

const text = (value: unknown) => formatValue(value)["text/plain"];

describe("plain values as text", () => {
	test.each([
		["a", "'a'"],
		[1, "1"],
		[-0, "-0"],
		[10n, "10n"],
		[null, "null"],
		[undefined, "undefined"],
		[Symbol("q"), "Symbol(q)"],
		[[1, "b", { c: [true] }], "[ 1, 'b', { c: [ true ] } ]"],
		[new Map([["k", new Set([1])]]), "Map(1) { 'k' => Set(1) { 1 } }"],
		[new Float32Array([0.5, 1]), "Float32Array(2) [ 0.5, 1 ]"],
		[Promise.resolve(3), "Promise { 3 }"],
		[function double() {}, "[Function: double]"],
		[class A {}, "[class A]"],
	])("%o", (value, expected) => {
		expect(formatValue(value)).toEqual({ "text/plain": expected });
	});

	test("a large module shows its names, a small one its values", () => {
		const made = (names: number) =>
			Object.assign(Object.defineProperty({}, "__esModule", { value: true }), {
				...Object.fromEntries(Array.from({ length: names }, (_, i) => [`name${i}`, i])),
			});
		const lines = text(made(41)).split("\n");
		expect(lines[0]).toBe("[module of 41 names] {");
		expect(lines[1]).toMatch(/^ {2}name0, name1, .*,$/);
		expect(lines.at(-2)).toMatch(/name40$/);
		expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
		expect(text(made(1))).toBe("{ name0: 0 }");
	});

	test("of an object with many properties the first are shown, and no getter is called", () => {
		const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`key${i}`, i]));
		Object.defineProperty(many, "key0", {
			get: () => {
				throw new Error("called");
			},
			enumerable: true,
		});
		const shown = text(many);
		expect(shown).toMatch(/^\{\n {2}key0: \[Getter\],\n {2}key1: 1,/);
		expect(shown).toMatch(/ {2}key99: 99,\n {2}\.\.\. 900 more properties\n\}$/);
		delete many.key0;
		expect(text(Object.fromEntries(Object.entries(many).slice(0, 200)))).toContain("key200: 200");
	});

	test("an error shows its message, and of its frames only those in cells", () => {
		const error = new TypeError("no");
		error.stack = "TypeError: no\n    at f (cell-2.ts:3:1)\n    at Module._compile (node:internal/x:1:2)";
		expect(text(error)).toBe("TypeError: no\n    at f (cell-2.ts:3:1)");
		expect(text({ cause: new Error("inner") })).toBe("{\n  cause: Error: inner\n}");
	});

	test("a timer is not its bookkeeping", () => {
		const timer = setTimeout(() => {}, 1);
		clearTimeout(timer);
		expect(text(timer)).toBe("[Timeout]");
	});

	test("no getter runs, and a proxy's traps do not", () => {
		const value = {
			get boom(): never {
				throw new Error("ran");
			},
		};
		expect(text(value)).toBe("{ boom: [Getter] }");
		const proxy = new Proxy(
			{ a: 1 },
			{
				ownKeys: () => {
					throw new Error("trap");
				},
			},
		);
		expect(text(proxy)).toContain("a: 1");
	});

	test("a value whose own inspection throws is named, with the reason", () => {
		const value = {
			[Symbol.for("nodejs.util.inspect.custom")]: () => {
				throw new Error("nope");
			},
		};
		expect(text(value)).toBe("[Object: its text could not be made: Error: nope]");
	});

	test("long and deep values are cut with a count", () => {
		expect(text(new Array(1000).fill(7))).toContain("... 900 more items");
		expect(text("x".repeat(20_000))).toMatch(/\.\.\. 10000 more characters$/);
		const deep = Array.from({ length: 90 }, () => Array.from({ length: 90 }, () => new Array(90).fill(1)));
		expect(text(deep).length).toBeLessThan(101_000);
		const circle: unknown[] = [];
		circle.push(circle);
		expect(text(circle)).toBe("<ref *1> [ [Circular *1] ]");
	});

	test("no colours, whatever made the text", () => {
		const value = { [displaySymbol]: () => ({ "text/plain": "\u001b[31mred\u001b[0m" }) };
		expect(text(value)).toBe("red");
	});
});

describe("own displays", () => {
	test("Symbol.for(Jupyter.display) decides; text is added, bytes become base64", () => {
		const value = { [Symbol.for("Jupyter.display")]: () => ({ "image/png": new Uint8Array([1, 2, 3]) }) };
		expect(formatValue(value)).toEqual({
			"image/png": "AQID",
			"text/plain": expect.stringContaining("Jupyter.display"),
		});
	});

	test("a display that fails, or is no bundle, shows the value and the reason", () => {
		const throws = {
			a: 1,
			[displaySymbol]: () => {
				throw new RangeError("bad");
			},
		};
		expect(text(throws)).toMatch(/a: 1[\s\S]*\[its display failed: RangeError: bad\]$/);
		expect(text({ [displaySymbol]: () => 7 })).toContain("returned 7, expected a MIME bundle");
		expect(text({ [displaySymbol]: () => ({ html: "x" }) })).toContain('a MIME bundle has no place for the key "html"');
	});

	test("a promised bundle is awaited for a result", async () => {
		const value = { [displaySymbol]: async () => ({ "text/plain": "late" }) };
		expect(await formatResult(value)).toEqual({ "text/plain": "late" });
		const fails = {
			[displaySymbol]: async () => {
				throw new Error("gone");
			},
		};
		expect((await formatResult(fails))?.["text/plain"]).toContain("[its display failed: Error: gone]");
	});

	test("undefined shows nothing as a result", async () => {
		expect(await formatResult(undefined)).toBeUndefined();
		expect(await formatResult(null)).toEqual({ "text/plain": "null" });
	});
});

describe("registerRenderer", () => {
	const registrations: (() => void)[] = [];
	afterEach(() => {
		for (const take of registrations.splice(0)) take();
	});

	test("by class, subclasses too; the latest wins; taken back", () => {
		class Point {
			constructor(readonly x: number) {}
		}
		class Point3 extends Point {}
		registrations.push(registerRenderer(Point, (point) => ({ "text/plain": `x=${point.x}` })));
		expect(text(new Point3(2))).toBe("x=2");
		const take = registerRenderer(Point, (point) => (point.x > 5 ? { "text/html": "<b>big</b>" } : undefined));
		expect(formatValue(new Point(6))).toMatchObject({ "text/html": "<b>big</b>" });
		expect(text(new Point(1))).toBe("x=1");
		take();
		expect(formatValue(new Point(6))).toEqual({ "text/plain": "x=6" });
	});

	test("by predicate, for objects of another realm", () => {
		const isDate = (value: unknown): value is Date => Object.prototype.toString.call(value) === "[object Date]";
		registrations.push(registerRenderer(isDate, (date) => ({ "text/plain": `day ${date.getUTCDate()}` })));
		expect(text(runInNewContext("new Date(Date.UTC(2020, 0, 5))"))).toBe("day 5");
	});
});

test("a view is its bundle, also inside console.log", async () => {
	const { inspect } = await import("node:util");
	const view = html("<p>one &amp; <b>two</b></p><script>x</script>");
	expect(view.bundle()).toEqual({
		"text/plain": "one & two",
		"text/html": "<p>one &amp; <b>two</b></p><script>x</script>",
	});
	expect(inspect(view)).toBe("one & two");
});

test("what takes a call back shows nothing", async () => {
	const [a, b] = [new widgets.IntSlider(1), new widgets.IntSlider(2)];
	const undoings = [
		link([a, "value"], [b, "value"]),
		new widgets.Button().on("click", () => {}),
		registerRenderer(class {}, () => undefined),
	];
	for (const undo of undoings) {
		expect(await formatResult(undo)).toBeUndefined();
		undo();
	}
	a.value = 5;
	expect(b.value).toBe(1);
});
