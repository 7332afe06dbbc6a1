import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import type { CodeCell } from "../../../dist/kernel/runner/notebook";
import { withParameters } from "../../../dist/kernel/runner/parameters";
import { startKernel, type TestKernel, wholeKernel } from "../support/kernel";

/** Cells of a whole kernel: compiled, run, and what a client sees of them. */

let kernel: TestKernel;
beforeAll(async () => {
	kernel = await startKernel({ main: wholeKernel });
});

test("display and what a script of Node's has are there without an import", async () => {
	const { outputs, result } = await kernel.client.execute(
		`display(1);
		[__dirname === process.cwd(), __filename === import.meta.filename, require.main === module, module.exports === exports]`,
	);
	expect(outputs[0]!.content.data).toEqual({ "text/plain": "1" });
	expect(result).toEqual({ "text/plain": "[ true, true, true, true ]" });
});

test("a statement that no cell may have is refused once", async () => {
	const { reply } = await kernel.client.execute("with ({ a: 1 }) { }");
	expect((reply.traceback as string[]).join("\n").match(/SyntaxError/g)).toHaveLength(1);
});

test("an error that is printed names the lines of its cell, and none of the kernel's", async () => {
	const { stdout } = await kernel.client.execute("1\nconsole.log(new Error('printed'))");
	expect(stdout).toMatch(/^Error: printed\n {4}at Cell \[\d+\], line 2, column 13\n$/);
});

test.each([
	["a proxy that refuses everything", "throw new Proxy({}, { get() { throw 1; }, getPrototypeOf() { throw 2; } })"],
	["an error that is such a proxy", "await Promise.reject(new Proxy(new Error('x'), { get() { throw 1; } }))"],
])("%s ends its cell when it is thrown", async (_, code) => {
	const { reply } = await kernel.client.execute(code);
	expect(reply).toMatchObject({ status: "error" });
});

test("a question of node:readline over the standard input is asked under the cell", async () => {
	const asked: string[] = [];
	const onInput = (prompt: string) => {
		asked.push(prompt);
		return `answer ${asked.length}`;
	};
	const { result, reply } = await kernel.client.execute(
		`import readline from "node:readline"; import { createInterface } from "node:readline/promises";
		import { Readable } from "node:stream"; import { promisify } from "node:util";
		const classic = readline.createInterface({ input: process.stdin, output: process.stdout });
		const first = await new Promise<string>((done) => classic.question("one? ", done));
		const second = await promisify(classic.question).call(classic, "two? ");
		const third = await createInterface({ input: process.stdin }).question("three? ");
		const elsewhere = await createInterface({ input: Readable.from(["a line\\n"]) }).question("four? ");
		[first, second, third, elsewhere].join()`,
		{},
		{ onInput },
	);
	expect(reply.evalue).toBeUndefined();
	expect(result).toEqual({ "text/plain": "'answer 1,answer 2,answer 3,a line'" });
	expect(asked).toEqual(["one? ", "two? ", "three? "]);
	const refused = await kernel.client.execute('await createInterface({ input: process.stdin }).question("five? ")');
	expect(refused.reply.evalue).toMatch(/allow_stdin/);
});

test("the standard input is read line by line, as long as somebody wants lines", { timeout: 20_000 }, async () => {
	let asked: string[] = [];
	const answering = (...answers: string[]) => ({
		onInput(prompt: string) {
			asked.push(prompt);
			return answers.shift() ?? "one too many";
		},
	});
	const run = async (code: string, ...answers: string[]) => {
		asked = [];
		const { result, reply } = await kernel.client.execute(code, {}, answering(...answers));
		expect(reply.evalue).toBeUndefined();
		return result?.["text/plain"];
	};
	const { reply } = await kernel.client.execute('import * as lines from "node:readline"; let heard: string[] = [];');
	expect(reply.status).toBe("ok");
	const raw = "heard = []; for await (const chunk of process.stdin) { heard.push(String(chunk)); break; } heard";
	expect(await run(raw, "one")).toBe("[ 'one\\n' ]");
	expect(await run(raw, "once more")).toBe("[ 'once more\\n' ]");
	const loop = `heard = []; for await (const line of lines.createInterface({ input: process.stdin })) {
		heard.push(line); if (line === "end") break; } heard`;
	expect(await run(loop, "a", "end")).toBe("[ 'a', 'end' ]");
	expect(asked).toEqual(["", ""]);
	const both = `heard = []; const reader = lines.createInterface({ input: process.stdin });
		heard.push(await new Promise<string>((done) => reader.question("name? ", done)));
		reader.on("line", (line: string) => { heard.push(line); if (line === "end") reader.close(); });
		await new Promise<void>((done) => reader.on("close", done)); heard`;
	expect(await run(both, "Anna", "b", "end")).toBe("[ 'Anna', 'b', 'end' ]");
	expect(asked).toEqual(["name? ", "", ""]);
	expect(
		await run("await new Promise<string>((done) => process.stdin.once('data', (data) => done(String(data))))", "data"),
	).toBe("'data\\n'");
	expect(await run("process.stdin.resume(); 1")).toBe("1");
	expect(asked).toEqual([]);
	const refused = await kernel.client.execute(raw);
	expect(refused.reply.evalue).toMatch(/allow_stdin/);
});

test("a parameter of another type than its variable is a type error that names it", async () => {
	const cell: CodeCell = {
		cell_type: "code",
		id: "a",
		source: "let n = 1; let path: string | null = null; const name = 'a'",
		metadata: { tags: ["parameters"] },
		outputs: [],
		execution_count: null,
	};
	const set = async (values: Parameters<typeof withParameters>[1]) => {
		let reply = {};
		for (const { source } of withParameters({ metadata: {}, cells: [cell] }, values).cells)
			({ reply } = await kernel.client.execute(source));
		return reply;
	};
	expect(await set({ n: 5, path: "a.csv", name: "b" })).toMatchObject({ status: "ok" });
	expect((await kernel.client.execute("[n, path, name].join()")).result).toEqual({ "text/plain": "'5,a.csv,b'" });
	expect(await set({ n: "five" })).toMatchObject({
		ename: "TypeScriptError",
		evalue: expect.stringContaining("Type 'string' is not assignable to type 'number'"),
		traceback: expect.arrayContaining([expect.stringContaining('n = "five";')]),
	});
});

/** A check of these types takes longer than the language server is given. */
const slowTypes = `type D = 0|1|2|3|4|5|6|7|8|9; type N = \`\${D}\${D}\${D}\${D}\`;
type Same<A, B> = A extends B ? 1 : { [K in "x" | "y"]: [A, B, K] };
type Cross<A, B> = A extends any ? (B extends any ? { a: A, b: B, c: Same<A, B> } : never) : never;
type Of<T> = T extends { c: infer C } ? C : never;
${Array.from({ length: 30 }, (_, i) => `const s${i}: Of<Cross<\`\${N}${i}\`, N>> = 1 as never as Of<Cross<\`${i}\${N}\`, N>>;`).join("\n")}`;

test("the engine is loaded while a cell that imports it is checked; nothing else is before it has passed", async () => {
	const folder = JSON.stringify(join(__dirname, "../../../dist/engine"));
	const loaded = `Object.keys(require.cache).filter((file) => file === ${folder} + "/index.js").length`;
	expect((await kernel.client.execute(loaded)).result).toEqual({ "text/plain": "0" });
	await kernel.client.execute('import type { Tensor } from "gradbook"; type Later = () => typeof import("gradbook");');
	expect((await kernel.client.execute(loaded)).result).toEqual({ "text/plain": "0" });
	writeFileSync(join(kernel.folder, "marking.ts"), "Object.assign(globalThis, { marked: 1 }); export const mark = 1;");
	const wrong = 'import * as torch from "gradbook"; import { mark } from "./marking"; const text: string = mark;';
	expect((await kernel.client.execute(wrong)).reply.ename).toBe("TypeScriptError");
	expect((await kernel.client.execute(`[${loaded}, "marked" in globalThis]`)).result).toEqual({
		"text/plain": "[ 1, false ]",
	});
});

test("what the engine makes shows itself without an import of gradbook/display", async () => {
	const { reply } = await kernel.client.execute(
		'import * as torch from "gradbook"; const sgd = new torch.optim.SGD([torch.ones(1, { requiresGrad: true })], 0.1);',
	);
	expect(reply.status).toBe("ok");
	const shown = async (code: string) => Object.keys((await kernel.client.execute(code)).result ?? {});
	expect(await shown("new torch.optim.lrScheduler.StepLR(sgd, 3)")).toContain("application/vnd.plotly.v1+json");
	for (const code of [
		"sgd",
		"torch.ones(2)",
		"torch.ones(1, { requiresGrad: true }).mul(2).gradFn",
		"new torch.nn.ReLU()",
	])
		expect(await shown(code), code).toContain("text/html");
});

test("the stop button ends a cell whose types are being checked, and later cells know nothing of it", async () => {
	await kernel.client.execute("const kept = 7");
	const cell = kernel.client.request("execute_request", { code: slowTypes });
	await kernel.message(({ header, parent }) => header.msg_type === "execute_input" && parent.msg_id === cell.id);
	// Into the midst of the check, wherever that is.
	await new Promise((go) => setTimeout(go, 500));
	await kernel.interrupt();
	expect((await cell.reply()).content).toMatchObject({ status: "error", ename: "KeyboardInterrupt" });
	expect((await kernel.client.execute("kept")).result).toEqual({ "text/plain": "7" });
	expect((await kernel.client.execute("s1")).reply.evalue).toContain("Cannot find name 's1'");
});

test("a function of a local module goes no further than its next await where its cell is stopped", async () => {
	writeFileSync(
		join(kernel.folder, "walk.ts"),
		`export const steps: number[] = [];
		export async function walk(begun: () => void) {
			begun();
			for (;;) { await new Promise((go) => setTimeout(go, 5)); steps.push(1); }
		}`,
	);
	await kernel.client.execute('import { steps, walk } from "./walk"');
	const cell = kernel.client.request("execute_request", { code: 'await walk(() => console.log("begun"))' });
	await kernel.message(({ content, parent }) => content.text === "begun\n" && parent.msg_id === cell.id);
	await kernel.interrupt();
	expect((await cell.reply()).content).toMatchObject({ ename: "KeyboardInterrupt" });
	const { result } = await kernel.client.execute(
		"const before = steps.length; await new Promise((go) => setTimeout(go, 60)); steps.length - before",
	);
	expect(result).toEqual({ "text/plain": "0" });
});

test("a promise looks as it does elsewhere, without what Node notes on it", async () => {
	const { stdout, result } = await kernel.client.execute(
		"console.log(Promise.resolve(1)); [new Promise(() => {}), (async () => 2)()]",
	);
	expect(stdout).toBe("Promise { 1 }\n");
	expect(result).toEqual({ "text/plain": "[ Promise { <pending> }, Promise { 2 } ]" });
});

test("an error in code of eval names its cell alone", async () => {
	const { reply } = await kernel.client.execute('eval("nowhere")');
	expect((reply.traceback as string[]).filter((line) => line.includes(" at "))).toHaveLength(1);
});

test("a folder with spaces and letters of any script, and then without the folder", async () => {
	const folder = join(kernel.folder, "päth mit 空格 🙂");
	for (const [name, text] of Object.entries({
		"node_modules/esm-only/package.json": '{ "type": "module", "exports": { "import": "./index.js" } }',
		"node_modules/esm-only/index.js": "export const answer = 42;",
		"node_modules/esm-only/index.d.ts": "export declare const answer: number;",
		"größe.json": '{ "größe": [1, 2] }',
		"sub/helfer.ts": "export enum Farbe { Rot = 3 }\nexport const plus = (n: number): number => n + 1;",
		"tsconfig.json": '{ "compilerOptions": { "paths": { "@sub/*": ["./sub/*"] } } }',
	})) {
		mkdirSync(join(folder, name, ".."), { recursive: true });
		writeFileSync(join(folder, name), text);
	}
	const { client } = await startKernel({ main: wholeKernel, folder });
	const { result, reply } = await client.execute(
		`import { answer } from "esm-only"; import { Farbe, plus } from "@sub/helfer"; import { größe } from "./größe.json";
		[plus(answer), Farbe.Rot, größe.length, process.cwd().endsWith("🙂")]`,
	);
	expect(reply.evalue).toBeUndefined();
	expect(result).toEqual({ "text/plain": "[ 43, 3, 2, true ]" });
	rmSync(folder, { recursive: true });
	await client.execute("const still: number = 1");
	expect((await client.execute("still + plus(1)")).result).toEqual({ "text/plain": "3" });
});
