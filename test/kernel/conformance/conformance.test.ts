import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith, needs, pathOf } from "../../support/requirements";
import { jupyterHome } from "./jupyter";

describeWith([needs.python], "the Jupyter project's conformance tests", () => {
	let home: ReturnType<typeof jupyterHome>;
	beforeAll(() => {
		home = jupyterHome();
	});
	afterAll(() => home.remove());

	test("all pass, and none is skipped", { timeout: 180_000 }, () => {
		const { env, folder } = home;
		const script = join(__dirname, "conformance.py");
		const result = spawnSync(pathOf(needs.python), [script], { env, cwd: folder, encoding: "utf8", timeout: 170_000 });
		// unittest reports on stderr, one line for each test and for each subtest that fails, then OK or FAILED.
		const report = `${result.stdout}${result.stderr}`;
		const states = [...report.matchAll(/^ *(\w+) \(.*\.\.\. ?([a-zA-Z]*)/gm)].map(
			([, name, state]) => `${name} ${state}`,
		);
		expect(
			states.filter((state) => !state.endsWith(" ok")),
			report,
		).toEqual([]);
		expect(states.length, report).toBe(13);
		expect(report).toMatch(/^OK$/m);
		expect(result.status).toBe(0);
	});
});
