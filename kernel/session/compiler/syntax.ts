import { parseSync } from "oxc-parser";

/** A node of the ESTree with TypeScript that oxc-parser makes; `start` and `end` in UTF-16 units. */
export interface Node {
	type: string;
	start: number;
	end: number;
	[key: string]: any;
}

export interface SyntaxProblem {
	message: string;
	start: number;
	end: number;
}

export interface Parsed {
	/** Empty body where there are problems. */
	program: Node;
	problems: SyntaxProblem[];
	/** Nobody should look at it more closely: nested so deep that parsers end their process or do not end at all. */
	hopeless?: boolean;
}

export type Language = "ts" | "tsx" | "js" | "jsx";

export function parse(source: string, language: Language = "ts"): Parsed {
	const deep = nestedTooDeep(source);
	if (deep !== undefined)
		return { program: { type: "Program", start: 0, end: 0, body: [] }, problems: [deep], hopeless: true };
	const result = parseSync(`cell.${language}`, source, { lang: language, sourceType: "module" });
	const problems = result.errors
		.filter((error) => error.severity === "Error")
		.map((error) => {
			const label = error.labels[0];
			return { message: error.message, start: label?.start ?? 0, end: label?.end ?? 0 };
		});
	return { program: result.program as unknown as Node, problems };
}

/** The modules that a source imports and exports from. None where it does not parse. */
export function importedModules(source: string, language: Language): string[] {
	if (nestedTooDeep(source) !== undefined) return [];
	const { module } = parseSync(`module.${language}`, source, { lang: language, sourceType: "module" });
	const requests = [
		...module.staticImports.map((one) => one.moduleRequest.value),
		...module.staticExports.flatMap((one) => one.entries.map((entry) => entry.moduleRequest?.value)),
	];
	return requests.filter((one) => one !== undefined);
}

/** The modules that a program loads before it runs. */
export function importsOf(program: Node): string[] {
	const declarations = program.body.filter(
		(node: Node) => node.type === "ImportDeclaration" && node.importKind !== "type",
	);
	return declarations.map((node: Node) => node.source.value);
}

/** The native parser ends the process at about 2,000 levels, on the 4 MB of stack that a worker thread has. */
const deepest = 1_000;
/** What is shorter has no room for so many. */
const shortest = 2_000;

/** Strings and comments, then what nests. */
const nesting =
	/"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\/\/[^\n]*|\/\*[\s\S]*?\*\/|=>|\b(?:if|else|new|typeof|void|await|delete|for|while|do|with|yield)\b|[()[\]{}<>,;!~?=+-]/g;

/**
 * Where a source is nested too deep for the native parser, which recurses and cannot say so itself. Brackets count, and
 * what nests without them (`!!a`, `a => b => c`, `a ? b : c ? d : e`, `else if`) until a statement or an element ends.
 */
function nestedTooDeep(source: string): SyntaxProblem | undefined {
	if (source.length < shortest) return undefined;
	let brackets = 0;
	let angles = 0;
	let chain = 0;
	let branches = 0;
	nesting.lastIndex = 0;
	for (let match = nesting.exec(source); match !== null; match = nesting.exec(source)) {
		const token = match[0];
		switch (token) {
			case "(":
			case "[":
			case "{":
				brackets++;
				break;
			case ")":
			case "]":
			case "}":
				brackets = Math.max(0, brackets - 1);
				break;
			case "<":
				angles++;
				break;
			case ">":
				angles = Math.max(0, angles - 1);
				break;
			case "else":
				branches++;
				break;
			case "+":
			case "-":
				// Between two values it is a sum, and sums are flat to the parser.
				if (!/[\w$)\]"'`]\s*$/.test(source.slice(Math.max(0, match.index - 20), match.index))) chain++;
				break;
			case ",":
			case ";":
				break;
			default:
				if (token.length === 1 || !/^["'/]/.test(token)) chain++;
		}
		if (token === "," || token === ";" || token === "{" || token === "}") {
			chain = 0;
			angles = 0;
		}
		if (brackets + angles + chain > deepest || branches > deepest) {
			return {
				message: `The code is nested more than ${deepest} levels deep.`,
				start: match.index,
				end: match.index + token.length,
			};
		}
	}
	return undefined;
}

/** The expression inside parentheses, `as`, `satisfies`, `!` and type arguments. */
export function withoutTypes(node: Node): Node {
	let inner = node;
	while (
		inner.type === "ParenthesizedExpression" ||
		inner.type === "TSAsExpression" ||
		inner.type === "TSSatisfiesExpression" ||
		inner.type === "TSNonNullExpression" ||
		inner.type === "TSTypeAssertion" ||
		inner.type === "TSInstantiationExpression"
	) {
		inner = inner.expression;
	}
	return inner;
}

/** A function or class that takes its name from the variable it is assigned to. */
export function isAnonymousFunction(node: Node): boolean {
	switch (node.type) {
		case "ArrowFunctionExpression":
			return true;
		case "FunctionExpression":
		case "ClassExpression":
			return node.id === null;
		default:
			return false;
	}
}

/** The identifiers that a binding pattern declares. */
export function bindings(pattern: Node | null, found: Node[] = []): Node[] {
	switch (pattern?.type) {
		case "Identifier":
			found.push(pattern);
			break;
		case "ObjectPattern":
			for (const property of pattern.properties)
				bindings(property.type === "RestElement" ? property : property.value, found);
			break;
		case "ArrayPattern":
			for (const element of pattern.elements) bindings(element, found);
			break;
		case "AssignmentPattern":
			bindings(pattern.left, found);
			break;
		case "RestElement":
			bindings(pattern.argument, found);
			break;
		case "TSParameterProperty":
			bindings(pattern.parameter, found);
			break;
	}
	return found;
}
