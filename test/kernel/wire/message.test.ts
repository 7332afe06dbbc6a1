import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { BadMessage, decode, encode, type Message, maxJsonBytes, newHeader } from "../../../dist/kernel/wire/message";

const key = "a key";
const message = (): Message => ({
	identities: [Buffer.from("router"), Buffer.from([0, 1, 255])],
	header: newHeader("execute_request", "session", "ada"),
	parent: {},
	metadata: { deletedCells: [] },
	content: { code: "1 + 1 // é\u{1f600}" },
	buffers: [Buffer.from([1, 2, 3]), Buffer.alloc(0)],
});

describe("a message", () => {
	test("comes out as it went in, with all routing frames and buffers", () => {
		expect(decode(encode(message(), key), key)).toMatchObject({ ...message(), header: { username: "ada" } });
	});

	test("is signed as the protocol says: HMAC-SHA256 in hex over the four JSON frames as they are", () => {
		const frames = encode(message(), key);
		const at = frames.findIndex((frame) => frame.toString() === "<IDS|MSG>");
		const hmac = createHmac("sha256", key);
		for (const part of frames.slice(at + 2, at + 6)) hmac.update(part);
		expect(frames[at + 1]!.toString()).toBe(hmac.digest("hex"));
	});

	test("is accepted with any spacing of its JSON, since raw frames are signed", () => {
		const parts = [JSON.stringify(message().header, null, 3), " { } ", "{}", '{ "code" : "x" }'].map((part) =>
			Buffer.from(part),
		);
		const hmac = createHmac("sha256", key);
		for (const part of parts) hmac.update(part);
		const frames = [Buffer.from("<IDS|MSG>"), Buffer.from(hmac.digest("hex")), ...parts];
		expect(decode(frames, key).content).toEqual({ code: "x" });
	});

	test("needs no signature with an empty key", () => {
		const frames = encode(message(), "");
		expect(frames[3]!.length).toBe(0);
		frames[3] = Buffer.from("whatever");
		expect(decode(frames, "").content).toEqual(message().content);
	});
});

describe("a message is refused", () => {
	const at = 2;
	const change = (index: number, to: Buffer | string) => {
		const frames = encode(message(), key);
		frames[index] = Buffer.from(to);
		return () => decode(frames, key);
	};
	const signed = (parts: string[]) => {
		const buffers = parts.map((part) => Buffer.from(part));
		const hmac = createHmac("sha256", key);
		for (const part of buffers) hmac.update(part);
		const frames = [Buffer.from("<IDS|MSG>"), Buffer.from(hmac.digest("hex")), ...buffers];
		return () => decode(frames, key);
	};
	const header = JSON.stringify(newHeader("x", "y"));

	test.each([
		["when its content was altered", change(at + 5, '{"code":"evil"}'), /signature does not match/],
		["when its header was altered", change(at + 2, "{}"), /signature does not match/],
		["with another key", () => decode(encode(message(), "other"), key), /signature does not match/],
		["without a signature", change(at + 1, ""), /signature does not match/],
		["with a signature of another length", change(at + 1, "ab".repeat(33)), /signature does not match/],
		["with a signature that is not ASCII", change(at + 1, Buffer.alloc(64, 0xc3)), /signature does not match/],
		["without a delimiter", change(at, "<IDS|MSH>"), /no delimiter in 10 frames/],
		["when frames are missing", () => decode(encode(message(), key).slice(0, 6), key), /3 frames after the delimiter/],
		["when it is empty", () => decode([], key), /no delimiter/],
		["when its header is no JSON", signed(["{", "{}", "{}", "{}"]), /header is not JSON/],
		["when its content is no JSON", signed([header, "{}", "{}", "nope"]), /content is not JSON/],
		["when its content is no object", signed([header, "{}", "{}", "[1]"]), /content: expected an object, got \[1\]/],
		["when its metadata is null", signed([header, "{}", "null", "{}"]), /metadata: expected an object, got null/],
		["when its header has no type", signed(['{"msg_id":"1"}', "{}", "{}", "{}"]), /header.session: expected a string/],
		[
			"with too many routing frames",
			() => decode([...Array(20).fill(Buffer.from("r")), ...encode(message(), key)], key),
			/22 routing frames/,
		],
	])("%s", (_, refused, reason) => {
		expect(refused).toThrow(BadMessage);
		expect(refused).toThrow(reason);
	});

	test("when a JSON part is absurdly large, before it is parsed or hashed", () => {
		const frames = encode(message(), key);
		frames[at + 5] = Buffer.alloc(maxJsonBytes + 1, 0x20);
		expect(() => decode(frames, key)).toThrow(/a JSON part of \d+ bytes/);
	});
});
