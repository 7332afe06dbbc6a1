import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { parseSync } from "oxc-parser";

/** One import in one file. */
export interface Import {
	/** File, relative to the project, with `/`. */
	from: string;
	line: number;
	/** As written. */
	specifier: string;
	/** File of the project that it leads to; undefined for a package, or where no such file is. */
	to: string | undefined;
	/** Gone when the program runs: `import type`, `export type`, `import("…").T` in a type. */
	typeOnly: boolean;
	/** Loaded when a function runs, if ever: `import()`, or `require()` inside a function. */
	lazy: boolean;
}

export interface Graph {
	files: string[];
	imports: Import[];
}

/** Imports of all TypeScript files below some folders of the project. */
export function readGraph(root: string, folders: string[]): Graph {
	const sources = new Map<string, string>();
	for (const folder of folders) {
		for (const name of readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).sort()) {
			if (!name.endsWith(".ts")) continue;
			const file = posix.join(folder, name.replaceAll("\\", "/"));
			sources.set(file, readFileSync(join(root, file), "utf8"));
		}
	}
	return importGraph(sources);
}

/** Imports of files given by name and text. */
export function importGraph(sources: Map<string, string>): Graph {
	const files = [...sources.keys()];
	const imports = [...sources].flatMap(([file, text]) => importsOf(file, text, sources));
	return { files, imports };
}

/** The way from a file to a package that `wanted` accepts, by what is loaded with it; the package comes last. */
export function pathTo(graph: Graph, start: string, wanted: (specifier: string) => boolean): string[] | undefined {
	const paths = [[start]];
	const seen = new Set([start]);
	for (let path = paths.shift(); path; path = paths.shift()) {
		const file = path.at(-1);
		for (const edge of graph.imports) {
			if (edge.from !== file || edge.typeOnly || edge.lazy) continue;
			if (edge.to === undefined && wanted(edge.specifier)) return [...path, edge.specifier];
			if (edge.to === undefined || seen.has(edge.to)) continue;
			seen.add(edge.to);
			paths.push([...path, edge.to]);
		}
	}
	return undefined;
}

/** The package's own public names, as sources may write them. */
const publicNames: Record<string, string> = {
	gradbook: "engine/index.ts",
	"gradbook/vision": "engine/vision/index.ts",
	"gradbook/metrics": "engine/metrics/index.ts",
	"gradbook/display": "kernel/views/index.ts",
};

function leadsTo(from: string, specifier: string, sources: Map<string, string>): string | undefined {
	if (!specifier.startsWith(".")) return publicNames[specifier];
	// A dynamic import names the compiled file.
	const path = posix.join(posix.dirname(from), specifier).replace(/\.js$/, ".ts");
	return [path, `${path}.ts`, `${path}/index.ts`].find((file) => sources.has(file));
}

type Node = { type: string; start: number; [key: string]: unknown };

function importsOf(file: string, text: string, sources: Map<string, string>): Import[] {
	const { program, errors } = parseSync(file, text);
	if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
	const found: Import[] = [];
	const add = (node: Node, source: unknown, typeOnly: boolean, lazy = false) => {
		const specifier = (source as { value?: unknown } | null | undefined)?.value;
		if (typeof specifier !== "string") return;
		const line = text.slice(0, node.start).split("\n").length;
		found.push({ from: file, line, specifier, to: leadsTo(file, specifier, sources), typeOnly, lazy });
	};
	walk(program, false, (node, inFunction) => {
		switch (node.type) {
			case "ImportDeclaration":
				add(node, node.source, node.importKind === "type" || allSpecifiersAreTypes(node));
				break;
			case "ExportAllDeclaration":
			case "ExportNamedDeclaration":
				add(node, node.source, node.exportKind === "type" || allSpecifiersAreTypes(node));
				break;
			case "ImportExpression":
				add(node, node.source, false, true);
				break;
			case "TSImportType":
				add(node, node.source ?? node.argument, true);
				break;
			case "TSExternalModuleReference":
				add(node, node.expression, false);
				break;
			case "CallExpression":
				if ((node.callee as { name?: string }).name === "require")
					add(node, (node.arguments as unknown[])[0], false, inFunction);
				break;
		}
	});
	return found;
}

/** `import { type A, type B } from …`: TypeScript drops the whole line. */
function allSpecifiersAreTypes(node: Node): boolean {
	const specifiers = (node.specifiers ?? []) as { importKind?: string; exportKind?: string }[];
	return specifiers.length > 0 && specifiers.every((one) => (one.importKind ?? one.exportKind) === "type");
}

function walk(value: unknown, inFunction: boolean, visit: (node: Node, inFunction: boolean) => void): void {
	if (Array.isArray(value)) {
		for (const item of value) walk(item, inFunction, visit);
	} else if (value !== null && typeof value === "object") {
		const { type } = value as Node;
		if (typeof type === "string") visit(value as Node, inFunction);
		const inside = inFunction || /Function/.test(type ?? "");
		for (const item of Object.values(value)) walk(item, inside, visit);
	}
}
