export * as datasets from "./datasets";
export * as transforms from "./transforms";
export * as utils from "./utils";
