import * as torch from "gradbook";
import { describe, expect, test } from "vitest";

/** A matrix of rank 3, with singular values 5, 3 and 1. */
function ofRankThree(rows: number, columns: number): torch.Tensor {
	torch.manualSeed(1);
	const side = (n: number) => torch.linalg.qr(torch.randn(n, 3, { dtype: torch.float64 })).Q;
	const values = torch.tensor([5, 3, 1], { dtype: torch.float64 });
	return side(rows).mul(values).matmul(side(columns).mT);
}

describe.each([
	[20, 8],
	[8, 20],
])("of a matrix of %i × %i", (m, n) => {
	test("svdLowrank finds the largest singular values and their vectors", () => {
		const A = ofRankThree(m, n);
		const [U, S, V] = torch.svdLowrank(A, 4);
		expect([U.shape, S.shape, V.shape]).toEqual([[m, 4], [4], [n, 4]]);
		expect(torch.allclose(S, torch.tensor([5, 3, 1, 0], { dtype: torch.float64 }), { atol: 1e-9 })).toBe(true);
		expect(torch.allclose(U.mul(S).matmul(V.mT), A, { atol: 1e-9 })).toBe(true);
		const shift = torch.ones(1, n, { dtype: torch.float64 });
		const again = torch.svdLowrank(A.add(shift), { q: 4, M: shift })[1];
		expect(torch.allclose(again, S, { atol: 1e-9 })).toBe(true);
	});

	test("pcaLowrank takes the mean off first", () => {
		const A = ofRankThree(m, n).add(torch.arange(n, { dtype: torch.float64 }));
		const [, S] = torch.pcaLowrank(A, { q: 5 });
		const whole = torch.linalg.svdvals(A.sub(A.mean(0, true))).narrow(0, 0, 5);
		expect(torch.allclose(S, whole, { atol: 1e-9 })).toBe(true);
		expect(torch.pcaLowrank(A, 5, false)[1].at(0).item()).toBeCloseTo(torch.linalg.svdvals(A).at(0).item(), 9);
	});
});

test("as many random numbers are drawn as PyTorch draws; stacks and gradients go through", () => {
	const A = ofRankThree(7, 5).expand(2, 7, 5).clone().requiresGrad_();
	torch.manualSeed(3);
	const [U, S] = torch.svdLowrank(A, 3, 1);
	expect(U.shape).toEqual([2, 7, 3]);
	const next = torch.rand(1).item();
	torch.manualSeed(3);
	torch.randn(5, 3, { dtype: torch.float64 });
	expect(torch.rand(1).item()).toBe(next);
	// The derivative of the sum of singular values is U · Vᵀ.
	S.sum().backward();
	const { U: u, Vh } = torch.linalg.svd(A.detach(), { fullMatrices: false });
	const expected = u.narrow(-1, 0, 3).matmul(Vh.narrow(-2, 0, 3));
	expect(torch.allclose(A.grad!, expected, { atol: 1e-6 })).toBe(true);
});

test("what makes no sense is refused", () => {
	expect(() => torch.pcaLowrank(torch.ones(3, 4), 5)).toThrow(
		"[pcaLowrank] q(=5) must be non-negative integer and not greater than min(m, n)=3",
	);
	expect(() => torch.svdLowrank(torch.ones(3, 4), { niter: -1 })).toThrow(
		"[svdLowrank] niter(=-1) must be non-negative integer",
	);
	expect(() => torch.svdLowrank(torch.ones(3))).toThrow("[svdLowrank] expected a tensor of at least two dimensions");
});
