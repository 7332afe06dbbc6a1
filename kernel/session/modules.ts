import { existsSync, readFileSync, statSync } from "node:fs";
import Module, { createRequire, isBuiltin } from "node:module";
import { dirname, extname, join, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import vm from "node:vm";
import type { ModuleOptions } from "./compiler/module";
import { helpers } from "./helpers";
import { defaultOf, isEsModule, PendingModule } from "./interop";
import { unlessStopped } from "./runtime/run-output";
import { moduleSourceMaps } from "./sourceMaps";

/*
 * How the modules of a notebook are found and loaded on the main thread: npm packages beside the notebook, our own
 * package from anywhere, local TypeScript and JavaScript (compiled here, and read again when a file has changed), JSON,
 * module cells, and ES modules that `require` cannot load.
 */

/** Node's CommonJS loader, where it can be extended. Old, documented in part, and the same in Node 18 to 24. */
interface LoaderInternals {
	_resolveFilename(request: string, parent: unknown, ...rest: unknown[]): string;
	_extensions: Record<string, (module: LoadedModule, file: string) => void>;
	_cache: Record<string, LoadedModule>;
}

interface LoadedModule {
	_compile(code: string, file: string): void;
	children: LoadedModule[];
	loaded: boolean;
	filename: string | null;
	exports: unknown;
}

const loader = Module as unknown as LoaderInternals;

const localExtensions = [".ts", ".tsx", ".mts", ".cts"];

export interface ModuleLoaderOptions {
	/** The notebook's folder: relative imports and npm packages are looked for from here. */
	folder: string;
	/** The folder of our package.json. */
	packageRoot: string;
}

/** Codes of errors after which `import()` may still succeed. */
const importable = new Set([
	"ERR_REQUIRE_ASYNC_MODULE",
	"ERR_REQUIRE_ESM",
	"ERR_PACKAGE_PATH_NOT_EXPORTED",
	"ERR_REQUIRE_CYCLE_MODULE",
]);

export class ModuleLoader {
	readonly folder: string;
	/** `require` as the notebook's folder sees it. */
	readonly require: NodeJS.Require;
	readonly #packageRoot: string;
	readonly #tslab: string;
	#options: ModuleOptions | undefined;
	#importHere: ((specifier: string) => Promise<unknown>) | undefined;
	readonly #cells = new Map<string, { code: string; sourceMap: string }>();
	/** Size and time of change that a local file had when it was loaded. */
	readonly #stamps = new Map<string, string>();
	readonly #namespaces = new WeakMap<object, object>();
	#uninstall: (() => void) | undefined;

	constructor(options: ModuleLoaderOptions) {
		this.folder = options.folder;
		this.#packageRoot = options.packageRoot;
		// Our own of that name: tslab's loads TypeScript 5 and shows what it shows on sockets that are not there.
		this.#tslab = join(__dirname, "runtime/tslab.js");
		this.require = createRequire(join(options.folder, "notebook.js"));
	}

	/** Teaches Node's loader local TypeScript and the names of our package. Undone by `uninstall`. */
	install(): void {
		if (this.#uninstall !== undefined) return;
		const { _resolveFilename: resolveFilename } = loader;
		const extensions = { ...loader._extensions };
		const javascript = extensions[".js"]!;
		loader._resolveFilename = (request, parent, ...rest) => this.#resolve(request, parent, rest, resolveFilename);
		for (const extension of localExtensions)
			loader._extensions[extension] = (module, file) => this.#compile(module, file);
		for (const extension of [".js", ".mjs", ".jsx"]) {
			loader._extensions[extension] = (module, file) => {
				if (this.#isLocal(file) && isEsSource(file)) this.#compile(module, file);
				else (extensions[extension] ?? javascript)(module, file);
			};
		}
		const shared = globalThis as Record<symbol, unknown>;
		const runtime = Symbol.for("gradbook.modules");
		const before = shared[runtime];
		shared[runtime] = {
			helpers,
			on: unlessStopped,
			interop: (module: unknown) => new Interop(module, this),
			exportAll,
			meta: (file: string) => ({ url: pathToFileURL(file).href, filename: file, dirname: dirname(file) }),
			import: async (file: string, specifier: unknown) => {
				const loaded = this.load(String(specifier), createRequire(file));
				return this.namespace(loaded instanceof PendingModule ? await loaded.module : loaded);
			},
		};
		this.#uninstall = () => {
			loader._resolveFilename = resolveFilename;
			for (const extension of Object.keys(loader._extensions)) {
				if (extensions[extension] === undefined) delete loader._extensions[extension];
				else loader._extensions[extension] = extensions[extension]!;
			}
			shared[runtime] = before;
		};
	}

	uninstall(): void {
		this.#uninstall?.();
		this.#uninstall = undefined;
	}

	/** The module; a `PendingModule` where only `import()` can load it. */
	load(specifier: string, from: NodeJS.Require = this.require): unknown {
		const request = specifier.startsWith("file:") ? fileURLToPath(specifier) : specifier;
		try {
			if (!isBuiltin(request)) this.#forgetChanged(from.resolve(request));
			return from(request);
		} catch (error) {
			const code = (error as { code?: unknown } | undefined)?.code;
			if (typeof code === "string" && importable.has(code)) return new PendingModule(this.#import(specifier));
			throw error;
		}
	}

	/** `import()` as a module in the notebook's folder would do it. */
	#import(specifier: string): Promise<unknown> {
		this.#importHere ??= quietly(() =>
			new vm.Script("(specifier) => import(specifier)", {
				filename: join(this.folder, "notebook.js"),
				importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
			}).runInThisContext(),
		);
		return quietly(() => this.#importHere!(specifier));
	}

	resolveUrl(specifier: string): string {
		if (isBuiltin(specifier)) return specifier.startsWith("node:") ? specifier : `node:${specifier}`;
		return pathToFileURL(this.require.resolve(specifier)).href;
	}

	/** A module cell: `file` is where it would stand beside the notebook. Replaces the one of that name. */
	define(file: string, code: string, sourceMap: string): void {
		this.#cells.set(file, { code, sourceMap });
		this.#stamps.delete(file);
		this.#forget(new Set([file]));
	}

	/** A namespace object of any module, as `import * as` gives. */
	namespace(module: unknown): unknown {
		if (isEsModule(module) || module === null || (typeof module !== "object" && typeof module !== "function"))
			return module;
		let made = this.#namespaces.get(module);
		if (made === undefined) {
			made = {};
			for (const name of Object.keys(module)) {
				if (name !== "default")
					Object.defineProperty(made, name, { enumerable: true, get: () => (module as Record<string, unknown>)[name] });
			}
			Object.defineProperty(made, "default", { enumerable: true, value: module });
			this.#namespaces.set(module, made);
		}
		return made;
	}

	#resolve(request: string, parent: unknown, rest: unknown[], next: LoaderInternals["_resolveFilename"]): string {
		if (request === "gradbook" || request.startsWith("gradbook/")) return ownPackageFile(this.#packageRoot, request);
		if (request === "tslab") return this.#tslab;
		const base = (parent as { filename?: string | null } | undefined)?.filename;
		if (/^\.{0,2}[\\/]/.test(request) && base && this.#isLocal(base)) {
			const path = resolve(dirname(base), request);
			for (const candidate of [path, ...localExtensions.map((extension) => path + extension)])
				if (this.#cells.has(candidate)) return candidate;
			try {
				return next.call(loader, request, parent, ...rest);
			} catch (error) {
				// TypeScript's own habit: "./model.js" means model.ts.
				const source = path.replace(/\.([cm]?)js(x?)$/, ".$1ts$2");
				if (source !== path && existsSync(source)) return source;
				throw error;
			}
		}
		return next.call(loader, request, parent, ...rest);
	}

	#isLocal(file: string): boolean {
		return !file.includes(`${sep}node_modules${sep}`) && !file.startsWith(join(this.#packageRoot, "dist") + sep);
	}

	#compile(module: LoadedModule, file: string): void {
		const cell = this.#cells.get(file);
		if (cell !== undefined) {
			moduleSourceMaps.set(file, cell.sourceMap);
			module._compile(cell.code, file);
			return;
		}
		this.#stamps.set(file, stamp(file));
		// Loaded when the first local module is: the compiler is no part of this thread otherwise.
		const { compileModule } = require("./compiler/module") as typeof import("./compiler/module");
		const { readUserConfig } = require("./compiler/userConfig") as typeof import("./compiler/userConfig");
		// What cannot be read in it the cells' compiler has said.
		this.#options ??= readUserConfig(this.folder, () => undefined);
		const { code, sourceMap } = compileModule(readFileSync(file, "utf8"), file, this.#options);
		moduleSourceMaps.set(file, sourceMap);
		module._compile(code, file);
	}

	/**
	 * Takes modules that have not come to their end out of Node's cache. Called when nothing is being loaded: it was terminated, and
	 * whoever required such a module once more would be given what it had exported until then.
	 */
	forgetUnfinished(): void {
		for (const [file, module] of Object.entries(loader._cache)) if (!module.loaded) delete loader._cache[file];
	}

	/** Makes Node load again what has changed on disk among `file` and the local modules below it. */
	#forgetChanged(file: string): void {
		const root = loader._cache[file];
		if (root === undefined || !this.#isLocal(file)) return;
		const changed = new Set<string>();
		const seen = new Set<LoadedModule>();
		const look = (module: LoadedModule): void => {
			const name = module.filename;
			if (seen.has(module) || name === null || !this.#isLocal(name)) return;
			seen.add(module);
			if (!this.#cells.has(name)) {
				const now = stamp(name);
				const before = this.#stamps.get(name);
				if (before === undefined) this.#stamps.set(name, now);
				else if (before !== now) changed.add(name);
			}
			for (const child of module.children) look(child);
		};
		look(root);
		if (changed.size > 0) this.#forget(changed);
	}

	/** Takes these files, and the local modules that import them, out of Node's cache. */
	#forget(files: Set<string>): void {
		for (let grown = true; grown; ) {
			grown = false;
			for (const [file, module] of Object.entries(loader._cache)) {
				if (files.has(file) || !this.#isLocal(file)) continue;
				if (module.children.some((child) => child.filename !== null && files.has(child.filename))) {
					files.add(file);
					grown = true;
				}
			}
		}
		for (const file of files) {
			delete loader._cache[file];
			this.#stamps.delete(file);
		}
	}
}

/** What `require` gave, for compiled modules: as it is, its default export, all of it. */
class Interop {
	readonly #loader: ModuleLoader;

	constructor(
		readonly module: unknown,
		loader: ModuleLoader,
	) {
		this.#loader = loader;
	}

	get default(): unknown {
		return defaultOf(this.module);
	}

	get namespace(): unknown {
		return this.#loader.namespace(this.module);
	}
}

/** `export * from`: all names but the default, as long as the module has not its own of that name. */
function exportAll(target: object, module: unknown): void {
	if (typeof module !== "object" && typeof module !== "function") return;
	for (const name of Object.keys(module as object)) {
		if (name === "default" || Object.hasOwn(target, name)) continue;
		Object.defineProperty(target, name, {
			enumerable: true,
			configurable: true,
			get: () => (module as Record<string, unknown>)[name],
		});
	}
}

/** Without the warning that what is used here is experimental: a reader of a notebook cannot do anything about it. */
function quietly<T>(body: () => T): T {
	const { emitWarning } = process;
	process.emitWarning = () => undefined;
	try {
		return body();
	} finally {
		process.emitWarning = emitWarning;
	}
}

function stamp(file: string): string {
	const status = statSync(file, { throwIfNoEntry: false });
	return status === undefined ? "missing" : `${status.mtimeMs} ${status.size}`;
}

function isEsSource(file: string): boolean {
	if (extname(file) === ".mjs") return true;
	// Only what may be a module is parsed: an `import` or `export` at the start of a line.
	const source = readFileSync(file, "utf8");
	if (!/^\s*(import|export)\b/m.test(source)) return false;
	const { parse } = require("./compiler/syntax") as typeof import("./compiler/syntax");
	return parse(source, "js").program.body.some((one: { type: string }) =>
		/^(Import|Export)\w*Declaration$/.test(one.type),
	);
}

const ownExports = new Map<string, string>();

/** The file of `gradbook/…` by the `exports` of our own package.json. */
function ownPackageFile(root: string, request: string): string {
	if (ownExports.size === 0) {
		const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
			exports: Record<string, { default: string } | string>;
		};
		for (const [name, target] of Object.entries(exports)) {
			ownExports.set(`gradbook${name.slice(1)}`, typeof target === "string" ? target : target.default);
		}
	}
	const target = ownExports.get(request);
	if (target === undefined) {
		throw Object.assign(
			new Error(`Cannot find module '${request}': gradbook has ${[...ownExports.keys()].join(", ")}.`),
			{ code: "MODULE_NOT_FOUND" },
		);
	}
	return join(root, target);
}
