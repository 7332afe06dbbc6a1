// One step of the first chapter's training loop: zeroGrad, forward, loss, backward, step. Both sides run in processes of
// their own, one after the other, on as many threads; the median of nine runs of STEPS steps counts.
import { createRequire } from "node:module";
import { quantile } from "./statistics.mjs";

const STEPS = 400;

export const title = "a training step of 784-100-100-100-10 with SGD, on random images";

function ourMicroseconds(torch, batch) {
	const { nn, optim } = torch;
	torch.manualSeed(1);
	const model = new nn.Sequential(
		new nn.Flatten(),
		new nn.Linear(784, 100),
		new nn.ReLU(),
		new nn.Linear(100, 100),
		new nn.ReLU(),
		new nn.Linear(100, 100),
		new nn.ReLU(),
		new nn.Linear(100, 10),
	);
	const lossFunction = new nn.CrossEntropyLoss();
	const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 });
	const x = torch.rand(batch, 1, 28, 28);
	const y = torch.randint(0, 10, [batch]);
	const run = () => {
		const start = performance.now();
		let loss;
		for (let i = 0; i < STEPS; i++) {
			optimizer.zeroGrad();
			loss = lossFunction(model(x), y);
			loss.backward();
			optimizer.step();
		}
		loss.item();
		return ((performance.now() - start) / STEPS) * 1000;
	};
	run();
	return Array.from({ length: 9 }, run);
}

export async function run({ torch: peer }) {
	const torch = createRequire(import.meta.url)("../dist/engine/index.js");
	const rows = [];
	for (const threads of [1, torch.getNumThreads()]) {
		torch.setNumThreads(threads);
		for (const batch of [32, 256]) {
			const value = quantile(ourMicroseconds(torch, batch), 0.5);
			const theirs = peer("training_step.py", threads, batch, STEPS);
			const row = { what: `batch ${batch}, ${threads} thread${threads > 1 ? "s" : ""}`, value, unit: "µs" };
			if (!theirs) rows.push(row);
			else {
				const median = quantile(theirs.microseconds, 0.5);
				const bound = batch === 32 ? median : undefined;
				rows.push({ ...row, peer: { name: "PyTorch, CPU, eager", value: median }, bound });
			}
		}
	}
	return rows;
}
