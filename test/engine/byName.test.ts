import * as torch from "gradbook";
import { beforeEach, describe, expect, test } from "vitest";

/*
 * Leading arguments in place and the others by name, from any of them on: what PyTorch's users write most, as the compiler
 * and the engine take it. Ops have theirs in ops/reference.test.ts.
 */

const { nn, optim, distributions } = torch;
const { data } = torch.utils;
const { lrScheduler } = optim;

describe("modules", () => {
	const layer = new nn.TransformerEncoderLayer(4, { nhead: 2, dimFeedforward: 8 });
	const decoderLayer = new nn.TransformerDecoderLayer(4, 2, 8, 0.2);
	const pairs: [torch.nn.Module, torch.nn.Module][] = [
		[new nn.Linear(3, { outFeatures: 2 }), new nn.Linear(3, 2)],
		[new nn.Bilinear(3, 4, { outFeatures: 2, bias: false }), new nn.Bilinear(3, 4, 2, false)],
		[new nn.Conv1d(3, { outChannels: 4, kernelSize: 3 }), new nn.Conv1d(3, 4, 3)],
		[
			new nn.Conv2d(3, 4, { kernelSize: 3, stride: 2, padding: 1, bias: false }),
			new nn.Conv2d(3, 4, 3, 2, 1, 1, 1, false),
		],
		[new nn.ConvTranspose2d(3, 4, { kernelSize: 2, stride: 2 }), new nn.ConvTranspose2d(3, 4, 2, 2)],
		[new nn.LazyConv2d(4, { kernelSize: 3 }), new nn.LazyConv2d(4, 3)],
		[new nn.Embedding(5, { embeddingDim: 2, paddingIdx: 0 }), new nn.Embedding(5, 2, 0)],
		[new nn.EmbeddingBag(5, { embeddingDim: 2, mode: "sum" }), new nn.EmbeddingBag(5, 2, { mode: "sum" })],
		[new nn.LSTM(3, { hiddenSize: 4, numLayers: 2 }), new nn.LSTM(3, 4, 2)],
		[new nn.GRUCell(3, { hiddenSize: 4 }), new nn.GRUCell(3, 4)],
		[new nn.MultiheadAttention(4, { numHeads: 2 }), new nn.MultiheadAttention(4, 2)],
		[layer, new nn.TransformerEncoderLayer(4, 2, 8)],
		[
			new nn.TransformerEncoder(layer, { numLayers: 2, enableNestedTensor: false }),
			new nn.TransformerEncoder(layer, 2),
		],
		[new nn.TransformerDecoder(decoderLayer, { numLayers: 2 }), new nn.TransformerDecoder(decoderLayer, 2)],
		[new nn.GroupNorm(2, { numChannels: 4 }), new nn.GroupNorm(2, 4)],
		[new nn.LayerNorm(4, { eps: 1e-6 }), new nn.LayerNorm(4, 1e-6)],
		[new nn.Unflatten(1, { unflattenedSize: [2, 2] }), new nn.Unflatten(1, [2, 2])],
		[new nn.Fold([4, 4], { kernelSize: 2 }), new nn.Fold([4, 4], 2)],
		[new nn.Threshold(0.1, { value: 20 }), new nn.Threshold(0.1, 20)],
	];
	test.each(pairs)("%s", (named, inPlace) => {
		expect(String(named)).toBe(String(inPlace));
		const shapes = (m: torch.nn.Module) =>
			Object.entries(m.stateDict()).map(([key, x]) => `${key} ${(x as torch.Tensor).shape}`);
		if (!/^Lazy/.test(String(named))) expect(shapes(named)).toEqual(shapes(inPlace));
	});

	test("a frozen parameter", () => {
		expect(new nn.Parameter(torch.ones(2), false).requiresGrad).toBe(false);
		expect(new nn.Parameter(torch.ones(2), { requiresGrad: false }).requiresGrad).toBe(false);
		expect(new nn.Parameter(torch.ones(2)).requiresGrad).toBe(true);
	});

	test("a name that is none is refused", () => {
		// @ts-expect-error
		expect(() => new nn.Conv2d(3, 4, { kernelSize: 3, strides: 2 })).toThrow('did you mean "stride"?');
		// @ts-expect-error
		expect(() => new nn.Conv2d(3, 4)).toThrow("[Conv2d] kernelSize is missing");
	});
});

test("pruning and parametrizations", () => {
	const { prune, parametrize } = nn.utils;
	const fresh = () => {
		torch.manualSeed(6);
		return new nn.Linear(4, 3);
	};
	const zeros = (layer: torch.nn.Module) => (layer as InstanceType<typeof nn.Linear>).weight.eq(0).sum().item();
	expect(zeros(prune.l1Unstructured(fresh(), { name: "weight", amount: 0.25 }))).toBe(3);
	expect(zeros(prune.randomUnstructured(fresh(), { name: "weight", amount: 2 }))).toBe(2);
	expect(zeros(prune.lnStructured(fresh(), { name: "weight", amount: 1, n: 2, dim: 0 }))).toBe(4);
	const layer = fresh();
	const [weight] = layer.parameters();
	nn.utils.parametrizations.weightNorm(layer);
	expect(parametrize.isParametrized(layer, "weight")).toBe(true);
	expect(layer.parametrizations.get("weight").length).toBe(1);
	expect(fresh().parametrizations).toBeUndefined();
	torch.testing.assertClose(layer.weight.detach(), weight!.detach());
});

test("schedules", () => {
	const optimizer = () => new optim.SGD([new nn.Parameter(torch.ones(1))], { lr: 1, momentum: 0.9 });
	const rates = (scheduler: torch.optim.lrScheduler.LRScheduler) =>
		Array.from({ length: 6 }, () => {
			scheduler.optimizer.step();
			scheduler.step();
			return scheduler.getLastLr()[0]!;
		});
	const sequence = (byName: boolean) => {
		const own = optimizer();
		const parts = [
			new lrScheduler.LinearLR(own, { startFactor: 0.1, totalIters: 3 }),
			new lrScheduler.ExponentialLR(own, { gamma: 0.5 }),
		];
		return byName
			? new lrScheduler.SequentialLR(own, parts, { milestones: [3] })
			: new lrScheduler.SequentialLR(own, parts, [3]);
	};
	expect(rates(sequence(true))).toEqual(rates(sequence(false)));
	expect(rates(new lrScheduler.CyclicLR(optimizer(), 0.1, { maxLr: 1, stepSizeUp: 2 }))).toEqual(
		rates(new lrScheduler.CyclicLR(optimizer(), 0.1, 1, { stepSizeUp: 2 })),
	);
});

test("samplers and distributions", () => {
	const drawn = (make: () => Iterable<number>) => {
		torch.manualSeed(4);
		return [...make()];
	};
	expect(drawn(() => new data.WeightedRandomSampler([1, 2, 3], { numSamples: 5 }))).toEqual(
		drawn(() => new data.WeightedRandomSampler([1, 2, 3], 5)),
	);
	const ordered = new data.SequentialSampler([1, 2, 3]);
	expect([...new data.BatchSampler(ordered, 2, { dropLast: true })]).toEqual([[0, 1]]);
	expect(String(new distributions.Normal(0, { scale: 2 }))).toBe(String(new distributions.Normal(0, 2)));
});

describe("functions that draw", () => {
	const x = torch.tensor([0.2, 0.3, 0.5]);
	const generator = new torch.Generator();
	beforeEach(() => {
		torch.manualSeed(3);
	});
	const pairs: Record<string, [() => torch.Tensor, () => torch.Tensor]> = {
		"randint(0, 9, size=(4,))": [() => torch.randint(0, 9, { size: [4] }), () => torch.randint(0, 9, [4])],
		"randint(9, size=(4,))": [() => torch.randint(9, { size: [4] }), () => torch.randint(9, [4])],
		"randint(low=2, high=9, size=(4,))": [
			() => torch.randint({ low: 2, high: 9, size: [4], dtype: torch.int32 }),
			() => torch.randint(2, 9, [4], { dtype: torch.int32 }),
		],
		"normal(1, 2, size=(4,))": [() => torch.normal(1, 2, { size: [4] }), () => torch.normal(1, 2, [4])],
		"normal(mean=0, std=1, size=(4,))": [
			() => torch.normal({ mean: 0, std: 1, size: [4] }),
			() => torch.normal(0, 1, [4]),
		],
		"normal(mean=x, std=x)": [() => torch.normal({ mean: x, std: x }), () => torch.normal(x, x)],
		"normal(mean=x, generator=g)": [
			() => torch.normal({ mean: x, generator: generator.manualSeed(3) }),
			() => torch.normal(x, 1),
		],
		"multinomial(x, num_samples=1)": [() => torch.multinomial(x, { numSamples: 1 }), () => torch.multinomial(x, 1)],
		"x.multinomial(num_samples=4, replacement=True)": [
			() => x.multinomial({ numSamples: 4, replacement: true }),
			() => torch.multinomial(x, 4, true),
		],
		"bernoulli(x, p=0.5)": [() => torch.bernoulli(x, { p: 0.5 }), () => torch.bernoulli(x, 0.5)],
	};
	test.each(Object.entries(pairs))("%s", (_, [named, inPlace]) => {
		const found = String(named());
		torch.manualSeed(3);
		expect(found).toBe(String(inPlace()));
	});

	test("what is missing is named", () => {
		// @ts-expect-error
		expect(() => torch.randint({ high: 3 })).toThrow("[randint] expected (high, size)");
		// @ts-expect-error
		expect(() => torch.multinomial(x, { replacement: true })).toThrow("[multinomial] numSamples is missing");
	});
});

test("a tensor is iterated over its first dimension, with gradients", () => {
	const x = torch.arange(6, { dtype: torch.float32 }).view(3, 2).requiresGrad_();
	const [first, ...rest] = x;
	expect(first!.tolist()).toEqual([0, 1]);
	expect(rest.length).toBe(2);
	let sum = torch.zeros(2);
	for (const row of x) sum = sum.add(row.square());
	sum.sum().backward();
	expect(x.grad!.tolist()).toEqual([
		[0, 2],
		[4, 6],
		[8, 10],
	]);
	expect(() => [...torch.tensor(1)]).toThrow("[Tensor] iteration over a tensor of no dimensions");
});

test("of two numbers no op is made", () => {
	expect(() => torch.sub(1, 2)).toThrow("[sub] expected a tensor among the operands, got number 1 and number 2");
});

test("functions and methods are called by their public names, in stacks and where they are printed", () => {
	const { functional } = nn;
	for (const [name, of] of [
		["relu", torch.relu],
		["cat", torch.cat],
		["gt", torch.gt],
		["crossEntropy", functional.crossEntropy],
		["relu", functional.relu],
		["solve", torch.linalg.solve],
		["add", torch.Tensor.prototype.add],
		["relu_", torch.Tensor.prototype.relu_],
		["sum", torch.Tensor.prototype.sum],
		["clip", torch.Tensor.prototype.clip],
	] as const)
		expect(of.name).toBe(name);
	const nameless = Object.entries(torch).filter(([, value]) => typeof value === "function" && value.name === "");
	expect(nameless).toEqual([]);
});
