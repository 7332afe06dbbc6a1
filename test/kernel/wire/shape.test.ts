import { describe, expect, test } from "vitest";
import {
	array,
	boolean,
	dictionary,
	either,
	integer,
	literal,
	object,
	optional,
	record,
	type Shape,
	string,
} from "../../../dist/kernel/wire/shape";

describe("a shape", () => {
	const person = object({ name: string, age: optional(integer), tags: array(string) });

	test.each<[string, Shape<unknown>, unknown]>([
		["strings", string, ""],
		["objects without their optional fields", person, { name: "a", tags: [] }],
		["objects with fields of later protocols", person, { name: "a", tags: [], more: 1 }],
		["records", record(boolean), { a: true }],
		["one of several", either(string, integer), 3],
		["literals", literal("a", 1), 1],
	])("lets %s pass", (_, shape, value) => {
		expect(shape.check(value, "")).toBeUndefined();
	});

	test.each<[Shape<unknown>, unknown, string]>([
		[person, { tags: [] }, "name: expected a string, got nothing"],
		[person, { name: "a", tags: ["x", 2] }, "tags[1]: expected a string, got 2"],
		[person, { name: "a", age: 1.5, tags: [] }, "age: expected a whole number, got 1.5"],
		[person, [], "the value: expected an object, got []"],
		[object({ a: string }, { closed: true }), { a: "", b: 1 }, 'the value: unknown field "b"'],
		[record(boolean), { a: 1 }, "a: expected true or false, got 1"],
		[literal("a", "b"), "c", 'the value: expected "a" or "b", got "c"'],
		[dictionary, null, "the value: expected an object, got null"],
		[
			either(string, integer),
			true,
			"the value: expected a string, got true; or the value: expected a whole number, got true",
		],
	])("says where and what is wrong (%#)", (shape, value, problem) => {
		expect(shape.check(value, "")).toBe(problem);
	});
});
