import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { type Graph, importGraph, pathTo, readGraph } from "./support/imports";

/*
 * Which part of the project may import which; docs/architecture.md says the same in words. A type-only import
 * (`import type`) counts here like any other. Circles of files are looked for among the imports that stay when the
 * program runs: one closed by `import type` is gone by then, and harmless inside one part.
 */
const mayImport: Record<string, string[]> = {
	"engine/core": [],
	"engine/cuda": ["engine/core"],
	"engine/backends": ["engine/core"],
	"engine/autograd": ["engine/core"],
	"engine/ops": ["engine/core", "engine/autograd"],
	"engine/nn": ["engine/core", "engine/autograd", "engine/ops"],
	"engine/optim": ["engine/core", "engine/autograd", "engine/ops", "engine/nn"],
	"engine/distributions": ["engine/core", "engine/autograd", "engine/ops", "engine/nn"],
	"engine/func": ["engine/core", "engine/autograd", "engine/ops", "engine/nn"],
	"engine/amp": ["engine/core", "engine/optim"],
	"engine/ao": ["engine/core", "engine/autograd", "engine/ops", "engine/nn"],
	"engine/data": ["engine/core", "engine/autograd", "engine/ops"],
	"engine/io": ["engine/core", "engine/autograd", "engine/ops"],
	"engine/benchmark": ["engine/core"],
	"engine/profiler": ["engine/core"],
	"engine/metrics": ["engine/core", "engine/autograd", "engine/ops"],
	"engine/vision": ["engine/core", "engine/autograd", "engine/ops", "engine/nn", "engine/data", "engine/io"],
	"engine/accelerator.ts": ["engine/core", "engine/cuda"],
	"engine/random.ts": ["engine/core", "engine/cuda", "engine/ops"],
	"engine/testing.ts": ["engine/core", "engine/ops"],
	"engine/utils.ts": ["engine/autograd", "engine/benchmark", "engine/data"],
	"engine/packed.ts": [],
	"engine/index.ts": ["engine/*"],
	"kernel/display": [],
	"kernel/views": ["kernel/display", "engine/*"],
	"kernel/labextension": [],
	"kernel/wire": [],
	"kernel/command.ts": [],
	"kernel/requests": ["kernel/wire", "kernel/display"],
	"kernel/session": ["kernel/requests", "kernel/wire", "kernel/display"],
	"kernel/debugger": ["kernel/session", "kernel/requests", "kernel/wire", "kernel/views", "kernel/display"],
	"kernel/runner": [
		"kernel/command.ts",
		"kernel/session",
		"kernel/requests",
		"kernel/wire",
		"kernel/display",
		"kernel/labextension",
	],
	// The doctor looks for the data sets and at how the engine is loaded; nothing that loads the addon.
	"kernel/install": ["kernel/command.ts", "kernel/labextension", "engine/packed.ts", "engine/vision"],
	"kernel/cli.ts": ["kernel/install", "kernel/runner"],
	"kernel/transport.ts": ["kernel/debugger", "kernel/session", "kernel/requests", "kernel/wire", "kernel/display"],
	"kernel/main.ts": [
		"kernel/debugger",
		"kernel/session",
		"kernel/requests",
		"kernel/wire",
		"kernel/views",
		"kernel/display",
	],
};

/** Packages that the thread of user code does not load when it starts: they belong to the transport thread and the compiler. */
const notOnMainThread = /^(zeromq|oxc-.*|typescript|vscode-.*)$/;

const root = resolve(__dirname, "..");
const graph = readGraph(root, ["engine", "kernel"]);

/** `engine/nn` of `engine/nn/linear.ts`; `engine/index.ts` stands for itself. */
function partOf(file: string): string {
	return file.split("/").slice(0, 2).join("/");
}

function allowed(from: string, to: string): boolean {
	const parts = mayImport[from] ?? [];
	return from === to || parts.includes(to) || parts.includes(`${to.split("/")[0]}/*`);
}

function forbiddenEdges(graph: Graph): string[] {
	return graph.imports
		.filter((edge) => edge.to !== undefined && !allowed(partOf(edge.from), partOf(edge.to)))
		.map(
			(edge) =>
				`${edge.from}:${edge.line} imports ${edge.to} (${partOf(edge.from)} may not import ${partOf(edge.to ?? "")})`,
		);
}

/** Circles among imports that stay at run time, each once, as "a -> b -> a". */
function circles(graph: Graph): string[] {
	const next = new Map<string, Set<string>>();
	for (const { from, to, typeOnly } of graph.imports) {
		if (to === undefined || typeOnly || to === from) continue;
		next.set(from, (next.get(from) ?? new Set()).add(to));
	}
	const done = new Set<string>();
	const found: string[] = [];
	const visit = (file: string, path: string[]) => {
		const start = path.indexOf(file);
		if (start >= 0) found.push([...path.slice(start), file].join(" -> "));
		if (start >= 0 || done.has(file)) return;
		for (const to of next.get(file) ?? []) visit(to, [...path, file]);
		done.add(file);
	};
	for (const file of graph.files) visit(file, []);
	return found;
}

describe("imports", () => {
	test("every file belongs to a part that the table above names", () => {
		expect(graph.files.length).toBeGreaterThan(20);
		const unknown = graph.files.filter((file) => !(partOf(file) in mayImport));
		expect(unknown).toEqual([]);
	});

	test("run one way", () => {
		expect(forbiddenEdges(graph)).toEqual([]);
	});

	test("lead to files that exist", () => {
		const broken = graph.imports.filter((edge) => edge.to === undefined && edge.specifier.startsWith("."));
		expect(broken.map((edge) => `${edge.from}:${edge.line} imports ${edge.specifier}`)).toEqual([]);
	});

	test("form no circles", () => {
		expect(circles(graph)).toEqual([]);
	});

	test("of the engine name no package but Node's own", () => {
		const foreign = graph.imports.filter(
			(edge) => edge.from.startsWith("engine/") && edge.to === undefined && !/^(node:|\.)/.test(edge.specifier),
		);
		expect(foreign.map((edge) => `${edge.from}:${edge.line} imports ${edge.specifier}`)).toEqual([]);
	});

	test("keep the compiler and the sockets off the thread of user code", () => {
		const starts = graph.files.filter((file) => file === "kernel/main.ts" || file.startsWith("kernel/session/runtime"));
		const reached = starts.map((file) => pathTo(graph, file, (specifier) => notOnMainThread.test(specifier)));
		expect(reached.filter((path) => path !== undefined)).toEqual([]);
	});
});

describe("the check itself", () => {
	const files = {
		"engine/core/a.ts": 'import { b } from "../ops/b";\nexport const a = b;',
		"engine/ops/b.ts": 'import type { a } from "../core/a";\nexport { c } from "./c";\nexport const b = 1;',
		"engine/ops/c.ts": 'export const c = () => import("./b");\ntype T = import("../nn/d").D;',
		"engine/nn/d.ts":
			'import z = require("zeromq");\nconst later = () => require("later");\nexport type D = typeof z;\nimport { gone } from "./gone";',
	};
	const made = importGraph(new Map(Object.entries(files)));

	test("finds every way of importing, against the direction", () => {
		expect(forbiddenEdges(made)).toEqual([
			"engine/core/a.ts:1 imports engine/ops/b.ts (engine/core may not import engine/ops)",
			"engine/ops/c.ts:2 imports engine/nn/d.ts (engine/ops may not import engine/nn)",
		]);
	});

	test("finds circles of imports that stay, not those that types close", () => {
		expect(circles(made)).toEqual(["engine/ops/b.ts -> engine/ops/c.ts -> engine/ops/b.ts"]);
	});

	test("follows imports to a package and names the way", () => {
		expect(pathTo(made, "engine/nn/d.ts", (specifier) => specifier === "zeromq")).toEqual(["engine/nn/d.ts", "zeromq"]);
		expect(
			pathTo(made, "engine/nn/d.ts", (specifier) => specifier === "later"),
			"loaded later",
		).toBeUndefined();
		expect(pathTo(made, "engine/core/a.ts", (specifier) => specifier === "zeromq")).toBeUndefined();
	});

	test("its table has no circle", () => {
		const parts = Object.keys(mayImport);
		const asFiles = parts.map((from) => {
			const lines = parts.filter((to) => to !== from && allowed(from, to)).map((to) => `import "../../${to}/x";`);
			return [`${from}/x.ts`, lines.join("\n")] as const;
		});
		expect(circles(importGraph(new Map(asFiles)))).toEqual([]);
	});
});

test("docs/architecture.md draws only arrows that the table has", () => {
	const text = readFileSync(join(root, "docs", "architecture.md"), "utf8").replaceAll(/\s+/g, " ");
	const chains = [...text.matchAll(/`([\w/]+(?: ← [\w/]+)+)`/g)].map((match) => (match[1] ?? "").split(" ← "));
	const pairs = chains.flatMap((chain) => chain.slice(1).map((importer, index) => [chain[index] ?? "", importer]));
	expect(pairs.length).toBeGreaterThan(5);
	const fits = (part: string, name: string) => part === name || part.split("/").includes(name);
	const unknown = pairs.filter(
		([imported = "", importer = ""]) =>
			!Object.entries(mayImport).some(
				([part, parts]) => fits(part, importer) && parts.some((other) => fits(other, imported)),
			),
	);
	expect(unknown).toEqual([]);
});
