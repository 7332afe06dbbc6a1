/** The public `gradbook/display`: everything of the display layer, and what the engine's objects look like. */
import "./renderers";

export * from "../display";
export { type Activation, type ActivationGalleryOptions, activationGallery } from "./activations";
export { BatchNormState, type BatchNormStateOptions, batchNormState } from "./batchNorm";
export { cardMemory } from "./cardMemory";
export { type Checkable, CheckError, type CheckOptions, check, claim } from "./check";
export { type CurveOptions, liveCurve, type Metric, type Run, TrainingCurves } from "./curves";
export { type Classifier, type DecisionRegionsOptions, decisionRegions } from "./decisionRegions";
export { type DropoutStateOptions, dropoutState } from "./dropout";
export {
	type ConfusionMatrixPlotOptions,
	confusionMatrixPlot,
	confusionMatrixPlot as confusionMatrix,
	type RocCurveOptions,
	rocCurve,
} from "./evaluation";
export { type ComputationGraphOptions, computationGraph } from "./graph/graph";
export { type HeatmapOptions, heatmap, type Matrix } from "./heatmap";
export { type ParameterHistogramsOptions, parameterHistograms } from "./histograms/parameters";
export { LayerHistograms, type LayerRecord } from "./histograms/recorder";
export { activationHistograms, gradientHistograms, type LayerHistogramOptions } from "./histograms/watch";
export { type Classes, type ImageGridOptions, type Images, imageGrid } from "./images";
export { type Initializer, type InitializerTableOptions, initializerTable, weightVariance } from "./initialisers";
export { McDropout, type McDropoutOptions, mcDropout } from "./mcDropout";
export { type ParameterTableOptions, parameterTable } from "./module";
export { type Loss2d, type MakeOptimizer, type OptimizerPathsOptions, optimizerPaths } from "./optimizerPaths";
export { type ProfileLike, type ProfileViewOptions, profileView } from "./profile";
export { type LearningRatePlotOptions, learningRatePlot } from "./schedule";
