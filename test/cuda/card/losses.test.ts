import * as torch from "gradbook";
import { expect, test } from "vitest";
import { native } from "../../../dist/engine/core/native";

/*
 * Losses of classes, of so many cases that a block alone takes them and of more (engine/native/cuda/ops/loss.cc), by a warp or a
 * thread each: a card and the host agree.
 */

const { functional: F } = torch.nn;
type T = torch.Tensor;
const shapes = [[32, 10], [200, 10], [513, 3], [70, 40], [5, 300], [2, 5, 30, 20], [7]];

test.each(shapes.map((shape) => [shape] as const))("of scores %j", { timeout: 60_000 }, (shape) => {
	torch.manualSeed(8);
	const classes = shape.length === 1 ? shape[0]! : shape[1]!;
	const cases = shape.length === 1 ? [] : [shape[0]!, ...shape.slice(2)];
	const host = { device: "cpu" } as const;
	const [scores, weight] = [torch.randn(shape, host), torch.rand(classes, host)];
	const target = torch.randint(0, classes, cases, host);
	const shares = torch.randn(shape, host).softmax(shape.length === 1 ? 0 : 1);
	for (const reduction of ["mean", "sum", "none"] as const) {
		for (const [name, loss] of Object.entries({
			plain: (x: torch.Tensor) => F.crossEntropy(x, target.to(x.device), { reduction }),
			weighted: (x: torch.Tensor) =>
				F.crossEntropy(x, target.to(x.device), { reduction, weight: weight.to(x.device), ignoreIndex: 1 }),
			smoothed: (x: torch.Tensor) => F.crossEntropy(x, target.to(x.device), { reduction, labelSmoothing: 0.1 }),
			shares: (x: torch.Tensor) => F.crossEntropy(x, shares.to(x.device), { reduction }),
			nll: (x: torch.Tensor) =>
				F.nllLoss(x, target.to(x.device), { reduction, weight: weight.to(x.device), ignoreIndex: 1 }),
		})) {
			const [expected, found] = (["cpu", "cuda"] as const).map((device) => {
				const x = scores.to(device).detach().requiresGrad_();
				const y = loss(x);
				y.square().sum().backward();
				return [y, x.grad!].map((t) => t.detach().cpu());
			});
			for (const k of [0, 1]) {
				const far = found![k]!.sub(expected![k]!).norm().item() / expected![k]!.norm().item();
				expect(far, `${name}, ${reduction}, output ${k}`).toBeLessThan(1e-6);
			}
		}
	}
});

test("a batch takes one launch forward and one backward", () => {
	const [x, target] = [torch.randn(32, 10).requiresGrad_(), torch.randint(0, 10, [32])];
	const launched = () => native.cudaCompileStats().launched;
	const start = launched();
	const loss = F.crossEntropy(x, target);
	const forward = launched();
	torch.autograd.grad(loss, [x], { gradOutputs: torch.ones([]) });
	// The gradient of the loss is the other one.
	expect([forward - start, launched() - forward]).toEqual([1, 2]);
});

test("of no cases", () => {
	for (const device of ["cpu", "cuda"] as const) {
		const [x, target] = [torch.zeros([0, 3], { device }), torch.zeros([0], { device, dtype: torch.int64 })];
		expect(F.crossEntropy(x, target).item()).toBeNaN();
		expect(F.crossEntropy(x, target, { reduction: "sum" }).item()).toBe(0);
	}
});

/** Of what the loss of the same name makes of each difference. */
const bowls: Record<
	string,
	[loss: (x: T, y: T, reduction: "mean" | "sum" | "none") => T, inside: number, outside: (d: T) => T, edge: number]
> = {
	mse: [(x, y, reduction) => F.mseLoss(x, y, { reduction }), 1, (d) => d, Number.POSITIVE_INFINITY],
	smoothL1: [(x, y, reduction) => F.smoothL1Loss(x, y, { reduction, beta: 0.7 }), 1 / 1.4, (d) => d.sub(0.35), 0.7],
	huber: [(x, y, reduction) => F.huberLoss(x, y, { reduction, delta: 1.3 }), 0.5, (d) => d.sub(0.65).mul(1.3), 1.3],
	boundless: [
		(x, y, reduction) => F.huberLoss(x, y, { reduction, delta: Number.POSITIVE_INFINITY }),
		0.5,
		(d) => d,
		Number.POSITIVE_INFINITY,
	],
};

test.each(Object.keys(bowls))("%s, in one pass each way", (name) => {
	const [loss, inside, outside, edge] = bowls[name]!;
	torch.manualSeed(9);
	for (const dtype of [torch.float32, torch.float64, torch.float16]) {
		for (const shapes of [
			[
				[7, 33],
				[7, 33],
			],
			[
				[16, 128],
				[16, 128],
			],
			[[5, 6], [6]],
			[
				[3, 1],
				[1, 4],
			],
			[[], []],
		]) {
			const [a, b] = shapes.map((shape) => torch.randn(shape, { device: "cpu" }).to(dtype).mul(2)) as [T, T];
			const d = a.double().sub(b.double()).abs();
			const each = torch.where(d.lt(edge), d.square().mul(inside), outside(d));
			for (const reduction of ["mean", "sum", "none"] as const) {
				const [host, card] = (["cpu", "cuda"] as const).map((device) => {
					const [x, y] = [a, b].map((t) => t.to(device).detach().requiresGrad_()) as [T, T];
					const out = loss(x, y, reduction);
					out.sum().backward();
					return [out, x.grad!, y.grad!].map((t) => t.detach().cpu().double());
				});
				const wanted = reduction === "mean" ? each.mean() : reduction === "sum" ? each.sum() : each;
				const far = dtype === torch.float16 ? 1e-2 : 1e-5;
				const near = (x: T, y: T) => torch.allclose(x, y, { rtol: far, atol: far });
				expect(near(host![0]!, wanted), `${dtype}, ${reduction}, ${a.shape}`).toBe(true);
				for (const k of [0, 1, 2]) expect(near(card![k]!, host![k]!), `${dtype}, ${reduction}, output ${k}`).toBe(true);
			}
		}
	}
});
