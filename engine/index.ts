import "./core/interrupt";
import "./core/printing";

export * as accelerator from "./accelerator";
export * as amp from "./amp";
export * as ao from "./ao";
export { type QDType, QuantizedTensor, qint8, quantizePerTensor, quint8 } from "./ao/quantizedTensor";
export * as autograd from "./autograd";
export * as backends from "./backends";
export { type Float32MatmulPrecision, getFloat32MatmulPrecision, setFloat32MatmulPrecision } from "./backends/cuda";
export {
	areDeterministicAlgorithmsEnabled,
	isDeterministicAlgorithmsWarnOnlyEnabled,
	useDeterministicAlgorithms,
} from "./backends/deterministic";
export {
	type AutocastOptions,
	autocast,
	clearAutocastCache,
	getAutocastDtype,
	isAutocastCacheEnabled,
	isAutocastEnabled,
	setAutocastCacheEnabled,
	setAutocastDtype,
	setAutocastEnabled,
} from "./core/autocast";
export * from "./core/constants";
export { getDefaultDtype, setDefaultDtype } from "./core/defaults";
export { Device, type DeviceLike, device, getDefaultDevice, setDefaultDevice } from "./core/device";
export * from "./core/dtype";
export { Generator, initialSeed, manualSeed, seed } from "./core/generator";
export * from "./core/gradMode";
export { type FloatInfo, finfo, type IntegerInfo, iinfo } from "./core/limits";
export { emptyCache, type MemoryStats, memoryStats, setMemoryLimits } from "./core/memory";
export { getPrintoptions, type PrintOptions, setPrintoptions } from "./core/printing";
export { type GraphNode, type NestedNumbers, type Scalar, Tensor } from "./core/tensor";
export { getNumThreads, setNumThreads } from "./core/threads";
export * as cuda from "./cuda";
export * as distributions from "./distributions";
export * as func from "./func";
export { vmap } from "./func";
export * from "./io";
export * as nn from "./nn";
// PyTorch has these of its nn.functional at the top as well.
export {
	adaptiveAvgPool1d,
	adaptiveMaxPool1d,
	alphaDropout,
	avgPool1d,
	bilinear,
	celu,
	channelShuffle,
	conv1d,
	conv2d,
	conv3d,
	convTranspose1d,
	convTranspose2d,
	convTranspose3d,
	cosineSimilarity,
	dropout,
	featureAlphaDropout,
	groupNorm,
	hardshrink,
	layerNorm,
	maxPool1d,
	maxPool2d,
	maxPool3d,
	pairwiseDistance,
	pixelShuffle,
	pixelUnshuffle,
	prelu,
	rmsNorm,
	rrelu,
	selu,
	threshold,
} from "./nn/functional";
export * from "./ops";
export * as optim from "./optim";
export * as profiler from "./profiler";
export * as random from "./random";
export * as testing from "./testing";
export * as utils from "./utils";
