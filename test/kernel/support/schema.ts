import { handlers } from "../../../dist/kernel/requests";
import { abortedReplyShape, errorReplyShape, replyType } from "../../../dist/kernel/requests/handler";
import { inputRequestShape } from "../../../dist/kernel/requests/stdin";
import type { Received } from "../../../dist/kernel/runner/client";
import {
	array,
	boolean,
	dictionary,
	either,
	integer,
	literal,
	object,
	optional,
	type Shape,
	string,
} from "../../../dist/kernel/wire/shape";

/*
 * What every message of a kernel must look like, by the protocol's documentation (Jupyter messaging 5.4). Replies are
 * described beside their handlers; here is the rest.
 */

const data = object({ "text/plain": string });
const transient = object({ display_id: optional(string) });
const error = object({ ename: string, evalue: string, traceback: array(string) });

const published: Record<string, Shape<unknown>> = {
	status: object({ execution_state: literal("busy", "idle", "starting") }, { closed: true }),
	stream: object({ name: literal("stdout", "stderr"), text: string }, { closed: true }),
	execute_input: object({ code: string, execution_count: integer }, { closed: true }),
	execute_result: object({ execution_count: integer, data, metadata: dictionary }),
	display_data: object({ data, metadata: dictionary, transient }, { closed: true }),
	update_display_data: object({ data, metadata: dictionary, transient: object({ display_id: string }) }),
	clear_output: object({ wait: boolean }, { closed: true }),
	error,
	comm_open: object({ comm_id: string, target_name: string, data: dictionary }, { closed: true }),
	comm_msg: object({ comm_id: string, data: dictionary }, { closed: true }),
	comm_close: object({ comm_id: string, data: dictionary }),
	shutdown_reply: object({ status: literal("ok"), restart: boolean }),
	debug_event: object({ type: literal("event"), seq: integer, event: string, body: dictionary }, { closed: true }),
	iopub_welcome: object({ subscription: string }, { closed: true }),
};

const replies = new Map(
	handlers
		.filter(({ reply }) => reply !== undefined)
		.map(({ type, reply }) => [replyType(type), either(reply!, errorReplyShape, abortedReplyShape)]),
);

/** Messages that belong to no request. */
const withoutParent = new Set(["iopub_welcome"]);
const ansiEscape = "\u001b";

/** What is wrong with a message; undefined where nothing is. */
export function problemOf({ channel, header, parent, content, identities }: Received): string | undefined {
	const type = header.msg_type;
	const shape =
		channel === "iopub"
			? published[type]
			: channel === "stdin"
				? { input_request: inputRequestShape }[type]
				: replies.get(type);
	if (shape === undefined) return `${type} does not belong on ${channel}`;
	const problem = shape.check(content, `${type}.content`);
	if (problem !== undefined) return problem;
	if (header.version !== "5.4") return `${type}: version ${header.version}`;
	if (Number.isNaN(Date.parse(header.date ?? "")) || !header.date!.endsWith("Z")) return `${type}: date ${header.date}`;
	if (!withoutParent.has(type) && content.execution_state !== "starting" && parent.msg_id === undefined) {
		return `${type} has no parent`;
	}
	if (channel === "iopub" && identities.length !== 1) return `${type} has ${identities.length} topics`;
	if (type === "execute_result") {
		const text = (content.data as { "text/plain": string })["text/plain"];
		if (text.includes(ansiEscape)) return `an execute_result with colours: ${JSON.stringify(text)}`;
	}
	return undefined;
}
