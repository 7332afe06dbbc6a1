import * as torch from "gradbook";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { native } from "../../../dist/engine/core/native";

/*
 * Matrices that are factored block by block, which otherwise are those of 65,536 elements and more: what the host gives, and the same
 * to the bit when it is done again.
 */

const { linalg, float64 } = torch;
type T = torch.Tensor;

// These are the engine's own ways, which cuSOLVER would take the larger part of.
process.env.GRADBOOK_CUSOLVER = "off";

beforeEach(() => native.cudaSetLargeFrom(1, 2 ** 16, 2 ** 18));
afterAll(() => native.cudaSetLargeFrom(2 ** 16, 2 ** 16, 2 ** 18));

/** What `f` gives on the card, block by block: twice, as on the host, and by more launches than where a block takes a matrix. */
function compare(what: string, f: (...x: T[]) => readonly T[], inputs: T[], tolerance = 1e-9): T[] {
	const on = (blockedFrom: number) => {
		native.cudaSetLargeFrom(blockedFrom, 2 ** 16, 2 ** 18);
		const before = native.cudaCompileStats().launched;
		const results = f(...inputs.map((x) => x.cuda()));
		const launches = native.cudaCompileStats().launched - before;
		native.cudaSetLargeFrom(1, 2 ** 16, 2 ** 18);
		return { results: results.map((x) => x.cpu()), launches };
	};
	const blocked = on(1);
	const [card, again, host] = [blocked.results, on(1).results, f(...inputs)];
	const [rows, columns] = inputs[0]!.shape.slice(-2);
	if (columns! > 64 && rows! * columns! < 65536)
		expect(blocked.launches, `${what}: launches`).toBeGreaterThan(on(65536).launches);
	card.forEach((x, i) => {
		const close = (other: T, tolerance: number) =>
			torch.allclose(x.to(float64), other.to(float64), { rtol: tolerance, atol: tolerance, equalNan: true });
		expect(close(again[i]!, 0), `${what}: ${i} again`).toBe(true);
		expect(close(host[i]!, tolerance), `${what}: ${i}, as on the host`).toBe(true);
	});
	return card;
}

function random(...shape: number[]): T {
	torch.manualSeed(shape.reduce((sum, size) => 10 * sum + size, 1));
	return torch.randn(shape, { dtype: float64, device: "cpu" });
}
const host = { dtype: float64, device: "cpu" } as const;
const symmetric = (x: T) => x.add(x.mT);
const positive = (x: T) => x.matmul(x.mT).add(torch.eye(x.size(-2), host));

function close(card: T, expected: T): void {
	expect(torch.allclose(card.cpu(), expected, { rtol: 1e-11, atol: 1e-11 })).toBe(true);
}
const factors = (x: T) => linalg.luFactorEx(x) as unknown as T[];

const shapes = [
	[1, 1],
	[5, 5],
	[16, 16],
	[17, 17],
	[64, 64],
	[65, 65],
	[130, 130],
	[90, 20],
	[20, 90],
	[150, 70],
	[70, 150],
];

describe("LU", () => {
	test.each([...shapes, [3, 40, 40], [2, 3, 70, 66]])("of [%i, %i, %i, %i]", (...shape: number[]) => {
		compare(String(shape), factors, [random(...shape.filter((size) => size !== undefined))]);
	});

	test("of floats is rounded once", () => {
		compare("floats", factors, [random(80, 80).to(torch.float32)], 1e-6);
	});

	test("equal candidates: the first is the pivot; a pivot of 0 is named, and the others go on", () => {
		const ones = torch.ones(70, 70, host);
		const signs = random(70, 70).sign();
		const holes = random(100, 100);
		for (const column of [0, 20, 70]) holes.select(1, column).zero_();
		const deficient = torch.randint(-2, 3, [90, 90], host).to(float64);
		deficient.select(0, 80).copy_(deficient.select(0, 3));
		for (const [what, x] of Object.entries({ ones, signs, holes, eye: torch.eye(80, host).flip(0) })) {
			const [, , info] = compare(what, factors, [x]);
			if (what === "ones") expect(info!.item()).toBe(2);
			if (what === "holes") expect(info!.item()).toBe(1);
			if (what === "eye") expect(info!.item()).toBe(0);
		}
		const [, , info] = factors(torch.stack([torch.eye(70, host), torch.zeros(70, 70, host)]).cuda());
		expect(info!.tolist()).toEqual([0, 1]);
		expect(() => linalg.inv(ones.cuda())).toThrow("the diagonal element 2 is zero");
	});

	test("NaN and infinity stay where the host has them", () => {
		for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
			for (const [row, column] of [
				[0, 0],
				[40, 2],
				[3, 69],
			] as const) {
				const x = random(70, 70);
				x.setAt([row, column], bad);
				const [lu, pivots] = factors(x.cuda()).map((part) => part.cpu());
				const [expected, places] = factors(x);
				expect(torch.equal(pivots!, places!), `pivots with ${bad} at ${row}, ${column}`).toBe(true);
				expect(torch.equal(lu!.isfinite(), expected!.isfinite()), `${bad} at ${row}, ${column}`).toBe(true);
			}
		}
	});

	test("solves for few and many right sides", () => {
		for (const [n, k] of [
			[40, 1],
			[64, 3],
			[150, 40],
		] as const) {
			const [a, b] = [random(2, n, n), random(2, n, k)];
			compare(`${n}, ${k}`, (a, b) => [linalg.solve(a, b)], [a, b]);
			const [lu, pivots] = factors(a);
			compare(`${n}, ${k}`, (lu, pivots, b) => [linalg.luSolve(lu, pivots, b)], [lu!, pivots!, b]);
		}
		const [lu, pivots] = factors(random(70, 70).cuda());
		linalg.luSolve(lu!, pivots!.add(9), torch.ones(70, 2, { dtype: float64 }));
		expect(() => torch.cuda.synchronize()).toThrow(/pivot \d+ is out of range for matrices of size 70/);
	});
});

describe("triangles", () => {
	test.each([
		[1, 1],
		[20, 1],
		[64, 5],
		[65, 16],
		[150, 33],
		[7, 200],
		[300, 130],
	])("of %i rows for %i right sides", (n, k) => {
		const a = random(2, n, n).add(torch.eye(n, host).mul(4 * n));
		const b = random(2, n, k);
		for (const upper of [false, true]) {
			for (const unitriangular of [false, true]) {
				const scaled = unitriangular ? a.div(4 * n) : a;
				const what = `${upper ? "upper" : "lower"}${unitriangular ? ", unit" : ""}`;
				compare(what, (a, b) => [linalg.solveTriangular(a, b, { upper, unitriangular })], [scaled, b]);
			}
		}
	});
});

describe("Cholesky", () => {
	test.each([[1], [16], [64], [65], [150], [2, 70]])("of [%i, %i]", (...sizes: number[]) => {
		const shape = sizes.filter((size) => size !== undefined);
		const x = positive(random(...shape, shape.at(-1)!));
		compare(String(shape), (x) => [linalg.cholesky(x)], [x]);
		compare(`${shape}, upper`, (x) => [linalg.cholesky(x, { upper: true })], [x]);
	});

	test("what is not positive is named", () => {
		const x = torch.eye(150, host);
		for (const place of [0, 63, 64, 100]) {
			const bad = x.clone();
			bad.setAt([place, place], -1);
			const { info } = linalg.choleskyEx(torch.stack([x, bad]).cuda());
			expect(info.tolist()).toEqual([0, place + 1]);
			bad.setAt([place, place], Number.NaN);
			expect(() => linalg.cholesky(bad.cuda())).toThrow(`leading minor of order ${place + 1} is not positive-definite`);
		}
	});
});

describe("QR", () => {
	test.each([...shapes, [3, 40, 40], [2, 3, 70, 36]])("of [%i, %i, %i, %i]", (...sizes: number[]) => {
		const x = random(...sizes.filter((size) => size !== undefined));
		for (const mode of ["reduced", "complete"] as const) {
			compare(`${sizes}, ${mode}`, (x) => [...linalg.qr(x, mode)], [x]);
		}
	});

	test("of columns that have nothing to reflect, or are the same", () => {
		const holes = random(60, 50);
		for (const column of [0, 17, 49]) holes.select(1, column).zero_();
		const diagonal = torch.eye(70, host).mul(-2);
		const large = random(40, 40).mul(1e200);
		for (const [what, x] of Object.entries({ diagonal, upper: random(70, 70).triu(), large })) {
			compare(what, (x) => [...linalg.qr(x)], [x]);
		}
		for (const x of [holes, torch.ones(70, 40, host)]) {
			const { Q, R } = linalg.qr(x.cuda());
			expect(torch.allclose(Q.matmul(R).cpu(), x, { rtol: 1e-12, atol: 1e-12 })).toBe(true);
			const unit = torch.eye(Q.size(-1), host);
			expect(torch.allclose(Q.mT.matmul(Q).cpu(), unit, { rtol: 1e-12, atol: 1e-12 })).toBe(true);
		}
	});
});

/** The identity with a few entries beside the diagonal: little to rotate, so that it may be large. */
function nearlyDiagonal(n: number): T {
	const x = torch.diag(torch.arange(1, n + 1, host));
	for (const [i, j] of [
		[1, 0],
		[n - 1, 3],
		[Math.floor(n / 2), 2],
	] as const) {
		x.setAt([i, j], 0.5);
		x.setAt([j, i], 0.5);
	}
	return x;
}

describe("eigenvalues", () => {
	function check(x: T): void {
		const [values] = compare(String(x.shape), (x) => [linalg.eigvalsh(x)], [x]);
		const { eigenvalues, eigenvectors: v } = linalg.eigh(x.cuda());
		close(eigenvalues, values!);
		close(v.mul(eigenvalues.unsqueeze(-2)).matmul(v.mT), x);
		close(v.mT.matmul(v), torch.eye(x.size(-1), host).expand(x.shape));
	}

	test.each([1, 2, 9, 33, 34])("of %i rows", (n) => check(symmetric(random(n, n))));

	test("of large ones, of one rank, and of a batch of which one is through at once", () => {
		const diagonal = torch.diag(torch.arange(20, host).flip(0));
		for (const x of [nearlyDiagonal(71), torch.ones(20, 20, host)]) check(x);
		check(torch.stack([diagonal, symmetric(random(20, 20))]));
	});
});

describe("singular values", () => {
	function check(x: T): T {
		const [values] = compare(String(x.shape), (x) => [linalg.svdvals(x)], [x]);
		const { U, S, Vh } = linalg.svd(x.cuda(), false);
		close(S, values!);
		close(U.mul(S.unsqueeze(-2)).matmul(Vh), x);
		const unit = torch.eye(S.size(-1), host).expand(...x.shape.slice(0, -2), S.size(-1), S.size(-1));
		close(U.mT.matmul(U), unit);
		close(Vh.matmul(Vh.mT), unit);
		return values!;
	}

	test.each([
		[1, 1],
		[19, 19],
		[70, 9],
		[9, 70],
		[2, 12, 11],
	])("of [%i, %i, %i]", (...sizes: number[]) => {
		check(random(...sizes.filter((size) => size !== undefined)));
	});

	test("of large ones, that are 0, and of numbers whose squares leave the range", () => {
		check(nearlyDiagonal(71));
		const few = random(30, 5).matmul(random(5, 20));
		for (const x of [few, torch.zeros(18, 18, host), random(18, 18).mul(1e-200)]) check(x);
		const huge = check(random(16, 16)).mul(1e200);
		expect(torch.allclose(linalg.svdvals(random(16, 16).mul(1e200).cuda()).cpu(), huge, { rtol: 1e-10 })).toBe(true);
	});
});

test("what is not finite has neither, and says so", () => {
	for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
		const x = torch.stack([torch.eye(40, host), torch.eye(40, host)]);
		x.setAt([1, 20, 3], bad);
		const reason = "the algorithm did not converge: the matrix holds NaN or infinity, or numbers too large";
		expect(() => linalg.eigh(x.cuda())).toThrow(`[eigh] ${reason}`);
		expect(() => linalg.svd(x.cuda())).toThrow(`[svd] ${reason}`);
	}
});

test("shapes by chance", () => {
	torch.manualSeed(17);
	const sizes = torch.randint(1, 110, [8, 3], { device: "cpu" }).tolist() as number[][];
	sizes.forEach(([m, n, k], i) => {
		const batch = (i % 3) + 1;
		const [x, square, b] = [random(batch, m!, n!), random(batch, n!, n!), random(batch, n!, k!)];
		const shape = `${batch}, ${m}, ${n}, ${k}`;
		compare(`LU, ${shape}`, factors, [x]);
		compare(`QR, ${shape}`, (x) => [...linalg.qr(x)], [x]);
		compare(`solve, ${shape}`, (a, b) => [linalg.solve(a, b)], [square.add(torch.eye(n!, host).mul(n!)), b]);
		compare(`Cholesky, ${shape}`, (x) => [linalg.cholesky(x)], [positive(square)]);
	});
});

test("a captured step has them too, and says what it cannot do", () => {
	const x = positive(random(70, 70)).cuda();
	const b = random(70, 2).cuda();
	const solve = (x: T, b: T) => torch.choleskySolve(b, linalg.choleskyEx(x).L);
	const step = torch.cuda.graph(solve);
	for (let i = 0; i < 3; i++) expect(torch.allclose(step(x, b), solve(x, b), { rtol: 1e-12, atol: 1e-12 })).toBe(true);
	// The host would have to look whether sweeps go on: a block takes a matrix.
	const small = symmetric(random(9, 9)).cuda();
	const values = torch.cuda.graph((x: T) => [linalg.eigvalsh(x), linalg.svdvals(x)]);
	for (let i = 0; i < 3; i++) {
		const [eigen, singular] = values(small) as [T, T];
		close(eigen, linalg.eigvalsh(small.cpu()));
		close(singular, linalg.svdvals(small.cpu()));
	}
	const checked = torch.cuda.graph((x: T) => linalg.cholesky(x), { warmup: 0 });
	expect(() => checked(x)).toThrow("not possible in a captured step: it reads a value of the card");
});
