import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(__dirname, "..");
const documents = ["README.md", ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`)].filter((name) =>
	name.endsWith(".md"),
);

/** Paths in backticks; those with a blank to fill in (`<family>.ts`, `NN_topic.ipynb`, `…`) name no file. */
function pathsIn(text: string): string[] {
	const inBackticks = [...text.matchAll(/`([^`\s]+)`/g)].map((match) => match[1] ?? "");
	return inBackticks.filter(
		(path) => /^(engine|kernel|test|bench|docs|scripts|notebooks)\//.test(path) && !/[<…*]|NN_/.test(path),
	);
}

test.each(documents)("%s names files that exist", (name) => {
	const text = readFileSync(join(root, name), "utf8");
	const missing = pathsIn(text).filter(
		(path) => !existsSync(join(root, path)) && !existsSync(join(root, `${path}.ts`)),
	);
	expect(missing).toEqual([]);
});

test.each(documents)("%s links to files that exist", (name) => {
	const text = readFileSync(join(root, name), "utf8");
	const links = [...text.matchAll(/\]\(([^)#\s]+)/g)]
		.map((match) => match[1] ?? "")
		.filter((link) => !/^[a-z]+:/.test(link));
	expect(links.filter((link) => !existsSync(join(root, dirname(name), link)))).toEqual([]);
});

test("the documents do name files", () => {
	const paths = documents.flatMap((name) => pathsIn(readFileSync(join(root, name), "utf8")));
	expect(paths.length).toBeGreaterThan(20);
});
