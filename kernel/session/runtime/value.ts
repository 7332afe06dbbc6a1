import { inspect } from "node:util";
import { inspectText } from "../../display/inspect";
import type { ValueKey } from "../../requests/contract";

/** Longer texts are cut: this is a tooltip. */
const longest = 2_000;
const mostLines = 30;

/** More properties than this are nobody's to choose from. */
const mostKeys = 1_000;

const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/**
 * The text of a value, by its name and the properties that lead to it. Undefined where there is none, where a getter is on
 * the way (it would be called for a look), and of functions, whose types say more.
 */
export function valueText(names: Readonly<Record<string, unknown>>, path: string[]): string | undefined {
	const [name] = path;
	if (name === undefined || !Object.hasOwn(names, name)) return undefined;
	const value = valueAt(names, path);
	// A module is a function that has a text of its own.
	if (value === undefined || (typeof value === "function" && !(inspect.custom in value))) return undefined;
	try {
		return cut(inspectText(value));
	} catch {
		// Looking at it throws: there is nothing to show.
		return undefined;
	}
}

/**
 * Names of a value's properties, and of its prototypes' but for those that every object has. Also of a global value: the
 * types of `process.env` know no names. None where looking throws.
 */
export function valueKeys(names: Readonly<Record<string, unknown>>, path: string[]): ValueKey[] {
	const keys = new Map<string, ValueKey>();
	try {
		const value = valueAt(names, path);
		for (let holder = value; isObject(holder) && holder !== Object.prototype; holder = Object.getPrototypeOf(holder)) {
			// Of arrays only what they are as arrays.
			if (Array.isArray(holder) || ArrayBuffer.isView(holder)) continue;
			for (const name of Object.getOwnPropertyNames(holder)) {
				if (keys.size >= mostKeys) return [...keys.values()];
				if (!identifier.test(name) || keys.has(name) || (name === "constructor" && holder !== value)) continue;
				const isFunction = typeof Object.getOwnPropertyDescriptor(holder, name)?.value === "function";
				keys.set(name, { name, type: isFunction ? "method" : "field" });
			}
		}
	} catch {
		// A proxy whose traps throw.
	}
	return [...keys.values()];
}

function valueAt(names: Readonly<Record<string, unknown>>, [name, ...properties]: string[]): unknown {
	if (name === undefined) return undefined;
	// A getter of Node's, which only hands it out.
	const globals = name === "process" ? { process } : globalThis;
	let value: unknown = Object.hasOwn(names, name) ? names[name] : dataProperty(globals, name)?.value;
	for (const property of properties) value = dataProperty(value, property)?.value;
	return value;
}

function dataProperty(value: unknown, property: string): { value: unknown } | undefined {
	for (let holder = value; isObject(holder); holder = Object.getPrototypeOf(holder)) {
		const found = Object.getOwnPropertyDescriptor(holder, property);
		if (found !== undefined) return "value" in found ? { value: found.value } : undefined;
	}
	return undefined;
}

function isObject(value: unknown): value is object {
	return (typeof value === "object" && value !== null) || typeof value === "function";
}

function cut(text: string): string {
	const lines = text.slice(0, longest).split("\n").slice(0, mostLines);
	const shown = lines.join("\n");
	return shown.length < text.length ? `${shown}…` : shown;
}
