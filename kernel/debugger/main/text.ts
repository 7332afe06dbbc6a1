import { inspect } from "node:util";
import { messageOf, typeOf } from "../../display/inspect";

/** A variable's text is one line of a list. What is longer is seen by opening it. */
const longest = 300;

/** The text of a value on one line, as a list of variables shows it: a tensor's is what PyTorch prints. Never throws. */
export function lineOf(value: unknown): string {
	let text: string;
	try {
		text = textOf(value);
	} catch (error) {
		text = `[${typeOf(value)}: its text could not be made: ${messageOf(error)}]`;
	}
	const line = text.trim().replaceAll(/\s*\n\s*/g, " ");
	return line.length > longest ? `${line.slice(0, longest)}…` : line;
}

function textOf(value: unknown): string {
	if (typeof value === "function" && !(inspect.custom in value)) return functionText(value);
	if (value instanceof Error) return messageOf(value);
	return inspect(value, {
		depth: 1,
		maxArrayLength: 20,
		maxStringLength: longest,
		breakLength: Number.POSITIVE_INFINITY,
		compact: true,
	});
}

/** `class Point`, `f(x, y)`. */
function functionText(value: { name: unknown }): string {
	const source = Function.prototype.toString.call(value);
	const name = typeof value.name === "string" ? value.name : "";
	if (/^class\b/.test(source)) return `class ${name || "(anonymous)"}`;
	const head = /^(?:async\s+)?(?:function\s*\*?\s*)?[\p{ID_Continue}$#]*\s*\(([^()]*)\)/u.exec(source);
	const parameters = head?.[1]?.trim() ?? /^(?:async\s+)?([\p{ID_Continue}$]+)\s*=>/u.exec(source)?.[1] ?? "…";
	return `${/^async\b/.test(source) ? "async " : ""}${name || "(anonymous)"}(${parameters})`;
}
