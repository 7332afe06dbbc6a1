import { describe, expect, test, vi } from "vitest";
import { runProgram } from "./program";
import { hasStandin, standinEnvironment } from "./standin";

/*
 * The thread that makes the driver's calls. The suites on the stand-in run with it throughout; here is when it is used, what becomes
 * of errors, and that nothing is lost or overtaken.
 */

vi.setConfig({ testTimeout: 120_000 });

/** `use`: GRADBOOK_LAUNCH_THREAD. With the cache of memory: without it each result that goes waits for the thread. */
function run(program: string, use: string | undefined, settings = "", more: Record<string, string> = {}) {
	const environment = { ...standinEnvironment(settings), GRADBOOK_NO_CUDA_MEMORY_CACHING: undefined, ...more };
	return runProgram(
		`torch.setDefaultDevice("cuda");
		const counts = () => ({ launched: native.cudaCompileStats().launched, byThread: native.cudaCallsByThread() });
		const pause = (ms) => { const until = performance.now() + ms; while (performance.now() < until); };
		${program}`,
		{ ...environment, GRADBOOK_LAUNCH_THREAD: use },
	).lines;
}

describe.skipIf(!hasStandin)("the launch thread", () => {
	const one = "const x = torch.zeros(3); x.add_(1); torch.cuda.synchronize();";

	test("is left alone by what is done now and then, and used where operations follow each other", () => {
		const [single, many, sum] = run(
			`${one}
			for (let i = 0; i < 20; i++) { x.add_(1); pause(1); }
			show(() => counts().byThread);
			const before = counts();
			for (let i = 0; i < 5000; i++) x.add_(1);
			torch.cuda.synchronize();
			show(() => counts().byThread - before.byThread > 2500);
			show(() => x.tolist());`,
			undefined,
		);
		// With one core the thread would only stand in the way.
		const cores = Number(run("show(() => torch.getNumThreads());", undefined)[0]);
		expect([single, many, sum]).toEqual(["0", String(cores > 1), "5021,5021,5021"]);
	});

	test("can be left out, and is where every operation waits", () => {
		const program = `${one} for (let i = 0; i < 500; i++) x.add_(1); show(() => x.tolist()); show(() => counts().byThread);`;
		expect(run(program, "off")).toEqual(["501,501,501", "0"]);
		expect(run(program, "always", "", { CUDA_LAUNCH_BLOCKING: "1" })).toEqual(["501,501,501", "0"]);
		expect(Number(run(program, "always")[1])).toBeGreaterThan(500);
		expect(run("show(() => torch.zeros(3));", "sometimes")).toEqual([
			"[zeros] expected GRADBOOK_LAUNCH_THREAD to be auto, always or off, got sometimes",
		]);
	});

	test("the program goes on while the driver is busy, and waits where it reads", () => {
		const lines = run(
			`${one}
			const before = counts();
			for (let i = 0; i < 6; i++) x.add_(1);
			show(() => counts().launched - before.launched);
			show(() => counts().byThread - before.byThread < 6);
			show(() => x.tolist());
			show(() => counts().byThread - before.byThread >= 6);`,
			"always",
			"slow=50",
		);
		expect(lines).toEqual(["6", "true", "7,7,7", "true"]);
	});

	test("more calls than have room, of all sizes, come in their order", () => {
		const lines = run(
			`const many = Array.from({ length: 60 }, (_, i) => torch.zeros(2).requiresGrad_());
			const optimizer = new torch.optim.SGD(many, { lr: 1, foreach: true });
			const x = torch.ones(4), expected = [1, 1, 1, 1];
			let seed = 1;
			for (let i = 0; i < 4000; i++) {
				seed = (seed * 48271) % 2147483647;
				const k = seed % 4, at = (seed >> 4) % 4, value = (seed >> 8) % 7;
				if (k === 0) { x.mul_(2).remainder_(1009); for (let j = 0; j < 4; j++) expected[j] = (expected[j] * 2) % 1009; }
				if (k === 1) { x.add_(value); for (let j = 0; j < 4; j++) expected[j] += value; }
				if (k === 2) { x.copy_(torch.cat([x.narrow(0, 1, 3), x.narrow(0, 0, 1)])); expected.push(expected.shift()); }
				if (k === 3) { x.select(0, at).fill_(value); expected[at] = value; }
				if (i % 200 === 0) { for (const p of many) p.grad = torch.ones(2); optimizer.step(); }
				if (i % 997 === 0) show(() => x.tolist().join() === expected.join());
			}
			show(() => x.tolist().join() === expected.join());
			show(() => many.every((p) => p.tolist().join() === "-20,-20"));`,
			"always",
		);
		expect(lines).toEqual(Array(7).fill("true"));
	});

	test("an error names the operation that it is of, where the next one is queued or a value is read, and work goes on", () => {
		const failing = `
			const x = torch.ones(3), y = torch.ones(3, { dtype: torch.int64 });
			torch.cuda.synchronize();
			show(() => { x.exp(); pause(20); return "queued"; });
			show(() => x.mul(2));
			show(() => { x.exp(); return "queued"; });
			show(() => x.tolist());
			show(() => x.tolist());`;
		const message =
			"[exp] CUDA: the kernel could not be started: unspecified launch failure (CUDA_ERROR_LAUNCH_FAILED)";
		expect(run(failing, "always", "fail=flat")).toEqual(["queued", message, "queued", message, "1,1,1"]);
		expect(run(failing, "off", "fail=flat")[0]).toBe(message);
		// A cell that is tried out is told at once.
		expect(run(failing, undefined, "fail=flat")[0]).toBe(message);
	});

	test("a program may end with work queued", () => {
		const started = performance.now();
		const lines = run(
			`${one} for (let i = 0; i < 200; i++) x.add_(1); show(() => "end"); process.exit(0);`,
			"always",
			"slow=100",
		);
		expect(lines).toEqual(["end"]);
		// Two hundred calls would take 20 seconds.
		expect(performance.now() - started).toBeLessThan(15_000);
	});

	test("other threads of the program queue for themselves", () => {
		const lines = run(
			`const { Worker } = require("node:worker_threads");
			const x = torch.zeros(3);
			for (let i = 0; i < 100; i++) x.add_(1);
			show(() => x.tolist());
			const source = (path, native) => {
				const torch = require(path), { parentPort } = require("node:worker_threads");
				const y = torch.ones(5, { device: "cuda" });
				for (let i = 0; i < 300; i++) y.add_(1);
				parentPort.postMessage([y.sum().item(), require(native).native.cudaCallsByThread()]);
			};
			const [path, addon] = ["engine/index.js", "engine/core/native/index.js"].map((name) => Object.keys(require.cache).find((f) => f.endsWith(name)));
			const before = counts().byThread;
			const worker = new Worker("(" + source + ")(" + JSON.stringify(path) + "," + JSON.stringify(addon) + ")", { eval: true });
			worker.on("message", ([sum, made]) => { show(() => [sum, made - before]); x.add_(1); show(() => x.tolist()); });`,
			"always",
		);
		expect(lines).toEqual(["100,100,100", "1505,0", "101,101,101"]);
	});
});
