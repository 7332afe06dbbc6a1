import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

/* The compiler over test/types: what must compile does, what must not is refused at its line and for its reason. */

const root = resolve(__dirname, "..", "..");

/** TypeScript's messages by line. */
function messagesOf(file: string): Map<number, string> {
	const folder = mkdtempSync(join(tmpdir(), "gradbook-types-"));
	const config = {
		compilerOptions: {
			noEmit: true,
			strict: true,
			target: "es2023",
			lib: ["es2023", "esnext.disposable"],
			module: "node20",
			moduleResolution: "node16",
			types: [],
			skipLibCheck: true,
			paths: { gradbook: [join(root, "dist/engine/index.d.ts")] },
		},
		files: [join(__dirname, file)],
	};
	const tsconfig = join(folder, "tsconfig.json");
	writeFileSync(tsconfig, JSON.stringify(config));
	let output = "";
	try {
		execFileSync(
			process.execPath,
			[join(root, "node_modules/typescript/bin/tsc"), "-p", tsconfig, "--pretty", "false"],
			{
				encoding: "utf8",
				cwd: root,
			},
		);
	} catch (error) {
		output = (error as { stdout: string }).stdout;
	} finally {
		rmSync(folder, { recursive: true });
	}
	const messages = new Map<number, string>();
	let line = 0;
	for (const text of output.split("\n")) {
		const found = /\((\d+),\d+\): error TS\d+: (.*)/.exec(text);
		if (found) line = Number(found[1]);
		if (line > 0) messages.set(line, `${messages.get(line) ?? ""}${found ? found[2] : text}\n`);
	}
	return messages;
}

test("what must compile does", () => {
	expect(Object.fromEntries(messagesOf("pass/nn.ts"))).toEqual({});
});

test("what must not compile is refused, each for its reason", () => {
	const lines = readFileSync(join(__dirname, "fail", "nn.ts"), "utf8").split("\n");
	const messages = messagesOf("fail/nn.ts");
	const expected = lines.flatMap((text, i) => {
		const found = /^\/\/ @ts-error (?:.*: (.+)|.*)$/.exec(text);
		// The line after the comment; lines count from 1.
		return found ? [{ line: i + 2, reason: found[1] ?? "" }] : [];
	});
	expect([...messages.keys()].sort((a, b) => a - b)).toEqual(expected.map(({ line }) => line));
	for (const { line, reason } of expected)
		expect(messages.get(line), `line ${line}: ${lines[line - 1]}`).toContain(reason);
});
