import type { Channel } from "../wire/connection";
import type { Content, Message } from "../wire/message";
import { array, type Infer, integer, literal, object, optional, type Shape, string } from "../wire/shape";
import type { CellError } from "./contract";
import type { Kernel } from "./kernel";

/** A request whose content has the shape that its handler asks for. */
export interface Request<C> {
	channel: Channel;
	message: Message;
	content: C;
	/** When it came, by the clock of `process.hrtime.bigint()`. */
	arrived: bigint;
}

export interface Reply {
	content: Content;
	metadata?: Content;
	/** Done when the reply and `idle` are out. */
	afterwards?: () => void;
}

/** What the kernel does about one type of message. One file each, and a row in index.ts. */
export interface Handler {
	/** `execute_request`. */
	readonly type: string;
	readonly content: Shape<unknown>;
	/** The reply's content; its type is the request's with `_reply`. Messages that get no reply (comms) have none. */
	readonly reply?: Shape<unknown>;
	/** Waits for its turn behind other serial requests; the others are answered at once, also while a cell runs. */
	readonly serial: boolean;
	handle(request: Request<unknown>, kernel: Kernel): Promise<Reply | undefined>;
}

/** A handler, with the types of its content tied to the shape. */
export function handler<S extends Shape<unknown>>(
	definition: Omit<Handler, "handle" | "content" | "serial"> & {
		readonly content: S;
		readonly serial?: boolean;
		handle(request: Request<Infer<S>>, kernel: Kernel): Promise<Reply | undefined> | Reply | undefined;
	},
): Handler {
	return {
		type: definition.type,
		content: definition.content,
		reply: definition.reply,
		serial: definition.serial ?? false,
		handle: async (request, kernel) => definition.handle(request as Request<Infer<S>>, kernel),
	};
}

/** The type of the reply to a request. */
export function replyType(requestType: string): string {
	return requestType.replace(/_request$/, "_reply");
}

/** The reply to any request that failed. */
export const errorReplyShape = object({
	status: literal("error"),
	ename: string,
	evalue: string,
	traceback: array(string),
	execution_count: optional(integer),
});

/** The reply to a request that was still waiting when one before it failed. */
export const abortedReplyShape = object({ status: literal("aborted") });

/** The fields of a CellError as a reply carries them. */
export function errorContent(error: CellError): Content {
	return { status: "error", ename: error.ename, evalue: error.evalue, traceback: error.traceback };
}
