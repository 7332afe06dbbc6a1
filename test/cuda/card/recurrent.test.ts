import * as torch from "gradbook";
import { describe, expect, test, vi } from "vitest";

/*
 * Recurrent layers and convolutions of every type on a card, by whatever computes them there, against the host's in float64. On the
 * stand-in in `npm test`, on the machine's card in `npm run test:cuda`: cuDNN where it is there, the engine's own kernels beside it.
 */

vi.setConfig({ testTimeout: 240_000 });

const { nn } = torch;
const { cudnn } = torch.backends;
const F = nn.functional;
type Tensor = torch.Tensor;

const rounding = { float64: 1e-9, float32: 2e-3, float16: 2e-2, bfloat16: 1.5e-1 } as const;
const types = [torch.float64, torch.float32, torch.float16, torch.bfloat16];

/** Each by cuDNN, if it is there, and without. */
function bothWays(body: () => Tensor[]): Tensor[][] {
	return [body(), cudnn.flags({ enabled: false }, body)];
}

function near(found: readonly Tensor[], expected: readonly Tensor[], dtype: torch.DType): void {
	const tolerance = rounding[dtype.name as keyof typeof rounding];
	found.forEach((x, i) => {
		const there = x.detach().cpu().to(torch.float64);
		const close = torch.allclose(there, expected[i]!, { rtol: tolerance, atol: tolerance });
		expect(close, `${dtype.name}, result ${i}: ${there} and ${expected[i]}`).toBe(true);
	});
}

type Kind = [name: "RNN" | "LSTM" | "GRU", options: Record<string, unknown>, lengths?: number[]];
const kinds: Kind[] = [
	["RNN", {}],
	["RNN", { nonlinearity: "relu", numLayers: 2 }, [4, 2, 6]],
	["LSTM", { numLayers: 2, bidirectional: true }],
	["LSTM", { bias: false }, [6, 5, 1]],
	["LSTM", { projSize: 5, bidirectional: true, numLayers: 2 }],
	["GRU", { numLayers: 3, batchFirst: true, bidirectional: true }],
	["GRU", {}, [1, 2, 3]],
];

/** Results, states and gradients, of a layer whose numbers were drawn on the host. */
function recurrent(
	[name, options, lengths]: Kind,
	device: "cpu" | "cuda",
	dtype: torch.DType,
	sizes = [7, 12],
): Tensor[] {
	torch.manualSeed(3);
	const [inputs, hidden] = sizes as [number, number];
	const layer = new (nn[name] as typeof nn.LSTM)(inputs, hidden, { ...options, device: "cpu" }).to(device).to(dtype);
	const x = torch.randn(6, 3, inputs, { device: "cpu" }).to(device).to(dtype).requiresGrad_();
	const given = lengths ? nn.utils.rnn.packPaddedSequence(x, lengths, { enforceSorted: false }) : x;
	const [y, states] = layer(given as Tensor) as [any, any];
	const results = [lengths ? y.data : y, states].flat() as Tensor[];
	results
		.map((result) => result.float().square().mean())
		.reduce((sum, each) => sum.add(each))
		.backward();
	return [...results, x.grad!, ...layer.parameters().map((parameter) => parameter.grad!)];
}

describe("recurrent layers on a card", () => {
	test.each(kinds.map((kind) => [JSON.stringify(kind), kind] as const))(
		"%s: as on the host, in every type",
		(_, kind) => {
			for (const dtype of types) {
				const host = recurrent(kind, "cpu", torch.float64).map((x) => x.detach());
				for (const found of bothWays(() => recurrent(kind, "cuda", dtype))) near(found, host, dtype);
			}
		},
	);

	test("of a size that other algorithms take, bitwise the same each time", () => {
		const kind: Kind = ["LSTM", { numLayers: 2 }];
		const sizes = [16, 160];
		const once = recurrent(kind, "cuda", torch.float32, sizes);
		near(once, recurrent(kind, "cpu", torch.float64, sizes), torch.float32);
		const again = recurrent(kind, "cuda", torch.float32, sizes);
		expect(again.map((x, i) => torch.equal(x, once[i]!))).not.toContain(false);
	});

	test("dropout between layers follows the seed, goes on without it, and keeps the mean", () => {
		const layer = new nn.RNN(32, 32, 2, { dropout: 0.25, bias: false, nonlinearity: "relu" });
		const x = torch.rand(8, 16, 32);
		const draw = () => layer(x)[0];
		torch.manualSeed(11);
		const [first, second] = [draw(), draw()];
		torch.manualSeed(11);
		expect([torch.equal(draw(), first), torch.equal(draw(), second), torch.equal(first, second)]).toEqual([
			true,
			true,
			false,
		]);
		layer.eval();
		expect(torch.equal(draw(), draw())).toBe(true);
	});

	test("weights lie in one piece where cuDNN reads them so, and a loaded or copied layer gives the same", () => {
		const layer = new nn.GRU(5, 6, 2, { bidirectional: true });
		const x = torch.randn(4, 2, 5);
		const copy = layer.clone();
		for (const parameter of copy.parameters()) parameter.data = parameter.data.clone();
		expect(torch.equal(copy(x)[0], layer(x)[0])).toBe(true);
		copy.flattenParameters();
		expect(torch.equal(copy(x)[0], layer(x)[0])).toBe(true);
		const other = new nn.GRU(5, 6, 2, { bidirectional: true });
		other.loadStateDict(layer.stateDict());
		expect(torch.equal(other(x)[0], layer(x)[0])).toBe(true);
		const optimizer = new torch.optim.Adam(other.parameters(), { lr: 0.1 });
		other(x)[0].sum().backward();
		optimizer.step();
		expect(torch.equal(other(x)[0], layer(x)[0])).toBe(false);
		near([other(x)[0]], [other.clone().cpu().double()(x.cpu().double())[0]], torch.float32);
	});

	test("a captured step is the eager one, dropout and all", () => {
		const losses = (captured: boolean) => {
			torch.manualSeed(4);
			const model = new nn.LSTM(6, 8, 2, { dropout: 0.3 });
			const optimizer = new torch.optim.SGD(model.parameters(), { lr: 0.1 });
			const x = torch.rand(5, 4, 6);
			const step = (given: Tensor) => {
				const loss = model(given)[0].square().mean();
				optimizer.zeroGrad();
				loss.backward();
				optimizer.step();
				return loss;
			};
			const run = captured ? torch.cuda.graph(step) : step;
			return Array.from({ length: 6 }, () => run(x).item());
		};
		expect(losses(true)).toEqual(losses(false));
	});
});

describe("convolutions on a card", () => {
	const cases: [string, number[][], (...inputs: any[]) => Tensor][] = [
		["1d", [[2, 8, 10], [6, 8, 3], [6]], (x, w, b) => F.conv1d(x, w, b, { padding: 1 })],
		["2d", [[2, 8, 6, 7], [16, 4, 3, 3], [16]], (x, w, b) => F.conv2d(x, w, b, { stride: 2, groups: 2 })],
		["3d", [[1, 4, 4, 5, 4], [4, 4, 2, 3, 2], [4]], (x, w, b) => F.conv3d(x, w, b)],
		["transposed", [[2, 6, 4, 4], [6, 4, 3, 3], [4]], (x, w, b) => F.convTranspose2d(x, w, b, { stride: 2 })],
	];
	test.each(cases)("%s: as on the host, in every type", (_, sizes, convolve) => {
		const run = (device: "cpu" | "cuda", dtype: torch.DType) => {
			torch.manualSeed(6);
			const inputs = sizes.map((size) =>
				torch.randn(size, { device: "cpu" }).mul(0.3).to(device).to(dtype).requiresGrad_(),
			);
			const y = convolve(...inputs);
			y.float().square().mean().backward();
			return [y, ...inputs.map((input) => input.grad!)];
		};
		for (const dtype of types) {
			const host = run("cpu", torch.float64).map((x) => x.detach());
			for (const found of bothWays(() => run("cuda", dtype))) near(found, host, dtype);
		}
	});
});
