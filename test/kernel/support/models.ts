import * as torch from "gradbook";

const { nn } = torch;

/** A small classifier with everything that a look could disturb, with gradients, and eight pictures for it. */
export function mnistLike(): { model: torch.nn.Sequential; x: torch.Tensor } {
	torch.manualSeed(0);
	const x = torch.rand(8, 1, 4, 4);
	const model = new nn.Sequential(
		new nn.Flatten(),
		new nn.Linear(16, 6),
		new nn.BatchNorm1d(6),
		new nn.ReLU(),
		new nn.Dropout(0.5),
		new nn.Linear(6, 3),
	);
	(model(x) as torch.Tensor).square().sum().backward();
	model.at(1).eval();
	return { model, x };
}
