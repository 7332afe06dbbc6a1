import { dictionary, object, optional, string } from "../wire/shape";
import { handler } from "./handler";

export const commOpen = handler({
	type: "comm_open",
	content: object({ comm_id: string, target_name: string, data: optional(dictionary) }),
	handle({ content, message }, kernel) {
		// A target that the kernel does not know: the front end is told by closing the comm at once.
		kernel.iopub.publish("comm_close", { comm_id: content.comm_id, data: {} }, message.header);
		return undefined;
	},
});
