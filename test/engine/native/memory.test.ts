import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

/* What only a process of its own can show: memory, garbage collection, threads at rest, the stop button. */

const file = JSON.stringify(join(__dirname, "../../../dist/engine/core/native/index.js"));
const prelude = `
	const { native: n } = require(${file});
	const v8 = require("node:v8");
	v8.setFlagsFromString("--expose-gc");
	const gc = require("node:vm").runInNewContext("gc");
	n.setCollector((major) => (major ? gc() : gc({ type: "minor" })));
	const MB = 2 ** 20;
	const answer = (x) => console.log(JSON.stringify(x));
`;

/** Runs a program that answers with one line of JSON. */
function run(program: string): any {
	const result = spawnSync(process.execPath, ["-e", prelude + program], { encoding: "utf8", timeout: 60_000 });
	expect(result.stderr).toBe("");
	expect(result.status).toBe(0);
	return JSON.parse(result.stdout);
}

describe("nobody disposes", () => {
	test("20,000 tensors of 1 MB in a loop that never yields stay under 400 MB", () => {
		const { peak, live, stats } = run(`
			let last;
			for (let i = 0; i < 20000; i++) last = n.full([512, 512], i, 6);
			if (n.item(n.amax(last, null, false)) !== 19999) throw new Error("wrong");
			const stats = n.memoryStats();
			last = undefined;
			gc();
			answer({ peak: process.resourceUsage().maxRSS / 1024, live: n.memoryStats().liveTensors, stats });
		`);
		expect(peak).toBeLessThan(400);
		expect(live).toBeLessThan(5);
		expect(stats.minorCollections).toBeGreaterThan(50);
	});

	test("small tensors by the million do not pile up either, and views hold their storage only as long as they live", () => {
		const { peak, live, allocated } = run(`
			let x = n.full([4], 1, 6);
			for (let i = 0; i < 1000000; i++) x = n.mul(n.alias(x), 1);
			const base = n.full([MB], 3, 6);
			let view = n.slice(base, 0, 5, 6, 1);
			gc();
			const held = n.memoryStats().allocatedBytes;
			view = undefined;
			gc();
			answer({ peak: process.resourceUsage().maxRSS / 1024, live: n.memoryStats().liveTensors, allocated: held });
		`);
		expect(peak).toBeLessThan(400);
		expect(live).toBeLessThan(10);
		expect(allocated).toBeGreaterThan(4 * 2 ** 20);
	});

	test("results larger than the budget, beside tensors that stay, take minor collections alone", () => {
		const { minors, majors, allocated } = run(`
			const kept = [1, 2, 3].map((i) => n.full([10 * MB], i, 6));
			for (let i = 0; i < 10; i++) n.mul(kept[0], 2);
			const before = n.memoryStats();
			for (let i = 0; i < 40; i++) n.mul(kept[0], 2);
			const { minorCollections, majorCollections, allocatedBytes } = n.memoryStats();
			answer({
				minors: minorCollections - before.minorCollections,
				majors: majorCollections - before.majorCollections,
				allocated: allocatedBytes / MB,
			});
		`);
		expect(minors).toBeGreaterThan(15);
		expect(majors).toBeLessThan(5);
		expect(allocated).toBeLessThan(300);
	});

	test("garbage that has grown old is collected as well", () => {
		const { peak, majors } = run(`
			// Each round keeps tensors through two collections, then drops them.
			for (let round = 0; round < 60; round++) {
				const kept = [];
				for (let i = 0; i < 80; i++) kept.push(n.full([512, 512], i, 6));
			}
			answer({ peak: process.resourceUsage().maxRSS / 1024, majors: n.memoryStats().majorCollections });
		`);
		expect(peak).toBeLessThan(500);
		expect(majors).toBeGreaterThan(0);
	});
});

describe("memory that cannot be had is an error that can be caught", () => {
	test("beyond the limit: what was asked, what is held, what is allowed; then all goes on", () => {
		const { messages, after } = run(`
			n.setMemoryLimits(0, 200 * MB);
			const messages = [];
			const attempt = (f) => { try { f(); messages.push("none"); } catch (e) { messages.push(e.message); } };
			const held = n.full([25 * MB], 1, 6);
			attempt(() => n.add(n.full([15 * MB], 1, 6), n.full([15 * MB], 1, 6), 1));
			attempt(() => n.empty([2 ** 40], 7));
			for (let i = 0; i < 100; i++) n.full([10 * MB], i, 6);
			answer({ messages, after: n.item(n.sum(held, null, false, -1)) });
		`);
		expect(messages[0]).toMatch(
			/^\[full\] out of memory: tried to allocate 60\.00 MiB; tensors hold \d+\.\d\d MiB, .* are cached, the limit is 200\.00 MiB$/,
		);
		expect(messages[1]).toMatch(/^\[empty\] out of memory: tried to allocate 8192\.00 GiB/);
		expect(after).toBe(25 * 2 ** 20);
	});

	test("without a limit of its own, the machine's memory is one", () => {
		const { message } = run(`
			let message;
			try { n.empty([2 ** 45], 0); } catch (e) { message = e.message; }
			answer({ message });
		`);
		expect(message).toMatch(/^\[empty\] out of memory: tried to allocate 32768\.00 GiB; .*the limit is/);
	});

	test("an error within an op leaves no tensor behind", () => {
		const { before, after } = run(`
			const x = n.full([3, 4], 1, 6);
			gc();
			const before = n.memoryStats().liveTensors;
			for (let i = 0; i < 1000; i++) try { n.matmul(x, x); } catch {}
			for (let i = 0; i < 1000; i++) try { n.cat([x, x, null], 0); } catch {}
			gc();
			answer({ before, after: n.memoryStats().liveTensors });
		`);
		expect(after).toBe(before);
	});
});

test("memory is used again, and given back when asked", () => {
	const { cached, emptied } = run(`
		for (let i = 0; i < 10; i++) n.full([8 * MB], 1, 6);
		gc();
		const cached = n.memoryStats().cachedBytes;
		n.emptyCache();
		answer({ cached, emptied: n.memoryStats().cachedBytes });
	`);
	expect(cached).toBeGreaterThanOrEqual(32 * 2 ** 20);
	expect(emptied).toBe(0);
});

test("small blocks go back with the slab that they lie in, once nothing of it is in use", () => {
	const { cached, kept, sum, emptied } = run(`
		const keep = n.full([1000], 2, 6);
		for (let i = 0; i < 1000; i++) n.full([5000 + 16 * (i % 100)], 1, 6);
		gc();
		const cached = n.memoryStats().cachedBytes;
		n.emptyCache();
		const kept = n.memoryStats().cachedBytes;
		// What was given back is not given out again.
		for (let i = 0; i < 1000; i++) n.full([5000 + 16 * (i % 100)], 1, 6);
		const sum = n.item(n.sum(keep, null, false, -1));
		n.setData_(keep, n.empty([0], 6));
		gc();
		n.emptyCache();
		answer({ cached, kept, sum, emptied: n.memoryStats().cachedBytes });
	`);
	expect(cached).toBeGreaterThan(20 * 2 ** 20);
	expect(kept).toBeLessThan(8 * 2 ** 20);
	expect(sum).toBe(2000);
	expect(emptied).toBeLessThan(8 * 2 ** 20);
});

test("blocks of sizes that are no longer asked for give way to those that are", () => {
	const { filled, taken } = run(`
		const fill = () => Array.from({ length: 15 }, () => n.full([4 * MB], 1, 6)).length;
		fill();
		gc();
		const filled = n.memoryStats().cachedBytes;
		for (let i = 0; i < 40; i++) n.full([16 * MB], 1, 6);
		gc();
		const before = n.memoryStats().cachedBytes;
		const held = n.full([16 * MB], 1, 6);
		answer({ filled, taken: before - n.memoryStats().cachedBytes });
	`);
	expect(filled).toBeGreaterThanOrEqual(15 * 16 * 2 ** 20);
	expect(taken).toBe(64 * 2 ** 20);
});

test("threads at rest use no processor", () => {
	const { used, before, after } = run(`
		n.setNumThreads(4);
		const x = n.full([512, 512], 1, 6);
		for (let i = 0; i < 20; i++) n.mm(x, x);
		setTimeout(() => {
			const start = process.cpuUsage();
			setTimeout(() => {
				const { user, system } = process.cpuUsage(start);
				answer({ used: (user + system) / 1000, before: 0, after: n.getNumThreads() });
			}, 600);
		}, 50);
	`);
	expect(after).toBe(4);
	expect(before).toBe(0);
	expect(used).toBeLessThan(150);
});

test("several threads of JavaScript use the engine side by side", () => {
	const { sums } = run(`
		const { Worker } = require("node:worker_threads");
		const code = \`
			const { native: n } = require(${file.replaceAll("\\", "\\\\")});
			let x = n.full([300, 300], 0.01, 6);
			for (let i = 0; i < 200; i++) x = n.mul(n.mm(x, x), 1 / 3);
			require("node:worker_threads").parentPort.postMessage(n.item(n.sum(n.full([300000], 1, 6), null, false, -1)));
		\`;
		const workers = Array.from({ length: 3 }, () => new Worker(code, { eval: true }));
		Promise.all(workers.map((w) => new Promise((done) => w.on("message", done)))).then((sums) => answer({ sums }));
	`);
	expect(sums).toEqual([300000, 300000, 300000]);
});

const longOps = [
	["mm", "const x = n.full([6000, 6000], 1, 6);", "n.mm(x, x)"],
	[
		"rnnLayer",
		`const x = n.full([16000, 64], 1, 6), sizes = n.full([500], 32, 4), state = n.full([1, 32, 128], 0, 6);
		const weights = [n.full([512, 64], 0.1, 6), n.full([512, 128], 0.1, 6), null, null, null];`,
		"n.rnnLayer(2, x, sizes, state, state, weights)",
	],
	["attention", "const x = n.full([8, 8, 4000, 64], 0.1, 6);", "n.attention(x, x, x, null, false, 0.1)"],
] as const;

test.each(longOps)("the stop button ends a long %s, on all threads, and the next op runs", async (op, made, call) => {
	const program = `${prelude}
		const flag = new Int32Array(new SharedArrayBuffer(4));
		n.setInterruptFlag(flag);
		const { Worker } = require("node:worker_threads");
		const worker = new Worker(\`
			const { workerData, parentPort } = require("node:worker_threads");
			parentPort.on("message", () => setTimeout(() => { workerData[0] = 1; }, 100));
		\`, { eval: true, workerData: flag });
		worker.on("online", () => {
			n.setNumThreads(2);
			${made}
			let message = "none";
			worker.postMessage(0);
			try { for (let i = 0; i < 50; i++) ${call}; } catch (e) { message = e.message; }
			flag[0] = 0;
			answer({ message, next: n.item(n.sum(n.full([3], 2, 6), null, false, -1)) });
			process.exit();
		});
	`;
	const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
	let text = "";
	for await (const part of child.stdout) text += part;
	expect(JSON.parse(text)).toEqual({ message: `[${op}] interrupted`, next: 6 });
});
