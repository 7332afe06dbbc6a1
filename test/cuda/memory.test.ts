import { expect, test, vi } from "vitest";
import { runProgram } from "./program";
import { hasStandin, standinEnvironment } from "./standin";

/* What the allocator says of a card's memory, to people and to programs; with its cache, in a process of its own. */

vi.setConfig({ testTimeout: 120_000 });

const { GRADBOOK_NO_CUDA_MEMORY_CACHING: _, ...environment } = hasStandin ? standinEnvironment("memory=64") : {};

test.skipIf(!hasStandin)("the summary is PyTorch's table", () => {
	const { lines } = runProgram(
		`
		const { cuda } = torch;
		const a = torch.zeros(1000, { device: "cuda" });
		const b = torch.zeros(4 * 2 ** 20, { device: "cuda" });
		let c = torch.zeros(2 ** 19, { device: "cuda" });
		c.dispose();
		try { torch.empty(2 ** 26, { device: "cuda" }); } catch {}
		console.log(cuda.memorySummary());
		console.log(cuda.memorySummary(0, { abbreviated: true }).split("\\n").length);`,
		environment,
	);
	const rows = lines.map((line) => line.replace(/\s+/g, " "));
	expect(lines.slice(0, 6)).toEqual([
		"|===========================================================================|",
		"|                  PyTorch CUDA memory summary, device ID 0                 |",
		"|---------------------------------------------------------------------------|",
		"|            CUDA OOMs: 1            |        cudaMalloc retries: 1         |",
		"|===========================================================================|",
		"|        Metric         | Cur Usage  | Peak Usage | Tot Alloc  | Tot Freed  |",
	]);
	expect(new Set(lines.slice(0, -2).map((line) => line.length))).toEqual(new Set([77]));
	// 4096 bytes of a, 16 MiB of b, an empty tensor's 512 bytes in c's place.
	expect(rows).toContain("| Allocated memory | 16388 KiB | 18436 KiB | 18436 KiB | 2048 KiB |");
	expect(rows).toContain("| from large pool | 16384 KiB | 18432 KiB | 18432 KiB | 2048 KiB |");
	expect(rows).toContain("| from small pool | 4 KiB | 4 KiB | 4 KiB | 0 KiB |");
	expect(rows).toContain("| Allocations | 3 | 4 | 4 | 1 |");
	expect(lines.at(-1)).toBe("30");
});

test.skipIf(!hasStandin)("a notebook sees pieces and blocks", () => {
	const { lines } = runProgram(
		`
		const { cardMemory } = require(require.resolve("gradbook/display", { paths: [process.cwd()] }));
		const { cuda } = torch;
		const kept = [torch.zeros(1000, { device: "cuda" }), torch.zeros(4 * 2 ** 20, { device: "cuda" })];
		const step = cuda.graph((x) => x.mul(2).sum(), { warmup: 0 });
		step(kept[0]).item();
		const snapshot = cuda.memorySnapshot();
		console.log(JSON.stringify(snapshot.map((s) => [s.segmentType, s.segmentPoolId, s.totalSize, s.blocks[0].state])));
		const view = cardMemory();
		console.log(view.bundle()["text/plain"]);
		console.log(view.bundle()["text/html"].includes('role="img"'));`,
		environment,
	);
	expect(JSON.parse(lines[0]!)).toEqual(
		expect.arrayContaining([
			["small", 0, 2 ** 21, "active_allocated"],
			["large", 0, 2 ** 24, "active_allocated"],
			["small", 1, 2 ** 21, expect.any(String)],
		]),
	);
	const text = lines.join("\n");
	expect(text).toContain("Memory of Stand-in");
	expect(text).toMatch(/small blocks of graph memory 1 +2\.0 MB/);
	expect(text).toMatch(/large blocks +16\.0 MB +16\.0 MB +1 +█{20}/);
	expect(lines.at(-1)).toBe("true");
});

test.skipIf(!hasStandin)("a captured step trains in memory that is used again within it", () => {
	const { lines } = runProgram(
		`
		const { cuda, nn, optim } = torch;
		const losses = (captured) => {
			torch.manualSeed(3);
			const model = new nn.Sequential(new nn.Linear(64, 64), new nn.ReLU(), new nn.Linear(64, 64)).cuda();
			const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
			const x = torch.randn(32, 64, { device: "cuda" });
			const train = (x) => {
				optimizer.zeroGrad();
				const loss = model(x).sub(x).square().mean();
				loss.backward();
				optimizer.step();
				return loss;
			};
			const step = captured ? cuda.graph(train) : train;
			return JSON.stringify(Array.from({ length: 8 }, () => step(x).item()));
		};
		console.log(losses(false));
		console.log(losses(true));`,
		environment,
	);
	const [eager, captured] = lines.map((line) => JSON.parse(line) as number[]);
	expect(captured).toEqual(eager);
	expect(captured!.at(-1)).toBeLessThan(captured![0]!);
});

test.skipIf(!hasStandin)("blocks that come and go never overlap, and join again", () => {
	const { lines } = runProgram(
		`
		const { cuda } = torch;
		let seed = 7;
		const random = (n) => (seed = (seed * 48271) % 2147483647) % n;
		const streams = [cuda.defaultStream(), new cuda.Stream()];
		const [held, wrong] = [[], []];
		const take = () => {
			const n = [1, 100, 1000, 5000, 300_000, 600_000][random(6)];
			const [stream, value] = [streams[random(2)], random(1000)];
			held.push({ n, value, stream, handle: cuda.stream(stream, () => native.full([n], value, torch.float32.code, 1)) });
		};
		const letGo = () => {
			const [{ n, value, stream, handle }] = held.splice(random(held.length), 1);
			const found = cuda.stream(stream, () => native.toData(handle));
			for (let i = 0; i < n; i++) if (found[i] !== value) wrong.push([n, value, found[i]]);
			native.giveBack(handle);
		};
		// What the counts say of free blocks in the midst of used ones, and what is there.
		const split = () => {
			const blocks = cuda.memorySnapshot().flatMap(({ blocks }) => (blocks.length > 1 ? blocks : []));
			const free = blocks.filter(({ state }) => state === "inactive").map(({ size }) => size);
			const rows = cuda.memorySummary().split("\\n").filter((line) => line.includes("Non-releasable"));
			const [bytes, count] = rows.map((row) => parseInt(row.split("|")[2], 10));
			return [count - free.length, bytes - Math.floor(free.reduce((a, b) => a + b, 0) / 1024)];
		};
		const differ = [];
		for (let i = 0; i < 1500; i++) {
			if (held.length === 40 || (held.length > 0 && random(2) === 0)) letGo();
			else take();
			if (i % 50 === 0) differ.push(...split());
		}
		while (held.length > 0) letGo();
		console.log(JSON.stringify([...wrong, ...differ.filter((x) => x !== 0)]));
		console.log(JSON.stringify(cuda.memorySnapshot().map(({ blocks }) => blocks.map(({ state }) => state))));
		console.log(JSON.stringify([cuda.memoryAllocated(), ...split()]));`,
		{ ...standinEnvironment("memory=512"), GRADBOOK_NO_CUDA_MEMORY_CACHING: undefined },
	);
	expect(lines[0]).toBe("[]");
	for (const blocks of JSON.parse(lines[1]!) as string[][]) expect(blocks).toEqual(["inactive"]);
	expect(JSON.parse(lines[1]!).length).toBeGreaterThan(3);
	expect(lines[2]).toBe("[0,0,0]");
});
