import * as torch from "gradbook";
import * as show from "gradbook/display";
import { describe, expect, test } from "vitest";
import { mnistLike } from "../support/models";

const { nn, optim } = torch;

/** What a look must not change: weights, buffers, gradients, modes, hooks, random numbers. */
function stateOf(model: torch.nn.Module) {
	const tensors = [...model.namedParameters(), ...model.namedBuffers()].map(([name, tensor]) => [
		name,
		tensor.tolist(),
		tensor.grad?.tolist() ?? null,
	]);
	return JSON.stringify([tensors, model.modules().map((module) => module.training)]);
}

/** Runs `look`, and asks whether model and random numbers are as if it had not. */
function changesNothing(model: torch.nn.Module, look: () => unknown): void {
	const before = stateOf(model);
	torch.manualSeed(5);
	const expected = torch.rand(3).tolist();
	torch.manualSeed(5);
	look();
	expect(torch.rand(3).tolist()).toEqual(expected);
	expect(stateOf(model)).toBe(before);
}

describe("looking changes nothing", () => {
	test.each<[string, (model: torch.nn.Module, x: torch.Tensor) => unknown]>([
		["parameterTable", (model, input) => show.parameterTable(model, { input }).bundle()],
		["dropoutState", (model, input) => show.dropoutState(model, { input }).bundle()],
		["mcDropout", (model, x) => show.mcDropout(model, x, { samples: 3 }).bundle()],
		["computationGraph", (model, input) => show.computationGraph(model, { input }).bundle()],
		["parameterHistograms", (model) => show.parameterHistograms(model).bundle()],
		["weightVariance", (model) => show.weightVariance(model).bundle()],
		["batchNormState", (model) => show.batchNormState(model).bundle()],
		["initializerTable", () => show.initializerTable({ width: 8, depth: 2 }).bundle()],
		["activationGallery", () => show.activationGallery({ rrelu: new nn.RReLU() }).bundle()],
		["optimizerPaths", () => show.optimizerPaths({ steps: 2 }).bundle()],
	])("%s", (_name, look) => {
		const { model, x } = mnistLike();
		changesNothing(model, () => look(model, x));
	});

	test("also where the pass fails", () => {
		const { model } = mnistLike();
		changesNothing(model, () => {
			expect(() => show.mcDropout(model, torch.ones(2, 3))).toThrow();
			expect(() => show.dropoutState(model, { input: torch.ones(2, 3) })).toThrow();
		});
	});
});

describe("mcDropout", () => {
	test("is the mean and standard deviation of the passes, the least certain first", () => {
		const { model, x } = mnistLike();
		torch.manualSeed(3);
		const seen = show.mcDropout(model, x, { samples: 12 });
		model.eval();
		for (const module of model.modules()) if (module instanceof nn.Dropout) module.train();
		torch.manualSeed(3);
		const passes = torch.noGrad(() =>
			torch.stack(Array.from({ length: 12 }, () => nn.functional.softmax(model(x) as torch.Tensor, 1))),
		);
		const [mean, std] = [passes.mean(0), passes.std(0)];
		seen.mean.forEach((row, i) => {
			row.forEach((value, j) => {
				expect(value).toBeCloseTo(mean.at(i, j).item(), 5);
				expect(seen.std[i]![j]).toBeCloseTo(std.at(i, j).item(), 5);
			});
		});
		const certain = seen.order.map((i) => seen.entropy[i]!);
		expect(certain).toEqual([...certain].sort((a, b) => b - a));
	});

	test("takes a subclass of Dropout for one, and names what is missing", () => {
		class Sometimes extends nn.Dropout {}
		const model = new nn.Sequential(new nn.Linear(2, 2), new Sometimes(0.5));
		expect(show.mcDropout(model, torch.ones(1, 2), { samples: 20 }).std[0]![0]).toBeGreaterThan(0);
		expect(() => show.mcDropout(new nn.Linear(2, 2), torch.ones(1, 2))).toThrow("Linear has no dropout layer");
		expect(() => show.mcDropout(model, torch.ones(1, 2), { samples: 1 })).toThrow("samples: 1, expected");
		expect(() => show.mcDropout(model, torch.ones(2, 2), { labels: [1] })).toThrow("1 labels for 2 cases");
	});

	test("of one number for each case both classes are shown, of a logit and of a probability", () => {
		for (const [model, p] of [
			[new nn.Sequential(new nn.Dropout(0.5), new nn.Linear(2, 1)), 1 / (1 + Math.exp(3))],
			[new nn.Sequential(new nn.Dropout(0.5), new nn.Linear(2, 1), new nn.Sigmoid()), 1 / (1 + Math.exp(3))],
			[new nn.Sequential(new nn.Dropout(0.5), new nn.Linear(2, 1), new nn.Flatten(0)), 1 / (1 + Math.exp(3))],
		] as const) {
			const linear = model.at(1) as torch.nn.Linear;
			nn.init.zeros_(linear.weight);
			nn.init.constant_(linear.bias!, -3);
			const { mean, std } = show.mcDropout(model, torch.ones(1, 2), { samples: 3 });
			expect(mean[0]![0]).toBeCloseTo(1 - p, 5);
			expect(mean[0]![1]).toBeCloseTo(p, 5);
			expect(std[0]).toEqual([0, 0]);
		}
	});

	test("probabilities are taken as they are", () => {
		const model = new nn.Sequential(new nn.Dropout(0.5), new nn.Softmax(1));
		const { mean } = show.mcDropout(model, torch.zeros(1, 4), { samples: 2 });
		expect(mean[0]).toEqual([0.25, 0.25, 0.25, 0.25]);
	});
});

describe("histograms of layers", () => {
	test("watch passes in training mode, until they are removed", () => {
		const { model, x } = mnistLike();
		const seen = show.activationHistograms(model, { every: 1 });
		expect(show.formatValue(seen)["text/plain"]).toBe(
			"Activations: nothing recorded yet; run the model in training mode",
		);
		model(x);
		model.eval();
		model(x);
		model.train();
		model(x);
		const records = () => [...seen.records.values()].map((list) => list.map(({ step }) => step));
		expect(records()).toEqual([[0, 1]]);
		const copy = model.clone();
		copy(x);
		expect(records(), "a copy's passes are its own").toEqual([[0, 1]]);
		seen.remove();
		model(x);
		expect(records()).toEqual([[0, 1]]);
	});

	test("look more seldom the longer they watch", () => {
		const model = new nn.Sequential(new nn.Linear(2, 2), new nn.ReLU());
		using seen = show.activationHistograms(model);
		using all = show.activationHistograms(model, { every: 1 });
		for (let i = 0; i < 1000; i++) torch.noGrad(() => model(torch.ones(1, 2)));
		const steps = (of: typeof seen) => [...of.records.values()][0]!.map(({ step }) => step);
		const every = (step: number) => Array.from({ length: Math.ceil(1000 / step) }, (_, i) => i * step);
		expect(steps(seen)).toEqual([0, 1, 2, 4, 8, 16, 32, ...every(40).slice(1)]);
		expect(steps(all)).toEqual(every(32));
		expect(JSON.stringify(show.formatValue(all)).length).toBeLessThan(60_000);
	});

	test("count dead and saturated units, over samples and places", () => {
		class Fixed extends nn.Module {
			readonly sigmoid = new nn.Sigmoid();
			readonly relu = new nn.ReLU();
			forward(x: torch.Tensor) {
				return this.sigmoid(this.relu(x).mul(1000).sub(500));
			}
		}
		const model = new Fixed();
		using seen = show.activationHistograms(model);
		// Units along dimension 1: 0 for every sample and place; 0 for some; never 0.
		model(
			torch.tensor([
				[
					[-1, -2],
					[0, 0.5],
					[0.5, 0.6],
				],
				[
					[0, -2],
					[0.5, 1],
					[0.501, 0.4],
				],
			]),
		);
		const [sigmoid, relu] = ["sigmoid Sigmoid", "relu ReLU"].map((layer) => seen.records.get(layer)![0]!);
		expect(relu).toMatchObject({ units: 3, dead: 1, saturated: 0 });
		expect(sigmoid).toMatchObject({ units: 3, dead: 0, saturated: 1 });
	});

	test("of gradients are powers of ten of their sizes", () => {
		const model = new nn.Linear(1, 2, { bias: false });
		using seen = show.gradientHistograms(model);
		model(torch.tensor([[1]]))
			.mul(torch.tensor([0.01, 100]))
			.sum()
			.backward();
		const [record] = seen.records.get("Linear")!;
		expect(record!.histogram).toMatchObject({ low: expect.closeTo(-2, 5), high: expect.closeTo(2, 5) });
		expect(record!.mean).toBeCloseTo(50.005, 4);
	});

	test("name the layers that there are", () => {
		const { model } = mnistLike();
		expect(() => show.activationHistograms(model, { layers: ["9"] })).toThrow('no layer "9"; there are "0", "1"');
		expect(() => show.gradientHistograms(new nn.ReLU())).toThrow("the model has no layer to watch");
		expect(() => show.activationHistograms(model).figure()).toThrow("nothing was recorded");
		expect(() => show.activationHistograms(model, { every: 0.5 })).toThrow("every: 0.5, expected a whole number");
	});
});

test("batchNormState notes what PyTorch's update does", () => {
	const norm = new nn.BatchNorm1d(2, { momentum: 0.25 });
	using state = show.batchNormState(norm);
	const x = torch.tensor([
		[0, 4],
		[2, 8],
	]);
	norm(x);
	const [batch, running] = state.figure().figure.data.map((trace) => trace.y as number[]);
	expect([batch, running]).toEqual([[1], [0.25]]);
	const variances = state.figure().figure.data.filter((trace) => trace.yaxis === "y2");
	expect(variances.map((trace) => trace.y)).toEqual([[2], [1.25], [8], [2.75]]);
	const before = stateOf(norm);
	const rows = state
		.table({ input: x.add(1) })
		.bundle()
		["text/plain"].split("\n");
	expect(stateOf(norm)).toBe(before);
	expect(state.figure().figure.data[0]!.y, "its own passes are not noted").toHaveLength(1);
	expect(rows[1]).toMatch(/output in train +output in eval$/);
	// In train both columns are -1 and 1; in eval (x + 1 - running mean) / √running variance.
	const [a, b] = [
		[0.75, 2.75].map((value) => value / Math.sqrt(1.25)),
		[3.5, 7.5].map((value) => value / Math.sqrt(2.75)),
	];
	const all = [...a!, ...b!];
	const mean = all.reduce((sum, value) => sum + value, 0) / 4;
	expect(rows[3]).toMatch(new RegExp(`0 ± 1.2 +${Number(mean.toPrecision(3))} ± `));
	expect(() => show.batchNormState(norm, { features: [2] })).toThrow("features: 2, expected whole numbers from 0 to 1");
	expect(() => show.batchNormState(new nn.ReLU())).toThrow("ReLU has no layer with running statistics");
});

test("derivatives of the gallery are those of the formulas", () => {
	const figure = show.activationGallery({ tanh: new nn.Tanh(), square: (x) => x.square() }, { range: [-1, 1] }).figure;
	const [, tanh, , square] = figure.data.map((trace) => trace.y as number[]);
	const x = figure.data[0]!.x as number[];
	x.forEach((at, i) => {
		expect(tanh![i]).toBeCloseTo(1 - Math.tanh(at) ** 2, 3);
		expect(square![i]).toBeCloseTo(2 * at, 3);
	});
	expect(() => show.activationGallery({ sum: (x) => x.sum() })).toThrow('"sum" made a shape of [] from [97]');
});

test("ways downhill are the optimisers' own", () => {
	const figure = show.optimizerPaths({
		loss: (x, y) => x.square().add(y.square().mul(2)),
		optimizers: { plain: (params) => new optim.SGD(params, { lr: 0.25 }) },
		start: [4, 1],
		steps: 2,
	}).figure;
	const path = figure.data.find((trace) => trace.mode === "lines+markers")!;
	expect([path.name, path.x, path.y]).toEqual(["plain: 1", [4, 2, 1], [1, 0, 0]]);
	const numbers = show.optimizerPaths({ loss: (x) => torch.tensor(x.numel()).mul(x.sum()), steps: 1 });
	expect(numbers.figure.data[0]!.type, "a loss that is asked point by point").toBe("contour");
});

describe("decisionRegions", () => {
	const x = torch.tensor([
		[0, 0],
		[1, 1],
	]);

	test("is the model's probability on the grid", () => {
		const figure = show.decisionRegions((points) => points.select(1, 0).mul(4).sub(2), x, [0, 1], {
			resolution: 3,
			room: 0,
		}).figure;
		const sigmoid = (value: number) => Number((1 / (1 + Math.exp(-value))).toFixed(3));
		expect(figure.data[0]!.z).toEqual(new Array(3).fill([sigmoid(-2), 0.5, sigmoid(2)]));
		const pairs = show.decisionRegions((points) => points.mul(4), x, torch.tensor([0, 1]), { resolution: 2, room: 0 });
		expect(pairs.figure.data[0]!.z).toEqual([
			[0.5, sigmoid(-4)],
			[sigmoid(4), 0.5],
		]);
	});

	test.each([
		[() => show.decisionRegions((p) => p, torch.ones(3), [0]), "points of shape 3, expected N × 2"],
		[() => show.decisionRegions((p) => p, x, [0]), "1 classes for 2 points"],
		[() => show.decisionRegions((p) => p.sum(), x, [0, 1]), "the model returned shape scalar for 4900 points"],
	])("bad input is named: %#", (act, message) => {
		expect(act).toThrow(message);
	});
});

describe("evaluation", () => {
	test("a confusion matrix from predictions, names or counts", () => {
		const counts = (figure: show.Figure) => figure.figure.data[0]!.text;
		const rows = [
			["1", "1"],
			["0", "2"],
		];
		expect(counts(show.confusionMatrixPlot(torch.tensor([0, 1, 1, 1]), [0, 0, 1, 1]))).toEqual(rows);
		expect(
			counts(show.confusionMatrixPlot(["a", "b", "b", "b"], ["a", "a", "b", "b"], { classes: ["a", "b"] })),
		).toEqual(rows);
		const made = show.confusionMatrixPlot(
			torch.tensor([
				[1, 1],
				[0, 2],
			]),
			{ normalize: true },
		);
		expect(counts(made)).toEqual([
			["0.50", "0.50"],
			["0.00", "1.00"],
		]);
	});

	test.each([
		[() => show.confusionMatrixPlot([0], [0, 1]), "1 predictions for 2 labels"],
		[() => show.confusionMatrixPlot(["a"], ["a"]), 'class "a", expected whole numbers from 0 (names need {classes})'],
		[() => show.confusionMatrixPlot([3], [0], { classes: ["a"] }), "class 3, expected one of the 1 in classes"],
		[() => show.confusionMatrixPlot([[1, 2]]), "counts of 1 × 2, expected as many rows as columns"],
		[() => show.rocCurve(torch.ones(2, 2, 2), torch.ones(2)), "scores of shape 2 × 2 × 2, expected N, N × 1 or N × C"],
		[() => show.rocCurve(torch.ones(3), torch.ones(2)), "3 scores for 2 labels"],
		[() => show.heatmap(torch.ones(3)), "a tensor of shape 3; expected two dimensions"],
		[() => show.heatmap([[1], [1, 2]]), "expected rows of equally many numbers"],
		[() => show.heatmap([[1]], { rows: ["a", "b"] }), "2 names in rows, but the matrix has 1 rows"],
	])("bad input is named: %#", (act, message) => {
		expect(act).toThrow(message);
	});

	test("the area under a ROC curve is the metric's", async () => {
		const { auroc } = await import("gradbook/metrics");
		torch.manualSeed(1);
		const [scores, labels] = [torch.rand(50), torch.rand(50).gt(0.5).long()];
		const area = auroc(scores, labels, { task: "binary" }).item();
		expect(show.rocCurve(scores, labels).figure.data[0]!.name).toBe(`AUC ${area.toFixed(3)}`);
	});
});

test("a notebook of twenty plots stays under 2 MB, also as Jupyter indents it", () => {
	torch.manualSeed(0);
	const [x, y] = [torch.randn(500, 2), torch.rand(500).gt(0.5).long()];
	const plots: unknown[] = [
		show.activationGallery(),
		show.optimizerPaths(),
		show.decisionRegions((points) => points, x, y),
		show.heatmap(torch.randn(300, 300)),
		show.rocCurve(torch.rand(5000), torch.rand(5000).gt(0.5).long()),
		show.plot([{ y: torch.randn(100_000) }]),
		show.plot([{ type: "histogram", x: torch.randn(100_000) }]),
		show.parameterHistograms(mnistLike().model),
	];
	const sizes = plots.map((plot) => JSON.stringify(show.formatValue(plot), null, 1).length);
	const mean = sizes.reduce((a, b) => a + b, 0) / sizes.length;
	expect(20 * mean, sizes.join(" ")).toBeLessThan(2e6);
});
