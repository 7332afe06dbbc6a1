import type MagicString from "magic-string";
import type { Node } from "./syntax";

/**
 * Has an `await`, or the body of a `for await`, ask `runtime.on` whether its cell was stopped meanwhile, and so go no
 * further: nothing else can end a promise from outside.
 */
export function watchAwait(code: MagicString, node: Node, runtime: string): void {
	const waits = node.type === "AwaitExpression";
	const { start, end } = waits ? node : node.body;
	code.prependLeft(start, waits ? `${runtime}.on(` : `{ ${runtime}.on(); `);
	code.appendRight(end, waits ? ")" : " }");
}
