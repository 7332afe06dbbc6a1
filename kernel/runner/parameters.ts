import type { Json } from "../display/mime";
import { type Cell, type CodeCell, type Notebook, NotebookError } from "./notebook";

/** Values by name, as the command line gave them. */
export type Parameters = Readonly<Record<string, Json>>;

/** `epochs=5` as name and value: JSON where it is JSON, else text. Throws for anything that is no name and value. */
export function parseParameter(text: string): [name: string, value: Json] {
	const match = /^([\p{ID_Start}$_][\p{ID_Continue}$]*)=([\s\S]*)$/u.exec(text);
	if (match === null) throw new NotebookError(`--param ${text}: expected NAME=VALUE, such as epochs=5`);
	try {
		return [match[1]!, JSON.parse(match[2]!) as Json];
	} catch {
		return [match[1]!, match[2]!];
	}
}

/**
 * The notebook with a cell behind the one tagged `parameters` (papermill's convention) that gives its variables these
 * values. Throws NotebookError where no cell has the tag, or the tagged cell knows no variable of that name.
 */
export function withParameters(notebook: Notebook, parameters: Parameters): Notebook {
	const names = Object.keys(parameters);
	if (names.length === 0) return notebook;
	const at = notebook.cells.findIndex(
		(cell) => cell.cell_type === "code" && cell.metadata.tags?.includes("parameters"),
	);
	if (at < 0) throw new NotebookError('--param: no cell of the notebook has the tag "parameters"');
	const kinds = new Map(
		[...notebook.cells[at]!.source.matchAll(/\b(let|const|var)\s+([\p{ID_Start}$_][\p{ID_Continue}$]*)/gu)].map(
			([, kind, name]) => [name!, kind!],
		),
	);
	const declared = [...kinds.keys()];
	const unknown = names.filter((name) => !kinds.has(name));
	if (unknown.length > 0) {
		throw new NotebookError(
			`--param ${unknown.join(", ")}: the notebook's parameters are ${declared.length > 0 ? declared.join(", ") : "none"}`,
		);
	}
	const injected: CodeCell = {
		cell_type: "code",
		id: "injected-parameters",
		// An assignment where there can be one: a value of another type than the variable's is a type error here, which names it.
		source: names
			.map((name) => `${kinds.get(name) === "const" ? "let " : ""}${name} = ${JSON.stringify(parameters[name])};`)
			.join("\n"),
		metadata: { tags: ["injected-parameters"] },
		outputs: [],
		execution_count: null,
	};
	// A second run of a notebook that was written by the first replaces its values.
	const others = (cell: Cell) => !cell.metadata.tags?.includes("injected-parameters");
	const { cells } = notebook;
	return { ...notebook, cells: [...cells.slice(0, at + 1), injected, ...cells.slice(at + 1).filter(others)] };
}
