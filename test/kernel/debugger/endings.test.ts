import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { murmur2 } from "../../../dist/kernel/debugger/hash";
import { startKernel, type TestKernel, wholeKernel } from "../support/kernel";
import { DebugFrontEnd, debugged } from "./front-end";

const control = (kernel: TestKernel, type: string, content: object = {}) =>
	kernel.client.request(type, { ...content }, { channel: "control" });

const loop = "let n = 0;\nfor (;;) {\n  n++;\n}";
/** The same, and says when it has begun; wherever it is stopped then is line 2 or 3. */
const saying = "let n = 0;\nfor (;;) {\n  if (n++ === 1000) console.log('begun');\n}";
const begun = (kernel: TestKernel) => kernel.message(({ content }) => content.text === "begun\n");

describe("while a cell is stopped", () => {
	test("everything else is answered", async () => {
		const { kernel, page } = await debugged();
		await kernel.client.execute("const number = 12;");
		await page.breakAt(loop, 3);
		const run = kernel.client.execute(loop);
		await page.stopped();
		const complete = await kernel.client.request("complete_request", { code: "numb", cursor_pos: 4 }).reply();
		expect(complete.content.matches).toContain("number");
		const inspect = await kernel.client.request("inspect_request", { code: "number", cursor_pos: 3 }).reply();
		expect(inspect.content.found).toBe(true);
		const info = await kernel.client.request("kernel_info_request", {}).reply();
		expect(info.content).toMatchObject({ debugger: true, supported_features: expect.arrayContaining(["debugger"]) });
		expect((await page.do("debugInfo")).stoppedThreads).toEqual([1]);
		const subshell = (await control(kernel, "create_subshell_request").reply()).content.subshell_id as string;
		const other = kernel.client.execute("2 + 2", {}, { subshell });
		await page.breakAt(loop);
		await control(kernel, "interrupt_request").reply();
		expect((await run).reply.ename).toBe("KeyboardInterrupt");
		expect((await other).reply).toMatchObject({ status: expect.any(String) });
	});

	test("the stop button ends it, and the next stops again", async () => {
		const { kernel, page } = await debugged();
		await page.breakAt(loop, 3);
		const run = kernel.client.execute(loop);
		await page.stopped();
		await control(kernel, "interrupt_request").reply();
		expect((await run).reply).toMatchObject({ status: "error", ename: "KeyboardInterrupt" });
		await page.event("continued");
		expect((await kernel.client.execute("n")).result).toEqual({ "text/plain": "0" });
		for (let turn = 0; turn < 5; turn++) {
			const again = kernel.client.execute(loop);
			expect((await page.stopped()).reason).toBe("breakpoint");
			await control(kernel, "interrupt_request").reply();
			expect((await again).reply.ename).toBe("KeyboardInterrupt");
		}
		expect((await kernel.client.execute("1 + 1")).result).toEqual({ "text/plain": "2" });
	});

	test("an evaluation that does not end is ended, and then the stop button is heard", async () => {
		const { kernel, page } = await debugged();
		await page.breakAt(loop, 3);
		const run = kernel.client.execute(loop);
		await page.stopped();
		const [frame] = await page.frames();
		// What a hover asks for has the shortest limit.
		const asked = { expression: "(() => { for (;;) ; })()", frameId: frame!.id, context: "hover" };
		const endless = page.ask("evaluate", asked);
		await new Promise((wait) => setTimeout(wait, 300));
		await control(kernel, "interrupt_request").reply();
		expect((await endless).message).toBe("the evaluation took longer than 0.5 s and was ended");
		expect((await run).reply.ename).toBe("KeyboardInterrupt");
		expect((await kernel.client.execute("1 + 1")).result).toEqual({ "text/plain": "2" });
	});

	test("the end of the debugger lets it go on", async () => {
		const { kernel, page } = await debugged();
		const cell = "let k = 0;\nfor (let i = 0; i < 5; i++) {\n  k++;\n}\nk";
		await page.breakAt(cell, 3);
		const run = kernel.client.execute(cell);
		await page.stopped();
		await page.do("disconnect", { restart: false, terminateDebuggee: false });
		expect((await run).result).toEqual({ "text/plain": "5" });
		expect(page.events.map(({ event }) => event)).toEqual(["initialized", "stopped", "continued", "terminated"]);
		expect(await page.do("debugInfo")).toMatchObject({ isStarted: false, breakpoints: [], stoppedThreads: [] });
		expect((await kernel.client.execute(cell)).result).toEqual({ "text/plain": "5" });
		expect(await page.refused("stackTrace", { threadId: 1 })).toBe("the debugger is not started");
		// And begins again.
		await page.attach();
		await page.breakAt(cell, 3);
		const again = kernel.client.execute(cell);
		await page.stopped();
		await page.do("disconnect", {});
		expect((await again).reply.status).toBe("ok");
	});

	test.each([true, false])("the kernel ends when it is asked to (restart: %s)", async (restart) => {
		const { kernel, page } = await debugged();
		await page.breakAt(loop, 3);
		kernel.client.execute(loop).catch(() => {});
		await page.stopped();
		control(kernel, "shutdown_request", { restart })
			.reply()
			.catch(() => {});
		expect(await kernel.exited).toMatchObject({ code: 0 });
		expect(kernel.logged.join("")).not.toMatch(/Waiting for the debugger/);
	});
});

describe("pause", () => {
	test("stops a loop, and code that comes later, at a line of the user's", async () => {
		const { kernel, page } = await debugged();
		const run = kernel.client.execute(saying);
		await begun(kernel);
		await page.do("pause", { threadId: 1 });
		const { reason, frames } = await page.stopped();
		expect([reason, frames[0]]).toEqual(["pause", expect.stringMatching(/:[23]$/)]);
		expect(Number(await page.evaluate("n"))).toBeGreaterThan(0);
		await control(kernel, "interrupt_request").reply();
		await run;
		await page.do("pause", { threadId: 1 });
		const next = kernel.client.execute("const x = 1;\nx");
		expect(await page.stopped()).toMatchObject({ reason: "pause", frames: ["<cell>:1"] });
		await page.do("continue", {});
		expect((await next).result).toEqual({ "text/plain": "1" });
	});

	test("a debugger statement stops while a debugger is there", async () => {
		const { kernel, page } = await debugged();
		const run = kernel.client.execute("const x = 1;\ndebugger;\nx");
		expect(await page.stopped()).toMatchObject({ reason: "breakpoint", frames: ["<cell>:2"] });
		await page.do("disconnect", {});
		expect((await run).result).toEqual({ "text/plain": "1" });
		expect((await kernel.client.execute("debugger;\n3")).result).toEqual({ "text/plain": "3" });
	});
});

describe("local modules", () => {
	test("are stepped into, shown, and stopped in", async () => {
		const { kernel, page } = await debugged();
		const file = join(kernel.folder, "helper.ts");
		const text = "type N = number;\n\nexport function helper(x: N): N {\n  const y = x + 1;\n  return y;\n}\n";
		writeFileSync(file, text);
		const cell = 'import { helper } from "./helper";\nhelper(1);\nhelper(2)';
		await page.breakAt(cell, 2);
		const run = kernel.client.execute(cell);
		await page.stopped();
		expect((await page.to("stepIn")).frames).toEqual(["helper:4", "<cell>:2"]);
		const [frame] = await page.frames();
		expect(frame!.source).toEqual({ name: "helper.ts", path: file });
		expect(await page.do("source", { source: { path: file } })).toMatchObject({ content: text });
		const { modules } = await page.do("modules", {});
		expect(modules).toMatchObject([{ name: "helper.ts", path: file }]);
		const { breakpoints } = await page.do("setBreakpoints", { source: { path: file }, breakpoints: [{ line: 5 }] });
		expect(breakpoints).toMatchObject([{ line: 5, verified: true }]);
		expect((await page.to("continue")).frames[0]).toBe("helper:5");
		expect((await page.to("continue")).frames).toEqual(["helper:5", "<cell>:3"]);
		await page.do("continue", {});
		expect((await run).result).toEqual({ "text/plain": "3" });
	});
});

test("a debugger that comes late stops the cell that runs", async () => {
	const kernel = await startKernel({ main: wholeKernel });
	const run = kernel.client.execute(saying);
	await begun(kernel);
	const page = new DebugFrontEnd(kernel);
	await page.attach();
	await page.breakAt(saying, 3);
	expect((await page.stopped()).frames).toEqual(["<cell>:3"]);
	expect(Number((await page.variables("Locals")).n)).toBeGreaterThan(0);
	await control(kernel, "interrupt_request").reply();
	expect((await run).reply.ename).toBe("KeyboardInterrupt");
});

test("module cells are code of their own cell", async () => {
	const { kernel, page } = await debugged();
	const cell = "/** @module scale */\nexport function scale(x: number) {\n  const y = 3 * x;\n  return y;\n}";
	expect(await page.breakAt(cell, 3)).toEqual([3]);
	expect((await kernel.client.execute(cell)).reply.status).toBe("ok");
	await kernel.client.execute('import { scale } from "./scale";');
	const run = kernel.client.execute("scale(2)");
	expect((await page.stopped()).frames).toEqual(["scale:3", "<cell>:1"]);
	const [frame] = await page.frames();
	expect((await page.do("dumpCell", { code: cell })).sourcePath).toBe(frame!.source.path);
	expect((await page.do("source", { source: frame!.source })).content).toBe(cell);
	await page.do("continue", {});
	expect((await run).result).toEqual({ "text/plain": "6" });
});

test("a burst of looks at the variables is one look, and the last is fresh", async () => {
	const { kernel, page } = await debugged();
	await kernel.client.execute("let turns = 0;");
	const run = kernel.client.execute(
		'import { existsSync } from "node:fs";\nwhile (!existsSync("looked")) if (turns++ === 100) console.log("begun");\nturns',
	);
	await begun(kernel);
	const looks = await Promise.all(Array.from({ length: 20 }, () => page.do("inspectVariables", {})));
	const seen = new Set(looks.map(({ variables }) => JSON.stringify(variables)));
	expect(seen.size).toBeLessThanOrEqual(3);
	const { variables } = await page.do("inspectVariables", {});
	expect(Number(variables[0].value)).toBeGreaterThan(Number(looks[0]!.variables[0].value));
	kernel.release("looked");
	await run;
});

test("the hash of a cell's text is Jupyter's", () => {
	// By ipykernel 7.4, murmur2_x86(text, 0xC70F6907).
	const texts = {
		"": 3990065800,
		a: 2167009006,
		ab: 2805137849,
		abc: 3350977461,
		"let x = 1;": 67329842,
		für: 934035970,
	};
	for (const [text, hash] of Object.entries(texts)) expect(murmur2(text, 0xc70f6907), text).toBe(hash);
});

test("a kernel that nobody debugs has loaded nothing of it", async () => {
	const kernel = await startKernel({ main: wholeKernel });
	const loaded = "Object.keys(require.cache).filter((file) => file.includes('/kernel/debugger/')).length";
	expect((await kernel.client.execute(loaded)).result).toEqual({ "text/plain": "0" });
});
