import { beforeEach, describe, expect, test } from "vitest";
import { History } from "../../../dist/kernel/requests/history";

describe("history", () => {
	let history: History;
	const inputs = (entries: { input: string }[]) => entries.map(({ input }) => input);

	beforeEach(() => {
		history = new History();
		["const a = 1", "a + 1", "f[0]", "a + 1", "b"].forEach((input, i) => {
			history.add(i + 1, input);
		});
	});

	test("tail gives the last, and nothing for nothing", () => {
		expect(inputs(history.tail(2))).toEqual(["a + 1", "b"]);
		expect(history.tail(100)).toHaveLength(5);
		expect(history.tail(0)).toEqual([]);
	});

	test("range gives lines of this session, the last one excluded", () => {
		expect(inputs(history.range(0, 2, 4))).toEqual(["a + 1", "f[0]"]);
		expect(inputs(history.range(1, 4, undefined))).toEqual(["a + 1", "b"]);
		expect(history.range(7, 1, undefined)).toEqual([]);
	});

	test.each([
		["a*", ["a + 1", "a + 1"]],
		["*a*", ["const a = 1", "a + 1", "a + 1"]],
		["?", ["b"]],
		["[a-c]", ["b"]],
		["f[[]0]", ["f[0]"]],
		["a + 1", ["a + 1", "a + 1"]],
		["a . 1", []],
	])("search finds %s as a glob", (pattern, found) => {
		expect(inputs(history.search(pattern, undefined, false))).toEqual(found);
	});

	test("search gives each input once where asked, and the last n", () => {
		expect(inputs(history.search("*", undefined, true))).toEqual(["const a = 1", "f[0]", "a + 1", "b"]);
		expect(inputs(history.search("*", 2, true))).toEqual(["a + 1", "b"]);
	});

	test("a result is kept with its input", () => {
		history.add(6, "6").setOutput("6");
		expect(history.tail(1)).toEqual([{ session: 1, line: 6, input: "6", output: "6" }]);
	});
});
