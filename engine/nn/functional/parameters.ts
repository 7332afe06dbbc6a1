import type { Generator } from "../../core/generator";
import { maybe, of, type ParameterList } from "../../core/named";
import type { Tensor } from "../../core/tensor";
import type { GeluForm } from "./activation";
import type { GridMode, GridPadding } from "./grid";
import type { AdaptiveSize } from "./maxPooling";
import type { PadMode } from "./pad";
import type { Reduction } from "./reduction";
import type { PerDimension } from "./spatial";

/*
 * The parameters of nn.functional in PyTorch's order, by its names: ./named makes all of them known by name, and those that
 * PyTorch's users pass in place known in place. Those that come after PyTorch's own deprecated ones are given by name.
 */

const tensor = of<Tensor>();
const maybeTensor = maybe<Tensor | null>();
const number = of<number>();
const maybeNumber = maybe<number>();
const maybeFlag = maybe<boolean>();
const size = of<PerDimension>();
const maybeSize = maybe<PerDimension>();
const maybeStride = maybe<PerDimension | null>();
const adaptive = of<AdaptiveSize>();
const sizes = of<number | readonly number[]>();

const inplace = ["inplace", maybeFlag, "option"] as const;
const target = ["target", tensor] as const;
const weight = ["weight", maybeTensor, "option"] as const;
const bias = ["bias", maybeTensor, "option"] as const;
const eps = ["eps", maybeNumber, "option"] as const;
const reduction = ["reduction", maybe<Reduction>(), "only"] as const;
const stride = ["stride", maybeStride, "option"] as const;
const padding = ["padding", maybeSize, "option"] as const;
const dilation = ["dilation", maybeSize, "option"] as const;
const ceilMode = ["ceilMode", maybeFlag, "option"] as const;
const kernelSize = ["kernelSize", size] as const;
const outputSize = ["outputSize", adaptive] as const;
const returnIndices = ["returnIndices", maybeFlag, "option"] as const;

const plain = [inplace] as const;
const drop = [
	["p", maybeNumber, "option"],
	["training", maybeFlag, "option"],
	inplace,
	["generator", maybe<Generator>(), "only"],
] as const;
const averaging = [kernelSize, stride, padding, ceilMode, ["countIncludePad", maybeFlag, "option"]] as const;
const averagingOver = [...averaging, ["divisorOverride", maybe<number | null>(), "option"]] as const;
const powers = [["normType", number], kernelSize, stride, ceilMode] as const;
const maximal = [kernelSize, stride, padding, dilation, ceilMode, returnIndices] as const;
const adaptiveMaximal = [outputSize, returnIndices] as const;
const unpooling = [
	["indices", tensor],
	kernelSize,
	stride,
	padding,
	["outputSize", maybe<readonly number[] | null>(), "option"],
] as const;
const convolving = [
	["weight", tensor],
	bias,
	["stride", maybeSize, "option"],
	["padding", maybe<PerDimension | "same" | "valid">(), "option"],
	dilation,
	["groups", maybeNumber, "option"],
] as const;
const transposed = [
	["weight", tensor],
	bias,
	["stride", maybeSize, "option"],
	padding,
	["outputPadding", maybeSize, "option"],
	["groups", maybeNumber, "option"],
	dilation,
] as const;
const classes = [target, weight, ["ignoreIndex", maybeNumber, "only"], reduction] as const;
const windows = [dilation, padding, stride] as const;
const regression = [target, reduction, ["weight", maybeTensor, "only"]] as const;

const fractional = [
	kernelSize,
	["outputSize", maybe<PerDimension | null>(), "option"],
	["outputRatio", maybe<number | readonly number[] | null>(), "option"],
	returnIndices,
	["_randomSamples", maybeTensor, "option"],
] as const;

/** Of functions of an `input`, those after it. */
export const parameters = {
	elu_: [["alpha", maybeNumber, "option"]],
	celu_: [["alpha", maybeNumber, "option"]],
	leakyRelu_: [["negativeSlope", maybeNumber, "option"]],
	threshold_: [
		["threshold", number],
		["value", number],
	],
	gridSample: [
		["grid", tensor],
		["mode", maybe<GridMode>(), "option"],
		["paddingMode", maybe<GridPadding>(), "option"],
		["alignCorners", maybeFlag, "option"],
	],
	localResponseNorm: [
		["size", number],
		["alpha", maybeNumber, "option"],
		["beta", maybeNumber, "option"],
		["k", maybeNumber, "option"],
	],
	fractionalMaxPool2d: fractional,
	fractionalMaxPool3d: fractional,
	relu: plain,
	relu6: plain,
	selu: plain,
	hardsigmoid: plain,
	hardswish: plain,
	silu: plain,
	mish: plain,
	elu: [["alpha", maybeNumber, "option"], inplace],
	celu: [["alpha", maybeNumber, "option"], inplace],
	leakyRelu: [["negativeSlope", maybeNumber, "option"], inplace],
	hardtanh: [["minVal", maybeNumber, "option"], ["maxVal", maybeNumber, "option"], inplace],
	gelu: [["approximate", maybe<GeluForm>(), "only"]],
	softplus: [
		["beta", maybeNumber, "option"],
		["threshold", maybeNumber, "option"],
	],
	hardshrink: [["lambd", maybeNumber, "option"]],
	softshrink: [["lambd", maybeNumber, "option"]],
	glu: [["dim", maybeNumber, "option"]],
	threshold: [["threshold", number], ["value", number], inplace],
	prelu: [["weight", tensor]],
	rrelu: [
		["lower", maybeNumber, "option"],
		["upper", maybeNumber, "option"],
		["training", maybeFlag, "option"],
		inplace,
		["generator", maybe<Generator>(), "only"],
	],
	dropout: drop,
	dropout1d: drop,
	dropout2d: drop,
	dropout3d: drop,
	alphaDropout: drop,
	featureAlphaDropout: drop,
	normalize: [
		["p", maybeNumber, "option"],
		["dim", maybe<number | number[]>(), "option"],
		["eps", maybeNumber, "option"],
	],
	linear: [
		["weight", tensor],
		["bias", maybeTensor],
	],
	embedding: [
		["weight", tensor],
		["paddingIdx", maybe<number | null>(), "option"],
		["maxNorm", maybe<number | null>(), "option"],
		["normType", maybeNumber, "option"],
		["scaleGradByFreq", maybeFlag, "option"],
	],
	conv1d: convolving,
	conv2d: convolving,
	conv3d: convolving,
	convTranspose1d: transposed,
	convTranspose2d: transposed,
	convTranspose3d: transposed,
	pad: [
		["pad", of<readonly number[]>()],
		["mode", maybe<PadMode>(), "option"],
		["value", maybe<number | null>(), "option"],
	],
	unfold: [kernelSize, ...windows],
	fold: [["outputSize", size], kernelSize, ...windows],
	avgPool1d: averaging,
	avgPool2d: averagingOver,
	avgPool3d: averagingOver,
	adaptiveAvgPool1d: [outputSize],
	adaptiveAvgPool2d: [outputSize],
	adaptiveAvgPool3d: [outputSize],
	lpPool1d: powers,
	lpPool2d: powers,
	lpPool3d: powers,
	maxPool1d: maximal,
	maxPool2d: maximal,
	maxPool3d: maximal,
	adaptiveMaxPool1d: adaptiveMaximal,
	adaptiveMaxPool2d: adaptiveMaximal,
	adaptiveMaxPool3d: adaptiveMaximal,
	maxUnpool1d: unpooling,
	maxUnpool2d: unpooling,
	maxUnpool3d: unpooling,
	pixelShuffle: [["upscaleFactor", number]],
	pixelUnshuffle: [["downscaleFactor", number]],
	channelShuffle: [["groups", number]],
	batchNorm: [
		["runningMean", of<Tensor | null>()],
		["runningVar", of<Tensor | null>()],
		weight,
		bias,
		["training", maybeFlag, "option"],
		["momentum", maybeNumber, "option"],
		eps,
	],
	layerNorm: [["normalizedShape", sizes], weight, bias, eps],
	rmsNorm: [["normalizedShape", sizes], weight, ["eps", maybe<number | null>(), "option"]],
	groupNorm: [["numGroups", number], weight, bias, eps],
	instanceNorm: [
		["runningMean", maybeTensor, "option"],
		["runningVar", maybeTensor, "option"],
		weight,
		bias,
		["useInputStats", maybeFlag, "option"],
		["momentum", maybeNumber, "option"],
		eps,
	],
	crossEntropy: [...classes, ["labelSmoothing", maybeNumber, "only"]],
	nllLoss: classes,
	binaryCrossEntropy: [target, weight, reduction],
	binaryCrossEntropyWithLogits: [target, weight, reduction, ["posWeight", maybeTensor, "only"]],
	l1Loss: regression,
	mseLoss: regression,
	smoothL1Loss: [target, reduction, ["beta", maybeNumber, "only"]],
	huberLoss: [target, reduction, ["delta", maybeNumber, "only"], ["weight", maybeTensor, "only"]],
	klDiv: [target, ["reduction", maybe<Reduction | "batchmean">(), "only"], ["logTarget", maybeFlag, "only"]],
	poissonNllLoss: [
		target,
		["logInput", maybeFlag, "option"],
		["full", maybeFlag, "option"],
		["eps", maybeNumber, "only"],
		reduction,
	],
	gaussianNllLoss: [
		target,
		["var", of<Tensor | number>()],
		["full", maybeFlag, "option"],
		["eps", maybeNumber, "option"],
		reduction,
	],
	hingeEmbeddingLoss: [target, ["margin", maybeNumber, "option"], reduction],
	softMarginLoss: [target, reduction],
	multilabelMarginLoss: [target, reduction],
	multilabelSoftMarginLoss: [target, weight, reduction],
	multiMarginLoss: [target, ["p", maybe<1 | 2>(), "option"], ["margin", maybeNumber, "option"], weight, reduction],
} as const satisfies Record<string, ParameterList>;

/** Of functions whose first parameter has a name of its own: all of them. */
export const wholeParameters = {
	affineGrid: [
		["theta", tensor],
		["size", of<readonly number[]>()],
		["alignCorners", maybeFlag, "option"],
	],
	bilinear: [
		["input1", tensor],
		["input2", tensor],
		["weight", tensor],
		["bias", maybeTensor],
	],
	gumbelSoftmax: [
		["logits", tensor],
		["tau", maybeNumber, "option"],
		["hard", maybeFlag, "option"],
		["eps", maybeNumber, "option"],
		["dim", maybeNumber, "option"],
	],
	pairwiseDistance: [
		["x1", tensor],
		["x2", tensor],
		["p", maybeNumber, "option"],
		["eps", maybeNumber, "option"],
		["keepdim", maybeFlag, "option"],
	],
	cosineSimilarity: [
		["x1", tensor],
		["x2", tensor],
		["dim", maybeNumber, "option"],
		["eps", maybeNumber, "option"],
	],
	cosineEmbeddingLoss: [["input1", tensor], ["input2", tensor], target, ["margin", maybeNumber, "option"], reduction],
	marginRankingLoss: [["input1", tensor], ["input2", tensor], target, ["margin", maybeNumber, "option"], reduction],
	tripletMarginLoss: [
		["anchor", tensor],
		["positive", tensor],
		["negative", tensor],
		["margin", maybeNumber, "option"],
		["p", maybeNumber, "option"],
		["eps", maybeNumber, "option"],
		["swap", maybeFlag, "option"],
		reduction,
	],
} as const satisfies Record<string, ParameterList>;
