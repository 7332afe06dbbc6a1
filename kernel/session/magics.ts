import { spawn } from "node:child_process";
// Not the global ones: those end with the cell that is stopped.
import { setTimeout } from "node:timers";
import { inspect } from "node:util";
import { formatCount, formatNumber } from "../display/numbers";
import { currentOutput } from "../display/output";

/*
 * What magics do, on the main thread: compiled cells call these where a magic stood (compiler/magics.ts).
 */

/** How long `%timeit` lets one run take, at least, before it trusts the clock: as Python's. */
const shortestRun = 0.2;
const defaultRuns = 7;
/** How long after a command's end its last words may come, in milliseconds. What it left in the background may talk on. */
const lastWordsMs = 500;
/** How long a command that was asked to stop may take, in milliseconds. */
const patienceMs = 1_000;
const shownValue = 70;

export class MagicCalls {
	/** The session's names, as an object. */
	readonly #names: Readonly<Record<string, unknown>>;

	constructor(names: Readonly<Record<string, unknown>>) {
		this.#names = names;
	}

	/** `%time`: starts the clock; what it returns prints the time. */
	time(): () => void {
		const processor = process.cpuUsage();
		const start = performance.now();
		return () => {
			const wall = (performance.now() - start) / 1000;
			const { user, system } = process.cpuUsage(processor);
			const [u, s] = [user / 1e6, system / 1e6];
			print(
				`CPU times: user ${duration(u)}, sys: ${duration(s)}, total: ${duration(u + s)}\nWall time: ${duration(wall)}\n`,
			);
		};
	}

	/** `%timeit` of code without `await`. */
	timeit(body: () => void, options: Repeats): void {
		const plan = measurements(options);
		let step = plan.next();
		while (!step.done) {
			const start = performance.now();
			for (let i = step.value; i > 0; i--) body();
			step = plan.next((performance.now() - start) / 1000);
		}
		report(step.value);
	}

	/** `%timeit` of code with `await`, one after another. */
	async timeitAsync(body: () => Promise<void>, options: Repeats): Promise<void> {
		const plan = measurements(options);
		let step = plan.next();
		while (!step.done) {
			const start = performance.now();
			for (let i = step.value; i > 0; i--) await body();
			step = plan.next((performance.now() - start) / 1000);
		}
		report(step.value);
	}

	/** `%who` and `%whos`. */
	who(detailed: boolean): void {
		const names = Object.keys(this.#names).sort();
		if (names.length === 0) print("This session has no names.\n");
		else if (!detailed) print(`${columns(names)}\n`);
		else print(table(names.map((name) => [name, typeName(this.#names[name]), shortText(this.#names[name])])));
	}

	/**
	 * `!command`: runs it by the shell in the notebook's folder. What it prints comes as it is printed; a status other
	 * than 0 is told, and the cell goes on. The stop button stops it, with everything that it has started.
	 */
	async shell(command: string): Promise<void> {
		const output = currentOutput();
		// A group of its own, which can be signalled as a whole.
		const child = spawn(process.env.SHELL || "/bin/sh", ["-c", command], {
			stdio: ["ignore", "pipe", "pipe"],
			detached: true,
		});
		for (const name of ["stdout", "stderr"] as const)
			child[name].setEncoding("utf8").on("data", (text: string) => {
				if (!output?.ending?.aborted) output?.stream(name, text);
			});
		const signal = (name: NodeJS.Signals) => {
			try {
				process.kill(-child.pid!, name);
			} catch {
				// It has ended by itself.
			}
		};
		const stop = () => {
			signal("SIGINT");
			setTimeout(signal, patienceMs, "SIGKILL").unref();
		};
		output?.ending?.addEventListener("abort", stop, { once: true });
		try {
			const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
			const [code, ended] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
				child.once("error", reject).once("exit", (code, ended) => resolve([code, ended]));
			});
			await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, lastWordsMs))]);
			if (code !== 0) output?.stream("stderr", `[${ended === null ? `exit status ${code}` : `ended by ${ended}`}]\n`);
		} finally {
			output?.ending?.removeEventListener("abort", stop);
		}
	}
}

function print(text: string): void {
	currentOutput()?.stream("stdout", text);
}

/** 1, 2, 5, 10, … */
function* loopCounts(): Generator<number> {
	for (let power = 1; power <= 1e9; power *= 10) yield* [power, 2 * power, 5 * power];
}

interface Repeats {
	loops?: number;
	runs?: number;
}

/** Asks for loops, is told the seconds that they took, and gives the seconds of one loop in each run. */
function* measurements({
	loops,
	runs = defaultRuns,
}: Repeats): Generator<number, { loops: number; runs: number[] }, number> {
	let chosen = loops ?? 1;
	if (loops === undefined) {
		for (const tried of loopCounts()) {
			chosen = tried;
			if ((yield tried) >= shortestRun) break;
		}
	}
	const seconds: number[] = [];
	while (seconds.length < runs) seconds.push((yield chosen) / chosen);
	return { loops: chosen, runs: seconds };
}

function report({ loops, runs: seconds }: { loops: number; runs: number[] }): void {
	const runs = seconds.length;
	const mean = seconds.reduce((sum, one) => sum + one, 0) / runs;
	const deviation = Math.sqrt(seconds.reduce((sum, one) => sum + (one - mean) ** 2, 0) / runs);
	const plural = (count: number, what: string) => `${formatCount(count)} ${what}${count === 1 ? "" : "s"}`;
	print(
		`${duration(mean)} ± ${duration(deviation)} per loop (mean ± std. dev. of ${plural(runs, "run")}, ${plural(loops, "loop")} each)\n`,
	);
}

/** Three digits with the unit that fits: 1.23 µs. */
function duration(seconds: number): string {
	const units: [number, string][] = [
		[1, "s"],
		[1e-3, "ms"],
		[1e-6, "µs"],
	];
	const [size, unit] = units.find(([size]) => seconds >= 0.9995 * size) ?? [1e-9, "ns"];
	return `${formatNumber(Number((seconds / size).toPrecision(3)), 3)} ${unit}`;
}

/** Names beside each other, as wide as a page. */
function columns(names: string[]): string {
	const width = Math.max(...names.map((name) => name.length)) + 2;
	const perLine = Math.max(1, Math.floor(80 / width));
	let text = "";
	for (const [index, name] of names.entries()) {
		const last = (index + 1) % perLine === 0 || index === names.length - 1;
		text += last ? `${name}\n` : name.padEnd(width);
	}
	return text.trimEnd();
}

function table(rows: string[][]): string {
	const all = [["Name", "Type", "Value"], ...rows];
	const widths = [0, 1].map((column) => Math.max(...all.map((row) => row[column]!.length)));
	return all
		.map((row) => `${row[0]!.padEnd(widths[0]!)}  ${row[1]!.padEnd(widths[1]!)}  ${row[2]}`.trimEnd())
		.join("\n")
		.concat("\n");
}

function typeName(value: unknown): string {
	if (value === null) return "null";
	if (typeof value === "function")
		return /^class\b/.test(Function.prototype.toString.call(value)) ? "class" : "function";
	if (typeof value !== "object") return typeof value;
	const name = Object.prototype.toString.call(value) === "[object Module]" ? "module" : value.constructor?.name;
	return Array.isArray(value) ? `Array(${value.length})` : name || "object";
}

function shortText(value: unknown): string {
	if (typeof value === "function") return value.name;
	const { shape, dtype } = (value ?? {}) as { shape?: unknown; dtype?: unknown };
	const tensor = Array.isArray(shape) && dtype !== undefined;
	const text = tensor
		? `shape [${shape.join(", ")}], ${String(dtype)}`
		: inspect(value, {
				depth: 0,
				breakLength: Number.POSITIVE_INFINITY,
				maxArrayLength: 6,
				maxStringLength: shownValue,
			});
	const line = text.replace(/\s+/g, " ");
	return line.length > shownValue ? `${line.slice(0, shownValue - 1)}…` : line;
}
