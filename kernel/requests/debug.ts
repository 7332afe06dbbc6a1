import { boolean, dictionary, integer, literal, object, optional, string } from "../wire/shape";
import { handler } from "./handler";

export const debug = handler({
	type: "debug_request",
	content: object({ seq: integer, command: string, arguments: optional(dictionary) }),
	reply: object({
		type: literal("response"),
		seq: integer,
		request_seq: integer,
		command: string,
		success: boolean,
		message: optional(string),
		body: dictionary,
	}),
	async handle({ content, message }, kernel) {
		const reply = await kernel.debugger().request(content, (event) => {
			kernel.iopub.publish("debug_event", { ...event }, message.header);
		});
		return { content: { ...reply } };
	},
});
