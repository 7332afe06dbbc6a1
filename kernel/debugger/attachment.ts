import type { Runtime } from "node:inspector";
import type { CompiledCell } from "../requests/contract";
import type { RunWatcher } from "../session/runtime/remote";
import { log } from "../wire/log";
import { Breakpoints, type Draft } from "./breakpoints";
import { Exceptions } from "./exceptions";
import { expressionOf } from "./expressions";
import { Inspector, type RemoteObject, type Script } from "./inspector";
import type { Variable } from "./main/tools";
import { localModule, Sources } from "./sources";
import { type Frame, type Stop, Stops } from "./stops";
import { messageOf } from "./thrown";

/** How long an evaluation may take, in milliseconds: no command reaches the main thread while it does, not even the stop button's. */
const longestMs = 10_000;
/** The same for what a hover asks. */
const hoverMs = 500;

/** The debugger while it is attached to the main thread. */
export class Attachment implements RunWatcher {
	readonly inspector = new Inspector();
	readonly sources = new Sources();
	readonly breakpoints: Breakpoints;
	readonly stops: Stops;

	private constructor(draft: Draft, told: { stopped(stop: Stop): void; continued(): void }) {
		this.breakpoints = new Breakpoints(this.inspector, this.sources, draft);
		this.stops = new Stops(
			{
				inspector: this.inspector,
				sources: this.sources,
				breakpoints: this.breakpoints,
				exceptions: new Exceptions(this.inspector, this.sources),
			},
			told,
		);
	}

	static async make(draft: Draft, told: { stopped(stop: Stop): void; continued(): void }): Promise<Attachment> {
		const attachment = new Attachment(draft, told);
		await attachment.#start();
		return attachment;
	}

	async #start(): Promise<void> {
		// Of cells that have run before; those to come are told of by `before`.
		for (const cell of await this.inspector.tool("cells")) this.sources.addCell(cell);

		await this.inspector.enable({
			parsed: (script) => void this.#parsed(script).catch(failed),
			paused: (pause) =>
				void this.stops.paused(pause).catch((error) => {
					failed(error);
					// Nobody knows of the pause, and so nobody could end it.
					this.inspector.post("Debugger.resume").catch(failed);
				}),
			resumed: () => this.stops.resumed(),
		});
		await this.stops.start();
	}

	/** Local modules are known when they are loaded. */
	async #parsed({ url }: Script): Promise<void> {
		const file = localModule(url);
		if (file === undefined) return;
		const code = this.sources.addModule(url, file, await this.inspector.tool("moduleSourceMap", file));
		await this.breakpoints.beforeRun(code);
	}

	async before(cell: CompiledCell): Promise<void> {
		try {
			const code = this.sources.addCell(cell);
			if (code !== undefined) await this.breakpoints.beforeRun(code);
		} catch (error) {
			// The cell runs all the same.
			failed(error as Error);
		}
	}

	after(): void {
		this.stops.runEnded();
	}

	release(): () => void {
		this.stops.release();
		return () => this.stops.restore();
	}

	async scopes(frame: Frame): Promise<{ name: string; reference: number }[]> {
		const chain = scopesOf(frame);
		const extra: [string, RemoteObject][] = [];
		if (frame.isTop || frame.id === this.stops.current?.frames[0]?.id) {
			const { thrown } = this.stops.current!;
			if (thrown !== undefined) extra.push(["(thrown)", thrown]);
		}
		if (frame.isTop && frame.call.returnValue !== undefined) extra.push(["(returned)", frame.call.returnValue]);
		const self = frame.call.this;
		// Modules of the engine are functions.
		if (self.objectId !== undefined && self.className !== "global") extra.push(["this", self]);
		return this.inspector.toolWith("scopes", [
			{ value: chain.map(({ type }) => type) },
			{ value: extra.map(([name]) => name) },
			...extra.map(([, value]) => Inspector.argument(value)),
			...chain.map(({ object }) => Inspector.argument(object)),
		]);
	}

	/** The value of an expression, in a frame or in the notebook. Throws what it throws, as an error with that message. */
	async evaluate(expression: string, frame: Frame | undefined, sideEffects = true): Promise<Runtime.CallArgument> {
		const scopes = frame === undefined ? [] : scopesOf(frame).map(({ object }) => Inspector.argument(object));
		const there = new Set(frame === undefined ? [] : await this.inspector.toolWith("locals", scopes));
		const shared = new Set(await this.inspector.tool("nameList"));
		const code = expressionOf(expression, {
			// A function of a cell has a variable there and a box: what it is now is in the box.
			isLocal: (name) => there.has(name) && !(shared.has(name) && there.has(`$$${name}`)),
			isShared: (name) => shared.has(name),
		});
		const timeout = sideEffects ? longestMs : hoverMs;
		const asked = { expression: code, silent: true, timeout, throwOnSideEffect: !sideEffects };
		const { result, exceptionDetails } = await (frame === undefined
			? this.inspector.evaluate(asked)
			: this.inspector.post("Debugger.evaluateOnCallFrame", { ...asked, callFrameId: frame.call.callFrameId })
		).catch((error: Error) => {
			if (!/terminated/.test(error.message)) throw error;
			throw new Error(`the evaluation took longer than ${timeout / 1000} s and was ended`);
		});
		if (exceptionDetails) throw new Error(messageOf(exceptionDetails));
		return Inspector.argument(result);
	}

	/** A value as a variable; its text in one line, or whole. */
	async describe(value: Runtime.CallArgument, whole: boolean): Promise<Variable> {
		return this.inspector.toolWith("describe", [value, { value: whole }]);
	}

	detach(): void {
		this.inspector.disconnect();
	}
}

function failed(error: Error): void {
	log(`debugger: ${error.stack}`);
}

/** The variables of a frame, innermost scope first; globals of JavaScript are none of them. */
function scopesOf({ call }: Frame) {
	return call.scopeChain.filter(({ type }) => type !== "global" && type !== "script");
}
