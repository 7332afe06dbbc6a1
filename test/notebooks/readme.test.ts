import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chapterNames, chapters } from "../support/chapters";

/* notebooks/README.md against the chapters: each has a row, with its title, a picture and what one can drag. */

const text = readFileSync(join(chapters, "README.md"), "utf8");
const rows = text.split("\n").filter((line) => /^\| \d+ · /.test(line));
const row =
	/^\| (\d+) · \[(.+?)\]\((.+?)\) \| \[<img alt="(.+?)" src="(.+?)" width="240">\]\((.+?)\) \| (.+?) \| (.+?) \| (.*?) ?\|$/;

test("every chapter has its row, in order", () => {
	expect(rows.map((line) => row.exec(line)?.[3])).toEqual(chapterNames);
});

test.each(chapterNames)("the row of %s is true", (name) => {
	const line = rows.find((one) => one.includes(`](${name})`)) ?? "";
	const [, number, title, , alt, picture, link, mirrors, time, drag] = row.exec(line) ?? [];
	const { cells } = JSON.parse(readFileSync(join(chapters, name), "utf8")) as { cells: { source: string[] }[] };
	const sources = cells.map(({ source }) => [source].flat().join(""));
	expect(sources[0]?.split("\n")[0]).toBe(`# ${number} · ${title}`);
	expect(number?.padStart(2, "0")).toBe(name.slice(0, 2));
	expect(link).toBe(name);
	expect(alt?.length).toBeGreaterThan(10);
	expect(mirrors).toMatch(/notes|forum tips/);
	expect(time).toMatch(/^\d+ (s|min)$/);
	expect(drag !== "", "what one can drag, where there is something").toBe(
		sources.some((source) => source.includes("interact(")),
	);
	const file = join(chapters, picture ?? "");
	expect(existsSync(file), picture).toBe(true);
	expect(statSync(file).size).toBeLessThan(25_000);
});

test("the other links of the README lead somewhere", () => {
	const links = [...text.matchAll(/\]\(([^)#\s]+)\)/g)].map((match) => match[1]!);
	expect(links.length).toBeGreaterThan(40);
	expect(links.filter((link) => !existsSync(join(chapters, link)))).toEqual([]);
});
