import "./variable";

export { detectAnomaly, isAnomalyEnabled, setDetectAnomaly } from "./anomaly";
export { Function, FunctionContext } from "./function";
export * as functional from "./functional";
export { backward, type GradOptions, grad, type TensorBackwardOptions } from "./grad";
export { type GradcheckOptions, gradcheck, gradgradcheck } from "./gradcheck";
export * as graph from "./graph";
export { type Derivative, type Gradient, Node, type NodeHook, type TensorHook } from "./node";
