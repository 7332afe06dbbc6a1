import * as torch from "gradbook";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { native } from "../../dist/engine/core/native";
import { hasStandin, standinEnvironment } from "./standin";

/* Writing at indices on a card, over sizes at which its kernels change their ways: what the CPU gives, run after run to the bit. */

const { bool, float16, float32, float64, int32, int64 } = torch;
type T = torch.Tensor;

/** Positions, places, the width of a block, and how many of the positions name one place. */
const sizes = [
	{ n: 3, rows: 5, width: 4, same: 0 },
	{ n: 40, rows: 7, width: 3, same: 0 },
	{ n: 20, rows: 3, width: 70_000, same: 0 },
	{ n: 300, rows: 1000, width: 20, same: 120 },
	{ n: 700, rows: 40_000, width: 1, same: 300 },
	{ n: 1000, rows: 300, width: 33, same: 500 },
	{ n: 9000, rows: 3, width: 1, same: 8500 },
	{ n: 9000, rows: 5, width: 2, same: 4000 },
];
const dtypes = [float32, float64, float16, int64, int32, bool];

function indexOf({ n, rows, same }: (typeof sizes)[number]): T {
	const index = torch.randint(0, rows, [n]);
	return same > 0 ? index.indexFill(0, torch.randperm(n).at(`:${same}`), rows - 1) : index;
}

function valuesOf(dtype: torch.DType, ...shape: number[]): T {
	return dtype.isFloatingPoint
		? torch.randn(shape).to(dtype)
		: torch.randint(0, dtype === bool ? 2 : 9, shape, { dtype });
}

describe.skipIf(!hasStandin)("writing at indices", () => {
	beforeAll(() => {
		Object.assign(process.env, standinEnvironment());
	});

	afterEach(() => native.cudaSetLargeFrom(2 ** 16, 2 ** 16, 2 ** 18));

	/** `write` on both devices; on the card twice as so few positions are written, and twice as very many are. */
	function compare(
		what: string,
		dtype: torch.DType,
		exact: boolean,
		write: (...tensors: T[]) => T,
		...tensors: T[]
	): void {
		const host = write(...tensors);
		for (const from of [65536, 1]) {
			native.cudaSetLargeFrom(2 ** 16, from, 2 ** 18);
			const way = `${what}, sorted from ${from}`;
			const [card, again] = [0, 1].map(() => write(...tensors.map((x) => x.cuda())).cpu()) as [T, T];
			expect(torch.equal(card, again), `${way}: again`).toBe(true);
			if (exact || !dtype.isFloatingPoint) {
				expect(torch.equal(card, host), way).toBe(true);
			} else {
				// A half is rounded after each addition on the CPU, and once for thousands here.
				const tolerance =
					dtype === float16 ? { rtol: 0.05, atol: 0.5 } : dtype === float32 ? { rtol: 1e-4, atol: 1e-3 } : {};
				expect(torch.allclose(card, host, tolerance), way).toBe(true);
			}
		}
	}

	test.each(sizes)("$n positions in $rows places of $width elements, $same of them in one", (size) => {
		const { n, rows, width } = size;
		torch.manualSeed(n);
		const index = indexOf(size);
		for (const dtype of n > 500 || width > 1000 ? [float32] : dtypes) {
			const [x, values] = [valuesOf(dtype, rows, width), valuesOf(dtype, n, width)];
			compare(`indexAdd of ${dtype.name}`, dtype, false, (x, i, v) => x.indexAdd(0, i, v), x, index, values);
			compare(`indexPut of ${dtype.name}`, dtype, true, (x, i, v) => x.clone().indexPut_([i], v), x, index, values);
			const [places, line] = [index.expand(2, n), valuesOf(dtype, 2, n)];
			const to = valuesOf(dtype, 2, rows);
			compare(`scatterAdd of ${dtype.name}`, dtype, false, (x, i, v) => x.scatterAdd(1, i, v), to, places, line);
			compare(`scatter of ${dtype.name}`, dtype, true, (x, i, v) => x.scatter(1, i, v), to, places, line);
			compare(`maxima of ${dtype.name}`, dtype, true, (x, i, v) => x.scatterReduce(1, i, v, "amax"), to, places, line);
		}
	});

	test("places that two indices name together, in blocks of any strides", () => {
		torch.manualSeed(0);
		const [i, j] = [torch.randint(-9, 9, [500]), torch.randint(0, 11, [500])];
		const put = (x: T, i: T, j: T, values: T) =>
			x.clone().transpose(0, 1).indexPut_([i, j], values, { accumulate: true });
		compare("indexPut", float64, false, put, torch.randn(11, 9, 5).double(), i, j, torch.randn(500, 5).double());
	});

	/** Lines and columns, places, and positions of each: by blocks of threads for lines, and by a table for all. */
	const lines = [
		{ shape: [70, 300], places: 300, dim: 1 },
		{ shape: [65, 100], places: 9000, dim: 1 },
		{ shape: [300, 70], places: 90, dim: 0 },
		{ shape: [20, 3, 9], places: 5, dim: 0 },
		{ shape: [1, 2000], places: 50_000, dim: 1 },
	];
	test.each(lines)("places $places along dimension $dim of $shape are read and set", ({ shape, places, dim }) => {
		torch.manualSeed(3);
		const index = torch.randint(0, places, shape);
		const all = shape.map((size, d) => (d === dim ? places : size));
		for (const dtype of dtypes) {
			const [x, values] = [valuesOf(dtype, ...all), valuesOf(dtype, ...shape)];
			compare("gather", dtype, true, (x, i) => x.gather(dim, i), x, index);
			compare("scatter", dtype, true, (x, i, v) => x.scatter(dim, i, v), x, index, values);
			const turned = (x: T) => x.transpose(0, -1).contiguous().transpose(0, -1);
			compare("gather of views", dtype, true, (x, i) => turned(x).gather(dim, turned(i)), x, index);
			compare("scatter to a view", dtype, true, (x, i, v) => turned(x).scatter_(dim, turned(i), v), x, index, values);
		}
		const wrong = index.clone();
		wrong.view(-1).setAt([17], places);
		torch.zeros(all, { device: "cuda" }).scatter(dim, wrong.cuda(), torch.ones(shape, { device: "cuda" }));
		expect(() => torch.cuda.synchronize()).toThrow(
			`index ${places} is out of bounds for dimension ${dim} with size ${places}`,
		);
	});

	test.each([1, 2, 3, 4, 6, 8, 12])("blocks of %i elements are moved by as many bytes as fit", (width) => {
		torch.manualSeed(width);
		const index = torch.randint(0, 40, [600]);
		for (const dtype of dtypes) {
			const [x, values] = [valuesOf(dtype, 40, width), valuesOf(dtype, 600, width)];
			compare("indexSelect", dtype, true, (x, i) => x.indexSelect(0, i), x, index);
			compare(
				"rows of a view",
				dtype,
				true,
				(x, i) => x.at(":", "1:").indexSelect(0, i),
				valuesOf(dtype, 40, width + 1),
				index,
			);
			compare("indexPut", dtype, true, (x, i, v) => x.clone().indexPut_([i.sub(40)], v), x, index, values);
			compare(
				"indexPut of few",
				dtype,
				true,
				(x, i, v) => x.clone().indexPut_([i], v),
				x,
				index.at(":100"),
				values.at(":100"),
			);
		}
	});

	test("an index out of bounds is refused by name", () => {
		for (const from of [65536, 1]) {
			native.cudaSetLargeFrom(2 ** 16, from, 2 ** 18);
			const x = torch.zeros(10, 20, { device: "cuda" });
			const index = torch.randint(0, 10, [100]);
			index.setAt([77], 10);
			x.indexAdd(0, index.cuda(), torch.ones(100, 20, { device: "cuda" }));
			expect(() => torch.cuda.synchronize()).toThrow(/index 10 is out of bounds for dimension 0 with size 10/);
			const line = index.cuda().expand(2, 100);
			torch.zeros(2, 10, { device: "cuda" }).scatterAdd(1, line, torch.ones(2, 100, { device: "cuda" }));
			expect(() => torch.cuda.synchronize()).toThrow(/index 10 is out of bounds for dimension 1 with size 10/);
		}
	});

	test("70,000 positions are sorted without being told, and fill a card where one place has most of them", () => {
		torch.manualSeed(1);
		const index = torch.randint(0, 50_000, [70_000]).maskedFill(torch.rand(70_000).lt(0.7), 3);
		const values = torch.randint(-8, 9, [70_000]).float();
		const x = torch.zeros(50_000);
		const add = (x: T, index: T, values: T) => x.indexAdd(0, index, values);
		const on = [x, index, values].map((t) => t.cuda()) as [T, T, T];
		const before = native.cudaCompileStats().launched;
		const card = add(...on);
		expect(native.cudaCompileStats().launched - before).toBeGreaterThan(6);
		expect(torch.equal(card.cpu(), add(x, index, values))).toBe(true);
	});
});
