// The engine's JavaScript: where it lies, and the files that its modules are loaded from (engine/packed.ts).
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./addon.mjs";

export const engineFolder = join(root, "dist", "engine");

/** The text of its modules, in one file. */
export const packFile = join(engineFolder, "modules.pack");

/** What V8 has compiled of it, for the Node at hand. */
export const codeFile = join(root, "build", "Release", "engine.code");

/** Files that the package's exports name: the engine's doors. */
export function engineEntries() {
	const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
	const files = Object.values(exports).map((target) => join(root, target.default ?? target));
	return files.filter((file) => file.startsWith(engineFolder));
}

/** In one step: whatever loads the engine meanwhile finds the old or the new. */
export function place(file, content) {
	const aside = `${file}.${process.pid}`;
	writeFileSync(aside, content);
	renameSync(aside, file);
}
