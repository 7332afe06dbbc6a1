import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import { dictionary, either, type Infer, nothing, object, optional, string } from "./shape";

/** The protocol that this kernel speaks: Jupyter's messaging, version 5.4. */
export const protocolVersion = "5.4";

export const headerShape = object({
	msg_id: string,
	session: string,
	username: string,
	msg_type: string,
	version: string,
	date: optional(string),
	/** The queue of a request; null and absent: the notebook's own. */
	subshell_id: optional(either(string, nothing)),
});

export type Header = Infer<typeof headerShape>;
export type Content = Record<string, unknown>;

export interface Message {
	/** ZeroMQ's routing frames: whom a reply goes to. On iopub: the topic. */
	identities: Buffer[];
	header: Header;
	/** The header of the request that this message belongs to; `{}` where there is none. */
	parent: Header | Record<string, never>;
	metadata: Content;
	content: Content;
	buffers: Buffer[];
}

/** A message that must not be acted on: not ours, altered on its way, or broken. */
export class BadMessage extends Error {}

const delimiter = Buffer.from("<IDS|MSG>");
/** Routing frames before the delimiter: one for each hop. Far more is not a Jupyter message. */
const maxIdentities = 16;
/** A part that is JSON. Data of this size belongs into buffers; parsing it would stall every answer. */
export const maxJsonBytes = 64 * 2 ** 20;

const partsShape = { parent: dictionary, metadata: dictionary, content: dictionary } as const;

function signature(key: string, parts: readonly Uint8Array[]): Buffer {
	const hmac = createHmac("sha256", key);
	for (const part of parts) hmac.update(part);
	return Buffer.from(hmac.digest("hex"));
}

/**
 * Reads the frames of one message. Throws BadMessage.
 *
 * The signature covers the raw frames, so that they are checked before anything in them is parsed.
 */
export function decode(frames: readonly Buffer[], key: string): Message {
	const at = frames.findIndex((frame) => frame.equals(delimiter));
	if (at < 0) throw new BadMessage(`no delimiter in ${frames.length} frames`);
	if (at > maxIdentities) throw new BadMessage(`${at} routing frames`);
	const parts = frames.slice(at + 2, at + 6);
	if (parts.length < 4)
		throw new BadMessage(`${frames.length - at - 1} frames after the delimiter, expected at least 5`);
	for (const part of parts) {
		if (part.length > maxJsonBytes) throw new BadMessage(`a JSON part of ${part.length} bytes`);
	}
	if (key !== "") {
		const expected = signature(key, parts);
		const given = frames[at + 1]!;
		if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
			throw new BadMessage("the signature does not match");
		}
	}
	const [header, parent, metadata, content] = parts.map((part, i) => parse(part, i)) as [
		Header,
		Header,
		Content,
		Content,
	];
	const problem =
		headerShape.check(header, "header") ??
		partsShape.parent.check(parent, "parent_header") ??
		partsShape.metadata.check(metadata, "metadata") ??
		partsShape.content.check(content, "content");
	if (problem !== undefined) throw new BadMessage(problem);
	return { identities: frames.slice(0, at), header, parent, metadata, content, buffers: frames.slice(at + 6) };
}

const partNames = ["header", "parent_header", "metadata", "content"];

function parse(part: Buffer, index: number): unknown {
	try {
		return JSON.parse(part.toString("utf8"));
	} catch (error) {
		throw new BadMessage(`${partNames[index]} is not JSON: ${(error as Error).message}`);
	}
}

/** The frames of a message, signed. */
export function encode(message: Message, key: string): Buffer[] {
	const parts = [message.header, message.parent, message.metadata, message.content].map((part) =>
		Buffer.from(JSON.stringify(part)),
	);
	const signed = key === "" ? Buffer.alloc(0) : signature(key, parts);
	return [...message.identities, delimiter, signed, ...parts, ...message.buffers];
}

/** A new header of one sender. */
export function newHeader(type: string, session: string, username = "kernel"): Header {
	return {
		msg_id: randomUUID(),
		session,
		username,
		msg_type: type,
		version: protocolVersion,
		date: new Date().toISOString(),
	};
}
