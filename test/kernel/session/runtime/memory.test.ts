import { beforeAll, describe, expect, test } from "vitest";
import { startKernel, type TestKernel } from "../../support/kernel";

/** A heap that is soon full. */
const small = { ...process.env, NODE_OPTIONS: "--max-old-space-size=64" };
const limit = 'require("node:v8").getHeapStatistics().heap_size_limit';

describe("a cell that fills JavaScript's heap ends with an error, and the session goes on:", () => {
	let kernel: TestKernel;
	const run = (code: string) => kernel.client.execute(code);
	beforeAll(async () => {
		kernel = await startKernel({ env: small });
		await run(`let kept = ${limit}`);
	});

	test.each([
		["arrays", "(() => { const list = []; for (;;) list.push(new Array(1e5)) })()"],
		["a map", "(() => { const map = new Map(); for (let i = 0; ; i++) map.set(i, { i, text: 'x' + i }) })()"],
		["one call that cannot be ended", "Array.from({ length: 2e6 }, (_, i) => ({ i, a: [i] })).length"],
		[
			"a loop that awaits",
			"const held = []\nfor (let i = 0; ; i++) {\nheld.push(new Array(1e4));\nif (i % 100 === 0) await null;\n}",
		],
		[
			"a loop that catches everything",
			"(() => { const list = []; for (;;) try { list.push(new Array(1e5)) } catch {} })()",
		],
	])("%s", async (_, code) => {
		const { reply, outputs } = await run(code);
		expect(reply).toMatchObject({ ename: "OutOfMemory", evalue: expect.stringMatching(/heap is full \(0\.\d GB\)/) });
		expect(outputs.map(({ header }) => header.msg_type)).toEqual(["error"]);
		expect((await run("await null;\nkept > 0")).result).toEqual({ "text/plain": "true" });
	});

	test("a timer, whose error stands under its cell", async () => {
		const cell = kernel.client.request("execute_request", {
			code: "setTimeout(() => { const list = []; for (;;) list.push(new Array(1e5)) }, 20);\n1",
		});
		await cell.reply();
		const error = await kernel.message(
			({ header, parent }) => header.msg_type === "error" && parent.msg_id === cell.id,
		);
		expect(error.content.ename).toBe("OutOfMemory");
		expect((await run("kept > 0")).result).toEqual({ "text/plain": "true" });
	});

	test("what variables hold is kept, and once it is emptied the heap's limit is what it was", async () => {
		expect((await run("const list = []\nfor (;;) list.push(new Array(1e5))")).reply.ename).toBe("OutOfMemory");
		expect((await run("list.length > 1")).result).toEqual({ "text/plain": "true" });
		await run("held.length = list.length = 0");
		const collect =
			'require("node:v8").setFlagsFromString("--expose-gc");\nrequire("node:vm").runInNewContext("gc")();';
		const { result } = await run(`${collect}\n${limit} === kept`);
		expect(result).toEqual({ "text/plain": "true" });
	});
});

describe("a process that ends tells its cell why:", () => {
	const ended = async (code: string) => {
		const doomed = await startKernel();
		const { reply, stderr } = await doomed.client.execute(code);
		return { reply, stderr, logged: doomed.logged.join(""), exited: await doomed.exited };
	};

	// From Node 22 on it is a RangeError.
	test.runIf(Number.parseInt(process.versions.node, 10) < 22)("V8, for an array that is too long", async () => {
		const { reply, stderr, logged, exited } = await ended("(() => { const list = []; for (;;) list.push(1) })()");
		expect(reply).toMatchObject({
			ename: "KernelDied",
			evalue: expect.stringMatching(/has ended.*Fatal JavaScript invalid size.*a typed array or a tensor holds more/),
		});
		expect(stderr + logged).toContain("Fatal JavaScript invalid size");
		expect(exited.signal).toMatch(/SIG(TRAP|ILL)/);
	});

	test.runIf(process.platform === "linux").each(["ABRT", "SEGV"])("SIG%s", async (signal) => {
		// The shell waits for a line, so that the process is not in the midst of forking when it is struck: it would hold the
		// allocator's locks, and no other thread of it could tell anything.
		const { reply, exited } = await ended(
			`require("node:child_process").execSync("read line; kill -${signal} " + process.pid, { input: "go\\n" });\nawait new Promise(() => {})`,
		);
		expect(reply).toMatchObject({ ename: "KernelDied", evalue: expect.stringContaining("a fault of native code") });
		expect(exited.signal).toBe(`SIG${signal}`);
	});

	test("not WebAssembly, whose look beyond its memory is an error of its own", async () => {
		const kernel = await startKernel();
		const bytes =
			"0,97,115,109,1,0,0,0,1,6,1,96,1,127,1,127,3,2,1,0,5,3,1,0,1,7,5,1,1,102,0,0,10,9,1,7,0,32,0,40,2,0,11";
		const { reply } = await kernel.client.execute(
			`new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array([${bytes}]))).exports.f(7e7)`,
		);
		expect(reply).toMatchObject({ ename: "RuntimeError", evalue: expect.stringContaining("out of bounds") });
		expect((await kernel.client.execute("1")).result).toEqual({ "text/plain": "1" });
	});
});
