import "./ops/arithmetic";

export * as autograd from "./autograd";
export * from "./core/dtype";
export * from "./core/gradMode";
export { Tensor } from "./core/tensor";
