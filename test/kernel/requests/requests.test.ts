import { beforeAll, describe, expect, test } from "vitest";
import { startKernel, summary, type TestKernel, until } from "../support/kernel";

let kernel: TestKernel;
beforeAll(async () => {
	kernel = await startKernel();
});

const request = async (type: string, content: Record<string, unknown>, channel?: "shell" | "control") => {
	const pending = kernel.client.request(type, content, { channel });
	const reply = await pending.reply();
	return { content: reply.content, reply, messages: pending.messages };
};

describe("every request", () => {
	test("has busy before and idle behind, with its header as the parent", async () => {
		const { reply, messages } = await request("kernel_info_request", {});
		expect(summary(messages.filter(({ channel }) => channel === "iopub"))).toEqual(["busy", "idle"]);
		expect(reply.parent.session).toBe(kernel.client.session);
		expect(new Set(messages.map(({ parent }) => parent.msg_id)).size).toBe(1);
		expect(new Set(messages.map(({ header }) => header.msg_id)).size).toBe(3);
	});

	test("works on control too", async () => {
		const { reply } = await request("kernel_info_request", {}, "control");
		expect(reply.channel).toBe("control");
	});

	test("with content of the wrong shape gets an error that names the field", async () => {
		expect((await request("complete_request", { code: "x" })).content).toMatchObject({
			status: "error",
			ename: "BadRequest",
			evalue: "complete_request: cursor_pos: expected a whole number, got nothing",
		});
		expect((await request("execute_request", { code: 3 })).content).toMatchObject({
			status: "error",
			evalue: "execute_request: code: expected a string, got 3",
		});
	});
});

test("kernel_info", async () => {
	const { content } = await request("kernel_info_request", {});
	expect(content).toMatchObject({
		status: "ok",
		protocol_version: "5.4",
		implementation: "gradbook",
		language_info: { name: "typescript", file_extension: ".ts", mimetype: "text/typescript" },
	});
	expect((content.language_info as { version: string }).version).toMatch(/^7\./);
});

test("is_complete", async () => {
	expect((await request("is_complete_request", { code: "x" })).content).toEqual({ status: "complete" });
	expect((await request("is_complete_request", { code: "if (x) {" })).content).toEqual({
		status: "incomplete",
		indent: "\t",
	});
});

test("complete gives matches, and kinds for JupyterLab", async () => {
	const { content } = await request("complete_request", { code: "fo", cursor_pos: 2 });
	expect(content).toEqual({
		status: "ok",
		matches: ["foDone"],
		cursor_start: 0,
		cursor_end: 2,
		metadata: { _jupyter_types_experimental: [{ text: "foDone", type: "function", start: 0, end: 2 }] },
	});
});

test("inspect", async () => {
	const asked = (code: string) => request("inspect_request", { code, cursor_pos: 1, detail_level: 0 });
	expect((await asked("known")).content).toMatchObject({ found: true, data: { "text/plain": "const known: number" } });
	expect((await asked("unknown")).content).toEqual({ status: "ok", found: false, data: {}, metadata: {} });
});

test("comms: none is open, and one for an unknown target is closed at once", async () => {
	expect((await request("comm_info_request", {})).content).toEqual({ status: "ok", comms: {} });
	kernel.client.request("comm_open", { comm_id: "c1", target_name: "nobody", data: {} });
	const closed = await kernel.message(({ header }) => header.msg_type === "comm_close");
	expect(closed.content).toEqual({ comm_id: "c1", data: {} });
	kernel.client.request("comm_msg", { comm_id: "c1", data: {} });
	kernel.client.request("comm_close", { comm_id: "c1", data: {} });
	await kernel.log("comm_msg for c1, which is not open");
});

test("history: tail, range and search, with results where asked", async () => {
	const fresh = await startKernel();
	await fresh.client.execute("1 + 1");
	await fresh.client.execute("let h = 5");
	await fresh.client.execute("h", { store_history: false });
	const ask = async (content: Record<string, unknown>) =>
		(await fresh.client.request("history_request", { raw: true, output: false, ...content }).reply()).content.history;
	expect(await ask({ hist_access_type: "tail", n: 1 })).toEqual([[1, 2, "let h = 5"]]);
	expect(await ask({ hist_access_type: "range", session: 0, start: 1, stop: 2, output: true })).toEqual([
		[1, 1, ["1 + 1", "2"]],
	]);
	expect(await ask({ hist_access_type: "search", pattern: "let*" })).toEqual([[1, 2, "let h = 5"]]);
});

test("while a cell runs, all but execute is answered, and the kernel shows busy again", async () => {
	const cell = kernel.client.request("execute_request", { code: until("go") });
	await kernel.message(({ header, parent }) => header.msg_type === "execute_input" && parent.msg_id === cell.id);
	const start = kernel.seen.length;
	await request("kernel_info_request", {});
	await request("complete_request", { code: "fo", cursor_pos: 2 });
	await request("inspect_request", { code: "known", cursor_pos: 1 });
	await request("is_complete_request", { code: "x" });
	await request("comm_info_request", {});
	const { messages } = await request("history_request", { hist_access_type: "tail", n: 1 });
	expect(messages.length).toBe(3);
	await kernel.client.ping();
	expect(cell.finished).toBe(false);
	// The last word on iopub is the cell's `busy`, not the `idle` of the request in between.
	await kernel.message((message) => kernel.seen.indexOf(message) >= start + 6 * 4 - 1);
	const states = kernel.seen.slice(start).filter(({ header }) => header.msg_type === "status");
	expect(states.at(-1)!.content.execution_state).toBe("busy");
	expect(states.at(-1)!.parent.msg_id).toBe(cell.id);
	kernel.release("go");
	expect((await cell.reply()).content.status).toBe("ok");
});
