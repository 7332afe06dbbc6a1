import { literal, object, optional, record, string } from "../wire/shape";
import { handler } from "./handler";

export const commInfo = handler({
	type: "comm_info_request",
	content: object({ target_name: optional(string) }),
	reply: object({ status: literal("ok"), comms: record(object({ target_name: string })) }),
	handle({ content }, kernel) {
		return { content: { status: "ok", comms: kernel.comms.list(content.target_name) } };
	},
});
