import { inspect } from "node:util";
import { fixed } from "../core/pythonText";
import { quoted } from "../core/signature";
import { log10, Measurement, selectUnit, type TimeUnit } from "./measurement";

const best = "\x1b[92m";
const good = "\x1b[34m";
const bad = "\x1b[2m\x1b[91m";
const veryBad = "\x1b[31m";
const bold = "\x1b[1m";
const end = "\x1b[0m";

const english: Record<TimeUnit, string> = { ns: "nanosecond", us: "microsecond", ms: "millisecond", s: "second" };

interface Style {
	colorize: "none" | "columnwise" | "rowwise";
	trim: boolean;
	warnings: boolean;
}

/**
 * Measurements as a table: one for each label, a row for each `subLabel`, a column for each `description`, below a line for each
 * number of threads. `String(compare)` and `print()` give PyTorch's text.
 */
export class Compare {
	readonly #results: Measurement[] = [];
	readonly #style: Style = { colorize: "none", trim: false, warnings: false };

	constructor(results: Iterable<Measurement>) {
		this.extendResults(results);
	}

	extendResults(results: Iterable<Measurement>): void {
		for (const result of results) {
			if (!(result instanceof Measurement)) {
				throw new TypeError(`[Compare] expected measurements, got ${quoted(result)}`);
			}
			this.#results.push(result);
		}
	}

	/** Writes only those digits that mean something. */
	trimSignificantFigures(): void {
		this.#style.trim = true;
	}

	/** Colours for a terminal: the best of each column, or of each row. */
	colorize(rowwise = false): void {
		this.#style.colorize = rowwise ? "rowwise" : "columnwise";
	}

	/** Marks times that vary much. */
	highlightWarnings(): void {
		this.#style.warnings = true;
	}

	print(): void {
		console.log(this.toString());
	}

	toString(): string {
		const groups = new Map<string | null, Measurement[]>();
		for (const result of Measurement.merge(this.#results)) {
			groups.set(result.label, [...(groups.get(result.label) ?? []), result]);
		}
		return [...groups.values()].map((group) => tableOf(group, this.#style)).join("\n");
	}

	[inspect.custom](): string {
		return this.toString();
	}
}

type Cell = Measurement | null;

/** Rows of one number of threads. */
interface Group {
	threads: number;
	rows: { env: string | null; name: string; cells: Cell[] }[];
}

function tableOf(results: readonly Measurement[], style: Style): string {
	const [unit, scale] = selectUnit(Math.min(...results.map((result) => result.median)));
	const columns = [...new Set(results.map((result) => result.description))];
	const groups = groupsOf(results, columns);
	const environments = new Set(results.map((result) => result.env));
	const envWidth = environments.size > 1 ? Math.max(...[...environments].map((env) => String(env).length)) : 0;
	const writers = columns.map((_, i) =>
		writer(
			groups.flatMap((group) => group.rows.map((row) => row.cells[i]!)),
			scale,
			style,
		),
	);

	const lines: string[][] = [["", ...columns.map((column) => column ?? "")]];
	for (const group of groups) {
		let before: string | null | undefined;
		for (const { env, name, cells } of group.rows) {
			const where = environments.size > 1 && env !== before ? `(${env})` : "";
			before = env;
			lines.push([`  ${where.padEnd(envWidth + 4)}${name}`, ...cells.map((cell, i) => writers[i]!(cell))]);
		}
	}
	const widths = lines[0]!.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
	const head = lines[0]!.map((text, i) => centred(text, widths[i]!)).join("  |  ");
	const text = [`[${centred(` ${results[0]!.label ?? ""} `, head.length - 2, "-")}]`, head];
	let at = 1;
	for (const group of groups) {
		text.push(`${group.threads} threads: `.padEnd(head.length, "-"));
		for (const { cells } of group.rows) {
			const line = lines[at++]!;
			const parts = cells.map((cell, i) => {
				const shown = centred(line[i + 1]!, widths[i + 1]!);
				const beside = style.colorize === "rowwise" ? cells : group.rows.map((row) => row.cells[i]!);
				return style.colorize === "none" || cell === null ? shown : coloured(shown, cell.median, beside);
			});
			text.push([line[0]!.padEnd(widths[0]!), ...parts].join("  |  "));
		}
	}
	text.push("", `Times are in ${english[unit]}s (${unit}).`);
	if (style.warnings && results.some((result) => result.hasWarnings)) {
		text.push("(! XX%) Measurement has high variance, where XX is the IQR / median * 100.");
	}
	return `${text.join("\n")}\n`;
}

/** By threads and environment; otherwise in the order in which they came. */
function groupsOf(results: readonly Measurement[], columns: readonly (string | null)[]): Group[] {
	const sorted = [...results].sort((a, b) => a.numThreads - b.numThreads || compareTexts(a.env ?? "", b.env ?? ""));
	const groups: Group[] = [];
	for (const result of sorted) {
		if (groups.at(-1)?.threads !== result.numThreads) groups.push({ threads: result.numThreads, rows: [] });
		const { rows } = groups.at(-1)!;
		let row = rows.find(({ env, name }) => env === result.env && name === result.asRowName);
		if (row === undefined) {
			row = { env: result.env, name: result.asRowName, cells: columns.map(() => null) };
			rows.push(row);
		}
		row.cells[columns.indexOf(result.description)] = result;
	}
	return groups;
}

function compareTexts(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}

/** How the times of one column are written: all with as many decimals as the surest needs. */
function writer(cells: readonly Cell[], scale: number, style: Style): (cell: Cell) => string {
	const present = cells.filter((cell) => cell !== null);
	const marks = style.warnings && present.some((cell) => cell.hasWarnings);
	const digits = present.map((cell) => Math.ceil(log10(cell.median / scale)));
	const decimals = style.trim
		? Math.min(...present.map((cell, i) => Math.max(cell.significantFigures - digits[i]!, 0)))
		: 1;
	const width = Math.max(...digits) + decimals + (decimals > 0 ? 1 : 0);
	const write = (value: number, mark: string) =>
		fixed(value, decimals).padStart(width) + (marks ? mark.padStart(7) : "");
	return (cell) => {
		if (cell === null) return " ".repeat(write(1, "").length);
		const value = cell.median / scale;
		const mark = cell.hasWarnings ? ` (! ${fixed((cell.iqr / cell.median) * 100, 0)}%)` : "";
		return write(style.trim ? trimmed(value, cell.significantFigures) : value, mark);
	};
}

/** To `figures` digits that count, as a tensor of float32 is rounded. */
function trimmed(x: number, figures: number): number {
	const scale = 10 ** (Math.ceil(log10(Math.abs(x))) - figures);
	return Math.fround(Number(fixed(Math.fround(x / scale), 0)) * Math.fround(scale));
}

/** In the middle, as Python's `str.center` puts it. */
function centred(text: string, width: number, fill = " "): string {
	const pad = Math.max(0, width - text.length);
	const left = Math.floor(pad / 2) + (pad & width & 1);
	return fill.repeat(left) + text + fill.repeat(pad - left);
}

function coloured(text: string, value: number, beside: readonly Cell[]): string {
	const least = Math.min(...beside.filter((cell) => cell !== null).map((cell) => cell.median));
	if (value <= least * 1.01 || value <= least + 100e-9) return best + bold + text + end + end;
	if (value <= least * 1.1) return good + bold + text + end + end;
	if (value >= least * 5) return veryBad + bold + text + end + end;
	return value >= least * 2 ? bad + text + end + end : text;
}
