import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

interface Lock {
	packages: Record<string, { version?: string; resolved?: string; optionalDependencies?: Record<string, string> }>;
}
const root = resolve(__dirname, "..", "..");
const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as Lock;

test("package-lock.json has an entry for every platform's package (else npm ci fails: run scripts/complete-lock.mjs)", () => {
	const missing = Object.entries(lock.packages).flatMap(([place, entry]) =>
		Object.keys(entry.optionalDependencies ?? {}).filter(
			(name) => !lock.packages[`node_modules/${name}`] && !lock.packages[`${place}/node_modules/${name}`],
		),
	);
	expect(missing).toEqual([]);
});

test("package-lock.json names no registry", () => {
	expect(Object.values(lock.packages).filter((entry) => entry.resolved !== undefined)).toEqual([]);
});
