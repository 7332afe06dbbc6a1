import type { Debugger } from "node:inspector";
import { beforeTermination } from "../session/runtime/protocol";
import { debug } from "../wire/log";
import type { Breakpoints } from "./breakpoints";
import type { ExceptionFilter, StackFrame, StopReason } from "./dap";
import type { Exceptions } from "./exceptions";
import { Inspector, type RemoteObject } from "./inspector";
import { type At, type Code, foreignPatterns, kernelPatterns, type Sources } from "./sources";

export type Step = "stepInto" | "stepOver" | "stepOut";
/** What the program was last told to do. */
type Going = "on" | "to a pause" | Step;

/** A frame of the user's: those of the kernel, the engine and of packages are left out. */
export interface Frame extends StackFrame {
	call: Debugger.CallFrame;
	/** The user's own place that called it, and nobody else: what was thrown or returned belongs to it. */
	isTop: boolean;
}

export interface Stop {
	reason: StopReason;
	frames: Frame[];
	/** What was thrown. */
	thrown: RemoteObject | undefined;
	hit: readonly string[];
}

/** Pauses that nobody asked for are passed over without an end: code that maps to nothing, repeated places of one line. */
const mostSilentSteps = 20;

interface Parts {
	inspector: Inspector;
	sources: Sources;
	breakpoints: Pick<Breakpoints, "pauseAnywhere" | "pauseNoMore">;
	exceptions: Exceptions;
}

/** Where the program is: it goes on, or it is stopped at a place of the user's. */
export class Stops {
	readonly #inspector: Inspector;
	readonly #sources: Sources;
	readonly #breakpoints: Parts["breakpoints"];
	readonly #exceptions: Exceptions;
	readonly #told: { stopped(stop: Stop): void; continued(): void };
	#going: Going = "on";
	#stop: Stop | undefined;
	/** Where a step began, and the places of its line that it has come by. */
	#from: { line: string; frames: number; seen: Set<string> } | undefined;
	#silent = 0;
	#filters = new Set<ExceptionFilter>();
	#patterns = "";
	/** While the stop button is obeyed nothing pauses. */
	#released = 0;
	#lastFrame = 0;

	constructor(parts: Parts, told: { stopped(stop: Stop): void; continued(): void }) {
		this.#inspector = parts.inspector;
		this.#sources = parts.sources;
		this.#breakpoints = parts.breakpoints;
		this.#exceptions = parts.exceptions;
		this.#told = told;
	}

	get current(): Stop | undefined {
		return this.#stop;
	}

	frame(id: number): Frame | undefined {
		return this.#stop?.frames.find((frame) => frame.id === id);
	}

	/** Gives the frames new ids: pages take values anew only where ids are new. The old ones are gone. */
	renumber(): void {
		for (const frame of this.#stop?.frames ?? []) frame.id = ++this.#lastFrame;
	}

	/** To be called once V8's debugger is on. */
	async start(): Promise<void> {
		await this.#hideForeignCode("on");
	}

	async setFilters(filters: readonly ExceptionFilter[]): Promise<void> {
		this.#filters = new Set(filters);
		await this.#inspector.post("Debugger.setPauseOnExceptions", { state: this.#filters.size > 0 ? "all" : "none" });
		// What awaits the code that throws is seen only so; it costs each await a little.
		await this.#inspector.post("Debugger.setAsyncCallStackDepth", { maxDepth: this.#filters.size > 0 ? 16 : 0 });
		await this.#hideForeignCode(this.#going);
	}

	async resume(): Promise<void> {
		await this.#leave("on");
	}

	async step(step: Step): Promise<void> {
		const top = this.#stop?.frames[0];
		this.#silent = 0;
		this.#from = top && { line: lineOf(top), frames: this.#stop!.frames.length, seen: new Set([placeOf(top)]) };
		await this.#leave(step);
	}

	async pause(): Promise<void> {
		if (this.#stop !== undefined) return;
		this.#silent = 0;
		this.#going = "to a pause";
		await this.#inspector.post("Debugger.pause");
	}

	/** The stop button: whatever is paused goes on, and nothing pauses until `restore`. Waits for nothing. */
	release(): void {
		this.#released++;
		this.#post("Debugger.setSkipAllPauses", { skip: true });
		this.#going = "on";
		void this.#breakpoints.pauseNoMore();
		if (this.#stop === undefined) return;
		// Not a line more of what was stopped runs.
		this.#post("Runtime.evaluate", { expression: `globalThis[Symbol.for(${JSON.stringify(beforeTermination)})]()` });
		this.#post("Debugger.resume", { terminateOnResume: true });
	}

	restore(): void {
		if (--this.#released > 0) return;
		this.#post("Debugger.setSkipAllPauses", { skip: false });
		// Asked for meanwhile.
		if (this.#going === "to a pause") this.#post("Debugger.pause");
	}

	/** A run has ended. A step that came to no place of the user's would stop in whatever runs next. */
	runEnded(): void {
		if (this.#stop !== undefined || this.#going === "on" || this.#going === "to a pause") return;
		this.#going = "on";
		this.#post("Runtime.evaluate", { expression: "debugger", silent: true });
	}

	resumed(): void {
		if (this.#stop === undefined) return;
		this.#stop = undefined;
		this.#told.continued();
	}

	async paused(pause: Debugger.PausedEventDataType): Promise<void> {
		const stop = await this.#stopOf(pause);
		if (stop === undefined) return;
		if (this.#released > 0) {
			await this.#go("on");
			return;
		}
		await this.#breakpoints.pauseNoMore();
		this.#going = "on";
		this.#stop = stop;
		this.#told.stopped(stop);
	}

	/** What a pause is to the user; undefined where it is nothing, and the program has been told to go on. */
	async #stopOf(pause: Debugger.PausedEventDataType): Promise<Stop | undefined> {
		const hit = pause.hitBreakpoints ?? [];
		if (this.#released > 0) return this.#go("on");
		const frames = this.#frames(pause.callFrames);
		const top = frames[0];
		const thrown = thrownBy(pause);
		if (thrown !== undefined && hit.length === 0) {
			return top !== undefined && (await this.#isWanted(pause, thrown))
				? { reason: "exception", frames, thrown, hit }
				: this.#go(this.#going, this.#onward());
		}
		const going = this.#going;
		if (hit.length > 0 && top !== undefined)
			return { reason: going === "to a pause" ? "pause" : "breakpoint", frames, thrown, hit };
		if (top === undefined) {
			// A step that came here has ended. V8 would lose its way from node's internals to the user's code.
			if (going !== "to a pause") return this.#go("on");
			await this.#breakpoints.pauseAnywhere();
			return this.#go(going, "resume");
		}
		// A `debugger` statement; one that is not the user's is of no interest.
		if (going === "on") return top.isTop ? { reason: "breakpoint", frames, thrown, hit } : this.#go("on");
		const reason = going === "to a pause" ? "pause" : "step";
		if (this.#silent++ < mostSilentSteps) {
			if (!top.isTop) return going === "to a pause" ? this.#go(going, "stepOut") : this.#go("stepOut");
			if (reason === "step" && this.#isNowhere(pause, frames)) return this.#go(going, going as Step);
		}
		return { reason, frames, thrown, hit };
	}

	async #isWanted(pause: Debugger.PausedEventDataType, thrown: RemoteObject): Promise<boolean> {
		if (!this.#filters.has((await this.#exceptions.isCaught(pause)) ? "caught" : "uncaught")) return false;
		return this.#inspector.toolWith("isNewlyThrown", [Inspector.argument(thrown)]);
	}

	/** Code of ours inside a cell, or still the line that the step began at: V8 steps by parts of it. */
	#isNowhere({ callFrames }: Debugger.PausedEventDataType, frames: Frame[]): boolean {
		const { location } = callFrames[0]!;
		const code = this.#codeOf(location.scriptId);
		if (code?.original(atOf(location)) === undefined) return true;
		const top = frames[0]!;
		const from = this.#from;
		// Behind an await the callers are gone. More frames are another call of the same code.
		if (from?.line !== lineOf(top) || frames.length > from.frames) return false;
		// A loop on one line stops at each turn.
		const place = placeOf(top);
		if (from.seen.has(place)) return false;
		from.seen.add(place);
		return true;
	}

	/** The command that does once more what the program was told. */
	#onward(): Step | "resume" {
		return this.#going === "on" ? "resume" : this.#going === "to a pause" ? "stepOut" : this.#going;
	}

	async #leave(going: "on" | Step): Promise<void> {
		if (this.#stop === undefined) return;
		// While it is still paused: values that were opened are not held any longer.
		await this.#inspector.tool("clear");
		await this.#go(going);
	}

	async #go(going: "on" | Step): Promise<undefined>;
	async #go(going: Going, by: Step | "resume"): Promise<undefined>;
	async #go(going: Going, by = going === "on" ? "resume" : going): Promise<undefined> {
		this.#going = going;
		if (this.#released === 0) await this.#hideForeignCode(going);
		try {
			await this.#inspector.post(`Debugger.${by as Step | "resume"}`);
		} catch (error) {
			// The stop button was faster.
			debug(`${by}: ${(error as Error).message}`);
		}
		return undefined;
	}

	/**
	 * V8 steps over and out of foreign code by itself. Errors that foreign code throws are told only where it is not hidden:
	 * only the step into calls needs that it is.
	 */
	async #hideForeignCode(going: Going): Promise<void> {
		const patterns = this.#filters.size > 0 && going !== "stepInto" ? kernelPatterns : foreignPatterns;
		if (patterns.join() === this.#patterns) return;
		this.#patterns = patterns.join();
		await this.#inspector.post("Debugger.setBlackboxPatterns", { patterns });
	}

	#post(
		method: "Debugger.pause" | "Debugger.resume" | "Debugger.setSkipAllPauses" | "Runtime.evaluate",
		parameters?: object,
	): void {
		(this.#inspector.post as (method: string, parameters?: object) => Promise<unknown>)(method, parameters).catch(
			(error: Error) => debug(`${method}: ${error.message}`),
		);
	}

	#codeOf(scriptId: string): Code | undefined {
		return this.#sources.at(this.#inspector.scripts.get(scriptId)?.url ?? "");
	}

	#frames(calls: Debugger.CallFrame[]): Frame[] {
		const frames: Frame[] = [];
		for (const [index, call] of calls.entries()) {
			const code = this.#codeOf(call.location.scriptId);
			if (code === undefined) continue;
			// The code around a cell's own has no place in its text: the first line is the nearest.
			const at = code.original(atOf(call.location)) ?? { line: 0, column: 0 };
			frames.push({
				id: ++this.#lastFrame,
				name: nameOf(call, code),
				source: code.source,
				line: at.line + 1,
				column: at.column + 1,
				call,
				isTop: index === 0,
			});
		}
		return frames;
	}
}

/** A function's name; what runs a cell or a module has none of its own. */
function nameOf({ functionName, functionLocation }: Debugger.CallFrame, { cell }: Code): string {
	if (functionName !== "") return functionName;
	const isOutermost = functionLocation?.lineNumber === 0 && (functionLocation.columnNumber ?? 0) <= 0;
	return isOutermost ? (cell === undefined ? "<module>" : "<cell>") : "<anonymous>";
}

function atOf({ lineNumber, columnNumber = 0 }: Debugger.Location): At {
	return { line: lineNumber, column: columnNumber };
}

/** The place in the running code. */
function placeOf({ call: { location } }: Frame): string {
	return `${location.scriptId}:${location.lineNumber}:${location.columnNumber}`;
}

/** The function and the line that a frame stands at. */
function lineOf({ source, line, call }: Frame): string {
	const { lineNumber, columnNumber } = call.functionLocation ?? call.location;
	return [source.path, line, lineNumber, columnNumber].join(" ");
}

/** What was thrown where a pause comes from a throw, also among several reasons. */
function thrownBy({ reason, data }: Debugger.PausedEventDataType): RemoteObject | undefined {
	const isThrow = (one: string) => one === "exception" || one === "promiseRejection";
	if (isThrow(reason)) return data as RemoteObject;
	if (reason !== "ambiguous") return undefined;
	const { reasons } = data as { reasons: { reason: string; auxData?: RemoteObject }[] };
	return reasons.find((one) => isThrow(one.reason))?.auxData;
}
