import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as torch from "gradbook";
import * as metrics from "gradbook/metrics";
import * as vision from "gradbook/vision";
import { expect, test } from "vitest";
import { compilerMessages } from "../support/compile";

/*
 * docs/coming-from-pytorch.md against the code: every name on the right is there, every name on the left follows the
 * naming rule or says why not, and every name that the notes use (test/reference/notes_names.json) is on the left.
 */

const root = join(__dirname, "..", "..");
const text = readFileSync(join(root, "docs", "coming-from-pytorch.md"), "utf8");

interface Row {
	pytorch: string[];
	here: string[];
	remark: string;
}

/** The rows of the tables of names: two cells of names in backticks, and a remark. */
function rowsOf(document: string): Row[] {
	const afterRule = document.slice(document.indexOf("\n## Tensors"));
	return afterRule
		.split("\n")
		.filter((line) => line.startsWith("| `"))
		.map((line) => {
			const [, pytorch = "", here = "", remark = ""] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
			const names = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]!);
			return { pytorch: names(pytorch), here: names(here), remark };
		});
}

const rows = rowsOf(text);
const model = new torch.nn.Linear(2, 2);
const optimizer = new torch.optim.SGD(model.parameters(), { lr: 0.1 });
const scheduler = new torch.optim.lrScheduler.ExponentialLR(optimizer, { gamma: 0.9 });

const places: Record<string, unknown> = {
	torch,
	nn: torch.nn,
	F: torch.nn.functional,
	optim: torch.optim,
	datasets: vision.datasets,
	utils: vision.utils,
	transforms: vision.transforms,
	metrics,
	x: torch.ones(2, 2),
	model,
	optimizer,
	scheduler,
};

/** Whether the package has what a dotted name of the right column says. */
function isThere(name: string): boolean {
	const [first = "", ...rest] = name.split(".");
	let place = places[first];
	for (const part of rest) {
		if (place === undefined || place === null || !(part in Object(place))) return false;
		place = (place as Record<string, unknown>)[part];
	}
	return rest.length > 0;
}

/** PyTorch's full name: `nn.Linear` is `torch.nn.Linear`. */
function fullName(name: string): string {
	return name.replace(/^nn\./, "torch.nn.").replace(/^F\./, "torch.nn.functional.");
}

const last = (name: string) => name.split(".").at(-1)!;
const camel = (name: string) =>
	name.replace(/(?<=[A-Za-z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

test("every row has as many names here as there, and each of them is in the package", () => {
	expect(rows.length).toBeGreaterThan(50);
	const uneven = rows.filter(({ pytorch, here }) => pytorch.length !== here.length);
	expect(
		uneven.map(({ pytorch, here }) => `${pytorch.length} and ${here.length} names: ${pytorch.join(", ")}`),
	).toEqual([]);
	const missing = rows.flatMap(({ here }) => here.filter((name) => !isThere(name)));
	expect(missing).toEqual([]);
});

test("names follow the rule; where one does not, its row says why", () => {
	const odd = rows.flatMap(({ pytorch, here, remark }) =>
		pytorch
			.map((name, i) => [name, here[i]!] as const)
			.filter(([there, own]) => camel(last(there)) !== last(own) && remark === "")
			.map(([there, own]) => `${there} → ${own}`),
	);
	expect(odd).toEqual([]);
});

test("no name stands twice", () => {
	const all = rows.flatMap(({ pytorch }) => pytorch.map(fullName));
	expect(all.filter((name, i) => all.indexOf(name) !== i)).toEqual([]);
});

test("every name that the notes use is in a table", () => {
	const { names } = JSON.parse(readFileSync(join(root, "test", "reference", "notes_names.json"), "utf8")) as {
		names: string[];
	};
	const listed = new Set(rows.flatMap(({ pytorch }) => pytorch.map(fullName)));
	expect(names.length).toBeGreaterThan(100);
	expect(names.filter((name) => !listed.has(name))).toEqual([]);
});

test("the programs side by side compile", () => {
	const programs = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]!);
	expect(programs.length).toBe(3);
	const prelude = `import * as torch from "gradbook";
const { nn, optim } = torch;
const F = nn.functional;
declare const model: InstanceType<typeof nn.Sequential>;
declare const loader: Iterable<[torch.Tensor, torch.Tensor]>;
declare const lossFn: (a: torch.Tensor, b: torch.Tensor) => torch.Tensor;
declare const x: torch.Tensor, y: torch.Tensor, out: torch.Tensor, lengths: torch.Tensor, n: number;
`;
	const folder = mkdtempSync(join(tmpdir(), "gradbook-docs-"));
	try {
		const file = join(folder, "programs.ts");
		writeFileSync(file, `${prelude}${programs.map((program) => `{\n${program}}\n`).join("")}`);
		expect(Object.fromEntries(compilerMessages(file))).toEqual({});
	} finally {
		rmSync(folder, { recursive: true });
	}
});

test("the check finds what is wrong", () => {
	expect(isThere("torch.tensor")).toBe(true);
	expect(isThere("torch.tensr")).toBe(false);
	expect(isThere("x.requiresGrad")).toBe(true);
	expect(isThere("torch")).toBe(false);
	expect(rowsOf("\n## Tensors\n| `a.b`, `c` | `d` | why |")).toEqual([
		{ pytorch: ["a.b", "c"], here: ["d"], remark: "why" },
	]);
});
