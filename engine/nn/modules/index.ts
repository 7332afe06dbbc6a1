export * from "./activation";
export * from "./batchnorm";
export * from "./container";
export { deepcopy } from "./copy";
export * from "./distance";
export * from "./dropout";
export * from "./flatten";
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
export * from "./linear";
export * from "./loss";
export { type MemberOptions, Module } from "./module";
export * from "./normalization";
export * from "./rnn";
export { type RecurrentOptions, RNNBase } from "./rnnBase";
export * from "./rnnCell";
export * from "./sparse";
export type { IncompatibleKeys, LoadOptions, StateDict } from "./state";
