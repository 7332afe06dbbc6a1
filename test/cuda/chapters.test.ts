import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { runNotebook } from "../../dist/kernel/runner";
import { chapterNames, chapters as folder } from "../support/chapters";
import { hasStandin, standinEnvironment } from "./standin";

/*
 * Chapters on a card. The stand-in is a thousand times slower than one, so only the smallest chapter runs here; where there
 * is a card, `npm run chapters` runs all of them on it.
 */

const line = 'const device = torch.device(torch.cuda.isAvailable() ? "cuda" : "cpu");';

interface Cell {
	cell_type: string;
	source: string[];
}

test.each(chapterNames)("%s chooses its device in one line at the top", (name) => {
	const { cells } = JSON.parse(readFileSync(join(folder, name), "utf8")) as { cells: Cell[] };
	const code = cells.filter((cell) => cell.cell_type === "code").map((cell) => cell.source.join(""));
	expect(code[0]!.split("\n")).toContain(line);
	// And uses it: something moves there.
	expect(code.slice(1).join("\n")).toMatch(/\.to\(device\)/);
});

describe.skipIf(!hasStandin)("on a card", () => {
	beforeAll(() => {
		Object.assign(process.env, standinEnvironment());
	});

	test("chapter 12 runs from its first cell to its last", { timeout: 300_000 }, async () => {
		const out = mkdtempSync(join(tmpdir(), "gradbook-chapter-"));
		const screen = { write: () => {}, interactive: false, columns: 80, rows: 50 };
		try {
			const file = join(folder, "12_computation_graphs.ipynb");
			const { problem } = await runNotebook(file, { out, screen, html: false, params: { links: 2000 } });
			expect(problem).toBeUndefined();
		} finally {
			rmSync(out, { recursive: true });
		}
	});
});
