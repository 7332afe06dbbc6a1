import * as torch from "gradbook";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { hasStandin } from "./standin";
import { useCard } from "./useCard";

/* Training in captured steps: losses, weights and states are to the bit those of the same loop without a graph. */

vi.setConfig({ testTimeout: 120_000 });

const { cuda, nn, optim } = torch;
const functional = nn.functional;

describe.skipIf(!hasStandin)("a captured step", () => {
	beforeAll(useCard);

	type Make = (params: Iterable<torch.Tensor>) => torch.optim.Optimizer;
	const optimizers: Record<string, Make> = {
		SGD: (p) => new optim.SGD(p, { lr: 0.1 }),
		"SGD with momentum": (p) => new optim.SGD(p, { lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.01 }),
		Adam: (p) => new optim.Adam(p, { lr: 0.05, capturable: true }),
		"Adam with amsgrad": (p) => new optim.Adam(p, { lr: 0.05, amsgrad: true }),
		AdamW: (p) => new optim.AdamW(p, { lr: 0.05 }),
		NAdam: (p) => new optim.NAdam(p, { lr: 0.05 }),
		RAdam: (p) => new optim.RAdam(p, { lr: 0.05 }),
		Adamax: (p) => new optim.Adamax(p, { lr: 0.05 }),
		RMSprop: (p) => new optim.RMSprop(p, { lr: 0.01, momentum: 0.5, centered: true }),
		Adagrad: (p) => new optim.Adagrad(p, { lr: 0.05, lrDecay: 0.1 }),
		Adadelta: (p) => new optim.Adadelta(p, { lr: 0.5 }),
		Rprop: (p) => new optim.Rprop(p, { lr: 0.01 }),
	};

	/** Losses and weights of ten steps of a small network with dropout, under a schedule. */
	function train(make: Make, captured: boolean) {
		torch.manualSeed(3);
		const model = new nn.Sequential(
			new nn.Linear(4, 16),
			new nn.ReLU(),
			new nn.Dropout({ p: 0.25 }),
			new nn.Linear(16, 3),
		).to("cuda");
		const data = Array.from({ length: 10 }, () => [torch.randn(6, 4), torch.randint(3, [6])] as const);
		const optimizer = make(model.parameters());
		const schedule = new optim.lrScheduler.StepLR(optimizer, { stepSize: 3, gamma: 0.5 });
		const body = (x: torch.Tensor, y: torch.Tensor) => {
			const loss = functional.crossEntropy(model(x), y);
			optimizer.zeroGrad();
			loss.backward();
			optimizer.step();
			return loss;
		};
		const step = captured ? cuda.graph(body) : body;
		const losses = data.map(([x, y]) => {
			const loss = captured ? step(x, y) : step(x.cuda(), y.cuda());
			schedule.step();
			return loss;
		});
		return {
			losses: losses.map((loss) => loss.item()),
			weights: [...model.parameters()].map((p) => p.tolist()),
			state: optimizer.stateDict(),
		};
	}

	test.for(Object.keys(optimizers))("%s trains as without a graph", (name) => {
		const [plain, captured] = [train(optimizers[name]!, false), train(optimizers[name]!, true)];
		expect(captured.losses).toEqual(plain.losses);
		expect(captured.weights).toEqual(plain.weights);
		expect(String(captured.state.state["0"]?.step)).toBe(String(plain.state.state["0"]?.step));
		expect(new Set(captured.losses).size).toBe(10);
	});

	test("a convolutional network with norms, pooling and a bfloat16 autocast trains as without a graph", () => {
		const run = (captured: boolean) => {
			torch.manualSeed(8);
			const model = new nn.Sequential(
				new nn.Conv2d(1, 4, 3, { padding: 1 }),
				new nn.BatchNorm2d(4),
				new nn.ReLU(),
				new nn.MaxPool2d(2),
				new nn.Dropout2d({ p: 0.5 }),
				new nn.Flatten(),
				new nn.LayerNorm(36),
				new nn.Linear(36, 3),
			).to("cuda");
			const optimizer = new optim.AdamW(model.parameters(), { lr: 0.01 });
			const body = (x: torch.Tensor, y: torch.Tensor) => {
				optimizer.zeroGrad();
				const out = torch.autocast("cuda", { dtype: torch.bfloat16 }, () => model(x));
				const loss = functional.crossEntropy(out.float(), y);
				loss.backward();
				optimizer.step();
				return loss;
			};
			const step = captured ? cuda.graph(body) : body;
			const losses = Array.from({ length: 6 }, () =>
				step(torch.randn(4, 1, 6, 6).cuda(), torch.randint(3, [4]).cuda()).item(),
			);
			const state = Object.values(model.stateDict()).map((x) => (x as torch.Tensor).tolist());
			return { losses, state };
		};
		expect(run(true)).toEqual(run(false));
	});

	class Reader extends nn.Module {
		readonly embedding = new nn.Embedding(10, 8);
		readonly encoder = new nn.TransformerEncoderLayer(8, 2, { dimFeedforward: 16, batchFirst: true, dropout: 0.1 });
		readonly lstm = new nn.LSTM(8, 8, { batchFirst: true, numLayers: 2, dropout: 0.2 });
		readonly head = new nn.Linear(8, 3);

		forward(x: torch.Tensor): torch.Tensor {
			const [out] = this.lstm(this.encoder(this.embedding(x)));
			return this.head(out.mean(1));
		}
	}

	test("attention and recurrent layers train as without a graph", () => {
		const run = (captured: boolean) => {
			torch.manualSeed(8);
			const model = new Reader().to("cuda");
			const optimizer = new optim.AdamW(model.parameters(), { lr: 0.01 });
			const body = (x: torch.Tensor, y: torch.Tensor) => {
				optimizer.zeroGrad();
				const loss = functional.crossEntropy(model(x), y);
				loss.backward();
				nn.utils.clipGradNorm_(model.parameters(), 1);
				optimizer.step();
				return loss;
			};
			const step = captured ? cuda.graph(body) : body;
			return Array.from({ length: 6 }, () =>
				step(torch.randint(10, [4, 5]).cuda(), torch.randint(3, [4]).cuda()).item(),
			);
		};
		expect(run(true)).toEqual(run(false));
	});

	test("gradients are clipped on the card, without waiting for it, as on the host", () => {
		const norms = (device: torch.DeviceLike, captured: boolean) => {
			torch.manualSeed(2);
			const weights = [torch.randn(3, 4), torch.randn(5)].map((w) => w.to(device).requiresGrad_());
			const optimizer = new optim.SGD(weights, { lr: 0.1 });
			const body = (x: torch.Tensor) => {
				optimizer.zeroGrad();
				weights[0]!.mul(x).square().sum().add(weights[1]!.pow(3).sum()).backward();
				const norm = nn.utils.clipGradNorm_(weights, 0.5);
				optimizer.step();
				return norm;
			};
			const step = captured ? cuda.graph(body) : body;
			const all = Array.from({ length: 6 }, (_, i) => step(torch.full([4], 1 + i).to(device)).item());
			return [...all, ...weights.flatMap((w) => w.reshape(-1).tolist() as number[])];
		};
		const host = norms("cpu", false);
		norms("cuda", false).forEach((value, i) => {
			expect(value).toBeCloseTo(host[i]!, 4);
		});
		expect(norms("cuda", true)).toEqual(norms("cuda", false));
		const broken = torch.ones(2, { device: "cuda", requiresGrad: true });
		broken.mul(Infinity).sum().backward();
		expect(nn.utils.clipGradNorm_([broken], 1).item()).toBe(Infinity);
		expect(() => nn.utils.clipGradNorm_([broken], 1, { errorIfNonfinite: true })).toThrow("is non-finite");
	});
});
