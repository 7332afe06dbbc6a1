import { afterAll, beforeAll, expect, test } from "vitest";
import type { CodeCell } from "../../../dist/kernel/runner/notebook";
import { withParameters } from "../../../dist/kernel/runner/parameters";
import { KernelProcess } from "../../../dist/kernel/runner/process";

/** Cells of a whole kernel: compiled, run, and what a client sees of them. */

let kernel: KernelProcess;
beforeAll(async () => {
	kernel = await KernelProcess.start();
});
afterAll(() => kernel.stop());

test("display and __dirname are there without an import", async () => {
	const { outputs, result } = await kernel.client.execute("display(1); __dirname === process.cwd()");
	expect(outputs[0]!.content.data).toEqual({ "text/plain": "1" });
	expect(result).toEqual({ "text/plain": "true" });
});

test("an error that is printed names the lines of its cell, and none of the kernel's", async () => {
	const { stdout } = await kernel.client.execute("1\nconsole.log(new Error('printed'))");
	expect(stdout).toMatch(/^Error: printed\n {4}at Cell \[\d+\], line 2, column 13\n$/);
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
