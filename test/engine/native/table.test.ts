import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { codes, type Handle, native, tensor } from "./support";

/** The names of all rows that engine/core/native declares. */
function declared(): string[] {
	const folder = join(__dirname, "../../../engine/core/native");
	const text = readdirSync(folder)
		.map((file) => readFileSync(join(folder, file), "utf8"))
		.join("\n");
	const families = [...text.matchAll(/export interface (\w+Ops) \{\n([\s\S]*?)\n\}/g)];
	return families.flatMap(([, , body]) => [...body!.matchAll(/^\t(\w+):/gm)].map(([, name]) => name!));
}

test("the addon's table and the typed one have the same names", () => {
	expect(native.table().sort()).toEqual(declared().sort());
	expect(new Set(native.table()).size).toBe(native.table().length);
});

test("wrong values are errors that name the op and the argument, never a crash", () => {
	const x = tensor([1, 2, 3]);
	const anything: any = native;
	const wrong = [undefined, null, {}, [], "x", 1.5, 3n, () => 0, Symbol("s"), native.generator(0), new Float32Array(2)];
	for (const row of native.table()) {
		if (["table", "getNumThreads", "memoryStats", "emptyCache", "buildInfo", "setCollector"].includes(row)) continue;
		for (const value of wrong) {
			for (const args of [[value], [x, value], [value, x, value], [x, x, value, value, value]]) {
				try {
					anything[row](...args);
				} catch (error) {
					expect(error).toBeInstanceOf(Error);
					expect((error as Error).message).toMatch(new RegExp(`^\\[${row}\\] `));
				}
			}
		}
	}
	native.setNumThreads(2);
	native.setMemoryLimits(0, 0);
	native.setDefaultDtype(codes.float32);
	native.setInterruptFlag(new Int32Array(1));
	expect(() => native.relu(native.generator(0) as unknown as Handle)).toThrow(
		"[relu] argument 1: expected a tensor, got a generator",
	);
	expect(() => native.empty([2, 2.5], codes.float32)).toThrow(
		"[empty] argument 1: expected an array of whole numbers, got 2.5",
	);
});

test("extreme numbers are errors or results, never a crash or a huge allocation", () => {
	native.setMemoryLimits(0, 64 * 2 ** 20);
	const x = tensor([1, 2, 3, 4, 5, 6], [2, 3]);
	const index = tensor([0, 1], undefined, "int64");
	const anything: any = native;
	const extremes = [
		2 ** 53,
		-(2 ** 53),
		2 ** 62,
		-(2 ** 62),
		2 ** 63,
		Number.POSITIVE_INFINITY,
		Number.NEGATIVE_INFINITY,
		0,
		-1,
	];
	const skipped = ["setNumThreads", "setMemoryLimits", "setInterruptFlag", "setCollector"];
	for (const row of native.table().filter((name) => !skipped.includes(name))) {
		for (const a of extremes) {
			for (const b of [a, 1, -1]) {
				for (const args of [
					[x, a, b, b, b],
					[x, [a, b], [b, a], a],
					[x, [a], b, a],
					[x, a, index, x, b],
					[x, index, a, b],
					[[a, b], 1, 6],
					[a, b, b, 6],
					[a, b, 6],
					[a, native.generator(0)],
					[x, native.generator(0), a, b],
				]) {
					try {
						anything[row](...args);
					} catch (error) {
						expect((error as Error).message).toMatch(new RegExp(`^\\[${row}\\] `));
					}
				}
			}
		}
	}
	native.setMemoryLimits(0, 0);
	native.setDefaultDtype(codes.float32);
});

test("an op that writes into a tensor gives that very handle back", () => {
	const x = tensor([1, 2, 3]);
	expect(native.add(x, 1, 1, x)).toBe(x);
	expect(native.relu(x, x)).toBe(x);
	expect(Array.from(native.toNumbers(x))).toEqual([2, 3, 4]);
});
