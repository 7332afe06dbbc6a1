export { type ClipGradNormOptions, clipGradNorm_, clipGradValue_, getTotalNorm } from "./clipGrad";
export { parametersToVector, vectorToParameters } from "./convertParameters";
export { fuseLinearBnEval, fuseLinearBnWeights } from "./fusion";
export * as rnn from "./rnn";
