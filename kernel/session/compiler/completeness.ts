import type { Completeness } from "../../requests/contract";
import { parse } from "./syntax";

/*
 * Whether a cell typed so far can run, needs more lines, or cannot become right: what a console asks at each Enter.
 */

const indentStep = "  ";

export function completenessOf(text: string): Completeness {
	const { problems, hopeless } = parse(text);
	if (hopeless) return { status: "unknown" };
	if (problems.length === 0) return { status: "complete" };
	const end = text.trimEnd().length;
	const { message, start, end: problemEnd } = problems[0]!;
	// What is missing is missing at the end of the text; everything else stays wrong whatever follows.
	const open =
		start >= end ||
		message.includes("`EOF`") ||
		(message.startsWith("Identifier expected after") && problemEnd >= end) ||
		(/^Unterminated/.test(message) && problemEnd >= end && !endsInString(text, start));
	if (!open && !/^Missing catch or finally/.test(message)) return { status: "invalid" };
	return { status: "incomplete", indent: nextIndent(text) };
}

/** A string with simple quotes ends with its line; a template or a comment may go on. */
function endsInString(text: string, start: number): boolean {
	return text[start] === '"' || text[start] === "'" || (text[start] === "/" && text[start + 1] !== "*");
}

/** The last line's indentation, one step more where it opens a bracket. */
function nextIndent(text: string): string {
	const lines = text.split("\n");
	const last = lines.findLast((line) => line.trim() !== "") ?? "";
	const indent = /^\s*/.exec(last)![0];
	const step = indent.includes("\t") || /^\t/m.test(text) ? "\t" : indentStep;
	return /[{([]\s*(?:\/\/.*)?$|=>\s*$/.test(last) ? indent + step : indent;
}
