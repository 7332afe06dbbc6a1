import "./namedMethods";

/* The functions of tensors, family by family. Importing a family also puts its methods on Tensor. */

export {
	absolute,
	arccos,
	arccosh,
	arcsin,
	arcsinh,
	arctan,
	arctan2,
	arctanh,
	divide,
	fix,
	greater,
	greaterEqual,
	less,
	lessEqual,
	multiply,
	negative,
	notEqual,
	subtract,
	trueDivide,
} from "./aliases";
export {
	atleast3d,
	blockDiag,
	combinations,
	diagflat,
	diagonalScatter,
	dsplit,
	dstack,
	hsplit,
	rowStack,
	selectScatter,
	sliceScatter,
	unravelIndex,
	vander,
	vsplit,
} from "./assemble";
export {
	cumulativeTrapezoid,
	type DiffOptions,
	diff,
	type GradientOptions,
	gradient,
	type TrapezoidOptions,
	trapezoid,
	trapz,
} from "./differences";
export { type CdistOptions, cdist, pdist } from "./distances";
export {
	floatPower,
	gcd,
	heaviside,
	type IsinOptions,
	isin,
	isneginf,
	isposinf,
	isreal,
	lcm,
	ldexp,
	nextafter,
	signbit,
} from "./pairs";
export { nanquantile, type QuantileOptions, quantile } from "./quantile";
export {
	type IndexReduction,
	indexReduce,
	type ScatterReduceOptions,
	type ScatterReduction,
	scatterReduce,
} from "./scatterReduce";
export { deg2rad, logit, polygamma, positive, rad2deg, sgn, sinc } from "./special";
export { type CovOptions, corrcoef, cov, nanmedian } from "./statistics";

import "./turned";

export { add, type DivOptions, div, mul, neg, rsub, sub } from "./arithmetic";
export { i0 } from "./bessel";
export {
	atan2,
	copysign,
	floorDivide,
	fmax,
	fmin,
	fmod,
	hypot,
	logaddexp,
	logaddexp2,
	maximum,
	minimum,
	pow,
	remainder,
	xlogy,
} from "./binary";
export { type ClampOptions, clamp, clampMax, clampMin, clip, type NanToNumOptions, nanToNum } from "./clamp";
export {
	allclose,
	bitwiseAnd,
	bitwiseLeftShift,
	bitwiseNot,
	bitwiseOr,
	bitwiseRightShift,
	bitwiseXor,
	type CloseOptions,
	eq,
	equal,
	ge,
	gt,
	isclose,
	isfinite,
	isinf,
	isnan,
	le,
	logicalAnd,
	logicalNot,
	logicalOr,
	logicalXor,
	lt,
	ne,
} from "./compare";
export { clone, type ToOptions } from "./copy";
export {
	arange,
	asTensor,
	empty,
	emptyLike,
	eye,
	fromTypedArray,
	full,
	fullLike,
	linspace,
	logspace,
	ones,
	onesLike,
	type TensorOptions,
	tensor,
	trilIndices,
	triuIndices,
	zeros,
	zerosLike,
} from "./create";
export { cummax, cummin, cumprod, cumsum, logcumsumexp } from "./cumulate";
export type { TensorData, TypedArray } from "./data";
export { binomial, poisson } from "./draws";
export { einsum } from "./einsum";
export { amax, amin, aminmax, argmax, argmin, max, median, min, mode } from "./extremes";
export {
	adjoint,
	chainMatmul,
	fill,
	frexp,
	isComplex,
	isInference,
	isSameSize,
	isSigned,
	type MantissaAndExponent,
	put,
	range,
	scalarTensor,
	splitWithSizes,
} from "./further";
export {
	gather,
	indexAdd,
	indexCopy,
	indexFill,
	indexSelect,
	oneHot,
	scatter,
	scatterAdd,
	take,
	takeAlongDim,
} from "./gather";
export { type Histogram, type HistogramOptions, histogram } from "./histogram";
export { type Index, indexPut } from "./indexing";
export * from "./inPlaceFunctions";
export { cat, columnStack, concat, concatenate, hstack, stack, vstack } from "./join";
export { pinv as pinverse } from "./leastSquares";
export * as linalg from "./linalg";
export { luUnpack } from "./lu";
export { argwhere, maskedFill, maskedScatter, maskedSelect, nonzero } from "./masks";
export {
	type AddmmOptions,
	addbmm,
	addmm,
	addmv,
	addr,
	baddbmm,
	bmm,
	dot,
	ger,
	matmul,
	mm,
	mv,
	outer,
	vdot,
} from "./matrix";
export { matrixExp } from "./matrixFunctions";
export { dist, norm, renorm } from "./norm";
export { cross, inner, kron, matrixPower, tensordot, trace } from "./products";
export {
	bernoulli,
	getRngState,
	multinomial,
	normal,
	type RandomOptions,
	rand,
	randint,
	randintLike,
	randLike,
	randn,
	randnLike,
	randperm,
	setRngState,
} from "./random";
export {
	cartesianProd,
	flip,
	fliplr,
	flipud,
	meshgrid,
	repeatInterleave,
	roll,
	rot90,
	tile,
	tril,
	triu,
} from "./rearrange";
export {
	all,
	any,
	countNonzero,
	logsumexp,
	mean,
	nanmean,
	nansum,
	prod,
	type ReduceArguments,
	type ReduceOptions,
	type SumOptions,
	std,
	stdMean,
	sum,
	type VarOptions,
	var,
	varMean,
} from "./reduce";
export { round } from "./rounding";
export { Slice, slice } from "./slice";
export { asStrided, type DiagonalOptions, diag, diagEmbed, diagonal, narrow, select } from "./slices";
export { logSoftmax, softmax } from "./softmax";
export { choleskyInverse, choleskySolve, det, inv as inverse, logdet, slogdet } from "./solving";
export {
	argsort,
	bincount,
	bucketize,
	histc,
	kthvalue,
	msort,
	searchsorted,
	sort,
	topk,
	unique,
	uniqueConsecutive,
} from "./sort";
export * as special from "./specials";
export { multigammaln as mvlgamma } from "./specials";
export { chunk, split, tensorSplit, unbind } from "./split";
export { addcdiv, addcmul, lerp, where } from "./ternary";
export {
	BFloat16Tensor,
	BoolTensor,
	ByteTensor,
	CharTensor,
	canCast,
	DoubleTensor,
	FloatTensor,
	HalfTensor,
	IntTensor,
	isFloatingPoint,
	isNonzero,
	isTensor,
	type LegacyTensor,
	LongTensor,
	numel,
	promoteTypes,
	resultType,
	ShortTensor,
} from "./types";
export {
	abs,
	acos,
	acosh,
	asin,
	asinh,
	atan,
	atanh,
	ceil,
	cos,
	cosh,
	digamma,
	erf,
	erfc,
	erfinv,
	exp,
	exp2,
	expm1,
	floor,
	frac,
	lgamma,
	log,
	log1p,
	log2,
	log10,
	reciprocal,
	relu,
	rsqrt,
	sigmoid,
	sign,
	sin,
	sinh,
	sqrt,
	square,
	tan,
	tanh,
	trunc,
} from "./unary";
export {
	atleast1d,
	atleast2d,
	broadcastShapes,
	broadcastTensors,
	broadcastTo,
	type FlattenOptions,
	flatten,
	moveaxis,
	movedim,
	permute,
	ravel,
	reshape,
	squeeze,
	swapaxes,
	swapdims,
	t,
	transpose,
	unflatten,
	unsqueeze,
} from "./view";
export { bartlettWindow, blackmanWindow, hammingWindow, hannWindow, kaiserWindow, type WindowOptions } from "./windows";
