import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runNotebook } from "../../dist/kernel/runner";
import type { Parameters } from "../../dist/kernel/runner/parameters";
import { chapters as folder, chapterNames as names } from "../support/chapters";

/*
 * Every chapter: built as the others are, stored without errors, and run from its first cell to its last with the
 * parameters that make it short. `npm run chapters` runs them whole.
 */

interface StoredCell {
	cell_type: "code" | "markdown" | "raw";
	source: string[] | string;
	metadata: { tags?: string[] };
	outputs?: { output_type: string; evalue?: string; data?: Record<string, string[] | string> }[];
}

interface Stored {
	cells: StoredCell[];
	metadata: { kernelspec?: { name?: string }; gradbook?: { short?: Parameters } };
}

/** Characters of a line of code: what a cell of JupyterLab shows on a screen of 1280 pixels beside the file browser. */
const longestLine = 106;

const textOf = ({ source }: StoredCell) => (Array.isArray(source) ? source.join("") : source);

test("every chapter has a number of its own", () => {
	expect(names.filter((name) => !/^\d\d_[a-z0-9_]+\.ipynb$/.test(name))).toEqual([]);
	expect(new Set(names.map((name) => name.slice(0, 2))).size).toBe(names.length);
});

describe.each(names)("%s", (name) => {
	const file = join(folder, name);
	const notebook = JSON.parse(readFileSync(file, "utf8")) as Stored;
	const prose = notebook.cells.filter((cell) => cell.cell_type === "markdown").map(textOf);

	test("has a title, a summary, three exercises and a cell of parameters", () => {
		expect(notebook.metadata.kernelspec?.name).toBe("gradbook");
		expect(prose[0]).toMatch(new RegExp(`^# ${Number(name.slice(0, 2))} · `));
		expect(prose.join("\n")).toContain("## Summary");
		const exercises = prose.join("\n").split("## Exercises")[1] ?? "";
		expect(exercises.match(/^\d+\. /gm)?.length ?? 0).toBeGreaterThanOrEqual(3);
		expect(notebook.cells.some((cell) => cell.metadata.tags?.includes("parameters"))).toBe(true);
	});

	test("its links lead somewhere", () => {
		const links = prose.flatMap((text) => [...text.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)].map((match) => match[1]!));
		const local = links.filter((link) => !/^(https?|attachment|mailto):/.test(link));
		expect(local.filter((link) => !existsSync(join(folder, decodeURIComponent(link))))).toEqual([]);
	});

	test("its code is read without scrolling to the side", () => {
		const lines = notebook.cells
			.filter((cell) => cell.cell_type === "code")
			.flatMap((cell) => textOf(cell).split("\n"));
		expect(lines.filter((line) => line.length > longestLine)).toEqual([]);
	});

	test("is stored without an error, and small", () => {
		const outputs = notebook.cells.flatMap((cell) => cell.outputs ?? []);
		expect(outputs.filter((output) => output.output_type === "error").map((output) => output.evalue)).toEqual([]);
		// JupyterLab shows no pictures in the HTML of a notebook that it does not trust, and GitHub none at all.
		const html = outputs.map((output) => [output.data?.["text/html"] ?? ""].flat().join(""));
		expect(html.filter((text) => text.includes("<img"))).toEqual([]);
		expect(statSync(file).size).toBeLessThan(1.5e6);
	});

	test("runs from its first cell to its last", { timeout: 240_000 }, async () => {
		const out = mkdtempSync(join(tmpdir(), "gradbook-chapter-"));
		const screen = { write: () => {}, interactive: false, columns: 80, rows: 50 };
		try {
			const { problem } = await runNotebook(file, { out, screen, params: notebook.metadata.gradbook?.short ?? {} });
			expect(problem).toBeUndefined();
		} finally {
			rmSync(out, { recursive: true });
		}
	});
});
