import * as torch from "gradbook";
import { expect, test } from "vitest";
import { readReference } from "../support/reference";

/* Small programs follow PyTorch's loss from the same seed: test/reference/make_curves.py, statement by statement. */

const { nn, optim } = torch;
const { rnn } = nn.utils;
const { DataLoader, TensorDataset } = torch.utils.data;

const curves = readReference<Record<"xor" | "lstm" | "transformer", number[]>>("training_curves.json");

function expectCurve(found: number[], expected: number[]): void {
	expect(found.length).toBe(expected.length);
	found.forEach((loss, step) => {
		expect(Math.abs(loss - expected[step]!), `step ${step}: ${loss}, PyTorch ${expected[step]}`).toBeLessThan(1e-4);
	});
	expect(expected.slice(-10).reduce((a, b) => a + b)).toBeLessThan(0.9 * expected.slice(0, 10).reduce((a, b) => a + b));
}

test("XOR by minibatch", () => {
	torch.manualSeed(1);
	const x = torch.rand(100, 2).mul(2).sub(1);
	const y = x.at(":", 0).mul(x.at(":", 1)).ge(0).float();
	const model = new nn.Sequential(new nn.Linear(2, 8), new nn.ReLU(), new nn.Linear(8, 1), new nn.Sigmoid());
	const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
	const lossFunction = new nn.BCELoss();
	const losses: number[] = [];
	for (let epoch = 0; epoch < 10; epoch++) {
		for (const [a, b] of new DataLoader(new TensorDataset(x, y), { batchSize: 4, shuffle: true })) {
			const loss = lossFunction(model(a!).at(":", 0), b!);
			optimizer.zeroGrad();
			loss.backward();
			optimizer.step();
			losses.push(loss.item());
		}
	}
	expectCurve(losses, curves.xor);
});

class Classifier extends nn.Module {
	embedding = new nn.Embedding(30, 8, { paddingIdx: 0 });
	rnn = new nn.LSTM(8, 16, { batchFirst: true });
	fc1 = new nn.Linear(16, 16);
	fc2 = new nn.Linear(16, 1);

	forward(text: torch.Tensor, lengths: torch.Tensor): torch.Tensor {
		const embedded = this.embedding(text);
		const packed = rnn.packPaddedSequence(embedded, lengths, { enforceSorted: false, batchFirst: true });
		const [, [hidden]] = this.rnn(packed);
		return this.fc2(this.fc1(hidden.at(-1)).relu()).sigmoid();
	}
}

type Item = [text: torch.Tensor, label: torch.Tensor];

function collate(batch: Item[]): [torch.Tensor, torch.Tensor, torch.Tensor] {
	const lengths = batch.map(([text]) => text.size(0));
	const texts = rnn.padSequence(
		batch.map(([text]) => text),
		{ batchFirst: true },
	);
	return [texts, torch.tensor(lengths).long(), torch.stack(batch.map(([, label]) => label))];
}

test("an LSTM classifier over packed sequences", () => {
	torch.manualSeed(2);
	const items: Item[] = Array.from({ length: 96 }, () => {
		const length = torch.randint(3, 25, [1]).item();
		const text = torch.randint(1, 20, [length]);
		return [text, text.lt(10).sum().mul(2).gt(length).float()];
	});
	const model = new Classifier();
	const optimizer = new optim.Adam(model.parameters(), { lr: 0.02 });
	const lossFunction = new nn.BCELoss();
	const losses: number[] = [];
	for (let epoch = 0; epoch < 8; epoch++) {
		for (const [text, lengths, label] of new DataLoader(items, { batchSize: 16, shuffle: true, collateFn: collate })) {
			const loss = lossFunction(model(text, lengths).at(":", 0), label);
			optimizer.zeroGrad();
			loss.backward();
			nn.utils.clipGradNorm_(model.parameters(), 1);
			optimizer.step();
			losses.push(loss.item());
		}
	}
	expectCurve(losses, curves.lstm);
});

test("a transformer block with dropout", () => {
	torch.manualSeed(3);
	const x = torch.randn(64, 6, 8);
	const y = x.sum([1, 2]).gt(0).long();
	const block = new nn.TransformerEncoderLayer(8, 2, 16, { dropout: 0.1, batchFirst: true, normFirst: true });
	const head = new nn.Linear(8, 2);
	const optimizer = new optim.AdamW([...block.parameters(), ...head.parameters()], { lr: 0.01 });
	const losses: number[] = [];
	for (let step = 0; step < 40; step++) {
		const rows = torch.randperm(64).at(":16");
		const loss = nn.functional.crossEntropy(head(block(x.at(rows)).mean(1)), y.at(rows));
		optimizer.zeroGrad();
		loss.backward();
		optimizer.step();
		losses.push(loss.item());
	}
	expectCurve(losses, curves.transformer);
});
