import * as torch from "gradbook";
import { formatValue, learningRatePlot, plotlyMimeType } from "gradbook/display";
import { describe, expect, test } from "vitest";
import type { PlainFigure } from "../../../dist/kernel/display/figure/types";
import { textOf } from "../support/html";
import { hostile } from "../support/recorder";

const { optim } = torch;
const { lrScheduler } = optim;

const sgd = (options = {}) => new optim.SGD([torch.zeros(2).requiresGrad_()], { lr: 0.1, momentum: 0.9, ...options });
const figureOf = (shown: unknown) => formatValue(shown)[plotlyMimeType] as unknown as PlainFigure;
const rates = (shown: unknown) => figureOf(shown).data.map((trace) => trace.y as number[]);

/** Everything that a step of the schedule could change. */
function stateOf(scheduler: { optimizer: object; stateDict(): object }) {
	const { _stepped, paramGroups } = scheduler.optimizer as { _stepped: boolean; paramGroups: object[] };
	const groups = paramGroups.map((group) => ({ ...group, params: undefined }));
	return JSON.stringify([scheduler.stateDict(), _stepped, groups], (_, value) => (value === Infinity ? "∞" : value));
}

describe("a scheduler's plot", () => {
	test("is what training would see", () => {
		const drawn = rates(new lrScheduler.CosineAnnealingLR(sgd(), 10));
		const optimizer = sgd();
		const trained = new lrScheduler.CosineAnnealingLR(optimizer, 10);
		const seen = Array.from({ length: 11 }, () => {
			const [lr] = trained.getLastLr();
			optimizer.step();
			trained.step();
			return Number(lr!.toPrecision(7));
		});
		expect(drawn).toEqual([seen]);
	});

	test.each([
		["ExponentialLR", () => new lrScheduler.ExponentialLR(sgd(), 0.9)],
		["StepLR", () => new lrScheduler.StepLR(sgd(), 3)],
		["MultiStepLR", () => new lrScheduler.MultiStepLR(sgd(), [2, 5])],
		["CosineAnnealingWarmRestarts", () => new lrScheduler.CosineAnnealingWarmRestarts(sgd(), 4, { TMult: 2 })],
		["LambdaLR", () => new lrScheduler.LambdaLR(sgd(), (epoch: number) => 1 / (epoch + 1))],
		["OneCycleLR", () => new lrScheduler.OneCycleLR(sgd(), 1, 20)],
		["CyclicLR", () => new lrScheduler.CyclicLR(sgd(), 0.01, 0.1, { stepSizeUp: 5 })],
		[
			"SequentialLR",
			() => {
				const optimizer = sgd();
				const warm = new lrScheduler.LinearLR(optimizer, { totalIters: 3 });
				const cool = new lrScheduler.ChainedScheduler([new lrScheduler.CosineAnnealingLR(optimizer, 5)]);
				return new lrScheduler.SequentialLR(optimizer, [warm, cool], [3]);
			},
		],
	])("changes nothing: %s", (name, make) => {
		for (const steps of [0, 4]) {
			const [drawn, twin] = [make(), make()];
			for (const scheduler of [drawn, twin]) {
				for (let i = 0; i < steps; i++) {
					scheduler.optimizer.step();
					scheduler.step();
				}
			}
			const before = stateOf(drawn);
			expect(formatValue(drawn)["text/plain"]).toMatch(
				new RegExp(`^Plot "${name}" \\(x: ${/Cycl/.test(name) ? "step" : "epoch"}, y: learning rate\\)`),
			);
			expect(stateOf(drawn)).toBe(before);
			for (let i = 0; i < 4; i++) {
				for (const scheduler of [drawn, twin]) {
					scheduler.optimizer.step();
					scheduler.step();
				}
				expect(drawn.getLastLr()).toEqual(twin.getLastLr());
			}
		}
	});

	test("ends where a schedule ends, and begins where it stands", () => {
		const optimizer = sgd();
		const cycle = new lrScheduler.OneCycleLR(optimizer, 1, 20);
		expect(rates(cycle)[0]).toHaveLength(20);
		for (let i = 0; i < 15; i++) {
			optimizer.step();
			cycle.step();
		}
		expect(figureOf(cycle).data[0]!.x).toEqual([15, 16, 17, 18, 19]);
	});

	test("has the momentum beside it where the schedule moves it", () => {
		const { data, layout } = figureOf(new lrScheduler.OneCycleLR(sgd(), 1, 20));
		expect(data.map((trace) => [trace.name, trace.yaxis])).toEqual([
			["learning rate", undefined],
			["momentum", "y2"],
		]);
		expect((data[1]!.y as number[])[0]).toBe(0.95);
		expect(layout.grid).toMatchObject({ rows: 1, columns: 2 });
		const adam = new optim.Adam([torch.zeros(1).requiresGrad_()]);
		const betas = figureOf(new lrScheduler.OneCycleLR(adam, 1, 20)).data[1]!.y as number[];
		expect(Math.min(...betas)).toBeCloseTo(0.85, 2);
		expect(adam.paramGroups[0]!.betas).toEqual([0.95, 0.999]);
	});

	test("fails as the schedule does, and leaves it as it was", () => {
		const cycle = new lrScheduler.OneCycleLR(sgd(), 1, 20);
		const before = stateOf(cycle);
		expect(() => learningRatePlot(cycle, { epochs: 30 })).toThrow("tried to step 21 times");
		expect(stateOf(cycle)).toBe(before);
	});
});

test("what could go on for ever is drawn as long as what it is compared with", () => {
	const lengths = (shown: unknown) => rates(shown).map((y) => y.length);
	const [cosine, exponential] = [
		new lrScheduler.CosineAnnealingLR(sgd(), 10),
		new lrScheduler.ExponentialLR(sgd(), 0.9),
	];
	expect(lengths(learningRatePlot({ cosine, exponential }))).toEqual([11, 11]);
	expect(lengths(learningRatePlot({ exponential }))).toEqual([100]);
});

test("several schedules are compared by name; groups that differ have a line each", () => {
	const figure = learningRatePlot(
		{ cosine: new lrScheduler.CosineAnnealingLR(sgd(), 10), [hostile]: new lrScheduler.ConstantLR(sgd()) },
		{ epochs: 5, title: "Compared", x: "step", logY: true },
	).figure;
	expect(figure.data.map((trace) => [trace.name, (trace.y as number[]).length])).toEqual([
		["cosine", 5],
		[hostile, 5],
	]);
	expect(figure.layout).toMatchObject({
		title: { text: "Compared" },
		xaxis: { title: { text: "step" } },
		yaxis: { type: "log" },
	});
	const groups = new optim.SGD([{ params: [torch.zeros(1)] }, { params: [torch.zeros(1)], lr: 0.5 }], { lr: 0.1 });
	const names = learningRatePlot(new lrScheduler.StepLR(groups, 2)).figure.data.map((trace) => trace.name);
	expect(names).toEqual(["StepLR, group 0", "StepLR, group 1"]);
});

test("a schedule that waits for a metric shows its settings, and with a metric its rates", () => {
	const plateau = new lrScheduler.ReduceLROnPlateau(sgd(), { patience: 2 });
	expect(textOf(formatValue(plateau)["text/html"]).slice(0, 7)).toEqual([
		...["ReduceLROnPlateau", "setting", "value", "learning rate now", "0.1", "factor", "0.1"],
	]);
	const before = stateOf(plateau);
	expect(rates(learningRatePlot(plateau, { epochs: 6, metric: () => 1 }))).toEqual([[0.1, 0.1, 0.1, 0.1, 0.01, 0.01]]);
	expect(stateOf(plateau)).toBe(before);
	expect(() => learningRatePlot(plateau)).toThrow("[learningRatePlot] ReduceLROnPlateau waits for a metric");
});

test.each([
	[() => learningRatePlot({}), "expected a scheduler, or several by name"],
	[() => learningRatePlot({ a: 1 } as never), '"a" is no scheduler'],
	[() => learningRatePlot(new lrScheduler.StepLR(sgd(), 1), { epochs: 0 }), "epochs: 0, expected a whole number"],
])("bad input is named: %#", (act, message) => {
	expect(act).toThrow(message);
});
