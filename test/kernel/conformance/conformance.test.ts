import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { installInto } from "../../../dist/kernel/install";
import { describeWith, needs, pathOf } from "../../support/requirements";

describeWith([needs.python], "the Jupyter project's conformance tests", () => {
	let folder: string;
	beforeAll(() => {
		folder = mkdtempSync(join(tmpdir(), "gradbook-conformance-"));
		installInto(folder);
	});
	afterAll(() => rmSync(folder, { recursive: true }));

	test("all pass, and none is skipped", { timeout: 180_000 }, () => {
		const env = { ...process.env, JUPYTER_PATH: folder, JUPYTER_RUNTIME_DIR: folder, JUPYTER_CONFIG_DIR: folder };
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
