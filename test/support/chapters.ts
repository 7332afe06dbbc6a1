import { readdirSync } from "node:fs";
import { resolve } from "node:path";

/** The folder of the chapters. */
export const chapters = resolve(__dirname, "..", "..", "notebooks");

/** Names of the chapters' files, in the order of the book. */
export const chapterNames = readdirSync(chapters)
	.filter((name) => name.endsWith(".ipynb"))
	.sort();
