import { inspect } from "node:util";
import { fixed, indented } from "../core/pythonText";

/** What was measured, and how: measurements of equal tasks can be merged. */
export interface TaskSpec {
	/** The statement's text. */
	readonly stmt: string;
	/** The text of what ran before; empty for nothing. */
	readonly setup: string;
	readonly label: string | null;
	readonly subLabel: string | null;
	readonly description: string | null;
	readonly env: string | null;
	readonly numThreads: number;
}

/** Confidence intervals below 25 ns are those of the clock. */
const leastInterval = 25e-9;
const mostFigures = 4;
const suspicious = 0.1;
const grossly = 0.25;

/** One or several times that a statement took. All times in seconds. */
export class Measurement {
	readonly numberPerRun: number;
	/** Of runs of `numberPerRun` calls each. */
	readonly rawTimes: readonly number[];
	readonly taskSpec: TaskSpec;
	/** For whatever the user wants to keep with it. */
	metadata: Record<string, unknown> | null;

	constructor(options: {
		numberPerRun: number;
		rawTimes: readonly number[];
		taskSpec: TaskSpec;
		metadata?: Record<string, unknown> | null;
	}) {
		this.numberPerRun = options.numberPerRun;
		this.rawTimes = options.rawTimes;
		this.taskSpec = options.taskSpec;
		this.metadata = options.metadata ?? null;
	}

	get stmt(): string {
		return this.taskSpec.stmt;
	}
	get setup(): string {
		return this.taskSpec.setup;
	}
	get label(): string | null {
		return this.taskSpec.label;
	}
	get subLabel(): string | null {
		return this.taskSpec.subLabel;
	}
	get description(): string | null {
		return this.taskSpec.description;
	}
	get env(): string | null {
		return this.taskSpec.env;
	}
	get numThreads(): number {
		return this.taskSpec.numThreads;
	}

	/** Of one call. */
	get times(): number[] {
		return this.rawTimes.map((time) => time / this.numberPerRun);
	}

	get median(): number {
		return this.#quantile(0.5);
	}

	get mean(): number {
		return this.rawTimes.length === 0 ? -1 : this.times.reduce((sum, time) => sum + time, 0) / this.rawTimes.length;
	}

	/** The distance between the quartiles. */
	get iqr(): number {
		return this.#quantile(0.75) - this.#quantile(0.25);
	}

	/** How many digits of the median mean something, from 1 to 4; of the times between the quartiles, at 90 % confidence. */
	get significantFigures(): number {
		const sorted = this.#sorted();
		const inner = sorted.slice(Math.floor(sorted.length / 4), Math.ceil((3 * sorted.length) / 4));
		const mean = inner.reduce((sum, time) => sum + time, 0) / inner.length;
		const std = Math.sqrt(inner.reduce((sum, time) => sum + (time - mean) ** 2, 0) / inner.length);
		const interval = Math.max((1.645 * std) / Math.sqrt(inner.length), leastInterval);
		const figures = Math.floor(log10(this.median / interval));
		return Math.min(Math.max(figures, 1), mostFigures);
	}

	/** Whether the distance between the quartiles is less than this part of the median. */
	meetsConfidence(threshold = suspicious): boolean {
		return this.iqr / this.median < threshold;
	}

	get hasWarnings(): boolean {
		return this.#warning() !== null;
	}

	get title(): string {
		return titleOf(this.taskSpec);
	}

	/** What the row of a comparison is called. */
	get asRowName(): string {
		return this.subLabel || this.stmt || "[Unknown]";
	}

	/** PyTorch's text: median, quartiles, number of measurements; a warning where they vary much. */
	toString(): string {
		const count = this.rawTimes.length;
		const [unit, scale] = selectUnit(this.median);
		const text = (time: number) => fixed(time / scale, 2);
		const lines = [
			"<torch.utils.benchmark.utils.common.Measurement object>",
			summaryOf(this.taskSpec),
			`  ${count > 1 ? "Median: " : ""}${text(this.median)} ${unit}`,
		];
		if (count >= 4) {
			const [low, high] = [this.#quantile(0.25), this.#quantile(0.75)];
			lines.push(`  IQR:    ${text(this.iqr)} ${unit} (${text(low)} to ${text(high)})`);
		}
		const threads = `${this.numThreads} thread${this.numThreads > 1 ? "s" : ""}`;
		const runs = `${this.numberPerRun} runs ${count > 1 ? "per measurement," : ","}`;
		lines.push(`  ${count} measurement${count > 1 ? "s" : ""}, ${runs} ${threads}`);
		const warning = this.#warning();
		if (warning !== null) lines.push(warning);
		return lines.join("\n");
	}

	[inspect.custom](): string {
		return this.toString();
	}

	/** Measurements of equal tasks as one, of single calls. */
	static merge(measurements: Iterable<Measurement>): Measurement[] {
		const groups = new Map<string, { taskSpec: TaskSpec; rawTimes: number[] }>();
		for (const { taskSpec, times } of measurements) {
			const { stmt, setup, label, subLabel, description, env, numThreads } = taskSpec;
			const key = JSON.stringify([stmt, setup, label, subLabel, description, env, numThreads]);
			const group = groups.get(key) ?? { taskSpec, rawTimes: [] };
			groups.set(key, group);
			group.rawTimes.push(...times);
		}
		return [...groups.values()].map((group) => new Measurement({ numberPerRun: 1, ...group }));
	}

	#sorted(): number[] {
		return this.times.sort((a, b) => a - b);
	}

	/** Between the nearest two, as `torch.quantile`; −1 of no times. */
	#quantile(q: number): number {
		const sorted = this.#sorted();
		if (sorted.length === 0) return -1;
		const place = q * (sorted.length - 1);
		const [low, high] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!];
		return low + (high - low) * (place - Math.floor(place));
	}

	#warning(): string | null {
		if (this.rawTimes.length === 0 || this.meetsConfidence(suspicious)) return null;
		const advice = this.meetsConfidence(grossly)
			? "This could indicate system fluctuation."
			: "This suggests significant environmental influence.";
		const share = fixed((this.iqr / this.median) * 100, 1);
		return `  WARNING: Interquartile range is ${share}% of the median measurement.\n           ${advice}`;
	}
}

function titleOf({ stmt, label, subLabel }: TaskSpec): string {
	const detail = subLabel ? `: ${subLabel}` : "";
	if (label !== null) return label + detail;
	if (!stmt.includes("\n")) return stmt + detail;
	return `stmt:${subLabel ? ` (${subLabel})` : ""}\n  ${indented(stmt, 2)}`;
}

function summaryOf(task: TaskSpec): string {
	const { setup } = task;
	const before = setup === "" ? "" : setup.includes("\n") ? `setup:\n  ${indented(setup, 2)}` : `setup: ${setup}`;
	const sections = [titleOf(task), task.description ?? "", before].filter((section) => section !== "");
	return sections.map((section) => (section.includes("\n") ? `${section}\n` : section)).join("\n");
}

/** As a tensor of float32 has it: 1e-6 has the logarithm −6 there. */
export function log10(x: number): number {
	return Math.fround(Math.log10(Math.fround(x)));
}

export type TimeUnit = "ns" | "us" | "ms" | "s";

/** The unit that a time in seconds is written in, and its length. */
export function selectUnit(time: number): [unit: TimeUnit, seconds: number] {
	const power = Math.floor(log10(time) / 3);
	if (power === -3) return ["ns", 1e-9];
	if (power === -2) return ["us", 1e-6];
	return power === -1 ? ["ms", 1e-3] : ["s", 1];
}
