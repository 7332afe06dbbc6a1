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
		// unittest reports on stderr, one line a test, then "Ran N tests" and OK or FAILED; subtests that fail are among them.
		const report = `${result.stdout}${result.stderr}`;
		expect(report).toMatch(/^Ran 1[5-9] tests/m);
		expect(report, report).toMatch(/^OK$/m);
		expect(result.status).toBe(0);
	});
});
