export { type ClipGradNormOptions, clipGradNorm_, clipGradsWithNorm_, clipGradValue_, getTotalNorm } from "./clipGrad";
export { parametersToVector, vectorToParameters } from "./convertParameters";
export {
	fuseConvBnEval,
	fuseConvBnWeights,
	fuseLinearBnEval,
	fuseLinearBnWeights,
} from "./fusion";
export * as parametrizations from "./parametrizations";
export * as parametrize from "./parametrize";
export * as prune from "./prune";
export * as rnn from "./rnn";
export { removeSpectralNorm, spectralNorm } from "./spectralNorm";
export { removeWeightNorm, weightNorm } from "./weightNorm";
