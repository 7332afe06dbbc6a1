export * from "./activation";
export { type AdaptiveLogSoftmaxOptions, type AdaptiveLogSoftmaxOutput, AdaptiveLogSoftmaxWithLoss } from "./adaptive";
export * from "./attention";
export * from "./averagePooling";
export * from "./batchnorm";
export * from "./container";
export * from "./conv";
export { deepcopy } from "./copy";
export * from "./ctc";
export * from "./distance";
export * from "./dropout";
export * from "./embeddingBag";
export * from "./flatten";
export * from "./fold";
export { FractionalMaxPool2d, FractionalMaxPool3d } from "./fractionalPooling";
export * from "./gated";
export {
	type BackwardHook,
	type BackwardPreHook,
	type ForwardHook,
	type ForwardPreHook,
	type RemovableHandle,
	registerModuleForwardHook,
	registerModuleForwardPreHook,
	registerModuleFullBackwardHook,
	registerModuleFullBackwardPreHook,
} from "./hooks";
export * from "./lazy";
export * from "./linear";
export { CrossMapLRN2d, LocalResponseNorm } from "./localResponse";
export * from "./loss";
export {
	AdaptiveMaxPool1d,
	AdaptiveMaxPool2d,
	AdaptiveMaxPool3d,
	MaxPool1d,
	MaxPool2d,
	MaxPool3d,
	type MaxPoolModuleOptions,
	MaxUnpool1d,
	MaxUnpool2d,
	MaxUnpool3d,
	type MaxUnpoolModuleOptions,
	type Pooled,
} from "./maxPooling";
export { type MemberOptions, Module } from "./module";
export * from "./normalization";
export * from "./padding";
export * from "./parameters";
export * from "./rnn";
export { type RecurrentOptions, RNNBase } from "./rnnBase";
export * from "./rnnCell";
export * from "./shuffle";
export * from "./sparse";
export type { IncompatibleKeys, LoadOptions, StateDict } from "./state";
export * from "./transformer";
export {
	type DecoderArguments,
	type DecoderMasks,
	type EncoderLayerArguments,
	type EncoderMasks,
	type TransformerActivation,
	TransformerDecoderLayer,
	TransformerEncoderLayer,
	type TransformerLayerOptions,
} from "./transformerLayer";
export * from "./upsampling";
