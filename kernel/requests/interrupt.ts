import { literal, object } from "../wire/shape";
import { handler } from "./handler";

export const interrupt = handler({
	type: "interrupt_request",
	content: object({}),
	reply: object({ status: literal("ok") }),
	handle(_request, kernel) {
		// Answered at once: what a native operation holds up stops when that returns.
		kernel.interrupt();
		return { content: { status: "ok" } };
	},
});
