import type { Received } from "../../../dist/kernel/runner/client";
import { startKernel, type TestKernel, wholeKernel } from "../support/kernel";

type Body = Record<string, any>;

export interface DebugEvent {
	event: string;
	body: Body;
}

/** A front end that debugs: what JupyterLab sends, and waits for, without the page. */
export class DebugFrontEnd {
	#seq = 0;
	readonly events: DebugEvent[] = [];
	readonly #taken = new Map<string, number>();
	#wake: (() => void)[] = [];

	constructor(readonly kernel: TestKernel) {
		kernel.client.listen((message: Received) => {
			if (message.header.msg_type !== "debug_event") return;
			this.events.push(message.content as unknown as DebugEvent);
			for (const wake of this.#wake.splice(0)) wake();
		});
	}

	/** The whole reply to a command. */
	async ask(command: string, args?: Body): Promise<Body> {
		const content = { type: "request", seq: ++this.#seq, command, ...(args === undefined ? {} : { arguments: args }) };
		const reply = await this.kernel.client.request("debug_request", content, { channel: "control" }).reply();
		return reply.content;
	}

	/** The body of a command that must succeed. */
	async do(command: string, args?: Body): Promise<Body> {
		const reply = await this.ask(command, args);
		if (reply.success !== true) throw new Error(`${command}: ${reply.message}`);
		return reply.body as Body;
	}

	/** What a command that must fail says. */
	async refused(command: string, args?: Body): Promise<string> {
		const reply = await this.ask(command, args);
		if (reply.success !== false) throw new Error(`${command} succeeded: ${JSON.stringify(reply.body)}`);
		return reply.message as string;
	}

	async attach(clientID = "a test"): Promise<Body> {
		const can = await this.do("initialize", { clientID });
		await this.do("attach", {});
		return can;
	}

	/** Breakpoints in the cell with this text; the lines that they came to stand at. */
	async breakAt(code: string, ...breakpoints: (number | { line: number; condition?: string })[]): Promise<number[]> {
		const { sourcePath } = await this.do("dumpCell", { code });
		const asked = breakpoints.map((one) => (typeof one === "number" ? { line: one } : one));
		const body = await this.do("setBreakpoints", { source: { path: sourcePath }, breakpoints: asked });
		return body.breakpoints.map(({ line, verified }: Body) => (verified ? line : -line));
	}

	/** The next event of this kind, past or to come. */
	async event(name: string, timeoutMs = 15_000): Promise<Body> {
		const end = Date.now() + timeoutMs;
		const nth = this.#taken.get(name) ?? 0;
		for (;;) {
			const found = this.events.filter((one) => one.event === name)[nth];
			if (found !== undefined) {
				this.#taken.set(name, nth + 1);
				return found.body;
			}
			const left = end - Date.now();
			if (left <= 0) throw new Error(`no "${name}" came; there were ${this.events.map((one) => one.event).join()}`);
			await new Promise<void>((wake) => {
				const timer = setTimeout(wake, left);
				this.#wake.push(() => {
					clearTimeout(timer);
					wake();
				});
			});
		}
	}

	/** Events of this kind that have come are nobody's. */
	skip(name: string): void {
		this.#taken.set(name, this.events.filter((one) => one.event === name).length);
	}

	/** Waits until the program stops; why, and where: `name:line` of each frame. */
	async stopped(): Promise<{ reason: string; frames: string[]; text?: string }> {
		const { reason, text } = await this.event("stopped");
		return { reason, frames: (await this.frames()).map(({ name, line }) => `${name}:${line}`), text };
	}

	async frames(): Promise<Body[]> {
		return (await this.do("stackTrace", { threadId: 1 })).stackFrames;
	}

	/** Goes on by a command and waits for the next stop. */
	async to(command: "next" | "stepIn" | "stepOut" | "continue"): Promise<{ reason: string; frames: string[] }> {
		await this.do(command, { threadId: 1 });
		return this.stopped();
	}

	/** The variables of a scope of a frame: texts by name. */
	async variables(scope: string, frame = 0): Promise<Record<string, string>> {
		return texts(await this.children((await this.scope(scope, frame)).variablesReference));
	}

	async scope(name: string, frame = 0): Promise<Body> {
		const { id } = (await this.frames())[frame]!;
		const { scopes } = await this.do("scopes", { frameId: id });
		const found = scopes.find((one: Body) => one.name === name);
		if (found === undefined) throw new Error(`no ${name}; there are ${scopes.map((one: Body) => one.name).join()}`);
		return found;
	}

	async children(variablesReference: number): Promise<Body[]> {
		return (await this.do("variables", { variablesReference })).variables;
	}

	/** What an expression is in a frame. */
	async evaluate(expression: string, frame = 0, context = "repl"): Promise<string> {
		const { id } = (await this.frames())[frame]!;
		return (await this.do("evaluate", { expression, frameId: id, context })).result;
	}
}

export function texts(variables: Body[]): Record<string, string> {
	return Object.fromEntries(variables.map(({ name, value }) => [name, value]));
}

/** A kernel of its own with a debugger attached, for tests that stop, restart and end it. */
export async function debugged(): Promise<{ kernel: TestKernel; page: DebugFrontEnd }> {
	const kernel = await startKernel({ main: wholeKernel });
	const page = new DebugFrontEnd(kernel);
	await page.attach();
	return { kernel, page };
}
