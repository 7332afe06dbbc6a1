import { array, literal, object, string } from "../wire/shape";
import { handler } from "./handler";

export const listSubshell = handler({
	type: "list_subshell_request",
	content: object({}),
	reply: object({ status: literal("ok"), subshell_id: array(string) }),
	handle(_request, kernel) {
		return { content: { status: "ok", subshell_id: kernel.subshells.list() } };
	},
});
