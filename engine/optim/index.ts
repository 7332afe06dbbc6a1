/* Optimisers and learning-rate schedules. */

export { Adadelta, type AdadeltaOptions } from "./adadelta";
export { Adagrad, type AdagradOptions } from "./adagrad";
export { Adam, type AdamOptions } from "./adam";
export { Adamax, type AdamaxOptions } from "./adamax";
export { AdamW, type AdamWOptions } from "./adamw";
export { LBFGS, type LBFGSOptions } from "./lbfgs";
export * as lrScheduler from "./lrScheduler";
export { NAdam, type NAdamOptions } from "./nadam";
export { Optimizer, type ParamGroup, type ParamGroupOptions, type Params } from "./optimizer";
export { RAdam, type RAdamOptions } from "./radam";
export { RMSprop, type RMSpropOptions } from "./rmsprop";
export { Rprop, type RpropOptions } from "./rprop";
export { SGD, type SGDOptions } from "./sgd";
export { Shampoo, type ShampooOptions } from "./shampoo";
export type { OptimizerStateDict } from "./state";
export * as swaUtils from "./swaUtils";
