import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as torch from "gradbook";
import * as show from "gradbook/display";
import { describe, expect, test } from "vitest";
import { EventList } from "../../../dist/engine/profiler/eventList";
import { FunctionEvent } from "../../../dist/engine/profiler/events";
import { digest } from "../support/digest";
import { hostile, Recorder } from "../support/recorder";

/*
 * Every view against a checked-in expectation: its texts, structure and numbers. After a wanted change:
 * GRADBOOK_WRITE_EXPECTED=1 npx vitest run test/kernel/views/expectations.test.ts, and read the difference.
 */

const { nn, optim } = torch;
const { lrScheduler } = optim;
const { DataLoader, TensorDataset } = torch.utils.data;

const file = join(__dirname, "expected.json");
const writing = process.env.GRADBOOK_WRITE_EXPECTED === "1";

/** A small classifier of two classes and its data; the same every time. */
function task() {
	torch.manualSeed(0);
	const x = torch.randn(40, 2);
	const y = x.select(1, 0).mul(x.select(1, 1)).lt(0).long();
	const model = new nn.Sequential(
		new nn.Linear(2, 6),
		new nn.BatchNorm1d(6),
		new nn.Tanh(),
		new nn.Dropout(0.5),
		new nn.Linear(6, 5),
		new nn.ReLU(),
		new nn.Linear(5, 2),
	);
	const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
	const train = (steps: number) => {
		for (let i = 0; i < steps; i++) {
			optimizer.zeroGrad();
			nn.functional.crossEntropy(model(x), y).backward();
			optimizer.step();
		}
	};
	return { x, y, model, optimizer, train };
}

/** Events as a profile would have them; the same every time. */
function profileOf(card: boolean) {
	const rows = [
		[hostile, "user", 0, 2500],
		["aten::linear", "op", 100, 1100],
		["aten::relu", "op", 1200, 1201],
		["AddmmBackward0", "backward", 2600, 3000],
	] as const;
	const events = rows.map(
		([name, kind, start, end], id) =>
			new FunctionEvent({
				id,
				name,
				kind,
				timeRange: { start, end },
				cpuMemoryUsage: 1024 * (id - 1),
				kernels: card && kind === "op" ? [{ name, device: 0, start: start + 50, duration: 20 * id }] : [],
			}),
	);
	for (const event of [events[1]!, events[2]!]) {
		event.cpuParent = events[0]!;
		events[0]!.cpuChildren.push(event);
	}
	const list = new EventList(events, !card);
	const keyAverages = () => list.keyAverages();
	return { profileMemory: !card, events: () => list, keyAverages, exportChromeTrace() {} };
}

const parameter = () => torch.zeros(1).requiresGrad_();
const sgd = () => new optim.SGD([parameter()], { lr: 0.1, momentum: 0.9 });

/** Names that reach texts and titles are hostile ones: what is shown of them must be text. */
const views: Record<string, () => unknown> = {
	"tensor: matrix with a gradient": () => {
		const tensor = torch.arange(6).float().reshape(2, 3).requiresGrad_();
		tensor.square().sum().backward();
		return tensor;
	},
	"module: parameter table": () => {
		const { model, train, x } = task();
		train(1);
		model.at(0).requiresGrad_(false);
		return show.parameterTable(model, { input: x, caption: hostile });
	},
	"module: several outputs": () => {
		class Pair extends nn.Module {
			readonly inner = new nn.Linear(2, 3);
			forward(x: torch.Tensor) {
				return [this.inner(x), { deep: x, none: null }] as const;
			}
		}
		torch.manualSeed(0);
		return show.parameterTable(new Pair(), { input: torch.ones(4, 2), statistics: false });
	},
	"optimiser: after a step": () => {
		const { optimizer, train } = task();
		train(2);
		return optimizer;
	},
	profile: () => profileOf(false),
	"profile: of a card, a part": () =>
		show.profileView(profileOf(true), { limit: 2, range: [0.5, 2], caption: hostile }),
	"schedule: one cycle": () => new lrScheduler.OneCycleLR(sgd(), 0.1, 12),
	"schedules: compared": () =>
		show.learningRatePlot(
			{ step: new lrScheduler.StepLR(sgd(), 2), [hostile]: new lrScheduler.CosineAnnealingLR(sgd(), 8) },
			{ epochs: 8, title: hostile },
		),
	"data set: pictures": () => {
		torch.manualSeed(0);
		return new TensorDataset(torch.rand(3, 1, 8, 8), torch.arange(3));
	},
	"data set: loader": () =>
		new DataLoader(new TensorDataset(torch.arange(6).reshape(3, 2), torch.arange(3)), { batchSize: 2 }),
	"graph: expression": () => {
		const [a, b] = [torch.tensor(3, { requiresGrad: true }), torch.tensor([1, 2], { requiresGrad: true })];
		return show.computationGraph(a.mul(b).sum().exp(), { names: { [hostile]: a, b } });
	},
	"graph: model": () => {
		const { model, x } = task();
		return show.computationGraph(model, { input: x });
	},
	"curves: several runs": () => {
		const curves = show.withOutput(new Recorder(), () => show.liveCurve({ title: hostile }));
		for (const name of ["slow", hostile]) {
			const run = curves.run(name);
			for (let step = 0; step < 5; step++) run.add(step, { loss: 1 / (step + 1), accuracy: step / 5 });
		}
		return curves.figure();
	},
	"activations: histograms": () => {
		const { model, train } = task();
		const seen = show.activationHistograms(model, { title: hostile, every: 1 });
		train(5);
		return seen;
	},
	"activations: table": () => {
		const { model, train } = task();
		const seen = show.activationHistograms(model, { layers: ["2", "5"], every: 1 });
		torch.noGrad(() => model.at(4).bias!.fill_(-100));
		train(3);
		return seen.table();
	},
	"gradients: histograms": () => {
		const { model, train } = task();
		const seen = show.gradientHistograms(model, { every: 1 });
		train(4);
		return seen;
	},
	"batch norm: at first": () => show.batchNormState(task().model),
	"batch norm: through training": () => {
		const { model, train } = task();
		const state = show.batchNormState(model, { features: [0, 5] });
		train(6);
		model.eval();
		return state;
	},
	dropout: () => {
		const { model, x } = task();
		return show.dropoutState(model, { input: x, caption: hostile });
	},
	"MC dropout": () => {
		const { model, x, y, train } = task();
		train(20);
		return show.mcDropout(model, x, {
			labels: y,
			classes: ["plain", hostile],
			samples: 20,
			limit: 3,
			caption: hostile,
		});
	},
	"activation gallery": () => show.activationGallery(),
	"activation gallery: own": () => show.activationGallery({ [hostile]: (x) => x.pow(3) }, { range: [0, 2] }),
	"optimiser paths": () => show.optimizerPaths({ steps: 10, title: hostile }),
	"decision regions: two classes": () => {
		const { model, x, y, train } = task();
		train(20);
		return show.decisionRegions(model, x, y, { resolution: 20, classes: ["plain", hostile] });
	},
	"decision regions: three classes": () => {
		const x = torch.tensor([
			[0, 0],
			[1, 0],
			[0, 1],
		]);
		const nearest = (points: torch.Tensor) => points.unsqueeze(1).sub(x).square().sum(2).mul(-20);
		return show.decisionRegions(nearest, x, [0, 1, 2], { resolution: 10 });
	},
	"confusion matrix": () =>
		show.confusionMatrixPlot([0, 1, 1, 0, 1], torch.tensor([0, 1, 0, 0, 1]), { classes: ["no", hostile] }),
	"ROC curve": () => {
		const y = torch.tensor([0, 0, 1, 1, 0, 1]);
		const good = torch.tensor([0.1, 0.4, 0.35, 0.8, 0.2, 0.9]);
		return show.rocCurve({ good, [hostile]: torch.full([6], 0.5) }, y);
	},
	"ROC curve: classes": () =>
		show.rocCurve(torch.eye(3).mul(5).repeat(2, 1), torch.tensor([0, 1, 2, 0, 2, 1]), { classes: ["a", "b", "c"] }),
	"heat map: signed": () =>
		show.heatmap(
			[
				[-2, 0, 1],
				[0.5, 1, 3],
			],
			{ title: hostile, rows: ["first", hostile], x: "columns" },
		),
	"parameter histograms": () => show.parameterHistograms(task().model, { title: hostile }),
	"initialiser table": () => show.initializerTable({ width: 32, depth: 6, activation: "tanh" }),
	"weight variance": () => show.weightVariance(task().model),
	table: () => show.table([{ [hostile]: hostile, n: 1.5 }], { caption: hostile, note: hostile }),
};

const expected = writing ? {} : (JSON.parse(readFileSync(file, "utf8")) as Record<string, object>);

describe("every view shows what it showed", () => {
	const found: Record<string, object> = {};

	test.each(Object.entries(views))("%s", (name, make) => {
		const bundle = show.formatValue(make());
		// In HTML nothing from data is an element, and no bundle carries a script.
		const tags = String(bundle["text/html"]).replace(/"[^"]*"/g, '""');
		expect(/<script|<img src=x|<[^>]*\son\w+=|javascript:/i.exec(tags)).toBeNull();
		expect(
			/role="img"|role="region"|alt="|tabindex="0"|<table|aria-label/.test(String(bundle["text/html"])),
			"text alternative, or reachable by keyboard",
		).toBe(true);
		expect(JSON.stringify(bundle).length).toBeLessThan(200_000);
		found[name] = digest(bundle);
		if (!writing) expect(found[name]).toEqual(expected[name]);
	});

	test("and the file holds nothing else", async () => {
		if (writing) {
			const { writeFileSync } = await import("node:fs");
			writeFileSync(file, `${JSON.stringify(found, null, "\t")}\n`);
		} else expect(Object.keys(expected)).toEqual(Object.keys(views));
	});
});
