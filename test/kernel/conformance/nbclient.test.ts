import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith, needs, pathOf } from "../../support/requirements";
import { jupyterHome } from "./jupyter";

interface Ran {
	problem: string | null;
	outputs: Record<string, unknown>[][];
	counts: (number | null)[];
}

describeWith([needs.python], "nbclient, which nbconvert --execute and papermill run notebooks with", () => {
	let home: ReturnType<typeof jupyterHome>;
	let ran: Record<"whole" | "failing" | "slow" | "goingOn", Ran>;
	beforeAll(() => {
		home = jupyterHome();
		const { env, folder } = home;
		const script = join(__dirname, "run_notebooks.py");
		const result = spawnSync(pathOf(needs.python), [script], { env, cwd: folder, encoding: "utf8", timeout: 110_000 });
		expect(result.status, result.stderr).toBe(0);
		ran = JSON.parse(result.stdout);
	}, 120_000);
	afterAll(() => home.remove());

	test("runs a notebook: streams, displays that are updated, the shell, results", () => {
		expect(ran.whole.problem).toBeNull();
		expect(ran.whole.counts).toEqual([1, 2, 3, 4]);
		expect(ran.whole.outputs).toMatchObject([
			[{ output_type: "stream", name: "stdout", text: "printed\n" }],
			[{ output_type: "display_data", data: { "text/html": "<i>2</i>" } }],
			[{ output_type: "stream", text: "from the shell\n" }],
			[{ output_type: "execute_result", data: { "text/plain": "42" } }],
		]);
	});

	test("stops at a cell that fails, with its error", () => {
		expect(ran.failing.problem).toBe("CellExecutionError");
		expect(ran.failing.outputs[1]).toMatchObject([{ output_type: "error", ename: "RangeError", evalue: "on purpose" }]);
		expect(ran.failing.counts).toEqual([1, 2, null]);
	});

	test("times out, and goes on by the stop button where it is told to", () => {
		expect(ran.slow.problem).toBe("CellTimeoutError");
		expect(ran.goingOn.problem).toBeNull();
		expect(ran.goingOn.outputs).toMatchObject([
			[{ output_type: "error", ename: "KeyboardInterrupt" }],
			[{ output_type: "execute_result", data: { "text/plain": "'after'" } }],
		]);
	});
});
