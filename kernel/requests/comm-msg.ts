import { log } from "../wire/log";
import { dictionary, object, optional, string } from "../wire/shape";
import { handler } from "./handler";

export const commMsg = handler({
	type: "comm_msg",
	content: object({ comm_id: string, data: optional(dictionary) }),
	handle({ content }) {
		log(`comm_msg for ${content.comm_id}, which is not open`);
		return undefined;
	},
});
