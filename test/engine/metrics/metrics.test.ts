import * as torch from "gradbook";
import {
	Accuracy,
	AUROC,
	accuracy,
	ConfusionMatrix,
	ExactMatch,
	F1Score,
	FBetaScore,
	MeanMetric,
	roc,
} from "gradbook/metrics";
import { expect, test } from "vitest";

const int = (values: number[]) => torch.tensor(values, { dtype: torch.int64 });

test("a value before anything came in is an error, not a number", () => {
	expect(() => new Accuracy({ task: "binary" }).compute()).toThrow(
		"[Accuracy] compute() before anything was taken in by update()",
	);
	expect(() => new MeanMetric().compute()).toThrow("[MeanMetric] compute() before anything");
	expect(() => new AUROC({ task: "binary" }).compute()).toThrow("[AUROC] compute() before anything");
});

test("logits within [0, 1] need telling that they are logits", () => {
	const preds = torch.tensor([0.3, 0.9]);
	expect(accuracy(preds, int([0, 1]), { task: "binary" }).item()).toBe(1);
	// sigmoid(0.3) is above one half.
	expect(accuracy(preds, int([0, 1]), { task: "binary", logits: true }).item()).toBe(0.5);
	const outside = torch.tensor([-1, 2]);
	expect(accuracy(outside, int([0, 1]), { task: "binary", threshold: 0.9, logits: true }).item()).toBe(0.5);
	expect(accuracy(outside, int([0, 1]), { task: "binary", threshold: 0.9, logits: false }).item()).toBe(1);
});

test("a mean over batches, weighted by their sizes", () => {
	const mean = new MeanMetric();
	mean.update(1);
	mean.update(torch.tensor([2, 3]));
	expect(mean.compute().item()).toBe(2);
	mean.reset();
	mean.update(0.5, 32);
	mean.update(torch.tensor(2), 16);
	expect(mean.compute().item()).toBe(1);
	expect(mean(torch.tensor([1, 3]), torch.tensor([3, 1])).item()).toBe(1.5);
	expect(`${mean}`).toBe("MeanMetric()");
});

test("a mean of many small losses is not spoilt by rounding", () => {
	const mean = new MeanMetric();
	for (let i = 0; i < 100_000; i++) mean.update(0.1, 32);
	expect(mean.compute().item()).toBe(Math.fround(0.1));
});

test("a mean does as told with NaN", () => {
	const values = torch.tensor([1, Number.NaN, 3]);
	const mean = (nanStrategy: "ignore" | "disable" | number) => new MeanMetric({ nanStrategy })(values).item();
	expect(mean("ignore")).toBe(2);
	expect(mean("disable")).toBeNaN();
	expect(mean(8)).toBe(4);
	expect(() => new MeanMetric({ nanStrategy: "error" })(values)).toThrow("[MeanMetric] NaN came in");
	expect(() => new MeanMetric({ nanStrategy: "x" as never })).toThrow('nanStrategy=string "x"');
});

test("no gradient is kept", () => {
	const preds = torch.randn(8, 3).requiresGrad_();
	const metric = new AUROC({ task: "multiclass", numClasses: 3 });
	metric.update(preds, int([0, 1, 2, 0, 1, 2, 0, 1]));
	expect(metric.compute().requiresGrad).toBe(false);
	const loss = new MeanMetric();
	loss.update(preds.sum());
	expect(loss.compute().requiresGrad).toBe(false);
});

test.each<[string, () => unknown, string]>([
	[
		"task",
		() => new Accuracy({} as never),
		'[Accuracy] task=undefined; expected "binary", "multiclass" or "multilabel"',
	],
	["task", () => new Accuracy({ task: "both" } as never), 'task=string "both"'],
	[
		"classes",
		() => new Accuracy({ task: "multiclass" } as never),
		"[Accuracy] numClasses=undefined; expected a whole number of at least 2",
	],
	["labels", () => new F1Score({ task: "multilabel", numLabels: 1 }), "[F1Score] numLabels=number 1"],
	[
		"name",
		() => new Accuracy({ task: "multiclass", num_classes: 3 } as never),
		'[Accuracy] unknown option "num_classes"',
	],
	[
		"average",
		() => new Accuracy({ task: "multiclass", numClasses: 3, average: "mean" as never }),
		'average=string "mean"; expected one of micro, macro',
	],
	["threshold", () => new Accuracy({ task: "binary", threshold: 2 }), "threshold=2; expected a number between 0 and 1"],
	["beta", () => new FBetaScore({ task: "binary", beta: 0 }), "[FBetaScore] beta=number 0; expected a number above 0"],
	["normalize", () => new ConfusionMatrix({ task: "binary", normalize: "x" as never }), 'normalize=string "x"'],
	[
		"binary match",
		() => new ExactMatch({ task: "binary" } as never),
		'[ExactMatch] task="binary"; expected "multilabel"',
	],
	[
		"AUROC average",
		() => new AUROC({ task: "multiclass", numClasses: 3, average: "micro" as never }),
		"expected one of macro, weighted, none",
	],
	["AUROC threshold", () => new AUROC({ task: "binary", threshold: 0.5 } as never), "unknown option threshold"],
])("an option that is wrong is named: %s", (_what, make, message) => {
	expect(make).toThrow(message);
});

const multiclass = { task: "multiclass", numClasses: 3 } as const;
test.each<[string, () => unknown, string]>([
	[
		"shapes",
		() => accuracy(int([1, 2]), int([1]), multiclass),
		"preds and target must have the same shape, got [2] and [1]",
	],
	[
		"columns",
		() => accuracy(torch.zeros(2, 4), int([1, 2]), multiclass),
		"preds must be float scores of the shape [2, 3], got torch.float32 [2, 4]",
	],
	[
		"no scores",
		() => accuracy(torch.zeros(2), int([1, 2]), multiclass),
		"float preds must be scores of the shape [N, 3, …]",
	],
	[
		"target",
		() => accuracy(torch.zeros(2, 3), int([1, 3]), multiclass),
		"[Accuracy] target holds 3; expected values from 0 to 2",
	],
	["negative", () => accuracy(torch.zeros(2, 3), int([1, -1]), multiclass), "target holds -1"],
	["preds", () => accuracy(int([0, 5]), int([1, 2]), multiclass), "preds holds 5; expected values from 0 to 2"],
	[
		"float target",
		() => accuracy(int([0, 1]), torch.zeros(2), multiclass),
		"target must hold integers, got torch.float32",
	],
	["no tensor", () => accuracy([0, 1] as never, int([0, 1]), multiclass), "preds must be a tensor, got an array of 2"],
	[
		"binary",
		() => accuracy(torch.zeros(2), int([0, 2]), { task: "binary" }),
		"target holds 2; expected values from 0 to 1",
	],
	[
		"labels",
		() =>
			accuracy(torch.zeros(2, 4), int([0, 1, 0, 1, 0, 1, 0, 1]).reshape(2, 4), { task: "multilabel", numLabels: 3 }),
		"expected preds and target of the shape [N, 3, …], got [2, 4]",
	],
	[
		"roc ints",
		() => roc(int([0, 1]), int([0, 1]), { task: "binary" }),
		"[roc] preds must be float scores, got torch.int64",
	],
	["roc NaN", () => roc(torch.tensor([Number.NaN]), int([0]), { task: "binary" }), "[roc] preds hold NaN"],
])("data that are wrong are named: %s", (_what, make, message) => {
	expect(make).toThrow(message);
});

test("nothing is taken in of a batch that was refused", () => {
	const metric = new Accuracy(multiclass);
	metric.update(int([0, 1]), int([0, 1]));
	expect(() => metric.update(int([0, 1]), int([0, 9]))).toThrow();
	expect(metric.compute().item()).toBe(1);
});
