import * as torch from "gradbook";
import { describe, expect, test } from "vitest";

/* Factors of matrices of at most 32 rows and columns, which a warp takes each: what the host gives, of batches of odd lengths. */

const { linalg, float64, float32 } = torch;
type T = torch.Tensor;
const host = { dtype: float64, device: "cpu" } as const;

function random(...shape: number[]): T {
	torch.manualSeed(shape.reduce((sum, size) => 10 * sum + size, 1));
	return torch.randn(shape, host);
}
const positive = (x: T) => x.matmul(x.mT).add(torch.eye(x.size(-2), host));
const factors = (x: T) => linalg.luFactorEx(x) as unknown as T[];

function compare(what: string, f: (...x: T[]) => readonly T[], inputs: T[], tolerance = 1e-10): void {
	const [card, expected] = [f(...inputs.map((x) => x.cuda())), f(...inputs)];
	card.forEach((x, i) => {
		const close = { rtol: tolerance, atol: tolerance, equalNan: true };
		expect(torch.allclose(x.cpu().to(float64), expected[i]!.to(float64), close), `${what}: ${i}`).toBe(true);
	});
}

describe("LU", () => {
	test.each([
		[1, 1, 1],
		[3, 5, 5],
		[2, 8, 8],
		[1, 9, 9],
		[5, 32, 32],
		[3, 32, 7],
		[3, 7, 32],
		[2, 31, 17],
	])("of %i matrices of %i x %i", (...shape) => {
		compare("doubles", factors, [random(...shape)]);
		compare("floats", factors, [random(...shape).to(float32)], 1e-4);
	});

	test("equal candidates, a pivot of 0, what is not finite", () => {
		const ones = torch.ones(2, 20, 20, host);
		const signs = random(3, 20, 20).sign();
		const holes = random(2, 20, 20);
		for (const column of [0, 7, 19]) holes.select(2, column).zero_();
		const flipped = torch.eye(32, host).flip(0).unsqueeze(0);
		for (const [what, x] of Object.entries({ ones, signs, holes, flipped })) compare(what, factors, [x]);
		expect(factors(torch.stack([torch.eye(20, host), torch.zeros(20, 20, host)]).cuda())[2]!.tolist()).toEqual([0, 1]);
		expect(() => linalg.inv(ones.cuda())).toThrow("the diagonal element 2 is zero");
		for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
			for (const [row, column] of [
				[0, 0],
				[12, 2],
				[3, 19],
			] as const) {
				const x = random(20, 20);
				x.setAt([row, column], bad);
				const [lu, pivots] = factors(x.cuda()).map((part) => part.cpu());
				const [expected, places] = factors(x);
				expect(torch.equal(pivots!, places!), `pivots with ${bad} at ${row}, ${column}`).toBe(true);
				expect(torch.equal(lu!.isfinite(), expected!.isfinite()), `${bad} at ${row}, ${column}`).toBe(true);
			}
		}
	});

	test.each([
		[1, 1, 1],
		[2, 0, 3],
		[2, 3, 0],
		[3, 5, 2],
		[2, 32, 1],
		[3, 32, 33],
		[2, 17, 70],
	])("solves %i times for %i rows and %i right sides", (batch, n, k) => {
		const [a, b] = [random(batch, n, n).add(torch.eye(n, host).mul(3)), random(batch, n, k)];
		compare("solve", (a, b) => [linalg.solve(a, b)], [a, b]);
		const [lu, pivots] = factors(a);
		compare("luSolve", (lu, pivots, b) => [linalg.luSolve(lu, pivots, b)], [lu!, pivots!, b]);
		for (const upper of [false, true]) {
			for (const unitriangular of [false, true]) {
				const scaled = a.add(torch.eye(n, host).mul(n)).div(unitriangular ? 4 * n : 1);
				const what = `triangle, ${upper ? "upper" : "lower"}${unitriangular ? ", unit" : ""}`;
				compare(what, (a, b) => [linalg.solveTriangular(a, b, { upper, unitriangular })], [scaled, b]);
			}
		}
	});

	test("a pivot that is none is named", () => {
		const [lu, pivots] = factors(random(20, 20).cuda());
		linalg.luSolve(lu!, pivots!.add(9), torch.ones(20, 2, { dtype: float64 }));
		expect(() => torch.cuda.synchronize()).toThrow(/pivot \d+ is out of range for matrices of size 20/);
	});
});

describe("Cholesky", () => {
	test.each([
		[1, 1],
		[3, 5],
		[2, 8],
		[5, 32],
	])("of %i matrices of %i rows", (batch, n) => {
		const x = positive(random(batch, n, n));
		compare("lower", (x) => [linalg.cholesky(x)], [x]);
		compare("the upper triangle does not count", (x) => [linalg.cholesky(x.tril())], [x]);
		compare("floats", (x) => [linalg.cholesky(x)], [x.to(float32)], 1e-5);
	});

	test("what is not positive is named", () => {
		for (const place of [0, 7, 31]) {
			const bad = torch.eye(32, host);
			bad.setAt([place, place], -1);
			const { info } = linalg.choleskyEx(torch.stack([torch.eye(32, host), bad]).cuda());
			expect(info.tolist()).toEqual([0, place + 1]);
			bad.setAt([place, place], Number.NaN);
			expect(() => linalg.cholesky(bad.cuda())).toThrow(`leading minor of order ${place + 1} is not positive-definite`);
		}
	});
});
