import { native } from "../core/native";
import { anything, integer, nullable, signature } from "../core/signature";
import { getNumThreads, setNumThreads } from "../core/threads";
import { Measurement, type TaskSpec } from "./measurement";

/** Seconds on a clock, when the card has done what was queued. */
export function timer(): number {
	if (native.cudaDeviceCount() > 0) native.cudaSynchronize(native.cudaCurrentDevice());
	return Number(process.hrtime.bigint()) / 1e9;
}

export interface TimerOptions<S = undefined> {
	/** What is timed: a function, which gets what `setup` returned; or JavaScript in a string, which sees `globals`. */
	stmt: ((given: S) => unknown) | string;
	/** Runs before each run of the statement. As a string it may declare what a statement in a string uses. */
	setup?: (() => S) | string;
	/** Seconds on a clock. Default: after what was queued on the card is done. */
	timer?: () => number;
	/** What statements in strings see by name: `{ torch, x }`. */
	globals?: Record<string, unknown> | null;
	/** Says what the statement does. Default: its text. */
	label?: string | null;
	/** Tells measurements of one label apart: the rows of a comparison. */
	subLabel?: string | null;
	/** Tells measurements of one row apart: the columns. */
	description?: string | null;
	/** The environment, where equal tasks ran in different ones. */
	env?: string | null;
	/** Threads of the engine meanwhile. Default 1. */
	numThreads?: number;
}

export interface AutorangeOptions {
	/** Called with each run: calls in it, and seconds. */
	callback?: (number: number, time: number) => void;
	/** Seconds to measure at least. Default 0.2; 0.01 for `adaptiveAutorange`. */
	minRunTime?: number;
}

const isText = (value: unknown) => typeof value === "string";
const isCode = (value: unknown) => typeof value === "function" || typeof value === "string";
const text = () => nullable<string>(anything("a string", isText));

const read = signature("Timer", {
	stmt: anything<unknown>("a function, or JavaScript in a string", isCode),
	setup: anything<unknown>("a function, or JavaScript in a string", isCode, "pass"),
	timer: anything<() => number>("a function that returns seconds", (value) => typeof value === "function", timer),
	globals: nullable<Record<string, unknown>>(anything("an object", (value) => typeof value === "object")),
	label: text(),
	subLabel: text(),
	description: text(),
	env: text(),
	numThreads: integer(1, 1),
});

/**
 * Times a statement as PyTorch's timer does: on one thread unless told otherwise, after a warm-up, waiting for the card.
 *
 * ```ts
 * const t = new Timer({ stmt: () => x.add(y), label: "add", subLabel: "1000 × 1000" });
 * console.log(String(t.blockedAutorange()));
 * ```
 */
export class Timer<S = undefined> {
	readonly #timer: () => number;
	readonly #task: TaskSpec;
	/** Runs the setup and gives the loop over the statement. */
	readonly #prepare: () => (number: number) => void;

	constructor(options: TimerOptions<S>) {
		const given = read([options]);
		this.#timer = given.timer;
		const { label, subLabel, description, env, numThreads } = given;
		const stmt = given.stmt as TimerOptions<S>["stmt"];
		const setup = given.setup === "pass" ? "" : (given.setup as (() => S) | string);
		this.#task = { stmt: textOf(stmt), setup: textOf(setup), label, subLabel, description, env, numThreads };
		this.#prepare = typeof stmt === "string" ? compiled(stmt, setup, given.globals ?? {}) : called(stmt, setup);
	}

	/** One run of `number` calls, after a hundredth of them to warm up. */
	timeit(number = 1_000_000): Measurement {
		if (!Number.isInteger(number) || number < 1) {
			throw new RangeError(`[timeit] number must be a positive integer, got ${number}`);
		}
		return withThreads(this.#task.numThreads, () => {
			this.#run(Math.max(Math.floor(number / 100), 2));
			return this.#measured(number, [this.#run(number)]);
		});
	}

	/** Runs until `minRunTime` is over, each of so many calls that reading the clock weighs nothing. */
	blockedAutorange(options: AutorangeOptions = {}): Measurement {
		const { callback, minRunTime = 0.2 } = options;
		const number = this.#blockSize(minRunTime);
		return this.#measured(
			number,
			this.#loop(number, () => true, minRunTime, undefined, callback),
		);
	}

	/** Runs until the times vary by less than `threshold` (quartiles' distance by median), or `maxRunTime` is over. */
	adaptiveAutorange(threshold = 0.1, options: AutorangeOptions & { maxRunTime?: number } = {}): Measurement {
		const { callback, minRunTime = 0.01, maxRunTime = 10 } = options;
		const number = this.#blockSize(0.05);
		const settled = (times: number[]) => times.length > 3 && this.#measured(number, times).meetsConfidence(threshold);
		return this.#measured(number, this.#loop(number, settled, minRunTime, maxRunTime, callback));
	}

	#measured(numberPerRun: number, rawTimes: number[]): Measurement {
		return new Measurement({ numberPerRun, rawTimes, taskSpec: this.#task });
	}

	/** Seconds of `number` calls. */
	#run(number: number): number {
		const loop = this.#prepare();
		const start = this.#timer();
		loop(number);
		return this.#timer() - start;
	}

	#loop(
		number: number,
		mayStop: (times: number[]) => boolean,
		minRunTime: number,
		maxRunTime: number | undefined,
		callback: AutorangeOptions["callback"],
	): number[] {
		const times: number[] = [];
		return withThreads(this.#task.numThreads, () => {
			let total = 0;
			for (let done = false; total < minRunTime || !done; ) {
				const time = this.#run(number);
				times.push(time);
				total += time;
				callback?.(number, time);
				done = mayStop(times);
				if (maxRunTime !== undefined && total > maxRunTime) break;
			}
			return times;
		});
	}

	/** Calls in a run, so that reading the clock takes a ten-thousandth of it. */
	#blockSize(minRunTime: number): number {
		return withThreads(this.#task.numThreads, () => {
			const overheads = Array.from({ length: 5 }, () => this.#run(0)).sort((a, b) => a - b);
			for (let number = 1; ; number *= 10) {
				const time = this.#run(number);
				if (overheads[2]! / time <= 1e-4 && time >= minRunTime / 1000) return number;
				if (time > minRunTime || number * 10 > 2147483647) return number;
			}
		});
	}
}

function withThreads<T>(threads: number, body: () => T): T {
	const before = getNumThreads();
	setNumThreads(threads);
	try {
		return body();
	} finally {
		setNumThreads(before);
	}
}

/** The text of a statement: of a short arrow function what it computes. */
function textOf(code: unknown): string {
	if (typeof code === "string") return dedented(code);
	const source = dedented(String(code));
	return /^\(\)\s*=>\s*([^{][\s\S]*)$/.exec(source)?.[1] ?? source;
}

/** Lines without the indentation that they share; the first one may follow the name of an option. */
function dedented(code: string): string {
	const lines = code.replace(/^\n/, "").trimEnd().split("\n");
	const rest = code.startsWith("\n") ? lines : lines.slice(1);
	const shared = Math.min(...rest.filter((line) => line.trim()).map((line) => /^\s*/.exec(line)![0].length));
	return lines.map((line) => (rest.includes(line) && Number.isFinite(shared) ? line.slice(shared) : line)).join("\n");
}

function called<S>(stmt: (given: S) => unknown, setup: (() => S) | string): () => (number: number) => void {
	if (typeof setup === "string" && setup !== "") {
		throw new TypeError("[Timer] setup in a string goes with a statement in a string: give both as functions");
	}
	return () => {
		const given = typeof setup === "function" ? setup() : (undefined as S);
		return (number) => {
			for (let i = 0; i < number; i++) {
				const result = stmt(given);
				if (i === 0 && result instanceof Promise) {
					throw new TypeError("[Timer] the statement returned a promise: only synchronous ones can be timed");
				}
			}
		};
	};
}

function compiled(
	stmt: string,
	setup: (() => unknown) | string,
	globals: Record<string, unknown>,
): () => (number: number) => void {
	if (typeof setup === "function") {
		throw new TypeError("[Timer] setup as a function goes with a statement as a function: give both as strings");
	}
	const body = `"use strict";${setup}\nreturn (number) => { for (let i = 0; i < number; i++) {\n${stmt}\n} };`;
	try {
		const make = new Function(...Object.keys(globals), body);
		return () => make(...Object.values(globals)) as (number: number) => void;
	} catch (cause) {
		throw new SyntaxError(`[Timer] the statement is no JavaScript: ${(cause as Error).message}`, { cause });
	}
}
