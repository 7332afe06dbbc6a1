import { beforeAll, describe, expect, test } from "vitest";
import { startKernel, summary, type TestKernel, until } from "../support/kernel";

let kernel: TestKernel;
beforeAll(async () => {
	kernel = await startKernel();
});

const onIopub = (messages: readonly { channel: string }[]) =>
	messages.filter(({ channel }) => channel === "iopub") as never;

describe("a cell", () => {
	test("gives execute_input, streams, result, reply, idle, in this order", async () => {
		const { messages, reply } = await kernel.client.execute('console.log("a");\nconsole.error("b");\n6 * 7');
		expect(summary(onIopub(messages))).toEqual([
			"busy",
			"execute_input",
			"stdout: a\n",
			"stderr: b\n",
			"execute_result",
			"idle",
		]);
		const result = messages.find(({ header }) => header.msg_type === "execute_result")!;
		expect(result.content).toEqual({
			execution_count: reply.execution_count,
			data: { "text/plain": "42" },
			metadata: {},
		});
		expect(reply).toMatchObject({ status: "ok", user_expressions: {}, payload: [] });
	});

	test("that throws gives exactly one error, the same in the reply", async () => {
		const { messages, reply } = await kernel.client.execute('throw new RangeError("too far")');
		const errors = messages.filter(({ header }) => header.msg_type === "error");
		expect(errors.map(({ content }) => content)).toEqual([
			{ ename: "RangeError", evalue: "too far", traceback: expect.arrayContaining(["RangeError: too far"]) },
		]);
		expect(reply).toMatchObject({ status: "error", ename: "RangeError", evalue: "too far" });
		expect(reply.traceback).toEqual(errors[0]!.content.traceback);
	});

	test("that does not compile gives an error and does not run", async () => {
		const { reply, outputs } = await kernel.client.execute("syntax error");
		expect(reply).toMatchObject({ status: "error", ename: "SyntaxError" });
		expect(outputs.map(({ header }) => header.msg_type)).toEqual(["error"]);
	});

	test("without a value has no result; null is one", async () => {
		expect((await kernel.client.execute("undefined")).outputs).toEqual([]);
		expect((await kernel.client.execute("null")).result).toEqual({ "text/plain": "null" });
	});

	test("of spaces does nothing and takes no number", async () => {
		const before = (await kernel.client.execute("1")).reply.execution_count as number;
		expect((await kernel.client.execute("  \n")).reply.status).toBe("ok");
		expect((await kernel.client.execute("1")).reply.execution_count).toBe(before + 1);
	});

	test("can have characters beyond the basic plane", async () => {
		expect((await kernel.client.execute('console.log("\u{1f600} \\u{1f600}")')).stdout).toBe("\u{1f600} \u{1f600}\n");
	});
});

describe("execution counts", () => {
	test("grow by one with each stored cell, also one that fails", async () => {
		const count = async (code: string, content = {}) =>
			(await kernel.client.execute(code, content)).reply.execution_count;
		const first = (await count("1")) as number;
		expect(await count("throw 1")).toBe(first + 1);
		expect(await count("2", { store_history: false })).toBe(first + 2);
		expect(await count("3", { silent: true })).toBe(first + 2);
		expect(await count("4")).toBe(first + 2);
	});
});

describe("a silent cell", () => {
	test("shows nothing but its status, and runs", async () => {
		const { messages, reply } = await kernel.client.execute('const quiet = 1\nconsole.log("x");\nquiet', {
			silent: true,
		});
		expect(summary(onIopub(messages))).toEqual(["busy", "idle"]);
		expect(reply.status).toBe("ok");
		expect((await kernel.client.execute("quiet")).result).toEqual({ "text/plain": "1" });
	});

	test("that fails says so in its reply alone", async () => {
		const { messages, reply } = await kernel.client.execute("throw new Error('no')", { silent: true });
		expect(summary(onIopub(messages))).toEqual(["busy", "idle"]);
		expect(reply).toMatchObject({ status: "error", evalue: "no" });
	});
});

test("user expressions are evaluated after the cell, each for itself", async () => {
	const { reply } = await kernel.client.execute("const u = 20", {
		user_expressions: { twice: "u * 2", bad: "missing.field", odd: 3 },
	});
	expect(reply.user_expressions).toEqual({
		twice: { status: "ok", data: { "text/plain": "40" }, metadata: {} },
		bad: expect.objectContaining({ status: "error", ename: "ReferenceError" }),
		odd: expect.objectContaining({ status: "error", ename: "TypeError" }),
	});
	const failed = await kernel.client.execute("throw 1", { user_expressions: { twice: "u * 2" } });
	expect(failed.reply.user_expressions).toEqual({});
});

test("user expressions are evaluated where there is no code, and in silent requests", async () => {
	await kernel.client.execute("const held = 5");
	for (const content of [{}, { silent: true }]) {
		const { reply } = await kernel.client.execute("", { ...content, user_expressions: { held: "held" } });
		expect(reply).toMatchObject({ status: "ok", user_expressions: { held: { data: { "text/plain": "5" } } } });
	}
});

describe("after a cell that fails", () => {
	const send = (codes: string[], content = {}) =>
		codes.map((code) => kernel.client.request("execute_request", { code, ...content }));

	test("those that wait are aborted, with busy and idle of their own, and the next runs", async () => {
		const sent = send([until("fail"), "throw new Error('first')", "const never = 1", "2"]);
		await kernel.message(({ header, parent }) => header.msg_type === "execute_input" && parent.msg_id === sent[0]!.id);
		await kernel.read();
		kernel.release("fail");
		const replies = await Promise.all(sent.map((pending) => pending.reply()));
		expect(replies.map(({ content }) => content.status)).toEqual(["ok", "error", "aborted", "aborted"]);
		expect(summary(onIopub(sent[2]!.messages))).toEqual(["busy", "idle"]);
		expect((await kernel.client.execute("typeof never")).result).toEqual({ "text/plain": "'undefined'" });
	});

	test.each([{ stop_on_error: false }, { silent: true }])(
		"those that wait run where it was sent with %o",
		async (how) => {
			const sent = send(["throw new Error('go on')", "1", "2"], how);
			const replies = await Promise.all(sent.map((pending) => pending.reply()));
			expect(replies.map(({ content }) => content.status)).toEqual(["error", "ok", "ok"]);
		},
	);
});
