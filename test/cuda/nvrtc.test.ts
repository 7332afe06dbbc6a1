import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { native } from "../../dist/engine/core/native";

/*
 * Every kernel compiled by real NVRTC (PyPI's nvidia-cuda-nvrtc, of requirements-test.txt) for cards of four generations: those
 * that use a card's registers to the full for all of them, the others (and those of doubles) for one; all for all with
 * GRADBOOK_ALL_KERNELS=1, as .ci/nightly does.
 */

/** libnvrtc of the tests' Python, where it is installed. */
function nvrtc(): string | undefined {
	const python = process.env.GRADBOOK_PYTHON ?? join(__dirname, "..", "..", ".venv", "bin", "python");
	const lib = join(python, "..", "..", "lib");
	const folders = existsSync(lib) ? readdirSync(lib).filter((name) => name.startsWith("python3")) : [];
	return folders
		.map((name) => join(lib, name, "site-packages", "nvidia", "cu13", "lib", "libnvrtc.so.13"))
		.find((file) => existsSync(file));
}

const library = nvrtc();
const capabilities = [75, 80, 90, 100];
const hot = [
	"gemm.cu",
	"attention.cu",
	"conv.cu",
	"conv_weight.cu",
	"channels.cu",
	"norm.cu",
	"row_norm.cu",
	"rows.cu",
	"rnn.cu",
];

/** Registers that did not fit, of each kernel in a compiler's report. */
function spills(report: string): number[] {
	return [...report.matchAll(/(\d+) bytes spill (?:stores|loads)/g)].map(([, bytes]) => Number(bytes));
}

const reason = "needs NVRTC: .venv/bin/pip install -r requirements-test.txt";
const title = "compiles, and the hot ones spill nothing";

if (!library && process.env.CI) {
	test("NVRTC is there", () => {
		throw new Error(reason);
	});
}

test.skipIf(!library).for(capabilities)(
	`${library ? "" : `(${reason}) `}every kernel for %i ${title}`,
	{ timeout: 900_000 },
	(capability) => {
		process.env.GRADBOOK_NVRTC = library;
		const every = process.env.GRADBOOK_ALL_KERNELS === "1";
		const units = native.cudaUnits();
		expect(units.length).toBeGreaterThan(100);
		units.forEach(([file, macros], i) => {
			// Around its formula, which pointwise.cu has too, each of these is alike: every third stands for the rest.
			if (file === "strided.cu" && i % 3 !== 0 && !every) return;
			const full = hot.includes(file) && !/-DGB_HELD=[48]\b|GB_T=double/.test(macros);
			if (!full && !every && i % capabilities.length !== capabilities.indexOf(capability)) return;
			const report = native.cudaCompile(i, capability);
			expect(report, `${file} ${macros}`).toContain("ptxas info");
			// Speed is asked of the hot ones; others, and those of doubles, may keep some words in memory.
			const most = hot.includes(file) && !/GB_T=double/.test(macros) ? 0 : 32;
			expect(Math.max(0, ...spills(report)), `${file} ${macros}: ${report}`).toBeLessThanOrEqual(most);
		});
	},
);
