import { letGo } from "../../autograd/ownership";
import { isOptions } from "../../core/arguments";
import { indented } from "../../core/pythonText";
import { Tensor } from "../../core/tensor";
import { IndexedModules } from "./indexed";
import { Module } from "./module";
import { keepsNothing } from "./passing";

type InputOf<T extends readonly Module[]> = T extends readonly [infer First extends Module, ...any[]]
	? Parameters<First["forward"]>
	: [input: Tensor];
type OutputOf<T extends readonly Module[]> = T extends readonly [...any[], infer Last extends Module]
	? ReturnType<Last["forward"]>
	: Tensor;
type ItemOf<T extends readonly Module[], I extends number> = `${I}` extends keyof T ? T[`${I}`] : T[number];

/** Modules by name, in order. */
export type NamedModules = { readonly [name: string]: Module } | ReadonlyMap<string, Module>;

function isNamed(value: unknown): value is NamedModules {
	return isOptions(value) || value instanceof Map;
}

function pairs(named: NamedModules): [string, Module][] {
	return named instanceof Map ? [...named] : Object.entries(named);
}

type ByName = Record<string, Module>;

// biome-ignore lint/correctness/noUnusedVariables: a merged interface repeats the class's type parameters
export interface Sequential<T extends readonly Module[] = Module[], N extends ByName = ByName> {
	/** The module at a position; any other may be put there. `at(i)` knows its class. */
	[index: number]: Module;
}

/**
 * Modules in a row: each gets what the one before it gave.
 *
 * ```ts
 * const model = new nn.Sequential(new nn.Flatten(), new nn.Linear(784, 10));
 * const named = new nn.Sequential({flatten: new nn.Flatten(), out: new nn.Linear(784, 10)});
 * ```
 */
export class Sequential<T extends readonly Module[] = Module[], N extends ByName = ByName> extends IndexedModules {
	constructor(modules: N | ReadonlyMap<string, Module>);
	constructor(...modules: T);
	constructor(...modules: [NamedModules] | readonly Module[]) {
		super();
		const [first] = modules;
		if (modules.length === 1 && isNamed(first)) for (const [name, module] of pairs(first)) this._add(name, module);
		else for (const [i, module] of modules.entries()) this._add(String(i), module as Module);
	}

	forward(...input: InputOf<T>): OutputOf<T> {
		let value: unknown[] = input;
		// What the module before made, where nobody can have kept it.
		let own: Tensor | null = null;
		for (const module of this._entries.values()) {
			const given = value[0];
			const result: unknown = module(...value);
			const passing = keepsNothing(module);
			if (passing && own !== null && result !== own && result instanceof Tensor) letGo(own, result);
			own = passing && result !== given && result instanceof Tensor ? result : null;
			value = [result];
		}
		return value[0] as OutputOf<T>;
	}

	/** The module at a position; negative ones count from the end. */
	at<I extends number>(index: I): ItemOf<T, I> {
		return this._entries.get(this._nameAt(index)) as ItemOf<T, I>;
	}

	/** The module of this name; undefined where there is none. */
	get<K extends keyof N & string>(name: K): string extends K ? Module | undefined : N[K];
	get(name: string): Module | undefined;
	get(name: string): Module | undefined {
		return this._entries.get(name);
	}

	/** Some of the modules (themselves, not copies) as a Sequential of their own, under their names. */
	slice(start?: number, end?: number): Sequential {
		return new Sequential(new Map([...this._entries].slice(start, end)));
	}

	override [Symbol.iterator](): Iterator<T[number]> {
		return this._entries.values() as Iterator<T[number]>;
	}
}

export interface ModuleList<T extends Module = Module> {
	/** The module at a position. */
	[index: number]: T;
}

/** A list of modules, for a `forward` of one's own to use. */
export class ModuleList<T extends Module = Module> extends IndexedModules {
	constructor(modules: Iterable<T> = []) {
		super();
		this.extend(modules);
	}

	forward(): unknown {
		throw new Error('[ModuleList] is missing the required "forward" function: call the modules in it');
	}

	/** The module at a position; negative ones count from the end. */
	at(index: number): T {
		return this._entries.get(this._nameAt(index)) as T;
	}

	/** Some of the modules (themselves, not copies) as a list of their own. */
	slice(start?: number, end?: number): ModuleList<T> {
		return new ModuleList([...this].slice(start, end));
	}

	/** What `fn` gives for every module. */
	map<U>(fn: (module: T, index: number) => U): U[] {
		return [...this].map(fn);
	}

	override [Symbol.iterator](): Iterator<T> {
		return this._entries.values() as Iterator<T>;
	}

	/** Runs of modules with the same text are one line. @internal */
	override _childLines(): string[] {
		const runs: { first: number; last: number; text: string }[] = [];
		[...this].forEach((module, i) => {
			const text = String(module);
			const run = runs.at(-1);
			if (run?.text === text) run.last = i;
			else runs.push({ first: i, last: i, text });
		});
		return runs.map(({ first, last, text }) =>
			indented(first === last ? `(${first}): ${text}` : `(${first}-${last}): ${last - first + 1} x ${text}`, 2),
		);
	}
}

/** Modules by name, for a `forward` of one's own to use. Names are keys of the state dict as they stand. */
export class ModuleDict<T extends Record<string, Module> = Record<string, Module>> extends Module {
	/** @internal */
	readonly _entries = new Map<string, Module>();

	constructor(modules: T | ReadonlyMap<string, Module> = {} as T) {
		super();
		this.update(modules);
	}

	/** @internal */
	override _modules(): [key: string, value: Module, property: string][] {
		return [...this._entries].map(([key, module]) => [key, module, key]);
	}

	/** @internal */
	override _propertyOf(key: string): string | undefined {
		return this._entries.has(key) ? key : undefined;
	}

	forward(): never {
		throw new Error('[ModuleDict] is missing the required "forward" function: call the modules in it');
	}

	/** Number of modules. */
	override get length(): number {
		return this._entries.size;
	}

	/** The module of this name. */
	get<K extends keyof T & string>(name: K): T[K] {
		const module = this._entries.get(name);
		if (module === undefined) {
			throw new RangeError(
				`[ModuleDict] no module ${JSON.stringify(name)} among ${[...this._entries.keys()].join(", ")}`,
			);
		}
		return module as T[K];
	}

	/** Adds a module, or puts another one under its name. */
	set(name: string, module: Module): this {
		if (!(module instanceof Module)) throw new TypeError(`[ModuleDict] ${name} must be a Module`);
		if (name === "" || name.includes(".")) {
			throw new RangeError(`[ModuleDict] a name must not be empty or contain a dot, got ${JSON.stringify(name)}`);
		}
		this._entries.set(name, module);
		return this;
	}

	/** Adds a module, or puts another one under its name; as `set`. `addModule` does the same. */
	override registerModule(name: string, module: Module): void {
		this.set(name, module);
	}

	override addModule(name: string, module: Module): void {
		this.registerModule(name, module);
	}

	has(name: string): boolean {
		return this._entries.has(name);
	}

	/** Removes the module of this name and gives it back. */
	pop(name: string): Module {
		const module = this.get(name);
		this._entries.delete(name);
		return module;
	}

	clear(): void {
		this._entries.clear();
	}

	/** Adds or replaces modules. */
	update(modules: NamedModules): this {
		for (const [name, module] of pairs(modules)) this.set(name, module);
		return this;
	}

	keys(): (keyof T & string)[] {
		return [...this._entries.keys()];
	}

	values(): T[keyof T & string][] {
		return [...this._entries.values()] as T[keyof T & string][];
	}

	/** Names with their modules. */
	items(): [keyof T & string, T[keyof T & string]][] {
		return [...this._entries] as [keyof T & string, T[keyof T & string]][];
	}

	/** As `items`. */
	entries(): [keyof T & string, T[keyof T & string]][] {
		return this.items();
	}

	[Symbol.iterator](): Iterator<string> {
		return this._entries.keys();
	}
}
