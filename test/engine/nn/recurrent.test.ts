import * as torch from "gradbook";
import { describe, expect, test } from "vitest";
import { drew, moved, onCard, withExactLayers } from "../../support/device";
import {
	backward,
	decode,
	type EncodedTensor,
	expectLike,
	optionsOf,
	readReference,
	tensorOf,
} from "../../support/reference";

/* Packed sequences, and what recurrent layers do with them, against PyTorch: test/reference/make_sequences.py. */

const { nn } = torch;
const { rnn } = nn.utils;

interface PackedCase {
	label: string;
	seed: number;
	name: "RNN" | "LSTM" | "GRU";
	kwargs: Record<string, unknown>;
	lengths: number[];
	pack: Record<string, unknown>;
	input: EncodedTensor;
	hx: unknown;
	data: EncodedTensor;
	h: unknown;
	padded: EncodedTensor;
	lengthsBack: EncodedTensor;
	inputGrad: EncodedTensor;
	parameterGrads: Record<string, EncodedTensor>;
}

interface Packing {
	lengths: number[];
	kwargs: Record<string, unknown>;
	input: EncodedTensor;
	fields: unknown[];
	text: string;
	textWithNode: string;
	grad: EncodedTensor;
	padded: EncodedTensor;
	back: EncodedTensor;
	total: EncodedTensor;
}

const reference = readReference<{ packed: PackedCase[]; pack: Packing[] }>("nn_sequences.json");

function layerOf(given: PackedCase): torch.nn.LSTM {
	return moved(() => {
		torch.manualSeed(given.seed);
		return new (nn[given.name] as typeof nn.LSTM)(3, 4, optionsOf(given.kwargs));
	});
}

/** Any of them as an LSTM: what they share is called alike. */
function layerNamed(name: "RNN" | "LSTM" | "GRU", inputs: number, hidden: number): torch.nn.LSTM {
	return new (nn[name] as typeof nn.LSTM)(inputs, hidden, { bidirectional: true });
}

describe("packed sequences through layers", () => {
	const packedCase = (given: (typeof reference.packed)[number]) => {
		const layer = layerOf(given);
		const x = tensorOf(given.input).requiresGrad_();
		const packed = rnn.packPaddedSequence(x, given.lengths, optionsOf(given.pack));
		let [output, h] = [packed, null as unknown];
		const random = drew(given.seed + 500, () => {
			[output, h] = layer(packed, decode(given.hx));
		});
		if (random) return;
		expectLike(output.data, given.data, "data");
		expectLike(h, given.h, "h");
		expect(output.data.gradFn!.name).toMatch(onCard ? /^(CatBackward0|CudnnRnnBackward0)$/ : /^CatBackward0$/);
		const totalLength = Math.max(...given.lengths) + 1;
		const [padded, lengths] = rnn.padPackedSequence(output, true, { totalLength, paddingValue: -1 });
		expectLike(padded, given.padded, "padded");
		expectLike(lengths, given.lengthsBack, "lengths");
		backward([padded, h].flat());
		expectLike(x.grad, given.inputGrad, "gradient of the input");
		for (const [key, parameter] of layer.namedParameters()) {
			expectLike(parameter.grad, given.parameterGrads[key], `gradient of ${key}`);
		}
	};
	test.each(reference.packed)("$label", (given) => withExactLayers(() => packedCase(given)));

	// On a card the cases above hold the derivatives.
	test.skipIf(onCard).each(["RNN", "LSTM", "GRU"] as const)("%s: gradients, first and second", (name) => {
		const layer = layerNamed(name, 2, 2).double();
		const x = torch.randn(3, 2, 2, { dtype: torch.float64 }).requiresGrad_();
		const checked = [x, ...layer.parameters()];
		const run = () => {
			const [output, h] = layer(rnn.packPaddedSequence(x, [1, 3], { enforceSorted: false }));
			return [rnn.padPackedSequence(output)[0], ...[h].flat()] as torch.Tensor[];
		};
		expect(torch.autograd.gradcheck(run, checked)).toBe(true);
		expect(torch.autograd.gradgradcheck(run, [x, layer.weightHhL0, layer.biasIhL0Reverse!])).toBe(true);
	});

	test.each(["RNN", "LSTM", "GRU"] as const)("%s: large enough for threads, as one sequence at a time", (name) => {
		const layer = layerNamed(name, 5, onCard ? 18 : 40).double();
		const many = Array.from({ length: 31 }, (_, i) => 70 - 2 * i - (i % 2));
		const lengths = onCard ? [12, 12, 9, 8, 8, 3, 1] : many;
		const sequences = lengths.map((length) => torch.randn(length, 5, { dtype: torch.float64 }));
		const run = (threads: number) => {
			torch.setNumThreads(threads);
			layer.zeroGrad();
			const [output] = layer(rnn.packSequence(sequences));
			output.data.square().sum().backward();
			return [output, layer.parameters().map((parameter) => parameter.grad!)] as const;
		};
		const threads = torch.getNumThreads();
		const [together, grads] = run(3);
		const [alone, alike] = run(1);
		torch.setNumThreads(threads);
		expect(torch.equal(together.data, alone.data)).toBe(true);
		grads.forEach((grad, i) => {
			expect(torch.allclose(grad, alike[i]!, { rtol: 1e-12, atol: 1e-12 })).toBe(true);
		});
		layer.zeroGrad();
		const outputs = rnn.unpackSequence(together);
		sequences.forEach((sequence, i) => {
			const [single] = layer(sequence);
			expect(torch.allclose(outputs[i]!, single, { rtol: 1e-12, atol: 1e-12 })).toBe(true);
			single.square().sum().backward();
		});
		layer.parameters().forEach((parameter, i) => {
			expect(torch.allclose(parameter.grad!, grads[i]!, { rtol: 1e-9, atol: 1e-9 })).toBe(true);
		});
	});
});

test.skipIf(onCard)("weights too large for a core's cache: the steps' products are split", () => {
	const layer = layerNamed("LSTM", 3, 300).double();
	const x = torch.randn(6, 9, 3, { dtype: torch.float64 });
	const [output] = layer(x);
	output.square().sum().backward();
	const grad = layer.weightHhL0.grad!;
	layer.zeroGrad();
	x.unbind(1).forEach((sequence, i) => {
		const [single] = layer(sequence);
		expect(torch.allclose(output.at(":", i), single, { rtol: 1e-10, atol: 1e-12 })).toBe(true);
		single.square().sum().backward();
	});
	expect(torch.allclose(grad, layer.weightHhL0.grad!, { rtol: 1e-9, atol: 1e-9 })).toBe(true);
});

describe("packing", () => {
	test.each(reference.pack)("of $lengths, $kwargs", ({ lengths, kwargs, input, fields, ...expected }) => {
		const x = tensorOf(input).requiresGrad_();
		const packed = rnn.packPaddedSequence(x, torch.tensor(lengths).long(), optionsOf(kwargs));
		expectLike([...packed], fields, "fields");
		if (!onCard) expect(String(packed)).toBe(expected.textWithNode);
		backward(packed.data);
		expectLike(x.grad, expected.grad, "gradient");
		const plain = new rnn.PackedSequence(packed.data.detach(), packed.batchSizes, packed.sortedIndices);
		if (!onCard) expect(String(plain)).toBe(expected.text);
		const [padded, back] = rnn.padPackedSequence(plain);
		expectLike(padded, expected.padded, "padded");
		expectLike(back, expected.back, "lengths");
		expectLike(
			rnn.padPackedSequence(plain, { batchFirst: true, paddingValue: 9, totalLength: 6 })[0],
			expected.total,
			"longer",
		);
	});

	test("sequences come back as they were, in another type if wanted", () => {
		const sequences = [torch.ones(2, 3), torch.zeros(4, 3), torch.ones(1, 3)].map((x) => x.requiresGrad_());
		const packed = rnn.packSequence(sequences, { enforceSorted: false });
		const back = rnn.unpackSequence(packed);
		expect(back.map((x) => x.tolist())).toEqual(sequences.map((x) => x.tolist()));
		const last = back.reduce((sum, x) => sum.add(x.sum().mul(2)), torch.tensor(0));
		last.backward();
		for (const sequence of sequences) expect(sequence.grad!.eq(2).all().item()).toBe(1);
		const double = packed.double();
		expect(double.data.dtype).toBe(torch.float64);
		expect(double.batchSizes).toBe(packed.batchSizes);
		expect(packed.to(torch.float32)).toBe(packed);
		expect(rnn.invertPermutation(torch.tensor([2n, 0n, 1n]))!.tolist()).toEqual([1, 2, 0]);
		expect(rnn.invertPermutation(null)).toBeNull();
	});

	test("the last states, many to one", () => {
		const layer = new nn.LSTM(3, 4, { batchFirst: true });
		const x = torch.randn(3, 5, 3);
		const lengths = torch.tensor([2n, 5n, 3n]);
		const packed = rnn.packPaddedSequence(x, lengths, { batchFirst: true, enforceSorted: false });
		const [output, [h]] = layer(packed);
		const [padded, back] = rnn.padPackedSequence(output, { batchFirst: true });
		expect(back.tolist()).toEqual([2, 5, 3]);
		const last = padded.at(torch.arange(3), lengths.sub(1));
		expect(torch.allclose(last, h.at(0))).toBe(true);
	});

	test("says what it refuses", () => {
		const x = torch.randn(5, 2, 3);
		const pack = (lengths: number[]) => () => rnn.packPaddedSequence(x, lengths);
		expect(pack([3, 5])).toThrow(/sorted in decreasing order when enforceSorted is true, got \[3,5\]/);
		expect(pack([3, 0])).toThrow(/greater than 0, but found 0/);
		expect(pack([7, 3])).toThrow(/a length of 7 is more than the 5 steps/);
		expect(pack([3])).toThrow(/got 1 \(batch size 2\)/);
		expect(() => rnn.packPaddedSequence(x, torch.tensor([3, 1]))).toThrow(/vector of int64.*float32/);
		expect(() => rnn.packPaddedSequence(x, [3, 1.5])).toThrow(/whole numbers/);
		expect(() => rnn.packPaddedSequence(x, [3, 1], { enforceSort: true } as never)).toThrow(/enforceSort/);
		expect(() => rnn.packPaddedSequence([1] as never, [1])).toThrow(/at least 2 dimensions/);
		const packed = rnn.packPaddedSequence(x, [5, 3]);
		expect(() => rnn.padPackedSequence(packed, { totalLength: 3 })).toThrow(
			/totalLength=3 and max sequence length being 5/,
		);
		expect(() => rnn.padPackedSequence(x as never)).toThrow(/expected a PackedSequence, got a tensor/);
		expect(() => new rnn.PackedSequence(x, torch.ones(2))).toThrow(/batchSizes must be a vector of int64/);
	});
});

describe("recurrent layers", () => {
	test("print and name their weights as PyTorch does", () => {
		const layer = new nn.LSTM(3, 4, 2, {
			bias: false,
			dropout: 0.5,
			projSize: 2,
			bidirectional: true,
			batchFirst: true,
		});
		expect(String(layer)).toBe(
			"LSTM(3, 4, proj_size=2, num_layers=2, bias=False, batch_first=True, dropout=0.5, bidirectional=True)",
		);
		expect(layer.weightHrL1Reverse!.shape).toEqual([2, 4]);
		expect(layer.allWeights.map((weights) => weights.length)).toEqual([3, 3, 3, 3]);
		layer.flattenParameters();
		const copy = layer.clone();
		expect(Object.keys(copy.stateDict())).toEqual(Object.keys(layer.stateDict()));
		const x = torch.randn(1, 2, 3);
		layer.eval();
		expect(torch.equal(copy.eval()(x)[0], layer(x)[0])).toBe(true);
	});

	test("half types compute in float32", () => {
		const layer = new nn.GRU(3, 4);
		const x = torch.randn(2, 1, 3);
		const [expected] = layer(x);
		const [found] = layer.clone().bfloat16()(x.bfloat16());
		expect(found.dtype).toBe(torch.bfloat16);
		expect(torch.allclose(found.float(), expected, { atol: 0.02 })).toBe(true);
	});

	test("only the last states are used: the output's gradient is nothing", () => {
		const layer = new nn.LSTM(3, 4, { batchFirst: true });
		const x = torch.randn(2, 5, 3).requiresGrad_();
		layer(x)[1][1].sum().backward();
		const first = x.grad!;
		x.grad = null;
		const [output, [, c]] = layer(x);
		c.sum().add(output.sum().mul(0)).backward();
		expect(torch.allclose(first, x.grad!)).toBe(true);
	});

	test("a result that was changed in place is noticed: the derivative reads it", () => {
		for (const layer of [new nn.RNN(3, 4), new nn.GRU(3, 4), new nn.LSTM(3, 4)] as torch.nn.LSTM[]) {
			const changed = layer(torch.randn(5, 2, 3))[0].mul_(2);
			expect(() => changed.sum().backward()).toThrow(/modified by an in-place operation/);
		}
	});

	test("say what they refuse", () => {
		const layer = new nn.LSTM(3, 4);
		const x = torch.randn(5, 2, 3);
		expect(() => layer(torch.randn(5, 2, 4))).toThrow(/must be equal to inputSize: expected 3, got 4/);
		expect(() => layer(x, torch.randn(1, 2, 4) as never)).toThrow(/pair of tensors/);
		expect(() => layer(x, [torch.randn(1, 3, 4), torch.randn(1, 2, 4)])).toThrow(
			/expected hidden\[0\] size \[1, 2, 4\], got \[1, 3, 4\]/,
		);
		expect(() => layer(torch.randn(5, 3), [torch.randn(1, 2, 4), torch.randn(1, 2, 4)])).toThrow(
			/unbatched 2-D input, hx should also be 2-D/,
		);
		expect(() => layer(torch.randn(5, 2, 3, 1))).toThrow(/\[LSTM\] expected input to be 2D or 3D, got 4D/);
		expect(() => layer(x.double())).toThrow(/input dtype \(torch.float64\) does not match weight dtype/);
		expect(() => layer(torch.randn(0, 2, 3))).toThrow(/sequence length to be larger than 0/);
		expect(() => layer(3 as never)).toThrow(/a tensor or a PackedSequence, got 3/);
		expect(() => new nn.GRU(3, 4)(x, torch.randn(1, 2, 5))).toThrow(
			/expected hidden size \[1, 2, 4\], got \[1, 2, 5\]/,
		);
		expect(() => new nn.LSTM(3, 4, { dropout: 2 })).toThrow(/dropout must be a number in range \[0, 1\].*got 2/);
		expect(() => new nn.LSTM(3, 4, { projSize: 4 })).toThrow(/projSize has to be smaller than hiddenSize/);
		expect(() => new nn.GRU(3, 4, { projSize: 2 } as never)).toThrow(/unknown option "projSize"/);
		expect(() => new nn.LSTM(3, 0)).toThrow(/hiddenSize must be an integer of at least 1/);
		expect(() => new nn.RNN(3, 4, { nonlinearity: "x" as never })).toThrow(/nonlinearity must be "tanh" or "relu"/);
		expect(() => new nn.LSTMCell(3, 4)(torch.randn(2, 4))).toThrow(/inconsistent inputSize: got 4, expected 3/);
		expect(() => new nn.LSTMCell(3, 4)(torch.randn(2, 3), [torch.randn(3, 4), torch.randn(2, 4)])).toThrow(
			/input batch size 2 doesn't match hidden0 batch size 3/,
		);
		expect(() => new nn.GRUCell(3, 4)(torch.randn(2, 3), torch.randn(2, 5))).toThrow(
			/hidden0 has inconsistent hiddenSize: got 5, expected 4/,
		);
		expect(() => new nn.GRUCell(3, 4)(torch.randn(2, 3, 1))).toThrow(/1D or 2D, got 3D/);
	});
});
