import { boolean, dictionary, integer, literal, object, optional, string } from "../wire/shape";
import { handler } from "./handler";

export const inspect = handler({
	type: "inspect_request",
	content: object({ code: string, cursor_pos: integer, detail_level: optional(literal(0, 1)) }),
	reply: object({ status: literal("ok"), found: boolean, data: dictionary, metadata: dictionary }),
	async handle({ content }, kernel) {
		const data = await kernel.compiler.inspect(content.code, content.cursor_pos, content.detail_level ?? 0);
		return { content: { status: "ok", found: data !== undefined, data: data ?? {}, metadata: {} } };
	},
});
