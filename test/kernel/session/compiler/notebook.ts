import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import vm from "node:vm";
import type { CellCompiler, CellError, CompiledCell } from "../../../../dist/kernel/requests/contract";
import { createCompiler } from "../../../../dist/kernel/session/compiler";
import { joinMaps, lower } from "../../../../dist/kernel/session/compiler/lower";
import { scan } from "../../../../dist/kernel/session/compiler/scan";
import { parse } from "../../../../dist/kernel/session/compiler/syntax";
import { transformCell } from "../../../../dist/kernel/session/compiler/transform";
import { ModuleLoader } from "../../../../dist/kernel/session/modules";
import { Scope, scopeSymbol } from "../../../../dist/kernel/session/scope";

/** A notebook without Jupyter: cells compiled and run in this process, as the kernel's two threads would. */

export const packageRoot = resolve(__dirname, "../../../..");

/** A folder of its own with these files in it, by relative path. Removed by `done`. */
export function folderWith(files: Record<string, string> = {}): {
	folder: string;
	write(name: string, text: string): void;
	done(): void;
} {
	const folder = mkdtempSync(join(tmpdir(), "gradbook-cells-"));
	const write = (name: string, text: string): void => {
		const file = join(folder, name);
		mkdirSync(dirname(file), { recursive: true });
		writeFileSync(file, text);
	};
	for (const [name, text] of Object.entries(files)) write(name, text);
	return { folder, write, done: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Runs compiled cells: the main thread's part. */
export class Runner {
	readonly cells = new Map<string, CompiledCell>();
	readonly scope: Scope;
	readonly #modules: ModuleLoader;
	readonly #exports: Record<PropertyKey, unknown> = {};

	constructor(folder: string) {
		this.#modules = new ModuleLoader({ folder, packageRoot });
		this.#modules.install();
		this.scope = new Scope(folder, this.#modules);
		this.#exports[scopeSymbol] = this.scope;
	}

	/** The value of the last expression. Throws what the cell throws. */
	async run(cell: CompiledCell): Promise<unknown> {
		this.cells.set(cell.file, cell);
		const start = cell.hasTopLevelAwait ? "(async function (exports, require) {" : "(function (exports, require) {";
		const body = vm.runInThisContext(`${start} ${cell.code}\n})`, { filename: cell.file });
		await body(this.#exports, this.#modules.require);
		return cell.lastExpression === undefined ? undefined : this.#exports[cell.lastExpression];
	}

	close(): void {
		this.#modules.uninstall();
	}
}

/** A session with the real language server. */
export class Notebook {
	readonly compiler: CellCompiler;
	readonly runner: Runner;
	readonly log: string[] = [];
	#count = 0;

	constructor(folder: string) {
		this.compiler = createCompiler({ folder, packageRoot, log: (line) => this.log.push(line) });
		this.runner = new Runner(folder);
	}

	get cells(): Map<string, CompiledCell> {
		return this.runner.cells;
	}

	/** Compiles and runs; fails where the cell has errors. */
	async run(source: string, { remember = true } = {}): Promise<unknown> {
		const outcome = await this.compiler.compile(source, { executionCount: ++this.#count, remember });
		if (outcome.status === "error") throw new Error(`the cell does not compile: ${plain(outcome.error.traceback)}`);
		if (outcome.status === "stopped") throw new Error("nobody has stopped the cell");
		return this.runner.run(outcome.cell);
	}

	/** The error that the cell has before it runs; undefined where it has none. */
	async check(source: string): Promise<CellError | undefined> {
		const outcome = await this.compiler.compile(source, { executionCount: ++this.#count, remember: true });
		return outcome.status === "error" ? outcome.error : undefined;
	}

	/** What the cell throws while it runs. */
	async thrown(source: string): Promise<unknown> {
		try {
			await this.run(source);
		} catch (error) {
			return error;
		}
		throw new Error("the cell did not throw");
	}

	async close(): Promise<void> {
		this.runner.close();
		await this.compiler.close();
	}
}

/** Lines without colours, joined. */
export function plain(lines: string[]): string {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: ANSI colours are control characters
	return lines.join("\n").replace(/\u001b\[\d+m/g, "");
}

/** Cells transformed and lowered without a type check, for what only the code matters. */
export class UncheckedNotebook {
	readonly runner: Runner;
	readonly #known = new Set<string>();
	#count = 0;

	constructor(
		folder: string,
		readonly options: { legacyDecorators?: boolean } = {},
	) {
		this.runner = new Runner(folder);
	}

	compile(source: string, remember = true): CompiledCell {
		const parsed = parse(source);
		if (parsed.problems.length > 0) throw new SyntaxError(parsed.problems[0]!.message);
		const found = scan(parsed.program);
		const transformed = transformCell(source, parsed.program, found, { known: this.#known, remember });
		const file = `cell-${++this.#count}.ts`;
		const lowered = lower(transformed.code.toString(), file, { ...this.options, decorators: transformed.decorators });
		const helpers = lowered.usesHelpers ? 'const babelHelpers = exports[Symbol.for("gradbook.scope")].helpers; ' : "";
		if (remember)
			for (const [name, kind] of found.declared) if (kind !== "type" && kind !== "ambient") this.#known.add(name);
		const map = transformed.code.generateMap({ hires: "boundary", source: file });
		return {
			file,
			executionCount: this.#count,
			source,
			code: `"use strict"; ${helpers}${lowered.code}`,
			sourceMap: joinMaps([...lowered.maps, map], file),
			hasTopLevelAwait: transformed.hasTopLevelAwait,
			lastExpression: transformed.lastExpression ? "$last" : undefined,
			declares: [...found.declared.keys()],
		};
	}

	run(source: string, remember = true): Promise<unknown> {
		return this.runner.run(this.compile(source, remember));
	}

	close(): void {
		this.runner.close();
	}
}
