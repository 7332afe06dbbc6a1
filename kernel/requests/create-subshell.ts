import { literal, object, string } from "../wire/shape";
import { handler } from "./handler";

export const createSubshell = handler({
	type: "create_subshell_request",
	content: object({}),
	reply: object({ status: literal("ok"), subshell_id: string }),
	handle(_request, kernel) {
		return { content: { status: "ok", subshell_id: kernel.subshells.create() } };
	},
});
