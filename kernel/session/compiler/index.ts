/*
 * The compiler of a session's cells. Runs on the transport thread.
 *
 * What the main thread provides for the cells that come out of it:
 *
 *     const modules = new ModuleLoader({ folder, packageRoot });      // kernel/session/modules.ts
 *     modules.install();
 *     const scope = new Scope(folder, modules);                       // kernel/session/scope.ts
 *     exports[scopeSymbol] = scope;                                   // any object, tslab's Proxy too
 *     run `(async) function (exports, require) {` + cell.code with it and modules.require
 *
 * Names live in the scope, not in `exports`: `scope.names` is an object of all of them. The value of the last expression
 * is the property `cell.lastExpression` of `exports`. Import() and require() work without the module loader of `vm`.
 */

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { MimeBundle } from "../../display/mime";
import type {
	CellCompiler,
	CellDraft,
	CellError,
	CompiledCell,
	CompileOptions,
	CompileOutcome,
	Completeness,
	Completion,
	Page,
} from "../../requests/contract";
import { codePointsBefore, normalizeLines, offsetOfCursor, offsetOfPlace, placeOfOffset } from "../text";
import { advised } from "./advice";
import { completenessOf } from "./completeness";
import { hasValue } from "./declarations";
import { aboutDeclaring, aboutJsx, type Problem, problemsError, problemsOf } from "./diagnostics";
import { completeCell, type EditedCell, objectBefore, pathAt } from "./editing";
import { declaredWhileTyping, guessDeclared, leadingPragmas } from "./guesses";
import { callAt, exporterOf, inspectCell, optionsAt } from "./inspection";
import { installedSince, LocalFiles } from "./localFiles";
import { joinMaps, lower } from "./lower";
import type { PlacedMagic } from "./magicCalls";
import { completeFile, completeMagic, magicAt, readMagics } from "./magics";
import { compileModule } from "./module";
import { type ModuleCell, moduleCell, moduleFile } from "./moduleCell";
import { SessionNames, wordsOf } from "./names";
import { objectCell } from "./objectCell";
import { makeProject, type Project } from "./project";
import { aboutPython } from "./python";
import { type Scan, scan } from "./scan";
import { Cancelled, type Diagnostic, LanguageServer } from "./server";
import { importsOf, type Parsed, parse } from "./syntax";
import { lastExpressionName, transformCell } from "./transform";
import { UnsupportedInCell } from "./unsupported";
import { mappedFile } from "./userConfig";

/** How long after a start the first completion is prepared, in milliseconds. */
const completionAfterMs = 400;

export interface CompilerOptions {
	/** The notebook's folder: what cells import relative to. Need not be writable. */
	folder: string;
	/** The folder of our package.json. */
	packageRoot: string;
	/** One line for the kernel's log. */
	log(line: string): void;
}

/** Starts the language server at once; the first cell finds it warm. */
export function createCompiler(options: CompilerOptions): CellCompiler {
	return new Compiler(options);
}

class Compiler implements CellCompiler {
	readonly #options: CompilerOptions;
	readonly #prefix = `gradbook-${process.pid.toString(36)}${randomBytes(3).toString("hex")}`;
	readonly #documents = {
		check: `${this.#prefix}-check.ts`,
		edit: `${this.#prefix}-edit.ts`,
		hub: `${this.#prefix}-hub.ts`,
	};
	#names = new SessionNames(this.#documents.hub);
	readonly #project: Project;
	readonly #server: LanguageServer;
	readonly #files = new Set<string>();
	readonly #localFiles = new LocalFiles();
	#kept = 0;
	#compiled = 0;
	#closed = false;
	/** Cells are compiled one after another. */
	#turn: Promise<unknown> = Promise.resolve();
	#editing: Promise<unknown> = Promise.resolve();
	/** Names that cells declare which were refused, and these cells' numbers. */
	readonly #refused = new Map<string, number>();

	constructor(options: CompilerOptions) {
		this.#options = options;
		const { folder, packageRoot, log } = options;
		const { check, edit, hub } = this.#documents;
		this.#project = makeProject({ folder, packageRoot, prefix: this.#prefix, roots: [hub, check, edit], log });
		this.#server = new LanguageServer({ folder, packageRoot, configName: this.#project.configName, log });
		const { first, last } = this.#project;
		for (const { name, text, language } of first) this.#server.put(name, text, language);
		this.#server.put(hub, this.#names.hub());
		for (const name of [check, edit]) this.#server.put(name, this.#names.prelude(new Set()));
		for (const { name, text, language } of last) this.#server.put(name, text, language);
		this.#warmUp().catch((error: Error) => {
			if (!this.#closed) log(`TypeScript: ${error.message}`);
		});
	}

	async #warmUp(): Promise<void> {
		await this.#server.start();
		await this.#server.ask("textDocument/diagnostic", this.#documents.check);
		// Whoever runs a cell at once comes first; nobody asks for a completion in the first moments.
		await new Promise((resolve) => setTimeout(resolve, completionAfterMs).unref());
		if (this.#closed) return;
		await this.#server.ask("textDocument/completion", this.#documents.edit, { position: { line: 0, character: 0 } });
	}

	compile(source: string, options: CompileOptions): Promise<CompileOutcome> {
		const outcome = this.#turn
			.then(() => this.#compile(source, options))
			.catch((error: unknown) => {
				if (error instanceof Cancelled) return { status: "stopped" } as const;
				throw error;
			});
		this.#turn = outcome.catch(() => undefined);
		return outcome;
	}

	async #compile(source: string, { executionCount, remember, stop, imports }: CompileOptions): Promise<CompileOutcome> {
		// A `#!` line is a comment only at the very start, where our own line comes to stand.
		const written = normalizeLines(source).replace(/^#!/, "//");
		const changes = this.#localFiles.look(written, this.#options.folder);
		if (changes.length > 0) this.#server.filesChanged(changes);
		const module = moduleCell(written);
		if (module !== undefined) return this.#compileModule(module, source, written, { executionCount, stop });
		const { text, found: read, problem } = this.#magics(written);
		const fail = (problems: Problem[]): CompileOutcome => ({
			status: "error",
			error: problemsError(problems, source, executionCount),
		});
		if (problem !== undefined) return fail([problemAt(text, problem)]);
		const { magics, pages } = await this.#pages(read);
		// What `%reset` forgets is forgotten when the cell runs, not when it turns out to be wrong.
		const reset = magics.some(({ kind }) => kind === "reset");
		const names = reset ? new SessionNames(this.#documents.hub) : this.#names;
		const object = read.length === 0 ? objectCell(text) : undefined;
		const parsed = object ?? parse(text);
		if (parsed.hopeless) return fail(parsed.problems.map((problem) => problemAt(text, problem)));
		let found: Scan | undefined;
		let cell: CompiledCell | UnsupportedInCell | undefined;
		let failure: Error | undefined;
		let checked: Promise<Problem[]> | undefined;
		try {
			if (parsed.problems.length === 0) found = scan(parsed.program);
			checked = this.#check(text, found, names, stop, object !== undefined);
			imports?.(importsOf(parsed.program));
			// Beside the check, which another process does.
			if (found !== undefined) cell = this.#emit(text, parsed, found, { executionCount, remember, names, magics });
		} catch (error) {
			if (error instanceof UnsupportedInCell) cell = error;
			else failure = error as Error;
		}
		let problems: Problem[];
		try {
			problems = await (checked ?? this.#check(text, found, names, stop));
		} catch (error) {
			if (error instanceof Cancelled) throw error;
			return { status: "error", error: checkFailed(error as Error) };
		}
		if (cell instanceof UnsupportedInCell) problems.unshift(problemAt(text, cell));
		if (problems.length === 0) problems.push(...parsed.problems.map((problem) => problemAt(text, problem)));
		if (problems.length === 0 && failure !== undefined) {
			// A mistake of ours, or a cell deeper than the stack: the session goes on.
			this.#options.log(`compiler: ${failure.stack}`);
			const message = `The cell cannot be compiled: ${failure.message}`;
			problems.push(problemAt(text, { message, start: 0, end: 0 }));
		}
		if (problems.length > 0) {
			for (const name of found?.declared.keys() ?? guessDeclared(text)) this.#refused.set(name, executionCount);
			const told = aboutPython(aboutDeclaring(aboutJsx(problems, text), text), text);
			return fail(await this.#advised(told, problems, text));
		}
		const compiled = cell as CompiledCell;
		if (stop?.aborted) throw new Cancelled();
		if (reset) this.#forget(names);
		if (remember && (found!.declared.size > 0 || found!.augments)) this.#keep(text, found!);
		for (const name of found!.declared.keys()) this.#refused.delete(name);
		return { status: "ok", cell: { ...compiled, source }, pages };
	}

	/** What nothing else was said of gets the advice that the session can give. */
	async #advised(told: Problem[], problems: Problem[], text: string): Promise<Problem[]> {
		const untold = told.filter((problem, index) => problem === problems[index]);
		if (untold.length === 0) return told;
		const ask = <T>(answer: (cell: EditedCell) => Promise<T>) =>
			this.#edit(text, 0, answer).catch((error: Error) => {
				// The error as it is says enough.
				this.#options.log(`TypeScript: ${error.message}`);
				return undefined;
			});
		const better = await advised(untold, text, {
			refused: this.#refused,
			optionsAt: (offset) => ask((cell) => optionsAt(this.#server, cell, offset)),
			callAt: (offset, any) => ask((cell) => callAt(this.#server, cell, offset, any)),
			exporterOf: (name) => ask((cell) => exporterOf(this.#server, cell, name)),
		});
		return told.map((problem) => better[untold.indexOf(problem)] ?? problem);
	}

	/** A word that is a name here begins an expression, not a command of the shell. */
	#magics(text: string) {
		const declared = guessDeclared(text);
		return readMagics(text, (word) => declared.has(word) || this.#names.has(word) || word in globalThis);
	}

	/** What `name?` shows, and the magics with what is to be printed of the names that are not there. */
	async #pages(found: PlacedMagic[]): Promise<{ magics: PlacedMagic[]; pages: Page[] }> {
		const pages: Page[] = [];
		const magics: PlacedMagic[] = [];
		for (const magic of found) {
			if (magic.kind !== "inspect") {
				magics.push(magic);
				continue;
			}
			const bundle =
				(await this.#help(magic.name, magic.detail)) ?? (await this.#help(`let _: ${magic.name}`, magic.detail));
			if (bundle !== undefined) pages.push({ bundle, value: magic.name.split(".") });
			else magics.push({ ...magic, missing: `There is no ${magic.name} here.` });
		}
		return { magics, pages };
	}

	/** Of what stands at the end of a text. */
	#help(text: string, detail: 0 | 1): Promise<MimeBundle | undefined> {
		return this.inspect(text, codePointsBefore(text, text.length), detail);
	}

	/** Later cells know nothing but these names. */
	#forget(names: SessionNames): void {
		this.#refused.clear();
		const dropped = this.#names.documents();
		names.modules = this.#names.modules;
		this.#names = names;
		this.#server.put(this.#documents.hub, names.hub());
		for (const name of dropped) this.#server.drop(name);
	}

	async #check(
		text: string,
		found: Scan | undefined,
		names: SessionNames,
		stop: AbortSignal | undefined,
		asExpression = false,
	): Promise<Problem[]> {
		const declared = found === undefined ? guessDeclared(text) : new Set(found.declared.keys());
		const head = `${leadingPragmas(text)}${names.prelude(declared, wordsOf(text))}`;
		// Brackets move nothing where they stand in lines of others.
		const below = asExpression ? `(\n${text}\n)` : `\n${text}`;
		const { check } = this.#documents;
		this.#server.put(check, head + below);
		const ask = (): Promise<{ items: Diagnostic[] }> => this.#server.ask("textDocument/diagnostic", check, {}, stop);
		let report = await ask();
		const installed = installedSince(report.items, this.#options.folder);
		if (installed.length > 0) {
			this.#server.filesChanged(installed.map((file) => ({ file, type: "created" })));
			// Where there was no node_modules at all TypeScript looks again only for a document with other imports.
			this.#server.put(check, `${head} import {} from ${JSON.stringify(installed[0])};${below}`);
			report = await ask();
		}
		return problemsOf(report.items, head.split("\n").length, text.split("\n").length, this.#options.log, declared);
	}

	#emit(
		text: string,
		parsed: Parsed,
		found: Scan,
		options: {
			executionCount: number;
			remember: boolean;
			names: SessionNames;
			magics: readonly PlacedMagic[];
			/** Default: a name of its own. */
			file?: string;
		},
	): CompiledCell {
		const { executionCount, remember, names, magics } = options;
		const file = options.file ?? this.#fileName(executionCount);
		// A name of its own: cells may be under way at the same time.
		const result = `${lastExpressionName}${++this.#compiled}`;
		const transformed = transformCell(text, parsed.program, found, {
			known: names.values,
			remember,
			magics,
			result,
			mapped: (specifier) => mappedFile(specifier, this.#project.user.paths),
		});
		const map = transformed.code.generateMap({ hires: "boundary", source: file });
		const lowered = lower(transformed.code.toString(), file, {
			...this.#project.user,
			decorators: transformed.decorators,
		});
		const helpers = lowered.usesHelpers ? 'const babelHelpers = exports[Symbol.for("gradbook.scope")].helpers; ' : "";
		return {
			file,
			executionCount,
			source: text,
			code: `"use strict"; ${helpers}${lowered.code}`,
			sourceMap: joinMaps([...lowered.maps, map], file),
			hasTopLevelAwait: transformed.hasTopLevelAwait,
			lastExpression: transformed.lastExpression ? result : undefined,
			declares: remember ? [...found.declared.keys()].filter((name) => hasValue(found.declared.get(name)!)) : [],
		};
	}

	draft(source: string): CellDraft | undefined {
		const { text, found: read, problem } = this.#magics(normalizeLines(source).replace(/^#!/, "//"));
		const parsed = (read.length === 0 ? objectCell(text) : undefined) ?? parse(text);
		if (problem !== undefined || parsed.hopeless || parsed.problems.length > 0) return undefined;
		const magics = read.filter(({ kind }) => kind !== "inspect");
		try {
			const found = scan(parsed.program);
			return this.#emit(text, parsed, found, {
				file: "draft.ts",
				executionCount: 0,
				remember: true,
				names: this.#names,
				magics,
			});
		} catch (error) {
			if (!(error instanceof UnsupportedInCell)) this.#options.log(`compiler: ${(error as Error).stack}`);
			return undefined;
		}
	}

	/** A module cell: what runs only hands the module to the loader. */
	async #compileModule(
		module: ModuleCell,
		source: string,
		text: string,
		{ executionCount, stop }: Pick<CompileOptions, "executionCount" | "stop">,
	): Promise<CompileOutcome> {
		if (module.browser) {
			const message = "A @browser module has no browser to run in: leave @browser out, or show a page with display().";
			return {
				status: "error",
				error: problemsError(
					[{ code: 0, message, start: { line: 0, column: 0 }, end: { line: 0, column: 0 } }],
					source,
					executionCount,
				),
			};
		}
		const document = moduleFile(module);
		const before = this.#server.text(document);
		this.#server.put(document, text, module.jsx ? "typescriptreact" : "typescript");
		this.#names.modules.add(document);
		this.#server.put(this.#documents.hub, this.#names.hub());
		const stay = () => {
			if (before === undefined) {
				this.#names.modules.delete(document);
				this.#server.put(this.#documents.hub, this.#names.hub());
				this.#server.drop(document);
			} else this.#server.put(document, before);
		};
		let report: { items: Diagnostic[] };
		try {
			report = await this.#server.ask("textDocument/diagnostic", document, {}, stop);
		} catch (error) {
			stay();
			if (error instanceof Cancelled) throw error;
			return { status: "error", error: checkFailed(error as Error) };
		}
		const problems = problemsOf(report.items, 0, text.split("\n").length, this.#options.log);
		if (problems.length > 0) {
			stay();
			return { status: "error", error: problemsError(problems, source, executionCount) };
		}
		const path = join(this.#options.folder, document);
		const compiled = compileModule(text, path, this.#project.user);
		const definition = [path, compiled.code, compiled.sourceMap].map((one) => JSON.stringify(one)).join(", ");
		return {
			status: "ok",
			cell: {
				file: this.#fileName(executionCount),
				executionCount,
				source,
				module: path,
				code: `exports[Symbol.for("gradbook.scope")].defineModule(${definition});`,
				sourceMap: "",
				hasTopLevelAwait: false,
				declares: [],
			},
		};
	}

	/** `cell-3.ts`; `cell-3.1.ts` when the number comes again, as it does for silent cells. */
	#fileName(executionCount: number): string {
		let file = `cell-${executionCount}.ts`;
		for (let again = 1; this.#files.has(file); again++) file = `cell-${executionCount}.${again}.ts`;
		this.#files.add(file);
		return file;
	}

	/** Later cells see this one. TypeScript takes it in while the cell runs. */
	#keep(text: string, found: Scan): void {
		const document = `${this.#prefix}-cell-${++this.#kept}.ts`;
		const { text: kept, dropped } = this.#names.keep(document, text, found);
		// The hub first: a document that nothing imports when it is opened would be given a project of its own.
		this.#server.put(this.#documents.hub, this.#names.hub());
		this.#server.put(document, kept);
		for (const name of dropped) this.#server.drop(name);
	}

	async complete(source: string, cursor: number): Promise<Completion> {
		const offset = offsetOfCursor(source, cursor);
		const line = this.#magics(normalizeLines(source)).found.find(
			({ kind, start, end }) => kind === "shell" && start < offset && offset <= end,
		);
		const plain =
			line === undefined
				? completeMagic(source, offset)
				: completeFile(source, offset, line.start, this.#options.folder);
		if (plain !== undefined) {
			const range = { start: codePointsBefore(source, plain.start), end: cursor };
			const type = line === undefined ? "magic" : "file";
			return {
				matches: plain.matches,
				cursorStart: range.start,
				cursorEnd: range.end,
				items: plain.matches.map((text) => ({ text, type, ...range })),
			};
		}
		const found = await this.#edit(source, cursor, (cell) => completeCell(this.#server, cell, cursor, this.#prefix));
		return found ?? { matches: [], cursorStart: cursor, cursorEnd: cursor, items: [] };
	}

	async inspect(source: string, cursor: number, _detail: 0 | 1): Promise<MimeBundle | undefined> {
		const help = magicAt(source, offsetOfCursor(source, cursor));
		if (help !== undefined) return { "text/plain": help };
		return this.#edit(source, cursor, (cell) => inspectCell(this.#server, cell, cursor));
	}

	valueAt(source: string, cursor: number): string[] | undefined {
		return pathAt(source, offsetOfCursor(source, cursor));
	}

	objectAt(source: string, cursor: number): Promise<{ path: string[]; typed: string } | undefined> {
		return this.#edit(source, cursor, (cell) => objectBefore(this.#server, cell, cursor));
	}

	/** One at a time, since all use one document; compiling has another and does not wait. */
	#edit<T>(source: string, cursor: number, ask: (cell: EditedCell) => Promise<T>): Promise<T | undefined> {
		const answer = this.#editing.then(() => {
			const { text } = this.#magics(normalizeLines(source));
			if (parse(text).hopeless) return undefined;
			const at = offsetOfPlace(text, placeOfOffset(source, offsetOfCursor(source, cursor)));
			const head = `${leadingPragmas(text)}${this.#names.prelude(declaredWhileTyping(text, at))}\n`;
			const { edit } = this.#documents;
			this.#server.put(edit, head + text);
			return ask({ document: edit, headLines: head.split("\n").length - 1, source, text: head + text });
		});
		this.#editing = answer.catch(() => undefined);
		return answer;
	}

	async isComplete(source: string): Promise<Completeness> {
		const { text } = this.#magics(normalizeLines(source));
		return objectCell(text) === undefined ? completenessOf(text) : { status: "complete" };
	}

	close(): Promise<void> {
		this.#closed = true;
		return this.#server.close();
	}
}

/** TypeScript itself failed. Nothing is known of the cell, so it does not run. */
function checkFailed({ message }: Error): CellError {
	return {
		ename: "TypeScriptError",
		evalue: message,
		traceback: [`TypeScriptError: ${message}`, "The cell was not checked and has not run. Run it again."],
	};
}

function problemAt(text: string, { message, start, end }: { message: string; start: number; end: number }): Problem {
	return { code: 0, message, start: placeOfOffset(text, start), end: placeOfOffset(text, end) };
}
