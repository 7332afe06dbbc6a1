// Puts the compiled modules of the engine into one file, dist/engine/modules.pack, and has the package's entries load them from there
// (engine/packed.ts): a part of npm run build:ts, behind the compiler, which writes the entries anew each time.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { parseSync } from "oxc-parser";
import { root } from "./addon.mjs";
import { hashOf } from "./build-tools.mjs";
import { engineEntries, engineFolder, packFile, place } from "./engine.mjs";

const loader = join(engineFolder, "packed");
const { wrapper } = createRequire(import.meta.url)(loader);

/** Where a module's `require` of a neighbour leads. */
function found(request, from) {
	const path = join(dirname(from), request);
	const file = [`${path}.js`, join(path, "index.js")].find(existsSync);
	if (file === undefined)
		throw new Error(`pack-engine: ${relative(root, from)} requires ${request}, which is not there`);
	return file;
}

/** A text without its comments, which nobody reads there. What is left stays in its lines and columns. */
function withoutComments(text, comments) {
	let left = "";
	let at = 0;
	for (const { start, end, value } of comments) {
		if (value.startsWith("# sourceMappingURL=")) continue;
		const lines = text.slice(start, end).split("\n");
		left += text.slice(at, start) + "\n".repeat(lines.length - 1) + " ".repeat(lines.at(-1).length);
		at = end;
	}
	return left + text.slice(at);
}

/**
 * The text of every module that the entries lead to, also of one that some function loads when it is called. Those that call
 * `import()` are left to Node: V8 does not know who answers it in what was compiled ahead.
 */
function readModules() {
	const texts = new Map();
	const seen = new Set();
	const visit = (file) => {
		if (seen.has(file)) return;
		seen.add(file);
		if (file === `${loader}.js`) throw new Error("pack-engine: the entries have been packed before: npm run build:ts");
		const written = readFileSync(file, "utf8");
		const { comments, module } = parseSync(file, written);
		if (module.dynamicImports.length > 0) return;
		const text = withoutComments(written, comments);
		texts.set(file, text);
		for (const [, request] of text.matchAll(/\brequire\("(\.[^"]*)"\)/g)) visit(found(request, file));
	};
	for (const entry of engineEntries()) visit(entry);
	return texts;
}

/** The names that a module exports, in the ways in which the compiler writes them down. */
function namesOf(file, texts) {
	const names = new Set();
	for (const line of texts.get(file).split("\n")) {
		const star = /^__exportStar\(require\("(.*)"\), exports\);/.exec(line)?.[1];
		if (star !== undefined) for (const name of namesOf(found(star, file), texts)) names.add(name);
		const defined = /^Object\.defineProperty\(exports, "([\w$]+)"/.exec(line)?.[1];
		if (defined !== undefined) names.add(defined);
		const chain = /^(?:exports\.[\w$]+ = )+/.exec(line)?.[0] ?? "";
		for (const [, name] of chain.matchAll(/exports\.([\w$]+)/g)) names.add(name);
	}
	names.delete("default");
	return [...names].sort();
}

/** What an entry becomes. An ES module that imports it learns its names by reading it, and all that it would name. */
function entryText(file, texts) {
	const names = namesOf(file, texts).map((name) => `exports.${name} = `);
	const path = relative(dirname(file), loader);
	return `"use strict";
// Written by scripts/pack-engine.mjs. The module itself is in modules.pack; these are its names, for ES modules.
0 && (${names.join("")}0);
require("${path.startsWith(".") ? path : `./${path}`}").enter(module);
`;
}

/** In ASCII, which is read as it is. */
function packed(text) {
	const ascii = text.replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
	return `${wrapper[0]}${ascii}${wrapper[1]}\n`;
}

const texts = readModules();
const parts = {};
let body = "";
for (const [file, text] of texts) {
	const begin = body.length;
	body += packed(text);
	parts[relative(engineFolder, file)] = [begin, body.length];
}
const pack = hashOf([JSON.stringify(parts), body]).slice(0, 32);
place(packFile, `${JSON.stringify({ pack, parts })}\n${body}`);
for (const file of engineEntries()) place(file, entryText(file, texts));
