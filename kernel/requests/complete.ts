import { array, dictionary, integer, literal, object, string } from "../wire/shape";
import { handler } from "./handler";

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
		const found = await kernel.compiler.complete(content.code, content.cursor_pos);
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
