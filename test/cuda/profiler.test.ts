import * as torch from "gradbook";
import { describe, expect, test } from "vitest";
import { useCard } from "./useCard";

useCard();
const { profiler } = torch;
const device = "cuda";

describe("a profile of a card", () => {
	test("knows how long the card was at what", () => {
		const a = torch.ones(64, 64, { device });
		const prof = profiler.profile({ profileMemory: true }, () => {
			using _ = profiler.recordFunction("block");
			a.matmul(a).add_(1);
			torch.zeros(10, { device });
			torch.ones(3);
			torch.cuda.synchronize();
		});
		const named = (name: string) => prof.keyAverages().find((row) => row.key === name)!;
		expect(named("aten::matmul").selfDeviceTimeTotal).toBeGreaterThan(0);
		expect(named("aten::matmul").deviceMemoryUsage).toBe(64 * 64 * 4);
		expect(named("aten::add_").deviceMemoryUsage).toBe(0);
		expect(named("block").selfDeviceTimeTotal).toBe(0);
		expect(named("block").deviceTimeTotal).toBeCloseTo(
			prof.events().reduce((sum, event) => sum + event.selfDeviceTimeTotal, 0),
			6,
		);
		expect(prof.keyAverages().map((row) => row.key)).toContain("cudaDeviceSynchronize");
		const onHost = prof.events().filter((event) => event.name === "aten::full" && event.kernels.length === 0);
		expect(onHost).toHaveLength(1);
		const table = prof.keyAverages().table({ sortBy: "cuda_time_total" });
		expect(table).toMatch(/Self CUDA +Self CUDA % +CUDA total +CUDA time avg/);
		expect(table).toContain("Self CUDA Mem");
		expect(table).toMatch(/Self CUDA time total: /);
	});

	test("has its kernels in the order of the stream, on the host's clock", () => {
		const a = torch.ones(1000, { device });
		const prof = profiler.profile(() => {
			a.exp();
			a.sin();
		});
		const [exp, sin] = prof.events();
		const [first, second] = [exp!.kernels[0]!, sin!.kernels[0]!];
		expect(first.device).toBe(0);
		expect(first.start).toBeGreaterThan(-1000);
		expect(second.start).toBeGreaterThanOrEqual(first.start + first.duration - 1);
	});

	test("leaves out what its activities leave out", () => {
		const a = torch.ones(10, { device });
		const cpu = profiler.profile({ activities: ["cpu"] }, () => a.exp());
		expect(cpu.events()[0]!.kernels).toEqual([]);
		const cuda = profiler.profile({ activities: ["cuda"] }, () => {
			a.exp();
			torch.ones(2);
		});
		expect(cuda.events().map((event) => [event.name, event.cpuTimeTotal])).toEqual([["aten::exp", 0]]);
	});

	test("does not disturb a step that is captured", () => {
		const x = torch.ones(4, { device });
		const graph = new torch.cuda.CUDAGraph();
		let y = x;
		const prof = profiler.profile(() => {
			torch.cuda.graph(graph, () => {
				y = x.mul(2).add(1);
			});
			graph.replay();
		});
		expect(y.tolist()).toEqual([3, 3, 3, 3]);
		expect(prof.events().find((event) => event.name === "aten::mul")!.kernels).toEqual([]);
		const replay = prof.events().find((event) => event.name === "cudaGraphLaunch")!;
		expect(replay.selfDeviceTimeTotal).toBeGreaterThan(0);
	});
});
