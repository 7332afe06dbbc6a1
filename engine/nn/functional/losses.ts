export * from "./binaryCrossEntropy";
export * from "./crossEntropy";
export * from "./margin";
export * from "./regression";
