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
