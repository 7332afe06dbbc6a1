import { dictionary, object, optional, string } from "../wire/shape";
import { handler } from "./handler";

export const commOpen = handler({
	type: "comm_open",
	content: object({ comm_id: string, target_name: string, data: optional(dictionary) }),
	async handle({ content, message }, kernel) {
		await kernel.comms.receive("comm_open", content, message);
		return undefined;
	},
});
