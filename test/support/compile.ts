import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(__dirname, "..", "..");

/** What TypeScript says of a file that imports the built package, by line. */
export function compilerMessages(file: string): Map<number, string> {
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
			paths: {
				gradbook: [join(root, "dist/engine/index.d.ts")],
				"gradbook/display": [join(root, "dist/kernel/views/index.d.ts")],
			},
		},
		files: [file],
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
