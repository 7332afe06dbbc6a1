import { beforeAll, describe, expect, test } from "vitest";
import type { Received } from "../../../../dist/kernel/runner/client";
import { startKernel, summary, type TestKernel, until } from "../../support/kernel";

let kernel: TestKernel;
beforeAll(async () => {
	kernel = await startKernel();
	await kernel.client.execute('var display = require("gradbook/display")');
});

let comms = 0;
/** Opens a comm from the front end and waits until the kernel has taken it. */
async function open(target: string, data = {}): Promise<string> {
	const id = `comm-${++comms}`;
	const opened = kernel.client.request("comm_open", { comm_id: id, target_name: target, data });
	for await (const _ of opened);
	return id;
}

/** Sends through a comm; what the kernel published for it. */
async function send(id: string, data: Record<string, unknown>, buffers?: Buffer[], metadata = {}): Promise<Received[]> {
	const pending = kernel.client.request("comm_msg", { comm_id: id, data }, { buffers, metadata });
	for await (const _ of pending);
	return [...pending.messages];
}

const open_ = async (target?: string) => {
	const content = target === undefined ? {} : { target_name: target };
	return (await kernel.client.request("comm_info_request", content).reply()).content.comms as Record<string, unknown>;
};
const outputsOf = (id: string) =>
	kernel.seen.filter(({ parent, header }) => parent.msg_id === id && header.msg_type !== "status");

describe("a comm that the front end opens", () => {
	test("reaches its target, and answers go back with bytes, between busy and idle", async () => {
		await kernel.client.execute(
			`display.registerTarget("echo", (comm, { data }) => {
				comm.send({ opened: data });
				comm.onMessage(({ data, buffers, metadata }) => {
					const floats = new Float32Array(buffers[0].buffer);
					comm.send({ ...data, sum: floats.reduce((a, b) => a + b, 0) }, { buffers: [floats.map((x) => 2 * x)], metadata });
				});
			})`,
		);
		const id = await open("echo", { hello: 1 });
		const greeting = kernel.seen.find(
			({ header, content }) => header.msg_type === "comm_msg" && content.comm_id === id,
		);
		expect(greeting?.content.data).toEqual({ opened: { hello: 1 } });
		const answer = await send(id, { n: 5 }, [Buffer.from(new Float32Array([1, 2.5]).buffer)], { version: "2.1.0" });
		expect(summary(answer)).toEqual(["busy", "comm_msg", "idle"]);
		expect(answer[1]!.content.data).toEqual({ n: 5, sum: 3.5 });
		expect(answer[1]!.metadata).toEqual({ version: "2.1.0" });
		expect([...new Float32Array(Uint8Array.from(answer[1]!.buffers[0]!).buffer)]).toEqual([2, 5]);
	});

	test("for a target that nobody registered is closed at once", async () => {
		const id = await open("nobody");
		const closed = kernel.seen.find(
			({ header, content }) => header.msg_type === "comm_close" && content.comm_id === id,
		);
		expect(closed?.content).toEqual({ comm_id: id, data: {} });
		expect(await open_()).not.toHaveProperty(id);
	});

	test("is listed, by target, until it is closed from either side", async () => {
		await kernel.client.execute(
			'var ended = []; display.registerTarget("listed", (comm) => { comm.onMessage(() => comm.close({ bye: 1 })); comm.onClose(() => ended.push(comm.id)) })',
		);
		const [first, second] = [await open("listed"), await open("listed")];
		expect(await open_("listed")).toEqual({
			[first]: { target_name: "listed" },
			[second]: { target_name: "listed" },
		});
		expect(await open_("other")).toEqual({});
		const closed = await send(first, {});
		expect(closed[1]?.content).toEqual({ comm_id: first, data: { bye: 1 } });
		for await (const _ of kernel.client.request("comm_close", { comm_id: second, data: {} }));
		expect(await open_("listed")).toEqual({});
		expect((await kernel.client.execute("ended.length")).result).toEqual({ "text/plain": "1" });
	});
});

test("a comm that a cell opens is published with its bytes, under the cell", async () => {
	const { outputs } = await kernel.client.execute(
		'var own = display.openComm("page", { a: 1 }, { buffers: [new Uint8Array([1, 2, 3]).subarray(1)], metadata: { version: "2" } }); own.send({ b: 2 }); own.close()',
	);
	expect(summary(outputs)).toEqual(["comm_open", "comm_msg", "comm_close"]);
	expect(outputs[0]!.content).toMatchObject({ target_name: "page", data: { a: 1 } });
	expect([...outputs[0]!.buffers[0]!]).toEqual([2, 3]);
	expect(outputs[0]!.metadata).toEqual({ version: "2" });
});

describe("a handler runs as a part of the cell that has set it", () => {
	let cell: string;
	let id: string;
	beforeAll(async () => {
		const pending = kernel.client.request("execute_request", {
			code: `display.registerTarget("job", (comm) => comm.onMessage(({ data }) => {
				if (data.log) console.log(data.log);
				if (data.fail) throw new TypeError(data.fail);
				if (data.later) return Promise.reject(new RangeError(data.later));
				if (data.loop) { console.log("looping"); for (;;) ; }
				if (data.wait) { console.log("waiting"); return new Promise(() => setInterval(() => console.log("tick"), 40)); }
			}))`,
		});
		cell = pending.id;
		await pending.reply();
		id = await open("job");
	});

	test("what it prints stands there, before idle", async () => {
		const messages = await send(id, { log: "moved" });
		expect(summary(messages)).toEqual(["busy", "idle"]);
		const printed = outputsOf(cell).find(({ content }) => content.text === "moved\n")!;
		expect(kernel.seen.indexOf(printed)).toBeLessThan(kernel.seen.indexOf(messages[1]!));
	});

	test("and its errors, at once and later", async () => {
		await send(id, { fail: "at once" });
		await send(id, { later: "later" });
		await kernel.message(({ content }) => content.evalue === "later");
		const errors = outputsOf(cell).filter(({ header }) => header.msg_type === "error");
		expect(errors.map(({ content }) => `${content.ename}: ${content.evalue}`)).toEqual([
			"TypeError: at once",
			"RangeError: later",
		]);
	});

	const stopped = async (data: Record<string, unknown>, started: string) => {
		const pending = kernel.client.request("comm_msg", { comm_id: id, data });
		await kernel.message(({ content }) => content.text === `${started}\n`);
		const before = outputsOf(cell).length;
		await kernel.interrupt();
		for await (const _ of pending);
		await kernel.message(
			(message) => outputsOf(cell).slice(before).includes(message) && message.content.ename === "KeyboardInterrupt",
		);
		await send(id, { log: `after ${started}` });
		await kernel.message(({ content }) => content.text === `after ${started}\n`);
		expect((await kernel.client.execute("40 + 2")).result).toEqual({ "text/plain": "42" });
	};

	test("the stop button ends a handler that loops, and the next message is handled", () =>
		stopped({ loop: true }, "looping"));

	test("also where more messages wait behind it: each gets its idle", async () => {
		const before = kernel.seen.length;
		const looping = kernel.client.request("comm_msg", { comm_id: id, data: { loop: true } });
		const behind = [1, 2, 3].map((n) => send(id, { log: `behind ${n}` }));
		await kernel.message((message) => message.content.text === "looping\n" && kernel.seen.indexOf(message) >= before);
		await kernel.read();
		await kernel.interrupt();
		for await (const _ of looping);
		await Promise.all(behind);
	});

	test("and one that waits, with the timers that it has set", async () => {
		await stopped({ wait: true }, "waiting");
		const ticks = () => outputsOf(cell).filter(({ content }) => String(content.text).includes("tick")).length;
		const before = ticks();
		await kernel.client.execute("await new Promise((go) => setTimeout(go, 100))");
		expect(ticks()).toBe(before);
	});
});

describe("while a cell runs", () => {
	test("messages wait, in order, as long as it does not await, and comm_info answers", async () => {
		await kernel.client.execute(
			'var got = []; display.registerTarget("queue", (comm) => comm.onMessage(({ data }) => got.push(data.n)))',
		);
		const id = await open("queue");
		const running = kernel.client.request("execute_request", { code: `${until("sync")}\ngot.length` });
		await kernel.message(({ header, parent }) => header.msg_type === "execute_input" && parent.msg_id === running.id);
		const sent = [1, 2, 3].map((n) => send(id, { n }));
		expect(await open_("queue")).toHaveProperty(id);
		kernel.release("sync");
		await running.reply();
		const result = running.messages.find(({ header }) => header.msg_type === "execute_result");
		expect(result?.content.data).toEqual({ "text/plain": "0" });
		await Promise.all(sent);
		expect((await kernel.client.execute("got")).result).toEqual({ "text/plain": "[ 1, 2, 3 ]" });
	});

	test("messages are handled while it awaits", async () => {
		await kernel.client.execute(
			'var release = null; display.registerTarget("live", (comm) => comm.onMessage(({ data }) => release(data.n)))',
		);
		const id = await open("live");
		const cell = kernel.client.request("execute_request", { code: "await new Promise((go) => { release = go })" });
		await kernel.message(({ header, parent }) => header.msg_type === "execute_input" && parent.msg_id === cell.id);
		await kernel.client.request("is_complete_request", { code: "" }).reply();
		let done = false;
		void cell.reply().then(() => {
			done = true;
		});
		// The first may come before the cell has begun to wait.
		while (!done) {
			await send(id, { n: 7 });
			await new Promise((go) => setTimeout(go, 5));
		}
		const result = cell.messages.find(({ header }) => header.msg_type === "execute_result");
		expect(result?.content.data).toEqual({ "text/plain": "7" });
	});
});

test("messages of a wrong shape, for no comm or with too much are logged and dropped", async () => {
	const end = async (type: string, content: Record<string, unknown>, buffers?: Buffer[]) => {
		for await (const _ of kernel.client.request(type, content, { buffers }));
	};
	await end("comm_msg", { comm_id: 3 });
	await kernel.log("dropped a comm_msg: comm_id: expected a string, got 3");
	await end("comm_msg", { comm_id: "gone", data: {} });
	await kernel.log("comm_msg for gone, which is not open");
	const id = await open("queue");
	await end("comm_open", { comm_id: id, target_name: "queue", data: {} });
	await kernel.log(`comm_open for ${id}, which is open already`);
	await end("comm_msg", { comm_id: id, data: {} }, Array<Buffer>(10_001).fill(Buffer.alloc(0)));
	await kernel.log(`dropped a comm_msg for ${id} with 0 bytes in 10001 buffers`);
	expect((await kernel.client.execute("1 + 1")).result).toEqual({ "text/plain": "2" });
});
