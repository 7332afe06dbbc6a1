import * as torch from "gradbook";
import { describe, expect, test } from "vitest";

/* Distances of many points, against the norm of every difference. Also on a card. */

const orders = [0, 0.5, 1, 1.5, 2, 3, Number.POSITIVE_INFINITY];
const f64 = { dtype: torch.float64 };

describe.each(orders)("cdist of order %d", (p) => {
	test.each([
		[
			[70, 19],
			[130, 19],
		],
		[
			[3, 1, 65, 16],
			[2, 5, 16],
		],
		[
			[1, 33],
			[64, 33],
		],
		[
			[4, 0],
			[3, 0],
		],
		[
			[0, 3],
			[5, 3],
		],
	])("of %j and %j, with its gradients", (first, second) => {
		torch.manualSeed(3);
		const [a, b] = [first, second].map((shape) => torch.randn(shape, { ...f64, requiresGrad: true }));
		const apart = () => torch.linalg.vectorNorm(a!.unsqueeze(-2).sub(b!.unsqueeze(-3)), p, -1);
		const found = torch.cdist(a!, b!, p);
		// Without coordinates all distances are 0; the norm of order infinity is not defined there.
		const expected = first.at(-1) === 0 ? torch.zeros(4, 3, f64) : apart();
		expect(torch.allclose(found, expected, { rtol: 1e-12, atol: 1e-12 })).toBe(true);
		if (p === 0 || found.numel() === 0 || first.at(-1) === 0) return;
		const weights = torch.randn(found.shape, f64);
		const grads = [found, expected].map((y) => torch.autograd.grad(y.mul(weights).sum(), [a!, b!]));
		for (const i of [0, 1])
			expect(torch.allclose(grads[0]![i]!, grads[1]![i]!, { rtol: 1e-9, atol: 1e-10 })).toBe(true);
		const single = torch.cdist(a!.float(), b!.float(), p);
		expect(torch.allclose(single.double(), expected, { rtol: 2e-5, atol: 1e-5 })).toBe(true);
	});
});

test("points that are one have no slope, and a NaN is seen", () => {
	const a = torch
		.tensor([
			[1, 2],
			[3, 4],
		])
		.requiresGrad_();
	const b = torch.tensor([
		[1, 2],
		[0, Number.NaN],
	]);
	for (const p of orders) {
		const d = torch.cdist(a, b, p);
		expect(d.at(0, 0).item()).toBe(0);
		if (p > 0) expect(d.at(":", 1).isnan().all().item()).toBe(1);
		const [g] = torch.autograd.grad(torch.cdist(a, b.narrow(0, 0, 1), p).at(0, 0), [a]);
		expect(g!.tolist()).toEqual([
			[0, 0],
			[0, 0],
		]);
	}
});

test("every point's distance from itself is 0, and distances go both ways", () => {
	const x = torch.randn(1500, 512);
	const d = torch.pdist(x.narrow(0, 0, 40));
	const all = torch.cdist(x, x);
	expect(d.at(0).item()).toBeCloseTo(all.at(0, 1).item(), 3);
	expect(all.diagonal().eq(0).all().item()).toBe(1);
	expect(torch.allclose(all, all.t())).toBe(true);
});
