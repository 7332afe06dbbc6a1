import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { helpers } from "./helpers";
import { defaultOf, PendingModule } from "./interop";
import type { MagicCalls } from "./magics";
import type { ModuleLoader } from "./modules";
import { unlessStopped } from "./runtime/run-output";

/*
 * What compiled cells find on the main thread: `exports[Symbol.for("gradbook.scope")]` (see compiler/transform.ts).
 */

export const scopeSymbol: unique symbol = Symbol.for("gradbook.scope") as never;

/** The name that an error of the scope is about. */
export const nameSymbol: unique symbol = Symbol.for("gradbook.name") as never;

/** Where a name of the session lives. One shape for all, so that compiled code stays fast whatever is in them. */
export interface Box {
	v: unknown;
}

export class Scope {
	readonly #boxes = new Map<string, Box>();
	/** Names whose cell ran to its end, so that `undefined` is their value and not the lack of one. */
	readonly #declared = new Set<string>();
	readonly #modules: ModuleLoader;
	#magics: MagicCalls | undefined;
	/** The names with their values, as an object: for `%who`, inspection and tests. Assigning reaches the cells. */
	readonly names: Record<string, unknown> = Object.create(null);
	readonly meta: { url: string; dirname: string; filename: string; resolve(specifier: string): string };
	readonly Pending = PendingModule;
	/** Called after each `await` (compiler/awaits.ts). */
	readonly on = unlessStopped;
	readonly helpers = helpers;

	constructor(folder: string, modules: ModuleLoader) {
		this.#modules = modules;
		const filename = join(folder, "notebook.ts");
		this.meta = {
			url: pathToFileURL(filename).href,
			dirname: folder,
			filename,
			resolve: (specifier) => modules.resolveUrl(specifier),
		};
	}

	/** The box of a name that a cell declares. */
	box(name: string): Box {
		let box = this.#boxes.get(name);
		if (box === undefined) {
			const made: Box = { v: undefined };
			box = made;
			this.#boxes.set(name, made);
			Object.defineProperty(this.names, name, {
				enumerable: true,
				configurable: true,
				get: () => made.v,
				set: (value: unknown) => {
					made.v = value;
				},
			});
		}
		return box;
	}

	/** The box of a name that an earlier cell declared. */
	use(name: string): Box {
		const box = this.#boxes.get(name);
		if (box === undefined || (box.v === undefined && !this.#declared.has(name))) {
			const error = new ReferenceError(
				`${name} has no value: the cell that declares it stopped before it got there. Run that cell again.`,
			);
			// Thrown before the cell's own code runs: the name says where in it that was.
			throw Object.defineProperty(error, nameSymbol, { value: name });
		}
		return box;
	}

	/** A cell ran to its end and has given these names their values. */
	declared(names: readonly string[]): void {
		for (const name of names) this.#declared.add(name);
	}

	has(name: string): boolean {
		return this.#boxes.has(name);
	}

	/** Forgets all names. Functions of earlier cells keep what they hold. */
	reset(): this {
		for (const name of this.#boxes.keys()) delete this.names[name];
		this.#boxes.clear();
		this.#declared.clear();
		return this;
	}

	/** What magics call. Loaded with the first one. */
	get magics(): MagicCalls {
		if (this.#magics === undefined) {
			const { MagicCalls } = require("./magics") as typeof import("./magics");
			this.#magics = new MagicCalls(this.names);
		}
		return this.#magics;
	}

	/** `import … from "specifier"`: the module, or a promise of it in a `PendingModule`. */
	load(specifier: string): unknown {
		return this.#modules.load(specifier);
	}

	/** `import(specifier)`. An arrow, since cells call it without `this`. */
	readonly import = async (specifier: unknown): Promise<unknown> => {
		const loaded = this.#modules.load(String(specifier));
		return this.namespace(loaded instanceof PendingModule ? await loaded.module : loaded);
	};

	/** What `import * as name` gives. */
	namespace(module: unknown): unknown {
		return this.#modules.namespace(module);
	}

	/** What `import name` gives. */
	default(module: unknown): unknown {
		return defaultOf(module);
	}

	/** A module cell (`@module name`): other cells import it as "./name". */
	defineModule(file: string, code: string, sourceMap: string): void {
		this.#modules.define(file, code, sourceMap);
	}
}
