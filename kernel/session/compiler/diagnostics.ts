import type { CellError } from "../../requests/contract";
import { bold, codeFrame, green, placeName, red } from "../frame";
import { offsetOfPlace, type Place, placeOfOffset } from "../text";
import { moduleNotFound, packageName } from "./localFiles";
import { hubName } from "./names";
import type { Diagnostic } from "./server";

/*
 * Errors that are found before a cell runs, as Jupyter reports them.
 */

/** What TypeScript or a parser has to say about a place of a cell. Lines and columns 0-based, columns in UTF-16 units. */
export interface Problem {
	/** TypeScript's number; 0 for other parsers. */
	code: number;
	message: string;
	start: Place;
	end: Place;
}

/** More problems of one cell than this are counted, not shown. */
const shownProblems = 10;

/** A JavaScript module without types is usable: its names are `any`. */
const missingTypes = 7016;

/** `const losses = []` of an earlier cell: what a cell puts in is unknown to the others, whose `any[]` is no mistake. */
const growing = new Set([7005, 7034]);

/**
 * Errors of the cell's own lines, the prelude's lines taken off; an error in the prelude is ours and goes to the log.
 * @param declared names of the cell; undefined where it is no cell
 */
export function problemsOf(
	diagnostics: Diagnostic[],
	preludeLines: number,
	lines: number,
	log: (line: string) => void,
	declared?: ReadonlySet<string>,
): Problem[] {
	const problems: Problem[] = [];
	for (const { code, message, severity, range } of diagnostics) {
		if (severity !== undefined && severity !== 1) continue;
		if (Number(code) === missingTypes) continue;
		const variable = growing.has(Number(code)) ? /^Variable '([^']+)'/.exec(message)?.[1] : undefined;
		if (variable !== undefined && declared?.has(variable) === false) continue;
		if (range.start.line < preludeLines || range.start.line >= preludeLines + lines) {
			log(`TypeScript: TS${code} outside the cell: ${message}`);
			continue;
		}
		problems.push({
			code: Number(code) || 0,
			message: shortened(explain(Number(code), message)),
			start: { line: range.start.line - preludeLines, column: range.start.character },
			end: { line: range.end.line - preludeLines, column: range.end.character },
		});
	}
	problems.sort((a, b) => a.start.line - b.start.line || a.start.column - b.start.column);
	const syntax = problems.filter(isSyntax);
	// What a broken line means for types is no news.
	return syntax.length > 0 ? syntax : problems;
}

/** Numbers among those of syntax that are about types and modules: TypeScript has no rule for these. */
const notSyntax = new Set([
	1055, 1058, 1062, 1064, 1192, 1238, 1239, 1240, 1241, 1259, 1270, 1271, 1278, 1279, 1320, 1321, 1322, 1329, 1340,
	1345, 1360, 1361, 1362, 1371, 1448, 1471, 1479, 1484, 1485,
]);

function isSyntax({ code }: Problem): boolean {
	return (code < 2000 && !notSyntax.has(code)) || (code >= 17000 && code < 18000);
}

/** A chain of reasons longer than this loses its middle: the first lines say what, the last ones why. */
const shownReasons = 6;
const shownFirst = 3;
const shownLast = 2;
/** Longer types lose their middle. */
const shownType = 160;

function shortened(message: string): string {
	const lines = message
		.replaceAll(/'([^'\n]*)'/g, (quoted, type: string) =>
			type.length > shownType ? `'${type.slice(0, shownType - 50)} … ${type.slice(-45)}'` : quoted,
		)
		.split("\n");
	if (lines.length <= shownReasons) return lines.join("\n");
	const left = lines.length - shownFirst - shownLast;
	const indent = /^ */.exec(lines[shownFirst]!)![0];
	return [...lines.slice(0, shownFirst), `${indent}… (${left} more reasons)`, ...lines.slice(-shownLast)].join("\n");
}

/** TypeScript's words about cells that import each other, in words about one notebook. */
function explain(code: number, message: string): string {
	// Where a type is imported from matters only where two have one name, and those of the engine have not.
	const text = message
		.replaceAll(/import\("[^"]*(?:gradbook-|\/dist\/engine\/)[^"]*"\)\./g, "")
		.replaceAll(/typeof import\("[^"]*\/dist\/engine\/([^"]*?)\/?index"\)/g, (_, path: string) =>
			["torch", ...path.split("/")].filter(Boolean).join("."),
		)
		.replaceAll(`${hubName}.`, "");
	if (code === 2632) return text.replace(/because it is an import\.$/, "because it is a constant.");
	if (code === moduleNotFound) {
		const name = packageName(/'([^']+)'/.exec(text)?.[1] ?? "");
		if (name !== undefined) return `${text} To install it beside the notebook: npm install ${name}`;
	}
	if (code === 1238 || code === 1240 || code === 1241) {
		return `${text}\nDecorators are standard ones (name, context). For legacy decorators set "experimentalDecorators" in a tsconfig.json beside the notebook.`;
	}
	const twice = /'([\p{ID_Start}$_][\p{ID_Continue}$]*)'[^'\n]*'\1'/u.exec(text)?.[1];
	if (twice !== undefined && aboutTwoTypes.has(code)) {
		return `${text}\n'${twice}' was declared more than once: what an earlier declaration made keeps its type. Run the cells that made it again.`;
	}
	return text;
}

/** "is not assignable to", "is missing in", "two different types with this name exist". */
const aboutTwoTypes = new Set([2322, 2345, 2719, 2739, 2740, 2741]);

const element = /<([a-z][\w.-]*)(?:\s[^<>]*)?(?:\/>|>.*<\/\1\s*>)|<>.*<\/>/is;

/** What a parser says about JSX, which it takes for comparisons and regular expressions, in one sentence. */
export function aboutJsx(problems: Problem[], source: string): Problem[] {
	const found = problems.some(isSyntax) ? element.exec(source) : null;
	if (found === null) return problems;
	const [start, end] = [found.index, found.index + found[0].length].map((at) => placeOfOffset(source, at)) as [
		Place,
		Place,
	];
	// Any other mistake of the cell is told as it is.
	if (!problems.some((one) => isSyntax(one) && !isBefore(one.start, start) && !isBefore(end, one.start)))
		return problems;
	const message =
		"Cells have no JSX. Components go into a .tsx file beside the notebook, which cells can import; HTML is shown by html(text) of gradbook/display.";
	return [{ code: 0, message, start, end }];
}

/** `rate = 0.1` where there is no `rate`: what it takes in TypeScript to make one. */
export function aboutDeclaring(problems: Problem[], source: string): Problem[] {
	return problems.map((problem) => {
		if (problem.code !== nameNotFound) return problem;
		const [start, end] = [problem.start, problem.end].map((place) => offsetOfPlace(source, place)) as [number, number];
		const stands = /(?:^|[;{}\n])\s*$/.test(source.slice(0, start)) && /^\s*=(?![=>])/.test(source.slice(end));
		if (!stands) return problem;
		return {
			...problem,
			message: `${problem.message} A new variable is declared: let ${source.slice(start, end)} = …`,
		};
	});
}

const nameNotFound = 2304;

function isBefore(a: Place, b: Place): boolean {
	return a.line - b.line < 0 || (a.line === b.line && a.column < b.column);
}

export function problemsError(problems: Problem[], source: string, executionCount: number): CellError {
	const first = problems[0]!;
	const ename = isSyntax(first) ? "SyntaxError" : "TypeScriptError";
	const traceback: string[] = [];
	for (const problem of problems.slice(0, shownProblems)) {
		const { start, end } = problem;
		if (traceback.length > 0) traceback.push("");
		const name = isSyntax(problem) ? "SyntaxError" : "TypeScriptError";
		traceback.push(`${red(bold(name))}: ${described(problem)}`);
		traceback.push(`    at ${green(placeName(executionCount, source, start.line, start.column))}`);
		traceback.push(
			...codeFrame(source, start.line, start.column, end.line === start.line ? end.column : Number.POSITIVE_INFINITY),
		);
	}
	const left = problems.length - shownProblems;
	if (left > 0) traceback.push("", `… and ${left} more ${left === 1 ? "error" : "errors"} in this cell.`);
	return {
		ename,
		evalue: `${described(first)} (${placeName(executionCount, source, first.start.line, first.start.column)})`,
		traceback,
	};
}

function described({ code, message }: Problem): string {
	return code === 0 ? message : `TS${code}: ${message}`;
}
