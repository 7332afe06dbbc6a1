// npm run compile:engine: has V8 compile the engine ahead, for the Node that runs this (engine/packed.ts). A part of an installation, and of
// npm run build:ts.
import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { addonFile } from "./addon.mjs";
import { codeFile, engineEntries, engineFolder, packFile, place } from "./engine.mjs";

// In a clone npm asks for the addon first, and for the JavaScript afterwards.
const missing = [packFile, addonFile].find((file) => !existsSync(file));
if (missing !== undefined) console.log(`gradbook engine: not compiled ahead, there is no ${missing} yet`);
else {
	const { compileAhead } = createRequire(import.meta.url)(join(engineFolder, "packed.js"));
	mkdirSync(dirname(codeFile), { recursive: true });
	place(codeFile, compileAhead(engineEntries()));
}
