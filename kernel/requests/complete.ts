import { array, dictionary, integer, literal, object, string } from "../wire/shape";
import type { Completion } from "./contract";
import { handler } from "./handler";
import type { Kernel } from "./kernel";

export const complete = handler({
	type: "complete_request",
	content: object({ code: string, cursor_pos: integer }),
	reply: object({
		status: literal("ok"),
		matches: array(string),
		cursor_start: integer,
		cursor_end: integer,
		metadata: dictionary,
	}),
	async handle({ content }, kernel) {
		let found = await kernel.compiler.complete(content.code, content.cursor_pos);
		if (found.matches.length === 0) found = (await fromValue(content.code, content.cursor_pos, kernel)) ?? found;
		return {
			content: {
				status: "ok",
				matches: found.matches,
				cursor_start: found.cursorStart,
				cursor_end: found.cursorEnd,
				// JupyterLab reads kinds and types from here.
				metadata: { _jupyter_types_experimental: found.items },
			},
		};
	},
});

/** Where types know nothing (`any`, `process.env`) the value may: as long as no cell runs. */
async function fromValue(code: string, cursor: number, kernel: Kernel): Promise<Completion | undefined> {
	if (kernel.executions.size > 0) return undefined;
	const object = await kernel.compiler.objectAt(code, cursor);
	if (object === undefined) return undefined;
	const typed = object.typed.toLowerCase();
	const keys = await kernel.runner.keys(object.path);
	const place = { start: cursor - [...object.typed].length, end: cursor };
	const items = keys
		.filter(({ name }) => name.toLowerCase().startsWith(typed))
		.sort((a, b) => Number(a.name.startsWith("_")) - Number(b.name.startsWith("_")) || (a.name < b.name ? -1 : 1))
		.map(({ name, type }) => ({ text: name, type, ...place }));
	return { matches: items.map(({ text }) => text), cursorStart: place.start, cursorEnd: place.end, items };
}
