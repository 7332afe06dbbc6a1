import { present } from "../../display/format";
import { inspectText, typeOf } from "../../display/inspect";
import type { MimeBundle } from "../../display/mime";
import type { CompiledCell } from "../../requests/contract";
import { namesGlobal } from "../../session/runtime/protocol";
import { hasParts, isRange, Note, type Part, type Parts, partsOf } from "./parts";
import { lineOf } from "./text";

/*
 * What the debugger asks of the main thread, by the inspector and so also while that thread is paused: names, values and
 * what stands below them. Loaded with the first question.
 */

export interface Session {
	/** The session's names with their values; assigning reaches the cells. */
	names: Record<string, unknown>;
	/** Makes a name of the session, with a value. */
	declare(name: string, value: unknown): void;
	cells: ReadonlyMap<string, CompiledCell>;
	/** The source map of a local module that was compiled, by its file. */
	moduleSourceMap(file: string): string | undefined;
}

/** A variable as the Debug Adapter Protocol has it. `type` where the front end shows it beside the value. */
export interface Variable {
	name: string;
	value: string;
	type: string;
	variablesReference: number;
	evaluateName?: string;
}

/** Names in the scope of a compiled cell that are nobody's variables; boxes of names begin with `$$` (session/compiler/transform.ts). */
const internal = new Set(["exports", "require", "module", "__filename", "__dirname", "babelHelpers"]);
const boxName = /^\${2,}(.*)$/su;

export type ScopeKind = "Locals" | "Closure" | "Globals";

export class Tools {
	readonly #session: Session;
	/** What can be opened, by its reference: values of a pause, or weakly those of a session that goes on. */
	readonly #open = new Map<number, () => Parts>();
	#lastReference = 0;
	#lastThrown: WeakRef<object> | undefined;

	constructor(session: Session) {
		this.#session = session;
		Object.defineProperty(globalThis, namesGlobal, { value: session.names });
	}

	nameList(): string[] {
		return Object.keys(this.#session.names);
	}

	cells(): CompiledCell[] {
		return [...this.#session.cells.values()];
	}

	moduleSourceMap(file: string): string | null {
		return this.#session.moduleSourceMap(file) ?? null;
	}

	/** Nothing that was opened is held any more: the program goes on. */
	clear(): void {
		this.#open.clear();
	}

	/** The notebook's names, as variables. `weakly`: what is opened does not keep the values alive. */
	globals(weakly: boolean): Variable[] {
		if (weakly) this.clear();
		return this.#variables(this.#globalParts(), 0, 0, weakly);
	}

	/**
	 * The scopes of a paused frame, innermost first, from the objects of V8's scope chain and their kinds; before them stand
	 * the values of `extra`. The names of the notebook that a cell's own code uses are among the locals of its frame.
	 */
	scopes(kinds: string[], extra: string[], ...values: unknown[]): { name: ScopeKind; reference: number }[] {
		const own = new Map<string, unknown>(extra.map((name, index) => [name, values[index]]));
		const objects = values.slice(extra.length) as object[];
		const around = new Map<string, unknown>();
		let inside = true;
		for (const [index, object] of objects.entries()) {
			const target = inside ? own : around;
			const names = Object.keys(object);
			const isCells = names.some((name) => name === "exports" || boxName.test(name));
			for (const name of names) {
				const value = variableOf(object, name);
				const box = boxName.exec(name)?.[1];
				if (box !== undefined && isInternal(box, value)) continue;
				if (box === undefined || !isBox(value)) {
					if (!(isCells && internal.has(name)) && !target.has(name)) target.set(name, value);
				} else if (inside) target.set(box, value.v);
			}
			if (kinds[index] === "local") inside = false;
		}
		for (const name of own.keys()) around.delete(name);
		const scopes = [this.#scope("Locals", own)];
		if (around.size > 0) scopes.push(this.#scope("Closure", around));
		return [...scopes, { name: "Globals", reference: this.#hold(() => this.#globalParts()) }];
	}

	/** Names that code which is evaluated there means directly. */
	locals(...objects: object[]): string[] {
		return objects.flatMap((object) => Object.keys(object));
	}

	/** What is below a reference: `start` and `count` as the protocol pages, no count for all. Null: nothing is held under it. */
	children(reference: number, start: number, count: number): Variable[] | null {
		const parts = this.#open.get(reference)?.();
		return parts === undefined ? null : this.#variables(parts, start, count, false);
	}

	/** Whether a thrown value is another than the last: what is caught and thrown again is no news. */
	isNewlyThrown(value: unknown): boolean {
		if (typeof value !== "object" || value === null) return true;
		if (this.#lastThrown?.deref() === value) return false;
		this.#lastThrown = new WeakRef(value);
		return true;
	}

	/** A value that was evaluated; its text in one line, or whole. */
	describe(value: unknown, whole: boolean): Variable {
		const variable = this.#variable({ name: "", value: () => value }, false);
		return whole ? { ...variable, value: inspectText(value) } : variable;
	}

	/** A value as a cell's result would show it. */
	bundle(value: unknown): MimeBundle {
		return present(value).bundle;
	}

	globalBundle(name: string): MimeBundle | null {
		return Object.hasOwn(this.#session.names, name) ? this.bundle(this.#session.names[name]) : null;
	}

	declare(name: string, value: unknown): void {
		this.#session.declare(name, value);
	}

	#globalParts(): Parts {
		const names = this.nameList();
		return {
			length: names.length,
			at: (index) => ({ name: names[index]!, value: () => this.#session.names[names[index]!] }),
		};
	}

	#scope(name: ScopeKind, variables: Map<string, unknown>): { name: ScopeKind; reference: number } {
		const parts = [...variables].map(([key, value]) => ({ name: key, value: () => value }));
		const reference = this.#hold(() => ({ length: parts.length, at: (index) => parts[index]! }));
		return { name, reference };
	}

	#variables(parts: Parts, start: number, count: number, weakly: boolean): Variable[] {
		const end = count === 0 ? parts.length : Math.min(start + count, parts.length);
		const variables: Variable[] = [];
		for (let index = start; index < end; index++) variables.push(this.#variable(parts.at(index), weakly));
		return variables;
	}

	#variable({ name, value: take }: Part, weakly: boolean): Variable {
		const value = take();
		if (value instanceof Note) return { name, value: value.text, type: "", variablesReference: 0 };
		const open = hasParts(value) ? this.#holdValue(value as object, weakly) : 0;
		if (isRange(value)) return { name, value: "", type: "", variablesReference: open };
		return { name, value: lineOf(value), type: typeOf(value), variablesReference: open };
	}

	#holdValue(value: object, weakly: boolean): number {
		if (!weakly) return this.#hold(() => partsOf(value));
		const held = new WeakRef(value);
		return this.#hold(() => {
			const alive = held.deref();
			return alive === undefined ? { length: 0, at: () => ({ name: "", value: () => undefined }) } : partsOf(alive);
		});
	}

	#hold(parts: () => Parts): number {
		this.#open.set(++this.#lastReference, parts);
		return this.#lastReference;
	}
}

export function createTools(session: Session): Tools {
	return new Tools(session);
}

function isInternal(box: string, value: unknown): boolean {
	return box === "" || box === "using" || /^\d+$/.test(box) || value === undefined;
}

function isBox(value: unknown): value is { v: unknown } {
	return typeof value === "object" && value !== null && Object.keys(value).join() === "v";
}

/** A variable of a scope. One that is not declared yet is undefined, as V8 gave it until Node 22; from then on it throws. */
function variableOf(scope: object, name: string): unknown {
	try {
		return (scope as Record<string, unknown>)[name];
	} catch {
		return undefined;
	}
}
