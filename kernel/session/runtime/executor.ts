import { join } from "node:path";
import vm from "node:vm";
import type { CompiledCell } from "../../requests/contract";
import { ModuleLoader } from "../modules";
import { Scope, scopeSymbol } from "../scope";

type CellFunction = (exports: object, require: NodeJS.Require, folder: string) => unknown;

/** Runs compiled cells over one set of variables, in modules resolved from `folder`. */
export class Executor {
	readonly #folder: string;
	readonly #modules: ModuleLoader;
	readonly #exports: Record<PropertyKey, unknown>;
	/** The session's names with their values. */
	readonly names: Readonly<Record<string, unknown>>;

	constructor(folder: string) {
		this.#folder = folder;
		this.#modules = new ModuleLoader({ folder, packageRoot: join(__dirname, "../../../..") });
		this.#modules.install();
		const scope = new Scope(folder, this.#modules);
		this.names = scope.names;
		this.#exports = { [scopeSymbol]: scope };
	}

	/**
	 * The value of the cell's last expression. Throws what the cell throws. The promise never settles when the cell's
	 * JavaScript is terminated.
	 */
	async run(cell: CompiledCell): Promise<unknown> {
		// Not as a method of ours: stack traces would name this class.
		const code = compile(cell);
		await code(this.#exports, this.#modules.require, this.#folder);
		if (cell.lastExpression === undefined) return undefined;
		const value = this.#exports[cell.lastExpression];
		delete this.#exports[cell.lastExpression];
		return value;
	}
}

function compile(cell: CompiledCell): CellFunction {
	const head = `(${cell.hasTopLevelAwait ? "async " : ""}function (exports, require, __dirname) {`;
	const script = new vm.Script(`${head}${cell.code}\n})`, {
		filename: cell.file,
		// So that the first line of the body keeps its columns.
		columnOffset: -head.length,
		importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
	});
	return script.runInThisContext() as CellFunction;
}
