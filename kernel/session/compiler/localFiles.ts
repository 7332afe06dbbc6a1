import { readFileSync, statSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, extname, join, resolve } from "node:path";
import type { Diagnostic } from "./server";
import { importedModules } from "./syntax";

/*
 * The local modules that cells import (`./model.ts`, `./data.json`), and what has become of them since they were last
 * looked at. The language server is told, instead of watching the disk: a cell asks a few file times, and the notebook's
 * folder may be a large one.
 */

/** TypeScript's number of "Cannot find module". */
export const moduleNotFound = 2307;

export interface FileChange {
	file: string;
	type: "created" | "changed" | "deleted";
}

interface LocalFile {
	/** Time of change and size; undefined: not there. */
	stamp: string | undefined;
	/** What it imports itself: paths without the extension that an import may leave out. */
	imports: string[];
}

const extensions = ["", ".ts", ".tsx", ".d.ts", ".mts", ".js", ".jsx", ".mjs", ".json"];
const sourceFile = /\.[cm]?[jt]sx?$/;

export class LocalFiles {
	readonly #files = new Map<string, LocalFile>();
	/** Paths that were imported, and the file each stands for at the moment. */
	readonly #paths = new Map<string, string | undefined>();

	/** Takes in what a cell imports, relative to `folder`, and says what has changed on disk since the last call. */
	look(source: string, folder: string): FileChange[] {
		for (const path of relativeImports(source, "cell.ts", folder)) if (!this.#paths.has(path)) this.#add(path);
		const changes: FileChange[] = [];
		for (const [path, before] of [...this.#paths]) {
			const now = existingFile(path);
			if (now === before) continue;
			this.#paths.set(path, now);
			if (before !== undefined && stampOf(before) === undefined) changes.push({ file: before, type: "deleted" });
			if (now !== undefined) {
				changes.push({ file: now, type: "created" });
				this.#read(now);
			}
		}
		for (const [file, { stamp }] of [...this.#files]) {
			const now = stampOf(file);
			if (now === stamp) continue;
			if (now === undefined) this.#files.delete(file);
			else {
				changes.push({ file, type: "changed" });
				this.#read(file);
			}
		}
		return changes;
	}

	#add(path: string): void {
		const file = existingFile(path);
		this.#paths.set(path, file);
		if (file !== undefined && !this.#files.has(file)) this.#read(file);
	}

	#read(file: string): void {
		const imports = sourceFile.test(file) ? relativeImports(readIfPossible(file), file, dirname(file)) : [];
		this.#files.set(file, { stamp: stampOf(file), imports });
		for (const path of imports) if (!this.#paths.has(path)) this.#add(path);
	}
}

/** The package.json of packages that TypeScript did not find and that are there: installed while the notebook was open. */
export function installedSince(diagnostics: Diagnostic[], folder: string): string[] {
	const files = new Set<string>();
	for (const { code, message } of diagnostics) {
		const specifier = Number(code) === moduleNotFound ? /'([^']+)'/.exec(message)?.[1] : undefined;
		const name = specifier === undefined ? undefined : packageName(specifier);
		if (name === undefined) continue;
		for (let at = folder; ; at = dirname(at)) {
			const file = join(at, "node_modules", name, "package.json");
			if (stampOf(file) !== undefined) files.add(file);
			if (at === dirname(at)) break;
		}
	}
	return [...files];
}

/** `@scope/name` of `@scope/name/part`; undefined for paths and Node's own modules. */
export function packageName(specifier: string): string | undefined {
	if (isBuiltin(specifier)) return undefined;
	return /^(?:@[\w.-]+\/)?[\w-][\w.-]*/.exec(specifier)?.[0];
}

function relativeImports(source: string, file: string, folder: string): string[] {
	if (!/["']\.{1,2}\//.test(source)) return [];
	return importedModules(source, extname(file).endsWith("x") ? "tsx" : "ts")
		.filter((one) => /^\.{1,2}\//.test(one))
		.map((one) => resolve(folder, one));
}

/** The file that an import of this path means. */
export function existingFile(path: string): string | undefined {
	const candidates = [...extensions.map((extension) => path + extension), path.replace(/\.([cm]?)js(x?)$/, ".$1ts$2")];
	for (const extension of [".ts", ".js"]) candidates.push(resolve(path, `index${extension}`));
	return candidates.find((candidate) => stampOf(candidate) !== undefined);
}

/** A file that cannot be read imports nothing; loading it says why. */
function readIfPossible(file: string): string {
	try {
		return readFileSync(file, "utf8");
	} catch {
		return "";
	}
}

function stampOf(file: string): string | undefined {
	try {
		const status = statSync(file, { throwIfNoEntry: false });
		return status?.isFile() ? `${status.mtimeMs} ${status.size}` : undefined;
	} catch {
		return undefined;
	}
}
