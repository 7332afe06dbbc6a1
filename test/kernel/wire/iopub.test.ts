import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { IOPub } from "../../../dist/kernel/wire/iopub";
import { type Message, newHeader } from "../../../dist/kernel/wire/message";

describe("text of the standard streams", () => {
	let sent: Message[];
	let iopub: IOPub;
	const first = newHeader("execute_request", "s");
	const second = newHeader("execute_request", "s");
	const texts = () => sent.map(({ content, header, parent }) => [content.text ?? header.msg_type, parent.msg_id]);

	beforeEach(() => {
		vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
		vi.advanceTimersByTime(1000);
		sent = [];
		iopub = new IOPub({ send: (_, message) => sent.push(message) }, "session");
	});
	afterEach(() => vi.useRealTimers());

	test("goes out at once after a silence", () => {
		iopub.stream("stdout", "a", first);
		vi.advanceTimersByTime(0);
		expect(texts()).toEqual([["a", first.msg_id]]);
	});

	test("is gathered for 10 ms while it keeps coming", () => {
		iopub.stream("stdout", "a", first);
		vi.advanceTimersByTime(0);
		for (let i = 0; i < 9; i++) {
			iopub.stream("stdout", "b", first);
			vi.advanceTimersByTime(1);
		}
		expect(sent.length).toBe(1);
		vi.advanceTimersByTime(1);
		expect(texts()).toEqual([
			["a", first.msg_id],
			["bbbbbbbbb", first.msg_id],
		]);
	});

	test("goes out before everything that comes after it", () => {
		iopub.stream("stdout", "a", first);
		iopub.publish("display_data", {}, first);
		expect(texts()).toEqual([
			["a", first.msg_id],
			["display_data", first.msg_id],
		]);
	});

	test("is never mixed between streams or cells", () => {
		iopub.stream("stdout", "a", first);
		iopub.stream("stderr", "b", first);
		iopub.stream("stderr", "c", second);
		iopub.flush();
		expect(texts()).toEqual([
			["a", first.msg_id],
			["b", first.msg_id],
			["c", second.msg_id],
		]);
		expect(sent.map(({ content }) => content.name)).toEqual(["stdout", "stderr", "stderr"]);
	});

	test("goes out when there is much of it, and is sent once", () => {
		iopub.stream("stdout", "x".repeat(70_000), first);
		expect(sent.length).toBe(1);
		vi.advanceTimersByTime(1000);
		iopub.flush();
		expect(sent.length).toBe(1);
	});

	test("makes no message where there is none", () => {
		iopub.stream("stdout", "", first);
		iopub.flush();
		expect(sent).toEqual([]);
	});
});
