// Runs the chapters of notebooks/ as a reader would, and says how each ended:
//
//   npm run chapters [-- NN…] [--short] [--store]
//
// NN are numbers of chapters, such as 03; default all. `--short` runs each with the parameters that its metadata names
// for a quick run (`gradbook.short`). `--store` writes the outputs of the run into the notebooks, as they are committed;
// it takes whole runs only. Ends with status 1 where a chapter failed or would be too large.
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "notebooks");
const { runNotebook } = createRequire(import.meta.url)("../dist/kernel/runner/index.js");

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

const rows = [];
for (const name of all.filter((name) => wanted.length === 0 || wanted.includes(name.slice(0, 2)))) {
	const file = join(folder, name);
	const { gradbook } = JSON.parse(readFileSync(file, "utf8")).metadata;
	const out = mkdtempSync(join(tmpdir(), "gradbook-chapter-"));
	const start = performance.now();
	const run = await runNotebook(file, { out, html: false, images: store, params: short ? gradbook?.short : {} });
	const row = { name, seconds: (performance.now() - start) / 1000, problem: run.problem };
	const bytes = statSync(run.files[0]).size;
	if (bytes > mostBytes) row.problem ??= `${(bytes / 1e6).toFixed(1)} MB with its outputs; at most 1.5`;
	if (store && row.problem === undefined) {
		writeFileSync(`${file}.part`, readFileSync(run.files[0]));
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
