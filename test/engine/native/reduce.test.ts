import { expect, test } from "vitest";
import { codes, firstDifference, type Name, native, numbers, tensor } from "./support";

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

test("sums of many float32 are as exact as PyTorch.s, and the same on any number of threads", () => {
	const n = 3_000_001;
	const x = native.full([n], 0.1, codes.float32);
	const exact = n * Math.fround(0.1);
	const before = native.getNumThreads();
	const sums = [1, 2, 3, 7].map((threads) => {
		native.setNumThreads(threads);
		const columns = native.view(native.slice(x, 0, 0, 3_000_000, 1), [300_000, 10]);
		return [native.item(native.sum(x, null, false, -1)), ...numbers(native.sum(columns, [0], false, -1))];
	});
	native.setNumThreads(before);
	for (const each of sums) expect(each).toEqual(sums[0]);
	expect(Math.abs(sums[0]![0]! - exact) / exact).toBeLessThan(1.2e-7);
	for (const column of sums[0]!.slice(1)) expect(column / (300_000 * Math.fround(0.1))).toBeCloseTo(1, 6);
});

test("variance of numbers far from zero", () => {
	const values = Array.from({ length: 1000 }, (_, i) => 10_000 + (i % 10));
	expect(native.item(native.var(tensor(values), null, 0, false))).toBeCloseTo(8.25, 5);
	expect(native.item(native.std(tensor(values, undefined, "float64"), null, 1, false))).toBeCloseTo(
		Math.sqrt(8250 / 999),
		12,
	);
	expect(native.item(native.var(tensor([1, nan, 3]), null, 1, false))).toBeNaN();
	expect(native.item(native.var(tensor([5]), null, 1, false))).toBeNaN();
});

test("extremes along rows that are long enough for vectors", () => {
	for (const n of [63, 64, 65, 100, 257]) {
		for (const dtype of ["float32", "float64"] as const) {
			for (const special of [undefined, nan, inf, -inf]) {
				const values = Array.from({ length: n }, (_, i) => (i * 37) % 50);
				if (special !== undefined) values[n - 9] = special;
				const x = tensor(values, [1, n], dtype);
				const place = (best: number) => values.findIndex((v) => Object.is(v, best));
				const [most, least] = [Math.max(...values), Math.min(...values)];
				for (const [of, best] of [
					[native.maxDim, most],
					[native.minDim, least],
				] as const) {
					const [value, index] = of(x, 1, false);
					expect([...numbers(value), ...numbers(index)]).toEqual([best, place(best)]);
				}
			}
		}
	}
});

test("NaN wins in extremes; the first of equals is chosen", () => {
	const x = tensor([1, nan, 3, nan, inf, 3], [2, 3]);
	expect(numbers(native.amax(x, [1], false))).toEqual([nan, nan]);
	expect(numbers(native.amin(x, null, false))).toEqual([nan]);
	expect(numbers(native.argmax(x, 1, false))).toEqual([1, 0]);
	const [values, indices] = native.minDim(x, 0, true);
	expect([native.shape(values), numbers(values), numbers(indices)]).toEqual([
		[1, 3],
		[nan, nan, 3],
		[1, 0, 0],
	]);
	expect(numbers(native.argmax(tensor([2, 7, 7, 1]), null, false))).toEqual([1]);
	expect(numbers(native.argmin(tensor([2, 1, 7, 1], [2, 2], "uint8"), null, true))).toEqual([1]);
	expect(numbers(native.maximum(tensor([nan, 1]), tensor([1, nan])))).toEqual([nan, nan]);
	expect(numbers(native.fmax(tensor([nan, 1]), tensor([1, nan])))).toEqual([1, 1]);
});

test("nothing to reduce", () => {
	const none = native.empty([0, 3], codes.float32);
	expect(numbers(native.sum(none, null, false, -1))).toEqual([0]);
	expect(numbers(native.sum(none, [0], false, -1))).toEqual([0, 0, 0]);
	expect(numbers(native.prod(none, [0], false, -1))).toEqual([1, 1, 1]);
	expect(numbers(native.mean(none, [0], false, -1))).toEqual([nan, nan, nan]);
	expect(numbers(native.logsumexp(none, [0], false))).toEqual([-inf, -inf, -inf]);
	expect(numbers(native.any(none, null, false))).toEqual([0]);
	expect(numbers(native.all(none, null, false))).toEqual([1]);
	expect(native.shape(native.amax(none, [1], false))).toEqual([0]);
	expect(() => native.amax(none, null, false)).toThrow(
		"[amax] Expected reduction dim to be specified for input.numel() == 0",
	);
	expect(() => native.argmax(none, null, false)).toThrow("[argmax] Expected reduction dim");
	expect(() => native.sum(none, [0, 0], false, -1)).toThrow("dim 0 appears multiple times in the list of dims");
});

test("types of results", () => {
	const of = (dtype: Name) => tensor([1, 2], undefined, dtype);
	expect(native.dtype(native.sum(of("uint8"), null, false, -1))).toBe(codes.int64);
	expect(native.dtype(native.sum(of("bool"), null, false, -1))).toBe(codes.int64);
	expect(native.dtype(native.cumsum(of("int32"), 0, -1))).toBe(codes.int64);
	expect(native.dtype(native.prod(of("float16"), null, false, -1))).toBe(codes.float16);
	expect(native.dtype(native.sum(of("float32"), null, false, codes.float64))).toBe(codes.float64);
	expect(() => native.mean(of("int64"), null, false, -1)).toThrow("[mean] could not infer output dtype");
	expect(native.item(native.mean(of("int64"), null, false, codes.float32))).toBe(1.5);
});

test("norms", () => {
	const x = tensor([3, -4, 0], undefined, "float64");
	const norm = (p: number) => native.item(native.norm(x, p, null, false));
	expect([0, 1, 2, inf, -inf].map(norm)).toEqual([2, 7, 5, 4, 0]);
	expect(norm(3)).toBeCloseTo(91 ** (1 / 3), 12);
	expect(native.totalNorm([x, tensor([12])], 2)).toBe(13);
	expect(native.totalNorm([x, tensor([12])], inf)).toBe(12);
});

test("softmax and its kin, along any dimension and at the edges", () => {
	const x = tensor([1, 2, 3, 1000, 1000, -inf, -inf, -inf, -inf, nan, 0, 1], [4, 3], "float64");
	const rows = numbers(native.softmax(x, 1));
	const e = [Math.exp(-2), Math.exp(-1), 1];
	const total = e[0]! + e[1]! + e[2]!;
	expect(
		firstDifference(rows, [...e.map((v) => v / total), 0.5, 0.5, 0, nan, nan, nan, nan, nan, nan], 1e-15),
	).toBeUndefined();
	expect(numbers(native.logsumexp(x, [1], false)).slice(1)).toEqual([1000 + Math.log(2), -inf, nan]);
	const turned = native.transpose(x, 0, 1);
	expect(numbers(native.transpose(native.softmax(turned, 0), 0, 1))).toEqual(rows);
	const y = native.softmax(native.slice(x, 0, 0, 2, 1), 1);
	const g = tensor([1, -2, 0.5, 3, 1, 2], [2, 3], "float64");
	const [Y, G] = [numbers(y), numbers(g)];
	const dot = [0, 1].map((r) => [0, 1, 2].reduce((s, c) => s + Y[r * 3 + c]! * G[r * 3 + c]!, 0));
	const expected = Y.map((v, i) => v * (G[i]! - dot[Math.floor(i / 3)]!));
	expect(firstDifference(numbers(native.softmaxBackward(g, y, 1)), expected, 1e-14)).toBeUndefined();
	const logs = native.log(y);
	const sums = [0, 1].map((r) => G[r * 3]! + G[r * 3 + 1]! + G[r * 3 + 2]!);
	expect(
		firstDifference(
			numbers(native.logSoftmaxBackward(g, logs, 1)),
			G.map((v, i) => v - Y[i]! * sums[Math.floor(i / 3)]!),
			1e-14,
		),
	).toBeUndefined();
});

test.each(["float32", "float64", "int64"] as const)("long rows are sorted stably, in %s", (of) => {
	// Zeros of both signs and NaN among many equals; whole numbers of both signs and many digits.
	const n = 300;
	const data = Array.from(
		{ length: 2 * n },
		(_, i) => Math.round(Math.sin(i * 7.3) * 40) * (of === "int64" ? 9e9 : 0.5) + 0,
	);
	if (of !== "int64") for (const [i, v] of [nan, -0, 0, inf, -inf, nan, -0].entries()) data[i * 31] = v;
	const above = (a: number, b: number) => a > b || (Number.isNaN(a) && !Number.isNaN(b));
	for (const descending of [false, true]) {
		const [values, places] = native.sort(tensor(data, [2, n], of), 1, descending).map(numbers);
		const [some, where] = native.topk(tensor(data, [2, n], of), 20, 1, descending, true).map(numbers);
		for (const row of [0, 1]) {
			const own = data.slice(row * n, (row + 1) * n);
			const order = own
				.map((_, i) => i)
				.sort((a, b) => {
					const [x, y] = descending ? [own[b]!, own[a]!] : [own[a]!, own[b]!];
					return above(x, y) ? 1 : above(y, x) ? -1 : a - b;
				});
			expect(places!.slice(row * n, (row + 1) * n)).toEqual(order);
			expect(values!.slice(row * n, (row + 1) * n)).toEqual(order.map((i) => own[i]));
			expect(where!.slice(row * 20, (row + 1) * 20)).toEqual(order.slice(0, 20));
			expect(some!.slice(row * 20, (row + 1) * 20)).toEqual(order.slice(0, 20).map((i) => own[i]));
		}
	}
});

test.each(["float32", "float64"] as const)("softmax down columns is that of rows, in %s", (of) => {
	// Columns that stay where they are: full vectors and a rest, several groups of rows, rows that hold what is not finite.
	const [outer, n, inner] = [2, 70, 37];
	const data = Array.from({ length: outer * n * inner }, (_, i) => Math.sin(i * 1.7) * 9);
	data[3] = inf;
	data[inner + 4] = nan;
	for (let i = 0; i < n; i++) data[i * inner + 5] = -inf;
	data[inner * 2 + 6] = -inf;
	const [x, g] = [data, data.map((_, i) => Math.cos(i))].map((v) => tensor(v, [outer, n, inner], of));
	const near = of === "float32" ? 2e-6 : 1e-14;
	for (const [forward, backward] of [
		[native.softmax, native.softmaxBackward],
		[native.logSoftmax, native.logSoftmaxBackward],
	] as const) {
		const rows = forward(native.contiguous(native.transpose(x!, 1, 2)), 2);
		const columns = forward(x!, 1);
		expect(firstDifference(numbers(columns), numbers(native.transpose(rows, 1, 2)), near, near)).toBeUndefined();
		const own = numbers(backward(g!, columns, 1));
		const other = backward(native.contiguous(native.transpose(g!, 1, 2)), rows, 2);
		expect(firstDifference(own, numbers(native.transpose(other, 1, 2)), near, near)).toBeUndefined();
	}
});

test("sines of angles near and far, in any place", () => {
	const angles = [0, -0, 1e-30, 0.5, -Math.PI, 6.2831855, 100, -1000, 29999, 30001, -1e10, 3e38, inf, -inf, nan, 2, 7];
	for (const [of, exact] of [
		[native.sin, Math.sin],
		[native.cos, Math.cos],
	] as const) {
		const got = numbers(of(tensor(angles)));
		const wanted = angles.map((x) => exact(Math.fround(x)));
		expect(firstDifference(got, wanted, 2e-7, 3e-8)).toBeUndefined();
		// An element's result is the same whatever stands beside it.
		expect(angles.map((x) => numbers(of(tensor([x])))[0])).toEqual(got);
	}
	expect(Object.is(numbers(native.sin(tensor([-0])))[0], -0)).toBe(true);
});

test("sorted, running, middle and most frequent elements", () => {
	const x = tensor([3, 1, 2, 1, nan, 0], [2, 3]);
	const pair = ([a, b]: [ReturnType<typeof tensor>, ReturnType<typeof tensor>]) => [numbers(a), numbers(b)];
	expect(pair(native.sort(x, 1, false))).toEqual([
		[1, 2, 3, 0, 1, nan],
		[1, 2, 0, 2, 0, 1],
	]);
	expect(pair(native.sort(x, 1, true))).toEqual([
		[3, 2, 1, nan, 1, 0],
		[0, 2, 1, 1, 0, 2],
	]);
	expect(pair(native.topk(x, 2, 1, true, true))).toEqual([
		[3, 2, nan, 1],
		[0, 2, 1, 0],
	]);
	expect(pair(native.cummax(x, 1))).toEqual([
		[3, 3, 3, 1, nan, nan],
		[0, 0, 0, 0, 1, 1],
	]);
	expect(pair(native.cummin(tensor([2, 1, 1]), 0))).toEqual([
		[2, 1, 1],
		[0, 1, 2],
	]);
	expect(pair(native.medianDim(x, 1, false))).toEqual([
		[2, nan],
		[2, 1],
	]);
	expect(pair(native.modeDim(tensor([2, 3, 3, 2, 1], undefined, "int64"), 0, false))).toEqual([[2], [3]]);
	expect(numbers(native.cumprod(tensor([2, 3, 4]), 0, -1))).toEqual([2, 6, 24]);
	const [values, inverse, counts] = native.unique(tensor([3, 1, 3], undefined, "int64"));
	expect([values, inverse, counts].map(numbers)).toEqual([
		[1, 3],
		[1, 0, 1],
		[1, 2],
	]);
	expect(numbers(native.searchsorted(tensor([1, 3, 5]), tensor([0, 3, 9]), false))).toEqual([0, 1, 3]);
	expect(numbers(native.searchsorted(tensor([1, 3, 5]), tensor([0, 3, 9]), true))).toEqual([0, 2, 3]);
	expect(numbers(native.bincount(tensor([0, 2, 2], undefined, "int64"), 5))).toEqual([1, 0, 2, 0, 0]);
	expect(numbers(native.histc(tensor([0, 1, 1, 4]), 4, 0, 4))).toEqual([1, 2, 0, 1]);
});

test("equality and closeness", () => {
	const [a, b] = [tensor([1, nan, inf]), tensor([1 + 1e-6, nan, inf])];
	expect(native.allclose(a, b, 1e-5, 0, true)).toBe(true);
	expect(native.allclose(a, b, 1e-5, 0, false)).toBe(false);
	expect(native.allclose(tensor([1]), tensor([1.1]), 1e-5, 1e-8, false)).toBe(false);
	expect(native.equal(tensor([1, 2]), tensor([1, 2]))).toBe(true);
	expect(native.equal(tensor([1, 2]), tensor([1, 2], [2, 1]))).toBe(false);
	const huge = (x: bigint) => native.fromBigInts(BigInt64Array.from([x]), [1], codes.int64);
	expect(native.equal(huge(2n ** 53n), huge(2n ** 53n + 1n))).toBe(false);
});
