import Module from "node:module";
import { join } from "node:path";
import vm from "node:vm";
import type { CompiledCell } from "../../requests/contract";
import { ModuleLoader } from "../modules";
import { Scope, scopeSymbol } from "../scope";
import { cellHead } from "./protocol";

type CellFunction = (
	exports: object,
	require: NodeJS.Require,
	module: NodeJS.Module,
	file: string,
	folder: string,
) => unknown;

/** Runs compiled cells over one set of variables, in modules resolved from `folder`. */
export class Executor {
	readonly #folder: string;
	readonly #modules: ModuleLoader;
	readonly #exports: Record<PropertyKey, unknown> = {};
	/** What cells find as `module`: the main one, as a script's is. */
	readonly #module: NodeJS.Module;
	/** The session's names with their values. */
	readonly names: Record<string, unknown>;
	/** Gives a name of the session, which may be new, a value. */
	readonly declare: (name: string, value: unknown) => void;

	constructor(folder: string) {
		this.#folder = folder;
		this.#modules = new ModuleLoader({ folder, packageRoot: join(__dirname, "../../../..") });
		this.#modules.install();
		const scope = new Scope(folder, this.#modules);
		this.names = scope.names;
		this.declare = (name, value) => {
			scope.box(name).v = value;
			scope.declared([name]);
		};
		Object.defineProperty(this.#exports, scopeSymbol, { value: scope });
		this.#module = Object.assign(new Module(scope.meta.filename), {
			exports: this.#exports,
			filename: scope.meta.filename,
			paths: this.#modules.require.resolve.paths("package") ?? [],
		});
		this.#modules.require.main = this.#module;
	}

	/** Loads the engine before a cell that imports it is there. */
	loadEngine(): void {
		try {
			this.#modules.load("gradbook");
		} catch {
			// It throws once more for the cell, whose error it is.
		}
	}

	/** Modules whose loading was terminated are loaded anew when they are asked for again. */
	forgetUnfinished(): void {
		this.#modules.forgetUnfinished();
	}

	/**
	 * The value of the cell's last expression, of a promise what it gives. Throws what the cell throws. The promise never
	 * settles when the cell's JavaScript is terminated.
	 */
	async run(cell: CompiledCell): Promise<{ value: unknown }> {
		// Not as a method of ours: stack traces would name this class.
		const code = compile(cell);
		await code(this.#exports, this.#modules.require, this.#module, this.#module.filename, this.#folder);
		if (cell.lastExpression === undefined) return { value: undefined };
		const value = this.#exports[cell.lastExpression];
		delete this.#exports[cell.lastExpression];
		return { value: isPromise(value) ? await value : value };
	}
}

/** Looking at a value may throw (a proxy's traps do): then it is no promise, and the cell has not failed. */
function isPromise(value: unknown): boolean {
	try {
		return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
	} catch {
		return false;
	}
}

function compile(cell: CompiledCell): CellFunction {
	const head = cellHead(cell);
	const script = new vm.Script(`${head}${cell.code}\n})`, {
		filename: cell.file,
		// So that the first line of the body keeps its columns.
		columnOffset: -head.length,
		importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
	});
	return script.runInThisContext() as CellFunction;
}
