import { View } from "./display";
import { escapeHtml } from "./escape";
import { formatValue } from "./format";
import { inspectText } from "./inspect";
import { displaySymbol } from "./mime";
import { formatCount, formatNumber } from "./numbers";
import { css } from "./theme";

export interface TableOptions {
	/** Which columns, in which order, or headings by column: `{acc: "accuracy"}`. Default: all that occur. */
	columns?: readonly string[] | Readonly<Record<string, string>>;
	/** Heading above the table. */
	caption?: string;
	/** Rows shown; a note says how many there are. Default 100. */
	limit?: number;
	/** Significant digits of numbers that are not whole. Default 4. */
	digits?: number;
	/** How the values of a column are written. */
	format?: Readonly<Record<string, (value: unknown) => string>>;
	/** Last row, set apart. */
	total?: Row;
	/** A line under the table. */
	note?: string;
}

/** A record, or an array whose columns are numbered. A value with a display of its own is shown by it. */
export type Row = Readonly<Record<string, unknown>> | readonly unknown[];

interface Cell {
	text: string;
	html: string;
	numeric: boolean;
}

/** Longest text of one cell. */
const longestCell = 200;

/**
 * A table of records, one row each. Numbers stand right, to `digits` significant digits; what comes from data is
 * escaped; the table can be reached and scrolled by keyboard.
 *
 * @example table([{ epoch: 1, loss: 0.52 }, { epoch: 2, loss: 0.41 }], { caption: "Training" })
 */
export function table(rows: Iterable<Row>, options: TableOptions = {}): View {
	const all = [...rows];
	all.forEach((row, index) => {
		if (typeof row !== "object" || row === null) {
			throw new TypeError(`[table] row ${index} is ${inspectText(row)}, expected an object or an array`);
		}
	});
	const limit = options.limit ?? 100;
	const shown = all.slice(0, limit).map(entriesOf);
	const total = options.total === undefined ? undefined : entriesOf(options.total);
	const headings = headingsOf(options.columns, total === undefined ? shown : [...shown, total]);
	const render = (row: Record<string, unknown>): Cell[] =>
		headings.map(({ key }) => cellOf(row[key], options.format?.[key], options.digits ?? 4));
	const cells = shown.map(render);
	const foot = total === undefined ? undefined : render(total);
	const left = all.length - shown.length;
	const hidden = left > 0 ? `${formatCount(left)} of ${formatCount(all.length)} rows not shown` : undefined;
	const notes = [options.note, hidden, all.length === 0 ? "no rows" : undefined].filter((line) => line !== undefined);
	const note = notes.length > 0 ? notes.join("; ") : undefined;
	const titles = headings.map(({ title }) => title);
	return new View(() => ({
		"text/plain": textTable(titles, cells, foot, options.caption, note),
		"text/html": htmlTable(titles, cells, foot, options.caption, note),
	}));
}

function entriesOf(row: Row): Record<string, unknown> {
	return Array.isArray(row) ? Object.fromEntries(row.map((value, index) => [String(index), value])) : { ...row };
}

function headingsOf(
	columns: TableOptions["columns"],
	rows: Record<string, unknown>[],
): { key: string; title: string }[] {
	if (columns === undefined) {
		const keys = new Set(rows.flatMap((row) => Object.keys(row)));
		return [...keys].map((key) => ({ key, title: key }));
	}
	if (Array.isArray(columns)) return columns.map((key: string) => ({ key, title: key }));
	return Object.entries(columns as Record<string, string>).map(([key, title]) => ({ key, title }));
}

function cellOf(value: unknown, format: ((value: unknown) => string) | undefined, digits: number): Cell {
	if (value === undefined) return { text: "", html: "", numeric: false };
	const numeric = typeof value === "number" || typeof value === "bigint";
	if (format !== undefined) return plain(format(value), numeric);
	if (typeof value === "number") return plain(formatNumber(value, digits), true);
	if (typeof value === "string") return plain(value, false);
	if (typeof value === "object" && value !== null && displaySymbol in value) {
		const bundle = formatValue(value);
		const rich = bundle["text/html"] ?? bundle["image/svg+xml"];
		const text = oneLine(bundle["text/plain"]);
		return { text, html: typeof rich === "string" ? rich : escapeHtml(text), numeric: false };
	}
	return plain(inspectText(value), numeric);
}

function plain(source: string, numeric: boolean): Cell {
	const text = oneLine(source);
	return { text, html: escapeHtml(text), numeric };
}

function oneLine(source: string): string {
	const text = source.replace(/\s*\n\s*/g, " ");
	return text.length > longestCell ? `${text.slice(0, longestCell - 1)}…` : text;
}

function htmlTable(
	titles: string[],
	rows: Cell[][],
	foot: Cell[] | undefined,
	caption: string | undefined,
	note: string | undefined,
): string {
	const right = titles.map((_, column) => isNumeric(rows, column));
	const cell = (tag: string, content: string, column: number, scope = ""): string =>
		`<${tag}${scope}${right[column] ? ' class="n"' : ""}>${content}</${tag}>`;
	const line = (row: Cell[]): string => `<tr>${row.map((entry, i) => cell("td", entry.html, i)).join("")}</tr>`;
	const label = escapeHtml(caption ?? `Table of ${rows.length} rows`);
	return [
		`<div class="gradbook-table" role="region" aria-label="${label}" tabindex="0">${tableStyle}<table>`,
		caption === undefined ? "" : `<caption${shortCaption(caption)}>${escapeHtml(caption)}</caption>`,
		`<thead><tr>${titles.map((title, i) => cell("th", escapeHtml(title), i, ' scope="col"')).join("")}</tr></thead>`,
		`<tbody>${rows.map(line).join("\n")}</tbody>`,
		foot === undefined ? "" : `<tfoot>${line(foot)}</tfoot>`,
		"</table>",
		note === undefined ? "" : `<p>${escapeHtml(note)}</p>`,
		"</div>",
	].join("");
}

/** A caption is as wide as its table, and over a narrow one a short sentence would stand in a column of words. */
function shortCaption(caption: string): string {
	return caption.length <= 60 && caption.includes(" ") ? ' style="white-space:nowrap"' : "";
}

/** Kept inside the output, so that an exported page has it too; more particular than JupyterLab's own rules for tables. */
export const tableStyle = `<style>
.gradbook-table{overflow-x:auto;max-width:100%;font-family:${css.font};font-size:${css.fontSize};color:${css.text}}
.gradbook-table table{border-collapse:collapse;margin:0;border:none}
.gradbook-table caption{text-align:left;font-weight:600;padding:2px 0 6px;color:inherit;caption-side:top}
.gradbook-table.gradbook-table table th,.gradbook-table.gradbook-table table td{padding:3px 12px 3px 4px;text-align:left;vertical-align:middle;border:none;border-bottom:1px solid ${css.line};white-space:nowrap;max-width:none}
.gradbook-table.gradbook-table table th{font-weight:600}
.gradbook-table.gradbook-table table thead th{white-space:normal;vertical-align:bottom}
.gradbook-table.gradbook-table table svg{max-width:none}
.gradbook-table.gradbook-table table .n{text-align:right;font-variant-numeric:tabular-nums}
.gradbook-table.gradbook-table table tfoot td{font-weight:600;border-top:2px solid ${css.line};border-bottom:none}
.gradbook-table p{margin:4px 0;color:${css.mutedText}}
</style>`;

function textTable(
	titles: string[],
	rows: Cell[][],
	foot: Cell[] | undefined,
	caption: string | undefined,
	note: string | undefined,
): string {
	const lines = foot === undefined ? rows : [...rows, foot];
	const widths = titles.map((title, i) => Math.max(title.length, ...lines.map((row) => row[i]!.text.length)));
	const right = titles.map((_, column) => isNumeric(rows, column));
	const write = (texts: string[]): string =>
		texts
			.map((text, i) => (right[i] ? text.padStart(widths[i]!) : text.padEnd(widths[i]!)))
			.join("  ")
			.trimEnd();
	const rule = widths.map((width) => "-".repeat(width)).join("  ");
	const text = (row: Cell[]): string => write(row.map((entry) => entry.text));
	return [
		...(caption === undefined ? [] : [caption]),
		write(titles),
		rule,
		...rows.map(text),
		...(foot === undefined ? [] : [rule, text(foot)]),
		...(note === undefined ? [] : [`(${note})`]),
	].join("\n");
}

/** A column stands right where every value in it is a number. */
function isNumeric(rows: Cell[][], column: number): boolean {
	let numbers = 0;
	for (const row of rows) {
		const cell = row[column]!;
		if (cell.numeric) numbers++;
		else if (cell.text !== "") return false;
	}
	return numbers > 0;
}
