import { readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import * as torch from "../../../dist/engine";
import {
	ChainDataset,
	DataLoader,
	type DataLoaderOptions,
	Dataset,
	datasetFromModule,
	defaultConvert,
	getWorkerInfo,
	IterableDataset,
	StackDataset,
	Subset,
	TensorDataset,
	WeightedRandomSampler,
} from "../../../dist/engine/data";
import { leaveOpenBlocks } from "../../support/stop";

/*
 * Loaders with workers, in threads and in turn: PyTorch's items in its order, with its random numbers
 * (test/reference/data_workers.py), and what goes wrong in a worker.
 */

interface Case {
	kind: "map" | "whole" | "split";
	n: number;
	seed: number;
	generatorSeed: number | null;
	weighted: boolean;
	options: Record<string, number | boolean | null>;
	epochs: number[][][][];
	after: number[];
	generatorAfter?: number[];
}

const reference = JSON.parse(readFileSync(path.resolve(__dirname, "../../reference/data_workers.json"), "utf8")) as {
	cases: Case[];
	between: [number[][], number][];
};
afterEach(() => {
	vi.restoreAllMocks();
});

const module = (name: string) => path.join(__dirname, "modules", name);
const drawnNext = (generator?: torch.Generator) => torch.randint(0, 1_000_000, [3], { generator }).tolist();
const camel = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

type Item = [bigint, torch.Tensor, bigint];

/** The data set of a module's default export, made here: it cannot leave this thread. */
async function here(kind: string, n: number): Promise<Dataset<Item>> {
	const { default: make } = (await import(module("drawing.mjs"))) as {
		default: (...args: unknown[]) => Dataset<Item>;
	};
	return make(kind, n);
}

const listed = (batch: unknown) =>
	(batch as unknown[]).map((part) => (part instanceof torch.Tensor ? part.tolist() : Number(part)));

function close(found: unknown, expected: unknown): void {
	if (Array.isArray(expected)) {
		expect(found).toHaveLength(expected.length);
		expected.forEach((item, i) => {
			close((found as unknown[])[i], item);
		});
	} else expect(found).toBeCloseTo(expected as number, 6);
}

const places = [
	["in threads", (kind: string, n: number) => datasetFromModule<Dataset<Item>>(module("drawing.mjs"), kind, n)],
	["in turn", here],
] as const;

describe.each(places)("workers %s", (_place, make) => {
	test.each(reference.cases.map((each) => [`${each.kind} ${JSON.stringify(each.options)}`, each] as const))(
		"%s",
		async (_name, expected) => {
			vi.spyOn(console, "warn").mockImplementation(() => {});
			const dataset = await make(expected.kind, expected.n);
			torch.manualSeed(expected.seed);
			const generator =
				expected.generatorSeed === null ? undefined : new torch.Generator().manualSeed(expected.generatorSeed);
			const named = Object.fromEntries(Object.entries(expected.options).map(([key, value]) => [camel(key), value]));
			const options: DataLoaderOptions<Item> = {
				...named,
				generator,
				sampler: expected.weighted
					? new WeightedRandomSampler(new Array<number>(expected.n).fill(1), 2 * expected.n)
					: undefined,
			};
			const loader = new DataLoader(dataset, options);
			for (const epoch of expected.epochs) close(Array.from(loader, listed), epoch);
			expect(drawnNext()).toEqual(expected.after);
			if (generator) expect(drawnNext(generator)).toEqual(expected.generatorAfter);
		},
	);

	test("the loop and the workers draw from generators of their own", async () => {
		vi.spyOn(console, "warn").mockImplementation(() => {});
		const dataset = await make("map", 9);
		torch.manualSeed(4);
		const found: unknown[] = [];
		for (const batch of new DataLoader(dataset, { batchSize: 2, shuffle: true, numWorkers: 2 })) {
			found.push([listed(batch), torch.rand([]).item()]);
		}
		close(found, reference.between);
	});

	test("a loop left early, then a whole one", async () => {
		vi.spyOn(console, "warn").mockImplementation(() => {});
		const loader = new DataLoader(await make("map", 7), { batchSize: 2, numWorkers: 2, persistentWorkers: true });
		for (const _ of loader) break;
		expect(Array.from(loader, (batch) => (listed(batch) as number[][])[0])).toEqual([[0, 1], [2, 3], [4, 5], [6]]);
	});
});

describe("threads", () => {
	const failing = (kind: string) =>
		datasetFromModule<Dataset<object>>(module("failing.mjs"), kind, torch.tensor([1, 2]));

	test("take arguments with tensors, send objects and strings, call the module's workerInitFn", async () => {
		const batches = [...new DataLoader(await failing("never"), { batchSize: 4, numWorkers: 2 })] as unknown as {
			x: torch.Tensor;
			text: string[];
			started: torch.Tensor;
		}[];
		expect(batches.map(({ x }) => x.tolist())).toEqual([
			[
				[0, 0],
				[1, 2],
				[2, 4],
				[3, 6],
			],
			[
				[4, 8],
				[5, 10],
				[6, 12],
				[7, 14],
			],
		]);
		expect(batches[1]!.text).toEqual(["review 4", "review 5", "review 6", "review 7"]);
		expect(batches[0]!.started.tolist()).toEqual([1, 1, 1, 1]);
	});

	test("an error names the worker and the index, and keeps where it was thrown", async () => {
		const loader = new DataLoader(await failing("throws"), { batchSize: 2, numWorkers: 2 });
		const seen: unknown[] = [];
		const loop = () => {
			for (const batch of loader) seen.push(batch);
		};
		expect(loop).toThrow("[DataLoader] worker 0 failed on index 5: no review 5");
		expect(seen).toHaveLength(2);
		try {
			loop();
		} catch (error) {
			expect(String(((error as Error).cause as Error).stack)).toContain("failing.mjs:");
		}
	});

	test("a worker that ends is missed, one that takes too long is given up", async () => {
		const exits = new DataLoader(await failing("exits"), { batchSize: 8, numWorkers: 1 });
		expect(() => [...exits]).toThrow("[DataLoader] worker 0 exited unexpectedly");
		const slow = new DataLoader(await failing("slow"), { batchSize: 8, numWorkers: 1, timeout: 0.3 });
		expect(() => [...slow]).toThrow("[DataLoader] worker 0 timed out after 0.3 seconds");
	});

	test("what cannot be sent is named", async () => {
		const loader = new DataLoader(await failing("function"), {
			batchSize: null,
			numWorkers: 1,
			collateFn: (x: object[]) => x,
		});
		expect(() => [...loader]).toThrow("[DataLoader] worker 0 failed: a function cannot be sent to another thread");
	});

	test("subsets are made by the threads too; collateFn runs here", async () => {
		const subset = new Subset(await datasetFromModule<Dataset<Item>>(module("drawing.mjs"), "map", 9), [8, 0, 4]);
		const loader = new DataLoader(subset, {
			batchSize: 2,
			numWorkers: 2,
			collateFn: (items) => items.map(([index, , worker]) => [Number(index), Number(worker)]),
		});
		expect([...loader]).toEqual([
			[
				[8, 0],
				[0, 0],
			],
			[[4, 1]],
		]);
	});

	test("a module without a data set, and a function that stays here", async () => {
		await expect(datasetFromModule(path.join(__dirname, "..", "..", "support", "none.mjs"))).rejects.toThrow(
			/none\.mjs/,
		);
		const loader = new DataLoader(await failing("never"), { numWorkers: 1, workerInitFn: () => {} });
		expect(() => [...loader]).toThrow("workerInitFn cannot be sent to a thread: let the data set's module export it");
	});
});

describe("workers in turn", () => {
	class Ten extends Dataset<bigint> {
		length = 10;
		get(index: number): bigint {
			if (index === 7) throw new RangeError("seven");
			return BigInt(index);
		}
	}

	test("say once that they have no threads", () => {
		const warned = vi.spyOn(console, "warn").mockImplementation(() => {});
		const data = new TensorDataset(torch.arange(4));
		for (let epoch = 0; epoch < 2; epoch++) for (const _ of new DataLoader(data, { numWorkers: 2 }));
		expect(warned).toHaveBeenCalledTimes(1);
		expect(warned.mock.calls[0]![0]).toContain("(TensorDataset) lives on this thread: its 2 workers take turns here");
	});

	test("call workerInitFn in each worker, and tell of it", () => {
		vi.spyOn(console, "warn").mockImplementation(() => {});
		const seen: unknown[] = [];
		const workerInitFn = (id: number) => {
			const info = getWorkerInfo()!;
			seen.push([id, info.id, info.numWorkers, info.dataset instanceof TensorDataset]);
		};
		const loader = new DataLoader(new TensorDataset(torch.arange(4)), { numWorkers: 2, workerInitFn });
		expect([...loader]).toHaveLength(4);
		expect(seen).toEqual([
			[0, 0, 2, true],
			[1, 1, 2, true],
		]);
		expect(getWorkerInfo()).toBe(null);
	});

	test("a stop in one gives the random numbers back", () => {
		vi.spyOn(console, "warn").mockImplementation(() => {});
		torch.manualSeed(3);
		const next = torch.rand(2).tolist();
		const seen: unknown[] = [];
		const workerInitFn = () => {
			seen.push(getWorkerInfo()?.id);
			leaveOpenBlocks();
			seen.push(getWorkerInfo(), torch.rand(2).tolist());
		};
		const loader = new DataLoader(new TensorDataset(torch.arange(4)), {
			numWorkers: 1,
			workerInitFn,
			generator: new torch.Generator(),
		});
		torch.manualSeed(3);
		expect([...loader]).toHaveLength(4);
		expect(seen).toEqual([0, null, next]);
	});

	test("name the worker and the index of an error", () => {
		vi.spyOn(console, "warn").mockImplementation(() => {});
		const loader = new DataLoader(new Ten(), { batchSize: 2, numWorkers: 3 });
		expect(() => [...loader]).toThrow("[DataLoader] worker 0 failed on index 7: seven");
		expect(getWorkerInfo()).toBe(null);
	});

	test("options that need workers, and those that need none", () => {
		for (const [name, value] of [
			["timeout", 1],
			["prefetchFactor", 2],
			["persistentWorkers", true],
		] as const) {
			expect(() => new DataLoader(new Ten(), { [name]: value })).toThrow(
				`[DataLoader] ${name} could only be specified with workers: set numWorkers > 0`,
			);
		}
		expect(() => new DataLoader(new Ten(), { numWorkers: -1 })).toThrow("numWorkers must be an integer of at least 0");
	});
});

describe("iterable data sets", () => {
	class Count extends IterableDataset<bigint> {
		constructor(
			readonly from: number,
			readonly length: number,
		) {
			super();
		}
		*[Symbol.iterator]() {
			for (let i = 0; i < this.length; i++) yield BigInt(this.from + i);
		}
	}

	test("chained, with a length", () => {
		const chain = new Count(0, 3).chain(new Count(10, 2));
		expect([...chain]).toEqual([0n, 1n, 2n, 10n, 11n]);
		expect(chain.length).toBe(5);
		const loader = new DataLoader(chain, { batchSize: 2 });
		expect(loader.length).toBe(3);
		expect(Array.from(loader, (batch) => batch.tolist())).toEqual([[0, 1], [2, 10], [11]]);
		expect(() => new ChainDataset([[1]] as never)).toThrow(
			"[ChainDataset] expected only IterableDatasets, got an array of 1",
		);
	});

	test("have an order of their own", () => {
		expect(() => new DataLoader(new Count(0, 3), { shuffle: true })).toThrow("an IterableDataset gives its own order");
		class Endless extends IterableDataset<number> {
			*[Symbol.iterator]() {
				for (;;) yield 1;
			}
		}
		const loader = new DataLoader(new Endless(), { batchSize: 2 });
		expect(() => loader.length).toThrow("[DataLoader] Endless has no length, so neither has it");
		expect(loader[Symbol.iterator]().next().value?.tolist()).toEqual([1, 1]);
	});
});

describe("StackDataset", () => {
	const images = new TensorDataset(torch.arange(6).reshape(3, 2));
	const texts = ["a", "b", "c"];

	test("side by side", () => {
		const stacked = new StackDataset(images, texts);
		expect(stacked.length).toBe(3);
		expect(stacked.get(-1)[1]).toBe("c");
		const [batch] = new DataLoader(stacked, { batchSize: 2 });
		const [[x], text] = batch!;
		expect(x!.tolist()).toEqual([
			[0, 1],
			[2, 3],
		]);
		expect(text).toEqual(["a", "b"]);
	});

	test("by name", () => {
		const stacked = new StackDataset({ image: images, text: texts });
		expect(stacked.get(1).text).toBe("b");
		const [batch] = new DataLoader(stacked, { batchSize: 3 });
		expect(batch!.text).toEqual(texts);
		expect(batch!.image[0]!.shape).toEqual([3, 2]);
	});

	test("of one length", () => {
		expect(() => new StackDataset(images, ["a"])).toThrow(
			'size mismatch between datasets: expected 3 items, got 1 in "1"',
		);
		expect(() => new StackDataset()).toThrow("[StackDataset] at least one dataset should be passed");
	});
});

test("defaultConvert makes tensors of typed arrays", () => {
	const [a, b] = defaultConvert([new Float32Array([1, 2]), { n: new Int32Array([3]), s: "x" }]) as [
		torch.Tensor,
		{ n: torch.Tensor; s: string },
	];
	expect(a.tolist()).toEqual([1, 2]);
	expect(b.n.dtype).toBe(torch.int32);
	expect(b.s).toBe("x");
});
