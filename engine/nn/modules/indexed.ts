import { quoted } from "../../core/signature";
import type { Copier } from "./copy";
import { copyWith } from "./copy";
import { Module } from "./module";

/**
 * Modules in an order: what Sequential and ModuleList share. Names are positions unless others were given, and are keys
 * of the state dict as they stand; `list[i]` and `at(i)` go by position.
 */
export abstract class IndexedModules extends Module {
	/** @internal By name, in order. */
	readonly _entries = new Map<string, Module>();

	/** @internal */
	override _keyOf(property: string): string {
		return property;
	}

	/** @internal */
	override _modules(): [key: string, value: Module, property: string][] {
		return [...this._entries].map(([key, module]) => [key, module, key]);
	}

	/** @internal */
	override _propertyOf(key: string): string | undefined {
		return this._entries.has(key) ? key : undefined;
	}

	/** @internal Puts a module at the end. */
	_add(name: string, module: Module): void {
		const op = this.constructor.name;
		if (!(module instanceof Module)) throw new TypeError(`[${op}] ${name} must be a Module, got ${quoted(module)}`);
		if (name === "" || name.includes(".")) {
			throw new RangeError(`[${op}] a module's name must not be empty or contain a dot, got ${JSON.stringify(name)}`);
		}
		if (this._entries.has(name)) throw new RangeError(`[${op}] there are two modules named ${JSON.stringify(name)}`);
		this._entries.set(name, module);
		this._expose(name);
	}

	/** Makes the module reachable as a property. @internal */
	_expose(name: string): void {
		if (/^\d+$/.test(name)) {
			exposePositions(this._entries.size);
			return;
		}
		if (name in this) throw new Error(`[${this.constructor.name}] attribute '${name}' already exists`);
		Object.defineProperty(this, name, {
			configurable: true,
			get: () => this._entries.get(name),
			set: (module: Module) => this._replace(name, module),
		});
	}

	/** Not private: a copy is made without the constructor that would bring private members. @internal */
	_replace(name: string, module: Module): void {
		if (!(module instanceof Module)) {
			throw new TypeError(`[${this.constructor.name}] ${name} must be a Module, got ${quoted(module)}`);
		}
		this._entries.set(name, module);
	}

	/** @internal Gives all modules new positions as names. */
	_renumber(modules: readonly Module[]): void {
		this._entries.clear();
		modules.forEach((module, i) => {
			this._add(String(i), module);
		});
	}

	/** Number of modules. */
	override get length(): number {
		return this._entries.size;
	}

	[Symbol.iterator](): Iterator<Module> {
		return this._entries.values();
	}

	/** @internal The name at a position; negative ones count from the end. */
	_nameAt(index: number): string {
		const names = [...this._entries.keys()];
		const name = Number.isInteger(index) ? names.at(index) : undefined;
		if (name === undefined) {
			throw new RangeError(`[${this.constructor.name}] index ${index} is out of range for ${names.length} modules`);
		}
		return name;
	}

	/** Puts another module at a position. */
	set(index: number, module: Module): void {
		this._replace(this._nameAt(index), module);
	}

	/** Adds a module of this name at the end, or puts another one under it. `addModule` does the same. */
	override registerModule(name: string, module: Module): void {
		if (this._entries.has(name)) this._replace(name, module);
		else this._add(name, module);
	}

	override addModule(name: string, module: Module): void {
		this.registerModule(name, module);
	}

	/** Adds a module at the end. */
	append(module: Module): this {
		this._add(String(this.length), module);
		return this;
	}

	/** Adds modules at the end. */
	extend(modules: Iterable<Module>): this {
		for (const module of [...modules]) this.append(module);
		return this;
	}

	/** Puts a module before the one at `index`; those behind it get new names. */
	insert(index: number, module: Module): this {
		const modules = [...this._entries.values()];
		if (!Number.isInteger(index) || index < -modules.length || index > modules.length) {
			throw new RangeError(
				`[${this.constructor.name}] index ${index} is out of range for inserting into ${modules.length} modules`,
			);
		}
		modules.splice(index, 0, module);
		this._renumber(modules);
		return this;
	}

	/** Removes the module at `index` (default: the last) and gives it back; those behind it get new names. */
	pop(index = -1): Module {
		const name = this._nameAt(index);
		const module = this._entries.get(name)!;
		this._entries.delete(name);
		const names = [...this._entries.keys()];
		if (names.every((key) => /^\d+$/.test(key))) this._renumber([...this._entries.values()]);
		return module;
	}

	/** @internal */
	override [copyWith](copier: Copier): this {
		const made = super[copyWith](copier);
		for (const name of made._entries.keys()) made._expose(name);
		return made;
	}
}

let exposed = 0;

/** `list[0]`, `list[1]`, …: accessors on the class, as many as the longest list needs. */
function exposePositions(count: number): void {
	for (; exposed < count; exposed++) {
		const position = exposed;
		Object.defineProperty(IndexedModules.prototype, position, {
			configurable: true,
			get(this: IndexedModules) {
				return [...this._entries.values()][position];
			},
			set(this: IndexedModules, module: Module) {
				this.set(position, module);
			},
		});
	}
}
