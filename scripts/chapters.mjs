// Runs the chapters of notebooks/ as a reader would, and says how each ended:
//
//   npm run chapters [-- NN…] [--short] [--store]
//
// NN are numbers of chapters, such as 03; default all. `--short` runs each with the parameters that its metadata names
// for a quick run (`gradbook.short`). `--store` writes the outputs of the run into the notebooks, as they are committed;
// it takes whole runs only, and Chromium, which makes a picture of every plot. Ends with status 1 where a chapter failed,
// lacks a picture or would be too large.
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findChromium } from "../dist/kernel/install/index.js";
import { keep, withoutPicture } from "./stored-outputs.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "notebooks");
const { runNotebook } = createRequire(import.meta.url)("../dist/kernel/runner/index.js");
const { notebookText } = createRequire(import.meta.url)("../dist/kernel/runner/notebook.js");

/** Largest file of a chapter with its outputs. */
const mostBytes = 1.5e6;

const args = process.argv.slice(2);
const [short, store] = ["--short", "--store"].map((flag) => args.includes(flag));
const wanted = args.filter((arg) => !arg.startsWith("--"));
const all = readdirSync(folder).filter((name) => /^\d\d_.*\.ipynb$/.test(name));
const missing = wanted.filter((number) => !all.some((name) => name.startsWith(`${number}_`)));
if (missing.length > 0 || (short && store)) {
	console.error(
		missing.length > 0
			? `chapters: there is no chapter ${missing.join(", ")}; there are ${all.map((name) => name.slice(0, 2)).join(", ")}`
			: "chapters: --store keeps the outputs of whole runs; leave out --short",
	);
	process.exit(2);
}

const chromium = findChromium();
if (store && chromium === undefined) {
	console.error("chapters: --store needs Chromium on PATH or named by GRADBOOK_CHROMIUM, for pictures of the plots");
	process.exit(2);
}

const rows = [];
for (const name of all.filter((name) => wanted.length === 0 || wanted.includes(name.slice(0, 2)))) {
	const file = join(folder, name);
	const { gradbook } = JSON.parse(readFileSync(file, "utf8")).metadata;
	const out = mkdtempSync(join(tmpdir(), "gradbook-chapter-"));
	const start = performance.now();
	const params = short ? gradbook?.short : {};
	const run = await runNotebook(file, { out, html: false, images: store, chromium, params });
	const row = { name, seconds: (performance.now() - start) / 1000, problem: run.problem };
	const text = notebookText(keep(run.notebook));
	const bytes = Buffer.byteLength(text);
	const bare = store ? withoutPicture(run.notebook) : [];
	if (bare.length > 0) row.problem ??= `no picture of ${bare.join(", ")}`;
	if (bytes > mostBytes) row.problem ??= `${(bytes / 1e6).toFixed(1)} MB with its outputs; at most 1.5`;
	if (store && row.problem === undefined) {
		writeFileSync(`${file}.part`, text);
		renameSync(`${file}.part`, file);
	}
	rmSync(out, { recursive: true });
	rows.push({ ...row, bytes });
}

console.log("");
for (const { name, seconds, bytes, problem } of rows) {
	const facts = `${seconds.toFixed(1).padStart(6)} s ${(bytes / 1e6).toFixed(2).padStart(6)} MB`;
	console.log(`${name.padEnd(40)} ${facts}  ${problem ?? "ran"}`);
}
if (rows.some((row) => row.problem !== undefined)) process.exitCode = 1;
