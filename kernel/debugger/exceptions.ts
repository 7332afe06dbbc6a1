import type { Debugger } from "node:inspector";
import { type Node, parse } from "../session/compiler/syntax";
import { offsetOfPlace } from "../session/text";
import type { Inspector } from "./inspector";
import type { Code, Sources } from "./sources";

/*
 * Whether something deals with an error that was just thrown. V8 cannot tell: the kernel catches whatever a cell throws,
 * so that to V8 nothing is uncaught. What stands on the stack is looked at instead: a `catch` around a call there, or
 * `.catch(…)` behind it. Handlers that are attached to a promise in another place are not seen.
 */

/** A place on the stack, sync or async. */
interface Standing {
	scriptId: string;
	line: number;
	column: number;
}

export class Exceptions {
	readonly #inspector: Inspector;
	readonly #sources: Sources;
	/** Parsed code by script; undefined where it does not parse. */
	readonly #programs = new Map<string, { text: string; program: Node } | undefined>();

	constructor(inspector: Inspector, sources: Sources) {
		this.#inspector = inspector;
		this.#sources = sources;
	}

	/** Whether the error of a pause meets a `catch` before it meets the kernel. */
	async isCaught(pause: Debugger.PausedEventDataType): Promise<boolean> {
		const sync = pause.callFrames.map(({ location }) => ({
			scriptId: location.scriptId,
			line: location.lineNumber,
			column: location.columnNumber ?? 0,
		}));
		const waiting: Standing[] = [];
		for (let stack = pause.asyncStackTrace; stack !== undefined; stack = stack.parent) {
			for (const { scriptId, lineNumber, columnNumber } of stack.callFrames)
				waiting.push({ scriptId, line: lineNumber, column: columnNumber });
		}
		for (const standing of [...this.#users(sync), ...this.#users(waiting)]) {
			if (await this.#isGuarded(standing)) return true;
		}
		return false;
	}

	/** Down to the outermost place of the user's: below it the kernel catches everything. */
	#users(stack: Standing[]): Standing[] {
		return stack.slice(0, stack.findLastIndex(({ scriptId }) => this.#codeOf(scriptId) !== undefined) + 1);
	}

	#codeOf(scriptId: string): Code | undefined {
		return this.#sources.at(this.#inspector.scripts.get(scriptId)?.url ?? "");
	}

	async #isGuarded({ scriptId, line, column }: Standing): Promise<boolean> {
		const script = this.#inspector.scripts.get(scriptId);
		if (script === undefined) return false;
		const code = this.#codeOf(scriptId);
		const parsed = await this.#program(scriptId, code);
		if (parsed === undefined) return false;
		const at = code === undefined ? { line, column } : code.original({ line, column });
		return at !== undefined && isGuarded(parsed.program, offsetOfPlace(parsed.text, at));
	}

	async #program(scriptId: string, code: Code | undefined): Promise<{ text: string; program: Node } | undefined> {
		if (this.#programs.has(scriptId)) return this.#programs.get(scriptId);
		const text =
			code === undefined
				? (await this.#inspector.post("Debugger.getScriptSource", { scriptId })).scriptSource
				: this.#sources.text(code.path);
		const parsed = text === undefined ? undefined : parse(text, code === undefined ? "js" : "ts");
		const known =
			parsed === undefined || parsed.problems.length > 0 ? undefined : { text: text!, program: parsed.program };
		this.#programs.set(scriptId, known);
		return known;
	}
}

/** Whether a throw at this offset is caught in the function that stands there. */
export function isGuarded(program: Node, offset: number): boolean {
	let guarded = false;
	const visit = (node: Node): void => {
		if (isFunction(node)) guarded = false;
		if (node.type === "TryStatement" && deals(node.handler) && contains(node.block, offset)) guarded = true;
		const call = node.type === "AwaitExpression" ? node.argument : node;
		const rest = call.type === "CallExpression" && handlesRejection(call) ? call.callee.object : undefined;
		if (rest !== undefined && offset >= node.start && offset <= rest.end) guarded = true;
		for (const inner of innerNodes(node)) if (contains(inner, offset)) visit(inner);
	};
	visit(program);
	return guarded;
}

/** A handler that ends by throwing only adds to the error, or cleans up. */
function deals(handler: Node | null): boolean {
	return handler !== null && (handler.body.body.at(-1)?.type !== "ThrowStatement" || leaves(handler.body));
}

/** Whether code has another way out than its end. */
function leaves(node: Node): boolean {
	if (/^(Return|Break|Continue)Statement$/.test(node.type)) return true;
	return !isFunction(node) && innerNodes(node).some(leaves);
}

/** `promise.catch(…)`, `promise.then(…, …)`. */
function handlesRejection({ callee, arguments: given }: Node): boolean {
	if (callee.type !== "MemberExpression" || callee.computed) return false;
	return callee.property.name === "catch" || (callee.property.name === "then" && given.length > 1);
}

function isFunction({ type }: Node): boolean {
	return /^(Function|Arrow)|^StaticBlock$/.test(type);
}

function innerNodes(node: Node): Node[] {
	return Object.values(node).flat().filter(isNode);
}

function isNode(value: unknown): value is Node {
	return typeof value === "object" && value !== null && typeof (value as Partial<Node>).type === "string";
}

function contains({ start, end }: Node, offset: number): boolean {
	return start <= offset && offset < end;
}
