import * as torch from "gradbook";
import { describe, expect, test } from "vitest";
import { settled } from "../../support/device";

/*
 * What the differential tables cannot say of factorisations: factors are only defined up to signs, and take symmetric
 * arguments. Products give the matrix again, derivatives are those of functions that no sign changes.
 */

const { linalg } = torch;
const { gradcheck, gradgradcheck } = torch.autograd;

function random(...shape: number[]): torch.Tensor {
	torch.manualSeed(shape.reduce((sum, size) => 10 * sum + size, 1));
	return torch.randn(shape, { dtype: torch.float64 });
}

function close(a: torch.Tensor, b: torch.Tensor, tolerance = 1e-12): void {
	expect(a.shape).toEqual(b.shape);
	expect(a.numel() === 0 ? 0 : a.sub(b).abs().max().item()).toBeLessThan(tolerance);
}

const identity = (n: number) => torch.eye(n, { dtype: torch.float64 });
const symmetric = (x: torch.Tensor) => x.add(x.mT);
const positive = (x: torch.Tensor) => x.matmul(x.mT).add(identity(x.size(-1)));

describe("singular values", () => {
	test.each([
		[3, 3],
		[5, 2],
		[2, 5],
		[2, 4, 3],
		[1, 1],
		[40, 23],
		[3, 0],
	])("of [%i, %i, %i]", (...shape: number[]) => {
		const x = random(...shape.filter((size) => size !== undefined));
		const { U, S, Vh } = linalg.svd(x, false);
		close(U.mul(S.unsqueeze(-2)).matmul(Vh), x);
		close(U.mT.matmul(U), identity(S.size(-1)).expand(...U.shape.slice(0, -2), S.size(-1), S.size(-1)));
		close(Vh.matmul(Vh.mT), identity(S.size(-1)).expand(...U.shape.slice(0, -2), S.size(-1), S.size(-1)));
		const full = linalg.svd(x);
		expect([full.U.size(-1), full.Vh.size(-2)]).toEqual([x.size(-2), x.size(-1)]);
		close(full.U.mT.matmul(full.U), identity(x.size(-2)).expand(...U.shape.slice(0, -2), x.size(-2), x.size(-2)));
	});

	test("small ones beside large ones, equal ones, none", () => {
		const sizes = torch.tensor([1, 1e-3, 1e-9, 1e-14], { dtype: torch.float64 });
		const [q] = linalg.qr(random(4, 4));
		const found = linalg.svdvals(q!.mul(sizes));
		expect(found.div(sizes).sub(1).abs().max().item()).toBeLessThan(1e-12);
		const { U, S, Vh } = linalg.svd(torch.ones(4, 3, { dtype: torch.float64 }), false);
		expect(S.at(0).item()).toBeCloseTo(Math.sqrt(12), 12);
		close(U.mT.matmul(U), identity(3));
		close(Vh.matmul(Vh.mT), identity(3));
		expect(linalg.svdvals(torch.zeros(3, 3)).tolist()).toEqual([0, 0, 0]);
		expect(() => settled(linalg.svdvals(torch.tensor([[1, Number.NaN]])))).toThrow("the matrix holds NaN or infinity");
		const huge = linalg.svdvals(
			torch.tensor(
				[
					[1e200, 0],
					[0, 1e60],
				],
				{ dtype: torch.float64 },
			),
		);
		expect(huge.tolist()).toEqual([1e200, 1e60]);
	});

	test.each([
		[3, 3],
		[4, 2],
		[2, 4],
		[2, 3, 2],
	])("derivatives, [%i, %i]", (...shape: number[]) => {
		const x = random(...shape.filter((size) => size !== undefined)).requiresGrad_();
		const parts = (a: torch.Tensor) => {
			const { U, S, Vh } = linalg.svd(a, { fullMatrices: false });
			return [U.square(), S, Vh.square(), U.mul(S.square().unsqueeze(-2)).matmul(Vh)];
		};
		gradcheck(parts, [x]);
		gradgradcheck(parts, [x], { atol: 1e-4 });
	});
});

test("values alone are those that come with vectors", () => {
	for (const shape of [
		[1, 1],
		[2, 5, 5],
		[30, 30],
		[7, 3],
		[2, 3, 8],
		[0, 0],
		[4, 0],
		[0, 3, 3],
	]) {
		const x = random(...shape);
		expect(linalg.svdvals(x).equal(linalg.svd(x).S)).toBe(true);
		expect(linalg.svdvals(x.mul(1e200)).equal(linalg.svd(x.mul(1e200)).S)).toBe(true);
		if (shape.at(-1) !== shape.at(-2)) continue;
		const half = symmetric(x).to(torch.float32);
		for (const a of [symmetric(x), half]) expect(linalg.eigvalsh(a).equal(linalg.eigh(a).eigenvalues)).toBe(true);
		expect(linalg.eigvalsh(x, "U").equal(linalg.eigh(x, "U").eigenvalues)).toBe(true);
	}
});

describe("eigenvalues of symmetric matrices", () => {
	test.each([
		[1, 1],
		[3, 3],
		[2, 4, 4],
		[30, 30],
	])("[%i, %i]", (...shape: number[]) => {
		const x = symmetric(random(...shape.filter((size) => size !== undefined)));
		const { eigenvalues, eigenvectors } = linalg.eigh(x);
		close(x.matmul(eigenvectors), eigenvectors.mul(eigenvalues.unsqueeze(-2)));
		close(eigenvectors.mT.matmul(eigenvectors), identity(x.size(-1)).expand(x.shape));
		expect(eigenvalues.diff().ge(0).all().item()).toBe(1);
		close(linalg.eigvalsh(x, { UPLO: "U" }), eigenvalues);
	});

	test("one triangle counts", () => {
		const x = random(3, 3);
		close(linalg.eigvalsh(x), linalg.eigvalsh(x.tril().add(x.tril(-1).mT)));
		close(linalg.eigvalsh(x, "U"), linalg.eigvalsh(x.triu().add(x.triu(1).mT)));
	});

	test("derivatives", () => {
		const x = random(2, 3, 3).requiresGrad_();
		const parts = (a: torch.Tensor) => {
			const [w, v] = linalg.eigh(symmetric(a)) as unknown as [torch.Tensor, torch.Tensor];
			return [w, v.square()];
		};
		gradcheck(parts, [x]);
		gradgradcheck(parts, [x], { atol: 1e-4 });
	});
});

describe("other factorisations", () => {
	test("QR of tall, wide and deficient matrices", () => {
		for (const x of [random(5, 3), random(3, 5), torch.ones(4, 3, { dtype: torch.float64 }), random(2, 3, 3)]) {
			const { Q, R } = linalg.qr(x);
			close(Q.matmul(R), x);
			close(R, R.triu());
			const k = Q.size(-1);
			close(Q.mT.matmul(Q), identity(k).expand(...x.shape.slice(0, -2), k, k));
			const complete = linalg.qr(x, "complete");
			close(complete.Q.matmul(complete.R), x);
		}
	});

	test("derivatives of Cholesky factors, and through what is solved with them", () => {
		const x = random(2, 3, 3).requiresGrad_();
		gradcheck((a) => linalg.cholesky(positive(a)), [x]);
		gradgradcheck((a) => linalg.cholesky(positive(a)), [x], { atol: 1e-4 });
		const b = random(2, 3, 1).requiresGrad_();
		gradcheck((a, right) => torch.choleskySolve(right, linalg.cholesky(positive(a))), [x, b]);
		gradcheck((a) => torch.choleskyInverse(linalg.cholesky(positive(a))), [x]);
	});

	test("LU solves what it factored", () => {
		const [a, b] = [random(2, 4, 4), random(2, 4, 3)];
		const [lu, pivots] = linalg.luFactor(a) as unknown as [torch.Tensor, torch.Tensor];
		expect(pivots.dtype).toBe(torch.int32);
		close(linalg.luSolve(lu, pivots, b), linalg.solve(a, b));
		expect(() => settled(linalg.luSolve(lu, pivots.add(9), b))).toThrow("is out of range for matrices of size 4");
	});
});

describe("least squares", () => {
	test("more equations than unknowns, fewer, dependent ones", () => {
		const [a, b] = [random(6, 3), random(6, 2)];
		const { solution, residuals, rank } = linalg.lstsq(a, b);
		close(a.mT.matmul(a.matmul(solution).sub(b)), torch.zeros(3, 2, { dtype: torch.float64 }));
		close(residuals, a.matmul(solution).sub(b).square().sum(0));
		expect(rank.item()).toBe(3);
		const under = linalg.lstsq(a.mT, random(3, 1));
		close(a.mT.matmul(under.solution), random(3, 1));
		expect(under.residuals.numel()).toBe(0);
		const vector = linalg.lstsq(a, b.select(1, 0)).solution;
		close(vector, solution.select(1, 0));
		gradcheck((p, q) => linalg.lstsq(p, q).solution, [a.requiresGrad_(), b.requiresGrad_()]);
	});

	test("a pseudo-inverse of a deficient matrix", () => {
		const x = random(4, 2).matmul(random(2, 3));
		const p = linalg.pinv(x);
		close(x.matmul(p).matmul(x), x);
		close(p.matmul(x).matmul(p), p);
		expect(linalg.matrixRank(x).item()).toBe(2);
		expect(linalg.matrixRank(x, { rtol: 2 }).item()).toBe(0);
	});
});

describe("errors", () => {
	test("say which matrix, and why", () => {
		const batch = torch.stack([torch.eye(2), torch.zeros(2, 2)]);
		expect(() => linalg.inv(batch)).toThrow(
			"[linalg.inv] (batch element 1): the diagonal element 1 is zero, the inversion could not be completed because the input matrix is singular",
		);
		expect(() => linalg.inv(batch)).toThrow(linalg.LinAlgError);
		expect(() => linalg.cholesky(torch.eye(2).neg())).toThrow(
			"the input is not positive-definite (the leading minor of order 1 is not positive-definite)",
		);
		expect(() => linalg.eigh(torch.ones(2, 3))).toThrow("[linalg.eigh] expected square matrices, got shape [2, 3]");
		expect(() => linalg.svd(torch.ones(2))).toThrow("[linalg.svd] expected a matrix or a batch of them, got shape [2]");
		expect(() => linalg.qr(torch.ones(2, 2, { dtype: torch.int64 }))).toThrow("expected a float32 or float64 tensor");
		expect(() => linalg.qr(torch.ones(2, 2), "full" as never)).toThrow(
			'mode must be "reduced", "complete" or "r", got "full"',
		);
	});

	test("derivatives that are not there name themselves", () => {
		const x = random(3, 2).requiresGrad_();
		expect(() => linalg.qr(x, "complete").R.sum().backward()).toThrow('not implemented for the mode "complete"');
		expect(() => linalg.qr(x, "r").R.sum().backward()).toThrow('not implemented for the mode "r"');
	});
});
