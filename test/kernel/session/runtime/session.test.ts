import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { startKernel, type TestKernel } from "../../support/kernel";

let kernel: TestKernel;
beforeAll(async () => {
	kernel = await startKernel();
});

const run = (code: string, content = {}, options = {}) => kernel.client.execute(code, content, options);

describe("input", () => {
	const answering = (...answers: string[]) => {
		const asked: [string, boolean][] = [];
		const onInput = (prompt: string, password: boolean) => {
			asked.push([prompt, password]);
			return answers.shift()!;
		};
		return { asked, options: { onInput } };
	};

	test("is waited for in the middle of a synchronous cell", async () => {
		const { asked, options } = answering("Ada", "");
		const { stdout, reply } = await run(
			'console.log("Hello " + prompt("Name? ") + prompt("Greeting?", "!"));',
			{},
			options,
		);
		expect(stdout).toBe("Hello Ada!\n");
		expect(reply.status).toBe("ok");
		expect(asked).toEqual([
			["Name? ", false],
			["Greeting? [!] ", false],
		]);
	});

	test("of a password says so to the front end", async () => {
		const { asked, options } = answering("secret é\u{1f600}");
		expect((await run('password("Key: ")', {}, options)).result).toEqual({ "text/plain": "'secret é\u{1f600}'" });
		expect(asked).toEqual([["Key: ", true]]);
	});

	test("of yes or no asks until it is one of them", async () => {
		const { asked, options } = answering("perhaps", "YES");
		expect((await run('confirm("Sure?")', {}, options)).result).toEqual({ "text/plain": "true" });
		expect(asked).toHaveLength(2);
		expect((await run('confirm("Sure?")', {}, answering("").options)).result).toEqual({ "text/plain": "false" });
	});

	test("comes after what was printed before the question", async () => {
		const pending = kernel.client.request(
			"execute_request",
			{ code: 'console.log("first");\nprompt("then ")', allow_stdin: true },
			{
				onInput: async () => {
					await kernel.message(({ content, parent }) => content.text === "first\n" && parent.msg_id === pending.id);
					return "x";
				},
			},
		);
		expect((await pending.reply()).content.status).toBe("ok");
	});

	test("is refused where the front end cannot ask", async () => {
		const { reply } = await run('prompt("?")');
		expect(reply).toMatchObject({ status: "error", evalue: expect.stringMatching(/does not take input/) });
	});

	test("is refused to a cell that has ended", async () => {
		const { reply } = await run(
			'setTimeout(function ask() { if (!globalThis.over) return setTimeout(ask, 5); try { prompt("?") } catch (error) { globalThis.refusal = error.message } }, 5);\nundefined',
			{},
			answering("no").options,
		);
		expect(reply.status).toBe("ok");
		const { result } = await run(
			"globalThis.over = true;\nwhile (!globalThis.refusal) await new Promise((go) => setTimeout(go, 5));\nrefusal",
		);
		expect(result).toEqual({ "text/plain": "'prompt: only a cell that is running can ask for input'" });
	});

	test("ends at the stop button", async () => {
		const pending = kernel.client.request(
			"execute_request",
			{ code: 'prompt("?")', allow_stdin: true },
			{ onInput: () => kernel.interrupt().then(() => "too late") },
		);
		expect((await pending.reply()).content).toMatchObject({ status: "error", ename: "KeyboardInterrupt" });
		expect((await run("1")).result).toEqual({ "text/plain": "1" });
	});
});

describe("the session outlives", () => {
	test("process.exit in a cell, with an error that says what to do instead", async () => {
		await run("let before = 3");
		const { reply } = await run("process.exit(3)");
		expect(reply).toMatchObject({
			status: "error",
			evalue: expect.stringMatching(/process\.exit\(3\) would end the session/),
		});
		await run("setTimeout(() => process.exit(), 1)\nawait new Promise((go) => setTimeout(go, 20));");
		expect((await run("before")).result).toEqual({ "text/plain": "3" });
	});

	test.each([
		["process.abort()", "process.abort()"],
		["process.reallyExit(1)", "process.reallyExit(1)"],
		["process.kill(process.pid)", "SIGTERM) would end the session"],
		['process.kill(0, "SIGKILL")', "process.kill(0, SIGKILL)"],
	])("%s likewise", async (code, said) => {
		expect((await run(code)).reply.evalue).toContain(said);
		expect((await run("before")).result).toEqual({ "text/plain": "3" });
	});

	test("signals that a cell sends to itself and that end nothing", async () => {
		const { result, stdout } = await run(
			'const asked = process.kill(process.pid, 0)\nconst handled = new Promise((go) => process.once("SIGUSR2", () => { console.log("handled"); go() }))\nprocess.kill(process.pid, "SIGUSR2");\nawait handled;\nasked',
		);
		expect(result).toEqual({ "text/plain": "true" });
		expect(stdout).toBe("handled\n");
	});

	test("values whose text throws or whose properties do", async () => {
		const { result } = await run('const odd = { get [Symbol.toStringTag]() { throw new Error("no tag") } }\nodd');
		expect(result!["text/plain"]).toMatch(/could not be made|Object|\{.*\}/);
		const trap = '{ get() { throw new Error("trap") } }';
		const hostile = await run(`const hostile = new Proxy({ a: 1 }, ${trap})\nhostile`);
		expect(hostile.result!["text/plain"]).toMatch(/^(Proxy\()?\{ a: 1 \}\)?\n\[its display failed: Error: trap\]$/);
		expect((await run("hostile;\n1")).reply.status).toBe("ok");
		expect((await run("throw { get message() { throw 1 } }")).reply.status).toBe("error");
		expect((await run("throw undefined")).reply).toMatchObject({ status: "error" });
		expect((await run("throw null")).reply).toMatchObject({ status: "error" });
	});

	test("a cell that recurses for ever", async () => {
		const { reply } = await run("const down = () => down() + 1\ndown()");
		expect(reply).toMatchObject({ status: "error", ename: "RangeError" });
		expect((await run("1")).result).toEqual({ "text/plain": "1" });
	});

	test("a console, streams and timers that a cell has replaced", async () => {
		await run('console.log = () => { throw new Error("mine") }\n1');
		expect((await run("console.log('x')")).reply.status).toBe("error");
		expect((await run('process.stdout.write("still here")')).stdout).toBe("still here");
	});
});

describe("modules", () => {
	test("are found beside the notebook; gradbook and tslab are found from anywhere, and are the kernel's own", async () => {
		const beside = join(kernel.folder, "node_modules");
		for (const [name, source] of [
			["beside", 'exports.who = "beside"; exports.display = require("gradbook/display");'],
			["gradbook", 'throw new Error("a gradbook of the notebook\'s own")'],
		] as const) {
			mkdirSync(join(beside, name), { recursive: true });
			writeFileSync(join(beside, name, "index.js"), source);
		}
		await run('import * as beside from "beside"\nimport * as own from "gradbook/display"');
		expect((await run("beside.who + (own === beside.display)")).result).toEqual({ "text/plain": "'besidetrue'" });
	});

	test("of the compiler and the sockets are not on the main thread", async () => {
		const { result } = await run(
			'const loaded = Object.keys(require("node:module")._cache).filter((file) => /zeromq|oxc-|typescript|vscode-/.test(file))\nloaded',
		);
		expect(result).toEqual({ "text/plain": "[]" });
	});
});
