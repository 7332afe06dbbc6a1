import * as torch from "gradbook";
import { expect, test } from "vitest";
import { readReference } from "../../support/reference";

/* A small CNN follows PyTorch's losses from the same seed: test/reference/make_cnn.py. */

const { nn, optim } = torch;
const reference = readReference<{ losses: number[]; norms: number[]; evaluation: number }>("nn_cnn.json");

function network(): torch.nn.Sequential {
	return new nn.Sequential(
		new nn.Conv2d(1, 8, 3, { padding: 1, bias: false }),
		new nn.BatchNorm2d(8),
		new nn.ReLU(),
		new nn.MaxPool2d(2),
		new nn.Conv2d(8, 16, 3, { padding: 1, bias: false }),
		new nn.BatchNorm2d(16),
		new nn.ReLU(),
		new nn.AdaptiveAvgPool2d(3),
		new nn.Flatten(),
		new nn.Linear(144, 32),
		new nn.ReLU(),
		new nn.Dropout(0.2),
		new nn.Linear(32, 5),
	);
}

test("a CNN with batch normalisation, dropout, clipping and AdamW follows PyTorch's losses to 1e-4", () => {
	torch.manualSeed(42);
	const model = network();
	const images = torch.rand(60, 1, 14, 14);
	const labels = torch.randint(0, 5, [60]);
	const optimizer = new optim.AdamW(model.parameters(), { lr: 3e-3, weightDecay: 0.05 });
	const lossFunction = new nn.CrossEntropyLoss({ labelSmoothing: 0.05 });
	let step = 0;
	for (let epoch = 0; epoch < 8; epoch++) {
		const order = torch.randperm(60);
		for (let start = 0; start < 60; start += 15) {
			const batch = order.narrow(0, start, 15);
			optimizer.zeroGrad();
			const loss = lossFunction(model(images.at(batch)), labels.at(batch));
			loss.backward();
			const norm = nn.utils.clipGradNorm_(model.parameters(), 1).item();
			optimizer.step();
			expect(Math.abs(loss.item() - reference.losses[step]!), `loss of step ${step}`).toBeLessThan(1e-4);
			expect(Math.abs(norm - reference.norms[step]!), `gradients' norm of step ${step}`).toBeLessThan(1e-4);
			step++;
		}
	}
	expect(step).toBe(reference.losses.length);
	model.eval();
	const evaluation = torch.noGrad(() => lossFunction(model(images), labels).item());
	expect(Math.abs(evaluation - reference.evaluation)).toBeLessThan(1e-4);
});
