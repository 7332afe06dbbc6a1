import * as torch from "gradbook";
import { describe, expect, test } from "vitest";
import { onCard } from "../../support/device";

/* Activations that PyTorch has not, and what the notes say of SELU. PyTorch's own are in reference.test.ts. */

const { nn } = torch;
const F = nn.functional;

const points = () => torch.linspace(-3, 3, 13, { dtype: torch.float64 }).requiresGrad_();
const close = (a: torch.Tensor, b: torch.Tensor) => torch.allclose(a, b, { rtol: 1e-12, atol: 1e-14 });

describe("activations of our own", () => {
	test.each<[string, (x: torch.Tensor) => torch.Tensor, (x: torch.Tensor) => torch.Tensor]>([
		["swish(β = 0.5)", (x) => F.swish(x, { beta: 0.5 }), (x) => x.div(x.mul(-0.5).exp().add(1))],
		["swish(1)", (x) => F.swish(x), (x) => F.silu(x)],
		["gelu(sigmoid)", (x) => F.gelu(x, { approximate: "sigmoid" }), (x) => x.mul(x.mul(1.702).sigmoid())],
		["reluSquared", (x) => F.reluSquared(x), (x) => x.clamp({ min: 0 }).pow(2)],
		["Swish", (x) => new nn.Swish(2, { learnable: false })(x), (x) => x.mul(x.mul(2).sigmoid())],
		["ReLUSquared", (x) => new nn.ReLUSquared()(x), (x) => x.clamp({ min: 0 }).pow(2)],
		["GELU(sigmoid)", (x) => new nn.GELU("sigmoid")(x), (x) => x.mul(x.mul(1.702).sigmoid())],
	])("%s", (_, run, expected) => {
		expect(close(run(points()), expected(points()))).toBe(true);
		const x = torch.tensor([-1.5, -0.25, 0.3, 2], { dtype: torch.float64 }).requiresGrad_();
		expect(torch.autograd.gradcheck(run, [x])).toBe(true);
		expect(torch.autograd.gradgradcheck(run, [x])).toBe(true);
	});

	test("Swish learns its steepness; one number, which files keep", () => {
		const swish = new nn.Swish({ beta: 1.5, dtype: torch.float64 });
		expect([String(swish), Object.keys(swish.stateDict()), swish.stateDict().beta!.item()]).toEqual([
			"Swish(learnable=True)",
			["beta"],
			1.5,
		]);
		const x = points();
		expect(torch.autograd.gradcheck(() => swish(x), [x, ...swish.parameters()])).toBe(true);
		expect(String(new nn.Swish({ learnable: false }))).toBe("Swish(beta=1.0)");
		const optimizer = new torch.optim.SGD(swish.parameters(), { lr: 0.1 });
		swish(x).sum().backward();
		optimizer.step();
		expect(swish.stateDict().beta!.item()).not.toBe(1.5);
	});

	test("the sigmoid form of GELU is close to GELU itself", () => {
		const x = torch.linspace(-6, 6, 500);
		const off = F.gelu(x, { approximate: "sigmoid" }).sub(F.gelu(x)).abs().max().item();
		expect(off).toBeLessThan(0.021);
		expect(String(new nn.GELU({ approximate: "sigmoid" }))).toBe("GELU(approximate='sigmoid')");
		expect(() => F.gelu(x, { approximate: "erf" as never })).toThrow(/must be either none, tanh or sigmoid, got "erf"/);
		expect(() => F.swish(x, { beta: "1" as never })).toThrow(/beta must be a number or a tensor, got "1"/);
	});
});

test.skipIf(onCard)("a deep SELU network normalises itself: mean 0 and variance 1 in every layer", () => {
	torch.manualSeed(42);
	const layers = Array.from({ length: 50 }, () => {
		const linear = new nn.Linear(100, 100);
		// LeCun's initialisation
		nn.init.normal_(linear.weight, { std: Math.sqrt(1 / 100) });
		nn.init.zeros_(linear.bias!);
		return linear;
	});
	const spread = (activation: (x: torch.Tensor) => torch.Tensor) =>
		torch.noGrad(() => {
			let x = torch.randn(500, 100);
			return layers.map((layer) => {
				x = activation(layer(x));
				return { mean: x.mean().item(), deviation: x.std().item() };
			});
		});
	for (const { mean, deviation } of spread((x) => F.selu(x))) {
		expect(Math.abs(mean)).toBeLessThan(0.2);
		expect(Math.abs(deviation - 1)).toBeLessThan(0.25);
	}
	expect(spread((x) => x.tanh()).at(-1)!.deviation).toBeLessThan(0.2);
	expect(spread((x) => x.relu()).at(-1)!.deviation).toBeLessThan(1e-3);
});

test("a bias before a batch normalisation never moves", () => {
	torch.manualSeed(1);
	const net = new nn.Sequential(new nn.Linear(6, 8), new nn.BatchNorm1d(8), new nn.ReLU(), new nn.Linear(8, 3));
	const bias = net.getParameter("0.bias");
	const before = bias.detach().clone();
	const weight = net.getParameter("0.weight").detach().clone();
	const optimizer = new torch.optim.SGD(net.parameters(), { lr: 0.5 });
	for (let step = 0; step < 50; step++) {
		optimizer.zeroGrad();
		F.crossEntropy(net(torch.randn(32, 6)), torch.randint(0, 3, [32])).backward();
		optimizer.step();
	}
	expect(bias.detach().sub(before).abs().max().item()).toBeLessThan(1e-5);
	expect(net.getParameter("0.weight").detach().sub(weight).abs().max().item()).toBeGreaterThan(0.01);
});

test("what a derivative gives at NaN is what PyTorch's gives", () => {
	// From torch 2.15: NaN fails the test for the side where nothing flows.
	const { NaN: nan } = Number;
	const expected: Record<string, number[]> = {
		relu: [1, 0, 1, 1],
		relu6: [1, 0, 1, 0],
		hardtanh: [1, 0, 1, 0],
		hardswish: [1, 0, 0.5833333134651184, 1],
		hardsigmoid: [0, 0, 0.1666666716337204, 0],
		hardshrink: [1, 1, 0, 1],
		softshrink: [1, 1, 0, 1],
		elu: [1, 0.01831563748419285, 1, 1],
		leakyRelu: [0.009999999776482582, 0.009999999776482582, 1, 1],
		softplus: [nan, 0.01798621006309986, 0.562176525592804, 0.9990890026092529],
	};
	const found = Object.keys(expected).map((name) => {
		const x = torch.tensor([nan, -4, 0.25, 7], { requiresGrad: true });
		const apply = F[name as "relu"];
		return [name, torch.autograd.grad(apply(x).sum(), x)[0]!];
	}) as [string, torch.Tensor][];
	for (const [name, slope] of found) {
		expect(torch.allclose(slope, torch.tensor(expected[name]!), { equalNan: true }), name).toBe(true);
	}
	const x = torch.tensor([nan, 1], { requiresGrad: true });
	for (const loss of [F.smoothL1Loss, F.huberLoss, F.mseLoss]) {
		expect(
			torch.autograd
				.grad(loss(x, torch.zeros(2)), x)[0]!
				.isnan()
				.tolist(),
		).toEqual([1, 0]);
	}
});

test("a tensor's numbers are not rewritten through a view of a leaf; a quotient rounded down has no gradient", () => {
	const leaf = torch.rand(4).view(2, 2).requiresGrad_();
	expect(() => leaf.at(0).mul_(2)).toThrow(/^\[mul_\] a view of a leaf tensor that requires grad/);
	const y = leaf.floorDivide(2);
	expect(y.gradFn!.name).toBe("NotImplemented");
	expect(() => y.sum().backward()).toThrow(/derivative for 'floorDivide' is not implemented/);
	expect(torch.zerosLike(torch.zeros(2, 3).t()).stride()).toEqual([1, 3]);
	expect(torch.zeros(3, 4).at(":", "::2").t().clone().stride()).toEqual([1, 2]);
});
