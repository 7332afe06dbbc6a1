import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import * as torch from "../../../dist/engine";
import {
	BatchSampler,
	DataLoader,
	type DataLoaderOptions,
	DistributedSampler,
	RandomSampler,
	randomSplit,
	type Sampler,
	SequentialSampler,
	SubsetRandomSampler,
	WeightedRandomSampler,
} from "../../../dist/engine/data";

/* The same numbers as PyTorch, drawn in the same order: test/reference/data.py made data.json. */

interface LoaderCase {
	n: number;
	seed: number;
	generatorSeed: number | null;
	options: { batch_size?: number | null; shuffle?: boolean; drop_last?: boolean };
	length: number;
	epochs: unknown[][];
	after: number[];
	generatorAfter?: number[];
}

interface SamplerCase {
	seed: number;
	generatorSeed: number | null;
	batchSize: number;
	dropLast: boolean;
	length: number;
	once: number[];
	epochs: number[][][];
	after: number[];
	generatorAfter?: number[];
}

interface Reference {
	loaders: LoaderCase[];
	samplers: Record<string, SamplerCase>;
	distributed: { n: number; replicas: number; options: Record<string, unknown>; epochs: number[][][] }[];
	leftEarly: { first: number[]; between: number[]; sideBySide: number[][][]; late: number[][]; after: number[] };
	splits: { seed: number; n: number; lengths: number[]; indices: number[][]; after: number[] }[];
}

const file = path.resolve(__dirname, "../../reference/data.json");
const reference = JSON.parse(readFileSync(file, "utf8")) as Reference;

/** 0 … n − 1, as bigints: they are collated to int64. */
const range = (n: number) => Array.from({ length: n }, (_, i) => BigInt(i));

const drawnNext = (generator?: torch.Generator) => torch.randint(0, 1_000_000, [3], { generator }).tolist();

const seeded = (seed: number | null) => (seed === null ? undefined : new torch.Generator().manualSeed(seed));

function plain(batch: unknown): unknown {
	return batch instanceof torch.Tensor ? batch.tolist() : Number(batch);
}

test.each(reference.loaders.map((each, i) => [i, JSON.stringify(each.options), each] as const))(
	"loader %i %s",
	(_i, _options, expected) => {
		torch.manualSeed(expected.seed);
		const generator = seeded(expected.generatorSeed);
		const options: DataLoaderOptions<bigint> = {
			batchSize: expected.options.batch_size,
			shuffle: expected.options.shuffle,
			dropLast: expected.options.drop_last,
			generator,
		};
		const loader = new DataLoader(range(expected.n), options);
		expect(loader.length).toBe(expected.length);
		const epochs = expected.epochs.map(() => Array.from(loader, plain));
		expect(epochs).toEqual(expected.epochs);
		expect(drawnNext()).toEqual(expected.after);
		if (generator) expect(drawnNext(generator)).toEqual(expected.generatorAfter);
	},
);

const sized = (length: number) => ({ length });
const weights = [0.1, 0.9, 0.4, 0.7, 3.0, 0.6, 0.0, 2.0];
const samplers: Record<string, (generator: torch.Generator | undefined) => Sampler> = {
	sequential: () => new SequentialSampler(sized(6)),
	random: (generator) => new RandomSampler(sized(6), { generator }),
	randomGenerator: (generator) => new RandomSampler(sized(6), { generator }),
	randomMore: (generator) => new RandomSampler(sized(5), { numSamples: 13, generator }),
	randomMoreGenerator: (generator) => new RandomSampler(sized(5), { numSamples: 15, generator }),
	randomMoreDropLast: (generator) => new RandomSampler(sized(5), { numSamples: 13, generator }),
	randomFewer: (generator) => new RandomSampler(sized(50), { numSamples: 7, generator }),
	replacement: (generator) => new RandomSampler(sized(50), { replacement: true, numSamples: 70, generator }),
	replacementGenerator: (generator) => new RandomSampler(sized(50), { replacement: true, numSamples: 64, generator }),
	subset: (generator) => new SubsetRandomSampler([3, 1, 4, 15, 9, 2, 6], { generator }),
	weighted: (generator) => new WeightedRandomSampler(weights, 20, { generator }),
	weightedWithout: (generator) => new WeightedRandomSampler(weights, 5, { replacement: false, generator }),
	weightedGenerator: (generator) => new WeightedRandomSampler(weights, 9, { generator }),
};

test.each(reference.distributed)("$n items for $replicas processes, $options", ({ n, replicas, options, epochs }) => {
	const { shuffle, drop_last: dropLast, seed } = options as { shuffle: boolean; drop_last: boolean; seed: number };
	const samplers = Array.from(
		{ length: replicas },
		(_, rank) => new DistributedSampler({ length: n }, replicas, rank, { shuffle, dropLast, seed }),
	);
	[0, 3].forEach((epoch, i) => {
		for (const sampler of samplers) sampler.setEpoch(epoch);
		expect(samplers.map((sampler) => [...sampler])).toEqual(epochs[i]);
		expect(samplers.map((sampler) => sampler.length)).toEqual(epochs[i]!.map((part) => part.length));
	});
	expect(() => new DistributedSampler({ length: n }, replicas, replicas)).toThrow(/Invalid rank/);
});

describe.each(Object.entries(reference.samplers))("sampler %s", (name, expected) => {
	// The loader takes tensors of indices; a sampler that gives numbers only must lead to the same.
	test.each([
		["tensors", (sampler: Sampler) => sampler],
		[
			"numbers",
			(sampler: Sampler) => ({ length: sampler.length, [Symbol.iterator]: () => sampler[Symbol.iterator]() }),
		],
	] as const)("as %s", (_how, as) => {
		torch.manualSeed(expected.seed);
		const generator = seeded(expected.generatorSeed);
		const sampler = as(samplers[name]!(generator));
		expect(sampler.length).toBe(expected.length);
		const batchSampler = new BatchSampler(sampler, expected.batchSize, expected.dropLast);
		const loader = new DataLoader(range(1000), { batchSampler });
		expect([...sampler]).toEqual(expected.once);
		expect(expected.epochs.map(() => Array.from(loader, plain))).toEqual(expected.epochs);
		expect(drawnNext()).toEqual(expected.after);
		if (generator) expect(drawnNext(generator)).toEqual(expected.generatorAfter);
	});
});

test("a loop left early, loaders side by side, and a seed set between iterator and first batch", () => {
	const expected = reference.leftEarly;
	torch.manualSeed(3);
	const loader = new DataLoader(range(7), { batchSize: 2, shuffle: true });
	const [first] = loader;
	expect(plain(first)).toEqual(expected.first);
	expect(drawnNext()).toEqual(expected.between);
	const [a, b] = [loader[Symbol.iterator](), loader[Symbol.iterator]()];
	const sideBySide: unknown[] = [];
	for (;;) {
		const x = a.next();
		if (x.done) break;
		sideBySide.push([plain(x.value), plain(b.next().value)]);
	}
	expect(sideBySide).toEqual(expected.sideBySide);
	const late = loader[Symbol.iterator]();
	torch.manualSeed(5);
	expect(Array.from(late, plain)).toEqual(expected.late);
	expect(drawnNext()).toEqual(expected.after);
});

test.each(reference.splits.map((each) => [each.lengths, each] as const))("randomSplit into %j", (lengths, expected) => {
	torch.manualSeed(expected.seed);
	const parts = randomSplit(range(expected.n), lengths);
	expect(parts.map((part) => part.indices)).toEqual(expected.indices);
	expect(drawnNext()).toEqual(expected.after);
});
