import fc from "fast-check";
import { describe, expect, expectTypeOf, test } from "vitest";
import * as torch from "../../../dist/engine";
import {
	BatchSampler,
	type Collated,
	ConcatDataset,
	DataLoader,
	Dataset,
	defaultCollate,
	RandomSampler,
	randomSplit,
	SequentialSampler,
	Subset,
	SubsetRandomSampler,
	TensorDataset,
	WeightedRandomSampler,
} from "../../../dist/engine/data";

/** x[i] = [i, −i], y[i] = 10·i as int64 */
function pairs(n: number): TensorDataset<[torch.Tensor, torch.Tensor]> {
	const x = torch.arange(n).to(torch.float32);
	return new TensorDataset(torch.stack([x, x.neg()], 1), torch.arange(n).mul(10));
}

/** Its items one by one only, and how often each was asked for. */
class Counting extends Dataset<[torch.Tensor, number, string]> {
	asked: number[] = [];
	constructor(readonly length: number) {
		super();
	}
	get(index: number): [torch.Tensor, number, string] {
		this.asked.push(index);
		return [torch.tensor([index, index + 0.5]), index, `item ${index}`];
	}
}

describe("TensorDataset", () => {
	test("items are rows, also from the end", () => {
		const data = pairs(5);
		expect(data.length).toBe(5);
		expect(data.get(3).map((part) => part.tolist())).toEqual([[3, -3], 30]);
		expect(data.get(-1).map((part) => part.tolist())).toEqual([[4, -4], 40]);
		expect(Array.from(data, ([, y]) => y.item())).toEqual([0, 10, 20, 30, 40]);
	});

	test("a batch is one selection per tensor, in the dtype of the tensors, with memory of its own", () => {
		const data = pairs(5);
		const [x, y] = data.getBatch(torch.tensor([4, 1, 1], { dtype: torch.int64 }));
		expect(x.tolist()).toEqual([
			[4, -4],
			[1, -1],
			[1, -1],
		]);
		expect(y.dtype).toBe(torch.int64);
		x.zero_();
		expect(data.get(4)[0].tolist()).toEqual([4, -4]);
	});

	test("bad arguments are named", () => {
		expect(() => new TensorDataset()).toThrow("[TensorDataset] expected at least one tensor, got none");
		expect(() => new TensorDataset(torch.zeros(3, 2), torch.zeros(4))).toThrow(
			"size mismatch between tensors: expected equal first dimensions, got [3, 2], [4]",
		);
		expect(() => new TensorDataset(torch.tensor(1))).toThrow("argument 0 has no dimension");
		expect(() => new TensorDataset([1, 2] as never)).toThrow("expected tensors, got an array of 2 as argument 0");
		expect(() => pairs(5).get(5)).toThrow(
			"[TensorDataset] index 5 is out of range; expected a whole number from -5 to 4",
		);
		expect(() => pairs(5).get(-6)).toThrow("index -6 is out of range");
		expect(() => pairs(5).get(0.5)).toThrow("index 0.5 is out of range");
	});
});

describe("Subset and ConcatDataset", () => {
	test("a subset of a subset maps indices, one by one and in batches", () => {
		const outer = new Subset(pairs(10), [9, 7, 5, 3, -10]);
		const inner = new Subset(outer, torch.tensor([4, 0, 2], { dtype: torch.int64 }));
		expect(Array.from(inner, ([, y]) => y.item())).toEqual([0, 90, 50]);
		expect(inner.get(-1)[1].item()).toBe(50);
		const [[, y] = []] = [...new DataLoader(inner, { batchSize: 3 })];
		expect(y!.tolist()).toEqual([0, 90, 50]);
	});

	test("a subset of a data set without batches asks for the items", () => {
		const counting = new Counting(10);
		const [first] = new DataLoader(new Subset(counting, [8, 2, 5]), { batchSize: 2 });
		expect(counting.asked).toEqual([8, 2]);
		expect(first![2]).toEqual(["item 8", "item 2"]);
	});

	test("an index beyond the data set is named when it is used", () => {
		const subset = new Subset(pairs(4), [1, 4]);
		expect(() => subset.get(1)).toThrow("[Subset] index 4 is out of range; expected a whole number from -4 to 3");
		expect(() => [...new DataLoader(subset, { batchSize: 2 })]).toThrow("[Subset] index 4 is out of range");
	});

	test("concatenated data sets of different kinds give items and batches in the order asked for", () => {
		const array: [torch.Tensor, torch.Tensor][] = [100, 101].map((v) => [
			torch.tensor([v, -v]),
			torch.tensor(v, { dtype: torch.int64 }),
		]);
		const all = new ConcatDataset<[torch.Tensor, torch.Tensor]>([pairs(3), array, pairs(2)]);
		expect(all.length).toBe(7);
		expect(all.cumulativeSizes).toEqual([3, 5, 7]);
		expect(all.get(3)[1].item()).toBe(100);
		expect(all.get(-1)[1].item()).toBe(10);
		const order = [6, 0, 4, 2, 3, 5, 1];
		const [x, y] = all.getBatch(torch.tensor(order, { dtype: torch.int64 }));
		expect(y.tolist()).toEqual(order.map((i) => all.get(i)[1].item()));
		expect(x.tolist()).toEqual(order.map((i) => all.get(i)[0].tolist()));
	});

	test("strings and objects of concatenated data sets are batched in order, too", () => {
		const item = (v: number) => ({ name: `n${v}`, value: BigInt(v) });
		const all = new ConcatDataset([[item(0), item(1)], [item(2)], [item(3), item(4)]]);
		const batch = all.getBatch(torch.tensor([4, 2, 0], { dtype: torch.int64 }));
		expect(batch.name).toEqual(["n4", "n2", "n0"]);
		expect(batch.value.tolist()).toEqual([4, 2, 0]);
	});

	test("nothing to concatenate is an error", () => {
		expect(() => new ConcatDataset([])).toThrow("[ConcatDataset] datasets should not be an empty iterable");
	});

	test("random subsets in batches are the items one by one (property)", () => {
		fc.assert(
			fc.property(
				fc.array(fc.integer({ min: 0, max: 11 }), { minLength: 1, maxLength: 20 }),
				fc.integer({ min: 1, max: 6 }),
				(indices, batchSize) => {
					const all = new ConcatDataset([pairs(5), pairs(4), pairs(3)]);
					const subset = new Subset(all, indices);
					const batches = [...new DataLoader(subset, { batchSize })];
					expect(batches.flatMap(([, y]) => y.tolist())).toEqual(Array.from(subset, ([, y]) => y.item()));
					expect(batches.length).toBe(Math.ceil(indices.length / batchSize));
				},
			),
			{ numRuns: 30 },
		);
	});
});

describe("randomSplit", () => {
	test("parts are disjoint and together everything", () => {
		const parts = randomSplit(pairs(20), [12, 5, 3]);
		expect(parts.map((part) => part.length)).toEqual([12, 5, 3]);
		const all = parts.flatMap((part) => [...part.indices]).sort((a, b) => a - b);
		expect(all).toEqual(Array.from({ length: 20 }, (_, i) => i));
	});

	test("bad lengths are named", () => {
		expect(() => randomSplit(pairs(5), [2, 2])).toThrow("2 + 2 = 4, expected 5");
		expect(() => randomSplit(pairs(5), [2.5, 2.5])).toThrow("[randomSplit] length 2.5 at index 0");
		expect(() => randomSplit(pairs(5), [1.5, -0.5])).toThrow("fraction 1.5 at index 0 is not between 0 and 1");
		expect(() => randomSplit(pairs(5), [6, -1])).toThrow("length -1 at index 1");
	});
});

describe("defaultCollate", () => {
	test("each kind becomes what it should", () => {
		const batch = defaultCollate([
			{ x: torch.tensor([1, 2]), n: 1, big: 5n, yes: true, text: "a", bytes: Uint8Array.of(1, 2), pair: [1, "u"] },
			{ x: torch.tensor([3, 4]), n: 2.5, big: 6n, yes: false, text: "b", bytes: Uint8Array.of(3, 4), pair: [2, "v"] },
		] as {
			x: torch.Tensor;
			n: number;
			big: bigint;
			yes: boolean;
			text: string;
			bytes: Uint8Array;
			pair: [number, string];
		}[]);
		expect(batch.x.shape).toEqual([2, 2]);
		expect([batch.n.dtype, batch.n.tolist()]).toEqual([torch.float32, [1, 2.5]]);
		expect([batch.big.dtype, batch.big.tolist()]).toEqual([torch.int64, [5, 6]]);
		expect([batch.yes.dtype, batch.yes.tolist()]).toEqual([torch.bool, [1, 0]]);
		expect(batch.text).toEqual(["a", "b"]);
		expect([batch.bytes.dtype, batch.bytes.shape]).toEqual([torch.uint8, [2, 2]]);
		expect(batch.pair[0].tolist()).toEqual([1, 2]);
		expect(batch.pair[1]).toEqual(["u", "v"]);
	});

	test("the dtype of numbers does not depend on whether they are whole", () => {
		expect(defaultCollate([1, 2]).dtype).toBe(torch.float32);
		expect(defaultCollate([1.5, 2]).dtype).toBe(torch.float32);
	});

	test.each([
		["nothing", [], "there is no batch of no items"],
		["two kinds", [1, "a"], "items differ in kind: number 1 and string"],
		["shapes", [[torch.zeros(2)], [torch.zeros(3)]], "got [2] for item 0 and [3] for item 1 at [0]"],
		["lengths", [[1], [1, 2]], "arrays of a batch must be of equal size: got 1 for item 0 and 2 for item 1"],
		["keys", [{ a: 1 }, { b: 1 }], 'item 1 has no "a", which item 0 has'],
		["a class", [new Map(), new Map()], "found Map"],
		["null", [null, null], "found null"],
		["deep", [{ a: [() => 1] }, { a: [() => 1] }], 'found Function at "a" at [0]'],
	])("%s cannot be batched, and the error says where", (_what, items, message) => {
		expect(() => defaultCollate(items as unknown[])).toThrow(message);
	});
});

describe("DataLoader", () => {
	test("batches of items, the last smaller or left out", () => {
		const sizes = (options: object) => Array.from(new DataLoader(pairs(10), options), ([x]) => x.size(0));
		expect(sizes({ batchSize: 4 })).toEqual([4, 4, 2]);
		expect(sizes({ batchSize: 4, dropLast: true })).toEqual([4, 4]);
		expect(sizes({})).toEqual(new Array(10).fill(1));
		expect(sizes({ batchSize: 20, dropLast: true })).toEqual([]);
		expect(new DataLoader(pairs(10), { batchSize: 4 }).length).toBe(3);
		expect(new DataLoader(pairs(10), { batchSize: 4, dropLast: true }).length).toBe(2);
		expect(new DataLoader(pairs(10), { batchSize: null }).length).toBe(10);
	});

	test("batch size and shuffle in place, as in Python", () => {
		expect(new DataLoader(pairs(10), 4).length).toBe(3);
		expect(new DataLoader(pairs(10), 4, true).sampler).toBeInstanceOf(RandomSampler);
		expect(new DataLoader(pairs(10), 4, false, { dropLast: true }).length).toBe(2);
		expect(() => new DataLoader(pairs(10), 4, { batchSize: 3 } as never)).toThrow(
			"[DataLoader] got two values for batchSize",
		);
		expect(new WeightedRandomSampler([1, 2], 3, false).replacement).toBe(false);
		expect(new BatchSampler([1], { batchSize: 2, dropLast: true }).dropLast).toBe(true);
		const generator = new torch.Generator().manualSeed(3);
		const split = randomSplit(pairs(6), [2, 4], generator).map(({ indices }) => indices);
		generator.manualSeed(3);
		expect(randomSplit(pairs(6), [2, 4], { generator }).map(({ indices }) => indices)).toEqual(split);
	});

	test("a data set may be a plain object", () => {
		const squares = { length: 4, get: (i: number) => BigInt(i * i) };
		expect(Array.from(new DataLoader(squares), (batch) => batch.tolist())).toEqual([[0], [1], [4], [9]]);
	});

	test("a shuffled epoch has every item once, and each epoch another order", () => {
		const loader = new DataLoader(pairs(100), { batchSize: 7, shuffle: true });
		const epoch = () => Array.from(loader, ([, y]) => y.tolist() as number[]).flat();
		const [first, second] = [epoch(), epoch()];
		expect(first).not.toEqual(second);
		expect([...first].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => 10 * i));
		expect([...second].sort((a, b) => a - b)).toEqual([...first].sort((a, b) => a - b));
	});

	test("a collateFn gets the items", () => {
		const counting = new Counting(5);
		const collateFn = (items: [torch.Tensor, number, string][]) => items.map(([, , name]) => name).join("+");
		expect([...new DataLoader(counting, { batchSize: 2, collateFn })]).toEqual([
			"item 0+item 1",
			"item 2+item 3",
			"item 4",
		]);
		const rows = new DataLoader(pairs(4), { batchSize: 2, collateFn: (items) => items.length });
		expect([...rows]).toEqual([2, 2]);
	});

	test("items come only when a batch is asked for", () => {
		const counting = new Counting(6);
		for (const [x] of new DataLoader(counting, { batchSize: 2 })) {
			expect(x.tolist()).toEqual([
				[0, 0.5],
				[1, 1.5],
			]);
			break;
		}
		expect(counting.asked).toEqual([0, 1]);
	});

	test("a sampler of one's own, in numbers", () => {
		const loader = new DataLoader(pairs(6), { batchSize: 2, sampler: [5, 3, 1] });
		expect(Array.from(loader, ([, y]) => y.tolist())).toEqual([[50, 30], [10]]);
		const batches = new DataLoader(pairs(6), { batchSampler: [[0], [1, 2, 3]] });
		expect(Array.from(batches, ([, y]) => y.tolist())).toEqual([[0], [10, 20, 30]]);
		expect(batches.batchSize).toBeNull();
		function* endless() {
			for (;;) yield 2;
		}
		const stream = new DataLoader(pairs(6), { batchSize: 3, sampler: endless() });
		const [first] = stream;
		expect(first![1].tolist()).toEqual([20, 20, 20]);
		expect(() => stream.length).toThrow("its sampler has no length");
	});

	test("a subclass that overrides get alone is asked item by item", () => {
		class Doubled extends TensorDataset<[torch.Tensor, torch.Tensor]> {
			override get(index: number): [torch.Tensor, torch.Tensor] {
				const [x, y] = super.get(index);
				return [x, y.mul(2)];
			}
		}
		const doubled = new Doubled(...pairs(4).tensors);
		const [first] = new DataLoader(doubled, { batchSize: 4 });
		expect(first![1].tolist()).toEqual([0, 20, 40, 60]);
	});

	test("whatever changes in the data set shows in the next batch", () => {
		const data = pairs(4);
		const loader = new DataLoader(data, { batchSize: 4 });
		data.tensors[1].zero_();
		expect([...loader][0]![1].tolist()).toEqual([0, 0, 0, 0]);
	});

	test("types follow the data set", () => {
		const loader = new DataLoader(new Counting(3), { batchSize: 2 });
		expectTypeOf([...loader][0]!).toEqualTypeOf<[torch.Tensor, torch.Tensor, string[]]>();
		expectTypeOf([...new DataLoader(pairs(3))][0]!).toEqualTypeOf<[torch.Tensor, torch.Tensor]>();
		const items = new DataLoader(new Counting(3), { batchSize: null });
		expectTypeOf([...items][0]!).toEqualTypeOf<[torch.Tensor, number, string]>();
		expect([...items][1]![1]).toBe(1);
		const own = new DataLoader(new Counting(3), { collateFn: (list) => list.length });
		expectTypeOf([...own][0]!).toEqualTypeOf<number>();
		expectTypeOf<Collated<{ a: number; b: [boolean, string] }>>().toEqualTypeOf<{
			a: torch.Tensor;
			b: [torch.Tensor, string[]];
		}>();
	});

	test.each<[object, string]>([
		[{ batchSize: 0 }, "[DataLoader] batchSize must be a positive whole number or null, got 0"],
		[{ batchSize: 2.5 }, "or null, got 2.5"],
		[{ batchSize: "32" }, 'or null, got "32"'],
		[{ batch_size: 3 }, '[DataLoader] unknown option "batch_size": did you mean "batchSize"?'],
		[{ shuffle: 1 }, "[DataLoader] shuffle must be true or false, got 1"],
		[{ dropLast: "no" }, '[DataLoader] dropLast must be true or false, got "no"'],
		[{ shuffle: true, sampler: [1] }, "sampler is mutually exclusive with shuffle"],
		[
			{ batchSampler: [[1]], batchSize: 2 },
			"batchSampler is mutually exclusive with batchSize, shuffle, sampler and dropLast",
		],
		[{ batchSampler: [[1]], shuffle: true }, "batchSampler is mutually exclusive"],
		[{ batchSampler: [[1]], dropLast: true }, "batchSampler is mutually exclusive"],
		[{ batchSampler: [[1]], sampler: [1] }, "batchSampler is mutually exclusive"],
		[{ batchSize: null, dropLast: true }, "batchSize=null means no batches and is mutually exclusive with dropLast"],
	])("options that are wrong are named: %j", (options, message) => {
		expect(() => new DataLoader(pairs(4), options)).toThrow(message);
	});

	test("an empty data set cannot be shuffled, as in PyTorch, and gives no batches in order", () => {
		expect(() => new DataLoader([], { shuffle: true })).toThrow(
			"[RandomSampler] numSamples must be a positive whole number, got 0: the data source is empty",
		);
		expect(() => [...new RandomSampler([], { numSamples: 3 })]).toThrow("[RandomSampler] cannot draw 3 indices");
		expect(() => [...new RandomSampler([], true, { numSamples: 3 })]).toThrow("the data source is empty");
		expect([...new DataLoader([], { batchSize: 3 })]).toEqual([]);
	});
});

test.each<[string, () => unknown, string]>([
	[
		"RandomSampler",
		() => new RandomSampler([1], { replacement: 1 as never }),
		"replacement must be true or false, got 1",
	],
	[
		"RandomSampler",
		() => new RandomSampler([1], { numSamples: 0 }),
		"numSamples must be a positive whole number or null, got 0",
	],
	[
		"WeightedRandomSampler",
		() => new WeightedRandomSampler([1], -1),
		"numSamples must be a positive whole number, got -1",
	],
	[
		"WeightedRandomSampler",
		() => new WeightedRandomSampler(torch.zeros(2, 2), 1),
		"1-dimensional sequence, got the shape [2, 2]",
	],
	["BatchSampler", () => new BatchSampler([1], 0, false), "batchSize must be a positive whole number, got 0"],
	["BatchSampler", () => new BatchSampler([1], 1, "x" as never), 'dropLast must be true or false, got "x"'],
])("%s names what is wrong", (name, make, message) => {
	expect(make).toThrow(`[${name}]`);
	expect(make).toThrow(message);
});

test("samplers are iterables of numbers with a length", () => {
	expect([...new SequentialSampler([7, 8, 9])]).toEqual([0, 1, 2]);
	const subset = new SubsetRandomSampler(torch.tensor([4, 6], { dtype: torch.int64 }));
	expect([...subset].sort()).toEqual([4, 6]);
	expect(subset.length).toBe(2);
	const never = new WeightedRandomSampler([0, 1, 0], 50);
	expect(new Set(never)).toEqual(new Set([1]));
	expect([...new BatchSampler([1, 2, 3], 2, true)]).toEqual([[1, 2]]);
});
