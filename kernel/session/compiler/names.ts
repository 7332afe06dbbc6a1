import { type DeclarationKind, hasValue } from "./declarations";
import type { Scan } from "./scan";

/*
 * The names that cells have declared, and the text that brings them into the next cell with their types. Each cell that
 * declares something is kept as a document; one more, the hub, exports the names as they are now, so that the cell being
 * checked or edited always imports the same document and TypeScript can keep the rest of its program.
 */

/** A cell that later ones refer to. */
interface KeptCell {
	document: string;
	/** Documents of the cells whose names it uses. */
	uses: Set<string>;
	/** It adds to global or other modules' types, so it is needed without its names. */
	augments: boolean;
}

interface Name {
	kind: DeclarationKind;
	document: string;
}

/** What the prelude calls the hub; hidden from completions. */
export const hubName = "__gradbook_names__";

const identifier = /[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/gu;

/** Every word of a text that could be a name. */
export function wordsOf(text: string): Set<string> {
	return new Set(text.match(identifier) ?? []);
}

export class SessionNames {
	readonly #names = new Map<string, Name>();
	readonly #cells = new Map<string, KeptCell>();
	/** Module cells: files beside the notebook that are in memory only. */
	modules = new Set<string>();
	readonly #hub: string;

	/** `hub` is the name of the hub's document. */
	constructor(hub: string) {
		this.#hub = hub;
	}

	has(name: string): boolean {
		return this.#names.has(name);
	}

	/** Documents of all cells that are kept. */
	documents(): string[] {
		return [...this.#cells.keys()];
	}

	/** Names that have a value at run time. */
	get values(): Set<string> {
		const values = new Set<string>();
		for (const [name, { kind }] of this.#names) if (hasValue(kind)) values.add(name);
		return values;
	}

	/**
	 * One line that brings names of earlier cells into scope by way of the hub, without those that the cell declares itself.
	 * `words` limits them to what the cell may use; without it all come.
	 */
	prelude(declared: ReadonlySet<string>, words?: ReadonlySet<string>): string {
		const imported: string[] = [];
		const variables: string[] = [];
		for (const [name, { kind }] of this.#names) {
			if (declared.has(name) || (words !== undefined && !words.has(name))) continue;
			if (kind === "variable") variables.push(`declare let ${name}: typeof ${hubName}.${name};`);
			else imported.push(name);
		}
		const from = JSON.stringify(`./${moduleOf(this.#hub)}`);
		return `import { ${imported.join(", ")} } from ${from}; import type * as ${hubName} from ${from}; ${variables.join(" ")} export {};`;
	}

	/**
	 * Keeps a cell: the text of its document, with the names it uses taken from the documents that declare them now.
	 * Returns also the documents that no name needs any more.
	 */
	keep(document: string, source: string, found: Scan): { text: string; dropped: string[] } {
		const declared = new Set(found.declared.keys());
		const words = wordsOf(source);
		const uses = new Set<string>();
		const imports = new Map<string, string[]>();
		let variables = "";
		for (const [name, { kind, document: origin }] of this.#names) {
			if (declared.has(name) || !words.has(name)) continue;
			uses.add(origin);
			if (kind === "variable")
				variables += ` declare let ${name}: typeof import(${JSON.stringify(`./${moduleOf(origin)}`)}).${name};`;
			else imports.set(origin, [...(imports.get(origin) ?? []), name]);
		}
		let head = "";
		for (const [origin, names] of imports)
			head += `import { ${names.join(", ")} } from ${JSON.stringify(`./${moduleOf(origin)}`)}; `;
		const own = [...declared].filter((name) => !found.exported.has(name));
		this.#cells.set(document, { document, uses, augments: found.augments });
		for (const [name, kind] of found.declared) this.#names.set(name, { kind, document });
		return {
			text: `${head}${variables} export {};\n${source}\n;export { ${own.join(", ")} };`,
			dropped: this.#dropUnused(),
		};
	}

	/** The hub's text. */
	hub(): string {
		const origins = new Map<string, string[]>();
		for (const [name, { document }] of this.#names) origins.set(document, [...(origins.get(document) ?? []), name]);
		let text = "export {};\n";
		for (const module of this.modules) text += `import {} from ${JSON.stringify(`./${moduleOf(module)}`)};\n`;
		// Cells that only augment other modules have no names but must stay in the program.
		for (const document of this.#cells.keys()) {
			text += `export { ${(origins.get(document) ?? []).join(", ")} } from ${JSON.stringify(`./${moduleOf(document)}`)};\n`;
		}
		return text;
	}

	#dropUnused(): string[] {
		const needed = new Set<string>();
		const need = (document: string): void => {
			if (needed.has(document)) return;
			needed.add(document);
			for (const used of this.#cells.get(document)?.uses ?? []) need(used);
		};
		for (const { document } of this.#names.values()) need(document);
		for (const { document, augments } of this.#cells.values()) if (augments) need(document);
		const dropped = [...this.#cells.keys()].filter((document) => !needed.has(document));
		for (const document of dropped) this.#cells.delete(document);
		return dropped;
	}
}

function moduleOf(document: string): string {
	return document.replace(/\.tsx?$/, "");
}
