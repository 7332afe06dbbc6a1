import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { entered } from "../core/block";
import { native } from "../core/native";
import { profiling, spanKind } from "../core/profiling";
import { checkOptionNames, quoted } from "../core/signature";
import { warn } from "../core/warn";
import { EventList, type KeyAveragesOptions } from "./eventList";
import type { FunctionEvent, FunctionEventAvg } from "./events";
import { eventsOf } from "./record";
import { finished } from "./recordFunction";
import { ProfilerAction, type Schedule } from "./schedule";
import { chromeTrace } from "./trace";

/** What is recorded: times of the host, times of cards. */
export const ProfilerActivity = { CPU: "cpu", CUDA: "cuda" } as const;
export type ProfilerActivity = (typeof ProfilerActivity)[keyof typeof ProfilerActivity];

/** The host, and cards where there are any. */
export function supportedActivities(): Set<ProfilerActivity> {
	return new Set(native.cudaDeviceCount() > 0 ? [ProfilerActivity.CPU, ProfilerActivity.CUDA] : [ProfilerActivity.CPU]);
}

export interface ProfileOptions {
	/** Default: all there are. */
	activities?: Iterable<ProfilerActivity> | null;
	/** What to do in each step; `prof.step()` says that one is over. Default: all is recorded, from start to stop. */
	schedule?: Schedule | null;
	/** Called with the profile when a cycle of the schedule, or the whole, was recorded. */
	onTraceReady?: ((profile: Profile) => void) | null;
	/** Keep the shapes and dtypes of inputs. Default false. */
	recordShapes?: boolean;
	/** Keep how much memory tensors took. Default false. */
	profileMemory?: boolean;
	/** Keep from where operations were called; costs some microseconds for each. In notebooks: lines of cells. Default false. */
	withStack?: boolean;
	/** Calls of modules, as `nn.Module: Linear_0`, in the trace. Default false. */
	withModules?: boolean;
}

const optionNames = [
	"activities",
	"schedule",
	"onTraceReady",
	"recordShapes",
	"profileMemory",
	"withStack",
	"withModules",
];

/** Frames that V8 keeps of a stack while `withStack` asks for them; ten otherwise, most of which are the engine's. */
const STACK_FRAMES = 64;

/** What was recorded of a cycle. */
interface Trace {
	events: EventList<FunctionEvent>;
	began: number;
	duration: number;
}

let running: Profile | null = null;

/**
 * Records what the engine does: operations, blocks of `recordFunction`, derivatives, steps of optimisers, and on cards how long
 * they were at it. `start()` and `stop()` begin and end it, or `profile(options, body)` does both.
 *
 * Times of operations are those of the addon's code, from the call to its return; the JavaScript around it counts for the block
 * that it stands in. On a card an operation's time is that between two events around its kernels.
 */
export class Profile implements Disposable {
	readonly activities: ReadonlySet<ProfilerActivity>;
	readonly recordShapes: boolean;
	readonly profileMemory: boolean;
	readonly withStack: boolean;
	readonly withModules: boolean;
	/** Calls of `step()`. */
	stepNum = 0;
	/** What is done in the present step. */
	currentAction: ProfilerAction = ProfilerAction.NONE;
	readonly #schedule: Schedule | null;
	readonly #onTraceReady: ((profile: Profile) => void) | null;
	readonly #metadata = new Map<string, unknown>();
	#block: Disposable | null = null;
	#stepSpan = -1;
	#began = 0;
	#stackLimit = 10;
	#trace: Trace | null = null;

	/** @internal Profiles are made by `profile`. */
	constructor(options: ProfileOptions = {}) {
		checkOptionNames("profile", optionNames, options);
		this.activities = checkActivities(options.activities);
		for (const name of ["schedule", "onTraceReady"] as const) {
			if (options[name] != null && typeof options[name] !== "function") {
				throw new TypeError(`[profile] ${name} must be a function, got ${quoted(options[name])}`);
			}
		}
		this.#schedule = options.schedule ?? null;
		this.#onTraceReady = options.onTraceReady ?? null;
		this.recordShapes = options.recordShapes ?? false;
		this.profileMemory = options.profileMemory ?? false;
		this.withStack = options.withStack ?? false;
		this.withModules = options.withModules ?? false;
	}

	/** Begins: with the first step of the schedule, or by recording. */
	start(): this {
		if (running !== null) throw new Error("[profile] another profile is running: only one can");
		running = this;
		this.stepNum = 0;
		this.#block = entered(() => {
			// Left by the stop button too: what is open is closed, and nobody is told.
			this.#endRecording();
			running = null;
		});
		this.currentAction = this.#actionOf(0);
		try {
			this.#transit(ProfilerAction.NONE, this.currentAction);
		} catch (error) {
			this.#block[Symbol.dispose]();
			throw error;
		}
		this.#beginStep();
		return this;
	}

	/** Says that a step of the training is over and the next one begins; for profiles with a schedule. */
	step(): void {
		if (running !== this) throw new Error("[profile] step() before start(): the profile is not running");
		this.#endStep();
		const before = this.currentAction;
		const action = this.#actionOf(this.stepNum + 1);
		this.stepNum++;
		this.currentAction = action;
		this.#transit(before, action);
		this.#beginStep();
	}

	/** Ends: what was recorded can be read, and `onTraceReady` is told. */
	stop(): void {
		if (running !== this) return;
		this.#endStep();
		const last = this.currentAction;
		this.currentAction = ProfilerAction.NONE;
		try {
			this.#endRecording(last === ProfilerAction.WARMUP);
		} finally {
			this.#block![Symbol.dispose]();
		}
		if (last === ProfilerAction.RECORD || last === ProfilerAction.RECORD_AND_SAVE) this.#onTraceReady?.(this);
	}

	[Symbol.dispose](): void {
		this.stop();
	}

	/** All events of the last recording, in the order in which they began. */
	events(): EventList<FunctionEvent> {
		return this.#recorded("events").events;
	}

	/** Sums over all events of one name; `table()` of them prints. */
	keyAverages(options: KeyAveragesOptions = {}): EventList<FunctionEventAvg> {
		return this.#recorded("keyAverages").events.keyAverages(options);
	}

	/** Writes the trace that chrome://tracing and https://ui.perfetto.dev draw; compressed where the path ends in `.gz`. */
	exportChromeTrace(path: string): void {
		if (typeof path !== "string") {
			throw new TypeError(`[exportChromeTrace] the path must be a string, got ${quoted(path)}`);
		}
		const { events, began, duration } = this.#recorded("exportChromeTrace");
		const { recordShapes, profileMemory, withStack, withModules } = this;
		const metadata = this.#metadata;
		const options = { recordShapes, profileMemory, withStack, withModules, began, duration, metadata };
		const text = chromeTrace(events, options);
		writeFileSync(path, path.endsWith(".gz") ? gzipSync(text) : text);
	}

	/** A text that goes into the trace's file. */
	addMetadata(key: string, value: string): void {
		this.#metadata.set(key, value);
	}

	/** A value in JSON that goes into the trace's file. */
	addMetadataJson(key: string, value: string): void {
		this.#metadata.set(key, JSON.parse(value));
	}

	#recorded(asking: string): Trace {
		if (this.#trace === null) {
			throw new Error(`[${asking}] nothing was recorded yet: the profile must have run, and been stopped`);
		}
		return this.#trace;
	}

	#actionOf(step: number): ProfilerAction {
		const action = this.#schedule === null ? ProfilerAction.RECORD : this.#schedule(step);
		if (!Object.values(ProfilerAction).includes(action)) {
			throw new RangeError(
				`[profile] the schedule must return a ProfilerAction, got ${quoted(action)} for step ${step}`,
			);
		}
		return action;
	}

	#transit(before: ProfilerAction, now: ProfilerAction): void {
		const { NONE, WARMUP, RECORD, RECORD_AND_SAVE } = ProfilerAction;
		if (before === RECORD_AND_SAVE) {
			this.#endRecording();
			this.#onTraceReady?.(this);
		} else if ((before === WARMUP && now === NONE) || (before === RECORD && now < RECORD)) {
			const name = (action: ProfilerAction) => Object.keys(ProfilerAction)[action];
			warn(`Incorrect schedule: ${name(before)} followed by ${name(now)}`);
			this.#endRecording();
		} else if (before === WARMUP && now >= RECORD) {
			this.#endRecording(true);
		}
		// What warms up is recorded too, so that it costs what recording costs, and thrown away.
		if (now !== NONE && !profiling.active) this.#beginRecording();
	}

	#beginRecording(): void {
		const cuda = this.activities.has(ProfilerActivity.CUDA);
		if (this.withStack) {
			this.#stackLimit = Error.stackTraceLimit;
			Error.stackTraceLimit = Math.max(STACK_FRAMES, this.#stackLimit);
		}
		this.#began = performance.timeOrigin * 1000 + performance.now() * 1000;
		native.profilerStart(this.recordShapes, this.profileMemory, this.withStack, cuda);
		profiling.active = true;
		profiling.modules = this.withModules;
	}

	#endRecording(throwAway = false): void {
		if (!profiling.active) return;
		profiling.active = profiling.modules = false;
		if (this.withStack) Error.stackTraceLimit = this.#stackLimit;
		const record = native.profilerStop();
		if (throwAway) return;
		const events = eventsOf(record, this.activities.has(ProfilerActivity.CPU));
		this.#trace = {
			events: new EventList(events, this.profileMemory),
			began: this.#began,
			duration: record.duration,
		};
	}

	#beginStep(): void {
		if (this.#schedule !== null) this.#stepSpan = native.profilerEnter(`ProfilerStep#${this.stepNum}`, spanKind.step);
	}

	#endStep(): void {
		if (profiling.active) native.profilerLeave(this.#stepSpan);
		this.#stepSpan = -1;
	}
}

function checkActivities(given: Iterable<ProfilerActivity> | null | undefined): ReadonlySet<ProfilerActivity> {
	if (given == null) return supportedActivities();
	const activities = new Set(given);
	if (activities.size === 0) throw new RangeError("[profile] activities must not be empty");
	for (const activity of activities) {
		if (activity === ProfilerActivity.CPU || activity === ProfilerActivity.CUDA) continue;
		throw new RangeError(
			`[profile] activities must be ProfilerActivity.CPU ("cpu") and ProfilerActivity.CUDA ("cuda"), got ${quoted(activity)}`,
		);
	}
	if (activities.has(ProfilerActivity.CUDA) && native.cudaDeviceCount() === 0) {
		warn("CUDA is not available, disabling CUDA profiling");
		activities.delete(ProfilerActivity.CUDA);
	}
	return activities;
}

export interface ProfileFunction {
	/** Records what `body` does, and the whole of a promise that it returns. */
	<T>(options: ProfileOptions, body: (profile: Profile) => Promise<T>): Promise<Profile>;
	(options: ProfileOptions, body: (profile: Profile) => unknown): Profile;
	(body: (profile: Profile) => unknown): Profile;
	/** For `start()`, `step()` and `stop()`. */
	(options?: ProfileOptions): Profile;
	new (options?: ProfileOptions): Profile;
}

/**
 * Records what the engine does within `body`; without one, from `start()` to `stop()`:
 *
 * ```ts
 * const prof = torch.profiler.profile({ recordShapes: true }, () => step());
 * console.log(prof.keyAverages().table({ sortBy: "self_cpu_time_total", rowLimit: 10 }));
 * ```
 */
export const profile = function profile(
	options: ProfileOptions | ((profile: Profile) => unknown) = {},
	body?: (profile: Profile) => unknown,
): Profile | Promise<Profile> {
	if (typeof options === "function") return profile({}, options) as Profile;
	const made = new Profile(options);
	if (body === undefined) return made;
	if (typeof body !== "function") throw new TypeError(`[profile] the body must be a function, got ${quoted(body)}`);
	made.start();
	const result = finished(
		() => body(made),
		() => made.stop(),
	);
	return result instanceof Promise ? result.then(() => made) : made;
} as ProfileFunction;
