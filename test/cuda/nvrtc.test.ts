import { expect, test } from "vitest";
import { native } from "../../dist/engine/core/native";
import { realNvrtc } from "./realNvrtc";

/*
 * Kernels compiled by real NVRTC (PyPI's nvidia-cuda-nvrtc, of requirements-test.txt) for cards of four generations: those that use
 * a card's registers to the full for all of them (of half types for two), the others (and those of doubles) for one. Of those that differ in an element's
 * type alone some stand for the rest. All are compiled for all with GRADBOOK_ALL_KERNELS=1, as .ci/nightly does.
 */

const library = realNvrtc();
const capabilities = [75, 80, 90, 100];
const hot = [
	"gemm.cu",
	"attention.cu",
	"attention_backward.cu",
	"attention_tile.cu",
	"attention_tile_query.cu",
	"attention_tile_key.cu",
	"flash.cu",
	"flash_query_gradient.cu",
	"flash_key_gradient.cu",
	"conv.cu",
	"conv_weight.cu",
	"channels.cu",
	"norm.cu",
	"row_norm.cu",
	"rows.cu",
	"rnn.cu",
];

/** Others that spill nothing either. */
const unspilled = [
	"extremes.cu",
	"scatter.cu",
	"scatter_runs.cu",
	"long_rows.cu",
	"panels.cu",
	"reflections.cu",
	"jacobi.cu",
	"solver.cu",
	"index.cu",
	"set.cu",
	"radix.cu",
	"radix_select.cu",
	"dot.cu",
	"small_matrices.cu",
	"columns.cu",
	"compact.cu",
];

/** Files whose units are one text for each formula (reduction, pair of types to copy between) and type. */
const alike = ["strided.cu", "pointwise.cu", "reduce.cu", "copy.cu"];

/** For which cards each unit is compiled. */
function plan(units: readonly (readonly [file: string, macros: string])[]): number[][] {
	if (process.env.GRADBOOK_ALL_KERNELS === "1") return units.map(() => capabilities);
	const seen = new Map<string, number>();
	let others = 0;
	return units.map(([file, macros]) => {
		// Tensor cores multiply half types from 8.0 on; the two types differ in two instructions.
		if (file.startsWith("flash")) return /Half/.test(macros) ? [80, 100] : [90];
		if (hot.includes(file) && !/-DGB_HELD=[48]\b|GB_T=double/.test(macros)) {
			// Half types differ from float in loads and stores: two generations each, in turn; one where only memory is of such a type.
			if (/GB_M=gb::(Half|BFloat16)/.test(macros)) return [capabilities[others++ % capabilities.length]!];
			if (!/GB_T=gb::(Half|BFloat16)/.test(macros)) return capabilities;
			const first = others++ % 2;
			return [capabilities[first]!, capabilities[first + 2]!];
		}
		if (/GB_WIDE=1/.test(macros) && !/GB_T=float/.test(macros)) return [];
		// The host's compiler sees them all on the stand-in; pointwise.cu has all formulas that are in strided.cu.
		if (alike.includes(file)) {
			const own = file !== "strided.cu" && /GB_T=float\b/.test(macros);
			const key = `${file} ${own}`;
			const at = seen.get(key) ?? 0;
			seen.set(key, at + 1);
			// Of float's every other one; of the rest one of six, and not always the same of six types.
			if (own ? at % 2 === 1 : at % 6 !== Math.floor(at / 6) % 6) return [];
		}
		return [capabilities[others++ % capabilities.length]!];
	});
}

/** Registers that did not fit, of each kernel in a compiler's report. */
function spills(report: string): number[] {
	return [...report.matchAll(/(\d+) bytes spill (?:stores|loads)/g)].map(([, bytes]) => Number(bytes));
}

const reason = "needs NVRTC: .venv/bin/pip install -r requirements-test.txt";
const title = "is sound, and the hot kernels spill nothing";

if (!library && process.env.CI) {
	test("NVRTC is there", () => {
		throw new Error(reason);
	});
}

test.skipIf(!library).for(capabilities)(
	`${library ? "" : `(${reason}) `}what is compiled for %i ${title}`,
	{ timeout: 900_000 },
	(capability) => {
		process.env.GRADBOOK_NVRTC = library;
		const units = native.cudaUnits();
		expect(units.length).toBeGreaterThan(100);
		const cards = plan(units);
		units.forEach(([file, macros], i) => {
			if (!cards[i]!.includes(capability)) return;
			const report = native.cudaCompile(i, capability);
			expect(report, `${file} ${macros}`).toContain("ptxas info");
			// Speed is asked of the hot ones; others, and those of doubles, may keep some words in memory.
			const none =
				unspilled.includes(file) || (hot.includes(file) && !/GB_T=double|GB_WIDTH=128 -DGB_MASK=1/.test(macros));
			const most = none ? 0 : 40;
			expect(Math.max(0, ...spills(report)), `${file} ${macros}: ${report}`).toBeLessThanOrEqual(most);
		});
	},
);
