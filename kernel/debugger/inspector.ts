import type { Debugger, Runtime } from "node:inspector";
import { Session } from "node:inspector/promises";
import type { CompiledCell } from "../requests/contract";
import { cellHead, debugTools } from "../session/runtime/protocol";
import type { Tools } from "./main/tools";
import { messageOf } from "./thrown";

/** The tools' methods, as they are called from here: arguments and results cross the threads as JSON. */
type ToolName = "nameList" | "cells" | "moduleSourceMap" | "clear" | "globals" | "children" | "globalBundle";
type ToolResult<N extends keyof Tools> = Tools[N] extends (...args: never[]) => infer R ? R : never;
type ToolArguments<N extends keyof Tools> = Tools[N] extends (...args: infer A) => unknown ? A : never;

/** A script that V8 has compiled on the main thread. */
export interface Script {
	id: string;
	url: string;
}

export type RemoteObject = Runtime.RemoteObject;

/** JavaScript that gives the main thread's tools. */
export const toolsExpression = `globalThis[Symbol.for(${JSON.stringify(debugTools)})]()`;

/**
 * The main thread's inspector, from the transport thread: no port is opened. Commands are obeyed while JavaScript runs and
 * while it is paused; what native code holds up waits for it.
 */
export class Inspector {
	readonly #session = new Session();
	readonly scripts = new Map<string, Script>();
	readonly post: Session["post"];
	#enabled = false;
	#drafts = 0;

	constructor() {
		this.#session.connectToMainThread();
		this.post = this.#session.post.bind(this.#session);
	}

	/** Turns V8's debugger on, which from now on tells of scripts, pauses and resumptions. */
	async enable(listener: {
		parsed(script: Script): void;
		paused(pause: Debugger.PausedEventDataType): void;
		resumed(): void;
	}): Promise<void> {
		this.#session.on("Debugger.scriptParsed", ({ params }) => {
			const script = { id: params.scriptId, url: params.url };
			this.scripts.set(script.id, script);
			listener.parsed(script);
		});
		this.#session.on("Debugger.paused", ({ params }) => listener.paused(params));
		this.#session.on("Debugger.resumed", () => listener.resumed());
		await this.post("Debugger.enable");
		this.#enabled = true;
	}

	/** Evaluates an expression, wherever the main thread is. Breakpoints in what it runs do not count. */
	evaluate(asked: Runtime.EvaluateParameterType): Promise<Runtime.EvaluateReturnType> {
		return this.post("Runtime.evaluate", { ...asked, disableBreaks: true } as Runtime.EvaluateParameterType);
	}

	/** Calls one of the main thread's tools. */
	async tool<N extends ToolName>(name: N, ...args: ToolArguments<N>): Promise<ToolResult<N>> {
		const given = JSON.stringify(args).slice(1, -1);
		const { result, exceptionDetails } = await this.evaluate({
			expression: `${toolsExpression}.${name}(${given})`,
			returnByValue: true,
			silent: true,
		});
		if (exceptionDetails) throw new Error(messageOf(exceptionDetails));
		return result.value as ToolResult<N>;
	}

	/** Calls one of the tools with objects that the inspector holds. */
	async toolWith<N extends "scopes" | "describe" | "bundle" | "declare" | "locals" | "isNewlyThrown">(
		name: N,
		args: Runtime.CallArgument[],
	): Promise<ToolResult<N>> {
		const tools = await this.evaluate({ expression: toolsExpression, silent: true });
		if (tools.exceptionDetails) throw new Error(messageOf(tools.exceptionDetails));
		const objectId = tools.result.objectId!;
		try {
			const { result, exceptionDetails } = await this.post("Runtime.callFunctionOn", {
				objectId,
				functionDeclaration: `function (...args) { return this.${name}(...args); }`,
				arguments: args,
				returnByValue: true,
				silent: true,
			});
			if (exceptionDetails) throw new Error(messageOf(exceptionDetails));
			return result.value as ToolResult<N>;
		} finally {
			await this.post("Runtime.releaseObject", { objectId });
		}
	}

	/** Where a piece of compiled code could be paused: it is compiled once more for that, and not run. */
	async pausePlaces(cell: Pick<CompiledCell, "code" | "hasTopLevelAwait">): Promise<Debugger.BreakLocation[]> {
		const url = `gradbook-draft-${++this.#drafts}`;
		const { exceptionDetails } = await this.evaluate({
			expression: `${cellHead(cell)}${cell.code}\n});0\n//# sourceURL=${url}`,
			silent: true,
		});
		if (exceptionDetails) return [];
		const script = [...this.scripts.values()].findLast((one) => one.url === url);
		if (script === undefined) return [];
		const places = await this.placesOf(script);
		this.scripts.delete(script.id);
		const headLength = cellHead(cell).length;
		// As in the cell's own script, whose first line begins behind the head.
		return places
			.map((place) => (place.lineNumber > 0 ? place : { ...place, columnNumber: place.columnNumber! - headLength }))
			.filter(({ columnNumber }) => columnNumber! >= 0);
	}

	async placesOf({ id }: Script): Promise<Debugger.BreakLocation[]> {
		const start = { scriptId: id, lineNumber: 0, columnNumber: 0 };
		return (await this.post("Debugger.getPossibleBreakpoints", { start })).locations;
	}

	/** An object that the inspector holds, or a plain value, as an argument of a call. */
	static argument({ objectId, unserializableValue, value }: RemoteObject): Runtime.CallArgument {
		if (objectId !== undefined) return { objectId };
		return unserializableValue === undefined ? { value } : { unserializableValue };
	}

	/** Resumes what is paused, and leaves the main thread as it was. */
	disconnect(): void {
		if (this.#enabled) this.#session.post("Debugger.disable").catch(() => {});
		this.#session.disconnect();
	}
}
