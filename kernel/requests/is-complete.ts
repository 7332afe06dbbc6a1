import { literal, object, optional, string } from "../wire/shape";
import { handler } from "./handler";

export const isComplete = handler({
	type: "is_complete_request",
	content: object({ code: string }),
	reply: object({ status: literal("complete", "incomplete", "invalid", "unknown"), indent: optional(string) }),
	async handle({ content }, kernel) {
		const completeness = await kernel.compiler.isComplete(content.code);
		return { content: { ...completeness } };
	},
});
