import { expect, test } from "vitest";
import { SendQueue } from "../../../dist/kernel/wire/send-queue";

test("one message is sent after another, in order, and a failure loses only its own", async () => {
	const sent: string[] = [];
	const failures: string[] = [];
	let busy = false;
	const socket = {
		async send(frames: (Buffer | string)[]) {
			if (busy) throw new Error("EBUSY");
			busy = true;
			await new Promise((resolve) => setImmediate(resolve));
			busy = false;
			const text = frames.join();
			if (text === "bad") throw new Error("refused");
			sent.push(text);
		},
	};
	const queue = new SendQueue(socket, (error) => failures.push(error.message));
	for (const text of ["1", "2", "bad", "3"]) queue.push([Buffer.from(text)]);
	await queue.drained();
	queue.push([Buffer.from("4")]);
	await queue.drained();
	expect(sent).toEqual(["1", "2", "3", "4"]);
	expect(failures).toEqual(["refused"]);
});
