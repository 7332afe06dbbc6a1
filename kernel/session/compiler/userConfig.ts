import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { existingFile } from "./localFiles";
import { type Node, parse } from "./syntax";

/*
 * What we ourselves have to know of a tsconfig.json beside the notebook; TypeScript reads the rest of it.
 */

export interface UserConfig {
	/** There is one, and it can be read. */
	found: boolean;
	/** `experimentalDecorators` */
	legacyDecorators: boolean;
	/** `emitDecoratorMetadata` */
	decoratorMetadata: boolean;
	/** `paths`, absolute. */
	paths: Record<string, string[]>;
	jsx: JsxOptions;
}

/** `jsx`, `jsxImportSource`, `jsxFactory` and `jsxFragmentFactory`: what elements of local modules become. */
export interface JsxOptions {
	automatic: boolean;
	importSource?: string;
	factory?: string;
	fragmentFactory?: string;
}

/** `React.createElement`, for which modules import React. */
export const classicJsx: JsxOptions = { automatic: false };

export function readUserConfig(folder: string, log: (line: string) => void): UserConfig {
	const file = join(folder, "tsconfig.json");
	const options = existsSync(file) ? readOptions(file, log) : undefined;
	return {
		found: options !== undefined,
		legacyDecorators: options?.experimentalDecorators ?? false,
		decoratorMetadata: options?.emitDecoratorMetadata ?? false,
		paths: options?.paths ?? {},
		jsx: {
			automatic: options?.jsx?.startsWith("react-jsx") ?? classicJsx.automatic,
			importSource: options?.jsxImportSource,
			factory: options?.jsxFactory,
			fragmentFactory: options?.jsxFragmentFactory,
		},
	};
}

/** The file that `paths` give to a specifier; undefined where they do not name it or nothing is there. */
export function mappedFile(specifier: string, paths: Record<string, string[]>): string | undefined {
	let best: { prefix: string; targets: string[]; rest: string } | undefined;
	for (const [pattern, targets] of Object.entries(paths)) {
		const [prefix, suffix] = pattern.split("*", 2) as [string, string | undefined];
		const matches =
			suffix === undefined
				? specifier === pattern
				: specifier.length >= prefix.length + suffix.length &&
					specifier.startsWith(prefix) &&
					specifier.endsWith(suffix);
		// As TypeScript chooses: the longest text before the star.
		if (!matches || (best !== undefined && best.prefix.length >= prefix.length)) continue;
		best = {
			prefix,
			targets,
			rest: suffix === undefined ? "" : specifier.slice(prefix.length, specifier.length - suffix.length),
		};
	}
	for (const target of best?.targets ?? []) {
		const file = existingFile(target.replace("*", best!.rest));
		if (file !== undefined) return file;
	}
	return undefined;
}

export function resolveFrom(file: string, request: string): string | undefined {
	try {
		return createRequire(file).resolve(request);
	} catch {
		return undefined;
	}
}

/** The options as they are written. */
interface UserOptions {
	paths?: Record<string, string[]>;
	experimentalDecorators?: boolean;
	emitDecoratorMetadata?: boolean;
	jsx?: string;
	jsxImportSource?: string;
	jsxFactory?: string;
	jsxFragmentFactory?: string;
}

/** The options that we have to know, not only TypeScript: `extends` followed, paths absolute. */
function readOptions(file: string, log: (line: string) => void, seen = new Set<string>()): UserOptions | undefined {
	if (seen.has(file)) return {};
	seen.add(file);
	const config = readJsonc(file, log);
	if (config === undefined) return undefined;
	const merged: UserOptions = {};
	const bases: unknown[] = Array.isArray(config.extends)
		? config.extends
		: config.extends === undefined
			? []
			: [config.extends];
	for (const base of bases) {
		const found = typeof base === "string" ? baseConfig(file, base) : undefined;
		if (found === undefined) log(`${file}: "extends": ${JSON.stringify(base)} was not found`);
		else Object.assign(merged, readOptions(found, log, seen));
	}
	const options = (config.compilerOptions ?? {}) as Record<string, unknown>;
	if (typeof options.paths === "object" && options.paths !== null) {
		merged.paths = {};
		for (const [name, targets] of Object.entries(options.paths as Record<string, unknown>)) {
			if (Array.isArray(targets)) merged.paths[name] = targets.map((target) => resolve(dirname(file), String(target)));
		}
	}
	if (typeof options.experimentalDecorators === "boolean")
		merged.experimentalDecorators = options.experimentalDecorators;
	if (typeof options.emitDecoratorMetadata === "boolean") merged.emitDecoratorMetadata = options.emitDecoratorMetadata;
	for (const name of ["jsx", "jsxImportSource", "jsxFactory", "jsxFragmentFactory"] as const) {
		const value = options[name];
		if (typeof value === "string") merged[name] = value;
	}
	return merged;
}

function baseConfig(file: string, base: string): string | undefined {
	if (/^\.{0,2}[\\/]/.test(base)) {
		const path = resolve(dirname(file), base);
		return [path, `${path}.json`].find((candidate) => existsSync(candidate));
	}
	return resolveFrom(file, base) ?? resolveFrom(file, `${base}/tsconfig.json`) ?? resolveFrom(file, `${base}.json`);
}

/** JSON with comments and trailing commas, read as the JavaScript expression that it is. */
function readJsonc(file: string, log: (line: string) => void): Record<string, unknown> | undefined {
	const { program, problems } = parse(`(${readFileSync(file, "utf8").replace(/^\ufeff/, "")}\n)`, "js");
	try {
		if (problems.length > 0) throw new Error(problems[0]!.message);
		return literal(program.body[0]?.expression ?? { type: "nothing", start: 0, end: 0 }) as Record<string, unknown>;
	} catch (error) {
		log(`${file} is left out: ${(error as Error).message}`);
		return undefined;
	}
}

function literal(node: Node): unknown {
	switch (node.type) {
		case "ParenthesizedExpression":
			return literal(node.expression);
		case "Literal":
			return node.value;
		case "ArrayExpression":
			return node.elements.map(literal);
		case "ObjectExpression":
			return Object.fromEntries(
				node.properties.map((one: Node) => [one.key.name ?? one.key.value, literal(one.value)]),
			);
		case "UnaryExpression":
			return -(literal(node.argument) as number);
		default:
			throw new Error(`${node.type} is no JSON`);
	}
}
