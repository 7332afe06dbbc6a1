import { array, type Infer, integer, object, optional, type Shape, string } from "../wire/shape";
import type { DebuggerSession } from ".";
import { capabilities, type ExceptionFilter, type StackFrame, threadId } from "./dap";
import { hashSeed } from "./hash";
import { pathPrefix, pathSuffix } from "./paths";
import type { Frame } from "./stops";
import { textOf } from "./thrown";

type Body = Record<string, unknown>;

/** One command: the shape of its arguments, and what it does. */
export interface Command {
	arguments: Shape<unknown>;
	run(args: unknown, session: DebuggerSession): Promise<Body | undefined> | Body | undefined;
}

function command<S extends Shape<unknown>>(
	shape: S,
	run: (args: Infer<S>, session: DebuggerSession) => Promise<Body | undefined> | Body | undefined,
): Command {
	return { arguments: shape, run: run as Command["run"] };
}

const none = object({});
const source = object({ path: string });

/** Every command that is answered: those of the protocol, and what Jupyter adds. */
export const commands: Record<string, Command> = {
	initialize: command(object({ clientID: optional(string) }), async ({ clientID }, session) => {
		await session.start(clientID);
		return capabilities;
	}),
	attach: command(none, (_, session) => {
		session.attachment();
		// Front ends build their menus of exceptions on it.
		session.tell("initialized");
		return undefined;
	}),
	configurationDone: command(none, () => undefined),
	disconnect: command(none, (_, session) => {
		session.stop();
		return undefined;
	}),
	threads: command(none, () => ({ threads: [{ id: threadId, name: "notebook" }] })),

	setBreakpoints: command(
		object({ source, breakpoints: optional(array(object({ line: integer, condition: optional(string) }))) }),
		async ({ source: { path }, breakpoints = [] }, session) => ({
			breakpoints: await session.attachment().breakpoints.set(path, breakpoints),
		}),
	),
	setExceptionBreakpoints: command(object({ filters: array(string) }), async ({ filters }, session) => {
		const known = capabilities.exceptionBreakpointFilters.map(({ filter }) => filter);
		const unknown = filters.find((filter) => !known.includes(filter));
		if (unknown !== undefined) throw new Error(`no exceptions are called "${unknown}"; expected ${known.join(" or ")}`);
		await session.attachment().stops.setFilters(filters as ExceptionFilter[]);
		return undefined;
	}),

	continue: command(none, async (_, session) => {
		await session.attachment().stops.resume();
		return { allThreadsContinued: true };
	}),
	next: command(none, async (_, session) => void (await session.attachment().stops.step("stepOver"))),
	stepIn: command(none, async (_, session) => void (await session.attachment().stops.step("stepInto"))),
	stepOut: command(none, async (_, session) => void (await session.attachment().stops.step("stepOut"))),
	pause: command(none, async (_, session) => void (await session.attachment().stops.pause())),

	stackTrace: command(
		object({ startFrame: optional(integer), levels: optional(integer) }),
		({ startFrame = 0, levels }, session) => {
			const frames = session.attachment().stops.current?.frames ?? [];
			const end = levels === undefined || levels === 0 ? undefined : startFrame + levels;
			return { stackFrames: frames.slice(startFrame, end).map(stackFrame), totalFrames: frames.length };
		},
	),
	scopes: command(object({ frameId: integer }), async ({ frameId }, session) => {
		const scopes = await session.attachment().scopes(session.frame(frameId));
		return {
			scopes: scopes.map(({ name, reference }) => ({ name, variablesReference: reference, expensive: false })),
		};
	}),
	variables: command(
		object({ variablesReference: integer, start: optional(integer), count: optional(integer) }),
		async ({ variablesReference, start = 0, count = 0 }, session) => {
			// Nothing is left of what was opened before the program went on.
			const found = await session.ask((inspector) => inspector.tool("children", variablesReference, start, count));
			return { variables: session.shown(found ?? []) };
		},
	),
	evaluate: command(
		object({ expression: string, frameId: optional(integer), context: optional(string) }),
		async ({ expression, frameId, context }, session) => {
			const attachment = session.attachment();
			const frame = frameId === undefined ? undefined : session.frame(frameId);
			const value = await attachment.evaluate(expression, frame, context !== "hover");
			const { value: result, type, variablesReference } = await attachment.describe(value, context === "repl");
			session.evaluated();
			return { result, type, variablesReference };
		},
	),
	exceptionInfo: command(none, (_, session) => {
		const thrown = session.attachment().stops.current?.thrown;
		if (thrown === undefined) throw new Error("the program is not stopped at an exception");
		return { exceptionId: thrown.className ?? thrown.type, description: textOf(thrown), breakMode: "always" };
	}),
	source: command(object({ source: optional(source) }), ({ source: asked }, session) => {
		const content = asked === undefined ? undefined : session.attachment().sources.text(asked.path);
		if (content === undefined) throw new Error(`there is no source ${JSON.stringify(asked?.path)}`);
		return { content, mimeType: "text/typescript" };
	}),
	modules: command(none, (_, session) => {
		const modules = session.attached?.sources.modules() ?? [];
		return {
			modules: modules.map(({ name, path }, index) => ({ id: index, name, path })),
			totalModules: modules.length,
		};
	}),

	debugInfo: command(none, (_, session) => ({
		isStarted: session.attached !== undefined,
		hashMethod: "Murmur2",
		hashSeed,
		tmpFilePrefix: pathPrefix,
		tmpFileSuffix: pathSuffix,
		breakpoints: session.attached?.breakpoints.list() ?? [],
		stoppedThreads: session.attached?.stops.current === undefined ? [] : [threadId],
		richRendering: true,
		exceptionPaths: [],
		copyToGlobals: true,
	})),
	dumpCell: command(object({ code: string }), ({ code }, session) => ({
		sourcePath: session.attachment().sources.dump(code),
	})),
	inspectVariables: command(none, async (_, session) => {
		return { variables: session.shown(await session.look()) };
	}),
	richInspectVariables: command(
		object({ variableName: string, frameId: optional(integer) }),
		async ({ variableName: name, frameId }, session) => {
			const { attached } = session;
			let data: object | null;
			if (attached?.stops.current === undefined || frameId === undefined) {
				data = await session.ask((inspector) => inspector.tool("globalBundle", name));
				if (data === null) throw new Error(`the notebook has no ${name}`);
			} else {
				const value = await attached.evaluate(nameOf(name), session.frame(frameId));
				data = await attached.inspector.toolWith("bundle", [value]);
			}
			return { data, metadata: {} };
		},
	),
	copyToGlobals: command(
		object({ srcVariableName: string, dstVariableName: string, srcFrameId: integer }),
		async ({ srcVariableName, dstVariableName, srcFrameId }, session) => {
			const attachment = session.attachment();
			const value = await attachment.evaluate(nameOf(srcVariableName), session.frame(srcFrameId));
			await session.declare(nameOf(dstVariableName));
			await attachment.inspector.toolWith("declare", [{ value: dstVariableName }, value]);
			return undefined;
		},
	),
};

function stackFrame({ id, name, source: place, line, column }: Frame): StackFrame {
	return { id, name, source: place, line, column };
}

function nameOf(name: string): string {
	if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name))
		throw new Error(`${JSON.stringify(name)} is no variable's name`);
	return name;
}
