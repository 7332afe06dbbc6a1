import { existsSync, readFileSync } from "node:fs";
import type { Json } from "../display/mime";

/** An output as a notebook file stores it (nbformat 4), with multi-line texts as one string. */
export type CellOutput =
	| { output_type: "stream"; name: "stdout" | "stderr"; text: string }
	| { output_type: "display_data"; data: Bundle; metadata: Record<string, Json> }
	| { output_type: "execute_result"; data: Bundle; metadata: Record<string, Json>; execution_count: number }
	| { output_type: "error"; ename: string; evalue: string; traceback: string[] };

export type Bundle = Record<string, Json | undefined>;

export interface CodeCell {
	cell_type: "code";
	id: string;
	source: string;
	metadata: CellMetadata;
	outputs: CellOutput[];
	execution_count: number | null;
}

export interface TextCell {
	cell_type: "markdown" | "raw";
	id: string;
	source: string;
	metadata: CellMetadata;
	attachments?: Record<string, Record<string, string>>;
}

export type Cell = CodeCell | TextCell;

export type CellMetadata = { tags?: string[] } & Record<string, unknown>;

export interface Notebook {
	cells: Cell[];
	metadata: Record<string, unknown>;
}

/** A notebook that cannot be run; the message says why, for people. */
export class NotebookError extends Error {
	override name = "NotebookError";
}

/** Languages whose cells this kernel runs. */
const languages = new Set(["typescript", "javascript"]);

/** Reads a notebook, outputs left out. Throws NotebookError for what is no notebook, or one of another language. */
export function readNotebook(file: string): Notebook {
	if (!existsSync(file)) throw new NotebookError(`${file}: there is no such file`);
	let json: Record<string, unknown>;
	try {
		json = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
	} catch (error) {
		throw new NotebookError(`${file} is no notebook: ${(error as Error).message}`);
	}
	if (typeof json !== "object" || json === null || !Array.isArray(json.cells)) {
		const old = Array.isArray((json as { worksheets?: unknown } | null)?.worksheets);
		throw new NotebookError(
			old
				? `${file} has the notebook format of before 2015 (version ${json.nbformat}); open it in JupyterLab and save it`
				: `${file} is no notebook: it has no list of cells`,
		);
	}
	const metadata = (json.metadata ?? {}) as Record<string, unknown>;
	checkLanguage(file, metadata);
	return { metadata, cells: json.cells.map((cell, index) => readCell(cell, index, file)) };
}

function checkLanguage(file: string, metadata: Record<string, unknown>): void {
	const kernel = (metadata.kernelspec ?? {}) as { name?: string; display_name?: string; language?: string };
	const language = kernel.language ?? (metadata.language_info as { name?: string } | undefined)?.name;
	if (language === undefined || languages.has(language.toLowerCase())) return;
	const name = kernel.display_name ?? kernel.name ?? language;
	throw new NotebookError(`${file} is a notebook for ${name} (${language}); gradbook runs TypeScript and JavaScript`);
}

function readCell(cell: unknown, index: number, file: string): Cell {
	const { cell_type: kind, source, metadata, id, attachments } = (cell ?? {}) as Record<string, unknown>;
	const text = textOf(source);
	if ((kind !== "code" && kind !== "markdown" && kind !== "raw") || text === undefined) {
		throw new NotebookError(`${file}: cell ${index + 1} is neither code nor text (cell_type ${JSON.stringify(kind)})`);
	}
	const common = {
		// Notebooks of before 4.5 have no ids; the written one needs them.
		id: typeof id === "string" ? id : `cell-${index + 1}`,
		source: text,
		metadata: (metadata ?? {}) as CellMetadata,
	};
	if (kind === "code") return { cell_type: kind, ...common, outputs: [], execution_count: null };
	return { cell_type: kind, ...common, attachments: attachments as TextCell["attachments"] };
}

/** A text that a notebook file holds as one string or as a list of lines. */
function textOf(value: unknown): string | undefined {
	if (typeof value === "string") return value;
	return Array.isArray(value) && value.every((line) => typeof line === "string") ? value.join("") : undefined;
}

/** The file's text, as Jupyter writes it: nbformat 4.5, one space of indentation, texts as lists of lines. */
export function notebookText({ cells, metadata }: Notebook): string {
	const json = { cells: cells.map(writeCell), metadata, nbformat: 4, nbformat_minor: 5 };
	return `${JSON.stringify(json, null, 1)}\n`;
}

function writeCell(cell: Cell): unknown {
	const { id, source, metadata } = cell;
	if (cell.cell_type !== "code") {
		const attachments = cell.attachments === undefined ? {} : { attachments: cell.attachments };
		return { ...attachments, cell_type: cell.cell_type, id, metadata, source: lines(source) };
	}
	const { execution_count, outputs } = cell;
	return { cell_type: "code", execution_count, id, metadata, outputs: outputs.map(writeOutput), source: lines(source) };
}

function writeOutput(output: CellOutput): unknown {
	if (output.output_type === "stream") return { ...output, text: lines(output.text) };
	if (output.output_type === "error") return output;
	const data = Object.entries(output.data).map(([type, value]) => [
		type,
		typeof value === "string" && (type.startsWith("text/") || type === "image/svg+xml") ? lines(value) : value,
	]);
	return { ...output, data: Object.fromEntries(data) };
}

function lines(text: string): string[] {
	return text === "" ? [] : text.split(/(?<=\n)/);
}
