import { readFileSync } from "node:fs";
import path from "node:path";
import * as torch from "gradbook";
import * as metrics from "gradbook/metrics";
import { describe, expect, test } from "vitest";

/* torchmetrics' own values: test/reference/metrics.py made metrics.json. */

interface Plain {
	dtype: string;
	shape: number[];
	data: number[];
}

interface Case {
	metric: "Accuracy" | "Precision" | "Recall" | "F1Score" | "FBetaScore" | "ConfusionMatrix" | "ExactMatch" | "AUROC";
	options: Record<string, unknown>;
	batches: { preds: Plain; target: Plain }[];
	alone: Plain[];
	value: Plain;
}

interface Curve {
	preds: Plain;
	target: Plain;
	fpr: Plain;
	tpr: Plain;
	thresholds: Plain;
}

const file = path.resolve(__dirname, "../../reference/metrics.json");
const reference = JSON.parse(readFileSync(file, "utf8")) as { cases: Case[]; curves: Curve[] };

function tensorOf({ dtype, shape, data }: Plain): torch.Tensor {
	const dtypes: Record<string, torch.DType> = { float32: torch.float32, int64: torch.int64 };
	return torch.tensor(data, { dtype: dtypes[dtype] }).reshape(shape);
}

function expectClose(value: torch.Tensor, expected: Plain): void {
	expect(value.shape).toEqual(expected.shape);
	expect(value.dtype.name).toBe(expected.dtype);
	const found = value.flatten().tolist() as number[];
	for (const [i, x] of expected.data.entries()) expect(found[i]).toBeCloseTo(x, 5);
}

const members = metrics as unknown as Record<string, unknown>;

const functions: Record<Case["metric"], string> = {
	Accuracy: "accuracy",
	Precision: "precision",
	Recall: "recall",
	F1Score: "f1Score",
	FBetaScore: "fbetaScore",
	ConfusionMatrix: "confusionMatrix",
	ExactMatch: "exactMatch",
	AUROC: "auroc",
};

describe.each(reference.cases.map((each, i) => [i, each.metric, JSON.stringify(each.options), each] as const))(
	"%i %s %s",
	(_i, kind, _options, expected) => {
		const batches = expected.batches.map(({ preds, target }) => [tensorOf(preds), tensorOf(target)] as const);

		test("gathered over batches", () => {
			const Kind = members[kind] as new (options: unknown) => metrics.Metric<[torch.Tensor, torch.Tensor]>;
			const metric = new Kind(expected.options);
			for (const [i, [preds, target]] of batches.entries()) {
				expectClose(metric(preds, target), expected.alone[i]!);
			}
			expectClose(metric.compute(), expected.value);
			metric.reset();
			expect(metric.updated).toBe(false);
			metric.update(...batches[0]!);
			expectClose(metric.compute(), expected.alone[0]!);
		});

		test("as a function", () => {
			const call = members[functions[kind]] as (
				preds: torch.Tensor,
				target: torch.Tensor,
				options: unknown,
			) => torch.Tensor;
			expectClose(call(...batches[0]!, expected.options), expected.alone[0]!);
		});
	},
);

test.each(reference.curves.map((curve, i) => [i, curve] as const))("ROC curve %i", (_i, expected) => {
	const curve = metrics.roc(tensorOf(expected.preds), tensorOf(expected.target), { task: "binary" });
	expectClose(curve.fpr, expected.fpr);
	expectClose(curve.tpr, expected.tpr);
	expectClose(curve.thresholds, expected.thresholds);
});
