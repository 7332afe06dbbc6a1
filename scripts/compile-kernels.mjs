// Compiles all of the engine's kernels for a card's compute capability, and keeps them on the disk, by several programs at once.
//
//   node scripts/compile-kernels.mjs CAPABILITY [PROGRAMS]      CAPABILITY as 90; PROGRAMS: one for each processor but one
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./addon.mjs";

const { native } = createRequire(import.meta.url)(join(root, "dist", "engine", "core", "native", "index.js"));
const [capability, programs = Math.max(1, availableParallelism() - 1), part] = process.argv.slice(2).map(Number);
const units = native.cudaUnits().length;

if (part === undefined) {
	const start = performance.now();
	const file = fileURLToPath(import.meta.url);
	const ends = Array.from({ length: programs }, (_, i) => {
		const child = spawn(process.execPath, [file, String(capability), String(programs), String(i)], {
			stdio: "inherit",
		});
		return new Promise((resolve) => child.on("close", (code) => resolve(code ?? 1)));
	});
	process.exitCode = Math.max(...(await Promise.all(ends)));
	console.log(`${units} units by ${programs} programs: ${((performance.now() - start) / 1000).toFixed(1)} s`);
} else {
	// Neighbours in the list take similar time.
	for (let unit = part; unit < units; unit += programs) native.cudaCompileKept(unit, capability);
}
