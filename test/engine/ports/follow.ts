import * as torch from "gradbook";
import { expect, test } from "vitest";
import { readReference } from "../../support/reference";

/* Programs as PyTorch's users write them, held against what PyTorch logs for the same: test/reference/make_ports.py. */

type Value = number | string;
export type Log = (...values: Value[]) => void;

const { programs } = readReference<{ programs: Record<string, Value[]> }>("ports.json");
const names = Object.keys(programs);

/** Runs a program from its seed: texts must be the same, numbers to three digits, as rounding adds up over the steps. */
export function follows(name: string, program: (log: Log) => void): void {
	const expected = programs[name]!;
	test(`${name} follows PyTorch's program`, () => {
		torch.manualSeed(names.indexOf(name));
		const logged: Value[] = [];
		program((...values) => logged.push(...values));
		expect(logged.length).toBe(expected.length);
		logged.forEach((value, i) => {
			const wanted = expected[i]!;
			const close =
				typeof value === "number" && typeof wanted === "number"
					? Math.abs(value - wanted) <= 1e-4 + 5e-4 * Math.abs(wanted)
					: value === wanted;
			expect(close, `value ${i} of ${expected.length}: ${value}, PyTorch ${wanted}`).toBe(true);
		});
	});
}

/** The weights at the end: a sum of each and of its absolute values. */
export function sums(module: torch.nn.Module): number[] {
	return Object.values(module.stateDict()).flatMap((p) => [p, p.abs()].map((value) => value.double().sum().item()));
}
