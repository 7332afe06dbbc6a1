import { setTimeout as sleep } from "node:timers/promises";
import type { CellCompiler, CellDebugger, DebugEvent, DebugReply, DebugRequest } from "../requests/contract";
import type { RunWatcher } from "../session/runtime/remote";
import type { Attachment } from "./attachment";
import { commands } from "./commands";
import { threadId } from "./dap";
import type { Inspector } from "./inspector";
import type { Variable } from "./main/tools";
import type { Frame } from "./stops";
import { textOf } from "./thrown";

export interface DebuggerOptions {
	compiler: Pick<CellCompiler, "compile" | "draft">;
	/** What runs cells: told of the debugger while it is attached. */
	runner: { readonly ready: Promise<void>; watcher: RunWatcher | undefined };
}

/** Front ends look at all variables after every message of a running cell; more often than this they need not. */
const lookMs = 200;

export function createDebugger(options: DebuggerOptions): CellDebugger {
	return new DebuggerSession(options);
}

/** Answers debug requests. Nothing is attached to the main thread before `initialize`. */
export class DebuggerSession implements CellDebugger {
	readonly #options: DebuggerOptions;
	attached: Attachment | undefined;
	#client: string | undefined;
	#publish: (event: DebugEvent) => void = () => {};
	#lastSeq = 0;
	#lastLook = 0;
	/** Requests to look at the notebook's variables that are waiting, and what was seen last. */
	#looks = 0;
	#seen: Variable[] | undefined;
	#turn: Promise<unknown> = Promise.resolve();
	#stopped = new AbortController();

	constructor(options: DebuggerOptions) {
		this.#options = options;
	}

	request(request: DebugRequest, tell: (event: DebugEvent) => void): Promise<DebugReply> {
		const isLook = request.command === "inspectVariables";
		if (isLook) this.#looks++;
		const reply = this.#turn.then(() => {
			if (isLook) this.#looks--;
			this.#publish = tell;
			return this.#answer(request);
		});
		this.#turn = reply;
		return reply;
	}

	async #answer({ seq, command, arguments: given = {} }: DebugRequest): Promise<DebugReply> {
		const reply = { type: "response", request_seq: seq, command } as const;
		try {
			const known = Object.hasOwn(commands, command) ? commands[command] : undefined;
			if (known === undefined) throw new Error(`the debugger knows no command "${command}"`);
			const problem = known.arguments.check(given, "arguments");
			if (problem !== undefined) throw new Error(problem);
			const body = (await known.run(given, this)) ?? {};
			return { ...reply, seq: ++this.#lastSeq, success: true, body };
		} catch (error) {
			const message = error instanceof Error ? error.message : String(error);
			return { ...reply, seq: ++this.#lastSeq, success: false, message, body: {} };
		}
	}

	tell(event: string, body: Record<string, unknown> = {}): void {
		this.#publish({ type: "event", seq: ++this.#lastSeq, event, body });
	}

	/** Attaches to the main thread, where that is not done. */
	async start(client: string | undefined): Promise<void> {
		this.#client = client;
		await this.#options.runner.ready;
		if (this.attached !== undefined) return;
		// Loaded now: whoever never debugs has nothing of it.
		const { Attachment } = require("./attachment") as typeof import("./attachment");
		this.attached = await Attachment.make((text) => this.#options.compiler.draft(text), {
			stopped: ({ reason, thrown, hit }) => {
				this.#stopped.abort();
				this.tell("stopped", {
					reason,
					threadId,
					allThreadsStopped: true,
					...(thrown === undefined ? {} : { text: textOf(thrown) }),
					...(hit.length === 0 ? {} : { hitBreakpointIds: this.attached!.breakpoints.ids(hit) }),
				});
			},
			continued: () => {
				this.#stopped = new AbortController();
				this.tell("continued", { threadId, allThreadsContinued: true });
			},
		});
		this.#options.runner.watcher = this.attached;
	}

	stop(): void {
		if (this.attached === undefined) return;
		const wasStopped = this.attached.stops.current !== undefined;
		this.close();
		if (wasStopped) this.tell("continued", { threadId, allThreadsContinued: true });
		this.tell("terminated");
	}

	close(): void {
		this.#options.runner.watcher = undefined;
		this.attached?.detach();
		this.attached = undefined;
		this.#stopped = new AbortController();
	}

	attachment(): Attachment {
		if (this.attached === undefined) throw new Error("the debugger is not started");
		return this.attached;
	}

	frame(id: number): Frame {
		const frame = this.attachment().stops.frame(id);
		if (frame === undefined) throw new Error(`there is no frame ${id}: the program has gone on`);
		return frame;
	}

	/** Asks the main thread, also where nothing is attached to it. */
	async ask<T>(question: (inspector: Inspector) => Promise<T>): Promise<T> {
		await this.#options.runner.ready;
		if (this.attached !== undefined) return question(this.attached.inspector);
		const { Inspector } = require("./inspector") as typeof import("./inspector");
		const inspector = new Inspector();
		try {
			return await question(inspector);
		} finally {
			inspector.disconnect();
		}
	}

	/**
	 * The notebook's variables. Front ends ask after every message of a running cell: that waits where they were looked at a
	 * moment ago, unless the program stops, and who is followed by another request gets what was seen then.
	 */
	async look(): Promise<Variable[]> {
		const wait = this.#lastLook + lookMs - performance.now();
		if (wait > 0) await sleep(wait, undefined, { signal: this.#stopped.signal }).catch(() => {});
		const isStopped = this.attached?.stops.current !== undefined;
		if (this.#looks > 0 && this.#seen !== undefined && !isStopped) return this.#seen;
		this.#lastLook = performance.now();
		this.#seen = await this.ask((inspector) => inspector.tool("globals", !isStopped));
		return this.#seen;
	}

	/** JupyterLab's tree shows a variable's type in the place of its value, where it is told one. */
	shown(variables: readonly Variable[]): Partial<Variable>[] {
		const isTree = this.#client === undefined || this.#client === "jupyterlab";
		return variables.map((variable) => (isTree ? { ...variable, type: undefined } : variable));
	}

	/** JupyterLab forgets the variables of the frame that it has evaluated in, and asks again only for a new one. */
	evaluated(): void {
		if (this.#client === "jupyterlab") this.attached?.stops.renumber();
	}

	/** Makes a name that later cells may use. Whatever it was typed before, it is `any` now. */
	async declare(name: string): Promise<void> {
		const compiled = await this.#options.compiler.compile(`let ${name}: any;`, { executionCount: 0, remember: true });
		if (compiled.status === "error") throw new Error(compiled.error.evalue);
	}
}
