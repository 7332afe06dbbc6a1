import * as torch from "gradbook";
import { describe, expect, test } from "vitest";
import { decode, type EncodedTensor, expectLike, optionsOf, readReference, tensorOf } from "../../support/reference";

/* nn.utils against PyTorch: test/reference/make_nn_utils.py. */

const { nn } = torch;
const { utils } = nn;

const reference = readReference<{
	clip: {
		kwargs: Record<string, unknown>;
		maxNorm: number;
		grads: EncodedTensor[];
		total: EncodedTensor;
		after: EncodedTensor[];
	}[];
	sequences: EncodedTensor[];
	pad: { kwargs: Record<string, unknown>; result: EncodedTensor }[];
	fuse: {
		bias: boolean;
		affine: boolean;
		linear: object;
		bn: object;
		weight: EncodedTensor;
		fusedBias: EncodedTensor;
	}[];
	fuseConv: {
		name: "Conv1d" | "Conv2d" | "Conv3d" | "ConvTranspose2d";
		args: [number, number, number];
		kwargs: Record<string, unknown>;
		shape: number[];
		conv: object;
		bn: object;
		weight: EncodedTensor;
		fusedBias: EncodedTensor;
	}[];
}>("nn_utils.json");

function withGrads(grads: torch.Tensor[]): torch.nn.Parameter[] {
	return grads.map((grad) => {
		const parameter = new nn.Parameter(torch.zerosLike(grad));
		parameter.grad = grad;
		return parameter;
	});
}

describe("clipping", () => {
	test.each([0, 1, 2, 3, Number.POSITIVE_INFINITY])(
		"the norm of order %d of many gradients of several types and layouts",
		(p) => {
			torch.manualSeed(7);
			const types = [torch.float32, torch.float16, torch.float64, torch.bfloat16];
			const grads = Array.from({ length: 120 }, (_, i) => {
				const x = torch.randn((i * 37) % 50, 1 + ((i * 13) % 90)).to(types[Math.floor(i / 5) % 4]!);
				return i % 7 === 0 ? x.narrow(1, 0, Math.ceil(x.size(1) / 2)) : i % 5 === 0 ? x.t() : x;
			});
			const all = torch.cat(grads.map((g) => g.double().reshape(-1)));
			const expected = torch.linalg.vectorNorm(all, p).item();
			const parameters = withGrads(grads.map((g) => g.clone()));
			const maxNorm = expected / 3;
			expect(utils.clipGradNorm_(parameters, maxNorm, p).item() / expected).toBeCloseTo(1, 5);
			parameters.forEach((parameter, i) => {
				const near = { rtol: 1e-2, atol: 1e-6 };
				expect(torch.allclose(parameter.grad!.double(), grads[i]!.double().mul(1 / 3), near), `${i}`).toBe(true);
			});
			const untouched = withGrads(grads.map((g) => g.clone()));
			utils.clipGradNorm_(untouched, 2 * expected, p);
			untouched.forEach((parameter, i) => {
				expect(torch.equal(parameter.grad!, grads[i]!), `${i}`).toBe(true);
			});
		},
	);

	test.each(reference.clip)("clipGradNorm_ to $maxNorm, $kwargs", ({ kwargs, maxNorm, grads, total, after }) => {
		const parameters = withGrads(grads.map((grad) => tensorOf(grad)));
		const normType = kwargs.norm_type === "inf" ? Infinity : ((kwargs.norm_type as number | undefined) ?? 2);
		expectLike(utils.clipGradNorm_(parameters, maxNorm, { normType }), total, "norm");
		after.forEach((grad, i) => {
			expectLike(parameters[i]!.grad, grad, `gradient ${i}`);
		});
	});

	test("by norm keeps the direction, by value does not", () => {
		const a = withGrads([torch.tensor([3, -40])])[0]!;
		const b = withGrads([torch.tensor([3, -40])])[0]!;
		utils.clipGradNorm_([a], 1);
		expect(a.grad!.at(1).div(a.grad!.at(0)).item()).toBeCloseTo(-40 / 3, 4);
		utils.clipGradValue_(b, 1);
		expect(b.grad!.tolist()).toEqual([1, -1]);
	});

	test("by a norm that was computed before: the same", () => {
		const [a, b] = [withGrads([torch.tensor([3, -4])])[0]!, withGrads([torch.tensor([3, -4])])[0]!];
		const total = utils.getTotalNorm([b.grad!]);
		expect(total.item()).toBe(5);
		utils.clipGradNorm_([a], 1);
		utils.clipGradsWithNorm_([b], { maxNorm: 1, totalNorm: total });
		expect(b.grad!.tolist()).toEqual(a.grad!.tolist());
		expect(() => utils.clipGradsWithNorm_([b], 1, 5 as never)).toThrow("totalNorm must be a tensor, got 5");
	});

	test("skips what has no gradient, and says what it refuses", () => {
		const model = new nn.Linear(2, 1);
		expect(utils.clipGradNorm_(model.parameters(), 1).item()).toBe(0);
		model(torch.ones(1, 2)).sum().backward();
		model.weight.grad!.fill_(Number.NaN);
		expect(() => utils.clipGradNorm_(model.parameters(), 1, { errorIfNonfinite: true })).toThrow(/non-finite \(NaN\)/);
		expect(() => utils.clipGradValue_(model.parameters(), -1)).toThrow(/at least 0, got -1/);
		expect(() => utils.clipGradNorm_([3 as never], 1)).toThrow(/expected parameters, got 3/);
		expect(() => utils.clipGradNorm_(model as never, 1)).toThrow(
			"[clipGradNorm_] expected parameters, such as model.parameters(), got a module (Linear)",
		);
		expect(() => new torch.optim.SGD(model as never, { lr: 1 })).toThrow("got a module (Linear)");
	});
});

test("parameters to a vector and back", () => {
	const model = new nn.Linear(2, 3);
	const vector = utils.parametersToVector(model.parameters());
	expect(vector.shape).toEqual([9]);
	vector.sum().backward();
	expect(model.weight.grad!.sum().item()).toBe(6);
	utils.vectorToParameters(torch.arange(9).float(), model.parameters());
	expect(model.bias!.tolist()).toEqual([6, 7, 8]);
	expect(model.weight.requiresGrad).toBe(true);
	expect(() => utils.vectorToParameters(torch.ones(3), model.parameters())).toThrow(
		/vector of 9 elements, got shape \[3\]/,
	);
});

describe("sequences", () => {
	const sequences = () => reference.sequences.map((sequence) => tensorOf(sequence));
	test.each(reference.pad)("padSequence $kwargs", ({ kwargs, result }) => {
		expectLike(utils.rnn.padSequence(sequences(), optionsOf(kwargs)), result, "padded");
	});

	test("gradients flow to the sequences, and padding comes off again", () => {
		const list = sequences().map((sequence) => sequence.requiresGrad_());
		utils.rnn.padSequence(list).square().sum().backward();
		for (const sequence of list) expect(sequence.grad!.tolist()).toEqual(sequence.mul(2).tolist());
		const back = utils.rnn.unpadSequence(utils.rnn.padSequence(list), [3, 1, 4]);
		expect(back.map((sequence) => sequence.tolist())).toEqual(list.map((sequence) => sequence.tolist()));
		expect(() => utils.rnn.padSequence([])).toThrow(/at least one/);
		expect(() => utils.rnn.padSequence([torch.ones(2, 2), torch.ones(2, 3)])).toThrow(
			/agree in all dimensions but the first/,
		);
	});
});

describe("a batch normalisation", () => {
	test.each(reference.fuse)(
		"folds into a linear layer: bias $bias, affine $affine",
		({ bias, affine, linear, bn, weight, fusedBias }) => {
			const layer = new nn.Linear(3, 4, { bias });
			const norm = new nn.BatchNorm1d(4, { affine });
			layer.loadStateDict(decode(linear));
			norm.loadStateDict(decode(bn));
			expect(() => utils.fuseLinearBnEval(layer, norm)).toThrow(/only for eval/);
			const fused = utils.fuseLinearBnEval(layer.eval(), norm.eval());
			expectLike(fused.weight, weight, "weight");
			expectLike(fused.bias, fusedBias, "bias");
			const x = torch.randn(5, 3);
			expect(torch.allclose(fused(x), norm(layer(x)), { atol: 1e-6 })).toBe(true);
		},
	);

	test.each(reference.fuseConv)("folds into $name", ({ name, args, kwargs, shape, conv, bn, weight, fusedBias }) => {
		const layer: any = new (nn[name] as any)(...args, kwargs);
		const norm = new nn[`BatchNorm${name.at(-2) as "1" | "2" | "3"}d`](args[1]);
		layer.loadStateDict(decode(conv));
		norm.loadStateDict(decode(bn));
		const transpose: any = name === "ConvTranspose2d";
		expect(() => utils.fuseConvBnEval(layer, norm, transpose)).toThrow(/only for eval/);
		const fused: any = utils.fuseConvBnEval(layer.eval(), norm.eval(), transpose);
		expectLike(fused.weight, weight, "weight");
		expectLike(fused.bias, fusedBias, "bias");
		const x = torch.randn(shape);
		expect(torch.allclose(fused(x), norm(layer(x)), { atol: 1e-5 })).toBe(true);
		expect(() => utils.fuseConvBnEval(layer, new nn.BatchNorm2d(7).eval(), transpose)).toThrow(
			/must match bn.numFeatures/,
		);
	});

	test("folds without a weight of its own too, where PyTorch cannot", () => {
		const layer = new nn.Linear(3, 4);
		const norm = new nn.BatchNorm1d(4, { affine: false });
		norm(layer(torch.randn(6, 3)));
		const x = torch.randn(5, 3);
		const fused = utils.fuseLinearBnEval(layer.eval(), norm.eval());
		expect(torch.allclose(fused(x), norm(layer(x)), { atol: 1e-6 })).toBe(true);
	});

	test("never moves a bias before it", () => {
		const layer = new nn.Linear(3, 4);
		new nn.BatchNorm1d(4)(layer(torch.randn(8, 3)))
			.square()
			.sum()
			.backward();
		expect(layer.bias!.grad!.abs().max().item()).toBeLessThan(1e-4);
	});

	test("keeps moving averages, frozen in evaluation; bad inputs are named", () => {
		const norm = new nn.BatchNorm1d(2);
		const x = torch.tensor([
			[1, 10],
			[3, 30],
		]);
		norm(x);
		const close = (found: torch.Tensor | null, wanted: number[]) =>
			expect(torch.allclose(found!, torch.tensor(wanted))).toBe(true);
		close(norm.runningMean, [0.2, 2]);
		close(norm.runningVar, [0.9 + 0.1 * 2, 0.9 + 0.1 * 200]);
		norm.eval()(x.mul(100));
		close(norm.runningMean, [0.2, 2]);
		expect(norm.numBatchesTracked!.item()).toBe(1);
		norm.train();
		expect(() => norm(torch.ones(1, 2))).toThrow(/more than 1 value per channel when training/);
		expect(() => norm(torch.ones(2, 2, 2, 2))).toThrow(/expected 2D or 3D input \(got 4D input\)/);
		expect(() => norm(torch.ones(2, 3))).toThrow(/expected 2 channels in dimension 1/);
		expect(() => new nn.LayerNorm([3, 4])(torch.ones(2, 4))).toThrow(/normalizedShape \[3, ?4\]/);
		expect(() => new nn.GroupNorm(3, 4)).toThrow(/numChannels \(4\) must be divisible by numGroups \(3\)/);
	});
});
