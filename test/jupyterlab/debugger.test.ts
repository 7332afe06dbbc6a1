import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith, needs } from "../support/requirements";
import { type NotebookPage, openInBrowser, pictures } from "./browser";
import { type LabServer, startLab } from "./server";

const cells = [
	'import * as torch from "gradbook";\nimport { nn } from "gradbook";\n\nvoid torch.manualSeed(0);',
	[
		"class Net extends nn.Module {",
		"  hidden = new nn.Linear(2, 3);",
		"  out = new nn.Linear(3, 1);",
		"",
		"  forward(x: torch.Tensor): torch.Tensor {",
		"    const h = this.hidden(x).relu();",
		"    const y = this.out(h);",
		"    return y;",
		"  }",
		"}",
		"const net = new Net();",
	].join("\n"),
	[
		"const x = torch.ones(4, 2);",
		"let total = 0;",
		"for (let step = 0; step < 3; step++) {",
		"  const y = net(x);",
		"  total += y.sum().item();",
		"}",
		"console.log(total.toFixed(2), 'after three steps');",
	].join("\n"),
];

describeWith([needs.jupyterlab, needs.chromium], "JupyterLab's debugger", () => {
	let folder: string;
	let server: LabServer;
	let notebook: NotebookPage;
	beforeAll(async () => {
		folder = mkdtempSync(join(tmpdir(), "gradbook-debugger-"));
		const metadata = {
			kernelspec: { name: "gradbook", display_name: "TypeScript (gradbook)", language: "typescript" },
		};
		const code = cells.map((source, index) => ({
			cell_type: "code",
			id: `c${index}`,
			metadata: {},
			source,
			outputs: [],
			execution_count: null,
		}));
		writeFileSync(
			join(folder, "debugged.ipynb"),
			JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata, cells: code }),
		);
		server = await startLab(folder);
		mkdirSync(pictures, { recursive: true });
	}, 90_000);
	afterAll(async () => {
		await notebook?.close();
		await server?.close();
		rmSync(folder, { recursive: true });
	});

	test("stops at a line that was clicked, shows variables, steps and goes on", { timeout: 120_000 }, async () => {
		notebook = await openInBrowser(server, "debugged.ipynb");
		const { page } = notebook;
		const picture = (name: string) => page.screenshot({ path: join(pictures, `debugger-${name}.png`) });
		await page.setViewportSize({ width: 1280, height: 720 });
		const cell = (index: number) => page.locator(".jp-CodeCell").nth(index);
		const here = (index: number, text: string) =>
			cell(index).locator(".jp-DebuggerEditor-highlight", { hasText: text }).waitFor();
		const printed = cell(2).locator(".jp-OutputArea-output", { hasText: "after three steps" });
		const variables = page.locator(".jp-DebuggerVariables");
		const stack = page.locator(".jp-DebuggerCallstackFrame");
		await page.keyboard.press("Control+b");
		await page.locator(".jp-DebuggerBugButton").click();
		await page.locator(".jp-DebuggerBugButton[aria-pressed=true]").waitFor();
		// The first element of a gutter only gives it its width.
		await cell(1).locator(".cm-gutter.cm-breakpoint-gutter .cm-gutterElement").nth(7).click();
		await page.locator(".jp-DebuggerBreakpoint").waitFor();
		await page.getByRole("menuitem", { name: "Run", exact: true }).click();
		await page.getByRole("menuitem", { name: "Run All Cells", exact: true }).click();

		await here(1, "const y = this.out(h);");
		const h = variables.getByText("h", { exact: true });
		await h.waitFor();
		const seen = await variables.textContent();
		expect(seen).toMatch(/^thisNet\( \(hidden\): Linear\(in_features=2, out_features=3, bias=True\)/);
		expect(seen).toContain("xtensor([[1., 1.], [1., 1.], [1., 1.], [1., 1.]])");
		expect(seen).toMatch(/htensor\(\[\[.*grad_fn=<ReluBackward0>\)/);
		expect(await stack.allTextContents()).toEqual(["forwardCell [2]:7", "<cell>Cell [*]:4"]);
		await h.click();
		await variables.getByText("shape", { exact: true }).waitFor();
		expect(await variables.textContent()).toContain("shape[ 4, 3 ]dtypefloat32devicecpurequiresGradtruegradnull");
		await picture("stopped");

		const toolbar = page.locator(".jp-DebuggerPausedOverlay");
		await toolbar.getByTitle("Next").click();
		await here(1, "return y;");
		await stack.nth(1).click();
		await here(2, "const y = net(x);");
		await variables.getByText("step", { exact: true }).waitFor();
		expect(await variables.textContent()).toMatch(/step0.*total0/);

		// Twice more, then the loop is over.
		for (const turn of [1, 2]) {
			await toolbar.getByTitle("Continue").click();
			await here(1, "const y = this.out(h);");
			await stack.nth(1).click();
			await variables
				.locator("jp-tree-item", { hasText: new RegExp(`^step\\s*${turn}`) })
				.first()
				.waitFor();
		}
		await toolbar.getByTitle("Continue").click();
		await printed.waitFor();
		expect(await page.locator(".jp-DebuggerEditor-highlight").count()).toBe(0);

		// "Restart Kernel and Debug" runs all cells: breakpoints outlive the kernel that they were set in.
		await page.evaluate(() => void (globalThis as any).jupyterapp.commands.execute("debugger:restart-debug"));
		await page.getByRole("button", { name: "Confirm Kernel Restart" }).click();
		await printed.waitFor({ state: "detached" });
		await here(1, "const y = this.out(h);");
		await picture("restarted-stopped");
		await page.locator(".jp-DebuggerBugButton").click();
		await printed.waitFor();
		expect(notebook.problems).toEqual([]);
	});
});
