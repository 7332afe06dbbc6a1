import * as torch from "gradbook";
import { accuracy, auroc, confusionMatrix, f1Score, MeanMetric } from "gradbook/metrics";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { hasStandin } from "./standin";
import { useCard } from "./useCard";

/*
 * The programs that people write: made on the CPU, where the seed gives PyTorch's weights and batches, and moved by
 * `.to(device)`. On a card they must give what they give on the CPU.
 */

vi.setConfig({ testTimeout: 120_000 });

const { nn, optim } = torch;
const F = nn.functional;
const { DataLoader, TensorDataset } = torch.utils.data;
type Tensor = torch.Tensor;

/** Runs a program on both devices; what it returns must agree. */
function program(name: string, run: (device: torch.Device) => readonly (number | Tensor)[]): void {
	test(name, () => {
		const results = (["cpu", "cuda"] as const).map((where) => {
			torch.manualSeed(7);
			return run(torch.device(where)).map((x) => (typeof x === "number" ? torch.tensor(x) : x.detach().cpu()));
		});
		const [onHost, onCard] = results as [Tensor[], Tensor[]];
		expect(onHost.length).toBeGreaterThan(0);
		onHost.forEach((x, i) => {
			expect(onCard[i]!.shape).toEqual(x.shape);
			expect(onCard[i]!.dtype).toBe(x.dtype);
			const apart = onCard[i]!.double().sub(x.double()).abs().max().item();
			const size = Math.max(1, x.double().abs().max().item());
			expect(apart / size, `result ${i}: ${onCard[i]} on the card, ${x} on the host`).toBeLessThan(2e-4);
		});
	});
}

/** Two clouds, and which one each point belongs to. */
function clouds(n: number, features = 4): [Tensor, Tensor] {
	const y = torch.randint(0, 2, [n]);
	return [torch.randn(n, features).add(y.unsqueeze(1).mul(2)), y];
}

describe.skipIf(!hasStandin)("a card gives the CPU's results of", () => {
	beforeAll(useCard);

	program("a dense network with Adam, a schedule, a loader, clipping and hooks", (device) => {
		const loader = new DataLoader(new TensorDataset(...clouds(64)), { batchSize: 16, shuffle: true });
		const model = new nn.Sequential(new nn.Linear(4, 16), new nn.ReLU(), new nn.LayerNorm(16), new nn.Linear(16, 2)).to(
			device,
		);
		const optimizer = new optim.Adam(model.parameters(), { lr: 0.02 });
		const scheduler = new optim.lrScheduler.CosineAnnealingLR(optimizer, { TMax: 8 });
		const norms: number[] = [];
		const seen: number[] = [];
		model.at(0).registerForwardHook((_module, _args, output) => {
			seen.push((output as Tensor).mean().item());
		});
		model.at(3).weight.registerHook((grad) => grad.clamp(-1, 1));
		for (let epoch = 0; epoch < 2; epoch++) {
			for (const [x, y] of loader) {
				optimizer.zeroGrad();
				F.crossEntropy(model(x.to(device)), y.to(device)).backward();
				norms.push(nn.utils.clipGradNorm_(model.parameters(), 0.5).item());
				optimizer.step();
				scheduler.step();
			}
		}
		return [...norms, ...seen, ...model.parameters()];
	});

	program("a convolutional network with batch normalisation", (device) => {
		const [x, y] = [torch.randn(8, 1, 12, 12).to(device), torch.randint(0, 3, [8]).to(device)];
		const model = new nn.Sequential(
			new nn.Conv2d(1, 4, 3, { padding: 1 }),
			new nn.BatchNorm2d(4),
			new nn.ReLU(),
			new nn.MaxPool2d(2),
			new nn.Conv2d(4, 8, 3),
			new nn.BatchNorm2d(8),
			new nn.ReLU(),
			new nn.AdaptiveAvgPool2d(1),
			new nn.Flatten(),
			new nn.Linear(8, 3),
		).to(device);
		const optimizer = new optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.9, weightDecay: 1e-3 });
		const losses = Array.from({ length: 4 }, () => {
			const loss = F.crossEntropy(model(x), y);
			optimizer.zeroGrad();
			loss.backward();
			optimizer.step();
			return loss.item();
		});
		model.eval();
		return [...losses, ...model.parameters(), ...model.buffers(), model(x)];
	});

	program("a classifier of packed sequences by an LSTM", (device) => {
		const { packPaddedSequence, padPackedSequence, padSequence } = nn.utils.rnn;
		const lengths = [5, 3, 2, 6];
		const words = padSequence(
			lengths.map((length) => torch.randint(1, 20, [length])),
			{ batchFirst: true },
		).to(device);
		const y = torch.tensor([0n, 1n, 1n, 0n]).to(device);
		const [embedding, lstm, dense] = [
			new nn.Embedding(20, 4, { paddingIdx: 0 }),
			new nn.LSTM(4, 6, { batchFirst: true }),
			new nn.Linear(6, 2),
		].map((layer) => layer.to(device)) as [torch.nn.Embedding, torch.nn.LSTM, torch.nn.Linear];
		const all = [...embedding.parameters(), ...lstm.parameters(), ...dense.parameters()];
		// With the usual eps a gradient near zero, of which each device rounds another part away, would decide a whole step.
		const optimizer = new optim.RMSprop(all, { lr: 0.01, eps: 1e-3 });
		const losses = Array.from({ length: 3 }, () => {
			const packed = packPaddedSequence(embedding(words), torch.tensor(lengths.map(BigInt)), {
				batchFirst: true,
				enforceSorted: false,
			});
			const [output, [h]] = lstm(packed);
			const [padded, found] = padPackedSequence(output, { batchFirst: true });
			expect(found.tolist()).toEqual(lengths);
			const last = padded.at(torch.arange(4), torch.tensor(lengths.map((n) => BigInt(n - 1))));
			expect(torch.allclose(last, h.at(0))).toBe(true);
			const loss = F.crossEntropy(dense(last), y);
			optimizer.zeroGrad();
			loss.backward();
			optimizer.step();
			return loss.item();
		});
		return [...losses, ...all];
	});

	program("an autoencoder with normed weights, dropout off, and averaged weights", (device) => {
		const { swaUtils } = optim;
		const x = torch.rand(32, 12).to(device);
		const encoder = new nn.Sequential(
			nn.utils.parametrizations.weightNorm(new nn.Linear(12, 6, { bias: false })),
			new nn.BatchNorm1d(6),
			new nn.Tanh(),
		);
		const decoder = new nn.Sequential(
			new nn.Dropout(0),
			nn.utils.parametrizations.spectralNorm(new nn.Linear(6, 12)),
			new nn.Sigmoid(),
		);
		const model = new nn.Sequential(encoder, decoder).to(device);
		const averaged = new swaUtils.AveragedModel(model, { avgFn: swaUtils.getEmaAvgFn(0.9) });
		const optimizer = new optim.AdamW(model.parameters(), { lr: 0.01 });
		for (let step = 0; step < 4; step++) {
			optimizer.zeroGrad();
			F.mseLoss(model(x), x).backward();
			optimizer.step();
			averaged.updateParameters(model);
		}
		swaUtils.updateBn(x.split(8), averaged);
		model.eval();
		averaged.eval();
		return [...model.parameters(), ...averaged.buffers(), model(x), averaged(x)];
	});

	program("a transformer block with a causal mask", (device) => {
		const layer = new nn.TransformerEncoderLayer(8, 2, { dimFeedforward: 16, dropout: 0, batchFirst: true }).to(device);
		const x = torch.randn(2, 5, 8).to(device).requiresGrad_();
		const mask = nn.Transformer.generateSquareSubsequentMask(5).to(device);
		const out = layer(x, { srcMask: mask, isCausal: true });
		out.square().sum().backward();
		return [out, x.grad!, ...[...layer.parameters()].map((p) => p.grad!)];
	});

	program("every optimiser's step", (device) => {
		const make: ((p: torch.nn.Parameter[]) => { step(closure?: () => Tensor): unknown; zeroGrad(): void })[] = [
			(p) => new optim.SGD(p, { lr: 0.1, momentum: 0.9, nesterov: true }),
			(p) => new optim.Adagrad(p, { lr: 0.1 }),
			(p) => new optim.Adadelta(p),
			(p) => new optim.Adamax(p),
			(p) => new optim.NAdam(p),
			(p) => new optim.RAdam(p),
			(p) => new optim.Rprop(p),
			(p) => new optim.Shampoo(p, { lr: 0.1 }),
			(p) => new optim.LBFGS(p, { maxIter: 4, lineSearchFn: "strong_wolfe" }),
		];
		return make.map((maker) => {
			const w = new nn.Parameter(torch.arange(6, { dtype: torch.float32 }).reshape(2, 3).to(device));
			const optimizer = maker([w]);
			for (let i = 0; i < 3; i++) {
				optimizer.step(() => {
					optimizer.zeroGrad();
					const loss = w.sub(1).square().mul(w.square().add(1)).sum();
					loss.backward();
					return loss;
				});
			}
			return w;
		});
	});

	program("pruning and half precision", (device) => {
		const { prune } = nn.utils;
		const model = new nn.Sequential(new nn.Linear(6, 8), new nn.ReLU(), new nn.Linear(8, 3)).to(device);
		prune.l1Unstructured(model.at(0), "weight", { amount: 0.5 });
		prune.lnStructured(model.at(2), "weight", { amount: 1, n: 2, dim: 0 });
		const x = torch.randn(4, 6).to(device);
		const pruned = model(x);
		prune.remove(model.at(0), "weight");
		prune.remove(model.at(2), "weight");
		const half = nn.deepcopy(model).half()(x.half());
		return [pruned, model(x), half, nn.deepcopy(model).bfloat16()(x.bfloat16()), ...model.parameters()];
	});

	program("mixed precision with a scaler", (device) => {
		const [x, y] = clouds(16).map((t) => t.to(device)) as [Tensor, Tensor];
		const model = new nn.Linear(4, 2).to(device);
		const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
		const scaler = new torch.amp.GradScaler(device.type as "cpu");
		for (let i = 0; i < 3; i++) {
			const loss = torch.autocast(device.type as "cpu", { dtype: torch.bfloat16 }, () => F.crossEntropy(model(x), y));
			optimizer.zeroGrad();
			scaler.scale(loss).backward();
			scaler.step(optimizer);
			scaler.update();
		}
		return [scaler.getScale(), ...model.parameters()];
	});

	program("metrics of predictions", (device) => {
		const [scores, y] = [torch.rand(40, 3), torch.randint(0, 3, [40])].map((x) => x.to(device)) as [Tensor, Tensor];
		const classes = { task: "multiclass", numClasses: 3 } as const;
		const labels = { task: "multilabel", numLabels: 3 } as const;
		const each = F.oneHot(y, 3);
		const mean = new MeanMetric();
		mean.update(scores.sum());
		return [
			accuracy(scores, y, classes),
			f1Score(scores, each, { ...labels, average: "macro" }),
			confusionMatrix(scores, y, classes),
			auroc(scores, each, labels),
			mean.compute(),
		];
	});

	program("initialisations, applied where the weights are", (device) => {
		const w = torch.empty(4, 6, { device });
		const spread = (init: (x: Tensor) => unknown) => {
			init(w);
			return w.isfinite().all().item();
		};
		const orthogonal = nn.init.orthogonal_(w.clone());
		return [
			...[nn.init.xavierUniform_, nn.init.kaimingNormal_, nn.init.truncNormal_].map((init) => spread((x) => init(x))),
			orthogonal.matmul(orthogonal.mT),
			nn.init.eye_(w.clone()),
			nn.init.constant_(w.clone(), 3),
		];
	});

	test("what is saved on a card is read on the CPU, and the other way round", () => {
		const model = new nn.Sequential(new nn.Linear(3, 2), new nn.PReLU()).to("cuda");
		const optimizer = new optim.Adam(model.parameters());
		model(torch.ones(2, 3).to("cuda")).sum().backward();
		optimizer.step();
		const other = new nn.Sequential(new nn.Linear(3, 2), new nn.PReLU());
		other.loadStateDict(model.stateDict());
		expect([...other.parameters()].map((p) => [String(p.device), p.tolist()])).toEqual(
			[...model.parameters()].map((p) => ["cpu", p.tolist()]),
		);
		const second = new optim.Adam(other.parameters());
		second.loadStateDict(optimizer.stateDict());
		other(torch.ones(2, 3)).sum().backward();
		second.step();
		model.loadStateDict(other.stateDict());
		expect([...model.parameters()].every((p) => p.device.type === "cuda")).toBe(true);
	});

	test("dropout differs from pass to pass and is off in evaluation", () => {
		const model = new nn.Sequential(new nn.Linear(4, 64), new nn.Dropout(0.5), new nn.Linear(64, 2)).to("cuda");
		const x = torch.ones(3, 4).to("cuda");
		const passes = torch.noGrad(() => torch.stack(Array.from({ length: 20 }, () => model(x))));
		expect(passes.std(0).min().item()).toBeGreaterThan(0);
		model.eval();
		expect(model(x).tolist()).toEqual(model(x).tolist());
	});
});
