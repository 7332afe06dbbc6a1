/* Networks: modules, their initialisation, and the functions they are made of. */

export * as functional from "./functional";
export * as init from "./init";
export * from "./modules";
export { Buffer, Parameter } from "./parameter";
export { UninitializedBuffer, UninitializedParameter } from "./uninitialized";
export * as utils from "./utils";
