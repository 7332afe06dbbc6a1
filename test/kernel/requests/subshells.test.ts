import { beforeAll, describe, expect, test } from "vitest";
import { startKernel, summary, type TestKernel } from "../support/kernel";

let kernel: TestKernel;
beforeAll(async () => {
	kernel = await startKernel();
});

const control = async (type: string, content: object = {}) =>
	(await kernel.client.request(type, { ...content }, { channel: "control" }).reply()).content;
const create = async () => (await control("create_subshell_request")).subshell_id as string;

/** A cell that awaits, without holding up the thread, until the test releases it. */
const waits = (name: string) =>
	`while (!require("node:fs").existsSync(${JSON.stringify(name)})) await new Promise((go) => setTimeout(go, 2));`;

describe("subshells", () => {
	test("are offered, made, listed and deleted", async () => {
		const info = (await kernel.client.request("kernel_info_request", {}).reply()).content;
		expect(info.supported_features).toContain("kernel subshells");
		expect(await control("list_subshell_request")).toEqual({ status: "ok", subshell_id: [] });
		const [one, other] = [await create(), await create()];
		expect(one).not.toBe(other);
		expect(await control("list_subshell_request")).toEqual({ status: "ok", subshell_id: [one, other] });
		expect(await control("delete_subshell_request", { subshell_id: one })).toEqual({ status: "ok" });
		expect(await control("delete_subshell_request", { subshell_id: one })).toMatchObject({
			status: "error",
			ename: "UnknownSubshell",
		});
		expect(await control("list_subshell_request")).toEqual({ status: "ok", subshell_id: [other] });
	});

	test("run cells while another cell awaits, with the same names; each output has its own parent", async () => {
		const subshell = await create();
		await kernel.client.execute("let shared = 1");
		const cell = kernel.client.request("execute_request", {
			code: `console.log("before");\n${waits("first")}\nconsole.log("after " + shared);\n"result of the first"`,
		});
		await kernel.message(({ content, parent }) => content.text === "before\n" && parent.msg_id === cell.id);
		const beside = await kernel.client.execute('console.log("beside " + shared);\nshared = 2', {}, { subshell });
		expect(beside.reply.status).toBe("ok");
		expect(beside.stdout).toBe("beside 1\n");
		expect(cell.finished).toBe(false);
		kernel.release("first");
		expect((await cell.reply()).content.status).toBe("ok");
		expect(summary(cell.messages).filter((one) => !/busy|idle/.test(one))).toEqual([
			"execute_input",
			"stdout: before\n",
			"stdout: after 2\n",
			"execute_result",
			"execute_reply",
		]);
		const result = cell.messages.find(({ header }) => header.msg_type === "execute_result")!;
		expect(result.content.data).toEqual({ "text/plain": "'result of the first'" });
	});

	test("wait in each for their turn, and an error aborts only what waits in the same", async () => {
		const subshell = await create();
		const main = [waits("fail"), "1"].map((code) => kernel.client.request("execute_request", { code }));
		const codes = [`${waits("fail")}\nthrow new Error("here")`, "2"];
		const other = codes.map((code) => kernel.client.request("execute_request", { code }, { subshell }));
		await kernel.read();
		for (const { id } of [main[0]!, other[0]!])
			await kernel.message(({ header, parent }) => header.msg_type === "execute_input" && parent.msg_id === id);
		expect([...main, ...other].map(({ finished }) => finished)).toEqual([false, false, false, false]);
		kernel.release("fail");
		const replies = await Promise.all([...main, ...other].map((pending) => pending.reply()));
		expect(replies.map(({ content }) => content.status)).toEqual(["ok", "ok", "error", "aborted"]);
	});

	test("that are deleted abort what waits", async () => {
		const subshell = await create();
		const cells = [waits("deleted"), "2"].map((code) =>
			kernel.client.request("execute_request", { code }, { subshell }),
		);
		await kernel.message(({ header, parent }) => header.msg_type === "execute_input" && parent.msg_id === cells[0]!.id);
		await kernel.read();
		await control("delete_subshell_request", { subshell_id: subshell });
		kernel.release("deleted");
		const replies = await Promise.all(cells.map((pending) => pending.reply()));
		expect(replies.map(({ content }) => content.status)).toEqual(["ok", "aborted"]);
		const late = await kernel.client.execute("3", {}, { subshell });
		expect(late.reply).toMatchObject({ status: "error", ename: "UnknownSubshell" });
	});

	test("are all stopped by the stop button", async () => {
		const subshell = await create();
		const forever = 'console.log("on");\nawait new Promise(() => {})';
		const cells = [{}, { subshell }].map((options) =>
			kernel.client.request("execute_request", { code: forever }, options),
		);
		for (const { id } of cells)
			await kernel.message(({ content, parent }) => content.text === "on\n" && parent.msg_id === id);
		await kernel.interrupt();
		for (const cell of cells) expect((await cell.reply()).content).toMatchObject({ ename: "KeyboardInterrupt" });
		expect((await kernel.client.execute("1 + 1")).result).toEqual({ "text/plain": "2" });
	});
});
