import { literal, object, string } from "../wire/shape";
import { handler } from "./handler";
import { unknownSubshell } from "./subshells";

export const deleteSubshell = handler({
	type: "delete_subshell_request",
	content: object({ subshell_id: string }),
	reply: object({ status: literal("ok") }),
	handle({ content: { subshell_id: id } }, kernel) {
		return { content: kernel.subshells.delete(id) ? { status: "ok" } : unknownSubshell(id) };
	},
});
