import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { isMainThread } from "node:worker_threads";
import { onFirstCard } from "../core/device";
import { native } from "../core/native";

/*
 * NVRTC takes a tenth of a second for a kernel, and a first training step on a new machine needs a dozen: what most networks use
 * is compiled meanwhile by programs of their own, which put it on the disk. (Not by threads: NVRTC cannot be left in the middle of a
 * compilation when the program ends.)
 */

/** More compile no faster: the longest single compilation is then what one waits for. */
const mostPrograms = 4;

onFirstCard((index) => {
	if (!isMainThread || process.env.GRADBOOK_COMPILE_AHEAD === "off" || process.env.GRADBOOK_CACHE === "off") return;
	const programs = Math.min(mostPrograms, availableParallelism() - 1);
	if (programs < 1) return;
	const { major, minor } = native.cudaProperties(index);
	const capability = major * 10 + minor;
	const missing = native.cudaMissingUnits(capability);
	for (let i = 0; i < Math.min(programs, missing.length); i++) {
		const part = missing.filter((_, k) => k % programs === i);
		const program = join(__dirname, "compileAheadProgram.js");
		const child = spawn(process.execPath, [program, String(capability), ...part.map(String)], { stdio: "ignore" });
		// Without them each kernel is compiled when it is first used.
		child.on("error", () => {});
		child.unref();
	}
});
