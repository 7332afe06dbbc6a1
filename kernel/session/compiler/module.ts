import { extname } from "node:path";
import MagicString from "magic-string";
import { watchAwait } from "./awaits";
import { joinMaps, lower } from "./lower";
import { type Scan, scan } from "./scan";
import { type Language, type Node, parse } from "./syntax";
import { type JsxOptions, mappedFile } from "./userConfig";

/*
 * A local module (`./model.ts` beside the notebook, or a module cell) as CommonJS: imports become `require`, exports
 * getters, both live as in ES modules.
 */

export interface CompiledModule {
	/** Body of `function (exports, require, module, __filename, __dirname) { … }`. */
	code: string;
	/** Source map (version 3, JSON text) from `code` to the source. */
	sourceMap: string;
}

export interface ModuleOptions {
	legacyDecorators?: boolean;
	decoratorMetadata?: boolean;
	jsx?: JsxOptions;
	/** `paths` of the user's tsconfig.json, absolute. */
	paths?: Record<string, string[]>;
}

/** Where compiled modules find what they call: `globalThis[Symbol.for("gradbook.modules")]` (kernel/session/modules.ts). */
const runtime = 'globalThis[Symbol.for("gradbook.modules")]';

const languages: Record<string, Language> = {
	".ts": "ts",
	".mts": "ts",
	".cts": "ts",
	".tsx": "tsx",
	".js": "js",
	".mjs": "js",
	".cjs": "js",
	".jsx": "jsx",
};

/** Throws a SyntaxError that names the file where the source has one. */
export function compileModule(text: string, file: string, options: ModuleOptions = {}): CompiledModule {
	// `#!/usr/bin/env node` is a comment only at the very start, where our own line comes to stand.
	const source = text.replace(/^#!/, "//");
	const language = languages[extname(file)] ?? "ts";
	const parsed = parse(source, language);
	const problem = parsed.problems[0];
	if (problem !== undefined) {
		const line = source.slice(0, problem.start).split("\n").length;
		throw new SyntaxError(`${file}, line ${line}: ${problem.message}`);
	}
	const { decorators } = scan(parsed.program);
	const lowered = lower(source, file, {
		...options,
		language,
		decorators,
		dropUnusedImports: language.startsWith("ts"),
	});
	const program = parse(lowered.code, "js").program;
	const code = new ModuleTransform(lowered.code, program, scan(program), file, options.paths ?? {}).run();
	const helpers = lowered.usesHelpers ? `const babelHelpers = ${runtime}.helpers; ` : "";
	const map = code.generateMap({ hires: "boundary", source: file });
	return {
		code: `"use strict"; ${helpers}${code.toString()}`,
		sourceMap: joinMaps([map as never, ...lowered.maps], file),
	};
}

class ModuleTransform {
	readonly #code: MagicString;
	readonly #prefix: string;
	readonly #head: string[] = [];
	/** What an imported name stands for: `$$0.name`. */
	readonly #imported = new Map<string, string>();
	#modules = 0;
	#isModule = false;

	constructor(
		source: string,
		readonly program: Node,
		readonly found: Scan,
		readonly file: string,
		readonly paths: Record<string, string[]>,
	) {
		this.#code = new MagicString(source);
		let prefix = "$$";
		while (source.includes(prefix)) prefix += "$";
		this.#prefix = prefix;
	}

	run(): MagicString {
		const code = this.#code;
		if (this.found.hasTopLevelAwait) {
			throw new SyntaxError(
				`${this.file}: a local module cannot await at its top level. Export an async function and await it in the cell.`,
			);
		}
		for (const statement of this.program.body) this.#statement(statement);
		for (const { name, node, use } of this.found.references) {
			const target = this.#imported.get(name);
			if (target === undefined) continue;
			code.overwrite(
				node.start,
				node.end,
				use === "call" ? `(0, ${target})` : use === "shorthand" ? `${name}: ${target}` : target,
			);
		}
		for (const { node } of this.found.awaits) watchAwait(code, node, this.#prefix);
		for (const node of this.found.importMeta) code.overwrite(node.start, node.end, `${this.#prefix}.meta(__filename)`);
		for (const node of this.found.dynamicImports) {
			code.overwrite(node.start, node.source.start, `${this.#prefix}.import(__filename, `);
		}
		// Getters first: modules that import each other in a circle then find the functions.
		const mark = this.#isModule ? 'Object.defineProperty(exports, "__esModule", { value: true }); ' : "";
		code.prepend(`const ${this.#prefix} = ${runtime}; ${mark}${this.#head.join(" ")}\n`);
		return code;
	}

	#statement(statement: Node): void {
		const code = this.#code;
		if (/^(Import|Export)\w*Declaration$/.test(statement.type)) this.#isModule = true;
		switch (statement.type) {
			case "ImportDeclaration": {
				const module = this.#require(statement.source.value);
				for (const specifier of statement.specifiers) {
					const name =
						specifier.type === "ImportNamespaceSpecifier"
							? "*"
							: specifier.type === "ImportDefaultSpecifier"
								? "default"
								: nameOf(specifier.imported);
					this.#imported.set(specifier.local.name, member(module, name));
				}
				code.remove(statement.start, statement.end);
				break;
			}
			case "ExportAllDeclaration": {
				const module = this.#require(statement.source.value);
				if (statement.exported) this.#export(nameOf(statement.exported), member(module, "*"));
				else this.#head.push(`${this.#prefix}.exportAll(exports, ${module}.module);`);
				code.remove(statement.start, statement.end);
				break;
			}
			case "ExportNamedDeclaration":
				if (statement.declaration) {
					for (const name of declaredNames(statement.declaration)) this.#export(name, name);
					code.remove(statement.start, statement.declaration.start);
					break;
				}
				if (statement.source) {
					const module = this.#require(statement.source.value);
					for (const one of statement.specifiers) this.#export(nameOf(one.exported), member(module, nameOf(one.local)));
				} else {
					for (const one of statement.specifiers) {
						const local = nameOf(one.local);
						this.#export(nameOf(one.exported), this.#imported.get(local) ?? local);
					}
				}
				code.remove(statement.start, statement.end);
				break;
			case "ExportDefaultDeclaration": {
				const value: Node = statement.declaration;
				if ((value.type === "FunctionDeclaration" || value.type === "ClassDeclaration") && value.id) {
					this.#export("default", value.id.name);
					code.remove(statement.start, value.start);
				} else {
					this.#export("default", `${this.#prefix}default.default`);
					code.overwrite(statement.start, value.start, `const ${this.#prefix}default = { default: `);
					code.appendRight(value.end, " }");
					// A function without a name had no need of a semicolon.
					if (value.end === statement.end) code.appendRight(value.end, ";");
				}
				break;
			}
		}
	}

	#require(specifier: string): string {
		const module = `${this.#prefix}${this.#modules++}`;
		const from = mappedFile(specifier, this.paths) ?? specifier;
		this.#head.push(`const ${module} = ${this.#prefix}.interop(require(${JSON.stringify(from)}));`);
		return module;
	}

	#export(name: string, value: string): void {
		this.#head.unshift(
			`Object.defineProperty(exports, ${JSON.stringify(name)}, { enumerable: true, configurable: true, get: () => ${value} });`,
		);
	}
}

/** `interop` gives `{module, default, namespace}`: of what `require` gave, its default export, and all as a namespace. */
function member(module: string, name: string): string {
	if (name === "*") return `${module}.namespace`;
	return name === "default" ? `${module}.default` : `${module}.module[${JSON.stringify(name)}]`;
}

function nameOf(node: Node): string {
	return node.name ?? node.value;
}

function declaredNames(declaration: Node): string[] {
	const found = scan({ type: "Program", start: 0, end: 0, body: [declaration] });
	return [...found.declared.keys()];
}
