import * as torch from "gradbook";
import * as show from "gradbook/display";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { digest } from "../kernel/support/digest";
import { Recorder } from "../kernel/support/recorder";
import { hasStandin } from "./standin";
import { useCard } from "./useCard";

/* What is shown of tensors and modules on a card is what is shown of them on the CPU. */

vi.setConfig({ testTimeout: 120_000 });

const { nn, optim } = torch;

/** A small classifier of two classes and its data, made on the CPU and moved. */
function task(device: torch.DeviceLike, more: torch.nn.Module[] = []) {
	torch.manualSeed(0);
	const x = torch.randn(40, 2);
	const y = x.select(1, 0).mul(x.select(1, 1)).lt(0).long();
	const model = new nn.Sequential(
		new nn.Linear(2, 6),
		...more,
		new nn.Tanh(),
		new nn.Linear(6, 5),
		new nn.ReLU(),
		new nn.Linear(5, 2),
	);
	model.to(device);
	const [points, labels] = [x.to(device), y.to(device)];
	const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
	const train = (steps: number) => {
		for (let i = 0; i < steps; i++) {
			optimizer.zeroGrad();
			nn.functional.crossEntropy(model(points), labels).backward();
			optimizer.step();
		}
	};
	return { x: points, y: labels, model, optimizer, train };
}

const views: Record<string, (device: torch.DeviceLike) => unknown> = {
	"a matrix with a gradient": (device) => {
		const x = torch.arange(6, { dtype: torch.float32 }).reshape(2, 3).to(device).requiresGrad_();
		x.square().sum().backward();
		return x;
	},
	pictures: (device) =>
		show.imageGrid(torch.arange(128).reshape(2, 8, 8).to(device), { labels: torch.arange(2).to(device) }),
	"a parameter table": (device) => {
		const { model, train, x } = task(device);
		train(1);
		return show.parameterTable(model, { input: x });
	},
	"an optimiser": (device) => {
		const { optimizer, train } = task(device);
		train(2);
		return optimizer;
	},
	"a graph": (device) => {
		const { model, x } = task(device);
		return show.computationGraph(model, { input: x });
	},
	activations: (device) => {
		const { model, train } = task(device);
		const seen = show.activationHistograms(model);
		train(3);
		return seen;
	},
	gradients: (device) => {
		const { model, train } = task(device);
		const seen = show.gradientHistograms(model);
		train(3);
		return seen;
	},
	"parameter histograms": (device) => show.parameterHistograms(task(device).model),
	"decision regions": (device) => {
		const { model, x, y, train } = task(device);
		train(20);
		return show.decisionRegions(model, x, y, { resolution: 10 });
	},
	"decision regions of a function": (device) => {
		const { model, x, y } = task(device);
		return show.decisionRegions((points) => model(points), x, y, { resolution: 10 });
	},
	"a confusion matrix": (device) => {
		const { model, x, y, train } = task(device);
		train(20);
		return show.confusionMatrix(model(x).argmax(1), y);
	},
	"a ROC curve": (device) => {
		const { model, x, y } = task(device);
		return show.rocCurve(model(x).select(1, 1), y);
	},
	"a heat map": (device) => show.heatmap(torch.arange(6).reshape(2, 3).to(device)),
	"a plot": (device) => show.plot({ x: torch.arange(3).to(device), y: torch.arange(3).square().to(device) }),
	"a data set": (device) =>
		new torch.utils.data.TensorDataset(torch.arange(6).reshape(3, 2).to(device), torch.arange(3).to(device)),
};

const shown = (view: unknown) =>
	JSON.stringify(digest(show.formatValue(view))).replace(/, device='cuda:0'|cuda:0/g, (text) =>
		text === "cuda:0" ? "cpu" : "",
	);

describe.skipIf(!hasStandin)("on a card", () => {
	beforeAll(useCard);

	test.each(Object.entries(views))("%s looks as on the CPU", (_, make) => {
		expect(shown(make("cuda"))).toBe(shown(make("cpu")));
	});

	test("batch normalisation is watched", () => {
		const look = (device: torch.DeviceLike) => {
			const { model, train } = task(device, [new nn.BatchNorm1d(6)]);
			const state = show.batchNormState(model);
			train(4);
			return shown(state);
		};
		expect(look("cuda")).toBe(look("cpu"));
	});

	test("passes with dropout leave the card's random numbers where they were", () => {
		const { model, x, y } = task("cuda", [new nn.Dropout(0.5)]);
		const next = () => torch.rand(3, { device: "cuda" }).tolist();
		torch.manualSeed(1);
		const expected = next();
		torch.manualSeed(1);
		const seen = show.mcDropout(model, x, { labels: y, samples: 5, limit: 2 });
		expect(show.formatValue(seen)["text/plain"]).toContain("5 passes with dropout");
		expect(Math.max(...seen.std.flat())).toBeGreaterThan(0);
		expect(next()).toEqual(expected);
	});

	test("values are held to what is known", () => {
		show.withOutput(new Recorder(), () => {
			show.check("squares", torch.arange(3, { device: "cuda" }).square(), [0, 1, 4]);
			expect(() => show.check("squares", torch.ones(2, { device: "cuda" }), [1, 2])).toThrow("expected 2, got 1");
		});
	});
});
