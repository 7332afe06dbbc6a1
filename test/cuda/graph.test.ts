import * as torch from "gradbook";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { hasStandin } from "./standin";
import { useCard } from "./useCard";

/* Captured steps: what replays do, and what cannot be captured says why. */

vi.setConfig({ testTimeout: 120_000 });

const { cuda, optim } = torch;

describe.skipIf(!hasStandin)("a captured step", () => {
	beforeAll(useCard);

	test("a replay takes new data, gives results of its own, and is one launch", () => {
		const weight = torch.ones(3, { device: "cuda" });
		const step = cuda.graph((x: torch.Tensor, more: { scale: torch.Tensor }) => [
			x.mul(weight).add(more.scale).sum(),
			{ twice: x.mul(2) },
		]);
		const given = Array.from({ length: 6 }, (_, i) => {
			const x = torch.full([3], i);
			return step(x, { scale: torch.ones(1, { device: "cuda" }) }) as [torch.Tensor, { twice: torch.Tensor }];
		});
		expect(given.map(([sum]) => sum.item())).toEqual([0, 1, 2, 3, 4, 5].map((i) => 3 * (i + 1)));
		expect(given.map(([, { twice }]) => twice.tolist())).toEqual([0, 1, 2, 3, 4, 5].map((i) => [2 * i, 2 * i, 2 * i]));
		expect(step.graph.nodes).toBeGreaterThan(0);
		expect(() => step(torch.ones(4), { scale: torch.ones(1) })).toThrow(
			"[graph] argument 0 was captured as torch.float32 of shape [3], got torch.float32 of shape [4]",
		);
	});

	test("random numbers advance from replay to replay as they would without a graph, and follow a new seed", () => {
		const draw = () => [torch.rand(5, { device: "cuda" }), torch.randn(300, { device: "cuda" }).sum()];
		const numbers = (f: () => torch.Tensor[]) => {
			torch.manualSeed(11);
			const all = Array.from({ length: 6 }, () => f());
			cuda.manualSeed(5);
			all.push(f(), f());
			return all.map((pair) => pair.map((x) => x.tolist()));
		};
		expect(numbers(cuda.graph(draw))).toEqual(numbers(draw));
	});

	test("PyTorch's own way: a graph that is captured and replayed by hand", () => {
		const x = torch.arange(4, { device: "cuda", dtype: torch.float32 });
		const graph = new cuda.CUDAGraph();
		expect(() => graph.replay()).toThrow("[replay] nothing was captured yet");
		let y = x;
		cuda.graph(graph, () => {
			expect(cuda.isCurrentStreamCapturing()).toBe(true);
			y = x.mul(2).add(1);
		});
		expect(cuda.isCurrentStreamCapturing()).toBe(false);
		graph.replay();
		expect(y.tolist()).toEqual([1, 3, 5, 7]);
		x.fill_(10);
		expect(y.tolist()).toEqual([1, 3, 5, 7]);
		graph.replay();
		expect(y.tolist()).toEqual([21, 21, 21, 21]);
		expect(() => graph.captureBegin()).toThrow("[captureBegin] the graph has captured something already");
		graph.reset();
		expect(() => graph.replay()).toThrow("[replay] nothing was captured yet");
		// What was made in the graph's memory is a tensor like others, also after the graph.
		expect(y.add(1).tolist()).toEqual([22, 22, 22, 22]);
		expect(() => graph.captureBegin()).toThrow("[captureBegin] the default stream cannot be captured");
	});

	test("graphs may share memory, which nobody else gets", () => {
		const x = torch.ones(1000, { device: "cuda" });
		const [first, second] = [new cuda.CUDAGraph(), new cuda.CUDAGraph()];
		const y = cuda.graph(first, () => x.mul(3));
		const z = cuda.graph(second, () => y.add(1), { pool: first.pool() });
		expect(second.pool()).toBe(first.pool());
		first.replay();
		second.replay();
		const others = Array.from({ length: 20 }, () => torch.zeros(1000, { device: "cuda" }));
		first.replay();
		second.replay();
		expect([z.mean().item(), ...others.map((other) => other.sum().item())]).toEqual([4, ...others.map(() => 0)]);
	});

	const refused: Record<string, [(x: torch.Tensor) => unknown, string]> = {
		"reading a value": [(x) => x.sum().item(), "[item] not possible in a captured step: it reads a value of the card"],
		"a list of values": [(x) => x.tolist(), "not possible in a captured step: it reads a value"],
		printing: [(x) => String(x), "not possible in a captured step: it reads a value"],
		"a copy to the host": [(x) => x.cpu(), "[toDevice] not possible in a captured step: it reads a value"],
		"data from the host": [
			(x) => x.add(torch.ones(3).to("cuda")),
			"not possible in a captured step: it copies from the host",
		],
		waiting: [() => cuda.synchronize(), "[cudaSynchronize] not possible in a captured step: it waits for the card"],
		"waiting for a stream": [() => cuda.currentStream().synchronize(), "not possible in a captured step: it waits"],
		"asking a stream": [() => cuda.currentStream().query(), "not possible in a captured step: it asks"],
		"shapes that depend on data": [
			(x) => x.gt(0).nonzero(),
			"[nonzero] not possible in a captured step: it reads a value of the card",
		],
		"selecting by a mask": [(x) => x.maskedSelect(x.gt(0)), "not possible in a captured step: it reads a value"],
		"giving memory back": [() => cuda.emptyCache(), "not possible in a captured step: giving memory back"],
		"another generator's numbers": [
			(x) => x.bernoulli({ generator: new torch.Generator() }),
			"Expected a 'cuda:0' device type for generator but found 'cpu'",
		],
		"a result that is no tensor": [() => 3, "[graph] a result is 3, which replays would not compute again"],
		"a result on the host": [() => torch.ones(2), "[graph] a result is on cpu"],
		"a promise": [async (x) => x.mul(2), "[graph] a captured step must be synchronous"],
		"an optimiser's first step": [
			(x) => {
				const p = torch.ones(3, { device: "cuda", requiresGrad: true });
				p.mul(x).sum().backward();
				new optim.Adam([p]).step();
			},
			"[Adam] the first step, which makes the optimiser's state, cannot be captured: take a step before",
		],
		"a schedule's step": [
			() => new optim.lrScheduler.StepLR(new optim.SGD([torch.ones(1, { requiresGrad: true })]), { stepSize: 1 }),
			"[StepLR] a captured step is replayed without JavaScript",
		],
		"a hook that reads": [
			(x) => {
				const p = torch.ones(3, { device: "cuda", requiresGrad: true });
				p.registerHook((g) => {
					g.sum().item();
				});
				p.mul(x).sum().backward();
			},
			"[item] not possible in a captured step",
		],
	};

	test.for(Object.keys(refused))("%s is refused, and the engine goes on", (name) => {
		const [body, message] = refused[name]!;
		const step = cuda.graph(body, { warmup: 0 });
		const x = torch.ones(3, { device: "cuda" });
		const before = x.mul(5);
		expect(() => step(x)).toThrow(message);
		expect(cuda.isCurrentStreamCapturing()).toBe(false);
		expect(cuda.currentStream().id).toBe(0);
		expect(before.tolist()).toEqual([5, 5, 5]);
		expect(x.mul(2).tolist()).toEqual([2, 2, 2]);
		const again = cuda.graph((y: torch.Tensor) => y.add(1), { warmup: 0 });
		expect([again(x).tolist(), again(x.mul(4)).tolist()]).toEqual([
			[2, 2, 2],
			[5, 5, 5],
		]);
	});

	test("what a graph reads from outside stays, also where nobody else holds it", () => {
		const graph = new cuda.CUDAGraph();
		const [x, kept] = [torch.ones(500, { device: "cuda" }), torch.zeros(500, { device: "cuda" })];
		cuda.graph(graph, () => kept.copy_(x.mul(3).sqrt().square().round()));
		x.dispose();
		const others = Array.from({ length: 20 }, () => torch.zeros(500, { device: "cuda" }));
		graph.replay();
		expect([kept.sum().item(), others[0]!.sum().item()]).toEqual([1500, 0]);
	});

	test("an optimiser of one's own is replayed as it was captured, and says so when its options change", () => {
		class Plain extends optim.Optimizer {
			constructor(params: Iterable<torch.Tensor>, options: { lr: number }) {
				const lr = { default: 0.1, expected: "a number", accepts: () => true, text: String };
				super({ lr }, params, options);
			}
			update(group: Record<string, unknown>, params: readonly torch.Tensor[]): void {
				for (const p of params) p.sub_(p.grad!, { alpha: group.lr as number });
			}
		}
		const weight = torch.zeros(2, { device: "cuda", requiresGrad: true });
		const optimizer = new Plain([weight], { lr: 0.5 });
		const step = cuda.graph(
			(x: torch.Tensor) => {
				optimizer.zeroGrad();
				weight.mul(x).sum().backward();
				optimizer.step();
			},
			{ warmup: 1 },
		);
		for (let i = 0; i < 4; i++) step(torch.ones(2));
		expect(weight.tolist()).toEqual([-2, -2]);
		optimizer.paramGroups[0]!.lr = 0.25;
		expect(() => step(torch.ones(2))).toThrow(
			"[Plain] the options have changed since the step was captured, and this optimiser's update has them from then",
		);
		step.reset();
		step(torch.ones(2));
		expect(weight.tolist()).toEqual([-2.25, -2.25]);
	});

	test("a cast that autocast kept from before is made anew in replays", () => {
		const weight = torch.ones(4, 4, { device: "cuda", requiresGrad: true });
		const body = (x: torch.Tensor) => {
			const y = x.matmul(weight).sum();
			torch.noGrad(() => weight.mul_(0.5));
			return y;
		};
		const run = (captured: boolean) => {
			torch.noGrad(() => weight.fill_(1));
			const step = captured ? cuda.graph(body, { warmup: 2 }) : body;
			return torch.autocast("cuda", { dtype: torch.bfloat16 }, () =>
				Array.from({ length: 6 }, () => step(torch.ones(2, 4, { device: "cuda" })).item()),
			);
		};
		expect(run(true)).toEqual(run(false));
	});

	test("streams that fork from the step and join it again are part of it", () => {
		const other = new cuda.Stream();
		const x = torch.arange(4, { device: "cuda", dtype: torch.float32 });
		const body = (join: boolean) => () => {
			const here = cuda.currentStream();
			const first = x.mul(2);
			other.waitStream(here);
			const beside = cuda.stream(other, () => first.exp().add(1));
			const meanwhile = first.add(5);
			if (join) here.waitStream(other);
			return join ? beside.mul(meanwhile) : meanwhile;
		};
		const eager = body(true)();
		const graph = new cuda.CUDAGraph();
		const y = cuda.graph(graph, body(true));
		graph.replay();
		expect(y.tolist()).toEqual(eager.tolist());
		expect(() => cuda.graph(new cuda.CUDAGraph(), body(false))).toThrow(
			/CUDA: the step could not be captured: .+ \(CUDA_ERROR_STREAM_CAPTURE_UNJOINED\)/,
		);
		graph.replay();
		expect(y.add(0).tolist()).toEqual(eager.tolist());
	});

	test("arguments keep their form", () => {
		const step = cuda.graph((x: torch.Tensor, k: number) => x.mul(k), { warmup: 0 });
		const x = torch.ones(2, { device: "cuda" });
		expect(step(x, 3).tolist()).toEqual([3, 3]);
		expect(() => step(x, 4)).toThrow("[graph] argument 1 was captured as 3, got 4: only tensors may change");
		expect(() => step(x.to(torch.int64), 3)).toThrow("got torch.int64 of shape [2]");
		const tracked = torch.ones(2, { device: "cuda", requiresGrad: true });
		expect(() => cuda.graph((y: torch.Tensor) => y.mul(2), { warmup: 0 })(tracked)).toThrow(
			"[graph] argument 0 requires a gradient",
		);
		expect(() => cuda.graph(() => 0, { warmUp: 1 } as object)).toThrow('did you mean "warmup"?');
		expect(() => cuda.graph(() => 0, { warmup: -1 })).toThrow(
			"[graph] warmup must be an integer of at least 0, got -1",
		);
		step.reset();
		expect(step(x, 5).tolist()).toEqual([5, 5]);
	});
});
