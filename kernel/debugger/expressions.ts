import MagicString from "magic-string";
import { lower } from "../session/compiler/lower";
import { type Reference, scan } from "../session/compiler/scan";
import { parse } from "../session/compiler/syntax";
import { namesGlobal } from "../session/runtime/protocol";

/*
 * TypeScript that is evaluated in the middle of a cell. Names of the notebook have no variable of their own in running code
 * (session/compiler/transform.ts), so they are put in place of the names that mean them.
 */

const names = `globalThis[${JSON.stringify(namesGlobal)}]`;

/** What a name of the expression is at the place where it is evaluated. */
export interface NamesThere {
	/** A variable of the code there. */
	isLocal(name: string): boolean;
	/** A name of the notebook. */
	isShared(name: string): boolean;
}

/** JavaScript for V8 to evaluate there. Throws a SyntaxError where the text is no TypeScript. */
export function expressionOf(text: string, there: NamesThere): string {
	return rewrite(text, ({ name }) =>
		there.isLocal(name) || !there.isShared(name) ? undefined : `${names}[${JSON.stringify(name)}]`,
	);
}

/** The condition of a breakpoint: which variables there will be is only known when it is reached. */
export function conditionOf(text: string): string {
	return rewrite(text, ({ name }) => {
		if (name === "undefined" || name in globalThis) return undefined;
		return `(typeof ${name} === "undefined" ? ${names}[${JSON.stringify(name)}] : ${name})`;
	});
}

function rewrite(text: string, replacement: (reference: Reference) => string | undefined): string {
	// In brackets first, so that `{ a: 1 }` is an object.
	const bracketed = `(${text}\n)`;
	const [source, parsed] = [bracketed, text]
		.map((one) => [one, parse(one)] as const)
		.find(([, { problems }]) => problems.length === 0) ?? [text, parse(text)];
	const [problem] = parsed.problems;
	if (problem !== undefined) throw new SyntaxError(problem.message);
	const found = scan(parsed.program);
	if (found.hasTopLevelAwait)
		throw new SyntaxError("await cannot be used here: nothing goes on until the answer is there");
	const code = new MagicString(source);
	for (const reference of found.references) {
		if (found.declared.has(reference.name)) continue;
		const value = replacement(reference);
		if (value === undefined) continue;
		const { node, use, name } = reference;
		code.overwrite(
			node.start,
			node.typeAnnotation ? node.typeAnnotation.start : node.end,
			use === "call" ? `(0, ${value})` : use === "shorthand" ? `${name}: ${value}` : value,
		);
	}
	return lower(code.toString(), "evaluate.ts").code;
}
