import { boolean, literal, object, optional } from "../wire/shape";
import { handler } from "./handler";

export const shutdown = handler({
	type: "shutdown_request",
	content: object({ restart: optional(boolean) }),
	reply: object({ status: literal("ok"), restart: boolean }),
	handle({ content, message }, kernel) {
		const reply = { status: "ok", restart: content.restart ?? false };
		// Every front end hears of it, not only the one that asked.
		kernel.iopub.publish("shutdown_reply", reply, message.header);
		return { content: reply, afterwards: () => kernel.shutdown() };
	},
});
