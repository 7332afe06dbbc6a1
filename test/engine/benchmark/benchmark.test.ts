import * as torch from "gradbook";
import { describe, expect, test } from "vitest";
import { camelCase, readReference } from "../../support/reference";

/* torch.utils.benchmark: what is printed of times is PyTorch's text, test/reference/make_benchmark.py. */

const { Compare, Measurement, Timer, selectUnit } = torch.utils.benchmark;

interface Row {
	task: Record<string, string | number | null>;
	number: number;
	times: number[];
}
const { singles, comparisons, units } = readReference<{
	singles: (Row & { text: string; median: number; mean: number; iqr: number; figures: number; warns: boolean })[];
	comparisons: { rows: Row[]; calls: string[]; text: string }[];
	units: [number, string][];
}>("benchmark.json");

function measurementOf({ task, number, times }: Row): torch.utils.benchmark.Measurement {
	const spec = Object.fromEntries(Object.entries(task).map(([key, value]) => [camelCase(key), value]));
	const taskSpec = { ...spec, setup: spec.setup === "pass" ? "" : spec.setup } as torch.utils.benchmark.TaskSpec;
	return new Measurement({ numberPerRun: number, rawTimes: times.map((time) => time * number), taskSpec });
}

describe("a measurement", () => {
	test.each(singles.map((row, i) => [i, row] as const))("%i is printed as PyTorch prints it", (_, row) => {
		const measured = measurementOf(row);
		expect(String(measured)).toBe(`<torch.utils.benchmark.utils.common.Measurement object>\n${row.text}`);
		expect(measured.median).toBeCloseTo(row.median, 15);
		expect(measured.mean).toBeCloseTo(row.mean, 15);
		expect(measured.iqr).toBeCloseTo(row.iqr, 15);
		expect(measured.significantFigures).toBe(row.figures);
		expect(measured.hasWarnings).toBe(row.warns);
	});

	test("units go by powers of a thousand", () => {
		expect(units.map(([time]) => [time, selectUnit(time)[0]])).toEqual(units);
	});
});

describe("a comparison", () => {
	test.each(comparisons.map((row, i) => [i, row.calls.join(", "), row] as const))("%i: %s", (_, __, row) => {
		const compare = new Compare(row.rows.map(measurementOf));
		for (const call of row.calls) {
			if (call === "colorize_rowwise") compare.colorize(true);
			else compare[camelCase(call) as "colorize"]();
		}
		expect(String(compare)).toBe(row.text);
	});

	test("takes measurements only", () => {
		expect(() => new Compare([3 as never])).toThrow("[Compare] expected measurements, got 3");
	});
});

/** A clock that goes on by a second with each look, and by what calls take. */
function clock() {
	let now = 0;
	return { read: () => now, pass: (seconds: number) => (now += seconds) };
}

describe("a timer", () => {
	test("times so many calls after a warm-up, with one thread, and puts the threads back", () => {
		const { read, pass } = clock();
		const before = torch.getNumThreads();
		let calls = 0;
		const seen = new Set<number>();
		const timer = new Timer({
			stmt: () => {
				calls++;
				seen.add(torch.getNumThreads());
				pass(2);
			},
			timer: read,
			label: "two",
		});
		const measured = timer.timeit(300);
		expect([calls, measured.rawTimes, measured.median, measured.numberPerRun]).toEqual([303, [600], 2, 300]);
		expect([...seen]).toEqual([1]);
		expect(torch.getNumThreads()).toBe(before);
	});

	test("hands the setup's result to the statement, anew for each run", () => {
		const made: number[] = [];
		const timer = new Timer({
			setup: () => {
				made.push(made.length);
				return { x: torch.ones(3) };
			},
			stmt: ({ x }) => x.add_(1),
		});
		timer.timeit(10);
		expect(made).toEqual([0, 1]);
	});

	test("chooses the size of its runs and goes on until enough was measured", () => {
		const { read, pass } = clock();
		const told: [number, number][] = [];
		const timer = new Timer({ stmt: () => pass(1e-5), timer: read });
		const measured = timer.blockedAutorange({ minRunTime: 0.1, callback: (number, time) => told.push([number, time]) });
		// Ten calls take a thousandth of 0.1 s.
		expect(measured.numberPerRun).toBe(10);
		expect(measured.rawTimes.length).toBeGreaterThanOrEqual(1000);
		expect(told).toHaveLength(measured.rawTimes.length);
		expect(measured.median).toBeCloseTo(1e-5, 10);
	});

	test("adapts: stops when times agree, and in any case in the end", () => {
		const { read, pass } = clock();
		const steady = new Timer({ stmt: () => pass(0.06), timer: read }).adaptiveAutorange();
		expect(steady.rawTimes).toHaveLength(4);
		let i = 0;
		const unsteady = new Timer({ stmt: () => pass(i++ % 2 ? 1 : 0.1), timer: read });
		expect(unsteady.adaptiveAutorange(0.1, { maxRunTime: 5 }).rawTimes.reduce((a, b) => a + b)).toBeGreaterThan(5);
	});

	test("takes statements in strings, as PyTorch does", () => {
		const seen: number[] = [];
		const timer = new Timer({
			stmt: "seen.push(x.sum().item())",
			setup: "const x = torch.ones(4);",
			globals: { torch, seen },
		});
		const text = String(timer.timeit(1));
		expect(seen).toEqual([4, 4, 4]);
		expect(text).toContain("\nseen.push(x.sum().item())\nsetup: const x = torch.ones(4);\n");
	});

	test("is called by the text of a short statement", () => {
		const x = torch.ones(2);
		expect(new Timer({ stmt: () => x.exp() }).timeit(1).title).toBe("x.exp()");
	});

	test("really measures", () => {
		const x = torch.ones(1000);
		const measured = new Timer({ stmt: () => x.add(1), subLabel: "1000" }).blockedAutorange({ minRunTime: 0.02 });
		expect(measured.median).toBeGreaterThan(1e-8);
		expect(measured.median).toBeLessThan(1e-2);
	});

	test("refuses what it cannot time", () => {
		// @ts-expect-error
		expect(() => new Timer({})).toThrow("[Timer] stmt is missing: expected a function, or JavaScript in a string");
		expect(() => new Timer({ stmt: "x +" })).toThrow("[Timer] the statement is no JavaScript: ");
		expect(() => new Timer({ stmt: async () => 1 }).timeit(1)).toThrow(
			"[Timer] the statement returned a promise: only synchronous ones can be timed",
		);
		expect(() => new Timer({ stmt: () => 1, setup: "const x = 1" })).toThrow("[Timer] setup in a string");
		expect(() => new Timer({ stmt: () => 1 }).timeit(0)).toThrow("[timeit] number must be a positive integer, got 0");
		expect(() => new Timer({ stmt: () => 1, numThreads: 0 })).toThrow(
			"[Timer] numThreads must be an integer of at least 1, got 0",
		);
	});
});
