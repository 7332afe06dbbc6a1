import * as torch from "gradbook";
import { beforeAll, describe, expect, test } from "vitest";
import { hasStandin, standinEnvironment } from "./standin";

/* torch.cuda and moving between devices, on the stand-in's two cards. */

const { cuda } = torch;

describe.skipIf(!hasStandin)("cards", () => {
	beforeAll(() => {
		Object.assign(process.env, standinEnvironment());
	});

	test("are counted, named and described", () => {
		expect(cuda.isAvailable()).toBe(true);
		expect(cuda.deviceCount()).toBe(2);
		expect(cuda.getDeviceName()).toBe("Stand-in");
		expect(cuda.getDeviceCapability(1)).toEqual([9, 0]);
		expect(cuda.getDeviceProperties("cuda:0")).toMatchObject({
			multiProcessorCount: 4,
			warpSize: 32,
			totalMemory: 2 ** 30,
		});
		expect(() => cuda.getDeviceName(2)).toThrow(
			"[getDeviceName] device 'cuda:2' is not available: the cards are cuda:0 to cuda:1",
		);
		expect(() => cuda.getDeviceName("cpu")).toThrow("[getDeviceName] expected a cuda device, got cpu");
	});

	test("tensors print where they are, move, and come back unchanged", () => {
		const x = torch.tensor([
			[1, 2],
			[3, 4],
		]);
		const y = x.cuda();
		expect(String(y)).toBe("tensor([[1., 2.],\n        [3., 4.]], device='cuda:0')");
		expect(String(y.device)).toBe("cuda:0");
		expect(y.to("cuda")).toBe(y);
		expect(y.cpu().tolist()).toEqual(x.tolist());
		expect(x.cpu()).toBe(x);
		const z = y.to("cuda:1");
		expect(String(z.device)).toBe("cuda:1");
		expect(z.tolist()).toEqual(x.tolist());
		expect(y.t().cpu().stride()).toEqual([1, 2]);
		expect(y.to("cpu", { dtype: torch.int64 }).dtype).toBe(torch.int64);
		expect(String(torch.ones(2, { device: z.device }).device)).toBe("cuda:1");
		expect(String(torch.zerosLike(z).device)).toBe("cuda:1");
	});

	test("gradients move back to where their tensors are", () => {
		const x = torch.ones(3, { requiresGrad: true });
		const out = x
			.cuda()
			.mul(torch.tensor([1, 2, 3], { device: "cuda" }))
			.sum();
		out.backward();
		expect(String(x.grad!.device)).toBe("cpu");
		expect(x.grad!.tolist()).toEqual([1, 2, 3]);
		const y = torch.zeros(3, { device: "cuda" });
		y.copy_(x.mul(2)).sum().backward();
		expect(x.grad!.tolist()).toEqual([3, 4, 5]);
	});

	test("a module moves with its buffers, and trains as on the CPU", () => {
		const { nn, optim } = torch;
		const run = (device: torch.DeviceLike) => {
			torch.manualSeed(3);
			const model = new nn.Sequential(new nn.Linear(4, 8), new nn.ReLU(), new nn.Linear(8, 3));
			const [x, y] = [torch.randn(6, 4), torch.randint(3, [6])];
			model.to(device);
			const optimizer = new optim.Adam(model.parameters(), { lr: 0.05 });
			return Array.from({ length: 4 }, () => {
				const loss = nn.functional.crossEntropy(model(x.to(device)), y.to(device));
				optimizer.zeroGrad();
				loss.backward();
				optimizer.step();
				return loss.item();
			});
		};
		run("cuda").forEach((loss, i) => {
			expect(loss).toBeCloseTo(run("cpu")[i]!, 5);
		});
	});

	test("tensors on two devices do not meet, but for numbers without dimensions", () => {
		const [x, y] = [torch.ones(2, { device: "cuda" }), torch.ones(2)];
		const both = "Expected all tensors to be on the same device, but found at least two devices";
		expect(() => x.add(y)).toThrow(`[add] ${both}`);
		expect(() => y.add(x)).toThrow(`[add] ${both}`);
		expect(() => x.view(1, 2).matmul(y)).toThrow("device");
		expect(() => torch.nn.functional.mseLoss(x, y)).toThrow(both);
		expect(() => torch.where(x.gt(0), x, y)).toThrow(both);
		expect(x.add(torch.tensor(2)).tolist()).toEqual([3, 3]);
		expect(x.mul(torch.tensor(2, { device: "cuda" })).tolist()).toEqual([2, 2]);
	});

	test("what an index finds out of bounds is thrown in its op's name when the result is waited for", () => {
		const x = torch.arange(3, { device: "cuda" });
		const index = torch.tensor([0n, 7n], { device: "cuda" });
		const read = x.indexSelect(0, index);
		expect(() => read.tolist()).toThrow("[indexSelect] index 7 is out of bounds for dimension 0 with size 3");
		expect(x.tolist()).toEqual([0, 1, 2]);
		const logits = torch.zeros(2, 3, { device: "cuda" });
		const loss = torch.nn.functional.crossEntropy(logits, torch.tensor([0n, 5n], { device: "cuda" }));
		expect(() => loss.item()).toThrow("[crossEntropy] Target 5 is out of bounds: expected a class of 0 to 2");
		const drawn = torch.tensor([0.5, 1.5], { device: "cuda" }).bernoulli();
		expect(() => drawn.tolist()).toThrow("[bernoulliTensor_] Expected p_in >= 0 && p_in <= 1 to be true, but got 1.5");
	});

	test("random numbers are PyTorch's of a card: Philox", () => {
		torch.manualSeed(0);
		const seen = (x: torch.Tensor) => (x.tolist() as number[]).map((v) => Number(v.toFixed(4)));
		expect(seen(torch.rand(5, { device: "cuda" }))).toEqual([0.399, 0.5167, 0.0249, 0.9401, 0.9459]);
		torch.manualSeed(0);
		expect(seen(torch.randn(5, { device: "cuda" }))).toEqual([-0.9247, -0.4253, -2.6438, 0.1452, -0.1209]);
		// The host's generator is another one, and goes on by itself.
		const next = torch.rand(2).tolist();
		torch.manualSeed(0);
		expect(torch.rand(2).tolist()).toEqual(next);
		cuda.manualSeed(5);
		const first = torch.rand(3, { device: "cuda" }).tolist();
		expect(torch.rand(3, { device: "cuda" }).tolist()).not.toEqual(first);
		cuda.manualSeed(5);
		expect(torch.rand(3, { device: "cuda" }).tolist()).toEqual(first);
		expect(cuda.initialSeed()).toBe(5n);
		const generator = new torch.Generator();
		expect(() => torch.rand(3, { device: "cuda", generator })).toThrow(
			"Expected a 'cuda:0' device type for generator but found 'cpu'",
		);
	});

	test("streams run side by side, events order them and take the time", () => {
		const stream = new cuda.Stream();
		const [start, end] = [new cuda.Event({ enableTiming: true }), new cuda.Event({ enableTiming: true })];
		const x = torch.ones(1000, { device: "cuda" });
		start.record();
		const y = cuda.stream(stream, () => {
			stream.waitEvent(start);
			return x.mul(2);
		});
		expect(cuda.currentStream().id).toBe(0);
		stream.recordEvent(end);
		expect(end.query()).toBe(false);
		cuda.currentStream().waitEvent(end);
		expect(y.sum().item()).toBe(2000);
		end.synchronize();
		expect(end.query()).toBe(true);
		expect(start.elapsedTime(end)).toBeGreaterThan(0);
		expect(() => start.elapsedTime(new cuda.Event())).toThrow(
			"[elapsedTime] both events must be made with enableTiming",
		);
	});
});
