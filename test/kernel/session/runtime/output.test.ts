import { beforeAll, describe, expect, test } from "vitest";
import { startKernel, type TestKernel, until } from "../../support/kernel";

let kernel: TestKernel;
beforeAll(async () => {
	kernel = await startKernel();
});

const text = (id: string, name = "stdout") =>
	kernel.seen
		.filter(
			({ header, parent, content }) => header.msg_type === "stream" && parent.msg_id === id && content.name === name,
		)
		.map(({ content }) => content.text)
		.join("");

describe("printed text", () => {
	test("from a loop that never yields is published while the loop runs", async () => {
		const cell = kernel.client.request("execute_request", { code: `console.log("early");\n${until("seen")}` });
		await kernel.message(({ content, parent }) => content.text === "early\n" && parent.msg_id === cell.id);
		expect(cell.finished).toBe(false);
		kernel.release("seen");
		expect((await cell.reply()).content.status).toBe("ok");
	});

	test("of 100,000 lines arrives whole and in order before idle", async () => {
		const { stdout, messages } = await kernel.client.execute(
			"for (let i = 0; i < 100000; i++) console.log('line ' + i)",
		);
		expect(stdout).toBe(Array.from({ length: 100_000 }, (_, i) => `line ${i}\n`).join(""));
		const published = messages.filter(({ channel }) => channel === "iopub");
		expect(published.at(-1)!.content.execution_state).toBe("idle");
		expect(kernel.logged).toEqual([]);
	});

	test("is formatted as Node does, without colours, by every way of printing", async () => {
		const { stdout, stderr } = await kernel.client.execute(
			[
				'console.log("%s is %d", "x", 3, { deep: { a: [1, "b", null] } });',
				"console.table([{ a: 1 }]);",
				'console.group("G"); console.info("inside"); console.groupEnd();',
				'process.stdout.write("raw "); process.stdout.write(Buffer.from("é").subarray(0, 1)); process.stdout.write(Buffer.from("é").subarray(1));',
				'console.warn("careful"); process.stderr.write("err", () => console.log("\\nwritten"));',
				"await new Promise((resolve) => setTimeout(resolve, 1));",
			].join("\n"),
		);
		expect(stdout).toContain("x is 3 { deep: { a: [ 1, 'b', null ] } }\n");
		expect(stdout).toContain("│ 0       │ 1 │");
		expect(stdout).toContain("G\n  inside\nraw é\nwritten\n");
		expect(stderr).toBe("careful\nerr");
		expect(stdout).not.toContain("\u001b");
	});

	test("goes over itself as at a terminal, by carriage returns", async () => {
		const line = (steps: string) => kernel.client.execute(`const out = process.stdout; ${steps}; undefined`);
		expect((await line('out.write("half"); out.clearLine(0); out.cursorTo(0); out.write("all\\n")')).stdout).toBe(
			"half\r    \r    \rall\n",
		);
		expect((await line('out.write("x\\nabcd"); out.cursorTo(2); out.clearLine(1); out.moveCursor(-1, 0)')).stdout).toBe(
			"x\nabcd\rab\rab  \rab\ra",
		);
		expect((await line("out.cursorTo(0, 3)")).reply).toMatchObject({
			evalue: expect.stringContaining("expected no rows, got 3"),
		});
		expect((await line('out.write("6869", "hex")')).stdout).toBe("hi");
	});

	test("of a group that an error has left open does not indent what later cells print", async () => {
		expect((await kernel.client.execute('console.group("G"); console.log("in");\nthrow 1')).stdout).toBe("G\n  in\n");
		expect((await kernel.client.execute('console.log("out")')).stdout).toBe("out\n");
	});

	test("of packages and programs may have colours, and comes from no pager", async () => {
		const env = { ...process.env, FORCE_COLOR: undefined, NO_COLOR: undefined, PAGER: "less" };
		const asks = (given: NodeJS.ProcessEnv) =>
			startKernel({ env: given }).then(async (kernel) => {
				const { result } = await kernel.client.execute(
					'["FORCE_COLOR", "PAGER", "GIT_PAGER"].map((name) => process.env[name]).join()',
				);
				return result?.["text/plain"];
			});
		expect(await asks(env)).toBe("'1,cat,cat'");
		expect(await asks({ ...env, NO_COLOR: "1" })).toBe("',cat,cat'");
	});

	test("beyond the limit of a cell is left out, with a note, and the next cell prints", async () => {
		const { stdout, stderr } = await kernel.client.execute(
			'for (let i = 0; i < 300; i++) console.log("x".repeat(100000))',
		);
		expect(stdout.length).toBeGreaterThan(16_000_000);
		// What one look at the pipe has found is shown whole.
		expect(stdout.length).toBeLessThan(18_000_000);
		expect(stderr).toMatch(/printed 16 million characters; the rest is not shown/);
		expect((await kernel.client.execute('console.log("after")')).stdout).toBe("after\n");
		const once = await kernel.client.execute('process.stdout.write("x".repeat(40e6))');
		expect(once.stdout.length).toBe(16 * 2 ** 20);
		expect(once.stderr).toMatch(/the rest is not shown/);
	});
});

describe("what is written to descriptors 1 and 2", () => {
	test("by child processes, native calls and threads comes in order with what is printed", async () => {
		const { stdout, stderr } = await kernel.client.execute(
			[
				'const { execSync, spawn } = require("node:child_process"), { writeSync } = require("node:fs")',
				"for (let i = 0; i < 5; i++) {",
				'  console.log("printed " + i); execSync("echo child " + i + "; echo error " + i + " >&2", { stdio: "inherit" });',
				'  writeSync(1, "written " + i + "\\n"); process.stdout.write("streamed " + i + "\\n");',
				"}",
				'await new Promise((go) => spawn("sh", ["-c", "sleep 0.05; echo é later"], { stdio: "inherit" }).on("exit", go));',
				'await new Promise((go) => new (require("node:worker_threads").Worker)("console.log(\'thread\')", { eval: true }).on("exit", go));',
				"await new Promise((go) => setTimeout(go, 20));",
			].join("\n"),
		);
		const turns = [0, 1, 2, 3, 4];
		expect(stdout).toBe(
			`${turns.map((i) => `printed ${i}\nchild ${i}\nwritten ${i}\nstreamed ${i}\n`).join("")}é later\nthread\n`,
		);
		expect(stderr).toBe(turns.map((i) => `error ${i}\n`).join(""));
	});

	test("at the end of a cell is there before idle", async () => {
		for (let i = 0; i < 20; i++) {
			const { stdout } = await kernel.client.execute('require("node:fs").writeSync(1, "last")');
			expect(stdout).toBe("last");
		}
	});

	test("while the main thread is busy is published at once", async () => {
		const cell = kernel.client.request("execute_request", {
			code: `require("node:fs").writeSync(1, "early");\n${until("read")}`,
		});
		await kernel.message(({ content, parent }) => content.text === "early" && parent.msg_id === cell.id);
		kernel.release("read");
		await cell.reply();
	});

	test("has the limit of what a cell prints, and a note", async () => {
		const { stdout, stderr } = await kernel.client.execute(
			'require("node:child_process").execSync("yes x | head -c 20000000", { stdio: "inherit" })',
		);
		expect(stdout.length).toBeGreaterThan(16_000_000);
		expect(stdout.length).toBeLessThan(18_000_000);
		expect(stderr).toMatch(/the rest is not shown/);
	});
});

describe("output that comes late", () => {
	test("lands under the cell that started it, whatever has run since", async () => {
		const first = kernel.client.request("execute_request", {
			code: 'setTimeout(() => console.log("from a timer"), 60);\n(async () => { await new Promise((go) => setTimeout(go, 60)); console.error("from a promise") })();\n1',
		});
		await first.reply();
		const second = kernel.client.request("execute_request", {
			code: 'await new Promise((go) => setTimeout(go, 150));\nconsole.log("second")',
		});
		await second.reply();
		expect(text(first.id)).toBe("from a timer\n");
		expect(text(first.id, "stderr")).toBe("from a promise\n");
		expect(text(second.id)).toBe("second\n");
	});

	test("comes from what a later cell calls under that later cell", async () => {
		await kernel.client.execute("function speak() { console.log('spoken') }");
		expect((await kernel.client.execute("speak()")).stdout).toBe("spoken\n");
	});
});

describe("an error that nothing awaits", () => {
	test.each([
		["a rejection", 'Promise.reject(new TypeError("nobody cares"));\n1'],
		["a rejection after a while", 'setTimeout(() => Promise.reject(new TypeError("nobody cares")), 20);\n1'],
		["a throw in a timer", 'setTimeout(() => { throw new TypeError("nobody cares") }, 20);\n1'],
		["a throw in a tick", 'process.nextTick(() => { throw new TypeError("nobody cares") });\n1'],
	])("%s is shown under its own cell, and the session goes on", async (_, code) => {
		const cell = kernel.client.request("execute_request", { code });
		await cell.reply();
		const other = kernel.client.request("execute_request", {
			code: "await new Promise((go) => setTimeout(go, 60));\n1",
		});
		await other.reply();
		const error = await kernel.message(
			({ header, parent }) => header.msg_type === "error" && parent.msg_id === cell.id,
		);
		expect(error.content).toMatchObject({ ename: "TypeError", evalue: "nobody cares" });
		expect(other.messages.some(({ header }) => header.msg_type === "error")).toBe(false);
	});
});

test("the session outlives late errors also where a cell has removed all listeners of the process", async () => {
	for (const events of ["", "'uncaughtException'"]) {
		const { outputs } = await kernel.client.execute(
			`process.removeAllListeners(${events}); setTimeout(() => { throw new TypeError("late") }, 0);\nawait new Promise((go) => setTimeout(go, 60));`,
		);
		expect(outputs.at(-1)!.content).toMatchObject({ ename: "TypeError", evalue: "late" });
	}
});

describe("displays", () => {
	test("go out in order with the text around them", async () => {
		const { outputs } = await kernel.client.execute(
			[
				'import * as d from "gradbook/display"',
				'console.log("before")',
				'd.display({ [Symbol.for("Jupyter.display")]: () => ({ "text/html": "<b>x</b>", "text/plain": "x" }) }, { id: "me" });',
				'console.log("between")',
				'd.updateDisplay("me", { [Symbol.for("Jupyter.display")]: () => ({ "text/plain": "y" }) });',
				"d.clearOutput();",
				"undefined",
			].join("\n"),
		);
		expect(outputs.map(({ header }) => header.msg_type)).toEqual([
			"stream",
			"display_data",
			"stream",
			"update_display_data",
			"clear_output",
		]);
		expect(outputs[1]!.content).toMatchObject({ data: { "text/html": "<b>x</b>" }, transient: { display_id: "me" } });
		expect(outputs[3]!.content).toMatchObject({ data: { "text/plain": "y" }, transient: { display_id: "me" } });
	});

	test("of tslab's functions work", async () => {
		const { outputs } = await kernel.client.execute(
			[
				'import * as tslab from "tslab"',
				'tslab.display.html("<i>t</i>");',
				"const again = tslab.newDisplay()",
				'again.markdown("*1*");',
				'again.png(Buffer.from("PNG"));',
				"typeof tslab.versions.tslab",
			].join("\n"),
		);
		expect(outputs.map(({ header }) => header.msg_type)).toEqual([
			"display_data",
			"display_data",
			"update_display_data",
			"execute_result",
		]);
		expect(outputs[0]!.content.data).toMatchObject({ "text/html": "<i>t</i>" });
		expect(outputs[2]!.content.data).toMatchObject({ "image/png": Buffer.from("PNG").toString("base64") });
	});
});
