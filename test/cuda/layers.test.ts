import * as torch from "gradbook";
import { beforeAll, describe, expect, test } from "vitest";
import { hasStandin } from "./standin";
import { useCard } from "./useCard";

/* Layers with kernels of their own in one training step: on the CPU, on a card, and captured. */

const { cuda, nn, optim } = torch;
const F = nn.functional;
type T = torch.Tensor;

/** Losses of a few steps through convolution, normalisations, both kinds of pooling, recurrence and attention. */
function train(device: "cpu" | "cuda", captured = false): number[] {
	torch.manualSeed(3);
	const model = new nn.ModuleDict({
		conv: new nn.Conv2d(2, 4, 3, { padding: 1, groups: 2 }),
		bn: new nn.BatchNorm2d(4),
		up: new nn.ConvTranspose2d(4, 4, 2, { stride: 2 }),
		group: new nn.GroupNorm(2, 4),
		lstm: new nn.LSTM(16, 5, { batchFirst: true, bidirectional: true }),
		gru: new nn.GRU(10, 6, { batchFirst: true }),
		attention: new nn.MultiheadAttention(6, 2, { batchFirst: true }),
		layer: new nn.LayerNorm(6),
		out: new nn.Linear(6, 3),
	}).to(device);
	const at = (name: string) => model.get(name as "conv") as unknown as (...args: any[]) => any;
	const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
	const body = (x: T, y: T) => {
		const seen = F.relu(at("bn")(at("conv")(x)));
		const large = at("group")(at("up")(F.maxPool2d(seen, 3, { stride: 2, padding: 1 })));
		const rows = F.avgPool2d(large, 2).flatten(2).permute(0, 2, 1).reshape(x.size(0), -1, 16) as T;
		const [states] = at("gru")(at("lstm")(rows)[0]);
		const [attended] = at("attention")(states, states, states, { needWeights: false });
		const loss = F.crossEntropy(at("out")(at("layer")(attended).mean(1)), y);
		optimizer.zeroGrad();
		loss.backward();
		optimizer.step();
		return loss;
	};
	const data = Array.from({ length: 4 }, () => [torch.randn(3, 2, 12, 12), torch.randint(3, [3])] as const);
	const step = captured ? cuda.graph(body) : body;
	return data.map(([x, y]) => (captured ? step(x, y) : step(x.to(device), y.to(device))).item());
}

describe.skipIf(!hasStandin)("layers on a card", () => {
	beforeAll(useCard);

	test("train as on the CPU, run after run to the bit, and captured as without a graph", () => {
		const [host, card] = [train("cpu"), train("cuda")];
		card.forEach((loss, i) => {
			expect(Math.abs(loss - host[i]!), `loss of step ${i}`).toBeLessThan(1e-4);
		});
		expect(train("cuda")).toEqual(card);
		expect(train("cuda", true)).toEqual(card);
	});

	test("tensors of two devices in one layer are refused by name", () => {
		const x = torch.randn(2, 4, 3, 3, { device: "cuda" });
		const weight = torch.ones(4);
		const two = /at least two devices, cuda:0 and cpu/;
		expect(() => F.groupNorm(x, 2, { weight })).toThrow(two);
		expect(() => F.batchNorm(x, null, null, { weight, training: true })).toThrow(two);
		expect(() => F.conv2d(x, torch.ones(1, 4, 3, 3))).toThrow(/same device/);
		expect(() => F.scaledDotProductAttention(x, x, x.cpu())).toThrow(two);
		expect(() => new nn.LSTM(3, 2)(x.at(0))).toThrow(two);
	});
});
