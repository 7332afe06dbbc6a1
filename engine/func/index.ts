/* `torch.func`: derivatives and mapping as functions of functions. */

export { type ArgnumsOptions, grad, gradAndValue, hessian, jacfwd, jacrev, jvp, vjp } from "./derivatives";
export { type FunctionalCallOptions, functionalCall, type NamedTensors, stackModuleState } from "./functionalCall";
export { type InDims, type VmapOptions, vmap } from "./vmap";
