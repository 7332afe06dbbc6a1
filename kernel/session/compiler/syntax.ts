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
}

export type Language = "ts" | "tsx" | "js" | "jsx";

export function parse(source: string, language: Language = "ts"): Parsed {
	const result = parseSync(`cell.${language}`, source, { lang: language, sourceType: "module" });
	const problems = result.errors
		.filter((error) => error.severity === "Error")
		.map((error) => {
			const label = error.labels[0];
			return { message: error.message, start: label?.start ?? 0, end: label?.end ?? 0 };
		});
	return { program: result.program as unknown as Node, problems };
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
