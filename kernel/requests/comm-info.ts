import { literal, object, optional, record, string } from "../wire/shape";
import { handler } from "./handler";

export const commInfo = handler({
	type: "comm_info_request",
	content: object({ target_name: optional(string) }),
	reply: object({ status: literal("ok"), comms: record(object({ target_name: string })) }),
	handle() {
		// No target takes a comm (see comm-open.ts), so none is open.
		return { content: { status: "ok", comms: {} } };
	},
});
