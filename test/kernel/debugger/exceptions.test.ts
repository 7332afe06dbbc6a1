import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { TestKernel } from "../support/kernel";
import { type DebugFrontEnd, debugged } from "./front-end";

let kernel: TestKernel;
let page: DebugFrontEnd;
beforeAll(async () => {
	({ kernel, page } = await debugged());
});

describe("exceptions", () => {
	test("stop where they are thrown, as their kind is asked for", { timeout: 60_000 }, async () => {
		const uncaught = 'const bad = 1;\nthrow new TypeError("not " + bad);';
		const caught = 'try {\n  JSON.parse("{");\n} catch (error) {}\n"went on"';
		expect((await kernel.client.execute(uncaught)).reply.status).toBe("error");

		await page.do("setExceptionBreakpoints", { filters: ["uncaught"] });
		const run = kernel.client.execute(uncaught);
		const stop = await page.stopped();
		expect(stop).toMatchObject({ reason: "exception", frames: ["<cell>:2"] });
		expect(stop.text).toBe("TypeError: not 1");
		expect(await page.variables("Locals")).toMatchObject({ "(thrown)": "TypeError: not 1", bad: "1" });
		expect(await page.do("exceptionInfo", { threadId: 1 })).toMatchObject({ exceptionId: "TypeError" });
		await page.do("continue", {});
		expect((await run).reply).toMatchObject({ status: "error", ename: "TypeError", evalue: "not 1" });
		expect((await kernel.client.execute(caught)).result).toEqual({ "text/plain": "'went on'" });

		await page.do("setExceptionBreakpoints", { filters: ["caught"] });
		expect((await kernel.client.execute(uncaught)).reply.status).toBe("error");
		const second = kernel.client.execute(caught);
		expect((await page.stopped()).frames).toEqual(["<cell>:2"]);
		await page.do("continue", {});
		await second;

		await page.do("setExceptionBreakpoints", { filters: [] });
		expect((await kernel.client.execute(uncaught)).reply.status).toBe("error");
		expect(page.events.filter(({ event }) => event === "stopped")).toHaveLength(2);
	});

	test.each([
		[
			"in a function after an await",
			'async function late() {\n  await 1;\n  throw new Error("late");\n}\nawait late();',
			"late:3",
		],
		[
			"in the engine, at the user's line",
			'import * as torch from "gradbook";\nawait 1;\ntorch.ones(2, 3).matmul(torch.ones(2, 3));',
			"<cell>:3",
		],
		[
			"in a callback of the engine",
			'import { nn, ones } from "gradbook";\nclass Broken extends nn.Module {\n  forward(x: unknown) {\n    throw new Error("here");\n    return x;\n  }\n}\nnew Broken()(ones(1));',
			"forward:4",
		],
		["in node, at the user's line", 'import { readFileSync } from "node:fs";\nreadFileSync("nowhere");', "<cell>:2"],
		["in a callback of a built-in function", "const f = () => {\n  null!.x;\n};\n[1].map(f);", "f:2"],
	])("%s are uncaught", async (_, cell, place) => {
		await page.do("setExceptionBreakpoints", { filters: ["uncaught"] });
		const run = kernel.client.execute(cell.replace("null!.x", "(null as any).x"));
		const { reason, frames } = await page.stopped();
		expect([reason, frames[0]]).toEqual(["exception", place]);
		await page.do("continue", {});
		expect((await run).reply.status).toBe("error");
	});

	test.each([
		["by a caller", 'const f = () => { throw new Error("x"); };\ntry { f(); } catch {}'],
		[
			"by a caller that awaits",
			'const f = async () => { await 1; throw new Error("x"); };\ntry { await f(); } catch {}',
		],
		["by .catch", 'const f = async () => { await 1; throw new Error("x"); };\nawait f().catch(() => {});'],
		[
			"by a library",
			'import { existsSync } from "node:fs";\nexistsSync("\\0");\nimport { readFile } from "node:fs/promises";\nawait readFile("nowhere").catch(() => {});',
		],
		["by the loader of modules", 'const name = "waits";\nvoid (await import(name)).a;'],
	])("caught %s do not stop", async (_, cell) => {
		const library = join(kernel.folder, "node_modules", "waits");
		mkdirSync(library, { recursive: true });
		writeFileSync(join(library, "package.json"), '{ "name": "waits", "type": "module", "exports": "./index.js" }');
		writeFileSync(join(library, "index.js"), "export const a = await 1;");
		await page.do("setExceptionBreakpoints", { filters: ["uncaught"] });
		const before = page.events.filter(({ event }) => event === "stopped").length;
		expect((await kernel.client.execute(cell)).reply).toMatchObject({ status: "ok" });
		expect(page.events.filter(({ event }) => event === "stopped")).toHaveLength(before);
	});
});
