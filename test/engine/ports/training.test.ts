import * as torch from "gradbook";
import { follows, sums } from "./follow";

const { nn, optim } = torch;
const F = nn.functional;
const S = optim.lrScheduler;
const { AveragedModel, SWALR, getEmaMultiAvgFn, updateBn } = optim.swaUtils;
const { DataLoader, TensorDataset, WeightedRandomSampler, randomSplit } = torch.utils.data;

follows("resumed", (log) => {
	const x = torch.randn(30, 2);
	const y = x.sum(1, { keepdim: true });
	const generator = new torch.Generator().manualSeed(42);
	const [part, rest] = randomSplit(new TensorDataset(x, y), [0.8, 0.2], { generator });
	log(...part!.indices, ...rest!.indices);
	const build = () => {
		const model = new nn.Sequential(
			new nn.Linear(2, 6),
			new nn.BatchNorm1d(6),
			new nn.ReLU(),
			new nn.Dropout(0.3),
			new nn.Linear(6, 1),
		);
		const groups = [{ params: model.at(0).parameters(), lr: 1e-2 }, { params: model.slice(1).parameters() }];
		const optimizer = new optim.AdamW(groups, { lr: 5e-3, weightDecay: 0.1, amsgrad: true });
		return {
			model,
			optimizer,
			scheduler: new S.OneCycleLR(optimizer, { maxLr: [0.05, 0.02], totalSteps: 20, pctStart: 0.3 }),
		};
	};
	const run = ({ model, optimizer, scheduler }: ReturnType<typeof build>, steps: number) => {
		for (let step = 0; step < steps; step++) {
			const rows = torch.randperm(24).at(":8");
			const loss = F.huberLoss(model(x.at(rows)), y.at(rows), { delta: 0.5 });
			optimizer.zeroGrad();
			loss.backward();
			optimizer.step();
			scheduler.step();
			const { paramGroups } = optimizer;
			log(loss.item(), ...paramGroups.map((group) => group.lr), ...paramGroups.map((group) => group.betas[0]));
		}
	};
	const first = build();
	run(first, 7);
	const parts = [first.model, first.optimizer, first.scheduler] as const;
	const [weightsThen, momentsThen, rateThen] = nn.deepcopy(parts.map((part) => part.stateDict()));
	const numbers = torch.getRngState();
	run(first, 5);
	const second = build();
	second.model.loadStateDict(weightsThen as torch.nn.StateDict);
	second.optimizer.loadStateDict(momentsThen as torch.optim.OptimizerStateDict);
	second.scheduler.loadStateDict(rateThen as Record<string, unknown>);
	torch.setRngState(numbers);
	run(second, 5);
	const weights = torch.where(
		y
			.at([...part!.indices])
			.squeeze(1)
			.gt(0),
		3.0,
		1.0,
	);
	const sampler = new WeightedRandomSampler(weights, { numSamples: 12, replacement: true });
	for (const [a, b] of new DataLoader(part!, { batchSize: 5, sampler })) log(a!.sum().item(), b!.sum().item());
});

follows("averages", (log) => {
	const x = torch.randn(24, 2);
	const y = x.sum(1, { keepdim: true });
	const loader = new DataLoader(new TensorDataset(x, y), { batchSize: 6, shuffle: true });
	const model = new nn.Sequential(new nn.Linear(2, 4), new nn.BatchNorm1d(4), new nn.Linear(4, 1));
	const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
	const ema = new AveragedModel(model, { multiAvgFn: getEmaMultiAvgFn(0.9) });
	const swa = new AveragedModel(model);
	const late = new SWALR(optimizer, { swaLr: 0.05, annealEpochs: 3 });
	const early = new S.CosineAnnealingLR(optimizer, { TMax: 10 });
	for (let epoch = 0; epoch < 6; epoch++) {
		let loss!: torch.Tensor;
		for (const [a, b] of loader) {
			loss = F.mseLoss(model(a!), b!);
			optimizer.zeroGrad();
			loss.backward();
			optimizer.step();
			ema.updateParameters(model);
		}
		if (epoch > 2) {
			swa.updateParameters(model);
			late.step();
		} else early.step();
		log(loss.item(), optimizer.paramGroups[0]!.lr);
	}
	updateBn(loader, swa);
	swa.eval();
	log(...(swa(x.at(":3")).flatten().tolist() as number[]), ...sums(swa), ...sums(ema));
	const plateau = new S.ReduceLROnPlateau(optimizer, "min", { factor: 0.5, patience: 1, cooldown: 1, threshold: 1e-2 });
	for (const metric of [1, 0.9, 0.9, 0.9, 0.9, 0.895, 0.9, 0.9]) {
		plateau.step(metric);
		log(plateau.getLastLr()[0]!);
	}
});
