// The notes' networks as benchmarks train them: one entry each here and, under the same name, in peers/networks.py.
//
//   node bench/networks.mjs NAME THREADS STEPS
//
// trains in this process and prints JSON: microseconds per step of nine runs of STEPS steps, and the process's largest size
// in kilobytes before the first step and at the end.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

/** One step of a classifier with SGD, on random images. */
export function classifier(torch, model, batch) {
	const { nn, optim } = torch;
	const lossFunction = new nn.CrossEntropyLoss();
	const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 });
	const x = torch.rand(batch, 1, 28, 28);
	const y = torch.randint(0, 10, [batch]);
	return () => {
		optimizer.zeroGrad();
		const loss = lossFunction(model(x), y);
		loss.backward();
		optimizer.step();
		return loss;
	};
}

/** 784 inputs, hidden layers with a normalisation each, 10 outputs. */
function normalised(torch, kind, hidden, batch) {
	const { nn } = torch;
	const sizes = [784, ...hidden];
	const layers = hidden.flatMap((size, i) => [new nn.Linear(sizes[i], size), new nn[kind](size), new nn.ReLU()]);
	return classifier(torch, new nn.Sequential(new nn.Flatten(), ...layers, new nn.Linear(sizes.at(-1), 10)), batch);
}

const deep = new Array(20).fill(100);

/** Each makes a network and its data and returns a step: zeroGrad, forward, loss, backward, optimiser; the loss. */
export const networks = {
	/** The small CNN, on a batch of 64 images of 28 × 28. */
	cnn(torch, batch = 64) {
		const { nn } = torch;
		const model = new nn.Sequential(
			new nn.Conv2d(1, 32, 3, { padding: 1 }),
			new nn.ReLU(),
			new nn.MaxPool2d(2),
			new nn.Conv2d(32, 64, 3, { padding: 1 }),
			new nn.ReLU(),
			new nn.MaxPool2d(2),
			new nn.Flatten(),
			new nn.Linear(3136, 128),
			new nn.ReLU(),
			new nn.Linear(128, 10),
		);
		return classifier(torch, model, batch);
	},

	batchNorm32: (torch) => normalised(torch, "BatchNorm1d", [300, 100], 32),
	batchNorm256: (torch) => normalised(torch, "BatchNorm1d", [300, 100], 256),
	deepBatchNorm32: (torch) => normalised(torch, "BatchNorm1d", deep, 32),
	deepBatchNorm256: (torch) => normalised(torch, "BatchNorm1d", deep, 256),
	layerNorm32: (torch) => normalised(torch, "LayerNorm", [300, 100], 32),
	layerNorm256: (torch) => normalised(torch, "LayerNorm", [300, 100], 256),

	/** 784-256-64-256-784 with Adam, on a batch of 128 images. */
	autoencoder(torch) {
		const { nn, optim } = torch;
		const model = new nn.Sequential(
			new nn.Linear(784, 256),
			new nn.ReLU(),
			new nn.Linear(256, 64),
			new nn.ReLU(),
			new nn.Linear(64, 256),
			new nn.ReLU(),
			new nn.Linear(256, 784),
			new nn.Sigmoid(),
		);
		const lossFunction = new nn.MSELoss();
		const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
		const x = torch.rand(128, 784);
		return () => {
			optimizer.zeroGrad();
			const loss = lossFunction(model(x), x);
			loss.backward();
			optimizer.step();
			return loss;
		};
	},

	/** The many-to-one classifier of sentiment, on 32 packed sequences of 20 to 200 words. */
	lstm(torch, batch = 32, longest = 200) {
		const { nn, optim } = torch;
		class Classifier extends nn.Module {
			embedding = new nn.Embedding(1000, 20, { paddingIdx: 0 });
			rnn = new nn.LSTM(20, 64, { batchFirst: true });
			fc1 = new nn.Linear(64, 64);
			fc2 = new nn.Linear(64, 1);

			forward(text, lengths) {
				const options = { enforceSorted: false, batchFirst: true };
				const packed = nn.utils.rnn.packPaddedSequence(this.embedding(text), lengths, options);
				const [, [hidden]] = this.rnn(packed);
				return this.fc2(this.fc1(hidden.at(-1)).relu()).sigmoid();
			}
		}
		const model = new Classifier();
		const lossFunction = new nn.BCELoss();
		const optimizer = new optim.Adam(model.parameters(), { lr: 0.001 });
		const lengths = torch.linspace(longest, longest / 10, batch, { device: "cpu" }).long();
		const text = torch.randint(1, 1000, [batch, longest]);
		lengths.tolist().forEach((length, i) => {
			text.at(i, `${length}:`).zero_();
		});
		const y = torch.randint(0, 2, [batch]).float();
		return () => {
			optimizer.zeroGrad();
			const loss = lossFunction(model(text, lengths).at(":", 0), y);
			loss.backward();
			optimizer.step();
			return loss;
		};
	},
};

function train(name, threads, steps) {
	const torch = createRequire(import.meta.url)("../dist/engine/index.js");
	torch.setNumThreads(threads);
	torch.manualSeed(1);
	const step = networks[name](torch);
	const before = process.resourceUsage().maxRSS;
	const run = () => {
		const start = performance.now();
		let loss;
		for (let i = 0; i < steps; i++) loss = step();
		loss.item();
		return ((performance.now() - start) / steps) * 1000;
	};
	run();
	const microseconds = Array.from({ length: 9 }, run);
	return { microseconds, before, peak: process.resourceUsage().maxRSS };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
	const [name, threads, steps] = process.argv.slice(2);
	console.log(JSON.stringify(train(name, Number(threads), Number(steps))));
}
