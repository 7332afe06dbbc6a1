/* The functions of torch.nn.functional, family by family. */

export { logSoftmax, oneHot, sigmoid, softmax, tanh } from "../../ops";
export * from "./activation";
export { type AttentionArguments, type AttentionOptions, scaledDotProductAttention } from "./attention";
export * from "./averagePooling";
export * from "./conv";
export { type CtcArguments, type CtcLossOptions, ctcLoss, type SampleLengths } from "./ctc";
export * from "./distance";
export * from "./dropout";
export { embedding } from "./embedding";
export { type BagMode, type EmbeddingBagArguments, type EmbeddingBagOptions, embeddingBag } from "./embeddingBag";
export * from "./fold";
export { type FractionalMaxPoolOptions, fractionalMaxPool2d, fractionalMaxPool3d } from "./fractionalPooling";
export { reluSquared, type SwigluOptions, swiglu, swish } from "./gated";
export { affineGrid, type GridMode, type GridPadding, type GridSampleOptions, gridSample } from "./grid";
export * from "./inPlace";
export * from "./interpolate";
export { bilinear, linear } from "./linear";
export { type LocalResponseOptions, localResponseNorm } from "./localResponse";
export * from "./losses";
export {
	type AdaptiveSize,
	adaptiveMaxPool1d,
	adaptiveMaxPool2d,
	adaptiveMaxPool3d,
	type MaxPoolArguments,
	type MaxPoolOptions,
	type MaxUnpoolArguments,
	type MaxUnpoolOptions,
	maxPool1d,
	maxPool2d,
	maxPool3d,
	maxUnpool1d,
	maxUnpool2d,
	maxUnpool3d,
	type WithIndices,
} from "./maxPooling";
export * from "./normalization";
export { type PadMode, type PadOptions, pad } from "./pad";
export type { Reduction, ReductionOptions } from "./reduction";
export * from "./shuffle";
