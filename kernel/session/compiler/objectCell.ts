import { type Node, type Parsed, parse } from "./syntax";

/** Comments may stand around. */
const inBraces = /^(?:\s|\/\/[^\n]*\n|\/\*.*?\*\/)*\{.*\}(?:\s|\/\/[^\n]*|\/\*.*?\*\/)*$/s;

/**
 * `{ loss, step: 2 }` alone in a cell is meant as an object, as at the prompts of Node and of browsers: to TypeScript it is
 * a block, and mostly a wrong one. The program of such a cell, its places those of the text; undefined of any other.
 */
export function objectCell(text: string): Parsed | undefined {
	if (!inBraces.test(text)) return undefined;
	const { program, problems, hopeless } = parse(`(${text}\n)`);
	const [statement, ...others] = program.body as Node[];
	if (hopeless || problems.length > 0 || others.length > 0 || statement?.type !== "ExpressionStatement")
		return undefined;
	let expression: Node = statement.expression;
	while (expression.type === "ParenthesizedExpression") expression = expression.expression;
	if (expression.type !== "ObjectExpression") return undefined;
	moveBack(expression);
	const { start, end } = expression;
	return { program: { ...program, body: [{ ...statement, start, end, expression }] }, problems };
}

/** By the one bracket that was put in front. */
function moveBack(node: Node): void {
	node.start--;
	node.end--;
	for (const value of Object.values(node)) {
		for (const one of Array.isArray(value) ? value : [value]) {
			if (typeof one === "object" && one !== null && typeof (one as Node).type === "string") moveBack(one as Node);
		}
	}
}
