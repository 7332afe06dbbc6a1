import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { codes, type Handle, native, tensor } from "./support";

/** The names of all rows that engine/core/native.ts declares. */
function declared(): string[] {
	const text = readFileSync(join(__dirname, "../../../engine/core/native.ts"), "utf8");
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

test("an op that writes into a tensor gives that very handle back", () => {
	const x = tensor([1, 2, 3]);
	expect(native.add(x, 1, 1, x)).toBe(x);
	expect(native.relu(x, x)).toBe(x);
	expect(Array.from(native.toNumbers(x))).toEqual([2, 3, 4]);
});
