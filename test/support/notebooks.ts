import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const notebooksFolder = join(resolve(__dirname, "..", ".."), "notebooks");

interface Notebook {
	cells: { cell_type: string; source: string | string[] }[];
}

/** The code of a notebook's code cells. */
export function codeOf(file: string): string[] {
	return (JSON.parse(readFileSync(file, "utf8")) as Notebook).cells
		.filter((cell) => cell.cell_type === "code")
		.map((cell) => [cell.source].flat().join(""));
}
