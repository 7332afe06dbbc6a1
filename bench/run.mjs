// Runs benchmarks and prints a table for each:
//
//   npm run bench [-- NAME…] [--json FILE]
//
// A benchmark is a file NAME.bench.mjs beside this one. It exports `title`, and `run(context)`, which returns rows:
//
//   { what, value, unit, peer?: { name, value }, bound?, note? }
//
// It may export `unavailable()`, a sentence where it cannot run on this machine, and `about(context)`, lines for the table's head.
// `peer` is the same thing measured in the same run by somebody else, `bound` what the project promises (at most).
// `context.torch(script, ...args)` runs bench/peers/SCRIPT with a Python that has PyTorch and returns the JSON it prints,
// or undefined where there is no such Python: GRADBOOK_TORCH_PYTHON names it, else python3 on PATH is tried.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { arch, availableParallelism, cpus, loadavg, platform } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const folder = dirname(fileURLToPath(import.meta.url));
const names = readdirSync(folder)
	.filter((file) => file.endsWith(".bench.mjs"))
	.map((file) => basename(file, ".bench.mjs"))
	.sort();

function findTorch() {
	const python = process.env.GRADBOOK_TORCH_PYTHON ?? "python3";
	const answer = spawnSync(python, ["-c", "import torch; print(torch.__version__)"], { encoding: "utf8" });
	if (answer.status === 0) return { python, version: answer.stdout.trim() };
	if (process.env.GRADBOOK_TORCH_PYTHON)
		throw new Error(`GRADBOOK_TORCH_PYTHON: ${python} cannot import torch\n${answer.stderr}`);
	return undefined;
}

function torchRunner(torch) {
	if (!torch) return () => undefined;
	return (script, ...args) => {
		const answer = spawnSync(torch.python, [join(folder, "peers", script), ...args.map(String)], {
			encoding: "utf8",
			stdio: ["ignore", "pipe", "inherit"],
		});
		if (answer.status !== 0) throw new Error(`bench/peers/${script} failed (${answer.signal ?? answer.status})`);
		return JSON.parse(answer.stdout);
	};
}

/** Three digits that count, without an exponent. */
function number(value) {
	if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en");
	return value.toPrecision(3);
}

function table(rows) {
	const cells = rows.map(({ what, value, unit, peer, bound, note }) => [
		what,
		`${number(value)} ${unit}`,
		peer ? `${number(peer.value)} ${unit}` : "",
		peer ? `${peer.name}, ratio ${number(value / peer.value)}` : "",
		bound === undefined ? "" : `${value <= bound ? "within" : "OVER"} ${number(bound)} ${unit}`,
		note ?? "",
	]);
	const head = ["", "gradbook", "peer", "", "promised at most", ""];
	const widths = head.map((title, column) => Math.max(title.length, ...cells.map((row) => row[column].length)));
	const line = (row) =>
		row.map((cell, i) => (i === 1 || i === 2 ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join("  ");
	return [head, ...cells].map((row) => `  ${line(row).trimEnd()}`).join("\n");
}

const args = process.argv.slice(2);
const jsonAt = args.indexOf("--json");
const [, jsonFile] = jsonAt < 0 ? [] : args.splice(jsonAt, 2);
const unknown = args.filter((name) => !names.includes(name));
if (unknown.length > 0) {
	console.error(`bench: no benchmark ${unknown.join(", ")}; there are ${names.join(", ")}`);
	process.exit(2);
}
if (!existsSync(join(folder, "..", "dist"))) {
	console.error("bench: nothing is built; run npm run build");
	process.exit(2);
}

const torch = findTorch();
const machine = `${cpus()[0]?.model ?? "unknown processor"}, ${availableParallelism()} threads, ${platform()} ${arch()}`;
console.log(
	`${machine}\nNode ${process.versions.node}, ${torch ? `PyTorch ${torch.version}` : "no PyTorch (set GRADBOOK_TORCH_PYTHON)"}`,
);
console.log(`load before: ${loadavg()[0].toFixed(2)}`);
const results = {};
const context = { torch: torchRunner(torch), torchVersion: torch?.version };
for (const name of args.length > 0 ? args : names) {
	const bench = await import(pathToFileURL(join(folder, `${name}.bench.mjs`)));
	const reason = bench.unavailable?.();
	if (reason !== undefined) {
		console.error(`bench: ${name} cannot run here: ${reason}`);
		if (args.includes(name)) process.exit(2);
		continue;
	}
	console.log(`\n${name}: ${bench.title}`);
	const about = bench.about?.(context) ?? [];
	for (const line of about) console.log(`  ${line}`);
	const rows = await bench.run(context);
	console.log(table(rows));
	results[name] = { title: bench.title, about, rows };
}
if (jsonFile)
	writeFileSync(
		jsonFile,
		`${JSON.stringify({ machine, node: process.versions.node, torch: torch?.version, results }, null, 2)}\n`,
	);
