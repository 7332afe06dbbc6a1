import Module, { createRequire } from "node:module";
import { join } from "node:path";
import vm from "node:vm";
import type { CompiledCell } from "../../requests/contract";
import { ModuleLoader } from "../modules";
import { Scope, scopeSymbol } from "../scope";

/** What tslab's executor is, as far as it is used here. */
interface TslabExecutor {
	execute(source: string): Promise<boolean>;
	/** The notebook's variables. */
	readonly locals: Record<string, unknown>;
	/** Gives up waiting for the cell's promise. */
	interrupt(): void;
}

/** Whatever tslab would have shown of a cell. */
interface Sink {
	log(value: unknown): void;
	error(error: unknown): void;
}

interface Conversion {
	diagnostics: never[];
	output: string;
	hasToplevelAwait: boolean;
	lastExpressionVar?: string;
	declOutput: string;
}

type CellFunction = (exports: object, require: NodeJS.Require) => unknown;

/** Runs compiled cells over one set of variables, in modules resolved from `folder`. */
export class Executor {
	readonly #tslab: TslabExecutor;
	/** The cell on its way through tslab's executor. */
	#cell: CompiledCell | undefined;
	#code: CellFunction | undefined;
	#sink: Sink | undefined;

	constructor(folder: string) {
		const modules = new ModuleLoader({ folder, packageRoot: join(__dirname, "../../../..") });
		modules.install();
		const scope = new Scope(folder, modules);
		const converter = { convert: () => this.#convert(), close() {} };
		this.#tslab = loadTslab().createExecutor(
			folder,
			{ node: converter, browser: converter, close() {} },
			{ log: (value) => this.#sink?.log(value), error: (error) => this.#sink?.error(error) },
		);
		// tslab's executor evaluates text. The text that it gets calls the function that was compiled here, under the
		// cell's own file name and with the coordinates of its source map.
		Object.defineProperty(globalThis, callCell, {
			value: (exports: Record<PropertyKey, unknown>) => {
				exports[scopeSymbol] = scope;
				// Not as a method of ours: stack traces would name this class.
				const code = this.#code;
				return code?.(exports, modules.require);
			},
		});
	}

	get variables(): Record<string, unknown> {
		return this.#tslab.locals;
	}

	/**
	 * The value of the cell's last expression. Throws what the cell throws. The promise never settles when the cell's
	 * JavaScript is terminated.
	 */
	async run(cell: CompiledCell): Promise<unknown> {
		let value: unknown;
		let thrown: { error: unknown } | undefined;
		this.#cell = cell;
		this.#code = compile(cell);
		this.#sink = {
			log: (shown) => {
				value = shown;
			},
			error: (error) => {
				thrown = { error };
			},
		};
		await this.#tslab.execute(cell.source);
		if (thrown !== undefined) throw thrown.error;
		if (cell.lastExpression !== undefined && Object.hasOwn(this.variables, cell.lastExpression)) {
			// tslab shows no null and leaves it behind.
			value = this.variables[cell.lastExpression];
			delete this.variables[cell.lastExpression];
		}
		return value;
	}

	/** Ends the wait for a cell's promise with an error. */
	giveUp(): void {
		this.#tslab.interrupt();
	}

	#convert(): Conversion {
		const cell = this.#cell!;
		return {
			diagnostics: [],
			output: `return globalThis[Symbol.for(${JSON.stringify(callCell.description)})](exports);`,
			hasToplevelAwait: cell.hasTopLevelAwait,
			lastExpressionVar: cell.lastExpression,
			declOutput: "",
		};
	}
}

const callCell = Symbol.for("gradbook.callCell");

function compile(cell: CompiledCell): CellFunction {
	const head = `(${cell.hasTopLevelAwait ? "async " : ""}function (exports, require) {`;
	const script = new vm.Script(`${head}${cell.code}\n})`, {
		filename: cell.file,
		// So that the first line of the body keeps its columns.
		columnOffset: -head.length,
		importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
	});
	return script.runInThisContext() as CellFunction;
}

/**
 * tslab's executor without its compiler. It asks metadata.js for a cell's tags, and metadata.js loads TypeScript 5:
 * 0.8 s and 300 MB for what our own compiler has settled before.
 */
function loadTslab(): { createExecutor(folder: string, converters: object, console: Sink): TslabExecutor } {
	const require = createRequire(__filename);
	const file = require.resolve("tslab/dist/metadata");
	if (require.cache[file] === undefined) {
		const standIn = new Module(file);
		standIn.filename = file;
		standIn.exports = { getCodeMetadata: () => ({}) };
		standIn.loaded = true;
		require.cache[file] = standIn;
	}
	return require("tslab/dist/executor");
}
