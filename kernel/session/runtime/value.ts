import { inspect } from "node:util";
import { inspectText } from "../../display/inspect";

/** Longer texts are cut: this is a tooltip. */
const longest = 2_000;
const mostLines = 30;

/**
 * The text of a value, by its name and the properties that lead to it. Undefined where there is none, where a getter is on
 * the way (it would be called for a look), and of functions, whose types say more.
 */
export function valueText(
	names: Readonly<Record<string, unknown>>,
	[name, ...properties]: string[],
): string | undefined {
	if (name === undefined || !Object.hasOwn(names, name)) return undefined;
	let value: unknown = names[name];
	for (const property of properties) {
		const found = dataProperty(value, property);
		if (found === undefined) return undefined;
		value = found.value;
	}
	// A module is a function that has a text of its own.
	if (value === undefined || (typeof value === "function" && !(inspect.custom in value))) return undefined;
	try {
		return cut(inspectText(value));
	} catch {
		// Looking at it throws: there is nothing to show.
		return undefined;
	}
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
