import * as torch from "gradbook";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { native } from "../../dist/engine/core/native";
import { hasStandin } from "./standin";
import { useCard } from "./useCard";

/* Orders, sets, counts and draws on a card, over sizes at which their kernels change their ways: what the CPU gives. */

const { int64, float16, float32, float64, Tensor } = torch;

/** Results of both devices must be the same to the last bit. */
function same(onCard: unknown, onHost: unknown): void {
	const parts = (x: unknown) => (x instanceof Tensor ? [x] : Object.values(x as object)) as torch.Tensor[];
	const seen = (x: torch.Tensor) => [x.dtype.name, x.shape, x.tolist()];
	expect(parts(onCard).map(seen)).toEqual(parts(onHost).map(seen));
}

const lengths = [1, 2, 5, 63, 1024, 1025, 3000, 5000];
const dtypes = [float32, float64, float16, int64];
const cases = lengths.flatMap((n) => dtypes.map((dtype) => [n, dtype.name, dtype] as const));

/** Two rows with equal elements, and NaN in the second one. */
function rowsOf(n: number, dtype: torch.DType): torch.Tensor {
	torch.manualSeed(n);
	const x = torch.randint(0, Math.max(3, Math.floor(n / 2)), [2, n], { dtype });
	if (dtype.isFloatingPoint) for (const part of [2, 3]) x.setAt([1, Math.floor(n / part) % n], Number.NaN);
	return x;
}

describe.skipIf(!hasStandin)("a card", () => {
	beforeAll(useCard);
	afterEach(() => native.cudaSetLargeFrom(2 ** 16, 2 ** 16, 2 ** 18));

	test.each(cases)("rows of %i elements of %s are sorted, ranked and accumulated", (n, _, dtype) => {
		const x = rowsOf(n, dtype);
		const y = x.cuda();
		for (const descending of [false, true]) same(y.sort(1, descending), x.sort(1, descending));
		same(y.sort(0), x.sort(0));
		for (const k of [1, Math.min(n, 1500), n]) {
			for (const largest of [true, false]) same(y.topk(k, 1, largest), x.topk(k, 1, largest));
		}
		same(y.median(1), x.median(1));
		same(y.mode(1), x.mode(1));
		same(y.cummax(1), x.cummax(1));
		same(y.cummin(1), x.cummin(1));
		const z = dtype.isFloatingPoint ? x.nanToNum() : x;
		expect(torch.allclose(z.cuda().cumsum(1).cpu(), z.cumsum(1))).toBe(true);
	});

	test.each(cases)("sets of %i elements of %s", (n, _, dtype) => {
		const x = rowsOf(n, dtype);
		const [y, all] = [x.cuda(), { returnInverse: true, returnCounts: true } as const];
		same(torch.unique(y, all), torch.unique(x, all));
		same(torch.uniqueConsecutive(y, all), torch.uniqueConsecutive(x, all));
		const [sorted] = x.sort(1) as unknown as [torch.Tensor];
		for (const right of [false, true]) {
			same(torch.searchsorted(sorted.cuda(), y, { right }), torch.searchsorted(sorted, x, { right }));
		}
		if (dtype === int64) same(y.flatten().bincount(), x.flatten().bincount());
		else same(torch.histc(y.nanToNum(), 7), torch.histc(x.nanToNum(), 7));
	});

	/* Several tiles for each row, and fewer elements than a tile has; two kinds of zeros, and digits that are the same everywhere. */
	test.each([1, 33, 4500, 17_000])("rows of %i elements are sorted by digits", (n) => {
		native.cudaSetLargeFrom(2 ** 16, 1, 2 ** 18);
		for (const dtype of n > 10_000 ? [float32] : dtypes) {
			const x = torch.cat([rowsOf(n, dtype), torch.full([1, n], 3, { dtype })]);
			if (dtype.isFloatingPoint) {
				x.setAt([0, torch.arange(0, n, 3)], -0);
				for (const [row, value] of [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY].entries()) {
					x.setAt([row, Math.floor(n / 5)], value);
				}
			}
			x.at(0).sub_(2);
			const y = x.cuda();
			for (const descending of [false, true]) same(y.sort(1, descending), x.sort(1, descending));
			same(y.topk(n, 1), x.topk(n, 1));
			for (const k of [1, Math.ceil(n / 16) - 1].filter((k) => k > 0 && 16 * k <= n)) {
				for (const largest of [true, false]) same(y.topk(k, 1, largest), x.topk(k, 1, largest));
			}
			same(y.median(1), x.median(1));
			same(y.mode(1), x.mode(1));
			same(torch.unique(y, { returnInverse: true }), torch.unique(x, { returnInverse: true }));
		}
		const wide = torch.randint(-(2 ** 50), 2 ** 50, [n]);
		same(wide.cuda().argsort(), wide.argsort({ stable: true }));
	});

	test("long rows are cut into parts", () => {
		torch.manualSeed(1);
		const x = torch.randn(1, 70_001, { dtype: float64 });
		same(x.cuda().cummax(1), x.cummax(1));
		expect(torch.allclose(x.cuda().cumsum(1).cpu(), x.cumsum(1), { rtol: 1e-12 })).toBe(true);
		const ones = torch.ones(2, 40_000).mul(1.0001);
		expect(torch.allclose(ones.cuda().cumprod(1).cpu(), ones.cumprod(1))).toBe(true);
		expect(torch.allclose(x.cuda().logcumsumexp(1).cpu(), x.logcumsumexp(1), { rtol: 1e-12 })).toBe(true);
		expect(() => torch.bincount(torch.tensor([-1n], { device: "cuda" }))).toThrow(
			"[bincount] expected values that are not negative, got -1",
		);
	});

	test("running logarithms of sums of exponentials, of what is large, nothing, infinite and no number", () => {
		const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
		for (const dtype of [float32, float64, float16]) {
			torch.manualSeed(2);
			const x = torch.randn(7, 1500).mul(200).to(dtype);
			for (const [row, value] of [-inf, inf, nan].entries()) x.setAt([row, 700], value);
			x.setAt([3, ":900"], -inf);
			const [card, host] = [x.cuda().logcumsumexp(1).cpu(), x.logcumsumexp(1)];
			expect(torch.allclose(card, host, { rtol: 1e-6, equalNan: true })).toBe(true);
		}
	});

	test("places of what is not zero: flags of any place in memory, in one chunk and in more than a block adds up", () => {
		for (const shape of [[5], [3, 2000, 3], [1, 4095], [70, 60_000]]) {
			torch.manualSeed(4);
			const all = torch.rand([shape[0]! + 1, ...shape.slice(1)]).lt(shape.length > 2 ? 0.4 : 0.02);
			const [x, y] = [all.at("1:"), all.cuda().at("1:")];
			same(y.nonzero(), x.nonzero());
			same(y.logicalNot().logicalAnd(false).nonzero(), torch.zeros(shape).nonzero());
			same(y.int().maskedSelect(y), x.int().maskedSelect(x));
		}
	});

	test("products of long vectors", () => {
		for (const dtype of [float32, float64, float16, int64, torch.int8]) {
			for (const n of [32_768, 70_001]) {
				torch.manualSeed(n);
				const [a, b] = [0, 1].map(() =>
					torch
						.randint(-3, 4, [n + 1])
						.to(dtype)
						.at("1:"),
				) as [torch.Tensor, torch.Tensor];
				const exact = a.double().dot(b.double()).to(dtype);
				same(a.cuda().dot(b.cuda()), exact);
				same(a.clone().cuda().dot(b.clone().cuda()), exact);
			}
		}
	});

	test("elements are counted in few bins, most of them in one, and in many", () => {
		torch.manualSeed(1);
		const x = torch.randint(0, 5000, [20_001]).maskedFill(torch.rand(20_001).lt(0.6), 3);
		for (const most of [4, 5000]) {
			const few = x.clamp({ max: most });
			same(few.cuda().bincount({ minlength: 6000 }), few.bincount({ minlength: 6000 }));
			same(few.cuda().bincount(), few.bincount());
			for (const bins of [3, 4096, 4097]) same(torch.histc(few.float().cuda(), bins), torch.histc(few.float(), bins));
		}
	});

	test("random orders are orders, the same for the same seed", () => {
		for (const n of [1, 2, 100, 5000]) {
			torch.manualSeed(n);
			const order = torch.randperm(n, { device: "cuda" });
			expect(order.sort(0)[0]!.tolist()).toEqual(Array.from({ length: n }, (_, i) => i));
			torch.manualSeed(n);
			same(torch.randperm(n, { device: "cuda" }), order);
			if (n > 2) expect(order.tolist()).not.toEqual(torch.randperm(n, { device: "cuda" }).tolist());
		}
	});

	test("places are drawn by their weights", () => {
		torch.manualSeed(3);
		const weights = torch
			.tensor([
				[0, 1, 3, 0],
				[2, 0, 0, 2],
			])
			.cuda();
		const drawn = torch.multinomial(weights, 4000, true).cpu();
		const counts = [0, 1].map((row) => drawn.at(row).bincount({ minlength: 4 }).tolist() as number[]);
		expect([counts[0]![0], counts[0]![3], counts[1]![1], counts[1]![2]]).toEqual([0, 0, 0, 0]);
		expect(counts[0]![2]! / 4000).toBeCloseTo(0.75, 1);
		expect(counts[1]![0]! / 4000).toBeCloseTo(0.5, 1);
		const two = torch.multinomial(weights, 2).cpu().sort(1)[0]!;
		expect(two.tolist()).toEqual([
			[1, 2],
			[0, 3],
		]);
		expect(torch.multinomial(weights.at(0), 1).shape).toEqual([1]);
		expect(() => torch.multinomial(weights.neg(), 1)).toThrow("probability tensor contains either");
		expect(() => torch.multinomial(weights.mul(0), 1)).toThrow("sum of probabilities <= 0");
	});

	test("CTC: lengths may lie on the host, labels that there are not are found", () => {
		torch.manualSeed(5);
		const scores = torch.randn(8, 3, 5).logSoftmax(2);
		const targets = torch
			.tensor([
				[1, 1, 2],
				[3, 0, 0],
				[4, 2, 4],
			])
			.long();
		const run = (device: torch.DeviceLike, zeroInfinity: boolean) => {
			const x = scores.to(device).detach().requiresGrad_();
			const loss = torch.nn.functional.ctcLoss(x, targets.to(device), [8, 5, 3], [3, 1, 3], { zeroInfinity });
			loss.backward();
			return [loss.detach().cpu(), x.grad!.cpu()];
		};
		for (const zeroInfinity of [true, false]) {
			const [onCard, onHost] = [run("cuda", zeroInfinity), run("cpu", zeroInfinity)];
			onCard.forEach((x, i) => {
				expect(torch.allclose(x, onHost[i]!, { rtol: 1e-5, atol: 1e-6, equalNan: true })).toBe(true);
			});
		}
		const wrong = torch.nn.functional.ctcLoss(
			scores.cuda(),
			targets.add(targets.eq(3).mul(2)).cuda(),
			[8, 8, 8],
			[3, 1, 3],
		);
		expect(() => wrong.item()).toThrow("[ctcLoss] Target 5 is out of bounds: expected a class of 0 to 4");
		// Reading clears what was noted.
		expect(torch.ones(1, { device: "cuda" }).item()).toBe(1);
	});
});
