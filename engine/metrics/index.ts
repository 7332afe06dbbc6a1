export {
	Accuracy,
	type AccuracyOptions,
	accuracy,
	ConfusionMatrix,
	type ConfusionMatrixOptions,
	confusionMatrix,
	F1Score,
	type F1ScoreOptions,
	FBetaScore,
	type FBetaScoreOptions,
	f1Score,
	fbetaScore,
	Precision,
	type PrecisionOptions,
	precision,
	Recall,
	type RecallOptions,
	recall,
} from "./classification";
export type { BinaryTask, MulticlassTask, MultilabelTask, Task } from "./counts";
export { ExactMatch, type ExactMatchOptions, exactMatch } from "./exactMatch";
export { MeanMetric, type MeanMetricOptions } from "./mean";
export { type Average, Metric } from "./metric";
export { AUROC, auroc, type RocCurve, type RocTask, roc } from "./roc";
