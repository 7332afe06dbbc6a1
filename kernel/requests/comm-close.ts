import { dictionary, object, optional, string } from "../wire/shape";
import { handler } from "./handler";

export const commClose = handler({
	type: "comm_close",
	content: object({ comm_id: string, data: optional(dictionary) }),
	handle() {
		// The front end closes what the kernel has closed already (comm-open.ts): nothing is left to do.
		return undefined;
	},
});
