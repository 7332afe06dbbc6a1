import { inspect } from "node:util";
import { shared } from "./shared";

/** Longest text of one value, in UTF-16 units. */
const longestText = 100_000;

// Deep and broad values multiply; the first limits that keep a value under `mostParts` parts are taken.
const mostParts = 20_000;
const limits = [
	{ depth: 4, length: 100 },
	{ depth: 4, length: 30 },
	{ depth: 3, length: 20 },
	{ depth: 2, length: 10 },
];

const timers = new Set(["Timeout", "Immediate"]);

/**
 * A value as text, without colours, as `util.inspect` writes it: strings quoted, no getter called, long and deep parts
 * left out with a count. Errors show their message and the frames that lie in cells.
 */
export function inspectText(value: unknown): string {
	// What setTimeout returns: twenty lines of Node's own bookkeeping.
	if (timers.has(typeOf(value)) && typeof (value as { hasRef?: unknown }).hasRef === "function")
		return `[${typeOf(value)}]`;
	const names = namesOfModule(value);
	if (names !== undefined) return moduleText(names);
	const shortened = withoutMiddle(value);
	if (shortened !== undefined) {
		const rest = `  ... ${shortened.left} more properties\n}`;
		return inspectText(shortened.first).replace(/\s*\}$/, `,\n${rest}`);
	}
	const { depth, length } = limits.find((limit) => countParts(value, limit.depth, limit.length) <= mostParts) ?? {
		depth: 1,
		length: 10,
	};
	let text: string;
	try {
		text = inspect(value, {
			colors: false,
			depth,
			maxArrayLength: length,
			maxStringLength: 10_000,
			breakLength: 100,
			compact: 3,
		});
	} catch (error) {
		// A user's own [util.inspect.custom] or a hostile proxy threw.
		text = `[${typeOf(value)}: its text could not be made: ${messageOf(error)}]`;
	}
	text = withoutForeignFrames(text);
	if (text.length > longestText) {
		text = `${text.slice(0, longestText)}\n... ${text.length - longestText} more characters`;
	}
	return text;
}

/** Of plain objects with more properties only the first are shown, as of arrays and maps. */
const mostProperties = 200;
const shownProperties = 100;

function withoutMiddle(value: unknown): { first: object; left: number } | undefined {
	if (typeof value !== "object" || value === null) return undefined;
	try {
		if (Object.getPrototypeOf(value) !== Object.prototype || inspect.custom in value) return undefined;
		const names = Object.keys(value);
		if (names.length <= mostProperties) return undefined;
		const shown = names.slice(0, shownProperties).map((name) => [name, Object.getOwnPropertyDescriptor(value, name)!]);
		return { first: Object.defineProperties({}, Object.fromEntries(shown)), left: names.length - shown.length };
	} catch {
		// A hostile proxy.
		return undefined;
	}
}

/** Modules of more names are shown by these alone: their values, which getters hand out, fill pages and say nothing. */
const mostValues = 40;

/** The names of a large module: `torch` at the end of a cell. */
function namesOfModule(value: unknown): string[] | undefined {
	if (typeof value !== "object" || value === null) return undefined;
	try {
		const tag = Object.getOwnPropertyDescriptor(value, Symbol.toStringTag)?.value;
		const isModule = tag === "Module" || Object.getOwnPropertyDescriptor(value, "__esModule")?.value === true;
		const names = isModule ? Object.keys(value) : [];
		return names.length > mostValues ? names : undefined;
	} catch {
		// A hostile proxy.
		return undefined;
	}
}

function moduleText(names: readonly string[]): string {
	const lines = [""];
	for (const name of names) {
		const last = lines.at(-1)!;
		if (last.length + name.length > 96) lines.push(name);
		else lines[lines.length - 1] = last === "" ? name : `${last}, ${name}`;
	}
	return `[module of ${names.length} names] {\n${lines.map((line) => `  ${line}`).join(",\n")}\n}`;
}

/** The name of a value's class, or of its primitive type. Never throws. */
export function typeOf(value: unknown): string {
	if (value === null) return "null";
	if (typeof value !== "object" && typeof value !== "function") return typeof value;
	try {
		const name: unknown = (value as object).constructor?.name;
		return typeof name === "string" && name !== "" ? name : typeof value;
	} catch {
		return typeof value;
	}
}

/** What an error says, or the text of anything else that was thrown. Never throws. */
export function messageOf(error: unknown): string {
	try {
		return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
	} catch {
		return typeOf(error);
	}
}

/** Parts that an inspection with these limits would visit; stops counting beyond `mostParts`. */
function countParts(value: unknown, depth: number, length: number): number {
	let count = 0;
	const visit = (part: unknown, left: number): void => {
		count++;
		if (left < 0 || count > mostParts || typeof part !== "object" || part === null) return;
		if (Array.isArray(part)) for (let i = 0; i < Math.min(part.length, length); i++) visit(part[i], left - 1);
		else if (part instanceof Map || part instanceof Set) {
			let i = 0;
			for (const entry of part.values()) {
				if (i++ >= length) break;
				visit(entry, left - 1);
			}
		} else if (!ArrayBuffer.isView(part)) {
			// Descriptors, not values: a getter must not run because somebody looks.
			for (const descriptor of Object.values(Object.getOwnPropertyDescriptors(part))) visit(descriptor.value, left - 1);
		}
	};
	try {
		visit(value, depth);
	} catch {
		// A proxy whose traps throw; `inspect` looks past traps.
	}
	return count;
}

const stacks = shared<{ read?: (text: string) => string }>("stacks", () => ({}));

/** A kernel says how to name the places in stacks; it knows the cells. */
export function setStackReader(read: (text: string) => string): void {
	stacks.read = read;
}

/** Leaves out stack frames that are not in a cell: those of the kernel and of Node say nothing to the reader. */
function withoutForeignFrames(text: string): string {
	if (!text.includes("    at ")) return text;
	if (stacks.read !== undefined) return stacks.read(text);
	return text
		.split("\n")
		.filter((line) => !/^\s+at .*(?:\(|:\d+:\d+\)?|<anonymous>)/.test(line) || /\bcell-\d+[^\s/\\]*\.ts:\d+/.test(line))
		.join("\n");
}
