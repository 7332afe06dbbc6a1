import { dictionary, object, optional, string } from "../wire/shape";
import { handler } from "./handler";

export const commClose = handler({
	type: "comm_close",
	content: object({ comm_id: string, data: optional(dictionary) }),
	async handle({ content, message }, kernel) {
		await kernel.comms.receive("comm_close", content, message);
		return undefined;
	},
});
