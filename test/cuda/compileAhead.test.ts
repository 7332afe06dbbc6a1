import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { native } from "../../dist/engine/core/native";
import { runProgram } from "./program";
import { realNvrtc } from "./realNvrtc";
import { hasStandin, standinEnvironment } from "./standin";

/* What most networks use is compiled when a card is first named: which kernels these are, and that they are on the disk then. */

vi.setConfig({ testTimeout: 120_000 });

test("the common kernels are kernels of the engine, each once", () => {
	const all = new Set(native.cudaUnits().map((unit) => unit.join(" ")));
	const common = native.cudaCommonUnits().map((unit) => unit.join(" "));
	expect(common.filter((unit) => !all.has(unit))).toEqual([]);
	expect(new Set(common).size).toBe(common.length);
});

/** The kernels in an own folder of compiled ones after a program that names a card and does nothing with it. */
function compiledBy(more: Record<string, string>, program: string): { kept: number; lines: string[] } {
	const folder = mkdtempSync(join(tmpdir(), "gradbook-ahead-"));
	try {
		const environment = { ...standinEnvironment(), GRADBOOK_CACHE: folder, GRADBOOK_COMPILE_AHEAD: undefined, ...more };
		const { lines } = runProgram(program, environment);
		const kept = readdirSync(folder).includes("kernels") ? readdirSync(join(folder, "kernels")).length : 0;
		return { kept, lines };
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

const library = realNvrtc();
const count = native.cudaCommonUnits().length;

// With one core there is nothing to compile beside the program.
const possible = hasStandin && library !== undefined && availableParallelism() > 1;
test.skipIf(!possible)("they are compiled beside the program, once (needs NVRTC of requirements-test.txt)", () => {
	const waiting = `
		show(() => native.cudaMissingUnits(90).length);
		torch.setDefaultDevice("cuda");
		const end = Date.now() + 90_000;
		const timer = setInterval(() => {
			const left = native.cudaMissingUnits(90).length;
			if (left > 0 && Date.now() < end) return;
			clearInterval(timer);
			show(() => left);
		}, 100);`;
	const { kept, lines } = compiledBy({ GRADBOOK_NVRTC: library! }, waiting);
	expect(lines).toEqual([String(count), "0"]);
	expect(kept).toBe(count);
});

test.skipIf(!possible)("not where that is switched off, and a compiler that fails disturbs nobody", () => {
	const program = `torch.setDefaultDevice("cuda"); setTimeout(() => show(() => "end"), 700);`;
	expect(compiledBy({ GRADBOOK_NVRTC: library!, GRADBOOK_COMPILE_AHEAD: "off" }, program)).toEqual({
		kept: 0,
		lines: ["end"],
	});
	expect(compiledBy({ GRADBOOK_STANDIN_CXX: "false" }, program)).toEqual({ kept: 0, lines: ["end"] });
});
