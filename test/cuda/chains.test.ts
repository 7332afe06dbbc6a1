import * as torch from "gradbook";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { hasStandin } from "./standin";
import { useCard } from "./useCard";

/* Runs of pointwise ops in captured steps: fewer kernels, and to the bit the numbers of one kernel for each op. */

vi.setConfig({ testTimeout: 120_000 });

const { cuda, nn } = torch;
type T = torch.Tensor;

describe.skipIf(!hasStandin)("chains of pointwise ops", () => {
	beforeAll(useCard);

	/** The results of a body with and without chains, and how many nodes its graph has. */
	function both(body: (...inputs: T[]) => T | T[], inputs: T[]) {
		const run = (fuse: boolean) => {
			torch.manualSeed(1);
			const step = cuda.graph((...given: T[]) => body(...given), { warmup: 1, fuse });
			const results: unknown[] = [];
			for (let i = 0; i < 3; i++) results.push([step(...inputs)].flat().map((x) => bits(x as T)));
			return { results, nodes: step.graph.nodes };
		};
		const [joined, single] = [run(true), run(false)];
		expect(joined.results).toEqual(single.results);
		return [joined.nodes, single.nodes] as const;
	}

	/** NaN is equal to NaN, −0 is not 0. */
	const bits = (x: T) =>
		(x.to(torch.float64).reshape(-1).tolist() as number[]).map((v) => (Object.is(v, -0) ? "-0" : v));
	const random = (...shape: number[]) => torch.randn(shape).cuda();

	test("a run over one shape is one kernel", () => {
		torch.manualSeed(0);
		const x = random(7, 33);
		expect(both((a) => a.mul(2).exp().add(1).log().tanh(), [x])).toEqual([1, 5]);
		expect(both((a, b) => a.mul(b).sub(a.div(b)).abs().clamp({ min: 0.1 }).sqrt(), [x, random(7, 33)])).toEqual([1, 6]);
	});

	test("broadcast operands, single elements and numbers join", () => {
		const [x, row, column, one] = [random(5, 12), random(12), random(5, 1), random(1)];
		expect(both((a, r, c, s) => a.add(r).mul(c).sub(s).pow(2).add(0.5, { alpha: 3 }), [x, row, column, one])).toEqual([
			1, 5,
		]);
		expect(both((a, r) => a.t().mul(2).add(r.unsqueeze(1)).relu(), [x, row])[0]).toBe(1);
	});

	test("what somebody keeps is written as well", () => {
		const kept: T[] = [];
		const [joined, single] = both(
			(a) => {
				const half = a.mul(0.5);
				const grown = half.exp();
				kept.push(half);
				return [grown.add(1), grown.sub(1), half];
			},
			[random(100)],
		);
		expect([joined, single]).toEqual([1, 4]);
	});

	const dtypes = { float32: torch.float32, float64: torch.float64, float16: torch.float16, bfloat16: torch.bfloat16 };
	test.for(Object.entries(dtypes))("every step is rounded to %s as memory would", ([, dtype]) => {
		torch.manualSeed(4);
		const [x, y] = [torch.randn(1000).to(dtype).cuda(), torch.randn(1000).to(dtype).cuda()];
		const [joined, single] = both((a, b) => a.mul(b).add(b, { alpha: 0.3 }).sigmoid().mul(a).rsqrt().neg(), [x, y]);
		expect([joined, single]).toEqual([1, 6]);
	});

	test("integers wrap, comparisons give bool, types are converted", () => {
		const x = torch.arange(200, { dtype: torch.uint8 }).cuda();
		expect(both((a) => a.mul(3).add(100).bitwiseXor(a), [x])).toEqual([1, 3]);
		expect(both((a, b) => a.gt(b).logicalOr(a.lt(-1)).logicalNot(), [random(50), random(50)])).toEqual([1, 4]);
		expect(both((a) => a.to(torch.bfloat16).mul(3).to(torch.float32).add(1), [random(64)])).toEqual([1, 4]);
		expect(both((a, b) => torch.where(a.gt(0), a.mul(2), b).add(1), [random(64), random(64)])).toEqual([1, 4]);
		expect(both((a) => a.to(torch.int64).remainder(3).mul(a), [random(64).mul(10)])[0]).toBe(1);
	});

	test("NaN, infinities and zeros of both signs come out as they do alone", () => {
		const x = torch.tensor([Number.NaN, Infinity, -Infinity, 0, -0, 1e-42, 3e38, -3e38]).cuda();
		expect(both((a) => a.mul(2).add(-1).relu().sub(a).reciprocal(), [x])[0]).toBe(1);
		expect(both((a, b) => a.maximum(b).minimum(1).neg().signbit(), [x, x.flip(0)])[0]).toBe(1);
	});

	test("writes in place keep their order", () => {
		const weight = random(40);
		const start = weight.clone();
		const body = (g: T) => {
			const before = weight.mul(1);
			weight.mul_(0.9).add_(g, { alpha: -0.1 });
			return [before, weight.mul(2), weight];
		};
		const results = [true, false].map((fuse) => {
			weight.copy_(start);
			const step = cuda.graph(body, { warmup: 1, fuse });
			const g = torch.ones(40, { device: "cuda" });
			return [1, 2, 3, 4].map(() => step(g).map((x) => x.tolist()));
		});
		expect(results[0]).toEqual(results[1]);
	});

	test("a part of what a chain writes is read in its turn", () => {
		const [joined, single] = both(
			(a) => {
				const x = a.mul(2);
				const first = x.select(0, 0);
				const y = x.add(first).mul(3);
				x.select(0, 1).fill_(7);
				return [y.sub(x), x.t().add(y.t())];
			},
			[random(6, 6)],
		);
		expect(joined).toBeLessThan(single);
	});

	test("chains end where something else is queued", () => {
		const [joined, single] = both(
			(a, w) => a.mul(2).tanh().matmul(w).add(1).relu().sum(),
			[random(8, 8), random(8, 8)],
		);
		expect([single - joined, joined]).toEqual([2, 4]);
	});

	test("random shapes and ops are those of single kernels", () => {
		let seed = 12345;
		const next = (n: number) => {
			seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
			return (seed >>> 8) % n;
		};
		for (let round = 0; round < 6; round++) {
			const shape = [1 + next(4), 1 + next(9), 1 + next(5)];
			const inputs = [random(...shape), random(shape[2]!), random(shape[1]!, 1), random(...shape).to(torch.float16)];
			const plan = Array.from({ length: 8 }, () => [next(9), next(64), next(64)] as const);
			both((...given) => {
				const pool = [...given];
				for (const [op, i, j] of plan) {
					const [x, y] = [pool[i % pool.length]!, pool[j % pool.length]!];
					pool.push(
						[
							() => x.add(y),
							() => x.mul(y),
							() => x.sub(y, { alpha: 2 }),
							() => x.tanh(),
							() => torch.where(x.gt(0), x, y.to(x.dtype)),
							() => x.to(torch.float16),
							() => x.maximum(y),
							() => x.clone().add_(1),
							() => x.abs().add(1).log(),
						][op]!(),
					);
				}
				return pool.slice(4);
			}, inputs);
		}
	});

	test("a training step has fewer nodes and the same numbers", () => {
		const train = (fuse: boolean) => {
			torch.manualSeed(9);
			const model = new nn.Sequential(new nn.Linear(4, 8), new nn.GELU(), new nn.Linear(8, 1)).to("cuda");
			const scale = torch.full([8, 1], 0.3, { device: "cuda", requiresGrad: true });
			const optimizer = new torch.optim.AdamW([...model.parameters(), scale], { lr: 0.01 });
			const step = cuda.graph(
				(x: T, y: T) => {
					const out = model(x).mul(scale).tanh().mul(2).add(0.1);
					const error = out.sub(y);
					const loss = error.mul(error).add(error.abs()).mean();
					optimizer.zeroGrad();
					loss.backward();
					optimizer.step();
					return loss;
				},
				{ warmup: 1, fuse },
			);
			const losses = Array.from({ length: 6 }, () => step(torch.randn(8, 4), torch.randn(8, 1)).item());
			return { losses, nodes: step.graph.nodes, scale: scale.tolist() };
		};
		const [joined, single] = [train(true), train(false)];
		expect(joined.losses).toEqual(single.losses);
		expect(joined.scale).toEqual(single.scale);
		expect(joined.nodes).toBeLessThan(single.nodes - 5);
	});
});
