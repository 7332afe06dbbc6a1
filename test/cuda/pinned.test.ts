import * as torch from "gradbook";
import { beforeAll, describe, expect, test } from "vitest";
import { nothing, runProgram } from "./program";
import { hasStandin } from "./standin";
import { keepBusy, useCard } from "./useCard";

/* Pinned memory and copies that nobody waits for. The stand-in copies as late as it can, so that what was not waited for is seen. */

const { cuda } = torch;
const { DataLoader, TensorDataset } = torch.utils.data;

describe.skipIf(!hasStandin)("pinned memory", () => {
	beforeAll(useCard);

	test("is a copy with the same layout, which says that it is pinned, and so do its views", () => {
		const x = torch.arange(6).view(2, 3).t();
		const y = x.pinMemory();
		expect([x.isPinned(), y.isPinned(), y.t().narrow(0, 0, 1).isPinned(), y.add(1).isPinned()]).toEqual([
			false,
			true,
			true,
			false,
		]);
		expect(y.tolist()).toEqual(x.tolist());
		expect(y.stride()).toEqual([1, 3]);
		expect(y.pinMemory()).toBe(y);
		expect(torch.zeros(0, { pinMemory: true }).isPinned()).toBe(true);
		const z = torch.ones(2, 2, { pinMemory: true, requiresGrad: true });
		expect([z.isPinned(), z.isLeaf, z.tolist()]).toEqual([
			true,
			true,
			[
				[1, 1],
				[1, 1],
			],
		]);
		z.pinMemory().mul(2).sum().backward();
		expect(z.grad!.tolist()).toEqual([
			[2, 2],
			[2, 2],
		]);
		expect(() => torch.ones(2, { device: "cuda" }).pinMemory()).toThrow(
			"[pinMemory] only tensors on the CPU can be pinned, this one is on cuda:0",
		);
	});

	test("a copy to the card that is not waited for reads the host's memory when the stream comes to it", () => {
		const late = torch.ones(4, { pinMemory: true });
		keepBusy();
		const there = late.to("cuda", { nonBlocking: true });
		late.fill_(7);
		expect(there.tolist()).toEqual([7, 7, 7, 7]);
		const waited = torch.ones(4, { pinMemory: true });
		const other = waited.to("cuda");
		waited.fill_(7);
		expect(other.tolist()).toEqual([1, 1, 1, 1]);
		// Memory that is not pinned was read when the call came back.
		const plain = torch.ones(4);
		const third = plain.to("cuda", { nonBlocking: true });
		plain.fill_(7);
		expect(third.tolist()).toEqual([1, 1, 1, 1]);
		const into = torch.zeros(4, { device: "cuda" });
		keepBusy();
		into.copy_(late, { nonBlocking: true });
		late.fill_(8);
		expect(into.tolist()).toEqual([8, 8, 8, 8]);
		expect(() => into.copy_(late, { nonblocking: true } as object)).toThrow('[copy_] unknown option "nonblocking"');
	});

	test("a copy to the host that is not waited for gives pinned memory, whose elements come with synchronize", () => {
		const x = torch.full([4], 3, { device: "cuda" });
		const y = torch.zeros(4, { pinMemory: true });
		keepBusy();
		y.copy_(x, true);
		expect(y.tolist()).toEqual([0, 0, 0, 0]);
		const z = x.to("cpu", { nonBlocking: true });
		expect(z.isPinned()).toBe(true);
		cuda.synchronize();
		expect([y.tolist(), z.tolist()]).toEqual([
			[3, 3, 3, 3],
			[3, 3, 3, 3],
		]);
		expect(x.to("cpu").isPinned()).toBe(false);
	});

	test("freed memory is given out again when the copies that read it are done, and not before", () => {
		cuda.synchronize();
		keepBusy();
		const before = cuda.hostMemoryStats();
		const size = 5000;
		const first = torch.full([size], 1, { pinMemory: true });
		const there = first.to("cuda", { nonBlocking: true });
		const held = cuda.hostMemoryStats();
		expect(held.allocatedBytes - before.allocatedBytes).toBe(32768);
		first.dispose();
		const second = torch.full([size], 2, { pinMemory: true });
		expect(cuda.hostMemoryStats().reservedBytes - held.reservedBytes).toBe(32768);
		expect(there.sum().item()).toBe(size);
		second.dispose();
		cuda.synchronize();
		const third = torch.full([size], 3, { pinMemory: true });
		expect(cuda.hostMemoryStats().reservedBytes - held.reservedBytes).toBe(32768);
		third.dispose();
		cuda.emptyCache();
		expect(cuda.hostMemoryStats().reservedBytes).toBeLessThanOrEqual(held.reservedBytes - 32768);
	});

	test("a loader pins the tensors of its batches, wherever they are in them", () => {
		const data = new TensorDataset(torch.arange(6).view(6, 1), torch.arange(6));
		const plain = [...new DataLoader(data, { batchSize: 4 })];
		const loader = new DataLoader(data, { batchSize: 4, pinMemory: true });
		expect(loader.pinMemory).toBe(true);
		const batches = [...loader];
		expect(batches.map((batch) => batch.map((x) => [x.isPinned(), x.tolist()]))).toEqual(
			plain.map((batch) => batch.map((x) => [true, x.tolist()])),
		);
		const items = [
			{ x: 1, name: "a", more: [torch.ones(1)] },
			{ x: 2, name: "b", more: [torch.ones(1)] },
		];
		for (const { x, name, more } of new DataLoader(items, { batchSize: 2, pinMemory: true })) {
			expect([x.isPinned(), name, more[0]!.isPinned()]).toEqual([true, ["a", "b"], true]);
		}
		class Batch {
			pinned = false;
			pinMemory() {
				this.pinned = true;
				return this;
			}
		}
		const own = new DataLoader([1, 2], { collateFn: () => new Batch(), pinMemory: true });
		expect([...own].map((batch) => batch.pinned)).toEqual([true, true]);
	});
});

test("without a card nothing is pinned: an error where one asks for it, a warning from a loader", () => {
	const { lines, errors } = runProgram(
		`
		show(() => torch.ones(2).isPinned());
		show(() => torch.ones(2).pinMemory());
		const loader = new torch.utils.data.DataLoader([1, 2, 3], { pinMemory: true });
		for (let i = 0; i < 2; i++) show(() => [...loader].map((x) => x.isPinned()));`,
		{ ...nothing, GRADBOOK_LIBCUDA: "off" },
	);
	expect(lines).toEqual([
		"false",
		"[pinMemory] no CUDA: NVIDIA's driver is switched off by GRADBOOK_LIBCUDA=off",
		"false,false,false",
		"false,false,false",
	]);
	expect(errors.match(/UserWarning/g)).toHaveLength(1);
	expect(errors).toContain("[DataLoader] pinMemory is true but there is no card");
});
