/** The public `gradbook/display`: everything of the display layer, and what the engine's objects look like. */
import "./tensor";
import "./module";
import "./optimizer";
import "./data";
import "./tasks";

export * from "../display";
export { type Checkable, CheckError, type CheckOptions, check, claim } from "./check";
export { type CurveOptions, liveCurve, type Metric, type Run, TrainingCurves } from "./curves";
export { type ComputationGraphOptions, computationGraph } from "./graph/graph";
export { type Classes, type ImageGridOptions, type Images, imageGrid } from "./images";
export { type ParameterTableOptions, parameterTable } from "./module";
export { type LearningRatePlotOptions, learningRatePlot } from "./schedule";
