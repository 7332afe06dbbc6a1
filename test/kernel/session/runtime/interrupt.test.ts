import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { startKernel, type TestKernel } from "../../support/kernel";

let kernel: TestKernel;
beforeAll(async () => {
	kernel = await startKernel({ env: { ...process.env, GRADBOOK_DEBUG: "1" } });
	await kernel.client.execute("let kept = 7");
});

const started = 'console.log("started");';
const forever = "await new Promise(() => {});";

/** What the cell prints next may come in the same message. */
const hasStarted = ({ text }: { text?: unknown }) => typeof text === "string" && text.startsWith("started\n");

/** Runs a cell that never ends by itself, stops it when it has printed, and looks whether the session is as before. */
async function stopped(code: string, stop: () => unknown): Promise<void> {
	const cell = kernel.client.request("execute_request", {
		code: code.includes(started) ? code : `${started}\n${code}`,
	});
	const first = await kernel.message(
		({ header, content, parent }) => parent.msg_id === cell.id && (hasStarted(content) || header.msg_type === "error"),
	);
	expect(first.header.msg_type).toBe("stream");
	await stop();
	const reply = await cell.reply();
	expect(reply.content).toMatchObject({ status: "error", ename: "KeyboardInterrupt" });
	expect(cell.messages.filter(({ header }) => header.msg_type === "error")).toHaveLength(1);
	const next = await kernel.client.execute("await null;\nkept + 1");
	expect(next.result).toEqual({ "text/plain": "8" });
	expect(next.stdout + next.stderr).toBe("");
}

const cells: [string, string][] = [
	["a synchronous loop", "for (;;) ;"],
	["a loop that catches everything", "for (;;) { try { for (;;) ; } catch {} finally { for (;;) ; } }"],
	["a pending await", forever],
	["a loop after an await", `await null;\n${started}\nfor (;;) ;`],
	["a loop after a timer", `await new Promise((go) => setTimeout(go, 5));\n${started}\nfor (;;) ;`],
	["a loop in a timer", `setTimeout(() => { ${started} for (;;) ; }, 5);\n${forever}`],
	["a loop in an immediate", `setImmediate(() => { ${started} for (;;) ; });\n${forever}`],
	["a loop in a tick", `process.nextTick(() => { ${started} for (;;) ; });\n${forever}`],
	["a loop after reading a file", `await require("node:fs/promises").stat(".");\n${started}\nfor (;;) ;`],
	["a loop in a callback of Node's", `require("node:fs").stat(".", () => { ${started} for (;;) ; });\n${forever}`],
	["a chain of microtasks", `const chain = () => Promise.resolve().then(chain)\nchain();\n${forever}`],
	["a chain of ticks", `const ticks = () => process.nextTick(ticks)\nticks();\n${forever}`],
	["a chain of immediates", `const immediates = () => setImmediate(immediates)\nimmediates();\n${forever}`],
	[
		"an endless generator",
		"const endless = async function* () { for (;;) yield 1 }\nfor await (const _ of endless()) ;",
	],
	["Atomics.wait", "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)"],
	["Atomics.wait after an await", "await null;\nAtomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)"],
	["a generator", "const numbers = function* () { for (;;) yield 1 }\nfor (const _ of numbers()) ;"],
	["nested functions", "const deep = (n) => { for (;;) { if (n > 0) deep(n - 1) } }\ndeep(20)"],
	["a program that holds up the thread", 'require("node:child_process").execSync("sleep 1000", { stdio: "inherit" })'],
	["a program of a program", 'require("node:child_process").spawnSync("sh", ["-c", "sleep 1000; true"])'],
	[
		"a worker that is waited for",
		`const busy = new (require("node:worker_threads").Worker)("for (;;) ;", { eval: true })\n${forever}`,
	],
	["a regular expression that backtracks for ever", '/^(a+)+$/.test("a".repeat(60) + "b")'],
	["a value whose text never comes", "const slow = { [require('node:util').inspect.custom]() { for (;;) ; } }\nslow"],
];

describe("the stop button ends", () => {
	test.each(cells)("%s", async (_, code) => {
		await stopped(code, () => kernel.interrupt());
	});
});

describe("SIGINT ends", () => {
	test.each(cells.filter(([name]) => /^(a synchronous|a pending|a loop after an|Atomics.wait a)/.test(name)))(
		"%s",
		async (_, code) => {
			await stopped(code, () => kernel.child.kill("SIGINT"));
		},
	);

	test("not a kernel that has just answered for the first time", async () => {
		const young = await startKernel();
		young.child.kill("SIGINT");
		// This one may be stopped by it.
		await young.client.execute("1");
		expect((await young.client.execute("1 + 1")).result).toEqual({ "text/plain": "2" });
	});

	test("nothing where nothing runs", async () => {
		for (let i = 0; i < 30; i++) {
			kernel.child.kill("SIGINT");
			// The system delivers it when it comes to it, but before this one begins. So this one may be stopped, no later one,
			// though the signal may be read behind the request.
			await kernel.client.execute("1");
			expect((await kernel.client.execute("kept")).result).toEqual({ "text/plain": "7" });
		}
	});
});

describe("after the stop button", () => {
	test("what the cell started prints no more, and its loop ends", async () => {
		await stopped(
			'globalThis.turns = 0;\nfor (;;) { await new Promise((go) => setTimeout(go, 1)); turns++; console.log("turn") }',
			() => kernel.interrupt(),
		);
		await kernel.client.execute("const turnsThen = turns");
		const { result } = await kernel.client.execute("await new Promise((go) => setTimeout(go, 50));\nturns - turnsThen");
		expect(result).toEqual({ "text/plain": "0" });
	});

	test("threads that it has started end, those of earlier cells do not", async () => {
		const worker = 'new (require("node:worker_threads").Worker)("setInterval(() => {}, 1000)", { eval: true })';
		await kernel.client.execute(`const early = ${worker}`);
		await stopped(`const own = ${worker}\n${forever}`, () => kernel.interrupt());
		await kernel.client.execute("while (own.threadId !== -1) await new Promise((go) => setTimeout(go, 5));");
		expect((await kernel.client.execute("[early.threadId > 0, own.threadId]")).result).toEqual({
			"text/plain": "[ true, -1 ]",
		});
		await kernel.client.execute("await early.terminate()");
	});

	test("a module that was being loaded is loaded anew, with what it needs of others as it was", async () => {
		const write = (name: string, text: string) => writeFileSync(join(kernel.folder, name), text);
		write("whole.cjs", "exports.loads = (globalThis.wholeLoads ?? 0) + 1; globalThis.wholeLoads = exports.loads;");
		write("half.cjs", `require("./whole.cjs"); exports.early = 1; while (!globalThis.goOn) ; exports.late = 2;`);
		write("outer.cjs", 'exports.half = require("./half.cjs");');
		await stopped('require("./outer.cjs")', () => kernel.interrupt());
		const again = await kernel.client.execute(
			'globalThis.goOn = true; const { half } = require("./outer.cjs");\n[half, wholeLoads]',
		);
		expect(again.result).toEqual({ "text/plain": "[ { early: 1, late: 2 }, 1 ]" });
	});

	test("a callback that comes then and loops is stopped for the next cell", async () => {
		await stopped(`require("node:fs").readFile(process.execPath, () => { for (;;) ; });\n${started}\n${forever}`, () =>
			kernel.interrupt(),
		);
	});

	test("cells that wait are aborted", async () => {
		const running = kernel.client.request("execute_request", { code: `${started}\nfor (;;) ;` });
		const waiting = kernel.client.request("execute_request", { code: "1" });
		await kernel.message(({ content, parent }) => hasStarted(content) && parent.msg_id === running.id);
		await kernel.read();
		await kernel.interrupt();
		expect((await waiting.reply()).content.status).toBe("aborted");
		expect((await running.reply()).content.status).toBe("error");
	});

	test("output of later cells has the right parent", async () => {
		await stopped(`await null;\n${started}\nfor (;;) ;`, () => kernel.interrupt());
		const cell = kernel.client.request("execute_request", {
			code: 'setTimeout(() => console.log("later"), 10);\nawait new Promise((go) => setTimeout(go, 40));\nconsole.log("now")',
		});
		await cell.reply();
		expect(
			cell.messages
				.filter(({ header }) => header.msg_type === "stream")
				.map(({ content }) => content.text)
				.join(""),
		).toBe("later\nnow\n");
	});

	test("pressed where nothing runs, the next cell runs", async () => {
		for (let i = 0; i < 5; i++) {
			await kernel.interrupt();
			expect((await kernel.client.execute("kept")).result).toEqual({ "text/plain": "7" });
		}
	});

	test("the flag for native code is lowered again, and is 0 while nothing is stopped", async () => {
		const flag = 'globalThis[Symbol.for("gradbook.interruptFlag")]';
		await stopped(`console.log("started"); while (${flag}[0] === 0) ;\n${forever}`, () => kernel.interrupt());
		const { result } = await kernel.client.execute(`[${flag} instanceof Int32Array, ${flag}.length, ${flag}[0]]`);
		expect(result).toEqual({ "text/plain": "[ true, 1, 0 ]" });
	});

	test("pressed many times, the cell ends once", async () => {
		await stopped(`await null;\n${started}\nfor (;;) ;`, () => Promise.all([1, 2, 3, 4].map(() => kernel.interrupt())));
	});
});

test("forty stops at arbitrary moments: each is followed by a right cell", async () => {
	await kernel.client.execute(
		"const work = (n) => { let s = 0; for (let i = 0; i < n; i++) s += Math.sqrt(i); return s }",
	);
	for (let i = 0; i < 40; i++) {
		const cell = kernel.client.request("execute_request", {
			code: "for (let i = 0; i < 6; i++) { work(100000); await null; console.log(i); await new Promise((go) => setTimeout(go, 0)); }",
		});
		await new Promise((resolve) => setTimeout(resolve, (i * 7) % 31));
		await kernel.interrupt();
		expect(["ok", "error"]).toContain((await cell.reply()).content.status);
		expect((await kernel.client.execute(`kept * ${i}`)).result).toEqual({ "text/plain": String(7 * i) });
	}
});
