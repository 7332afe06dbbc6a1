import * as torch from "gradbook";
import { describe, expect, test } from "vitest";
import { readReference } from "../../support/reference";

/*
 * Random numbers of a card against those that PyTorch drew on one (test/reference/make_cuda_random.py): the same after the same
 * seed, and the generator goes as far. Of many elements they follow from the card's multiprocessors: those cases are for such a card.
 */

const { nn, optim } = torch;
const F = nn.functional;
type Tensor = torch.Tensor;

interface Draw {
	start: number[];
	end: number[];
	sum: number;
}

interface Case {
	name: string;
	n: number | null;
	draws: Draw[];
	after: number;
}

const reference = readReference<{ multiprocessors: number; cases: Case[] }>("cuda_random.json");
/** Threads of the smallest card, which take a number each: of fewer numbers all cards draw the same. */
const everywhere = 8192;
const alike = torch.cuda.getDeviceProperties().multiProcessorCount === reference.multiprocessors;

const bySize: Record<string, (n: number) => Tensor> = {
	rand: (n) => torch.rand(n),
	randn: (n) => torch.randn(n),
	"rand of float64": (n) => torch.rand(n, { dtype: torch.float64 }),
	"randn of float64": (n) => torch.randn(n, { dtype: torch.float64 }),
	"rand of float16": (n) => torch.rand(n, { dtype: torch.float16 }),
	"randn of bfloat16": (n) => torch.randn(n, { dtype: torch.bfloat16 }),
	randint: (n) => torch.randint(0, 10, [n]),
	"randint of 41 bits": (n) => torch.randint(-5, 2 ** 40, [n]),
	bernoulli: (n) => torch.full([n], 0.3).bernoulli(),
	bernoulli_: (n) => torch.empty(n).bernoulli_(0.7),
	exponential_: (n) => torch.empty(n).exponential_(2),
	uniform_: (n) => torch.empty(n).uniform_(-3, 5),
	normal_: (n) => torch.empty(n).normal_(1, 3),
	dropout: (n) => F.dropout(torch.ones(n), 0.4),
	random_: (n) => torch.empty(n, { dtype: torch.int32 }).random_(),
	randperm: (n) => torch.randperm(n),
	cauchy_: (n) => torch.empty(n).cauchy_(),
	log_normal_: (n) => torch.empty(n).logNormal_(),
	geometric_: (n) => torch.empty(n).geometric_(0.3),
};

const shares = () => torch.tensor([0.1, 0.2, 0.3, 0.4]);

const others: Record<string, () => Tensor> = {
	"uniform_ of a transposed matrix": () => torch.empty(7, 9).t().uniform_(),
	multinomial: () => torch.multinomial(shares(), 3),
	"multinomial with replacement": () => torch.multinomial(shares(), 20, { replacement: true }),
	Linear: () => new nn.Linear(7, 5).weight.detach(),
	Conv2d: () => new nn.Conv2d(2, 3, 3).weight.detach(),
	LSTM: () => new nn.LSTM(3, 4).parameters()[0]!.detach(),
	xavier_normal_: () => nn.init.xavierNormal_(torch.empty(5, 6)),
	orthogonal_: () => nn.init.orthogonal_(torch.empty(3, 6)),
	gumbel_softmax: () => F.gumbelSoftmax(torch.zeros(4, 5)),
	dropout2d: () => F.dropout2d(torch.ones(3, 8, 2, 2), 0.5),
	"losses of a dense network": () => {
		const model = new nn.Sequential(
			new nn.Linear(20, 64),
			new nn.ReLU(),
			new nn.Dropout(0.3),
			new nn.BatchNorm1d(64),
			new nn.Linear(64, 4),
		);
		return losses(model, new optim.Adam(model.parameters(), { lr: 0.01 }), [128, 20], 40);
	},
	"losses of a convolutional network": () => {
		const model = new nn.Sequential(
			new nn.Conv2d(1, 8, 3, { padding: 1 }),
			new nn.BatchNorm2d(8),
			new nn.ReLU(),
			new nn.MaxPool2d(2),
			new nn.Dropout2d(0.2),
			new nn.Flatten(),
			new nn.Linear(8 * 49, 4),
		);
		return losses(model, new optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.9 }), [32, 1, 14, 14], 20);
	},
};

function losses(model: torch.nn.Sequential, optimizer: torch.optim.Optimizer, shape: number[], steps: number): Tensor {
	const [x, y] = [torch.randn(shape), torch.randint(0, 4, [shape[0]!])];
	const found = Array.from({ length: steps }, () => {
		optimizer.zeroGrad();
		const loss = F.crossEntropy(model(x) as Tensor, y);
		loss.backward();
		optimizer.step();
		return loss.detach();
	});
	return torch.stack(found);
}

/** PyTorch takes a faster, less exact tangent and logarithm on a card; what was trained is rounded step by step. */
function toleranceOf(name: string): number {
	if (name.startsWith("losses")) return 1e-4;
	return /cauchy|log_normal|exponential/.test(name) ? 1e-5 : 2e-6;
}

function near(found: readonly number[], expected: readonly number[], tolerance: number, what: string): void {
	expected.forEach((value, i) => {
		const apart = Math.abs(found[i]! - value) / Math.max(1, Math.abs(value));
		expect(apart, `${what}: ${found} and ${expected}`).toBeLessThanOrEqual(tolerance);
	});
}

describe("random numbers as PyTorch's on a card", () => {
	for (const { name, n, draws, after } of reference.cases) {
		const runs = n === null || n <= everywhere || alike;
		test.skipIf(!runs)(`${name}${n === null ? "" : `, ${n}`}`, { timeout: 120_000 }, () => {
			const draw = n === null ? others[name]! : () => bySize[name]!(n);
			const tolerance = toleranceOf(name);
			torch.manualSeed(7);
			for (const [i, expected] of draws.entries()) {
				const x = draw().flatten().to(torch.float64).cpu();
				const numbers = x.tolist() as number[];
				near(numbers.slice(0, expected.start.length), expected.start, tolerance, `draw ${i}, start`);
				near(numbers.slice(-expected.end.length), expected.end, tolerance, `draw ${i}, end`);
				// A sum of Cauchy's numbers is that of a few, which a tangent near a pole makes uncertain.
				if (!name.startsWith("cauchy")) near([x.sum().item()], [expected.sum], 1e-4, `draw ${i}, sum`);
			}
			near([torch.rand(1).item()], [after], 1e-7, "the next number");
		});
	}
});
