export { logSoftmax, oneHot, sigmoid, softmax, tanh } from "../../ops";
export * from "./activation";
export * from "./distance";
export * from "./dropout";
export { embedding } from "./embedding";
export { bilinear, linear } from "./linear";
export * from "./losses";
export * from "./normalization";
export type { Reduction, ReductionOptions } from "./reduction";
