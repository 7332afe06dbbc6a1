export * as autograd from "./autograd";
export { Device, type DeviceLike, device } from "./core/device";
export * from "./core/dtype";
export * from "./core/gradMode";
export { Tensor } from "./core/tensor";
export * from "./ops";
