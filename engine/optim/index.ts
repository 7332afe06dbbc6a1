/* Optimisers and learning-rate schedules. */

export { Adadelta, type AdadeltaOptions } from "./adadelta";
export { Adafactor, type AdafactorOptions } from "./adafactor";
export { Adagrad, type AdagradOptions } from "./adagrad";
export { Adam, type AdamOptions } from "./adam";
export { Adamax, type AdamaxOptions } from "./adamax";
export { AdamW, type AdamWOptions } from "./adamw";
export { ASGD, type ASGDOptions } from "./asgd";
export { LBFGS, type LBFGSOptions } from "./lbfgs";
export * as lrScheduler from "./lrScheduler";
export { Muon, type MuonOptions } from "./muon";
export { NAdam, type NAdamOptions } from "./nadam";
export { Optimizer, type ParamGroup, type ParamGroupOptions, type Params } from "./optimizer";
export { RAdam, type RAdamOptions } from "./radam";
export { RMSprop, type RMSpropOptions } from "./rmsprop";
export { Rprop, type RpropOptions } from "./rprop";
export { SGD, type SGDOptions } from "./sgd";
export { Shampoo, type ShampooOptions } from "./shampoo";
export type { OptimizerStateDict } from "./state";
export * as swaUtils from "./swaUtils";
