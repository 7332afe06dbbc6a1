import { describe, expect, test, vi } from "vitest";
import { nothing, runProgram } from "./program";
import { hasStandin, standinEnvironment } from "./standin";

/* What may go wrong with a card, each in a process of its own: a sentence, and the CPU goes on working. */

vi.setConfig({ testTimeout: 120_000 });

const run = (program: string, environment: Record<string, string | undefined>) =>
	runProgram(program, environment).lines;

describe("without a card", () => {
	const ask =
		'show(() => torch.cuda.isAvailable()); show(() => torch.ones(2, { device: "cuda" })); show(() => torch.ones(2).add(1));';

	test("a library that is named and is not there is no other one", () => {
		expect(run(ask, { ...nothing, GRADBOOK_LIBCUDA: "/nowhere/libcuda.so.1" })).toEqual([
			"false",
			expect.stringMatching(
				/^\[ones\] device 'cuda' is not available: NVIDIA's driver could not be loaded from GRADBOOK_LIBCUDA=\/nowhere\/libcuda\.so\.1/,
			),
			"tensor([2., 2.])",
		]);
	});

	test("CUDA can be switched off", () => {
		const [available, message] = run(ask, { ...nothing, GRADBOOK_LIBCUDA: "off" });
		expect(available).toBe("false");
		expect(message).toContain("NVIDIA's driver is switched off by GRADBOOK_LIBCUDA=off");
	});

	test.skipIf(!hasStandin)("a driver too old, no card, no compiler: each says so", () => {
		const problem = (settings: string, more: Record<string, string> = {}) =>
			run(ask, { ...standinEnvironment(settings), ...more })[1];
		expect(problem("driver=11080")).toMatch(
			/is too old: it knows CUDA 11\.8, and the engine needs a driver for CUDA 12\.0/,
		);
		expect(problem("devices=0")).toMatch(/is there, but no card that it can use$/);
		expect(problem("init=100")).toMatch(/does not start: no CUDA-capable device is detected \(CUDA_ERROR_NO_DEVICE\)$/);
		expect(problem("", { GRADBOOK_NVRTC: "off" })).toMatch(/NVRTC is switched off by GRADBOOK_NVRTC=off$/);
	});
});

describe.skipIf(!hasStandin)("a card", () => {
	test("out of memory: collected first, then an error that says asked, held and free, and work goes on", () => {
		const lines = run(
			`
			for (let i = 0; i < 40; i++) torch.zeros(4 * 2 ** 20, { device: "cuda" });
			show(() => torch.cuda.memoryAllocated() <= 64 * 2 ** 20);
			const kept = [];
			show(() => { for (;;) kept.push(torch.zeros(4 * 2 ** 20, { device: "cuda" })); });
			show(() => kept.length);
			kept.length = 0;
			show(() => torch.ones(1000, { device: "cuda" }).sum().item());`,
			standinEnvironment("memory=64"),
		);
		expect(lines).toEqual([
			"true",
			"[zeros] CUDA out of memory: tried to allocate 16.00 MiB on cuda:0 (Stand-in, 64.00 MiB in all, 0 bytes free); tensors hold 64.00 MiB, 0 bytes are cached",
			"4",
			"1000",
		]);
	});

	test("blocks are rounded, split, joined and given back as PyTorch's allocator does", () => {
		const { GRADBOOK_NO_CUDA_MEMORY_CACHING: _, ...environment } = standinEnvironment();
		const lines = run(
			`
			const { cuda } = torch;
			const state = () => { const s = cuda.memoryStats(); return [s.allocatedBytes, s.reservedBytes, s.segments, s.activeBlocks, s.cachedBlocks]; };
			let a = torch.empty(10, { device: "cuda" });
			let b = torch.empty(1000, { device: "cuda" });
			show(state);
			let c = torch.empty(2 ** 20, { device: "cuda" });
			show(state);
			a.dispose(); b.dispose();
			show(() => state()[0] - 4 * 2 ** 20);
			c.dispose();
			cuda.emptyCache();
			show(() => state()[1]);
			show(() => cuda.maxMemoryAllocated() >= 4 * 2 ** 20);`,
			environment,
		);
		expect(lines[0]).toBe(`${512 + 4096},${2 ** 21},1,2,1`);
		expect(lines[1]).toBe(`${512 + 4096 + 4 * 2 ** 20},${2 ** 21 + 20 * 2 ** 20},2,3,2`);
		// An empty tensor takes the place of each that was disposed of.
		expect(Number(lines[2])).toBe(1024);
		expect(Number(lines[3])).toBe(2 ** 21);
		expect(lines[4]).toBe("true");
	});

	test("a kernel that fails is an error where it is waited for, and at its op on request", () => {
		const program =
			'show(() => torch.ones(3, { device: "cuda" }).exp().tolist()); show(() => torch.ones(2).exp().tolist().length);';
		const [message, host] = run(program, standinEnvironment("fail=flat"));
		expect(message).toBe(
			"[exp] CUDA: the kernel could not be started: unspecified launch failure (CUDA_ERROR_LAUNCH_FAILED)",
		);
		expect(host).toBe("2");
	});

	const captures = `
		const { cuda } = torch;
		const x = torch.ones(100, { device: "cuda" });
		const make = () => cuda.graph((a) => a.mul(2).exp().sum(), { warmup: 1 });
		let step = make();
		show(() => step(x).item() > 738);`;

	test("a graph that the driver refuses is a sentence, and work goes on", () => {
		const messages = ["begin", "end", "instantiate", "launch"].map((part) => {
			const lines = run(
				`${captures} show(() => step(x)); show(() => cuda.isCurrentStreamCapturing()); show(() => x.add(1).sum().item());`,
				standinEnvironment(`failGraph=${part}`),
			);
			expect(lines.slice(2)).toEqual(["false", "200"]);
			return lines[1];
		});
		expect(messages).toEqual([
			"[cudaGraphBegin] CUDA: streamBeginCapture: operation not permitted when stream is capturing (CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED)",
			"[cudaGraphEnd] CUDA: the step could not be captured: operation failed due to a previous error during capture (CUDA_ERROR_STREAM_CAPTURE_INVALIDATED)",
			"[cudaGraphEnd] CUDA: the captured step could not be made ready to run: out of memory (CUDA_ERROR_OUT_OF_MEMORY)",
			"[cudaGraphReplay] CUDA: the captured step could not be started: unspecified launch failure (CUDA_ERROR_LAUNCH_FAILED)",
		]);
	});

	test("a graph's memory is its own while it lives, and everybody's afterwards", () => {
		const { GRADBOOK_NO_CUDA_MEMORY_CACHING: _, ...environment } = standinEnvironment();
		const lines = run(
			`${captures}
			const pools = () => [...new Set(native.cudaSegments(0).map((s) => s.pool))].sort();
			show(() => step(x).item() > 738);
			show(() => step(x).item() > 738);
			show(pools);
			// What would take the place of the step's temporaries if they were given out.
			const others = Array.from({ length: 50 }, () => torch.zeros(100, { device: "cuda" }));
			show(() => step(x).item() > 738);
			show(() => others.every((other) => other.sum().item() === 0));
			step.reset();
			show(pools);
			show(() => step(x).item() > 738);`,
			environment,
		);
		expect(lines).toEqual(["true", "true", "true", "0,1", "true", "true", "0", "true"]);
	});

	test("what a graph needs and the card does not have is out of memory, and the engine goes on", () => {
		const lines = run(
			`const { cuda } = torch;
			const x = torch.ones(2 ** 20, { device: "cuda" });
			const kept = [];
			const step = cuda.graph((a) => { for (let i = 0; i < 30; i++) kept.push(a.mul(i)); return kept.at(-1); }, { warmup: 0 });
			show(() => step(x));
			kept.length = 0;
			show(() => cuda.isCurrentStreamCapturing());
			show(() => x.sum().item());
			show(() => cuda.graph((a) => a.mul(3).sum(), { warmup: 0 })(x).item());`,
			standinEnvironment("memory=64"),
		);
		expect(lines[0]).toMatch(/^\[mul\] CUDA out of memory: tried to allocate 4.00 MiB on cuda:0/);
		expect(lines.slice(1)).toEqual(["false", String(2 ** 20), String(3 * 2 ** 20)]);
	});

	test("a graph that nobody holds gives its memory back when memory is short, also where nothing yields", () => {
		const { GRADBOOK_NO_CUDA_MEMORY_CACHING: _, ...environment } = standinEnvironment("memory=64");
		const lines = run(
			`const { cuda } = torch;
			const x = torch.ones(2 ** 20, { device: "cuda" });
			const sums = [];
			for (let i = 0; i < 6; i++) {
				const step = cuda.graph((a) => a.mul(i).exp().mul(0).matmul(a), { warmup: 0 });
				sums.push(step(x).item());
			}
			show(() => sums);`,
			environment,
		);
		expect(lines).toEqual(["0,0,0,0,0,0"]);
	});

	test("an index out of bounds in a replay is thrown in its op's name", () => {
		const lines = run(
			`const { cuda } = torch;
			const table = torch.arange(5, { device: "cuda" });
			const step = cuda.graph((i) => table.indexSelect(0, i), { warmup: 1 });
			for (const i of [1n, 2n, 9n, 3n]) show(() => step(torch.tensor([i], { device: "cuda" })).tolist());`,
			standinEnvironment(),
		);
		expect(lines).toEqual(["1", "2", "[indexSelect] index 9 is out of bounds for dimension 0 with size 5", "3"]);
	});
});
