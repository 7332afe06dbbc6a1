import { readFileSync } from "node:fs";
import { builtinModules, createRequire } from "node:module";
import { dirname, join } from "node:path";
import { readUserConfig, resolveFrom, type UserConfig } from "./userConfig";

/*
 * The TypeScript project that a notebook's cells are checked in: documents in memory beside the notebook, so that nothing
 * is written into the user's folder, under names of their own, so that two notebooks of a folder do not meet.
 */

export interface ProjectDocument {
	name: string;
	text: string;
	language: string;
}

export interface Project {
	/** Documents that are there from the start: opened before and after those of the cells, which costs least. */
	first: ProjectDocument[];
	last: ProjectDocument[];
	configName: string;
	/** What the user's tsconfig.json says about the code that is made. */
	user: UserConfig;
}

export interface ProjectOptions {
	folder: string;
	packageRoot: string;
	/** Starts the names of all documents. */
	prefix: string;
	/** Roots of the project: names of documents. */
	roots: string[];
	log(line: string): void;
}

/** What the user's tsconfig.json may change. */
const defaults = {
	target: "es2023",
	lib: ["es2023", "esnext.disposable", "esnext.decorators"],
	strict: true,
	skipLibCheck: true,
	allowJs: true,
	// Local modules only: cells have no elements.
	jsx: "react",
	types: [],
};

/** What cells need, whatever the user's tsconfig.json says. */
const fixed = {
	noEmit: true,
	module: "preserve",
	moduleResolution: "bundler",
	moduleDetection: "force",
	allowImportingTsExtensions: true,
	resolveJsonModule: true,
	esModuleInterop: true,
	composite: false,
	incremental: false,
	declaration: false,
	checkJs: false,
	isolatedModules: false,
	isolatedDeclarations: false,
	verbatimModuleSyntax: false,
	// What a cell leaves unused is there for the next one.
	noUnusedLocals: false,
	noUnusedParameters: false,
	allowUnreachableCode: true,
	allowUnusedLabels: true,
	// A tsconfig.json further up would be read with all its files, for documents that are none of its own.
	disableSolutionSearching: true,
};

export function makeProject({ folder, packageRoot, prefix, roots, log }: ProjectOptions): Project {
	const configName = `${prefix}.tsconfig.json`;
	const defaultsName = `${prefix}-defaults.tsconfig.json`;
	const globalsName = `${prefix}-globals.d.ts`;
	const user = readUserConfig(folder, log);
	const paths = { ...builtinPaths(join(folder, globalsName)), ...user.paths, ...ownPaths(packageRoot) };
	const base = { ...defaults, lib: [...defaults.lib, ...runtimeLibraries()] };
	const config = {
		extends: user.found ? [`./${defaultsName}`, "./tsconfig.json"] : [],
		compilerOptions: user.found ? { ...fixed, paths } : { ...base, ...fixed, paths },
		// Themselves too: for documents of no project the server makes another one, with the libraries of browsers.
		files: [configName, ...(user.found ? [defaultsName] : []), globalsName, ...roots].map((name) => `./${name}`),
		include: [],
		references: [],
	};
	return {
		configName,
		// The project first: what is opened before it belongs to the tsconfig.json of some folder above.
		first: [
			{ name: configName, text: JSON.stringify(config), language: "json" },
			...(user.found
				? [{ name: defaultsName, text: JSON.stringify({ compilerOptions: base }), language: "json" }]
				: []),
		],
		last: [{ name: globalsName, text: globals(folder, packageRoot), language: "typescript" }],
		user,
	};
}

/** Libraries beyond ES2023 that this Node.js has. */
function runtimeLibraries(): string[] {
	const major = Number(process.versions.node.split(".")[0]);
	return major >= 22 ? ["es2024", "esnext.iterator", "esnext.collection", "esnext.array"] : [];
}

/**
 * Node's modules are declared by `@types/node`, and TypeScript prefers such declarations to files. It looks for files all
 * the same, in every folder above, for some 400 imports each time a document's imports change: a third of that time. So
 * it is told of a file that is there.
 */
function builtinPaths(file: string): Record<string, string[]> {
	return Object.fromEntries(["node:*", ...builtinModules].map((name) => [name, [file]]));
}

/** Where the types of our package are, so that it need not be installed beside the notebook. */
function ownPaths(packageRoot: string): Record<string, string[]> {
	const { exports } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as {
		exports: Record<string, { types?: string } | string>;
	};
	const paths: Record<string, string[]> = {};
	for (const [name, target] of Object.entries(exports)) {
		if (typeof target === "object" && target.types !== undefined)
			paths[`gradbook${name.slice(1)}`] = [join(packageRoot, target.types)];
	}
	const tslab = createRequire(join(packageRoot, "package.json")).resolve("tslab/package.json");
	const { types } = JSON.parse(readFileSync(tslab, "utf8")) as { types?: string };
	paths.tslab = [join(dirname(tslab), types ?? "dist/index.d.ts")];
	return paths;
}

/** Globals of every cell. `@types/node` is the notebook's own where it has one: two of them would not agree. */
function globals(folder: string, packageRoot: string): string {
	const node =
		resolveFrom(join(folder, "notebook.js"), "@types/node/package.json") ??
		resolveFrom(join(packageRoot, "package.json"), "@types/node/package.json");
	const reference =
		node === undefined ? "" : `/// <reference path=${JSON.stringify(join(dirname(node), "index.d.ts"))} />\n`;
	const display = JSON.stringify(join(packageRoot, "dist/kernel/display/display"));
	return `${reference}
/** Shows a value under the cell: by its own view where it has one, as text otherwise. The handle updates it in place. */
declare const display: typeof import(${display}).display;
/** Asks for a line of text under the cell and waits for it; null where the reader cancels. */
declare function prompt(message?: string, defaultValue?: string): string | null;
/** Asks a yes-or-no question under the cell and waits for the answer. */
declare function confirm(message?: string): boolean;
/** Asks for a line without showing what is typed; null where the reader cancels. */
declare function password(message?: string): string | null;
`;
}
