import { dictionary, object, optional, string } from "../wire/shape";
import { handler } from "./handler";

export const commMsg = handler({
	type: "comm_msg",
	content: object({ comm_id: string, data: optional(dictionary) }),
	async handle({ content, message }, kernel) {
		await kernel.comms.receive("comm_msg", content, message);
		return undefined;
	},
});
