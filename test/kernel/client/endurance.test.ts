import { describe, expect, test } from "vitest";
import { handlers } from "../../../dist/kernel/requests";
import { startKernel, type TestKernel, wholeKernel } from "../support/kernel";

/** What only many repetitions show. Seeds are fixed; each test is bounded in time. */

function randomNumbers(seed: number): (below: number) => number {
	let state = seed;
	return (below) => {
		state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
		return (state >>> 8) % below;
	};
}

test("two hundred stops at random moments of a training cell, each followed by a right cell", {
	timeout: 120_000,
}, async () => {
	const kernel = await startKernel({ main: wholeKernel });
	const run = async (code: string) => {
		const { reply, result } = await kernel.client.execute(code);
		expect(reply.evalue).toBeUndefined();
		return result?.["text/plain"];
	};
	await run(`
		import * as torch from "gradbook";
		const { nn, optim } = torch;
		torch.manualSeed(1);
		const x = torch.randn(64, 20), y = x.matmul(torch.randn(20, 1));
		const model = new nn.Sequential(new nn.Linear(20, 32), new nn.ReLU(), new nn.Linear(32, 1));
		const optimizer = new optim.SGD(model.parameters(), { lr: 0.001 });
		function step() {
			optimizer.zeroGrad();
			const loss = model.forward(x).sub(y).pow(2).mean();
			loss.backward();
			optimizer.step();
			return loss.item();
		}
	`);
	const training = [
		"for (;;) step();",
		"for (let i = 0; ; i++) { step(); if (i % 50 === 0) console.log(i); }",
		"for (;;) { step(); await null; }",
		"for (let i = 0; ; i++) { step(); if (i % 20 === 0) await new Promise((go) => setTimeout(go, 0)); }",
		"for (;;) { try { for (;;) { step(); await null; } } catch {} }",
	];
	const random = randomNumbers(20240607);
	for (let i = 0; i < 200; i++) {
		const cell = kernel.client.request("execute_request", { code: training[random(training.length)] });
		// Two sockets: what is sent first need not come first.
		await kernel.message(({ content, parent }) => content.execution_state === "busy" && parent.msg_id === cell.id);
		await new Promise((go) => setTimeout(go, random(40)));
		await kernel.interrupt();
		expect((await cell.reply()).content).toMatchObject({ status: "error", ename: "KeyboardInterrupt" });
		// The session is as it was: its tensors, its gradients, its arithmetic.
		expect(await run(`[step() > 0, ${i} + 1, x.shape.join()]`)).toBe(`[ true, ${i + 1}, '64,20' ]`);
	}
});

test("five thousand cells, and the process is as large as before", { timeout: 60_000 }, async () => {
	const kernel = await startKernel();
	const { client } = kernel;
	// A snapshot first collects all that can be collected; the heap otherwise keeps code for a while that runs no more.
	const heap = async () =>
		Number(
			(await client.execute('require("node:v8").getHeapSnapshot().destroy();\nprocess.memoryUsage().heapUsed')).result![
				"text/plain"
			],
		);
	const resident = async () => Number((await client.execute("process.memoryUsage.rss()")).result!["text/plain"]);
	const cells = async (count: number) => {
		for (let i = 0; i < count; i++) {
			const code = `const value${i % 20} = [${i}]\nconsole.log("line", value${i % 20})\nsetTimeout(() => {}, 1);\nvalue${i % 20}`;
			expect((await client.execute(code)).result).toEqual({ "text/plain": `[ ${i} ]` });
			kernel.seen.length = 0;
		}
	};
	await cells(1000);
	const before = { heap: await heap(), resident: await resident() };
	await cells(4000);
	const after = { heap: await heap(), resident: await resident() };
	expect(after.heap - before.heap).toBeLessThan(2 * 2 ** 20);
	expect(after.resident - before.resident).toBeLessThan(80 * 2 ** 20);
});

describe("ten thousand messages that make no sense", () => {
	const types = [
		...handlers.map(({ type }) => type).filter((type) => type !== "shutdown_request"),
		"input_reply",
		"made_up",
	];
	const words = [
		"",
		"code",
		"x",
		"💥",
		"\u0000",
		"../..",
		"constructor",
		"__proto__",
		"a".repeat(3000),
		"let a = 1",
		"%time",
		"!:",
	];

	/** Any JSON value; `fields` are likely keys. */
	function value(random: (below: number) => number, fields: readonly string[], depth = 0): unknown {
		const kind = random(depth > 2 ? 6 : 8);
		if (kind === 0) return null;
		if (kind === 1) return random(2) === 0;
		if (kind === 2) return [0, -1, 1e308, 2 ** 53, 0.5, 17][random(6)];
		if (kind < 6) return words[random(words.length)];
		if (kind === 6) return Array.from({ length: random(4) }, () => value(random, fields, depth + 1));
		return Object.fromEntries(
			Array.from({ length: random(5) }, () => [fields[random(fields.length)]!, value(random, fields, depth + 1)]),
		);
	}
	const fields = [
		"code",
		"silent",
		"store_history",
		"user_expressions",
		"allow_stdin",
		"stop_on_error",
		"cursor_pos",
		"detail_level",
		"hist_access_type",
		"session",
		"start",
		"stop",
		"n",
		"pattern",
		"unique",
		"output",
		"raw",
		"comm_id",
		"target_name",
		"data",
		"subshell_id",
		"restart",
		"value",
	];

	test("rightly signed, with any content: each gets a reply or none, and the kernel answers", {
		timeout: 120_000,
	}, async () => {
		const kernel = await startKernel();
		const random = randomNumbers(7);
		const send = (i: number) => {
			const type = types[random(types.length)]!;
			const content = value(random, fields, 0);
			const header = { subshell: random(10) === 0 ? words[random(words.length)] : undefined };
			if (typeof content === "object" && content !== null && !Array.isArray(content)) {
				// What a cell may run is not what is tried here.
				const harmless = { ...content, ...("code" in content ? { code: "1" } : {}) };
				kernel.client
					.request(type, harmless as Record<string, unknown>, { channel: i % 2 === 0 ? "shell" : "control", ...header })
					.reply()
					.catch(() => {});
			} else kernel.client.sendFrames("shell", kernel.client.frames(type, content as never));
		};
		for (let i = 0; i < 5000; i++) {
			send(i);
			if (i % 500 === 499) await answers(kernel);
		}
	});

	test("mutated on their way: none is acted on", { timeout: 60_000 }, async () => {
		const kernel = await startKernel();
		const random = randomNumbers(11);
		for (let i = 0; i < 5000; i++) {
			const frames = kernel.client.frames("execute_request", { code: "globalThis.acted = true", silent: true });
			const at = random(frames.length);
			const frame = Buffer.from(frames[at]!);
			const mutations = [
				() => {
					frame[random(frame.length)]! ^= 1 + random(255);
					frames[at] = frame;
				},
				() => frames.splice(at, 1),
				// Before the delimiter it would be one more hop of its way, behind the content a buffer.
				() => frames.splice(1 + random(5), 0, frames[random(5)]!),
				() => {
					frames[at] = frame.subarray(0, random(frame.length));
				},
				() =>
					frames.splice(
						0,
						frames.length,
						...Array.from({ length: 1 + random(8) }, () => Buffer.from([random(256), random(256)])),
					),
			];
			mutations[random(mutations.length)]!();
			kernel.client.sendFrames(i % 2 === 0 ? "shell" : "control", frames);
			if (i % 500 === 499) await answers(kernel);
		}
		expect((await kernel.client.execute("typeof acted")).result).toEqual({ "text/plain": "'undefined'" });
	});

	async function answers(kernel: TestKernel): Promise<void> {
		await kernel.client.request("kernel_info_request", {}, { channel: "control" }).reply();
		await kernel.client.ping();
		// Some of the cells before this one may fail, and it is then aborted with them.
		const { reply } = await kernel.client.execute("6 * 7", { stop_on_error: false });
		expect(["ok", "aborted"]).toContain(reply.status);
		expect((await kernel.client.execute("6 * 7")).result).toEqual({ "text/plain": "42" });
	}
});
