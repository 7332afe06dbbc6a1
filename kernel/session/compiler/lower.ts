import { createRequire } from "node:module";
import { type JsxOptions as JsxOfOxc, transformSync } from "oxc-transform";
import type { Language } from "./syntax";
import { classicJsx, type JsxOptions } from "./userConfig";

/*
 * TypeScript to what Node.js 20 runs: types away, enums, namespaces, parameter properties, `using` inside functions and
 * legacy decorators by oxc. Standard decorators, which oxc leaves as they are, by the TypeScript that tslab brings,
 * loaded only when a cell has one.
 */

export interface LowerOptions {
	language?: Language;
	/** TypeScript's `experimentalDecorators`, and `emitDecoratorMetadata` with them. */
	legacyDecorators?: boolean;
	decoratorMetadata?: boolean;
	jsx?: JsxOptions;
	/** The code has decorators or `accessor`. */
	decorators?: boolean;
	/** Imports that no value uses go. Default false: they stay. */
	dropUnusedImports?: boolean;
}

export interface Lowered {
	code: string;
	/** Maps from the code that was lowered; the last transform first. */
	maps: SourceMapInput[];
	/** `babelHelpers.…` is in it. */
	usesHelpers: boolean;
}

/** A source map in any of its forms. */
export type SourceMapInput = string | object;

// Required, not imported: the declarations that the package ships for CommonJS do not parse.
const remapping = require("@jridgewell/remapping") as (
	maps: SourceMapInput[],
	loader: () => null,
) => { mappings: string };

/** What the oldest supported Node.js runs. */
const target = "node20.19";

export function lower(source: string, file: string, options: LowerOptions = {}): Lowered {
	const language = options.language ?? "ts";
	const result = transformSync(file, source, {
		lang: language,
		sourceType: "module",
		target,
		sourcemap: true,
		helpers: { mode: "External" as never },
		decorator: { legacy: options.legacyDecorators ?? false, emitDecoratorMetadata: options.decoratorMetadata ?? false },
		typescript: { onlyRemoveTypeImports: !options.dropUnusedImports },
		jsx: jsxOptions(options.jsx ?? classicJsx),
	});
	const problem = result.errors.find((error) => error.severity === "Error");
	if (problem !== undefined) throw new SyntaxError(`${file}: ${problem.message}`);
	const lowered: Lowered = {
		code: result.code,
		maps: [result.map as object],
		usesHelpers: Object.keys(result.helpersUsed).length > 0,
	};
	return options.decorators && !options.legacyDecorators ? lowerDecorators(lowered, file) : lowered;
}

/** Names of functions are those of the classic form only. */
function jsxOptions({ automatic, importSource, factory, fragmentFactory }: JsxOptions): JsxOfOxc {
	return automatic
		? { runtime: "automatic", importSource }
		: { runtime: "classic", pragma: factory, pragmaFrag: fragmentFactory };
}

/** One map from the lowered code to what the last of `maps` maps to. */
export function joinMaps(maps: SourceMapInput[], file: string): string {
	const joined = remapping(maps, () => null);
	return JSON.stringify({ version: 3, file, sources: [file], names: [], mappings: joined.mappings });
}

interface ClassicTypeScript {
	transpileModule(
		source: string,
		options: { fileName: string; compilerOptions: Record<string, unknown> },
	): { outputText: string; sourceMapText?: string };
	ScriptTarget: { ES2022: number };
	ModuleKind: { ESNext: number };
}

let classic: ClassicTypeScript | undefined;

function lowerDecorators(lowered: Lowered, file: string): Lowered {
	classic ??= createRequire(require.resolve("tslab"))("@tslab/typescript-for-tslab") as ClassicTypeScript;
	const { outputText, sourceMapText } = classic.transpileModule(lowered.code, {
		fileName: file,
		compilerOptions: {
			target: classic.ScriptTarget.ES2022,
			module: classic.ModuleKind.ESNext,
			sourceMap: true,
			importsNotUsedAsValues: 1,
			verbatimModuleSyntax: true,
			useDefineForClassFields: true,
		},
	});
	const code = withMetadata(outputText.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n"));
	return { ...lowered, code, maps: [sourceMapText as string, ...lowered.maps] };
}

/** Makes the metadata of a class, in front of the first call for its decorators. `Symbol.metadata`: helpers.ts. */
const metadata =
	"const __metadata = Object.create(Object.getPrototypeOf(this)?.[Symbol.metadata] ?? null);" +
	" Object.defineProperty(this, Symbol.metadata, { configurable: true, writable: true, enumerable: true, value: __metadata });";

/** `context.metadata`, of which this TypeScript knows nothing yet. All calls for one class stand in one static block. */
function withMetadata(code: string): string {
	let made = false;
	const lines = code.split("\n").map((line) => {
		if (/^\s*static \{$/.test(line)) made = false;
		const call = /^(\s*)(__esDecorate\(.*?\{ kind: "\w+", )(name: .*)$/.exec(line);
		if (call === null) return line;
		const [, indent, start, rest] = call;
		const before = made ? "" : `${metadata} `;
		made = true;
		return `${indent}${before}${start}metadata: __metadata, ${rest}`;
	});
	return lines.join("\n");
}
