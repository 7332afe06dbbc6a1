import * as torch from "gradbook";
import { describe, expect, test } from "vitest";
import { decode, type EncodedTensor, expectLike, optionsOf, readReference, tensorOf } from "../../support/reference";
import { leaveOpenBlocks } from "../../support/stop";

/* Averaged models and SWALR against PyTorch: test/reference/make_swa.py. */

const { nn, optim } = torch;
const { swaUtils } = optim;

const { averages, rates } = readReference<{
	averages: {
		name: string;
		useBuffers: boolean;
		start: object;
		batches: EncodedTensor[];
		after: Record<string, EncodedTensor>;
		updated: Record<string, EncodedTensor>;
	}[];
	rates: { kwargs: Record<string, unknown>; rows: number[][] }[];
}>("optim_swa.json");

const ways: Record<string, torch.optim.swaUtils.AveragedModelOptions> = {
	swa: {},
	ema: { avgFn: swaUtils.getEmaAvgFn(0.9) },
	"swa multi": { multiAvgFn: swaUtils.getSwaMultiAvgFn() },
	"ema multi": { multiAvgFn: swaUtils.getEmaMultiAvgFn(0.9) },
};

function expectState(found: Record<string, torch.Tensor>, expected: Record<string, EncodedTensor>): void {
	expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
	for (const [key, value] of Object.entries(expected)) expectLike(found[key], value, key, { rtol: 2e-5, atol: 2e-6 });
}

describe("an averaged model", () => {
	test.each(averages)("$name, buffers averaged: $useBuffers", (given) => {
		const model = new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4), new nn.Linear(4, 1));
		model.loadStateDict(decode(given.start));
		const averaged = new swaUtils.AveragedModel(model, { ...ways[given.name], useBuffers: given.useBuffers });
		const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
		const batches = given.batches.map((batch) => tensorOf(batch));
		for (const x of batches) {
			optimizer.zeroGrad();
			model(x).square().mean().backward();
			optimizer.step();
			averaged.updateParameters(model);
		}
		expectState(averaged.stateDict(), given.after);
		averaged.eval();
		swaUtils.updateBn(batches, averaged);
		expect(averaged.training).toBe(false);
		expectState(averaged.stateDict(), given.updated);
		expect(averaged(batches[0]!).shape).toEqual([6, 1]);
	});

	test("the stop button leaves momentum and mode as they were", () => {
		const model = new nn.Sequential(new nn.BatchNorm1d(2, { momentum: 0.3 }));
		model.eval();
		const seen: unknown[] = [];
		const state = () =>
			seen.push([(model.modules()[1] as InstanceType<typeof nn.BatchNorm1d>).momentum, model.training]);
		function* batches() {
			state();
			leaveOpenBlocks();
			state();
			yield torch.ones(3, 2);
		}
		swaUtils.updateBn(batches(), model);
		expect(seen).toEqual([
			[null, true],
			[0.3, false],
		]);
	});

	test("does not move the model, and refuses another one", () => {
		const model = new nn.Linear(2, 1);
		const averaged = new swaUtils.AveragedModel(model);
		torch.noGrad(() => model.weight.fill_(3));
		averaged.updateParameters(model);
		torch.noGrad(() => model.weight.fill_(5));
		averaged.updateParameters(model);
		expect(averaged.module.weight.tolist()).toEqual([[4, 4]]);
		expect(model.weight.tolist()).toEqual([[5, 5]]);
		expect(() => averaged.updateParameters(new nn.Linear(2, 1, { bias: false }))).toThrow(
			/1 tensors to average, its copy 2/,
		);
		expect(() => swaUtils.getEmaAvgFn(1.5)).toThrow(/between 0 and 1, got 1.5/);
	});
});

test.each(rates)("SWALR $kwargs", ({ kwargs, rows }) => {
	const params = [0, 1].map(() => new nn.Parameter(torch.ones(1)));
	const optimizer = new optim.SGD([
		{ params: [params[0]!], lr: 0.5 },
		{ params: [params[1]!], lr: 0.2 },
	]);
	const scheduler = new swaUtils.SWALR(optimizer, optionsOf(kwargs) as never);
	rows.forEach((row, i) => {
		if (i > 0) {
			optimizer.step();
			scheduler.step();
		}
		optimizer.paramGroups.forEach((group, g) => {
			expect(group.lr, `step ${i}, group ${g}`).toBeCloseTo(row[g]!, 10);
		});
	});
});
