import type { Json } from "../display/mime";
import { readMagics } from "../session/compiler/magics";
import { type Node, parse } from "../session/compiler/syntax";
import { type Cell, type CodeCell, type Notebook, NotebookError } from "./notebook";

/** A value as it was written on a command line: JSON where it is JSON, else text. What it is for a variable of texts is text. */
export class Written {
	readonly value: Json;

	constructor(readonly text: string) {
		this.value = text;
		try {
			this.value = JSON.parse(text) as Json;
		} catch {
			// No JSON: text.
		}
	}
}

/** Values by name. */
export type Parameters = Readonly<Record<string, Json | Written>>;

/** `epochs=5` as name and value. Throws for anything that is no name and value. */
export function parseParameter(text: string): [name: string, value: Written] {
	const match = /^([\p{ID_Start}$_][\p{ID_Continue}$]*)=([\s\S]*)$/u.exec(text);
	if (match === null) throw new NotebookError(`--param ${text}: expected NAME=VALUE, such as epochs=5`);
	return [match[1]!, new Written(match[2]!)];
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
	const variables = variablesOf(notebook.cells[at]!.source);
	const unknown = names.filter((name) => !variables.has(name));
	if (unknown.length > 0) {
		throw new NotebookError(
			`--param ${unknown.join(", ")}: the notebook's parameters are ${[...variables.keys()].join(", ") || "none"}`,
		);
	}
	const injected: CodeCell = {
		cell_type: "code",
		id: "injected-parameters",
		// An assignment where there can be one: a value of another type than the variable's is a type error here, which names it.
		source: names
			.map((name) => {
				const { constant, text } = variables.get(name)!;
				return `${constant ? "let " : ""}${name} = ${JSON.stringify(meant(parameters[name]!, text))};`;
			})
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

interface Variable {
	constant: boolean;
	/** Its type, or what it begins with, says that it holds texts and nothing else. */
	text: boolean;
}

/** The variables that a cell declares at its top level. Throws NotebookError where it is no TypeScript. */
function variablesOf(source: string): Map<string, Variable> {
	const { text } = readMagics(source, () => false);
	const { program, problems } = parse(text);
	if (problems.length > 0)
		throw new NotebookError(`--param: the cell tagged "parameters" is wrong: ${problems[0]!.message}`);
	const variables = new Map<string, Variable>();
	for (const statement of program.body as Node[]) {
		const declaration: Node = statement.declaration ?? statement;
		if (declaration.type !== "VariableDeclaration") continue;
		for (const { id, init } of declaration.declarations as Node[]) {
			if (id.type === "Identifier")
				variables.set(id.name, { constant: declaration.kind === "const", text: holdsText(id.typeAnnotation, init) });
		}
	}
	return variables;
}

function holdsText(annotation: Node | null | undefined, init: Node | null): boolean {
	if (annotation) return annotation.typeAnnotation.type === "TSStringKeyword";
	return init?.type === "TemplateLiteral" || (init?.type === "Literal" && typeof init.value === "string");
}

/** `--param name=12` is "12" where the variable holds texts; `'"12"'` is it everywhere. */
function meant(given: Json | Written, text: boolean): Json {
	if (!(given instanceof Written)) return given;
	return text && typeof given.value !== "string" ? given.text : given.value;
}
