import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { startKernel, summary, type TestKernel } from "../../support/kernel";

/* Widgets over ZeroMQ: the messages that a page exchanges with a kernel. */

let kernel: TestKernel;
beforeAll(async () => {
	kernel = await startKernel();
	await kernel.client.execute('import * as d from "gradbook/display"');
});

const ended = async (id: string, data: Record<string, unknown>) => {
	const pending = kernel.client.request("comm_msg", { comm_id: id, data });
	for await (const _ of pending);
	return pending;
};
const update = (id: string, state: Record<string, unknown>) => ended(id, { method: "update", state, buffer_paths: [] });

test("a slider: opened before it is shown, echoed, observed under the cell that observes", async () => {
	const cell = kernel.client.request("execute_request", { code: "var s = new d.IntSlider(3, { max: 10 })\ns" });
	await cell.reply();
	const outputs = cell.messages.filter(({ channel, header }) => channel === "iopub" && header.msg_type !== "status");
	expect(summary(outputs)).toEqual(["execute_input", "comm_open", "comm_open", "comm_open", "execute_result"]);
	const { data } = outputs.at(-1)!.content as { data: Record<string, { model_id: string }> };
	const id = data["application/vnd.jupyter.widget-view+json"]!.model_id;
	expect(data["text/plain"]).toBe("IntSlider(value=3, max=10)");

	const observing = kernel.client.request("execute_request", {
		code: 's.observe((change) => { console.log("now", change.new); if (change.new === 9) throw new RangeError("nine") }, "value")',
	});
	await observing.reply();
	const moved = await update(id, { value: 40 });
	// The echo has the page's message as its parent: by it the page knows its own.
	const published = moved.messages.map(({ header, content }) => [
		header.msg_type,
		(content.data as { method?: string })?.method,
	]);
	expect(published).toEqual([
		["status", undefined],
		["comm_msg", "echo_update"],
		["comm_msg", "update"],
		["status", undefined],
	]);
	expect(moved.messages[2]!.content.data).toMatchObject({ state: { value: 10 } });
	await update(id, { value: 9 });
	const late = kernel.seen.filter(
		({ parent, header }) => parent.msg_id === observing.id && /stream|error/.test(header.msg_type),
	);
	expect(summary(late)).toEqual(["stdout: now 10\n", "stdout: now 9\n", "error"]);
	expect(late[2]!.content).toMatchObject({ ename: "RangeError", evalue: "nine" });
	expect((await kernel.client.execute("s.value")).result).toEqual({ "text/plain": "9" });
	// A message that makes no sense is logged.
	await update(id, { value: "x" });
	await kernel.log("[IntSlider] value: expected a number, got 'x'");
});

test("a page that comes late asks which comms are open and gets all states", async () => {
	const listed = await kernel.client.request("comm_info_request", { target_name: "jupyter.widget" }).reply();
	const ids = Object.keys(listed.content.comms as object);
	expect(ids).toHaveLength(3);
	const opening = kernel.client.request(
		"comm_open",
		{ comm_id: "late", target_name: "jupyter.widget.control", data: {} },
		{ metadata: { version: "1.0.0" } },
	);
	for await (const _ of opening);
	const { messages } = await ended("late", { method: "request_states" });
	const { states } = messages[1]!.content.data as { states: Record<string, { state: object }> };
	expect(Object.keys(states).sort()).toEqual(ids.sort());
	expect(Object.values(states).map(({ state }) => state)).toContainEqual(
		expect.objectContaining({ value: 9, max: 10 }),
	);
});

test("an Output keeps what its callback prints, and the stop button's error, out of the cell", async () => {
	const cell = kernel.client.request("execute_request", {
		code: 'var out = new d.Output(), go = new d.Button({ description: "go" })\ngo.onClick(out.capture(() => { console.log("in"); for (;;) ; }))\nvar both = new d.VBox([go, out])\nboth.show(), [go.modelId, out.modelId].join()',
	});
	await cell.reply();
	const result = cell.messages.find(({ header }) => header.msg_type === "execute_result")!;
	const [go, out] = (result.content.data as { "text/plain": string })["text/plain"].replace(/'/g, "").split(",");
	const clicked = kernel.client.request("comm_msg", {
		comm_id: go,
		data: { method: "custom", content: { event: "click" } },
	});
	const outputs = ({ content }: { content: Record<string, unknown> }) =>
		content.comm_id === out ? (content.data as { state?: { outputs?: unknown[] } }).state?.outputs : undefined;
	await kernel.message((message) => outputs(message)?.length === 1);
	await kernel.interrupt();
	for await (const _ of clicked);
	const stopped = await kernel.message((message) => outputs(message)?.length === 2);
	expect(outputs(stopped)).toMatchObject([
		{ output_type: "stream", name: "stdout", text: "in\n" },
		{ output_type: "error", ename: "KeyboardInterrupt" },
	]);
	expect(kernel.seen.some(({ parent, header }) => parent.msg_id === cell.id && header.msg_type === "stream")).toBe(
		false,
	);
});

test("interact: an endless call is stopped by the button, and the next value is drawn", async () => {
	const cell = kernel.client.request("execute_request", {
		code: 'var i = d.interact(({ n }) => { if (n === 13) { console.log("endless"); for (;;) ; } return n * 2 }, { n: [0, 20] })\n[i.controls.n.modelId, i.widget.children[1].modelId].join()',
	});
	await cell.reply();
	const result = cell.messages.find(({ header }) => header.msg_type === "execute_result")!;
	const [slider, out] = (result.content.data as { "text/plain": string })["text/plain"].replace(/'/g, "").split(",");
	const outputs = ({ content }: { content: Record<string, unknown> }) =>
		content.comm_id === out
			? (content.data as { state?: { outputs?: Record<string, any>[] } }).state?.outputs
			: undefined;
	const opened = cell.messages.find(
		({ header, content }) => header.msg_type === "comm_open" && content.comm_id === out,
	)!;
	expect(outputs(opened)).toMatchObject([{ output_type: "display_data", data: { "text/plain": "20" } }]);

	await new Promise((go) => setTimeout(go, 110));
	const moved = kernel.client.request("comm_msg", {
		comm_id: slider,
		data: { method: "update", state: { value: 13 }, buffer_paths: [] },
	});
	await kernel.message(
		({ header, parent, content }) =>
			parent.msg_id === moved.id && content.execution_state === "busy" && header.msg_type === "status",
	);
	await new Promise((go) => setTimeout(go, 50));
	await kernel.interrupt();
	for await (const _ of moved);
	const stopped = await kernel.message((message) => outputs(message)?.at(-1)?.ename === "KeyboardInterrupt");
	expect(outputs(stopped)?.[0]).toMatchObject({ output_type: "stream", text: "endless\n" });
	await update(slider!, { value: 14 });
	await kernel.message((message) => outputs(message)?.[0]?.data?.["text/plain"] === "28");
});

describe("a kernel stays up", () => {
	const slider = async (code: string) => {
		const { result } = await kernel.client.execute(code);
		return (result as Record<string, { model_id: string }>)["application/vnd.jupyter.widget-view+json"]!.model_id;
	};

	test("through messages of every kind of nonsense", async () => {
		const id = await slider("var target = new d.IntSlider(3, { max: 10 })\ntarget");
		const state = fc.dictionary(
			fc.constantFrom("value", "max", "layout", "_dom_classes", "style", "__proto__", "x"),
			fc.jsonValue(),
		);
		const data = fc.oneof(
			fc.record({
				method: fc.constantFrom("update", "custom", "request_state", "echo_update", "", "constructor"),
				state: fc.oneof(state, fc.jsonValue()),
				buffer_paths: fc.oneof(
					fc.constant([]),
					fc.constant([["value"]]),
					fc.constant([
						["a", 0, "b"],
						["__proto__", "x"],
					]),
					fc.jsonValue(),
				),
				content: fc.jsonValue(),
			}),
			fc.dictionary(fc.string(), fc.jsonValue()),
		);
		const buffers = fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 3 });
		const messages = fc.sample(fc.tuple(data, buffers), { numRuns: 1000, seed: 7 });
		const last = messages.map(([content, bytes]) =>
			kernel.client.request(
				"comm_msg",
				{ comm_id: id, data: content },
				{ buffers: bytes.map((one) => Buffer.from(one)) },
			),
		);
		for (const pending of last) for await (const _ of pending);
		const { result } = await kernel.client.execute(
			"[Number.isInteger(target.value), target.value <= target.max, ({}).x]",
		);
		expect(result).toEqual({ "text/plain": "[ true, true, undefined ]" });
		await update(id, { min: 0, max: 10, value: 4 });
		expect((await kernel.client.execute("target.value")).result).toEqual({ "text/plain": "4" });
	});

	test("through three hundred cells that show and close a widget, and holds none of them", async () => {
		const open = async () =>
			Object.keys((await kernel.client.request("comm_info_request", {}).reply()).content.comms as object).length;
		const before = await open();
		for (let i = 0; i < 300; i++)
			await kernel.client.execute("var one = d.interact(({ k }) => k, { k: [0, 9] })\none.close()");
		expect(await open()).toBe(before);
	});

	test("when it is stopped at arbitrary moments of a drag, and draws the next value", { timeout: 60_000 }, async () => {
		await kernel.client.execute(
			"var work = (n) => { let s = 0; for (let i = 0; i < n * 1e6; i++) s += Math.sqrt(i); return s }\nvar dragged = d.interact(({ n }) => { work(0.2); return 'drew ' + n }, { n: [0, 1000] })",
		);
		const read = async (code: string) =>
			String((await kernel.client.execute(code)).result?.["text/plain"]).replace(/'/g, "");
		const id = await read("dragged.controls.n.modelId");
		for (let i = 1; i <= 30; i++) {
			const moves = [1, 2, 3].map((n) => update(id, { value: 10 * i + n }));
			await new Promise((go) => setTimeout(go, (i * 7) % 31));
			await kernel.interrupt();
			await Promise.all(moves);
		}
		await update(id, { value: 999 });
		await kernel.message(({ content }) => JSON.stringify(content).includes("drew 999"));
		expect(await read("dragged.controls.n.value")).toBe("999");
	});
});

test("a cell that is run again closes what its interact had made, and leaves widgets that were there before", async () => {
	const open = async () => {
		const { content } = await kernel.client.request("comm_info_request", { target_name: "jupyter.widget" }).reply();
		return new Set(Object.keys(content.comms as object));
	};
	const named = (cellId: string | undefined, code: string) =>
		kernel.client.execute(code, {}, cellId === undefined ? {} : { metadata: { cellId } });
	await named("before", "var own = new d.IntSlider(1)\nown");
	const before = await open();
	const interact = "d.interact(({ a, b }) => a + b, { a: own, b: 2 })";
	await named("first", interact);
	const first = new Set([...(await open())].filter((id) => !before.has(id)));
	expect(first.size).toBeGreaterThan(3);
	await named("second", interact);
	expect([...(await open())].filter((id) => first.has(id))).toHaveLength(first.size);
	const size = (await open()).size;
	const again = await named("first", `${interact}\n${interact}\n1`);
	const now = await open();
	expect([...first].filter((id) => now.has(id))).toEqual([]);
	expect([...before].filter((id) => !now.has(id))).toEqual([]);
	expect(now.size).toBe(size + first.size);
	expect(again.messages.filter(({ header }) => header.msg_type === "comm_close")).toHaveLength(first.size);
	// Where the front end does not name its cells nothing is closed.
	await named(undefined, interact);
	expect((await open()).size).toBe(now.size + first.size);
});
