import * as torch from "gradbook";
import { afterAll, describe, expect, test } from "vitest";
import { type EncodedTensor, expectLike, readReference, tensorOf } from "../../support/reference";

/* Dynamic quantization against PyTorch: test/reference/make_quantized.py. */

const { nn, ao } = torch;
const { quantizeDynamic } = ao.quantization;

interface Case {
	label: string;
	seed: number;
	text: string;
	training: boolean;
	scales: number[];
	sums: number[][];
	first: string;
	input: EncodedTensor;
	output: EncodedTensor;
}

const two = () => new nn.Sequential(new nn.Linear(20, 7), new nn.ReLU(), new nn.Linear(7, 5, { bias: false }));
const models: Record<string, () => torch.nn.Sequential> = {
	"longer rows than a vector": () => new nn.Sequential(new nn.Linear(130, 9)),
	nested: () => new nn.Sequential(new nn.Sequential(new nn.Linear(4, 3)), new nn.Tanh()),
};
const made = (label: string) => (models[label] ?? two)();
const layersOf = (model: torch.nn.Module) =>
	model.modules().filter((module) => module instanceof ao.nn.quantized.dynamic.Linear);

describe("quantizeDynamic", () => {
	test.each(readReference<{ cases: Case[] }>("ao_quantized.json").cases)("$label", (given) => {
		torch.manualSeed(given.seed);
		const model = quantizeDynamic(made(given.label), new Set([nn.Linear]), { dtype: torch.qint8 });
		expect([String(model), model.training]).toEqual([given.text, given.training]);
		const weights = layersOf(model).map((layer) => layer.weight());
		expect(weights.map((weight) => weight.qScale())).toEqual(given.scales);
		expect(weights.map((weight) => weight.intRepr().sum(1).tolist())).toEqual(given.sums);
		const { dtype } = weights[0]!;
		const corner = weights[0]!.intRepr().at("0:2", "0:4");
		expect(String(new torch.QuantizedTensor(corner, weights[0]!.qScale(), 0, dtype))).toBe(given.first);
		expectLike(model(tensorOf(given.input)), given.output, "output", { rtol: 1e-5, atol: 1e-6 });
	});

	test("leaves the model alone unless it is asked not to; takes names, and the model itself is no layer inside it", () => {
		const model = made("two");
		const copy = quantizeDynamic(model);
		expect([layersOf(model).length, layersOf(copy).length, model.training]).toEqual([0, 2, true]);
		expect(layersOf(quantizeDynamic(model, ["2"])).length).toBe(1);
		expect(layersOf(quantizeDynamic(new nn.Sequential(model), new Set(["0"]))).length).toBe(2);
		expect(quantizeDynamic(model, { inplace: true })).toBe(model);
		expect(layersOf(model).length).toBe(2);
		expect(quantizeDynamic(new nn.Linear(2, 2))).toBeInstanceOf(nn.Linear);
		class Own extends nn.Linear {}
		expect(layersOf(quantizeDynamic(new nn.Sequential(new Own(2, 2)))).length).toBe(0);
	});

	test("is close to float32, has a fourth of its size, and survives saving", () => {
		torch.manualSeed(1);
		const model = new nn.Sequential(new nn.Linear(256, 128), new nn.ReLU(), new nn.Linear(128, 10)).eval();
		const small = quantizeDynamic(model);
		const x = torch.randn(32, 256);
		const [exact, near] = [model(x), small(x)];
		expect(near.sub(exact).norm().div(exact.norm()).item()).toBeLessThan(0.03);
		const size = (state: Record<string, torch.Tensor>) =>
			Object.values(state).reduce((sum, tensor) => sum + tensor.nbytes, 0);
		expect(size(small.stateDict())).toBeLessThan(size(model.stateDict()) * 0.27);
		expect(Object.keys(small.stateDict())).toEqual(["0.weight", "0.scale", "0.bias", "2.weight", "2.scale", "2.bias"]);
		torch.manualSeed(2);
		const other = quantizeDynamic(new nn.Sequential(new nn.Linear(256, 128), new nn.ReLU(), new nn.Linear(128, 10)));
		other.loadStateDict(small.stateDict());
		expect(torch.equal(other(x), near)).toBe(true);
		expect(torch.equal(small.clone()(x), near)).toBe(true);
		expect(torch.equal(small.double().float()(x), near)).toBe(true);
		expect(small.parameters()).toEqual([]);
	});

	test("says what it refuses", () => {
		const small = quantizeDynamic(made("two"));
		expect(() => small(torch.randn(2, 20, { dtype: torch.float64 }))).toThrow(
			/\[linearDynamic\] expected a float32 input, got float64/,
		);
		expect(() => small(torch.randn(2, 21))).toThrow(/expected 20 input features, got input of shape \[2, 21\]/);
		expect(() => small(torch.full([1, 20], Number.NaN))).toThrow(/must be finite to be quantized, got NaN/);
		expect(() => small(torch.full([1, 20], Number.POSITIVE_INFINITY))).toThrow(/got an infinity/);
		expect(() => quantizeDynamic(made("two"), new Set([nn.ReLU]))).toThrow(/form of nn.Linear only.*ReLU/);
		expect(() => quantizeDynamic(made("two"), { dtype: torch.quint8 })).toThrow(/dtype must be torch.qint8/);
		expect(() => quantizeDynamic(3 as never)).toThrow(/model must be a module/);
		const { "0.scale": _, ...rest } = small.stateDict();
		expect(() => small.loadStateDict(rest)).toThrow(/"0.scale" of a DynamicQuantizedLinear is missing/);
	});
});

describe("linearDynamic", () => {
	const threads = torch.getNumThreads();
	afterAll(() => torch.setNumThreads(threads));

	test("adds up exactly, whatever the sizes and threads", () => {
		torch.manualSeed(5);
		for (const [rows, inner, out] of [
			[1, 1, 1],
			[3, 63, 5],
			[37, 64, 6],
			[70, 200, 131],
		] as const) {
			const layer = new nn.Linear(inner, out);
			const quantized = ao.nn.quantized.dynamic.Linear.fromFloat(layer);
			const x = torch.randn(rows, inner);
			const [low, high] = [Math.min(x.min().item(), 0), Math.max(x.max().item(), 0)];
			const scale = Math.fround((high - low) / 127);
			const zero =
				Math.abs(low) < high ? Math.round(-low / ((high - low) / 127)) : Math.round(127 - high / ((high - low) / 127));
			const bytes = x
				.mul(Math.fround(1 / scale))
				.round()
				.add(zero)
				.clamp(0, 255)
				.sub(zero)
				.double();
			const exact = bytes.matmul(quantized.weight().intRepr().double().t());
			const expected = exact.mul(scale * quantized.weight().qScale()).add(layer.bias!);
			for (const count of [1, 2]) {
				torch.setNumThreads(count);
				expect(torch.allclose(quantized(x).double(), expected, { rtol: 1e-5, atol: 1e-5 })).toBe(true);
			}
		}
	});
});

describe("quantizePerTensor", () => {
	test("rounds, bounds and comes back", () => {
		const q = torch.quantizePerTensor(torch.tensor([-3, -0.26, 0.24, 0.25, 9000]), 0.5, 3, torch.quint8);
		expect(q.intRepr().tolist()).toEqual([0, 2, 3, 3, 255]);
		expect([q.intRepr().dtype, q.qScale(), q.qZeroPoint(), q.shape]).toEqual([torch.uint8, 0.5, 3, [5]]);
		expect(q.dequantize().tolist()).toEqual([-1.5, -0.5, 0, 0, 126]);
		expect(() => torch.quantizePerTensor(torch.ones(2), 0, 0, torch.qint8)).toThrow(
			/scale must be a positive number, got 0/,
		);
		expect(() => torch.quantizePerTensor(torch.ones(2), 1, 200, torch.qint8)).toThrow(/from -128 to 127, got 200/);
		expect(() => torch.quantizePerTensor(torch.arange(2), 1, 0, torch.qint8)).toThrow(
			/float32 tensor, got torch.int64/,
		);
	});
});

test("a copy of a Sequential takes another module at a position", () => {
	const model = made("two");
	const copy = model.clone();
	copy[0] = new nn.Identity();
	expect([String(copy[0]), copy.length, model[0]!.constructor.name]).toEqual(["Identity()", 3, "Linear"]);
});
