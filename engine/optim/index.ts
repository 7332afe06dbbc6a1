/* Optimisers and learning-rate schedules. */

export * as lrScheduler from "./lrScheduler";
export { Optimizer, type ParamGroup, type ParamGroupOptions, type Params } from "./optimizer";
export { SGD, type SGDOptions } from "./sgd";
export type { OptimizerStateDict } from "./state";
