export { ChainedScheduler, SequentialLR, type SequentialLROptions } from "./compose";
export {
	CosineAnnealingLR,
	type CosineAnnealingLROptions,
	CosineAnnealingWarmRestarts,
	type CosineAnnealingWarmRestartsOptions,
} from "./cosine";
export { CyclicLR, type CyclicLROptions, OneCycleLR, type OneCycleLROptions } from "./cycle";
export {
	ExponentialLR,
	type ExponentialLROptions,
	MultiStepLR,
	type MultiStepLROptions,
	PolynomialLR,
	type PolynomialLROptions,
	StepLR,
	type StepLROptions,
} from "./decay";
export { LambdaLR, type LambdaLROptions, type LrLambda, MultiplicativeLR } from "./lambda";
export { ReduceLROnPlateau, type ReduceLROnPlateauOptions } from "./plateau";
export { LRScheduler, type LRSchedulerOptions } from "./scheduler";
export { ConstantLR, type ConstantLROptions, LinearLR, type LinearLROptions } from "./warmup";
