import { readFileSync } from "node:fs";
import { join } from "node:path";

const read = (file: string) => (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
const remembered = new Map<string, string>();

function versionIn(file: string): string {
	let found = remembered.get(file);
	if (found === undefined) {
		found = read(file);
		remembered.set(file, found);
	}
	return found;
}

/** This package's version. */
export function version(): string {
	return versionIn(join(__dirname, "../../../package.json"));
}

/** The version of the TypeScript that checks cells. */
export function typescriptVersion(): string {
	return versionIn(require.resolve("typescript/package.json"));
}
