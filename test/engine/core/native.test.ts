import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { native } from "../../../dist/engine/core/native";

/* The addon and the table of its types cannot drift apart. */

test("the addon has exactly the rows that core/native.ts declares", () => {
	const source = readFileSync(join(__dirname, "../../../engine/core/native.ts"), "utf8");
	const families = source.slice(source.indexOf("export interface UnaryOps"));
	const declared = [...families.matchAll(/^\t(\w+): /gm)].map((found) => found[1]!);
	expect(native.table().toSorted()).toEqual([...new Set(declared)].toSorted());
});
