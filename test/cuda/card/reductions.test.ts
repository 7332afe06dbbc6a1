import * as torch from "gradbook";
import { expect, test } from "vitest";
import { native } from "../../../dist/engine/core/native";

/*
 * Reductions over shapes at which their kernels change their ways (threads for an output, outputs of a block, parts that a
 * second launch joins, elements read together): a card and the host agree. Whole numbers, so that every order gives the same.
 */

const { float16, float32, float64, bfloat16, int32, int64 } = torch;

const shapes = [
	[1],
	[32],
	[300],
	[5, 7],
	[32, 300],
	[64, 10],
	[3, 9000],
	[9000, 3],
	[1025, 17],
	[64, 8, 49],
	[2, 3, 4, 5],
];
const large = [[4100, 1028], [300000], [64, 8, 784]];
const dtypes = [float32, float64, float16, bfloat16, int64, int32, torch.bool];
const cases = [
	...shapes.flatMap((shape) => dtypes.map((dtype) => [shape, dtype] as const)),
	...large.map((shape) => [shape, float32] as const),
	[[4100, 1028], float16] as const,
].map(([shape, dtype]) => [shape, dtype.name, dtype] as const);

test.each(cases)("%j of %s", (shape, _, dtype) => {
	torch.manualSeed(7);
	const cpu = { device: "cpu", dtype: int64 } as const;
	const values = torch.randint(0, 4, shape, cpu);
	if (dtype !== torch.bool) values.subtract_(1);
	const x = values.to(dtype);
	const y = x.cuda();
	const dims = [undefined, ...shape.map((_, d) => [d]), ...(shape.length > 2 ? [[0, 2]] : [])];
	const views: ((t: torch.Tensor) => torch.Tensor)[] = [(t) => t];
	const few = y.numel() < 1e5;
	if (few && shape.length > 1) views.push((t) => t.transpose(0, -1));
	if (few && shape.at(-1)! > 2) views.push((t) => t.narrow(-1, 1, shape.at(-1)! - 1));
	for (const view of views) {
		for (const dim of dims) {
			const name = `view ${views.indexOf(view)}, dims ${dim}`;
			const same = (f: (t: torch.Tensor) => torch.Tensor) => {
				const [card, host] = [f(view(y)), f(view(x))];
				expect(card.cpu().equal(host), name).toBe(true);
			};
			same((t) => (dim ? t.sum(dim) : t.sum()));
			same((t) => (dim ? t.any(dim) : t.any()));
			if (dtype !== torch.bool) same((t) => (dim ? t.amax(dim) : t.amax()));
			if (dim?.length !== 1) continue;
			same((t) => t.max(dim[0]!).indices);
			same((t) => t.min(dim[0]!).values);
		}
	}
});

test("rows of many lengths have their extremes where the host finds them", () => {
	for (const n of [1, 3, 31, 127, 1000, 5000]) {
		const x = torch.randint(0, 50, [9, n], { device: "cpu" }).float();
		if (n > 3) x.setAt([4, n - 2], Number.NaN);
		for (const largest of [true, false]) {
			const of = (t: torch.Tensor) => (largest ? t.max(1) : t.min(1));
			const [host, card] = [of(x), of(x.cuda())];
			expect(card.indices.tolist(), `${n}`).toEqual(host.indices.tolist());
			expect(card.values.tolist(), `${n}`).toEqual(host.values.tolist());
		}
	}
});

test("a row that several blocks share has its extremes where the host finds them", () => {
	const n = 17_001;
	const numbers = torch.randint(-30_000, 30_000, [2, n], { device: "cpu" });
	// Equal ones in different parts: the first counts. A NaN before others.
	for (const place of [n - 1, 12_000, 700]) numbers.select(1, place).fill_(30_000);
	for (const place of [n - 2, 5, 9000]) numbers.select(1, place).fill_(-30_001);
	for (const dtype of [torch.float32, torch.float16, torch.int64]) {
		const rows = numbers.to(dtype);
		const before = native.cudaCompileStats().launched;
		rows.cuda().argmax(1);
		expect(native.cudaCompileStats().launched - before).toBeGreaterThan(1);
		const withNan = rows.clone();
		if (dtype.isFloatingPoint) for (const place of [16_000, 9500]) withNan.setAt([1, place], Number.NaN);
		for (const x of [rows, withNan]) {
			for (const largest of [true, false]) {
				const of = (t: torch.Tensor) => (largest ? t.max(1) : t.min(1));
				const [host, card] = [of(x), of(x.cuda())];
				expect(card.indices.tolist(), dtype.name).toEqual(host.indices.tolist());
				expect(card.values.tolist(), dtype.name).toEqual(host.values.tolist());
			}
			expect(x.cuda().argmax().item()).toBe(x.argmax().item());
			expect(x.cuda().argmin().item()).toBe(x.argmin().item());
		}
	}
});
