import { describe, expect, test } from "vitest";
import { html, table } from "../../../dist/kernel/display";
import { formatBytes, formatNumber, formatSeconds } from "../../../dist/kernel/display/numbers";
import { hostile } from "../support/recorder";

const rows = [
	{ epoch: 1, loss: 0.123456, note: "a" },
	{ epoch: 20, loss: 1e-7, extra: null },
];

describe("table", () => {
	test("as text: columns in the order of their first row, numbers right", () => {
		expect(table(rows, { caption: "Runs" }).bundle()["text/plain"]).toBe(
			[
				"Runs",
				"epoch    loss  note  extra",
				"-----  ------  ----  -----",
				"    1  0.1235  a",
				"   20    1e-7        null",
			].join("\n"),
		);
	});

	test("as HTML: headings with scope, caption, reachable by keyboard", () => {
		const source = String(table(rows, { caption: "Runs" }).bundle()["text/html"]);
		expect(source).toContain('role="region" aria-label="Runs" tabindex="0"');
		expect(source).toContain("<caption>Runs</caption>");
		expect(source).toContain(
			'<th scope="col" class="n">epoch</th><th scope="col" class="n">loss</th><th scope="col">note</th>',
		);
		expect(source).toContain('<td class="n">1</td><td class="n">0.1235</td><td>a</td><td></td>');
	});

	test("columns are chosen, named and formatted; rows are counted; a total stands apart", () => {
		const view = table(
			Array.from({ length: 5 }, (_, n) => ({ n, half: n / 2 })),
			{ columns: { half: "n/2" }, format: { half: (value) => `${value}!` }, limit: 2, total: { half: 5 } },
		);
		expect(view.bundle()["text/plain"]).toBe(" n/2\n----\n  0!\n0.5!\n----\n  5!\n(3 of 5 rows not shown)");
		expect(view.bundle()["text/html"]).toContain('<tfoot><tr><td class="n">5!</td></tr></tfoot>');
	});

	test("rows may be arrays, cells may show themselves", () => {
		const source = table([[1, html("<b>rich</b>")]]).bundle();
		expect(source["text/html"]).toContain("<td><b>rich</b></td>");
		expect(source["text/plain"]).toBe("0  1\n-  ----\n1  rich");
	});

	test("whatever comes from data is escaped", () => {
		const source = String(table([{ [hostile]: hostile }], { caption: hostile }).bundle()["text/html"]);
		expect(source).not.toMatch(/<img|<script/);
		expect(source.match(/&lt;img src=x/g)?.length).toBe(4);
	});

	test("what is no row is named", () => {
		expect(() => table([{ a: 1 }, 3 as never])).toThrow("[table] row 1 is 3, expected an object or an array");
	});
});

test.each([
	[0, "0"],
	[1234567, "1234567"],
	[123456.789, "123457"],
	[0.000012345, "1.234e-5"],
	[1.5e10 + 0.5, "1.5e+10"],
	[-0.5, "-0.5"],
	[Number.NaN, "NaN"],
	[Number.POSITIVE_INFINITY, "Infinity"],
])("formatNumber(%d)", (value, expected) => {
	expect(formatNumber(value)).toBe(expected);
});

test.each([
	[0.0084, "8 ms"],
	[3.14, "3.1 s"],
	[59.97, "1:00 min"],
	[125, "2:05 min"],
	[3725, "1:02:05 h"],
	[Number.POSITIVE_INFINITY, "?"],
])("formatSeconds(%d)", (value, expected) => {
	expect(formatSeconds(value)).toBe(expected);
});

test("formatBytes", () => {
	expect([512, 1024, 318040, 2 ** 40].map(formatBytes)).toEqual(["512 B", "1.0 kB", "310.6 kB", "1.0 TB"]);
});

test("without rows says so", () => {
	const { "text/plain": text, "text/html": page } = table([], { columns: ["epoch"] }).bundle();
	expect(text).toMatch(/^epoch\n-----\n.*no rows/s);
	expect(page).toContain("<p>no rows</p>");
});
