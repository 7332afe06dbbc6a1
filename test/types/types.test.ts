import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compilerMessages } from "../support/compile";

/* The compiler over test/types: what must compile does, what must not is refused at its line and for its reason. */

const files = ["nn.ts", "ops.ts", "spatial.ts", "widgets.ts"];

test.each(files)("%s: what must compile does", (file) => {
	expect(Object.fromEntries(compilerMessages(join(__dirname, "pass", file)))).toEqual({});
});

test.each(files)("%s: what must not compile is refused, each for its reason", (file) => {
	const lines = readFileSync(join(__dirname, "fail", file), "utf8").split("\n");
	const messages = compilerMessages(join(__dirname, "fail", file));
	const expected = lines.flatMap((text, i) => {
		const found = /^\/\/ @ts-error (?:.*: (.+)|.*)$/.exec(text);
		// The line after the comment; lines count from 1.
		return found ? [{ line: i + 2, reason: found[1] ?? "" }] : [];
	});
	expect([...messages.keys()].sort((a, b) => a - b)).toEqual(expected.map(({ line }) => line));
	for (const { line, reason } of expected)
		expect(messages.get(line), `line ${line}: ${lines[line - 1]}`).toContain(reason);
});
