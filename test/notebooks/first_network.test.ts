import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { readNotebook } from "../../dist/kernel/runner/notebook";
import { startKernel } from "../kernel/support/kernel";

const folder = join(resolve(__dirname, "..", ".."), "notebooks");
const cells = readNotebook(join(folder, "01_first_network.ipynb")).cells.filter((cell) => cell.cell_type === "code");

/*
 * Chapter 1 over ZeroMQ; test/jupyterlab has it through a JupyterLab server and in the browser. The chapter itself throws
 * where fewer than 83 % of the test pictures are named rightly. The first run fetches the data.
 */
test("chapter 1 over ZeroMQ: every cell runs, and the network learns", { timeout: 480_000 }, async () => {
	const kernel = await startKernel({ main: undefined, folder });
	const seen = [];
	for (const { source } of cells) {
		const run = await kernel.client.execute(source);
		expect(run.reply, source).toMatchObject({ status: "ok" });
		seen.push(run);
	}
	const printed = seen.map((run) => run.stdout).join("");
	expect(printed).toContain("60000 + 10000 pictures of T-shirt/top, Trouser");
	expect(printed).toContain("(1): Linear(in_features=784, out_features=100, bias=True)");
	const [, loss, accuracy] = /epoch 3: mean loss (\d\.\d+), test accuracy (\d\d\.\d\d) %/.exec(printed) ?? [];
	expect(Number(loss)).toBeLessThan(0.45);
	expect(Number(accuracy)).toBeGreaterThan(83);
	const types = new Set(seen.flatMap((run) => run.messages.map(({ header }) => header.msg_type)));
	expect([...types]).toContain("update_display_data");
});
