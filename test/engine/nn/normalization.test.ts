import * as torch from "gradbook";
import { afterAll, describe, expect, test } from "vitest";
import { onCard } from "../../support/device";

/*
 * The fused normalisations against their formulas in single operations, over sizes that fill and overflow the kernels'
 * tiles and blocks. PyTorch's own numbers, for small sizes, are in reference.test.ts.
 */

const { nn } = torch;
const F = nn.functional;
const threads = torch.getNumThreads();
afterAll(() => torch.setNumThreads(threads));

type T = torch.Tensor;

/** Mean 0 and variance 1 over `dims` of the input seen as `view`; weight and bias are seen as `affine`. */
function formula(view: number[], dims: number[], affine: number[], centred = true) {
	return (x: T, weight: T, bias: T | null) => {
		const seen = x.reshape(view);
		const off = centred ? seen.sub(seen.mean(dims, true)) : seen;
		const unit = off.mul(off.square().mean(dims, true).add(1e-5).rsqrt()).reshape(x.shape);
		const out = unit.mul(weight.reshape(affine));
		return bias === null ? out : out.add(bias.reshape(affine));
	};
}

interface Case {
	name: string;
	shape: number[];
	parameters: number;
	run(x: T, weight: T, bias: T | null): T;
	expected(x: T, weight: T, bias: T | null): T;
	bias?: false;
}

const overBatch = (shape: number[]) => shape.flatMap((_, dim) => (dim === 1 ? [] : [dim]));
const perChannel = (shape: number[]) => [shape[1]!, ...shape.slice(2).map(() => 1)];

const cases: Case[] = [
	...[
		[70, 37],
		[33, 32],
		[6, 100],
		[257, 5],
		[3, 5, 1100],
		[40, 3, 7],
		[2, 40, 3, 3],
	].map((shape) => ({
		name: `batchNorm of [${shape}]`,
		shape,
		parameters: shape[1]!,
		run: (x: T, weight: T, bias: T | null) => F.batchNorm(x, null, null, { weight, bias, training: true }),
		expected: formula(shape, overBatch(shape), perChannel(shape)),
	})),
	...[
		[40, 37],
		[3, 1030],
		[700, 16],
		[5, 4],
	].map((shape) => ({
		name: `layerNorm of [${shape}]`,
		shape,
		parameters: shape[1]!,
		run: (x: T, weight: T, bias: T | null) => F.layerNorm(x, shape[1]!, { weight, bias }),
		expected: formula(shape, [1], [shape[1]!]),
	})),
	...[
		[40, 37],
		[3, 1030],
	].map((shape) => ({
		name: `rmsNorm of [${shape}]`,
		shape,
		parameters: shape[1]!,
		bias: false as const,
		run: (x: T, weight: T) => F.rmsNorm(x, shape[1]!, { weight, eps: 1e-5 }),
		expected: formula(shape, [1], [shape[1]!], false),
	})),
	...[
		[6, 8, 130],
		[50, 12],
		[3, 6, 5, 7],
	].map((shape) => ({
		name: `groupNorm of [${shape}]`,
		shape,
		parameters: shape[1]!,
		run: (x: T, weight: T, bias: T | null) => F.groupNorm(x, 2, { weight, bias }),
		expected: formula([shape[0]! * 2, shape.slice(1).reduce((a, b) => a * b, 1) / 2], [1], perChannel(shape)),
	})),
];

/** Result and gradients. */
function all(fn: Case["run"], given: Case, dtype: torch.DType): T[] {
	torch.manualSeed(7);
	const leaf = (...shape: number[]) =>
		torch
			.randn(...shape)
			.mul(2)
			.add(3)
			.to(dtype)
			.requiresGrad_();
	const x = leaf(...given.shape);
	const weight = leaf(given.parameters);
	const bias = given.bias === false ? null : leaf(given.parameters);
	const out = fn(x, weight, bias);
	out.backward({ gradient: torch.randn(...given.shape).to(dtype) });
	return [out, x.grad!, weight.grad!, ...(bias === null ? [] : [bias.grad!])];
}

/** The largest difference, next to the largest element. */
function distance(a: T, b: T): number {
	const [x, y] = [a.detach().double(), b.detach().double()];
	return x
		.sub(y)
		.abs()
		.max()
		.div(y.abs().max().clamp({ min: 1 }))
		.item();
}

describe.each(cases)("$name", (given) => {
	test.each([
		["float64", torch.float64, 1e-12],
		["float32", torch.float32, 2e-5],
		["bfloat16", torch.bfloat16, 2e-2],
		["float16", torch.float16, 4e-3],
	] as const)("%s", (_, dtype, tolerance) => {
		const found = all(given.run, given, dtype);
		const expected = all(given.expected, given, torch.float64);
		found.forEach((tensor, i) => {
			expect(tensor.dtype).toBe(dtype);
			expect(distance(tensor, expected[i]!), `result ${i}`).toBeLessThan(tolerance);
		});
	});

	test.skipIf(onCard)("is the same on one thread and on two", () => {
		torch.setNumThreads(1);
		const one = all(given.run, given, torch.float32);
		torch.setNumThreads(2);
		const two = all(given.run, given, torch.float32);
		expect(one.map((tensor, i) => torch.equal(tensor, two[i]!))).not.toContain(false);
	});
});

describe("statistics", () => {
	test("a large mean does not swallow a small spread", () => {
		const x = torch.randn(500, 40).mul(0.1).add(1000);
		for (const out of [F.batchNorm(x, null, null, { training: true, eps: 0 }), F.layerNorm(x, 40, { eps: 0 })]) {
			expect(Math.abs(out.mean().item())).toBeLessThan(1e-3);
			expect(out.var(null as never).item()).toBeCloseTo(1, 1);
		}
	});

	test("half inputs go with float32 parameters and running statistics", () => {
		const norm = new nn.BatchNorm1d(5);
		const x = torch.randn(8, 5).bfloat16().requiresGrad_();
		const out = norm(x);
		out.sum().backward();
		expect([out, x.grad!, norm.weight!.grad!, norm.runningMean!].map((tensor) => tensor.dtype.name)).toEqual([
			"bfloat16",
			"bfloat16",
			"float32",
			"float32",
		]);
		expect(norm.runningMean!.abs().max().item()).toBeGreaterThan(0);
		expect(norm.bfloat16()(x).dtype).toBe(torch.bfloat16);
		expect(norm.runningMean!.dtype).toBe(torch.bfloat16);
		expect(() => new nn.BatchNorm1d(5, { dtype: torch.float64 })(x)).toThrow(
			/\[batchNorm\] expected runningMean to be bfloat16, as the input is, got float64/,
		);
	});

	test("running ones are written in place: a gradient that saved them would notice", () => {
		const norm = new nn.BatchNorm1d(2);
		const before = norm.runningMean!._version.count;
		norm(torch.randn(3, 2));
		expect(norm.runningMean!._version.count).toBe(before + 1);
	});

	test("batches without elements pass, and leave the running statistics alone", () => {
		const norm = new nn.BatchNorm2d(3);
		const x = torch.zeros(0, 3, 2, 2).requiresGrad_();
		norm(x).sum().backward();
		expect(x.grad!.shape).toEqual([0, 3, 2, 2]);
		expect(norm.weight!.grad!.tolist()).toEqual([0, 0, 0]);
		expect(norm.runningVar!.tolist()).toEqual([1, 1, 1]);
		expect(new nn.LayerNorm(4)(torch.zeros(0, 4)).shape).toEqual([0, 4]);
	});

	test.skipIf(onCard)("second derivatives, also with given statistics", () => {
		torch.manualSeed(3);
		const x = torch.randn(4, 3, { dtype: torch.float64 }).requiresGrad_();
		const weight = torch.randn(3, { dtype: torch.float64 }).requiresGrad_();
		const mean = torch.randn(3, { dtype: torch.float64 });
		const variance = torch.rand(3, { dtype: torch.float64 }).add(0.5);
		const runs = [
			() => F.batchNorm(x, null, null, { weight, training: true }),
			() => F.batchNorm(x, mean, variance, { weight }),
			() => F.layerNorm(x, 3, { weight }),
			() => F.groupNorm(x, 1, { weight }),
			() => F.rmsNorm(x, 3, { weight }),
		];
		for (const run of runs) {
			expect(torch.autograd.gradcheck(run, [x, weight])).toBe(true);
			expect(torch.autograd.gradgradcheck(run, [x, weight])).toBe(true);
		}
	});
});
