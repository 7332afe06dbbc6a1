import { beforeAll, describe, expect, test } from "vitest";
import { startKernel, type TestKernel, wholeKernel } from "../support/kernel";

/** Magics in the kernel as users have it. */

let kernel: TestKernel;
beforeAll(async () => {
	kernel = await startKernel({ main: wholeKernel });
	await kernel.client.execute("const base = 20;\n/** Doubles. */\nfunction twice(x: number): number { return 2 * x }");
});

const run = async (code: string) => {
	const { stdout, stderr, result, reply } = await kernel.client.execute(code);
	return { stdout, stderr, result: result?.["text/plain"], error: reply.evalue as string | undefined, reply };
};

const milliseconds = (value: string, unit: string) => Number(value) * { ns: 1e-6, µs: 1e-3, ms: 1, s: 1e3 }[unit]!;

describe("%time", () => {
	const times =
		/^CPU times: user [\d.]+ [nµm]?s, sys: [\d.]+ [nµm]?s, total: [\d.]+ [nµm]?s\nWall time: [\d.]+ [nµm]?s\n$/;
	test("measures a line, keeps its value and its declarations", async () => {
		expect(await run("%time twice(base)")).toMatchObject({ result: "40", stdout: expect.stringMatching(times) });
		const { stdout, result } = await run("%time const measured = await Promise.resolve(base + 1)\nmeasured");
		expect([stdout, result]).toEqual([expect.stringMatching(times), "21"]);
		expect((await run("measured")).result).toBe("21");
	});
	test("measures a statement of several lines, and a cell", async () => {
		const { stdout } = await run("let sum = 0\n%time for (let i = 0; i < 3; i++) {\n  sum += i\n}\nconsole.log(sum)");
		expect(stdout).toMatch(/Wall time: .*\n3\n$/);
		const cell = await run("%%time\nawait new Promise((go) => setTimeout(go, 30))\nsum");
		expect(cell.result).toBe("3");
		const [, value, unit] = /Wall time: ([\d.]+) ([nµm]?s)/.exec(cell.stdout)!;
		expect(milliseconds(value!, unit!)).toBeGreaterThanOrEqual(29);
	});
	test("is typed like any code, with lines and columns of the cell", async () => {
		expect((await run("const good = 1\n%time twice('x')")).error).toMatch(/^TS2345: .*line 2, column 13\)$/);
	});
});

describe("%timeit", () => {
	const mean =
		/^([\d.]+) ([nµm]?s) ± [\d.]+ [nµm]?s per loop \(mean ± std\. dev\. of (\d+) runs?, ([\d,]+) loops? each\)\n$/;
	test("repeats as often as asked and shows no value", async () => {
		const { stdout, result } = await run("let calls = 0;\n%timeit -n 50 -r 3 calls++");
		expect(mean.exec(stdout)!.slice(3)).toEqual(["3", "50"]);
		expect(result).toBeUndefined();
		expect((await run("calls")).result).toBe("150");
	});
	test("of code that waits", async () => {
		const { stdout } = await run("%timeit -n 2 -r 2 await new Promise((go) => setTimeout(go, 5))");
		const [, value, unit] = mean.exec(stdout)!;
		expect(milliseconds(value!, unit!)).toBeGreaterThan(4);
	});
	test("finds a number of loops by itself", async () => {
		const { stdout } = await run("let tried = 0;\n%timeit -r 1 tried++");
		const loops = Number(mean.exec(stdout)![4]!.replaceAll(",", ""));
		expect(loops).toBeGreaterThan(1);
		// 1, 2, 5, 10, … up to that number, and as many again for the run.
		let calls = loops;
		for (let power = 1; power <= loops; power *= 10)
			for (const count of [power, 2 * power, 5 * power]) if (count <= loops) calls += count;
		expect((await run("tried")).result).toBe(String(calls));
	});
	test("refuses what cannot be repeated", async () => {
		expect((await run("%timeit function again() {}")).error).toMatch(/^%timeit repeats expressions/);
	});
});

describe("!command", () => {
	test("prints as it goes, on both streams, in its place of the cell", async () => {
		const { stdout, stderr } = await run('console.log("before")\n!echo out; echo err >&2\nconsole.log("after")');
		expect(stdout).toBe("before\nout\nafter\n");
		expect(stderr).toBe("err\n");
	});
	test("streams", async () => {
		const cell = kernel.client.request("execute_request", {
			code: "!echo early; while [ ! -e go ]; do sleep 0.02; done",
		});
		await kernel.message(({ content, parent }) => content.text === "early\n" && parent.msg_id === cell.id);
		expect(cell.finished).toBe(false);
		kernel.release("go");
		expect((await cell.reply()).content.status).toBe("ok");
	});
	test("tells a status other than 0, and the cell goes on", async () => {
		const { stderr, result } = await run("!exit 3\nbase");
		expect([stderr, result]).toEqual(["[exit status 3]\n", "20"]);
	});
	test("is stopped by the stop button, with what it has started", async () => {
		const cell = kernel.client.request("execute_request", {
			code: "!cd .; (sleep 1000 & echo $! > pid; echo on; wait)\nconsole.log('never')",
		});
		await kernel.message(({ content, parent }) => content.text === "on\n" && parent.msg_id === cell.id);
		await kernel.interrupt();
		expect((await cell.reply()).content).toMatchObject({ status: "error", ename: "KeyboardInterrupt" });
		const gone =
			'const pid = Number(require("node:fs").readFileSync("pid", "utf8"));\nlet alive = true;\nfor (let i = 0; i < 100 && alive; i++) { try { process.kill(pid, 0); await new Promise((go) => setTimeout(go, 30)) } catch { alive = false } }\nalive';
		expect((await run(gone)).result).toBe("false");
		expect(cell.messages.some(({ content }) => content.text === "never\n")).toBe(false);
	});
});

test("%who and %whos show the names, %reset forgets them", async () => {
	const other = await startKernel({ main: wholeKernel });
	await other.client.execute('class Net {}; const net = new Net(), long = "x".repeat(100), list = [1, 2]');
	expect((await other.client.execute("%who")).stdout).toBe("Net   list  long  net\n");
	expect((await other.client.execute("%whos")).stdout.split("\n")).toEqual([
		"Name  Type      Value",
		"Net   class     Net",
		"list  Array(2)  [ 1, 2 ]",
		expect.stringMatching(/^long {2}string {4}'x+…$/),
		"net   Net       Net {}",
		"",
	]);
	const { result } = await other.client.execute("%reset\nconst list = 'anew'\nlist");
	expect(result).toEqual({ "text/plain": "'anew'" });
	expect((await other.client.execute("%who")).stdout).toBe("list\n");
	expect((await other.client.execute("net")).reply.evalue).toMatch(/Cannot find name 'net'/);
	const failed = await other.client.execute("%reset\nlist.length");
	expect(failed.reply.evalue).toMatch(/Cannot find name 'list'/);
	expect((await other.client.execute("list")).result).toEqual({ "text/plain": "'anew'" });
});

describe("name?", () => {
	test("gives a page with signature and documentation", async () => {
		const { reply } = await run("twice?");
		expect(reply.payload).toEqual([
			{
				source: "page",
				start: 0,
				data: expect.objectContaining({
					"text/plain": expect.stringMatching(/function twice\(x: number\): number[\s\S]*Doubles\./),
				}),
			},
		]);
		expect((await run("?Math.hypot")).reply.payload).toHaveLength(1);
	});
	test("of no name says so and gives no page", async () => {
		const { reply, stdout } = await run("nothing.here?");
		expect(reply.payload).toEqual([]);
		expect(stdout).toBe("There is no nothing.here here.\n");
	});
});

test("an unknown magic is named with the list, and nothing runs", async () => {
	const { error, reply } = await run("globalThis.ran = 1\n%matplotlib inline");
	expect(error).toMatch(
		/^There is no magic %matplotlib\. Plots .* There are %time, .* \(Cell \[\d+\], line 2, column 1\)$/,
	);
	expect(reply.ename).toBe("SyntaxError");
	expect((await run("'ran' in globalThis")).result).toBe("false");
});

test("completion, inspection and is_complete know of magics", async () => {
	const ask = async (type: string, content: object) =>
		(await kernel.client.request(type, { ...content }).reply()).content;
	expect(await ask("complete_request", { code: "base;\n%t", cursor_pos: 8 })).toMatchObject({
		matches: ["%time", "%timeit"],
		cursor_start: 6,
		cursor_end: 8,
	});
	expect((await ask("complete_request", { code: "%time twi", cursor_pos: 9 })).matches).toEqual(["twice"]);
	expect(await ask("inspect_request", { code: "%timeit 1", cursor_pos: 3 })).toMatchObject({
		data: { "text/plain": expect.stringMatching(/^%timeit \[-n LOOPS\]/) },
	});
	expect(await ask("is_complete_request", { code: "%time twice(1)" })).toEqual({ status: "complete" });
	expect(await ask("is_complete_request", { code: "%time twice(" })).toMatchObject({ status: "incomplete" });
	expect(await ask("is_complete_request", { code: "!ls" })).toEqual({ status: "complete" });
});
