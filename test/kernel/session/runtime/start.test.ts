import { join } from "node:path";
import { expect, test } from "vitest";
import { DebugFrontEnd } from "../../debugger/front-end";
import { startKernel, wholeKernel } from "../../support/kernel";

/* The transport thread answers before the main thread has begun: what needs the other waits for it. */

const env = { ...process.env, NODE_OPTIONS: `--require "${join(__dirname, "../../support/slow-start.cjs")}"` };
const start = () => startKernel({ env, main: wholeKernel });

test.each(["the stop button", "SIGINT"])("%s at the start leaves a kernel that runs cells", async (how) => {
	const kernel = await start();
	if (how === "SIGINT") kernel.child.kill("SIGINT");
	else void kernel.interrupt();
	// This one may be stopped.
	await kernel.client.execute("1");
	expect((await kernel.client.execute("1 + 1")).result).toEqual({ "text/plain": "2" });
});

test("a cell that is sent at the start can be stopped at once", async () => {
	const kernel = await start();
	const cell = kernel.client.request("execute_request", { code: "for (;;) ;" });
	await kernel.message(({ header, parent }) => header.msg_type === "execute_input" && parent.msg_id === cell.id);
	await kernel.interrupt();
	expect((await cell.reply()).content).toMatchObject({ ename: "KeyboardInterrupt" });
	expect((await kernel.client.execute("1 + 1")).result).toEqual({ "text/plain": "2" });
});

test("a kernel can be told to leave at the start", async () => {
	expect(await (await start()).stop()).toEqual({ code: 0, signal: null });
});

test("a debugger that attaches at the start is answered", async () => {
	const kernel = await start();
	const page = new DebugFrontEnd(kernel);
	await page.attach();
	const cell = "let n = 0;\nn++;\nn";
	await page.breakAt(cell, 2);
	const run = kernel.client.execute(cell);
	expect((await page.stopped()).frames).toEqual(["<cell>:2"]);
	await page.do("continue", {});
	expect((await run).result).toEqual({ "text/plain": "1" });
});

test("a profile names the places in cells from which operations were called", { timeout: 60_000 }, async () => {
	const kernel = await startKernel({ main: wholeKernel });
	const { stdout } = await kernel.client.execute(
		`import * as torch from "gradbook";
interface Pair { x: torch.Tensor }

function caller(pair: Pair) {
	return pair.x.exp();
}
const x = torch.ones(3);
const profile = torch.profiler.profile({ withStack: true }, () => caller({ x }));
console.log(JSON.stringify(profile.events()[0]!.stack));`,
	);
	const places = JSON.parse(stdout) as string[];
	expect(places[0]).toMatch(/^caller Cell \[\d+\], line 5, column \d+$/);
	expect(places.every((place) => place.includes("Cell ["))).toBe(true);
});
