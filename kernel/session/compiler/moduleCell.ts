/*
 * tslab's module cells: a cell whose leading comment says `@module name` is no cell but a file `name.ts` beside the
 * notebook, which other cells import as "./name".
 */

export interface ModuleCell {
	name: string;
	/** `@jsx`: the file is `name.tsx`. */
	jsx: boolean;
	/** `@browser`: meant for a browser, which tslab never made use of. */
	browser: boolean;
}

/** What the comments in front of the first code say; undefined for a usual cell. */
export function moduleCell(text: string): ModuleCell | undefined {
	const found: ModuleCell = { name: "", jsx: false, browser: false };
	const comment = /\s*(?:\/\/[^\n]*(?:\n|$)|\/\*([\s\S]*?)\*\/)/y;
	for (let match = comment.exec(text); match !== null; match = comment.exec(text)) {
		const body = match[1];
		// `/** … */` only: other comments are prose.
		if (body === undefined || !body.startsWith("*")) continue;
		for (const [, tag, rest] of body.matchAll(/(?:^\*?|\n)[\s*]*@(\w+)[ \t]*([^\n]*)/g)) {
			const value = rest!.replace(/\*+\s*$/, "").trim();
			if (tag === "module" && /^\w+$/.test(value)) found.name = value;
			else if (tag === "jsx") found.jsx = true;
			else if (tag === "browser") found.browser = true;
		}
	}
	return found.name === "" ? undefined : found;
}

export function moduleFile({ name, jsx }: ModuleCell): string {
	return `${name}${jsx ? ".tsx" : ".ts"}`;
}
